//! The message that a recursive resolver sends.
//!
//! Flags are those of the question, but for what they say of the answer: authoritative (AT) only if
//! a primary has answered just now, checked (CA, and TR for who asked with DT) only if every answer
//! on the way was verified. Where keys are trusted that chains of certificates lead up to, TR says
//! besides that each value is signed by somebody whom one leads to. Not here: signing it
//! ([`crate::authority::certify`]).

use super::demand::Trust;
use super::said::Said;
use crate::authority::answer_envelope;
use crate::question::MESSAGE_LIFE_SECONDS;
use crate::resolver::Nearest;
use crate::{Authority, Date, Digests};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::put_string;
use model::{EncodedValue, Value};
use wire::header::HEADER_OCTETS;
use wire::message::NO_CREDENTIAL;
use wire::outcome::Referral;
use wire::response::Answer;
use wire::{Envelope, Header, Message, OpFlags, Packet, ResponseCode};

/// The types of values with sites, by the family of their addresses.
const SITE_TYPES: [&str; 2] = ["HS_SITE", "HS_SITE.6"];

/// What is told of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'t> {
    /// What was answered.
    pub said: &'t Said,
    /// How many seconds ago; none if it is too old by now.
    pub age_seconds: Option<u32>,
    /// Whether it was verified.
    pub trust: Trust,
    /// Whether a primary has answered just now.
    pub is_from_primary: bool,
    /// Whether values are trusted only if signatures over them prove them.
    pub needs_proof: bool,
}

impl Telling<'_> {
    /// Whether it is a trusted result for who asks for one.
    fn is_trusted(&self) -> bool {
        let is_proven = || matches!(self.said, Said::Values(values) if values.are_proven());
        !self.needs_proof || is_proven()
    }
}

/// The answer to a request about an identifier with a spelling.
pub fn reply<D: Digests>(
    authority: &Authority<D>,
    request: &Message,
    spelling: &[u8],
    telling: &Telling<'_>,
    now: Date,
) -> Packet {
    let (digest, has_digest) = digest_of(authority, request, now);
    let envelope = answer_envelope(&request.envelope);
    let (code, body_octets) = match telling.said {
        Said::Values(values) => {
            let octets = 4 + spelling.len() + values.octets_count();
            (ResponseCode::SUCCESS, octets)
        }
        Said::NoSuchValues => (ResponseCode::VALUES_NOT_FOUND, 4),
        Said::NotRegistered => (ResponseCode::HANDLE_NOT_FOUND, 4),
    };
    let body_octets = digest.len() + body_octets;
    let header = Header {
        response_code: code.for_version(envelope.version),
        flags: flags(request.header.flags, telling, has_digest),
        site_serial: authority.settings.site.serial(),
        expiration: now.plus_seconds(MESSAGE_LIFE_SECONDS).0,
        ..request.header
    };
    let mut payload = Vec::with_capacity(HEADER_OCTETS + body_octets + NO_CREDENTIAL.len());
    header.put(&mut payload, body_octets);
    payload.extend_from_slice(&digest);
    match telling.said {
        Said::Values(values) => {
            put_string(&mut payload, spelling);
            values.put(&mut payload, telling.age_seconds);
        }
        Said::NoSuchValues | Said::NotRegistered => put_string(&mut payload, &[]),
    }
    payload.extend_from_slice(NO_CREDENTIAL);
    Packet {
        envelope: Envelope {
            message_length: payload.len() as u32,
            ..envelope
        },
        payload: payload.into(),
    }
}

/// The answer to a request that came to nothing.
pub fn fail<D: Digests>(
    authority: &Authority<D>,
    request: &Message,
    code: ResponseCode,
    text: &str,
    now: Date,
) -> Message {
    unassuming(authority.fail(request, code, text, now))
}

/// The answer that sends somebody to whoever is nearest (code 302).
pub fn refer<D: Digests>(
    authority: &Authority<D>,
    request: &Message,
    nearest: &Nearest,
    now: Date,
) -> Message {
    let referral = match nearest {
        Nearest::Record(record) => Referral {
            identifier: record.spelling().clone(),
            values: None,
        },
        Nearest::Sites(sites) => {
            let value = |(index, site): (u32, &model::Site)| {
                let is_v4 =
                    |server: &model::site::Server| server.address.ip().to_canonical().is_ipv4();
                let [four, six] = SITE_TYPES;
                let name = if site.servers.iter().any(is_v4) {
                    four
                } else {
                    six
                };
                EncodedValue::of(&Value::public(index, name, site.encode()))
            };
            Referral {
                identifier: Bytes::new(),
                values: Some((1..).zip(sites).map(value).collect()),
            }
        }
    };
    let mut message = authority.succeed(request, Answer::Referral(referral), now);
    let code = ResponseCode::SERVICE_REFERRAL;
    message.header.response_code = code.for_version(message.envelope.version);
    unassuming(message)
}

/// Takes from an answer what it would say of itself, were it an authority's.
fn unassuming(mut message: Message) -> Message {
    let own = OpFlags::AUTHORITATIVE | OpFlags::CACHE_CERTIFY;
    message.header.flags = message.header.flags & !own;
    message
}

/// The octets of the digest that the answer begins with, and whether a flag says so.
fn digest_of<D: Digests>(authority: &Authority<D>, request: &Message, now: Date) -> (Bytes, bool) {
    if !request.header.flags.contains(OpFlags::REQUEST_DIGEST) {
        return (Bytes::new(), false);
    }
    // An answer that says nothing but that.
    let message = authority.succeed(request, Answer::Done, now);
    let has_digest = message.header.flags.contains(OpFlags::REQUEST_DIGEST);
    (message.body, has_digest)
}

fn flags(asked: OpFlags, telling: &Telling<'_>, has_digest: bool) -> OpFlags {
    let own = OpFlags::AUTHORITATIVE
        | OpFlags::CERTIFIED
        | OpFlags::CACHE_CERTIFY
        | OpFlags::CONTINUOUS
        | OpFlags::REQUEST_DIGEST
        | OpFlags::OVERWRITE
        | OpFlags::TRUSTED_RESULT;
    let mut flags = asked & !own;
    if telling.is_from_primary {
        flags = flags | OpFlags::AUTHORITATIVE;
    }
    if has_digest {
        flags = flags | OpFlags::REQUEST_DIGEST;
    }
    if telling.trust == Trust::Verified && telling.age_seconds.is_some() {
        flags = flags | OpFlags(asked.0 & OpFlags::CACHE_CERTIFY.0);
        if asked.contains(OpFlags::TRUSTED_QUERY) && telling.is_trusted() {
            flags = flags | OpFlags::TRUSTED_RESULT;
        }
    }
    flags
}
