//! What follows the body of a message, as JSON.
//!
//! Null stands for a credential of length 0, `{"octets":…}` for octets that are no credential
//! (their length included). Not here: what a credential covers ([`wire::credential`]).

use super::Context;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{HEX, TEXT, U8, U16, U32};
use bytes::Bytes;
use crypto::Provider;
use engine::{Digests, Macs};
use serde_json::{Value as Json, json};
use wire::credential::{CredentialAlgorithm, CredentialKind, MacCovered, mac_covered};
use wire::message::NO_CREDENTIAL;
use wire::{Credential, Message, Version};

/// The tail of a message that starts at octet `base`; with the session's key, whether a MAC is
/// right.
pub(super) fn write(message: &Message, base: usize, context: &Context) -> Json {
    let tail = &message.tail;
    match Credential::of(message) {
        Ok(Some(mut credential)) if credential.encode() == tail => fields::written(|fields| {
            describe(fields, &mut credential)?;
            fields.remark("macValid", || is_right(message, &credential, context));
            Ok(())
        }),
        Ok(None) if tail == NO_CREDENTIAL => Json::Null,
        Ok(_) => json!({"octets": hex::encode(tail)}),
        Err(error) => {
            let fault = Fault::of_wire(&error, base, base + tail.len());
            json!({"octets": hex::encode(tail), "error": fault.to_json()})
        }
    }
}

/// The inverse of [`write()`]; what is missing is a credential of length 0.
pub(super) fn read(json: Option<Json>, path: &str) -> Result<Bytes, Fault> {
    let Some(json) = json.filter(|json| !json.is_null()) else {
        return Ok(Bytes::from_static(NO_CREDENTIAL));
    };
    let mut tail = Bytes::new();
    if json.get("octets").is_some() {
        fields::read(json, path, |fields| {
            fields.remark("error", || None);
            fields.need("octets", &mut tail, &HEX)
        })?;
        return Ok(tail);
    }
    let mut credential = Credential::mac("HMAC-SHA256", 0, Bytes::new());
    fields::read(json, path, |fields| {
        fields.remark("macValid", || None);
        describe(fields, &mut credential)
    })?;
    Ok(credential.encode())
}

fn describe(fields: &mut Fields, credential: &mut Credential) -> Result<(), Fault> {
    fields.usual("version", &mut credential.version, &U8)?;
    fields.usual("reserved", &mut credential.reserved, &U8)?;
    fields.usual("options", &mut credential.options, &U16)?;
    fields.usual("signerHandle", &mut credential.signer, &TEXT)?;
    fields.usual("sessionCounter", &mut credential.counter, &U32)?;
    fields.need("type", &mut credential.kind, &TEXT)?;
    fields.need("digestAlgorithm", &mut credential.algorithm, &TEXT)?;
    fields.need("signature", &mut credential.octets, &HEX)
}

/// Whether the MAC was made with the session's key; nothing for other credentials or without it.
fn is_right(message: &Message, credential: &Credential, context: &Context) -> Option<Json> {
    let key = context.session_key.as_ref()?;
    if credential.kind() != CredentialKind::Mac {
        return None;
    }
    let made = match mac_covered(message, credential.counter, key) {
        MacCovered::Keyed(octets) => Provider.hmac_sha256(key, &octets).to_vec(),
        MacCovered::Digested(octets) => digest(message, credential, &octets)?,
    };
    Some((made == credential.octets).into())
}

/// The digest that a MAC before 2.7 is: SHA-1 since 2.5, before that by its algorithm.
fn digest(message: &Message, credential: &Credential, octets: &[u8]) -> Option<Vec<u8>> {
    if message.envelope.version.knows(Version::SESSION_COUNTER) {
        return Some(Provider.sha1(octets).to_vec());
    }
    match credential.algorithm() {
        CredentialAlgorithm::Md5 => Some(Provider.md5(octets).to_vec()),
        CredentialAlgorithm::Sha1 => Some(Provider.sha1(octets).to_vec()),
        CredentialAlgorithm::Sha256 => Some(Provider.sha256(octets).to_vec()),
        CredentialAlgorithm::HmacSha256 | CredentialAlgorithm::Other => None,
    }
}
