//! What was asked, and what its query says. Not here: who asks ([`crate::visitor`]).

use crate::visitor::Visitor;
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, http};

/// How many parameters a request may have; the longest sensible question names a few hundred
/// indexes. Beyond it: 400.
const PARAMETERS_COUNT_MAX: usize = 1024;

/// A request, whole.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The path as it was sent, percent-encoded, from its first slash.
    pub(crate) path: String,
    /// The query as it was sent, without its question mark.
    pub(crate) raw_query: String,
    /// The parameters of the query, and of the body if it is a form.
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) visitor: Visitor,
}

/// Why a request cannot be taken, for whoever sent it.
#[derive(Debug, thiserror::Error)]
#[error("the request has more than {PARAMETERS_COUNT_MAX} parameters")]
pub(crate) struct TooManyParameters;

impl Asked {
    pub(crate) fn new(
        head: http::request::Parts,
        body: Bytes,
        visitor: Visitor,
    ) -> Result<Self, TooManyParameters> {
        let raw_query = head.uri.query().unwrap_or_default().to_owned();
        let mut query = Query::default();
        query.add(raw_query.as_bytes())?;
        let is_form = media_type(&head.headers) == "application/x-www-form-urlencoded";
        if head.method == Method::POST && is_form {
            query.add(&body)?;
        }
        Ok(Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            raw_query,
            query,
            headers: head.headers,
            body,
            visitor,
        })
    }

    /// The text of a header; empty if there is none or it is no text.
    pub(crate) fn header(&self, name: &HeaderName) -> &str {
        header(&self.headers, name)
    }

    /// Whether the request only wants to know something.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// What kind of body comes, without parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let text = header(headers, &CONTENT_TYPE);
    let media = text.split(';').next().unwrap_or_default();
    media.trim().to_ascii_lowercase()
}

pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// The parameters of a request, decoded; octets that are not UTF-8 have become U+FFFD.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn add(&mut self, encoded: &[u8]) -> Result<(), TooManyParameters> {
        for (name, value) in form_urlencoded::parse(encoded) {
            if self.0.len() == PARAMETERS_COUNT_MAX {
                return Err(TooManyParameters);
            }
            self.0.push((name.into_owned(), value.into_owned()));
        }
        Ok(())
    }

    /// The first value of a parameter.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(found, _)| found == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a parameter says yes: nothing at all, `yes` or `true`. `None` if it is not there.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        let value = self.first(name)?;
        let yes = ["", "yes", "true"];
        Some(yes.iter().any(|yes| value.eq_ignore_ascii_case(yes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let mut query = Query::default();
        query.add(text.as_bytes()).unwrap();
        query
    }

    #[test]
    fn parameters_are_decoded_and_flags_say_yes_in_three_ways() {
        let query = query("type=URL&type=%E6%B3%B5&auth&cert=YES&pretty=1&x=a+b&bad=%ff%zz");
        assert_eq!(query.all("type").collect::<Vec<_>>(), ["URL", "泵"]);
        assert_eq!(query.first("x"), Some("a b"));
        assert_eq!(query.first("bad"), Some("\u{fffd}%zz"));
        let flag = |name| query.flag(name);
        let flags = [flag("auth"), flag("cert"), flag("pretty"), flag("none")];
        assert_eq!(flags, [Some(true), Some(true), Some(false), None]);
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        let mut query = Query::default();
        assert!(
            query
                .add("a&".repeat(PARAMETERS_COUNT_MAX).as_bytes())
                .is_ok()
        );
        assert!(query.add(b"a").is_err());
    }
}
