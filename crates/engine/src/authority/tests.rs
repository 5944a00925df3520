//! Tests of the authority: data plus `check`, on a key space in memory.

pub(crate) use super::fuzz::Sums;
use super::*;
use crate::Question;
use crate::question::creation;
use crate::step::{Answer, drive_alone};
use model::{Identifier, Key, Permissions, SuffixCase, Value};
use std::collections::BTreeMap;
use wire::RequestDigest;
use wire::response::Answer as Body;
use wire::{Response, Version};

mod prefixes;

const NOW: Date = Date(1_795_000_000);

/// A node without sockets and files.
struct Desk {
    authority: Authority<Sums>,
    stored: BTreeMap<Key, Bytes>,
}

impl Desk {
    /// A node that is home to `88.156.1` with one pump that has a public and a private value.
    fn with_a_pump() -> Self {
        let mut desk = Self {
            authority: Authority {
                digests: Sums,
                settings: Settings {
                    site: OwnSite::without_record(7, true),
                    ..Settings::default()
                },
            },
            stored: BTreeMap::new(),
        };
        let values = [
            Value::public(1, "URL", "https://example.org/pump"),
            Value::public(2, "NAME", "pump"),
            private(301, Permissions(0b1100)),
            private(302, Permissions(0b0000)),
        ];
        desk.register("88.156.1/Pump-7", &values, OpFlags(0));
        desk
    }

    fn ask(&mut self, request: &Message, origin: Origin) -> Answer {
        let step = self.authority.start(request, origin, NOW);
        let answer = drive_alone(step, &self.stored).expect("an answer");
        self.carry_out(&answer.change);
        answer
    }

    fn carry_out(&mut self, change: &model::Change) {
        for precondition in &change.preconditions {
            assert_eq!(
                self.stored.get(&precondition.key),
                precondition.seen.as_ref()
            );
        }
        for write in &change.writes {
            match write.octets.clone() {
                Some(octets) => self.stored.insert(write.key.clone(), octets),
                None => self.stored.remove(&write.key),
            };
        }
    }

    fn register(&mut self, identifier: &str, values: &[Value], flags: OpFlags) -> ResponseCode {
        let request = creation(&identifier.parse().unwrap(), values, flags, 9, NOW);
        self.ask(&request, Origin::Local)
            .message
            .header
            .response_code
    }

    /// Asks from the network and gives the code and the indexes of the values.
    fn resolve(&mut self, request: &Message) -> (ResponseCode, Vec<u32>) {
        let message = self.ask(request, Origin::Network).message;
        let values = match Response::decode(&message).unwrap().answer {
            Body::Resolution(answer) => answer.values,
            _ => vec![],
        };
        let indexes = values.iter().map(model::EncodedValue::index).collect();
        (message.header.response_code, indexes)
    }
}

fn private(index: u32, permissions: Permissions) -> Value {
    Value {
        permissions,
        ..Value::public(index, "SECRET", "x")
    }
}

fn about(identifier: &str) -> Question {
    Question::about(identifier.parse::<Identifier>().unwrap())
}

fn check(question: &Question, code: ResponseCode, indexes: &[u32]) {
    let request = question.resolution(5, NOW);
    let found = Desk::with_a_pump().resolve(&request);
    assert_eq!(found, (code, indexes.to_vec()), "{question:?}");
}

#[test]
fn rfc_3652_section_3_2_public_values_are_answered_to_anybody() {
    let pump = about("88.156.1/PUMP-7");
    check(&pump, ResponseCode::SUCCESS, &[1, 2]);
    check(&pump.clone().of_type("url"), ResponseCode::SUCCESS, &[1]);
    check(&pump.clone().at_index(2), ResponseCode::SUCCESS, &[2]);
    check(
        &pump.clone().at_index(2).of_type("URL"),
        ResponseCode::SUCCESS,
        &[1, 2],
    );
    check(
        &pump.clone().at_index(301),
        ResponseCode::VALUES_NOT_FOUND,
        &[],
    );
    check(&pump.of_type("EMAIL"), ResponseCode::VALUES_NOT_FOUND, &[]);
    check(
        &about("88.156.1/other"),
        ResponseCode::HANDLE_NOT_FOUND,
        &[],
    );
    check(
        &about("88.157/x"),
        ResponseCode::SERVER_NOT_RESPONSIBLE,
        &[],
    );
}

/// Without the flag for public values only, the first hidden value in order decides. Where nobody
/// has room for the challenge that is due, the asker is told so.
#[test]
fn rfc_3652_section_3_2_hidden_values_are_not_answered() {
    let check = |question: Question, code| {
        let mut request = question.resolution(5, NOW);
        request.header.flags = OpFlags::RECURSIVE;
        let (found, indexes) = Desk::with_a_pump().resolve(&request);
        assert_eq!((found, indexes), (code, vec![]));
    };
    check(about("88.156.1/Pump-7"), ResponseCode::SERVER_BUSY);
    check(
        about("88.156.1/Pump-7").at_index(302),
        ResponseCode::INSUFFICIENT_PERMISSIONS,
    );
}

