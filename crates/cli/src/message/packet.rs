//! One packet as JSON: a whole message, an encrypted one, or a fragment.
//!
//! ```json
//! {"envelope":{…},"header":{…},"body":{…},"credential":null,"quirks":[]}
//! {"envelope":{…},"encrypted":{"iv":"…","ciphertext":"…"},"quirks":[]}
//! {"envelope":{…},"fragment":"…","quirks":[]}
//! ```
//!
//! Not here: several packets in a row ([`super::capture`]).

use super::body;
use super::data::ANY;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{HEX, U32};
use super::{Context, Transport, credential, encrypted, head};
use bytes::Bytes;
use serde_json::{Map, Value as Json, json};
use wire::datagram::{Datagram, PIECE_OCTETS};
use wire::envelope::ENVELOPE_OCTETS;
use wire::header::HEADER_OCTETS;
use wire::{Envelope, EnvelopeFlags, Message, Opcode, Packet, Quirk, quirk};

/// A packet that was read.
pub(super) struct Read {
    pub(super) json: Json,
    pub(super) quirks: Vec<Quirk>,
    /// How many octets it took.
    pub(super) octets: usize,
    /// The operation, if streams may follow: a success of a transaction log or a dump.
    pub(super) streams: Option<Opcode>,
}

/// What a packet is, before its contents are looked at.
enum Shape {
    Whole(Packet),
    Fragment(Envelope, Bytes),
}

/// Reads the packet at the front of `octets`, which start at octet `base` of the input.
pub(super) fn write(octets: &Bytes, base: usize, context: &Context) -> Result<Read, Fault> {
    let shape = shape(octets, base, context.transport)?;
    match shape {
        Shape::Fragment(envelope, piece) => Ok(write_fragment(envelope, &piece)),
        Shape::Whole(packet) => {
            let length = ENVELOPE_OCTETS + packet.payload.len();
            let mut read = if packet.envelope.flags.contains(EnvelopeFlags::ENCRYPTED) {
                encrypted::write(&packet, base, context)?
            } else {
                let payload = packet.payload.clone();
                write_message(packet.envelope, payload, base, context)?
            };
            read.octets = length;
            Ok(read)
        }
    }
}

fn shape(octets: &Bytes, base: usize, transport: Transport) -> Result<Shape, Fault> {
    let fault = |error: &wire::Error| Fault::of_wire(error, base, base + octets.len());
    let mut reader = model::octets::Reader::new(octets.clone());
    let envelope = Envelope::read(&mut reader).map_err(|error| fault(&error))?;
    let announced = envelope
        .checked_length()
        .map_err(|error| Fault::octet(base + 16, error))?;
    let rest = reader.rest();
    if transport == Transport::Datagrams {
        Datagram::decode(octets.clone()).map_err(|error| fault(&error))?;
    }
    if let Some(piece) = piece_octets(&envelope, announced, rest.len()) {
        return Ok(Shape::Fragment(envelope, rest.slice(..piece)));
    }
    if rest.len() < announced {
        let received = rest.len();
        let error = wire::Error::PayloadLength {
            announced,
            received,
        };
        return Err(Fault::octet(base + octets.len(), error));
    }
    let payload = rest.slice(..announced);
    Ok(Shape::Whole(Packet { envelope, payload }))
}

/// How long the piece is if the packet is a fragment.
///
/// It is one if it says so, by its mark or its number, or if exactly a first piece is there of a
/// message that is longer; but not if exactly the whole message is there.
fn piece_octets(envelope: &Envelope, announced: usize, there: usize) -> Option<usize> {
    let start = (envelope.sequence as usize).checked_mul(PIECE_OCTETS)?;
    let piece = announced.checked_sub(start)?.min(PIECE_OCTETS);
    let is_marked = envelope.flags.contains(EnvelopeFlags::FRAGMENT) || envelope.sequence != 0;
    let is_piece = if is_marked {
        there >= piece
    } else {
        there == PIECE_OCTETS
    };
    (is_piece && piece > 0 && announced > PIECE_OCTETS && there != announced).then_some(piece)
}

