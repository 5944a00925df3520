//! The body of a message as JSON, typed by its operation.
//!
//! A body that does not have the layout of its operation, or of an operation that nobody has
//! described, is `{"octets":…}`; of the first, `bodyError` says what is wrong. Not here: the
//! layouts ([`super::request`], [`super::response`]).

use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::HEX;
use super::{request, response};
use bytes::Bytes;
use serde_json::{Map, Value as Json, json};
use wire::{Envelope, Header, Message, Request, Response};

/// Adds the body of a message, which starts at octet `base` of the input.
pub(super) fn write(packet: &mut Map<String, Json>, message: &Message, base: usize) {
    let version = message.envelope.version;
    let typed = if message.header.is_response() {
        Response::decode(message).map(|response| response::write(&response, version))
    } else {
        Request::decode(message).map(|request| request::write(&request, version))
    };
    let octets = || json!({"octets": hex::encode(&message.body)});
    let (body, error) = match typed {
        Ok(Some(typed)) => (typed, None),
        Ok(None) => (octets(), None),
        Err(error) => (octets(), Some(error)),
    };
    packet.insert("body".into(), body);
    if let Some(error) = error {
        let fault = Fault::of_wire(&error, base, base + message.body.len());
        packet.insert("bodyError".into(), fault.to_json());
    }
}

/// The inverse of [`write()`]: takes the member `body`.
pub(super) fn read(
    fields: &mut Fields,
    envelope: Envelope,
    header: Header,
) -> Result<Bytes, Fault> {
    fields.remark("bodyError", || None);
    let path = fields.path("body");
    let json = fields.take("body").unwrap_or_else(|| json!({}));
    let is_raw = json.get("octets").is_some();
    let mut body = Bytes::new();
    fields::read(json, &path, |fields| {
        body = if is_raw {
            raw(fields)?
        } else {
            typed(fields, envelope, header, &path)?
        };
        Ok(())
    })?;
    Ok(body)
}

fn raw(fields: &mut Fields) -> Result<Bytes, Fault> {
    let mut octets = Bytes::new();
    fields.need("octets", &mut octets, &HEX)?;
    Ok(octets)
}

/// A typed body; it must be what a reader of these octets would take it for.
fn typed(
    fields: &mut Fields,
    envelope: Envelope,
    header: Header,
    path: &str,
) -> Result<Bytes, Fault> {
    let version = envelope.version;
    let message = |body| Message {
        envelope,
        header,
        body,
        tail: Bytes::new(),
    };
    let (body, is_same) = if header.is_response() {
        let Some(response) = response::read(fields, &header, version)? else {
            return raw(fields);
        };
        let body = response.encode();
        let again = Response::decode(&message(body.clone()));
        (body, again.map(|again| again == response))
    } else {
        let Some(request) = request::read(fields, header.opcode, version)? else {
            return raw(fields);
        };
        let body = request.encode();
        let again = Request::decode(&message(body.clone()));
        (body, again.map(|again| again == request))
    };
    match is_same {
        Ok(true) => Ok(body),
        Ok(false) => Err(Fault::member(
            path,
            "would be read as something else; does returnRequestDigest in the flags agree with \
             requestDigest here?",
        )),
        Err(error) => Err(Fault::member(path, error)),
    }
}