#[test]
fn an_answer_repeats_ids_spelling_and_flags() {
    let mut request = about("88.156.1/puMP-7")
        .with_flags(OpFlags::CERTIFIED | OpFlags::REQUEST_DIGEST)
        .resolution(0xdead_beef, NOW);
    request.envelope.version = Version::COMPATIBLE;
    let message = Desk::with_a_pump().ask(&request, Origin::Network).message;
    assert_eq!(message.envelope.request_id, 0xdead_beef);
    assert_eq!(message.envelope.version, Version::NEWEST);
    assert_eq!(message.header.site_serial, 7);
    assert_eq!(message.header.expiration, NOW.0 + 12 * 3600);
    assert_eq!(
        message.header.flags,
        OpFlags::USUAL | OpFlags::REQUEST_DIGEST | OpFlags::AUTHORITATIVE,
        "signed it is not, so it does not say so"
    );
    let response = Response::decode(&message).unwrap();
    let digest = Sums.sha256(&request.digested_octets());
    assert_eq!(response.digest, Some(RequestDigest::Sha256(digest)));
    let Body::Resolution(answer) = response.answer else {
        panic!("{response:?}");
    };
    assert_eq!(answer.identifier, "88.156.1/puMP-7");
    assert_eq!(answer.values[0].value().timestamp, NOW.0);
}

/// The Chinese system's flags: what was asked is repeated, and that an answer was checked against
/// certificates is said by nobody here, least of all because the asker says so.
#[test]
fn no_answer_says_that_it_was_checked_against_certificates() {
    let asked = OpFlags::PASS_IDENTITY | OpFlags::TRUSTED_QUERY;
    let request = about("88.156.1/pump-7")
        .with_flags(asked | OpFlags::TRUSTED_RESULT)
        .resolution(1, NOW);
    let message = Desk::with_a_pump().ask(&request, Origin::Network).message;
    assert_eq!(message.header.response_code, ResponseCode::SUCCESS);
    let own = OpFlags(message.header.flags.0 & 7);
    assert_eq!(own, asked);
}

#[test]
fn a_digest_for_an_old_peer_is_sha_1() {
    let mut request = about("88.156.1/x")
        .with_flags(OpFlags::REQUEST_DIGEST)
        .resolution(1, NOW);
    request.envelope.version = Version::new(2, 6);
    request.envelope.suggested = Version::new(2, 6);
    let message = Desk::with_a_pump().ask(&request, Origin::Network).message;
    let digest = Response::decode(&message).unwrap().digest;
    assert!(matches!(digest, Some(RequestDigest::Sha1(_))));
}

#[test]
fn what_cannot_be_done_is_answered_with_its_code() {
    let check = |change: fn(&mut Message), code| {
        let mut request = about("88.156.1/Pump-7").resolution(5, NOW);
        change(&mut request);
        let message = Desk::with_a_pump().ask(&request, Origin::Network).message;
        assert_eq!(message.header.response_code, code);
        assert_eq!(message.header.opcode, request.header.opcode);
        assert_eq!(message.envelope.request_id, 5);
    };
    check(
        |m| m.header.opcode = Opcode(999),
        ResponseCode::OPERATION_NOT_SUPPORTED,
    );
    check(
        |m| m.header.opcode = Opcode::CREATE_HANDLE,
        ResponseCode::HANDLE_ALREADY_EXISTS,
    );
    check(
        |m| {
            m.header.opcode = Opcode::RETRIEVE_TXN_LOG;
            m.body = Bytes::new();
        },
        ResponseCode::OPERATION_NOT_SUPPORTED,
    );
    check(|m| m.body = m.body.slice(..9), ResponseCode::PROTOCOL_ERROR);
    check(|m| m.envelope.session_id = 3, ResponseCode::SESSION_TIMEOUT);
    check(
        |m| m.body = Bytes::from_static(b"\0\0\0\x01\xff\0\0\0\0\0\0\0\0"),
        ResponseCode::HANDLE_NOT_FOUND,
    );
    check(
        |m| m.body = Bytes::from_static(b"\0\0\0\0\0\0\0\0\0\0\0\0"),
        ResponseCode::HANDLE_NOT_FOUND,
    );
}

/// Who tests their own software wants to hear of every oddity.
#[test]
fn a_strict_node_refuses_what_is_odd() {
    let mut desk = Desk::with_a_pump();
    let plain = about("88.156.1/Pump-7").resolution(5, NOW);
    let mut odd = plain.clone();
    odd.body = [&odd.body[..], b"more"].concat().into();
    let mut code = |strict, request| {
        desk.authority.settings.is_strict = strict;
        let answer = desk.ask(request, Origin::Network).message;
        answer.header.response_code
    };
    assert_eq!(code(false, &odd), ResponseCode::SUCCESS);
    assert_eq!(code(true, &odd), ResponseCode::PROTOCOL_ERROR);
    assert_eq!(code(true, &plain), ResponseCode::SUCCESS);
}

