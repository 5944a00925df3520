//! Whether an answer is right: quickly for every one, value by value for a sample.

use super::Peer;
use super::question::{IDENTIFIER_AT, REQUEST_ID_AT};
use crate::failure::{Failure, cannot};
use crate::records::{IDENTIFIER_OCTETS, TYPES, data, identifier};
use bytes::Bytes;
use wire::{Answer, Message, Response, ResponseCode};

/// Where the response code stands in a message: after the envelope and the operation.
const CODE_AT: usize = wire::envelope::ENVELOPE_OCTETS + 4;

/// The id of the question that a datagram answers, if it is long enough to have one.
pub(super) fn request_id(datagram: &[u8]) -> Option<u32> {
    number(datagram, REQUEST_ID_AT)
}

fn number(datagram: &[u8], at: usize) -> Option<u32> {
    let octets = datagram.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*octets))
}

/// Compares what a wrong answer would hardly have right: of a node, the code and the identifier;
/// of an echo, the length.
pub(super) fn check(peer: Peer, datagram: &[u8], serial: u64) -> Result<(), Failure> {
    match peer {
        Peer::Echo { answer_octets } if datagram.len() == answer_octets => Ok(()),
        Peer::Echo { .. } => Err(format!("an echo of {} octets", datagram.len()).into()),
        Peer::Node => check_head(datagram, serial),
    }
}

fn check_head(datagram: &[u8], serial: u64) -> Result<(), Failure> {
    let code = number(datagram, CODE_AT).map(ResponseCode);
    let echoed = datagram.get(IDENTIFIER_AT..).and_then(<[u8]>::first_chunk);
    let asked: [u8; IDENTIFIER_OCTETS] = identifier(serial);
    if code == Some(ResponseCode::SUCCESS) && echoed == Some(&asked) {
        return Ok(());
    }
    let asked = String::from_utf8_lossy(&asked).into_owned();
    let code = code.map_or("none".into(), |code| code.0.to_string());
    Err(format!("the answer about {asked} is wrong; its response code is {code}").into())
}

/// Reads a node's answer as every client does and compares each value with what was registered.
pub(super) fn check_whole(datagram: &[u8], serial: u64) -> Result<(), Failure> {
    check_head(datagram, serial)?;
    let decoded = Message::decode(Bytes::copy_from_slice(datagram))
        .and_then(|message| Response::decode(&message));
    let response = decoded.map_err(cannot("read an answer"))?;
    let Answer::Resolution(answer) = response.answer else {
        return Err(format!("an answer of another kind: {:?}", response.answer).into());
    };
    let values = answer.values.iter().map(model::EncodedValue::value);
    let found: Vec<_> = values
        .map(|value| (value.index, value.value_type.octets().clone(), value.data))
        .collect();
    let registered = (1..).zip(TYPES).zip(data(serial));
    let expected: Vec<_> = registered
        .map(|((index, value_type), data)| (index, Bytes::from(value_type), Bytes::from(data)))
        .collect();
    if found == expected {
        return Ok(());
    }
    Err(format!("the answer holds {found:?} instead of {expected:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::registration;
    use engine::{Date, Question};
    use model::Identifier;
    use wire::resolution::ResolutionAnswer;

    /// The answer of a node to the question with id 7 about the record `asked`, with the values
    /// of the record `told`.
    fn answer(asked: u64, told: u64, code: ResponseCode) -> Vec<u8> {
        let octets = Bytes::copy_from_slice(&identifier(asked));
        let asked = Identifier::from_octets(octets.clone()).expect("it is well formed");
        let registration = registration(told, Date(0)).expect("it can be registered");
        let entries = registration.record.entries();
        let answer = Answer::Resolution(ResolutionAnswer {
            identifier: octets,
            values: entries.map(|entry| entry.encoded).collect(),
        });
        let mut message = Question::about(asked).resolution(7, Date(0));
        message.header.response_code = code;
        message.body = Response::new(None, answer).encode();
        message.encode().to_vec()
    }

    #[test]
    fn the_right_answer_passes() {
        let right = answer(5, 5, ResponseCode::SUCCESS);
        assert_eq!(request_id(&right), Some(7));
        check(Peer::Node, &right, 5).expect("it is right");
        check_whole(&right, 5).expect("it is right");
    }

    #[test]
    fn wrong_answers_are_told() {
        let told = |octets: &[u8], serial| {
            let quickly = check(Peer::Node, octets, serial).err();
            let wholly = check_whole(octets, serial).err();
            (
                quickly.map(|error| error.to_string()),
                wholly.map(|error| error.to_string()),
            )
        };
        let (quickly, wholly) = told(&answer(5, 5, ResponseCode::HANDLE_NOT_FOUND), 5);
        let expected = "the answer about 88.100.7/PUMP-0000000000000005 is wrong; \
                        its response code is 100";
        assert_eq!(quickly.as_deref(), Some(expected));
        assert_eq!(wholly.as_deref(), Some(expected));

        let (quickly, wholly) = told(&answer(6, 6, ResponseCode::SUCCESS), 5);
        assert!(
            quickly.is_some() && wholly.is_some(),
            "it is about another record"
        );

        let (quickly, wholly) = told(&answer(5, 6, ResponseCode::SUCCESS), 5);
        assert_eq!(quickly, None, "values are compared in a sample only");
        assert!(wholly.is_some_and(|error| error.starts_with("the answer holds [(1, ")));

        let (quickly, _) = told(&[0; 20], 5);
        assert!(quickly.is_some_and(|error| error.ends_with("code is none")));
    }

    #[test]
    fn an_echo_has_the_length_of_an_answer() {
        let peer = Peer::Echo { answer_octets: 20 };
        check(peer, &[0; 20], 5).expect("it is as long");
        check(peer, &[0; 21], 5).expect_err("it is longer");
    }
}
