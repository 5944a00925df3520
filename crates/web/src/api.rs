//! The JSON API of the Handle System: reading identifiers and the site's information.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `api/outcome` | which status and which members does an answer have? |
//!
//! What changes or lists identifiers needs authentication, which is not offered over HTTP yet: it
//! is answered with 501 and code 5, in the same shape. Not here: pages for people.

mod outcome;

use crate::connection::Front;
use crate::question::{self, Said, Wish};
use crate::reply::{JAVASCRIPT, JSON, Reply};
use crate::request::Asked;
use crate::spelling;
use bytes::Bytes;
use engine::Question;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, StatusCode};
use model::{Identifier, Site};
use serde_json::{Value as Json, json};
use wire::identifier::{IdentifierRequest, NO_IDENTIFIER};
use wire::response::Answer;
use wire::{OpFlags, Opcode, ResponseCode};

/// The description of the API as an `OpenAPI` document, which `/api/openapi.json` answers with.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// What caches must tell apart: the reference software's two, and who asks from a browser.
const VARIES: &str = "Accept-Encoding, User-Agent, Origin";

pub(crate) fn answer(front: &Front, asked: &Asked) -> Reply {
    if asked.method == Method::OPTIONS {
        return preflight(asked);
    }
    let path = asked.path.strip_prefix("/api").unwrap_or_default();
    let reply = match path.strip_prefix("/handles/") {
        Some(identifier) => answer_about(front, asked, identifier),
        None => match path {
            "/openapi.json" if asked.is_read() => Reply::new(StatusCode::OK, JSON, OPENAPI),
            "/site" if is_question(asked) => site(front, asked),
            "/handles" | "/prefixes" | "/sessions" | "/sessions/this" => not_offered(asked, None),
            path if path.starts_with("/prefixes/") => not_offered(asked, None),
            path if path.starts_with("/verifications/") => not_offered(asked, None),
            _ => unknown(asked),
        },
    };
    for_any_origin(reply, asked)
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

/// POST asks as GET does, for questions that are longer than a path may be.
fn is_question(asked: &Asked) -> bool {
    asked.is_read() || asked.method == Method::POST
}

fn answer_about(front: &Front, asked: &Asked, encoded: &str) -> Reply {
    let identifier = match parse(encoded) {
        Ok(identifier) => identifier,
        Err(said) => return outcome::failure(asked, ResponseCode::INVALID_HANDLE, &said, None),
    };
    if is_question(asked) {
        return read(front, asked, &identifier);
    }
    if matches!(asked.method, Method::PUT | Method::DELETE) {
        return not_offered(asked, Some(identifier.as_str()));
    }
    unknown(asked)
}

fn parse(encoded: &str) -> Result<Identifier, String> {
    if encoded.is_empty() {
        // The words of the reference software.
        return Err("Empty handle invalid".into());
    }
    let octets: Bytes = spelling::decode(encoded).map_err(|error| error.to_string())?;
    Identifier::from_octets(octets).map_err(|error| error.to_string())
}

/// Answers a question for the values of an identifier; also the proxy's `action=api`.
pub(crate) fn read(front: &Front, asked: &Asked, identifier: &Identifier) -> Reply {
    match wish(asked) {
        Err(said) => outcome::failure(asked, ResponseCode::PROTOCOL_ERROR, &said, None),
        Ok(wish) => {
            let said = question::resolve(front, asked.visitor.source, identifier.clone(), &wish);
            outcome::resolution(asked, identifier, &said)
        }
    }
}

fn wish(asked: &Asked) -> Result<Wish, String> {
    let query = &asked.query;
    let types = query.all("type").map(str::to_owned).collect();
    let indexes = query
        .all("index")
        .map(parse_index)
        .collect::<Result<_, _>>()?;
    let flags = [
        ("auth", OpFlags::AUTHORITATIVE),
        ("cert", OpFlags::CERTIFIED),
        ("doNotRefer", OpFlags::DO_NOT_REFER),
    ];
    let set = flags
        .into_iter()
        .filter(|(name, _)| query.flag(name) == Some(true));
    Ok(Wish {
        types,
        indexes,
        flags: set.map(|(_, flags)| flags).collect(),
        is_private: query.flag("publicOnly") == Some(false),
    })
}

/// An index that is asked for.
pub(crate) fn parse_index(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("index is not a number from 0 to 4294967295: \"{text}\""))
}

fn site(front: &Front, asked: &Asked) -> Reply {
    let about = IdentifierRequest::about(NO_IDENTIFIER);
    let mut message =
        Question::about("0.NA/0.NA".parse().expect("an identifier")).resolution(1, question::now());
    message.header.opcode = Opcode::GET_SITE_INFO;
    message.body = about.encode();
    let said = question::ask(front, asked.visitor.source, &message);
    let site = match &said.answer {
        Answer::SiteInfo(octets) => Site::decode(octets.clone()).ok(),
        _ => None,
    };
    match site.and_then(|site| serde_json::to_value(site).ok()) {
        Some(site) => {
            let body = json!({"responseCode": said.code.0, "site": site});
            reply(asked, StatusCode::OK, &body)
        }
        None => outcome::failure(asked, refusal(&said), &outcome::text(&said), None),
    }
}

/// The code of an answer that should have been a success: a success nobody can read is an error.
fn refusal(said: &Said) -> ResponseCode {
    match said.code {
        ResponseCode::SUCCESS => ResponseCode::ERROR,
        code => code,
    }
}

fn not_offered(asked: &Asked, identifier: Option<&str>) -> Reply {
    let text = "this node does not offer the operation over HTTP yet; reading is";
    let code = ResponseCode::OPERATION_NOT_SUPPORTED;
    outcome::failure(asked, code, text, identifier)
}

fn unknown(asked: &Asked) -> Reply {
    let text = format!("Unknown HTTP API endpoint {} {}", asked.method, asked.path);
    let code = ResponseCode::PROTOCOL_ERROR;
    let body = json!({"responseCode": code.0, "message": text});
    reply(asked, StatusCode::NOT_FOUND, &body)
}

/// An answer in JSON, indented or as a call of a function if that is asked for.
fn reply(asked: &Asked, status: StatusCode, json: &Json) -> Reply {
    let text = if asked.query.flag("pretty") == Some(true) {
        format!("{json:#}")
    } else {
        json.to_string()
    };
    match asked.query.first("callback") {
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