/// Two nodes that answered each other's answers would never stop.
#[test]
fn a_response_is_not_answered() {
    let desk = Desk::with_a_pump();
    let mut message = about("88.156.1/Pump-7").resolution(5, NOW);
    message.header.response_code = ResponseCode::SUCCESS;
    let step = desk.authority.start(&message, Origin::Network, NOW);
    assert!(matches!(step, Step::Ignore(Event::ResponseIgnored)));
}

#[test]
fn octets_that_are_no_message_are_refused_with_the_ids_of_their_envelope() {
    let envelope = about("88.156.1/x").resolution(77, NOW).envelope;
    let error = wire::Error::Encrypted;
    let message = refuse(&envelope, &error, NOW);
    assert_eq!(message.envelope.request_id, 77);
    assert_eq!(message.header.response_code, ResponseCode::SESSION_FAILED);
    assert_eq!(message.header.flags, OpFlags::USUAL);
    assert_eq!(message.header.site_serial, 0xffff);
}

#[test]
fn rfc_3652_section_3_6_1_the_operator_registers_once_or_overwrites() {
    let mut desk = Desk::with_a_pump();
    let values = [Value::public(1, "NAME", "valve")];
    let register = |desk: &mut Desk, name: &str, flags| desk.register(name, &values, flags);
    let exists = ResponseCode::HANDLE_ALREADY_EXISTS;
    assert_eq!(register(&mut desk, "88.156.1/pump-7", OpFlags(0)), exists);
    assert_eq!(
        register(&mut desk, "88.156.1/pump-7", OpFlags::OVERWRITE),
        ResponseCode::SUCCESS
    );
    assert_eq!(
        register(&mut desk, "88.9/new", OpFlags(0)),
        ResponseCode::SUCCESS
    );
    let request = about("88.9/NEW").resolution(1, NOW);
    assert_eq!(desk.resolve(&request), (ResponseCode::SUCCESS, vec![1]));
}

#[test]
fn an_overwrite_dates_only_what_it_changes() {
    let mut desk = Desk::with_a_pump();
    let key = Key::record(&"88.156.1/pump-7".parse().unwrap(), SuffixCase::Insensitive);
    let values = [
        Value::public(1, "URL", "https://example.org/pump"),
        Value::public(2, "NAME", "another name"),
    ];
    let later = NOW.plus_seconds(60);
    let identifier = "88.156.1/Pump-7".parse().unwrap();
    let request = creation(&identifier, &values, OpFlags::OVERWRITE, 1, later);
    let Step::Fetch(fetch) = desk.authority.start(&request, Origin::Local, later) else {
        panic!("a creation fetches");
    };
    let found = fetch
        .keys()
        .iter()
        .map(|key| desk.stored.get(key).cloned())
        .collect();
    let Step::Answer(answer) = fetch.resume(found) else {
        panic!("a creation needs one round");
    };
    assert!(answer.message.header.flags.contains(OpFlags::OVERWRITE));
    desk.carry_out(&answer.change);
    let record = model::Record::from_stored(desk.stored[&key].clone()).unwrap();
    let dates: Vec<u32> = record
        .entries()
        .map(|entry| entry.encoded.value().timestamp)
        .collect();
    assert_eq!(dates, [NOW.0, later.0]);
}

#[test]
fn what_is_no_record_is_not_registered() {
    let check = |identifier: &[u8], indexes: &[u32], code| {
        let values: Vec<_> = indexes
            .iter()
            .map(|&at| Value::public(at, "T", ""))
            .collect();
        let mut request = creation(&"88/x".parse().unwrap(), &values, OpFlags(0), 1, NOW);
        let mut body = wire::values::ValuesRequest::decode(request.body).unwrap();
        body.identifier = Bytes::copy_from_slice(identifier);
        request.body = body.encode();
        let answer = Desk::with_a_pump().ask(&request, Origin::Local);
        assert_eq!(answer.message.header.response_code, code);
        assert!(answer.change.is_empty());
    };
    check(b"\xff/x", &[1], ResponseCode::INVALID_HANDLE);
    check(b"", &[1], ResponseCode::INVALID_HANDLE);
    check(b"88/x", &[0], ResponseCode::INVALID_VALUE);
    check(b"88/x", &[4, 4], ResponseCode::VALUE_ALREADY_EXISTS);
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_and_an_event() {
    let mut desk = Desk::with_a_pump();
    let key = Key::record(&"88.156.1/bad".parse().unwrap(), SuffixCase::Insensitive);
    desk.stored.insert(key.clone(), Bytes::from_static(&[9]));
    let request = about("88.156.1/bad").resolution(1, NOW);
    let answer = desk.ask(&request, Origin::Network);
    assert_eq!(answer.message.header.response_code, ResponseCode::ERROR);
    let error = model::Error::RecordFormat { format: 9 };
    assert_eq!(answer.event, Event::RecordUnreadable { key, error });
}