fn write_fragment(envelope: Envelope, piece: &Bytes) -> Read {
    let mut found = Vec::new();
    if envelope.version.major == 5 {
        found.push(Quirk::MAJOR_VERSION_5);
    }
    if !envelope.flags.contains(EnvelopeFlags::FRAGMENT) {
        found.push(Quirk::FRAGMENT_NOT_MARKED);
    }
    let mut packet = Map::new();
    packet.insert("envelope".into(), write_envelope(envelope));
    packet.insert("fragment".into(), (HEX.write)(piece));
    Read {
        json: with_quirks(packet, &found),
        octets: ENVELOPE_OCTETS + piece.len(),
        quirks: found,
        streams: None,
    }
}

pub(super) fn write_envelope(mut envelope: Envelope) -> Json {
    fields::written(|fields| {
        head::envelope(fields, &mut envelope)?;
        fields.put("messageLength", envelope.message_length);
        Ok(())
    })
}

/// A message that is not, or no longer, encrypted.
fn write_message(
    envelope: Envelope,
    payload: Bytes,
    base: usize,
    context: &Context,
) -> Result<Read, Fault> {
    let mut packet = Map::new();
    packet.insert("envelope".into(), write_envelope(envelope));
    let message = message_of(envelope, payload, base + ENVELOPE_OCTETS)?;
    write_contents(&mut packet, &message, base, context);
    let found = quirk::of_message(&message);
    Ok(Read {
        json: with_quirks(packet, &found),
        octets: 0,
        quirks: found,
        streams: streams(&message),
    })
}

/// Header, body and credential, whatever the envelope says of encryption and compression: the
/// octets are neither.
pub(super) fn message_of(
    envelope: Envelope,
    payload: Bytes,
    base: usize,
) -> Result<Message, Fault> {
    let end = base + payload.len();
    let plain = Envelope {
        flags: EnvelopeFlags(envelope.flags.0 & EnvelopeFlags::FRAGMENT.0),
        ..envelope
    };
    let packet = Packet {
        envelope: plain,
        payload,
    };
    let message = Message::from_packet(&packet);
    let message = message.map_err(|error| Fault::of_wire(&error, base, end))?;
    Ok(Message {
        envelope: Envelope {
            flags: EnvelopeFlags(envelope.flags.0 & !EnvelopeFlags::ENCRYPTED.0),
            ..envelope
        },
        ..message
    })
}

/// Adds header, body and credential of a message in a packet that starts at octet `base`.
pub(super) fn write_contents(
    packet: &mut Map<String, Json>,
    message: &Message,
    base: usize,
    context: &Context,
) {
    let mut header = message.header;
    let header = fields::written(|fields| {
        head::header(fields, &mut header)?;
        fields.put("bodyLength", message.body.len());
        Ok(())
    });
    packet.insert("header".into(), header);
    let base = base + ENVELOPE_OCTETS + HEADER_OCTETS;
    body::write(packet, message, base);
    let credential = credential::write(message, base + message.body.len(), context);
    packet.insert("credential".into(), credential);
}

/// The operation of an answer that a stream follows.
pub(super) fn streams(message: &Message) -> Option<Opcode> {
    let opcode = message.header.opcode;
    let is_stream = [Opcode::RETRIEVE_TXN_LOG, Opcode::DUMP_HANDLES].contains(&opcode);
    let is_success = message.header.response_code == wire::ResponseCode::SUCCESS;
    (is_stream && is_success).then_some(opcode)
}

pub(super) fn with_quirks(mut object: Map<String, Json>, found: &[Quirk]) -> Json {
    object.insert("quirks".into(), quirk_names(found));
    Json::Object(object)
}

pub(super) fn quirk_names(found: &[Quirk]) -> Json {
    found.iter().map(|quirk| json!(quirk.name())).collect()
}

