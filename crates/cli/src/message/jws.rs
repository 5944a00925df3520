//! Signed texts as JSON: header, payload and signature of a compact one.
//!
//! ```json
//! {"header":{"alg":"RS256"},"payload":{"sub":"88.156.1/a"},"signature":"c0ffee"}
//! ```
//!
//! Header and payload are objects where printing them gives back their octets, else text. A text
//! that is not compact, or not spelled as usual writers do, is null here: it stays text. Not here:
//! whether the signature is right.

use super::fault::Fault;
use super::fields;
use super::form::{Form, HEX, TEXT};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use model::jws::{Jws, signing_input};
use serde_json::Value as Json;

/// The text of an `HS_SIGNATURE` or `HS_CERT`.
pub(crate) const JWS: Form<Bytes> = Form { write, read };

/// A part that is usually an object.
const PART: Form<Bytes> = Form {
    write: |octets| {
        let object = serde_json::from_slice(octets).ok().filter(Json::is_object);
        let exact = object.filter(|object| object.to_string().as_bytes() == octets);
        exact.unwrap_or_else(|| match std::str::from_utf8(octets) {
            Ok(text) => text.into(),
            Err(_) => (TEXT.write)(octets),
        })
    },
    read: |json, path| match &json {
        Json::Object(members) if members.len() != 1 || !members.contains_key("hex") => {
            Ok(json.to_string().into())
        }
        _ => (TEXT.read)(json, path),
    },
};

fn write(text: &Bytes) -> Json {
    let Some((mut header, mut payload, mut signature)) = parts(text) else {
        return Json::Null;
    };
    fields::written(|fields| {
        fields.need("header", &mut header, &PART)?;
        fields.need("payload", &mut payload, &PART)?;
        fields.need("signature", &mut signature, &HEX)
    })
}

/// Header, payload and signature of a compact text.
fn parts(text: &Bytes) -> Option<(Bytes, Bytes, Bytes)> {
    let jws = Jws::decode(text.clone()).ok()?;
    let spelled = text.split(|&octet| octet == b'.').next()?;
    let header = URL_SAFE_NO_PAD.decode(spelled).ok()?;
    Some((header.into(), jws.payload, jws.signature))
}

fn read(json: Json, path: &str) -> Result<Bytes, Fault> {
    let (mut header, mut payload, mut signature) = (Bytes::new(), Bytes::new(), Bytes::new());
    fields::read(json, path, |fields| {
        fields.need("header", &mut header, &PART)?;
        fields.need("payload", &mut payload, &PART)?;
        fields.need("signature", &mut signature, &HEX)
    })?;
    let signed = signing_input(&header, &payload);
    let jws = Jws::compact(&signed, &signature).map_err(|error| Fault::member(path, error))?;
    Ok(jws.encode())
}
