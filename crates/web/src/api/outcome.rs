//! Which status and which members an answer of the JSON API has.

use super::{Call, reply};
use crate::identity;
use crate::question::Said;
use crate::reply::Reply;
use hyper::{Method, StatusCode};
use model::{EncodedValue, Identifier, Value};
use serde_json::{Map, Value as Json};
use wire::outcome::Referral;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

/// The status of an answer with a code.
///
/// Who must authenticate is told so over HTTPS only: over plain HTTP a password would be read by
/// others, so the answer there is that it is forbidden.
pub(super) fn status(code: ResponseCode, is_https: bool) -> StatusCode {
    match code {
        ResponseCode::SUCCESS | ResponseCode::VALUES_NOT_FOUND => StatusCode::OK,
        ResponseCode::SERVICE_REFERRAL | ResponseCode::PREFIX_REFERRAL => {
            StatusCode::MULTIPLE_CHOICES
        }
        ResponseCode::HANDLE_NOT_FOUND => StatusCode::NOT_FOUND,
        ResponseCode::HANDLE_ALREADY_EXISTS | ResponseCode::VALUE_ALREADY_EXISTS => {
            StatusCode::CONFLICT
        }
        ResponseCode::PROTOCOL_ERROR
        | ResponseCode::INVALID_HANDLE
        | ResponseCode::INVALID_VALUE
        | ResponseCode::SERVER_NOT_RESPONSIBLE => StatusCode::BAD_REQUEST,
        ResponseCode::OPERATION_NOT_SUPPORTED => StatusCode::NOT_IMPLEMENTED,
        ResponseCode::SERVER_BUSY | ResponseCode::SERVER_READ_ONLY => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ResponseCode::AUTHENTICATION_NEEDED if is_https => StatusCode::UNAUTHORIZED,
        ResponseCode::AUTHENTICATION_NEEDED
        | ResponseCode::INVALID_ADMIN
        | ResponseCode::INSUFFICIENT_PERMISSIONS
        | ResponseCode::AUTHENTICATION_FAILED
        | ResponseCode::INVALID_CREDENTIAL => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer to a question for values.
pub(super) fn resolution(call: &Call<'_>, identifier: &Identifier, said: &Said) -> Reply {
    let handle = Json::from(identifier.as_str());
    let mut object = object(said.code);
    match &said.answer {
        Answer::Resolution(answer) => {
            let values = json(&answer.values);
            object.insert("handle".into(), handle);
            object.insert("values".into(), values);
        }
        Answer::Referral(referral) => {
            object.insert("handle".into(), handle);
            put_referral(&mut object, referral);
        }
        _ if said.code == ResponseCode::VALUES_NOT_FOUND => {
            object.insert("values".into(), Json::Array(Vec::new()));
            object.insert("handle".into(), handle);
        }
        _ => {
            put_message(&mut object, &text(said));
            object.insert("handle".into(), handle);
        }
    }
    finished(call, said.code, object)
}

/// The answer to a request that changes something: 201 where something was made, and nothing
/// replaced.
pub(super) fn written(call: &Call<'_>, identifier: &Identifier, said: &Said) -> Reply {
    if said.code != ResponseCode::SUCCESS {
        return failure(call, said.code, &text(said), Some(identifier.as_str()));
    }
    let registered = match &said.answer {
        Answer::Creation(creation) => creation.identifier.as_deref(),
        _ => None,
    };
    let registered = registered.map(String::from_utf8_lossy);
    let handle = registered.as_deref().unwrap_or(identifier.as_str());
    let mut object = object(said.code);
    object.insert("handle".into(), handle.into());
    let is_new = call.asked.method == Method::PUT && !said.flags.contains(OpFlags::OVERWRITE);
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    reply(call.asked, status, &Json::Object(object))
}

/// The answer that something cannot be.
pub(super) fn failure(
    call: &Call<'_>,
    code: ResponseCode,
    text: &str,
    identifier: Option<&str>,
) -> Reply {
    let mut object = object(code);
    put_message(&mut object, text);
    if let Some(identifier) = identifier {
        object.insert("handle".into(), identifier.into());
    }
    finished(call, code, object)
}

/// An answer with the status of its code, and with a challenge if one is due.
fn finished(call: &Call<'_>, code: ResponseCode, object: Map<String, Json>) -> Reply {
    let (asked, visitor) = (call.asked, &call.asked.visitor);
    let status = match status(code, visitor.is_https) {
        // Only a question for values may have no values for its answer.
        StatusCode::OK
            if code != ResponseCode::SUCCESS
                && matches!(asked.method, Method::PUT | Method::DELETE) =>
        {
            StatusCode::BAD_REQUEST
        }
        status => status,
    };
    let reply = reply(asked, status, &Json::Object(object));
    if status == StatusCode::UNAUTHORIZED {
        let who = &call.who;
        return identity::with_challenge(reply, call.front, visitor, &asked.headers, who, None);
    }
    reply
}

/// The sentence for people in an answer, empty if there is none.
pub(super) fn text(said: &Said) -> String {
    match &said.answer {
        Answer::Failure(failure) => String::from_utf8_lossy(failure.text()).into_owned(),
        _ => String::new(),
    }
}

fn object(code: ResponseCode) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert("responseCode".into(), code.0.into());
    object
}

fn put_message(object: &mut Map<String, Json>, text: &str) {
    if !text.is_empty() {
        object.insert("message".into(), text.into());
    }
}

fn put_referral(object: &mut Map<String, Json>, referral: &Referral) {
    if !referral.identifier.is_empty() {
        let identifier = String::from_utf8_lossy(&referral.identifier);
        object.insert("referralHandle".into(), identifier.into());
    }
    if let Some(values) = &referral.values {
        object.insert("values".into(), json(values));
    }
}

fn json(values: &[EncodedValue]) -> Json {
    let values: Vec<Value> = values.iter().map(EncodedValue::value).collect();
    serde_json::to_value(values).expect("members have names and octets have a form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_status_of_the_reference_software() {
        let expected = [
            (1, 200),
            (2, 500),
            (3, 503),
            (4, 400),
            (5, 501),
            (7, 503),
            (100, 404),
            (101, 409),
            (102, 400),
            (200, 200),
            (201, 409),
            (202, 400),
            (301, 400),
            (302, 300),
            (303, 300),
            (400, 403),
            (401, 403),
            (402, 401),
            (403, 403),
            (404, 403),
            (500, 500),
        ];
        for (code, number) in expected {
            assert_eq!(status(ResponseCode(code), true), number, "code {code}");
        }
        assert_eq!(status(ResponseCode::AUTHENTICATION_NEEDED, false), 403);
    }
}