/// The inverse of [`write()`].
pub(super) fn read(json: Json, path: &str, context: &Context) -> Result<Bytes, Fault> {
    let mut fields = Fields::reading(json, path)?;
    if fields.has("request") {
        fields = spelled_out(fields, path)?;
    }
    fields.remark("quirks", || None);
    let mut octets = Bytes::new();
    let mut envelope = head::empty_envelope();
    let mut length = None;
    if let Some(json) = fields.take("envelope") {
        fields::read(json, &fields.path("envelope"), |fields| {
            head::envelope(fields, &mut envelope)?;
            fields.option("messageLength", &mut length, &U32)
        })?;
    }
    if fields.has("fragment") {
        fields.need("fragment", &mut octets, &HEX)?;
        let path = fields.path("envelope.messageLength");
        envelope.message_length =
            length.ok_or_else(|| Fault::member(&path, "is missing: that of the whole message"))?;
        fields.finish()?;
        return Ok(joined(envelope, &octets));
    }
    octets = if fields.has("encrypted") {
        envelope.flags.0 |= EnvelopeFlags::ENCRYPTED.0;
        encrypted::read(&mut fields, envelope, context)?
    } else if envelope.flags.contains(EnvelopeFlags::ENCRYPTED) {
        return Err(fields.fault("encrypted", "is missing, but a flag says the message is"));
    } else {
        read_payload(&mut fields, envelope)?
    };
    let path = fields.path("envelope.messageLength");
    fields.finish()?;
    let computed = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    agree(&path, length, computed, "the message")?;
    envelope.message_length = computed;
    envelope
        .checked_length()
        .map_err(|error| Fault::member(&path, error))?;
    Ok(joined(envelope, &octets))
}

fn joined(envelope: Envelope, payload: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(ENVELOPE_OCTETS + payload.len());
    envelope.put(&mut out);
    out.extend_from_slice(payload);
    out.into()
}

/// Header, body and credential as octets.
pub(super) fn read_payload(fields: &mut Fields, envelope: Envelope) -> Result<Bytes, Fault> {
    let mut header = head::empty_header();
    let mut length = None;
    let mut json = Json::Null;
    fields.need("header", &mut json, &ANY)?;
    let path = fields.path("header");
    fields::read(json, &path, |fields| {
        head::header(fields, &mut header)?;
        fields.option("bodyLength", &mut length, &U32)
    })?;
    let body = body::read(fields, envelope, header)?;
    let computed = u32::try_from(body.len()).unwrap_or(u32::MAX);
    agree(&format!("{path}.bodyLength"), length, computed, "the body")?;
    let path = fields.path("credential");
    let tail = credential::read(fields.take("credential"), &path)?;
    let message = Message {
        envelope,
        header,
        body,
        tail,
    };
    Ok(message.to_packet().payload)
}

/// Checks a length that was said against the one that follows.
fn agree(path: &str, said: Option<u32>, computed: u32, what: &str) -> Result<(), Fault> {
    match said {
        Some(said) if said != computed => {
            let what = format_args!(
                "says {said}, but {what} has {computed} octets; leave it out to have it computed"
            );
            Err(Fault::member(path, what))
        }
        _ => Ok(()),
    }
}

/// The long form of `{"request":"resolution","handle":"88.156/1"}`: what does not belong to the
/// packet belongs to the body.
fn spelled_out(fields: Fields, path: &str) -> Result<Fields, Fault> {
    let request_path = fields.path("request");
    let mut members = fields.into_members();
    let request = members.shift_remove("request").unwrap_or_default();
    let opcode = head::opcode_of(&request).ok_or_else(|| {
        Fault::member(
            &request_path,
            format_args!("is {request}, which is no operation"),
        )
    })?;
    let mut long = Map::new();
    for name in ["envelope", "encrypted", "credential", "quirks"] {
        if let Some(member) = members.shift_remove(name) {
            long.insert(name.into(), member);
        }
    }
    let mut header = match members.shift_remove("header") {
        None => Map::new(),
        Some(Json::Object(header)) => header,
        Some(_) => return Err(Fault::member("header", "is no object")),
    };
    header.insert("opCode".into(), opcode.0.into());
    long.insert("header".into(), header.into());
    long.insert("body".into(), members.into());
    Fields::reading(long.into(), path)
}
