//! Answers as JSON, in the shape of the Handle System's HTTP API.
//!
//! ```json
//! {"responseCode":1,"handle":"88.156.1/pump","values":[{"index":1,"type":"NAME",
//!  "data":{"format":"string","value":"pump"},"ttl":86400,"timestamp":"2026-11-22T08:00:00Z"}]}
//! ```
//!
//! `permissions` is left out where it is the usual `1110`, `references` where there are none; an
//! absolute ttl is a date; data that is not text has format `base64`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::exchange::Answered;
use jiff::Timestamp;
use model::value::TtlKind;
use model::{Identifier, Permissions, Ttl, Value};
use serde_json::{Map, Value as Json, json};
use wire::response::Answer;

#[cfg(test)]
mod tests;

/// One answer as one line of JSON.
pub(super) fn answer(identifier: &Identifier, answered: &Answered) -> Json {
    let mut object = Map::new();
    let code = answered.message.header.response_code.0;
    object.insert("responseCode".into(), code.into());
    match &answered.response.answer {
        Answer::Failure(failure) if !failure.text().is_empty() => {
            let message = String::from_utf8_lossy(failure.text()).into_owned();
            object.insert("message".into(), message.into());
        }
        _ => (),
    }
    object.insert("handle".into(), identifier.as_str().into());
    if let Answer::Resolution(answer) = &answered.response.answer {
        let values = answer
            .values
            .iter()
            .map(|encoded| value(&encoded.value()))
            .collect();
        object.insert("values".into(), Json::Array(values));
    }
    Json::Object(object)
}

fn value(value: &Value) -> Json {
    let mut object = Map::new();
    object.insert("index".into(), value.index.into());
    object.insert("type".into(), value.value_type.to_string().into());
    object.insert("data".into(), data(&value.data));
    if value.permissions != Permissions::DEFAULT {
        object.insert("permissions".into(), value.permissions.to_string().into());
    }
    object.insert("ttl".into(), ttl(value.ttl));
    object.insert("timestamp".into(), date(value.timestamp).into());
    if !value.references.is_empty() {
        let references = value.references.iter().map(|reference| {
            let identifier = String::from_utf8_lossy(&reference.identifier);
            json!({"handle": identifier, "index": reference.index})
        });
        object.insert("references".into(), references.collect());
    }
    Json::Object(object)
}

fn data(octets: &[u8]) -> Json {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.contains(is_binary) => json!({"format": "string", "value": text}),
        _ => json!({"format": "base64", "value": STANDARD.encode(octets)}),
    }
}

fn is_binary(character: char) -> bool {
    character.is_control() && !character.is_whitespace()
}

fn ttl(ttl: Ttl) -> Json {
    if ttl.kind == TtlKind::ABSOLUTE {
        date(ttl.seconds).into()
    } else {
        ttl.seconds.into()
    }
}

fn date(seconds: u32) -> String {
    let date = Timestamp::from_second(seconds.into());
    date.map_or_else(|_| seconds.to_string(), |date| date.to_string())
}
