//! Tests of the bodies of our own operations, by octets that other programs may be written against.

use super::*;
use crate::{Answer, Message, Opcode, Request, Response};

/// An order as it travels: version 2.11, request 7, flags as usual, no credential.
const ORDER: &[u8] = b"\x02\x0b\0\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x37\
    \x4e\x50\0\x01\0\0\0\0\x19\0\0\0\xff\xff\0\0\x6a\xfd\x34\xc0\0\0\0\x1b\
    0123456789abcdef\0\0\0\x07command\0\0\0\0";

fn answered(order: &Message, code: u32, body: &[u8]) -> Message {
    let mut answer = order.clone();
    answer.header.response_code = crate::ResponseCode(code);
    answer.body = Bytes::copy_from_slice(body);
    answer
}

#[test]
fn an_order_has_these_octets() {
    let message = Message::decode(ORDER.into()).unwrap();
    assert_eq!(message.header.opcode, Opcode::REGISTRY_ORDER);
    let order = OrderRequest::new(*b"0123456789abcdef", "command");
    assert_eq!(
        Request::decode(&message),
        Ok(Request::RegistryOrder(order.clone()))
    );
    assert_eq!(order.encode(), message.body);
    for end in 0..message.body.len() {
        assert!(OrderRequest::decode(message.body.slice(..end)).is_err());
    }
    let body = b"\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01\x02\0\0\0\x04done";
    let response = Response::decode(&answered(&message, 1, body)).unwrap();
    let place = Place {
        term: 2,
        index: 258,
    };
    let answer = "done".into();
    assert_eq!(
        response,
        Response::new(None, Answer::RegistryOrder(OrderAnswer { place, answer }))
    );
    assert_eq!(&response.encode()[..], body);
    for end in 0..body.len() {
        assert!(Response::decode(&answered(&message, 1, &body[..end])).is_err());
    }
}

#[test]
fn a_question_about_the_registry_has_these_octets() {
    let mut message = Message::decode(ORDER.into()).unwrap();
    message.header.opcode = Opcode::REGISTRY_READING;
    let asked = b"\x03\0\0\0\x0arecords:88\0\0\0\x01x";
    message.body = Bytes::from_static(asked);
    let reading = ReadingRequest::of(Things::DATA_SETS);
    let reading = reading.only("records:88").after("x");
    assert_eq!(
        Request::decode(&message),
        Ok(Request::RegistryReading(reading.clone()))
    );
    assert_eq!(&reading.encode()[..], asked);
    let body = b"\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x20\
        \0\0\0\x02\0\0\0\x03one\0\0\0\0\0\0\0\x01n";
    let response = Response::decode(&answered(&message, 1, body)).unwrap();
    let expected = ReadingAnswer {
        place: Place { term: 1, index: 7 },
        time_us: 16,
        age_us: 32,
        things: ["one".into(), Bytes::new()].into(),
        next: "n".into(),
    };
    assert_eq!(response.answer, Answer::RegistryReading(expected));
    assert_eq!(&response.encode()[..], body);
    for end in 0..body.len() {
        assert!(Response::decode(&answered(&message, 1, &body[..end])).is_err());
    }
}

/// What says that it has more things than there is room for is no answer.
#[test]
fn counts_are_bounded_by_what_is_there() {
    let mut body = [0; 36];
    body[32..].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut message = Message::decode(ORDER.into()).unwrap();
    message.header.opcode = Opcode::REGISTRY_READING;
    assert!(Response::decode(&answered(&message, 1, &body)).is_err());
}
