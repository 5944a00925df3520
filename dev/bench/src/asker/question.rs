//! One question, encoded once, whose id and identifier are exchanged from then on.

use crate::records::{IDENTIFIER_OCTETS, identifier};
use client::Clock;
use model::Identifier;
use wire::Message;
use wire::envelope::ENVELOPE_OCTETS;
use wire::header::HEADER_OCTETS;

/// Where the identifier stands in a question, and in its answer: the body begins with its length.
pub(super) const IDENTIFIER_AT: usize = ENVELOPE_OCTETS + HEADER_OCTETS + 4;

/// Where the request id stands in an envelope: after the versions and the session.
pub(super) const REQUEST_ID_AT: usize = 8;

/// The datagram of a question for all public values of an identifier.
pub(crate) struct Question {
    datagram: Vec<u8>,
}

impl Question {
    /// A question, good for as long as any message is.
    pub(crate) fn new() -> Self {
        let datagram = message(0, &identifier(0)).encode().to_vec();
        Self { datagram }
    }

    /// The question with this id, about this identifier.
    pub(crate) fn about(&mut self, id: u32, identifier: &[u8; IDENTIFIER_OCTETS]) -> &[u8] {
        self.datagram[REQUEST_ID_AT..][..4].copy_from_slice(&id.to_be_bytes());
        self.datagram[IDENTIFIER_AT..][..IDENTIFIER_OCTETS].copy_from_slice(identifier);
        &self.datagram
    }
}

/// The question as everybody else would make it.
fn message(id: u32, octets: &[u8; IDENTIFIER_OCTETS]) -> Message {
    let identifier = Identifier::from_octets(octets.to_vec().into());
    let identifier = identifier.expect("the identifiers of our records are well formed");
    engine::Question::about(identifier).resolution(id, Clock::date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patched_question_is_one_that_was_encoded() {
        let mut question = Question::new();
        for (id, serial) in [(1, 0), (0x0102_0304, 12_345), (u32::MAX, 99_999)] {
            let patched = question.about(id, &identifier(serial)).to_vec();
            let patched = Message::decode(patched.into()).expect("it is a message");
            let mut expected = message(id, &identifier(serial));
            expected.header.expiration = patched.header.expiration;
            assert_eq!(patched.encode(), expected.encode(), "{id} {serial}");
        }
    }
}
