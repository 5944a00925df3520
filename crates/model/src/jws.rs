//! Signed texts: the data of `HS_SIGNATURE` and `HS_CERT` values (JSON Web Signature, RFC 7515).
//!
//! | form | text |
//! | --- | --- |
//! | compact | header `.` payload `.` signature |
//! | JSON | `{"payload":"…","signatures":[{"protected":header,"signature":"…"}]}` |
//!
//! Header, payload and signature are base64url without padding; the header and the payload are
//! JSON. Beside it: `jws/claims.rs` what the payload says. Not here: whether the signature is
//! right (room `crypto`) and the signer trusted (room `engine`).

use crate::Error;
use crate::json::BASE64_URL;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine as _;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod claims;
#[cfg(test)]
mod tests;

pub use claims::{
    CertificateClaims, ClaimedDigest, ClaimedDigests, Grant, NamedValue, Scope, SignatureClaims,
};

/// The longest text that is read, in octets: as long as any data of a value.
///
/// Beyond it: [`Error::AboveLimit`].
pub const JWS_OCTETS_MAX: usize = crate::octets::STRING_OCTETS_MAX;

/// A signed text, split but neither verified nor believed.
///
/// The text is kept, so printing gives it back whatever its spelling.
///
/// ```
/// use bytes::Bytes;
/// use model::jws::Jws;
///
/// let text = Bytes::from_static(b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI4OC4xNTYuMS9hIn0.wP_u");
/// let jws = Jws::decode(text.clone())?;
/// assert_eq!(jws.algorithm(), Some("RS256"));
/// assert_eq!(&jws.payload[..], br#"{"sub":"88.156.1/a"}"#);
/// assert_eq!(&jws.signature[..], b"\xc0\xff\xee");
/// assert_eq!(&jws.signed[..], b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI4OC4xNTYuMS9hIn0");
/// assert_eq!(jws.encode(), text);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jws {
    /// The members of the header; `alg` is one of them.
    pub header: Map<String, Value>,
    /// The octets of the payload.
    pub payload: Bytes,
    /// The octets of the signature.
    pub signature: Bytes,
    /// What the signature is over: header and payload as they are spelled, a dot between them.
    pub signed: Bytes,
    text: Bytes,
}

impl Jws {
    /// Reads the data of a value.
    ///
    /// Of a text in JSON form the first signature is taken, as the reference software does.
    ///
    /// # Errors
    /// [`Error::AboveLimit`], or [`Error::Unexpected`] with the part that is wrong.
    pub fn decode(text: Bytes) -> Result<Self, Error> {
        if text.len() > JWS_OCTETS_MAX {
            return Err(Error::AboveLimit {
                what: "signed text",
                at: 0,
                counted: text.len(),
                limit: JWS_OCTETS_MAX,
            });
        }
        if text.starts_with(b"{") {
            Self::of_json(text)
        } else {
            Self::of_compact(&text)
        }
    }

    fn of_compact(text: &Bytes) -> Result<Self, Error> {
        const FORM: Error = Error::Unexpected {
            what: "signed text",
            expected: "three parts with dots between them",
        };
        let mut parts = text.split(|&octet| octet == b'.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(FORM);
        };
        let signed = text.slice(..header.len() + 1 + payload.len());
        Self::of_parts(header, payload, signature, signed, text.clone())
    }

    fn of_json(text: Bytes) -> Result<Self, Error> {
        let form: GeneralForm = read_json(&text, "signed text")?;
        let mut signatures = form.signatures.into_iter();
        let first = signatures.next().ok_or(Error::Unexpected {
            what: "signed text",
            expected: "a text with a signature",
        })?;
        let (header, payload) = (first.protected.as_bytes(), form.payload.as_bytes());
        let signed = [header, b".", payload].concat().into();
        Self::of_parts(header, payload, first.signature.as_bytes(), signed, text)
    }

    fn of_parts(
        header: &[u8],
        payload: &[u8],
        signature: &[u8],
        signed: Bytes,
        text: Bytes,
    ) -> Result<Self, Error> {
        Ok(Self {
            header: read_json(&read_base64(header, "JWS header")?, "JWS header")?,
            payload: read_base64(payload, "JWS payload")?,
            signature: read_base64(signature, "JWS signature")?,
            signed,
            text,
        })
    }

    /// Makes the compact text of a header and payload that were signed, and their signature.
    ///
    /// # Errors
    /// As [`Jws::decode`].
    pub fn compact(signed: &[u8], signature: &[u8]) -> Result<Self, Error> {
        let signature = BASE64_URL.encode(signature);
        Self::decode([signed, b".", signature.as_bytes()].concat().into())
    }

    /// The text as it came.
    pub fn encode(&self) -> Bytes {
        self.text.clone()
    }

    /// The name of the signature's algorithm: `RS256`, `DS256`, or `SM2256` in IDIS.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }

    /// The payload as what an `HS_SIGNATURE` says.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if it says something else.
    pub fn signature_claims(&self) -> Result<SignatureClaims, Error> {
        read_json(&self.payload, "payload of a signature")
    }

    /// The payload as what an `HS_CERT` says.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if it says something else.
    pub fn certificate_claims(&self) -> Result<CertificateClaims, Error> {
        read_json(&self.payload, "payload of a certificate")
    }
}

/// The octets that are to be signed: header and payload, a dot between them.
pub fn signing_input(header: &[u8], payload: &[u8]) -> Bytes {
    let (header, payload) = (BASE64_URL.encode(header), BASE64_URL.encode(payload));
    let mut text = header.into_bytes();
    text.push(b'.');
    text.extend_from_slice(payload.as_bytes());
    text.into()
}

/// The JSON form (RFC 7515 section 7.2.1); members we do not use are ignored.
#[derive(Deserialize)]
struct GeneralForm {
    payload: String,
    signatures: Vec<SignatureForm>,
}

#[derive(Deserialize)]
struct SignatureForm {
    protected: String,
    signature: String,
}

fn read_base64(text: &[u8], what: &'static str) -> Result<Bytes, Error> {
    let octets = BASE64_URL.decode(text).map_err(|_| Error::Unexpected {
        what,
        expected: "base64url",
    })?;
    Ok(octets.into())
}

fn read_json<T: DeserializeOwned>(octets: &[u8], what: &'static str) -> Result<T, Error> {
    serde_json::from_slice(octets).map_err(|_| Error::Unexpected {
        what,
        expected: "JSON with the members it needs",
    })
}
