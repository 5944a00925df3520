//! The JSON API of the Handle System.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `api/reading` | what is an identifier's record, and the site's? |
//! | `api/writing` | how are records registered, changed and deleted? |
//! | `api/body` | what does the body of such a request say? |
//! | `api/listing` | which identifiers and prefixes are there? |
//! | `api/sessions` | how does a client keep who it is? |
//! | `api/verification` | was a proof made with a secret of this node? |
//! | `api/bulk` | how are a hundred thousand records written in one call? |
//! | `api/endpoints` | which paths, methods, parameters and statuses are there? |
//! | `api/description` | how is that told to programs? |
//! | `api/outcome` | which status and which members does an answer have? |
//!
//! Not here: who somebody is ([`crate::identity`]), pages for people.

mod body;
pub(crate) mod bulk;
mod description;
pub(crate) mod endpoints;
mod listing;
mod outcome;
mod reading;
mod sessions;
mod verification;
mod writing;

use crate::connection::Front;
use crate::identity::{self, Who};
use crate::question::{self, Said};
use crate::reply::{JAVASCRIPT, JSON, Reply};
use crate::request::{Asked, media_type};
use crate::spelling;
use bytes::Bytes;
pub use description::openapi;
use endpoints::{CALLBACK, PRETTY, Route};
use engine::Means;
use engine::authority::Known;
use hyper::header::HeaderName;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, StatusCode};
use model::Identifier;
use outcome::failure;
pub(crate) use reading::{parse_index, read};
use serde_json::{Value as Json, json};
use wire::{Message, ResponseCode};

/// What caches must tell apart: the reference software's two, and who asks from a browser.
const VARIES: &str = "Accept-Encoding, User-Agent, Origin";

/// A request to the API by somebody.
pub(crate) struct Call<'c> {
    pub(crate) front: &'c Front,
    pub(crate) asked: &'c Asked,
    pub(crate) who: Who,
}

impl<'c> Call<'c> {
    /// A request by nobody in particular.
    pub(crate) fn of_nobody(front: &'c Front, asked: &'c Asked) -> Self {
        Self {
            front,
            asked,
            who: Who::default(),
        }
    }

    fn known(&self) -> Option<&Known> {
        self.who.known.as_ref()
    }

    fn ask(&self, message: &Message) -> Said {
        let source = self.asked.visitor.source;
        question::ask(self.front, source, message, self.known())
    }
}

pub(crate) fn answer(front: &Front, asked: &Asked) -> Reply {
    if asked.method == Method::OPTIONS {
        return preflight(asked);
    }
    for_any_origin(answer_here(front, asked), asked)
}

fn answer_here(front: &Front, asked: &Asked) -> Reply {
    let found = endpoints::find(&asked.method, &asked.path);
    if sessions::is_meant(&asked.path) {
        return sessions::answer(front, asked, found.map(|(route, _)| route));
    }
    if let Some((Route::Description, _)) = found {
        return Reply::new(StatusCode::OK, JSON, openapi());
    }
    let who = match identity::of(front, &asked.visitor, &asked.headers) {
        Ok(who) => who,
        Err(why) => return identity::not_believed(front, &asked.visitor, &asked.headers, &why),
    };
    let call = Call { front, asked, who };
    if let Some(text) = may_be_forged(&call) {
        return failure(&call, ResponseCode::AUTHENTICATION_FAILED, text, None);
    }
    let Some((route, part)) = found else {
        return unknown(asked);
    };
    match route {
        Route::Read | Route::Put | Route::Delete => answer_about(&call, route, part),
        Route::List => listing::identifiers(&call),
        Route::ListPrefixes => listing::prefixes(&call),
        Route::Home => listing::answer_home(&call, part, true),
        Route::Unhome => listing::answer_home(&call, part, false),
        Route::Verify => verification::answer(&call, part),
        Route::Bulk => bulk::answer(&call),
        Route::Site => reading::site(&call),
        // Which are answered elsewhere.
        _ => unknown(asked),
    }
}

