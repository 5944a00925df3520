//! Packets that are encrypted with the key of a session, as JSON.
//!
//! With the key, the message stands beside `{"cipher":"aes","iv":"…"}`; without it, or where it
//! does not fit, the ciphertext stands there instead. Not here: the ciphers (room `crypto`).

use super::Context;
use super::fault::Fault;
use super::fields::Fields;
use super::form::HEX;
use super::packet::{self, Read, message_of, with_quirks, write_contents, write_envelope};
use bytes::Bytes;
use crypto::CipherError;
use crypto::session_cipher::{BlockCipher, SessionCipher};
use serde_json::{Map, Value as Json, json};
use wire::envelope::ENVELOPE_OCTETS;
use wire::{Envelope, Message, Packet, Quirk, Version, quirk};

/// An encrypted packet that starts at octet `base`.
pub(super) fn write(packet: &Packet, base: usize, context: &Context) -> Result<Read, Fault> {
    let opened = cipher(context)?.map(|cipher| open(packet, &cipher, base));
    let mut json = Map::new();
    json.insert("envelope".into(), write_envelope(packet.envelope));
    let (mut quirks, mut streams) = (quirk::of_envelope(&packet.envelope), None);
    match opened {
        Some(Ok(opened)) => {
            let mut seal = json!({
                "cipher": name(context.session_cipher),
                "iv": hex::encode(&opened.iv),
            });
            if let Some(padding) = &opened.padding {
                seal["padding"] = hex::encode(padding).into();
                quirks.push(Quirk::UNUSUAL_PADDING);
            }
            json.insert("encrypted".into(), seal);
            write_contents(&mut json, &opened.message, base, context);
            let found = quirk::of_message(&opened.message);
            quirks.extend(
                found
                    .into_iter()
                    .filter(|at| !quirks.contains(at))
                    .collect::<Vec<_>>(),
            );
            streams = packet::streams(&opened.message);
        }
        closed => {
            let mut seal = split(packet, context);
            if let Some(Err(what)) = closed {
                seal["error"] = what.into();
            }
            json.insert("encrypted".into(), seal);
        }
    }
    Ok(Read {
        json: with_quirks(json, &quirks),
        octets: 0,
        quirks,
        streams,
    })
}

fn cipher(context: &Context) -> Result<Option<SessionCipher>, Fault> {
    let key = context.session_key.as_ref();
    let cipher = key.map(|key| SessionCipher::new(context.session_cipher, key));
    cipher
        .transpose()
        .map_err(|error: CipherError| Fault::octet(0, error))
}

/// The payload without looking into it. Initial vectors came with 2.4.
fn split(packet: &Packet, context: &Context) -> Json {
    let octets = if packet.envelope.version.knows(Version::SESSION_CIPHER) {
        context.session_cipher.block_octets()
    } else {
        0
    };
    let (iv, ciphertext) = packet.payload.split_at(octets.min(packet.payload.len()));
    json!({"iv": hex::encode(iv), "ciphertext": hex::encode(ciphertext)})
}

struct Opened {
    iv: Bytes,
    message: Message,
    /// What follows the message in its last block, where it is not as usual.
    padding: Option<Bytes>,
}

fn open(packet: &Packet, cipher: &SessionCipher, base: usize) -> Result<Opened, String> {
    if !packet.envelope.version.knows(Version::SESSION_CIPHER) {
        return Err("encryption before version 2.4 is not known".into());
    }
    let iv = packet
        .payload
        .slice(..cipher.cipher().block_octets().min(packet.payload.len()));
    let plain = cipher
        .open_blocks(&packet.payload)
        .map_err(|error| error.to_string())?;
    let (payload, padding) = match cipher.open(&packet.payload) {
        Ok(payload) => (Bytes::from(payload), None),
        Err(error) => unusual(&plain, cipher).ok_or_else(|| error.to_string())?,
    };
    let message = message_of(packet.envelope, payload, base + ENVELOPE_OCTETS);
    let message = message.map_err(|fault| fault.what)?;
    // A key that does not fit shows in the padding in all but one of 256 cases; in these, a body
    // longer than the message is refused, and so is what cannot be encrypted again.
    Ok(Opened {
        iv,
        message,
        padding,
    })
}

/// Message and padding where the last octet of the padding tells its length and the others are
/// anything (ISO 10126).
fn unusual(plain: &[u8], cipher: &SessionCipher) -> Option<(Bytes, Option<Bytes>)> {
    let octets = usize::from(*plain.last()?);
    let fits = (1..=cipher.cipher().block_octets()).contains(&octets);
    let kept = plain.len().checked_sub(octets).filter(|_| fits)?;
    let (payload, padding) = plain.split_at_checked(kept)?;
    let is_message = wire::Header::read(&mut model::octets::Reader::new(Bytes::copy_from_slice(
        payload,
    )))
    .is_ok_and(|(_, body)| body + wire::header::HEADER_OCTETS <= payload.len());
    is_message.then(|| {
        let padding = Bytes::copy_from_slice(padding);
        (Bytes::copy_from_slice(payload), Some(padding))
    })
}

fn name(cipher: BlockCipher) -> &'static str {
    match cipher {
        BlockCipher::Des => "des",
        BlockCipher::TripleDes => "desede",
        BlockCipher::Aes => "aes",
        BlockCipher::Sm4 => "sm4",
    }
}

/// The inverse of [`write()`]: takes the member `encrypted`, and the message if it is there.
pub(super) fn read(
    fields: &mut Fields,
    envelope: Envelope,
    context: &Context,
) -> Result<Bytes, Fault> {
    let path = fields.path("encrypted");
    let mut seal = Fields::reading(fields.take("encrypted").unwrap_or_default(), &path)?;
    let (mut iv, mut ciphertext, mut padding) = (Bytes::new(), None, None);
    seal.need("iv", &mut iv, &HEX)?;
    seal.option("ciphertext", &mut ciphertext, &HEX)?;
    if let Some(ciphertext) = ciphertext {
        seal.remark("error", || None);
        seal.finish()?;
        return Ok([iv, ciphertext].concat().into());
    }
    seal.derived("cipher", name(context.session_cipher))?;
    seal.option("padding", &mut padding, &HEX)?;
    seal.finish()?;
    let cipher = cipher(context).map_err(|fault| Fault::member(&path, fault.what))?;
    let cipher = cipher.ok_or_else(|| {
        Fault::member(
            &path,
            "has no ciphertext; give --session-key to encrypt the message",
        )
    })?;
    let payload = packet::read_payload(fields, envelope)?;
    let sealed = match padding {
        None => cipher.seal(&iv, &payload),
        Some(padding) => cipher.seal_blocks(&iv, &[payload, padding].concat()),
    };
    let sealed = sealed.map_err(|error| Fault::member(&path, error))?;
    Ok(sealed.into())
}
