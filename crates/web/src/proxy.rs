//! Where a browser is sent that asks for an identifier: to its address, to the identifier it is
//! another name of, or to a page that shows what is known.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `proxy/target` | may a browser be sent to this address, and how is it written? |
//! | `proxy/choice` | which of a record's addresses is it? |
//! | `proxy/gathering` | which locations of other records are among them? |
//!
//! Not here: the pages ([`crate::pages`]).

mod choice;
mod gathering;
mod target;

pub(crate) use target::Target;

use crate::api::{self, parse_index};
use crate::connection::Front;
use crate::pages::{self, Problem};
use crate::question::{Said, Wish, now, resolve};
use crate::reply::{HTML, Reply, XML};
use crate::request::Asked;
use crate::spelling;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, EXPIRES, HeaderValue, LOCATION};
use model::value::TtlKind;
use model::{EncodedValue, Identifier, Ttl, Value, value_type};
use std::time::{Duration, UNIX_EPOCH};
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

/// How many identifiers that are only other names are followed. Two are seldom, so more than this
/// is a circle or a mistake; the browser is shown a page that says so.
const ALIASES_COUNT_MAX: usize = 20;

pub(crate) fn answer(front: &Front, asked: &Asked, encoded: &str) -> Reply {
    let identifier = match parse(encoded) {
        Ok(identifier) => identifier,
        Err(problem) => return pages::problem(asked, encoded, &problem),
    };
    if asked.query.first("action") == Some("api") {
        return api::read(&api::Call::of_nobody(front, asked), &identifier);
    }
    let wish = match wish(asked) {
        Ok(wish) => wish,
        Err(problem) => return pages::problem(asked, identifier.as_str(), &problem),
    };
    let said = resolve(front, asked.visitor.source, identifier.clone(), &wish);
    match &said.answer {
        Answer::Resolution(answer) => {
            let found = Found {
                front,
                asked,
                identifier: &identifier,
                values: answer.values.iter().map(EncodedValue::value).collect(),
            };
            found.answer(&wish)
        }
        _ => pages::problem(asked, identifier.as_str(), &problem(&said)),
    }
}

fn parse(encoded: &str) -> Result<Identifier, Problem> {
    let octets: Bytes =
        spelling::decode(encoded).map_err(|error| Problem::NoIdentifier(error.to_string()))?;
    Identifier::from_octets(spelling::bare(&octets))
        .map_err(|error| Problem::NoIdentifier(error.to_string()))
}

fn wish(asked: &Asked) -> Result<Wish, Problem> {
    let query = &asked.query;
    let filled = |name| query.all(name).filter(|value| !value.is_empty());
    let indexes: Result<_, _> = filled("index").map(parse_index).collect();
    let flags = [
        ("auth", OpFlags::AUTHORITATIVE),
        ("cert", OpFlags::CERTIFIED),
    ];
    let set = flags
        .into_iter()
        .filter(|(name, _)| query.flag(name) == Some(true));
    Ok(Wish {
        indexes: indexes.map_err(Problem::BadQuestion)?,
        types: filled("type").map(str::to_owned).collect(),
        flags: set.map(|(_, flags)| flags).collect(),
        is_private: false,
    })
}

fn problem(said: &Said) -> Problem {
    match said.code {
        ResponseCode::HANDLE_NOT_FOUND => Problem::NotFound,
        ResponseCode::VALUES_NOT_FOUND => Problem::NoValues,
        ResponseCode::SERVER_NOT_RESPONSIBLE
        | ResponseCode::SERVICE_REFERRAL
        | ResponseCode::PREFIX_REFERRAL => Problem::Elsewhere,
        ResponseCode::SERVER_BUSY | ResponseCode::SERVER_READ_ONLY => Problem::Busy,
        ResponseCode::PROTOCOL_ERROR => Problem::BadQuestion(said.code.to_string()),
        code => Problem::Failed(code.to_string()),
    }
}

/// A record that was found.
struct Found<'a> {
    front: &'a Front,
    asked: &'a Asked,
    identifier: &'a Identifier,
    values: Vec<Value>,
}

