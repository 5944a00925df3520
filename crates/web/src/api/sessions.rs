//! Sessions: how a client shows once who it is, and then only names its session.
//!
//! | request | answer |
//! | --- | --- |
//! | POST `/api/sessions` | 201, the session's name and nonce |
//! | GET `/api/sessions/this` | 200, the same, and whose it is |
//! | PUT or POST `/api/sessions/this` with a proof | 200, whose it is; 401 and why not |
//! | DELETE `/api/sessions/this` | 204 |
//!
//! Where there is no such session the answer is 403 without a body, as over plain HTTP. Not here:
//! how many there may be ([`crate::identity`]).

use super::endpoints::Route;
use super::{Call, failure, reply, unknown};
use crate::connection::Front;
use crate::identity::{self, Challenge, Fields, NotBelieved, Shown, Who};
use crate::reply::Reply;
use crate::request::Asked;
use hyper::header::{AUTHORIZATION, HeaderValue, LOCATION};
use hyper::{Method, StatusCode};
use serde_json::{Map, Value as Json};
use wire::ResponseCode;

/// Whether a path is about sessions, whatever the method is.
pub(super) fn is_meant(path: &str) -> bool {
    matches!(path, "/api/sessions" | "/api/sessions/this")
}

pub(super) fn answer(front: &Front, asked: &Asked, route: Option<Route>) -> Reply {
    if !asked.visitor.is_https {
        // The name of a session is as good as a password.
        return Reply::empty(StatusCode::FORBIDDEN);
    }
    let fields = match fields(asked) {
        Ok(fields) => fields,
        Err(said) => {
            let call = Call::of_nobody(front, asked);
            return failure(&call, ResponseCode::PROTOCOL_ERROR, &said, None);
        }
    };
    match route {
        Some(Route::BeginSession) => begin(front, asked, &fields),
        Some(Route::Prove) => prove(front, asked, &fields),
        Some(Route::EndSession) => end(front, &fields),
        Some(Route::ShowSession) => show(front, asked, &fields),
        _ => unknown(asked),
    }
}

/// What the header and the body say; the body goes before.
fn fields(asked: &Asked) -> Result<Fields, String> {
    let named = match identity::read_header(asked.header(&AUTHORIZATION)) {
        Shown::Handle(fields) => *fields,
        _ => Fields::default(),
    };
    let is_given = matches!(asked.method, Method::PUT | Method::POST)
        && !asked.body.iter().all(u8::is_ascii_whitespace);
    if !is_given {
        return Ok(named);
    }
    let read = serde_json::from_slice::<Fields>(&asked.body);
    let mut given = read.map_err(|error| format!("the body is no session in JSON: {error}"))?;
    given.session_id = given.session_id.or_else(|| named.session_id.clone());
    if given.is_claiming() || !named.is_claiming() {
        return Ok(given);
    }
    Ok(Fields {
        session_id: given.session_id,
        ..named
    })
}

fn begin(front: &Front, asked: &Asked, fields: &Fields) -> Reply {
    if let Err(NotBelieved { why, .. }) = fields.client_nonce() {
        let call = Call::of_nobody(front, asked);
        return failure(&call, ResponseCode::PROTOCOL_ERROR, &why, None);
    }
    let who = Who::default().with_client_nonce(fields);
    let Some(challenge) = identity::challenge(front, &asked.visitor, &who) else {
        return Reply::empty(StatusCode::SERVICE_UNAVAILABLE);
    };
    let body = Json::Object(members(&challenge));
    let place = HeaderValue::from_static("/api/sessions/this");
    reply(asked, StatusCode::CREATED, &body).with(LOCATION, place)
}

fn show(front: &Front, asked: &Asked, fields: &Fields) -> Reply {
    let Some(object) = shown(front, asked, fields) else {
        return Reply::empty(StatusCode::FORBIDDEN);
    };
    reply(asked, StatusCode::OK, &Json::Object(object))
}

fn prove(front: &Front, asked: &Asked, fields: &Fields) -> Reply {
    let id = fields.session_id.as_deref().unwrap_or_default();
    let Some(session) = front.sessions.session(id) else {
        return Reply::empty(StatusCode::FORBIDDEN);
    };
    let proven = if fields.is_claiming() {
        identity::prove(front, &asked.visitor, id, &session, fields).map(drop)
    } else {
        // Without a claim there is nothing to prove: a client may only want its nonce signed.
        Ok(())
    };
    match proven {
        Ok(()) => show(front, asked, fields),
        Err(why) if why.status() != StatusCode::UNAUTHORIZED => {
            identity::not_believed(front, &asked.visitor, &asked.headers, &why)
        }
        Err(why) => {
            let mut object = shown(front, asked, fields).unwrap_or_default();
            object.shift_remove("id");
            object.insert("authenticated".into(), false.into());
            object.insert("error".into(), why.why.as_str().into());
            let told = reply(asked, StatusCode::UNAUTHORIZED, &Json::Object(object));
            let who = Who::in_session(id);
            let (visitor, headers) = (&asked.visitor, &asked.headers);
            identity::with_challenge(told, front, visitor, headers, &who, Some(&why))
        }
    }
}

fn end(front: &Front, fields: &Fields) -> Reply {
    let id = fields.session_id.as_deref().unwrap_or_default();
    Reply::empty(if front.sessions.end(id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::FORBIDDEN
    })
}

/// A session that is there, and whose it is.
fn shown(front: &Front, asked: &Asked, fields: &Fields) -> Option<Map<String, Json>> {
    let id = fields.session_id.as_deref()?;
    let known = front.sessions.session(id)?.known;
    let who = Who::in_session(id).with_client_nonce(fields);
    let challenge = identity::challenge(front, &asked.visitor, &who)?;
    let mut object = members(&challenge);
    if let Some(known) = known {
        let identity = &known.identity;
        let name = String::from_utf8_lossy(&identity.identifier);
        object.insert("authenticated".into(), true.into());
        object.insert("id".into(), format!("{}:{name}", identity.index).into());
    }
    Some(object)
}

fn members(challenge: &Challenge) -> Map<String, Json> {
    let mut object = Map::new();
    let mut put = |name: &str, value: &str| object.insert(name.into(), value.into());
    put("sessionId", &challenge.session_id);
    put("nonce", &challenge.nonce);
    if let Some((digest, signature)) = &challenge.server {
        put("serverAlg", digest);
        put("serverSignature", signature);
    }
    object
}
