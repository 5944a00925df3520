//! What strangers send: noise, pieces of messages, answers nobody asked for, requests to register.
//!
//! None of it may change what an asker believes, nor stop the node. It travels by itself, without
//! the weather: a stranger's octets are bad enough as they are.

use super::Query;
use crate::chance::Chance;
use crate::world::{Event, Host, Parcel};
use bytes::Bytes;
use engine::{Date, Moment};
use model::{EncodedValue, Identifier, Value};
use wire::datagram::fragments;
use wire::resolution::ResolutionAnswer;
use wire::response::{Answer, Response};
use wire::{Envelope, EnvelopeFlags, Message, OpFlags, Packet, ResponseCode, Version};

/// How long strangers send.
const STRAYS_MS_MAX: usize = 20_000;

/// How many strangers there are in a flood, each with [`FLOOD_MESSAGES`] messages: more than an
/// inbox may hold, of one peer and of all.
const FLOOD_STRANGERS: usize = 80;
const FLOOD_MESSAGES: usize = 6;

/// Something a stranger sends.
#[derive(Debug)]
pub(crate) struct Stray {
    pub(crate) at: Moment,
    pub(crate) parcel: Parcel,
    /// Whether it is written to a connection.
    pub(crate) is_connection: bool,
}

impl Stray {
    /// Its arrival.
    pub(crate) fn event(&self) -> Event {
        let parcel = self.parcel.clone();
        if self.is_connection {
            Event::Chunk(parcel)
        } else {
            Event::Datagram {
                parcel,
                is_corrupted: false,
            }
        }
    }
}

/// Draws what strangers send to the node and to askers.
pub(crate) fn draw(chance: &mut Chance, askers: usize) -> Vec<Stray> {
    let mut drawn = Vec::new();
    for number in 0..chance.below(12) {
        let at = Moment(chance.below(STRAYS_MS_MAX) as u64);
        let from = Host::stranger(number);
        let (to, octets) = stray(chance, askers);
        let is_forgery = to != Host::NODE;
        drawn.push(Stray {
            at,
            parcel: Parcel {
                // An answer is looked at only if it says that it comes from the node.
                from: if is_forgery { Host::NODE } else { from },
                to,
                octets,
            },
            is_connection: !is_forgery && chance.happens(200),
        });
    }
    drawn
}

fn stray(chance: &mut Chance, askers: usize) -> (Host, Bytes) {
    match chance.below(7) {
        0 => (Host::NODE, noise(chance)),
        1 => (Host::NODE, nonsense(chance)),
        2 => (Host::NODE, a_piece(chance)),
        3 => (Host::NODE, answer(chance).encode()),
        4 => (Host::NODE, registration(chance)),
        5 => (Host::asker(chance.below(askers)), answer(chance).encode()),
        _ => (Host::asker(chance.below(askers)), noise(chance)),
    }
}

fn noise(chance: &mut Chance) -> Bytes {
    let count = chance.between(0..=600);
    chance.octets(count).into()
}

/// Noise in a faultless envelope: it reaches what reads headers and bodies.
fn nonsense(chance: &mut Chance) -> Bytes {
    let count = chance.between(24..=200);
    let mut payload = chance.octets(count);
    // Half of it has a body of the right length too.
    if chance.happens(500) {
        payload[20..24].copy_from_slice(&(count as u32 - 24).to_be_bytes());
        payload[..8].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0]);
    }
    let envelope = Envelope {
        version: Version::NEWEST,
        flags: EnvelopeFlags::NONE,
        suggested: Version::NEWEST,
        session_id: 0,
        request_id: chance.number(),
        sequence: 0,
        message_length: count as u32,
    };
    let payload = payload.into();
    Packet { envelope, payload }.encode()
}

fn long_question(chance: &mut Chance) -> Message {
    let identifier = format!("88.156.1/{}", "z".repeat(chance.between(500..=1900)));
    query(chance, &identifier).message(Date(0))
}

fn query(chance: &mut Chance, identifier: &str) -> Query {
    Query {
        identifier: parse(identifier),
        indexes: Vec::new(),
        types: Vec::new(),
        public_only: true,
        wants_digest: false,
        version: Version::NEWEST,
        request_id: chance.number(),
    }
}

fn parse(spelling: &str) -> Identifier {
    spelling.parse().expect("what is made here has a prefix")
}

/// One fragment of a message whose others never come.
fn a_piece(chance: &mut Chance) -> Bytes {
    let pieces: Vec<Bytes> = fragments(&long_question(chance).to_packet()).collect();
    chance.pick(&pieces).clone()
}

/// An answer that nobody asked for, and that is wrong.
fn answer(chance: &mut Chance) -> Message {
    let value = Value::public(1, "URL", "https://forged.example/");
    let answer = Answer::Resolution(ResolutionAnswer {
        identifier: Bytes::from_static(b"88.156.1/0Pump"),
        values: vec![EncodedValue::of(&value)],
    });
    let mut message = query(chance, "88.156.1/0Pump").message(Date(0));
    message.header.response_code = ResponseCode::SUCCESS;
    message.header.expiration = 0;
    message.body = Response::new(None, answer).encode();
    message
}

/// A request to register, from somebody who may not.
fn registration(chance: &mut Chance) -> Bytes {
    let value = Value::public(1, "URL", "https://forged.example/");
    let (identifier, id) = (parse("88.156.1/0Pump"), chance.number());
    engine::question::creation(&identifier, &[value], OpFlags::OVERWRITE, id, Date(0)).encode()
}

/// Draws more pieces of messages, all at about the same time, than the node's inbox may hold.
pub(crate) fn flood(chance: &mut Chance) -> Vec<Stray> {
    let at = chance.below(5_000);
    let mut drawn = Vec::new();
    for stranger in 0..FLOOD_STRANGERS {
        for _ in 0..FLOOD_MESSAGES {
            let parcel = Parcel {
                from: Host::stranger(stranger),
                to: Host::NODE,
                octets: a_piece(chance),
            };
            drawn.push(Stray {
                at: Moment((at + chance.below(1_000)) as u64),
                parcel,
                is_connection: false,
            });
        }
    }
    drawn
}