/// Why a request may be one that a page from elsewhere had a browser send in somebody's name: a
/// browser sends a password that it remembers with whatever it is told to.
fn may_be_forged(call: &Call<'_>) -> Option<&'static str> {
    let known = call.known()?;
    if call.asked.query.first(CALLBACK.name).is_some() {
        return Some("a script for any page gets only what is public: leave callback out");
    }
    // A browser asks first before it sends anything else for a page from elsewhere.
    let is_simple = call.asked.method == Method::POST
        && [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ]
        .contains(&media_type(&call.asked.headers).as_str());
    let by_browser = known.means == Means::PASSWORD && comes_from_elsewhere(call.asked);
    (is_simple && by_browser).then_some("a page from elsewhere cannot ask this with a password")
}

/// Whether a browser says that a page of another origin had it ask.
fn comes_from_elsewhere(asked: &Asked) -> bool {
    let site = asked.header(&SEC_FETCH_SITE);
    if !site.is_empty() {
        return !matches!(site, "same-origin" | "none");
    }
    let origin = asked.header(&ORIGIN);
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    !origin.is_empty() && !host.eq_ignore_ascii_case(&asked.visitor.host)
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn answer_about(call: &Call<'_>, route: Route, encoded: &str) -> Reply {
    let identifier = match parse(encoded) {
        Ok(identifier) => identifier,
        Err(said) => return failure(call, ResponseCode::INVALID_HANDLE, &said, None),
    };
    match route {
        Route::Put => writing::put(call, &identifier),
        Route::Delete => writing::delete(call, &identifier),
        _ => read(call, &identifier),
    }
}

/// Answers a browser that asks whether a page from elsewhere may ask.
pub(crate) fn preflight(asked: &Asked) -> Reply {
    let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS");
    let headers = HeaderValue::from_static("Authorization, Content-Type, X-Requested-With");
    let reply = Reply::empty(StatusCode::OK)
        .with(ACCESS_CONTROL_ALLOW_METHODS, methods)
        .with(ACCESS_CONTROL_ALLOW_HEADERS, headers)
        .with(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    for_any_origin(reply, asked)
}

/// Lets pages from anywhere read the answer: what anybody may know needs no origin. They cannot
/// read it in somebody's name, for credentials are not allowed.
fn for_any_origin(reply: Reply, asked: &Asked) -> Reply {
    let reply = match asked.headers.get(ORIGIN) {
        Some(origin) => reply.with(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
        None => reply,
    };
    reply.with(VARY, HeaderValue::from_static(VARIES))
}

fn parse(encoded: &str) -> Result<Identifier, String> {
    if encoded.is_empty() {
        // The words of the reference software.
        return Err("Empty handle invalid".into());
    }
    let octets: Bytes = spelling::decode(encoded).map_err(|error| error.to_string())?;
    Identifier::from_octets(octets).map_err(|error| error.to_string())
}

fn unknown(asked: &Asked) -> Reply {
    let text = format!("Unknown HTTP API endpoint {} {}", asked.method, asked.path);
    let code = ResponseCode::PROTOCOL_ERROR;
    let body = json!({"responseCode": code.0, "message": text});
    reply(asked, StatusCode::NOT_FOUND, &body)
}

/// An answer in JSON, indented or as a call of a function if that is asked for.
fn reply(asked: &Asked, status: StatusCode, json: &Json) -> Reply {
    let text = if asked.query.flag(PRETTY.name) == Some(true) {
        format!("{json:#}")
    } else {
        json.to_string()
    };
    match asked.query.first(CALLBACK.name) {
        None | Some("") => Reply::new(status, JSON, text),
        Some(callback) => {
            let call = format!("{}({});", function_name(callback), as_script(&text));
            Reply::new(status, JAVASCRIPT, call)
        }
    }
}

/// A name that is nothing but a name: whoever chooses it must not choose what runs.
fn function_name(asked: &str) -> String {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$');
    let name = asked.chars().take(CALLBACK_LENGTH_MAX);
    name.map(|letter| if is_name(letter) { letter } else { '_' })
        .collect()
}

/// No function has a longer name; what follows is cut.
const CALLBACK_LENGTH_MAX: usize = 256;

/// JSON as it may stand in a script: two characters end a line there that do not in JSON.
fn as_script(json: &str) -> String {
    json.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_a_name_and_nothing_else() {
        assert_eq!(function_name("cb.x"), "cb_x");
        assert_eq!(function_name("a$_Z9"), "a$_Z9");
        assert_eq!(function_name("alert(1)//é\n"), "alert_1_____");
        assert_eq!(function_name(&"a".repeat(300)).len(), CALLBACK_LENGTH_MAX);
        assert_eq!(as_script("\"\u{2028}\""), "\"\\u2028\"");
    }
}