impl Found<'_> {
    fn answer(&self, wish: &Wish) -> Reply {
        let query = &self.asked.query;
        let wants_page = query.flag("noredirect") == Some(true);
        match query.first("action") {
            Some("showurls") => return self.locations(),
            Some("showvalues" | "toolbar" | "metadata") => return self.page(),
            _ if wants_page => return self.page(),
            _ => {}
        }
        if query.flag("ignore_aliases") != Some(true)
            && let Some(alias) = alias(&self.values)
        {
            return self.follow(alias, wish);
        }
        match self.choose() {
            Some(chosen) => self.send(&chosen),
            None => self.page(),
        }
    }

    fn choose(&self) -> Option<choice::Chosen> {
        let others = |identifier| self.values_of(identifier, &Wish::default());
        choice::choose(&self.values, self.identifier, self.asked, &others)
    }

    /// The public values of another identifier; none if it cannot be resolved here.
    fn values_of(&self, identifier: Identifier, wish: &Wish) -> Vec<Value> {
        let said = resolve(self.front, self.asked.visitor.source, identifier, wish);
        match &said.answer {
            Answer::Resolution(answer) => answer.values.iter().map(EncodedValue::value).collect(),
            _ => Vec::new(),
        }
    }

    fn page(&self) -> Reply {
        let chosen = self.choose();
        let target = chosen.as_ref().map(|chosen| &chosen.target);
        pages::record(self.asked, self.identifier, &self.values, target)
    }

    fn locations(&self) -> Reply {
        Reply::new(StatusCode::OK, XML, choice::locations(&self.values))
    }

    fn send(&self, chosen: &choice::Chosen) -> Reply {
        let target = match self.asked.query.first("urlappend") {
            None => chosen.target.clone(),
            Some(appended) => chosen.target.with(appended),
        };
        let page = pages::Redirect { target: &target }.html();
        let reply = Reply::new(chosen.status, HTML, page).with_text(LOCATION, target.as_str());
        kept_until(reply, chosen.ttl)
    }

    /// Sends the browser to the identifier at the end of a row of other names. The last one may
    /// live elsewhere: then whoever is asked for it says so.
    fn follow(&self, first: &Value, wish: &Wish) -> Reply {
        let mut names = vec![self.identifier.as_str().to_ascii_uppercase()];
        let mut ttl = first.ttl;
        let mut next = text(first);
        loop {
            let Ok(identifier) = next.parse::<Identifier>() else {
                return self.problem(&Problem::AliasLost(next));
            };
            let name = identifier.as_str().to_ascii_uppercase();
            if names.contains(&name) || names.len() > ALIASES_COUNT_MAX {
                return self.problem(&Problem::AliasCircle);
            }
            names.push(name);
            let values = self.values_of(identifier, wish);
            match alias(&values) {
                None => return self.send_to_identifier(&next, ttl),
                Some(value) => {
                    ttl = sooner(ttl, value.ttl);
                    next = text(value);
                }
            }
        }
    }

    fn send_to_identifier(&self, identifier: &str, ttl: Ttl) -> Reply {
        let query = &self.asked.raw_query;
        let question_mark = if query.is_empty() { "" } else { "?" };
        let origin = self.asked.visitor.origin(&self.front.config);
        let target = format!(
            "{origin}{}{question_mark}{query}",
            spelling::path(identifier)
        );
        let reply = Reply::empty(StatusCode::MOVED_PERMANENTLY).with_text(LOCATION, &target);
        kept_until(reply, ttl)
    }

    fn problem(&self, problem: &Problem) -> Reply {
        pages::problem(self.asked, self.identifier.as_str(), problem)
    }
}

fn alias(values: &[Value]) -> Option<&Value> {
    let is_alias = |value: &&Value| value_type::matches(b"HS_ALIAS", value.value_type.octets());
    values.iter().find(is_alias)
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(&value.data).trim().to_owned()
}

/// When an answer with a ttl should no longer be kept, in seconds since 1970.
fn end(ttl: Ttl) -> u64 {
    if ttl.kind == TtlKind::ABSOLUTE {
        ttl.seconds.into()
    } else {
        u64::from(now().0) + u64::from(ttl.seconds)
    }
}

fn sooner(one: Ttl, other: Ttl) -> Ttl {
    if end(other) < end(one) { other } else { one }
}

fn kept_until(reply: Reply, ttl: Ttl) -> Reply {
    let date = UNIX_EPOCH + Duration::from_secs(end(ttl));
    let reply = reply.with_text(EXPIRES, &httpdate::fmt_http_date(date));
    // Whoever keeps it must not give it to somebody in another country.
    reply.with(CACHE_CONTROL, HeaderValue::from_static("private"))
}
