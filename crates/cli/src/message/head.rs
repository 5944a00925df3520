//! Envelopes and headers as JSON: numbers with their names, flags by name.
//!
//! Not here: the lengths in them, which follow from what they are in front of ([`super::packet`]).

use super::fault::Fault;
use super::fields::Fields;
use super::form::{Form, U8, U16, U32};
use serde_json::{Value as Json, json};
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::{Envelope, EnvelopeFlags, Header, OpFlags, Opcode, ResponseCode, Version};

/// The request id of hand-written messages that name none.
const REQUEST_ID: u32 = 1;
/// When hand-written messages expire that do not say: in 2038, the latest that all peers read.
const EXPIRATION: u32 = 0x7fff_ffff;
/// Numbers with a name are below.
const NAMED_MAX: u32 = 10_000;

const ENVELOPE_FLAGS: [(&str, u32); 3] = [
    ("compressed", EnvelopeFlags::COMPRESSED.0 as u32),
    ("encrypted", EnvelopeFlags::ENCRYPTED.0 as u32),
    ("fragment", EnvelopeFlags::FRAGMENT.0 as u32),
];

const OP_FLAGS: [(&str, u32); 15] = [
    ("authoritative", OpFlags::AUTHORITATIVE.0),
    ("certified", OpFlags::CERTIFIED.0),
    ("encrypt", OpFlags::ENCRYPT.0),
    ("recursive", OpFlags::RECURSIVE.0),
    ("cacheCertify", OpFlags::CACHE_CERTIFY.0),
    ("continuous", OpFlags::CONTINUOUS.0),
    ("keepConnection", OpFlags::KEEP_CONNECTION.0),
    ("publicOnly", OpFlags::PUBLIC_ONLY.0),
    ("returnRequestDigest", OpFlags::REQUEST_DIGEST.0),
    ("overwrite", OpFlags::OVERWRITE.0),
    ("mintNewSuffix", OpFlags::MINT.0),
    ("doNotRefer", OpFlags::DO_NOT_REFER.0),
    ("passIdentity", OpFlags::PASS_IDENTITY.0),
    ("trustedQuery", OpFlags::TRUSTED_QUERY.0),
    ("trustedResult", OpFlags::TRUSTED_RESULT.0),
];

/// An envelope with what hand-written JSON may leave out.
pub(super) fn empty_envelope() -> Envelope {
    Envelope {
        version: Version::NEWEST,
        flags: EnvelopeFlags::NONE,
        suggested: Version::NEWEST,
        session_id: 0,
        request_id: REQUEST_ID,
        sequence: 0,
        message_length: 0,
    }
}

/// A header with what hand-written JSON may leave out.
pub(super) fn empty_header() -> Header {
    Header {
        opcode: Opcode(0),
        response_code: ResponseCode::REQUEST,
        flags: OpFlags(0),
        site_serial: SITE_SERIAL_UNKNOWN,
        recursion_count: 0,
        reserved: 0,
        expiration: EXPIRATION,
    }
}

/// Everything of an envelope but the length.
pub(super) fn envelope(fields: &mut Fields, envelope: &mut Envelope) -> Result<(), Fault> {
    fields.usual("version", &mut envelope.version, &VERSION)?;
    let mut bits = envelope.flags.0.into();
    flags(fields, &mut bits, &ENVELOPE_FLAGS)?;
    envelope.flags = EnvelopeFlags(bits as u8);
    fields.usual("suggestedVersion", &mut envelope.suggested, &VERSION)?;
    if envelope.suggested.major > 31 {
        let what = "has a major version above 31, for which there are only five bits";
        return Err(fields.fault("suggestedVersion", what));
    }
    fields.usual("sessionId", &mut envelope.session_id, &U32)?;
    fields.usual("requestId", &mut envelope.request_id, &U32)?;
    fields.usual("sequence", &mut envelope.sequence, &U32)
}

