//! The fuzz body of the authority: whatever a stranger sends, there is an answer to it, and soon.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use super::{Authority, HOMED_MARK, Origin, Settings, refuse};
use crate::step::drive_alone;
use crate::{Cryptography, Date, Digests, Macs, SignatureDigest, Verifies};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use model::{Identifier, Key, Permissions, PublicKey, Record, SuffixCase, Value};
use wire::challenge::NONCE_OCTETS;
use wire::{Message, Packet, Response};

#[cfg(test)]
mod tests;

/// When every question is asked.
const NOW: Date = Date(1_795_000_000);

const NAMESPACE: &str = "<namespace><template delimiter=\"@\"><foreach><value/></foreach>\
    <if test=\"matches\" expression=\"a(.*)\"><template ref=\"4:88.1/Pump\"/></if>\
    <else><if expression=\"x\"><notfound/></if></else></template></namespace>";

const REFERRED: &str = "<template><value type=\"URL\" data=\"u ${extension[1]}\"/></template>";

/// A node that has few records. It is made once and asked often: making its records takes longer
/// than most answers.
#[derive(Debug)]
pub struct Node {
    authority: Authority<Sums>,
    stored: BTreeMap<Key, Bytes>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            authority: Authority {
                digests: Sums,
                settings: Settings::default(),
            },
            stored: stored(),
        }
    }
}

impl Node {
    /// Sends octets as a packet to the node, and checks the answer.
    ///
    /// # Panics
    /// If it cannot be read, or does not fit the request.
    pub fn packet(&self, octets: &[u8]) {
        let Ok(packet) = Packet::decode(Bytes::copy_from_slice(octets)) else {
            return;
        };
        let answer = match Message::from_packet(&packet) {
            Ok(request) => self.answer(&request),
            Err(error) => Some(refuse(&packet.envelope, &error, NOW)),
        };
        let Some(answer) = answer else { return };
        assert_eq!(answer.envelope.request_id, packet.envelope.request_id);
        assert!(answer.header.is_response(), "{answer:?}");
        let sent = answer.to_packet().encode();
        let read = Packet::decode(sent).expect("what is sent can be read");
        let read = Message::from_packet(&read).expect("what is sent can be read");
        // Before 2.1 an answer may begin with a digest that nothing announces.
        if !read.envelope.version.is_before_2_1() {
            Response::decode(&read).expect("what is sent can be read");
        }
    }

    fn answer(&self, request: &Message) -> Option<Message> {
        let step = self.authority.start(request, Origin::Network, NOW);
        let answer = drive_alone(step, &self.stored)?;
        if answer.is_challenge {
            let nonce = [7; NONCE_OCTETS];
            return Some(self.authority.challenge(request, 7, &nonce, NOW));
        }
        Some(answer.message)
    }
}

/// What the node has: a pump with values for everybody, for some and for nobody, and a namespace.
fn stored() -> BTreeMap<Key, Bytes> {
    let with = |index, permissions| Value {
        permissions: Permissions(permissions),
        ..Value::public(index, "KEY", "x")
    };
    let pump = [
        Value::public(1, "URL", "https://example.org/"),
        with(2, 0b1100),
        with(3, 0),
        Value::public(4, "XML", REFERRED),
    ];
    let prefix = [Value::public(1, "HS_NAMESPACE", NAMESPACE)];
    let mut stored = BTreeMap::new();
    for (identifier, values) in [
        ("88.1/pump", &pump[..]),
        ("0.NA/88.1", &prefix),
        ("88.1/0", &[]),
    ] {
        let identifier: Identifier = identifier.parse().expect("an identifier");
        let record = Record::new(values).expect("indexes ascend");
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        stored.insert(key, record.octets().clone());
        let homed = Key::homed(&identifier.prefix());
        stored.insert(homed, Bytes::from_static(HOMED_MARK));
    }
    stored
}

/// Cryptography that is none: quick, of the right lengths, and it tells octets and algorithms
/// apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums;

impl Digests for Sums {
    fn sha1(&self, octets: &[u8]) -> [u8; 20] {
        [sum(1, octets); 20]
    }

    fn sha256(&self, octets: &[u8]) -> [u8; 32] {
        [sum(2, octets); 32]
    }

    fn md5(&self, octets: &[u8]) -> [u8; 16] {
        [sum(3, octets); 16]
    }
}

impl Macs for Sums {
    fn hmac_sha1(&self, key: &[u8], octets: &[u8]) -> [u8; 20] {
        [sum(sum(4, key), octets); 20]
    }

    fn hmac_sha256(&self, key: &[u8], octets: &[u8]) -> [u8; 32] {
        [sum(sum(5, key), octets); 32]
    }

    fn pbkdf2_hmac_sha1(&self, secret: &[u8], salt: &[u8], _iterations: u32, key: &mut [u8]) {
        key.fill(sum(sum(6, secret), salt));
    }

    fn are_equal(&self, some: &[u8], others: &[u8]) -> bool {
        some == others
    }
}

impl Cryptography for Sums {
    fn verifying_key(&self, key: &PublicKey, _signer: &[u8]) -> Option<Box<dyn Verifies>> {
        Some(Box::new(SumKey(sum(7, &key.encode()))))
    }

    fn chance(&self) -> [u8; 16] {
        [8; 16]
    }
}

/// A key whose signatures are one octet: a sum of the key and of what is signed.
struct SumKey(u8);

impl Verifies for SumKey {
    fn verify(&self, _digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        signature == [sum(self.0, octets)]
    }
}

fn sum(start: u8, octets: &[u8]) -> u8 {
    octets
        .iter()
        .fold(start, |sum, octet| sum.wrapping_add(*octet))
}

/// Packets that a node is asked with, for the start of a corpus: one for each way through a plan.
pub fn seeds() -> Vec<Bytes> {
    let identifiers = [
        "88.1/pump",
        "88.1/none",
        "88.1/0",
        "88.1/pump@ab",
        "88.1/no@x",
        "9/9",
        "9",
    ];
    let question = |identifier: &str| identifier.parse().map(crate::Question::about);
    let questions = identifiers
        .into_iter()
        .filter_map(|identifier| question(identifier).ok());
    let questions = questions.flat_map(|question| {
        let narrow = question.clone().of_type("URL.").at_index(2);
        [question, narrow]
    });
    let message = |question: crate::Question| question.resolution(7, NOW);
    questions
        .map(|question| message(question).to_packet().encode())
        .collect()
}
