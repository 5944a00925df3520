//! What was captured of one direction of a connection: packets, perhaps a stream after them.
//!
//! One packet alone is itself; more are `{"packets":[…]}`, and with a stream
//! `{"packets":[…],"stream":{…}}`. Not here: one packet ([`super::packet`]), streams
//! ([`super::stream`]).

use super::fault::Fault;
use super::fields::Fields;
use super::form::HEX;
use super::{Context, Transport, packet, stream};
use bytes::Bytes;
use serde_json::{Map, Value as Json};
use wire::Quirk;
use wire::envelope::ENVELOPE_OCTETS;
use wire::tls_record::TlsRecord;

/// The most octets of a line end in front of a message.
const LINE_END_OCTETS_MAX: usize = 2;

/// Reads packets, and a stream if one follows.
pub(super) fn write(octets: &Bytes, context: &Context) -> Result<(Json, Vec<Quirk>), Fault> {
    let line_end = line_end(octets, context);
    let mut at = line_end;
    let (mut packets, mut quirks, mut streams) = (Vec::new(), Vec::new(), None);
    let mut stream = None;
    while packets.is_empty() || at < octets.len() {
        let left = octets.slice(at..);
        let begins_stream = streams.is_some() || TlsRecord::begins(&left);
        if !packets.is_empty() && begins_stream && context.transport != Transport::Datagrams {
            stream = Some(stream::write(&left, at, streams)?);
            break;
        }
        let read = packet::write(&left, at, context)?;
        at += read.octets;
        streams = read.streams;
        quirks.extend(read.quirks);
        packets.push(read.json);
    }
    if line_end > 0 {
        let quirk = Quirk::LINE_END_BEFORE_MESSAGE;
        quirks.insert(0, quirk);
        if let Some(Json::Array(names)) = packets[0].get_mut("quirks") {
            names.insert(0, quirk.name().into());
        }
    }
    let json = joined(&octets[..line_end], packets, stream);
    Ok((json, quirks))
}

/// How many octets of a line end stand in front; none if a packet starts there.
fn line_end(octets: &Bytes, context: &Context) -> usize {
    let is_line_end = |octet: &&u8| matches!(octet, b'\r' | b'\n');
    let count = octets.iter().take_while(is_line_end).count();
    let count = count.min(LINE_END_OCTETS_MAX);
    if count == 0 || packet::write(octets, 0, context).is_ok() {
        return 0;
    }
    // What is left must be a packet, or the complaint is about the whole.
    let is_packet = octets.len() >= count + ENVELOPE_OCTETS
        && packet::write(&octets.slice(count..), count, context).is_ok();
    if is_packet { count } else { 0 }
}

fn joined(line_end: &[u8], mut packets: Vec<Json>, stream: Option<Json>) -> Json {
    let mut whole = Map::new();
    if !line_end.is_empty() {
        whole.insert("lineEnd".into(), hex::encode(line_end).into());
    }
    if packets.len() == 1 && stream.is_none() {
        let packet = packets.remove(0);
        if let Json::Object(members) = packet {
            whole.extend(members);
        }
        return Json::Object(whole);
    }
    whole.insert("packets".into(), packets.into());
    if let Some(stream) = stream {
        whole.insert("stream".into(), stream);
    }
    Json::Object(whole)
}

/// The inverse of [`write()`].
pub(super) fn read(json: Json, context: &Context) -> Result<Bytes, Fault> {
    let mut fields = Fields::reading(json, "")?;
    let mut out = Vec::new();
    let mut line_end = None;
    fields.option("lineEnd", &mut line_end, &HEX)?;
    out.extend_from_slice(&line_end.unwrap_or_default());
    let Some(packets) = fields.take("packets") else {
        let packet = Json::Object(fields.into_members());
        out.extend_from_slice(&packet::read(packet, "", context)?);
        return Ok(out.into());
    };
    let Json::Array(packets) = packets else {
        return Err(fields.fault("packets", "is no list"));
    };
    for (at, packet) in packets.into_iter().enumerate() {
        out.extend_from_slice(&packet::read(packet, &format!("packets[{at}]"), context)?);
    }
    if let Some(stream) = fields.take("stream") {
        out.extend_from_slice(&stream::read(stream, "stream")?);
    }
    fields.finish()?;
    Ok(out.into())
}