/// Everything of a header but the length of the body.
pub(super) fn header(fields: &mut Fields, header: &mut Header) -> Result<(), Fault> {
    named(
        fields,
        ("opCode", "operation"),
        &mut header.opcode.0,
        |number| Opcode(number).name(),
    )?;
    if fields.is_reading() && !fields.has("responseCode") && !fields.has("outcome") {
        header.response_code = ResponseCode::REQUEST;
    } else {
        named(
            fields,
            ("responseCode", "outcome"),
            &mut header.response_code.0,
            |number| ResponseCode(number).meaning().filter(|_| number != 0),
        )?;
    }
    if fields.is_reading() && !header.is_response() {
        header.flags = OpFlags::USUAL;
    }
    flags(fields, &mut header.flags.0, &OP_FLAGS)?;
    fields.usual("siteInfoSerial", &mut header.site_serial, &U16)?;
    fields.usual("recursionCount", &mut header.recursion_count, &U8)?;
    fields.usual("reserved", &mut header.reserved, &U8)?;
    fields.usual("expiration", &mut header.expiration, &U32)
}

/// A number and its name, of which one is enough.
fn named(
    fields: &mut Fields,
    (number, name): (&str, &str),
    field: &mut u32,
    name_of: fn(u32) -> Option<&'static str>,
) -> Result<(), Fault> {
    if fields.is_reading() && !fields.has(number) {
        let Some(said) = fields.take(name) else {
            let what = format_args!("is missing, and so is {name}");
            return Err(fields.fault(number, what));
        };
        *field = number_of(&said, name_of).ok_or_else(|| {
            fields.fault(name, format_args!("is {said}, which is the name of none"))
        })?;
        return Ok(());
    }
    fields.usual(number, field, &U32)?;
    match name_of(*field) {
        Some(known) => fields.derived(name, known),
        None if fields.has(name) => Err(fields.fault(name, "has no name")),
        None => Ok(()),
    }
}

fn number_of(name: &Json, name_of: fn(u32) -> Option<&'static str>) -> Option<u32> {
    (0..NAMED_MAX).find(|number| name_of(*number).is_some_and(|known| name == known))
}

/// The operation of a request in its short form: a name or a number.
pub(super) fn opcode_of(json: &Json) -> Option<Opcode> {
    let named = || number_of(json, |number| Opcode(number).name());
    let number = json.as_u64().and_then(|number| u32::try_from(number).ok());
    number.or_else(named).map(Opcode)
}

/// Bits with a name as a list of names, the others as a number.
fn flags(fields: &mut Fields, bits: &mut u32, known: &[(&str, u32)]) -> Result<(), Fault> {
    let all = known.iter().fold(0, |bits, (_, bit)| bits | bit);
    if !fields.is_reading() {
        let names = known.iter().filter(|(_, bit)| *bits & bit != 0);
        let names: Json = names.map(|(name, _)| json!(name)).collect();
        fields.put("flags", names);
        let mut unknown = *bits & !all;
        return fields.seldom("unknownFlags", &mut unknown, &0, &U32);
    }
    if let Some(names) = fields.take("flags") {
        *bits = bits_of(&names, known).map_err(|what| fields.fault("flags", what))?;
    }
    let mut unknown = 0;
    fields.usual("unknownFlags", &mut unknown, &U32)?;
    if unknown & all != 0 {
        return Err(fields.fault("unknownFlags", "has bits with a name; put it into flags"));
    }
    *bits |= unknown;
    Ok(())
}

fn bits_of(names: &Json, known: &[(&str, u32)]) -> Result<u32, String> {
    let names = names.as_array().ok_or("is no list of names")?;
    names.iter().try_fold(0, |bits, name| {
        let found = known.iter().find(|(known, _)| name == known);
        let (_, bit) = found.ok_or_else(|| {
            let known: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            format!("has {name}, which is none of {}", known.join(", "))
        })?;
        Ok(bits | bit)
    })
}

/// A version as `2.11`.
const VERSION: Form<Version> = Form {
    write: |version| version.to_string().into(),
    read: |json, path| {
        let version = json.as_str().and_then(|text| {
            let (major, minor) = text.split_once('.')?;
            Some(Version::new(major.parse().ok()?, minor.parse().ok()?))
        });
        let what = "is no version such as \"2.11\", each number up to 255";
        version.ok_or_else(|| Fault::member(path, what))
    },
};
