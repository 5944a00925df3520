//! Tests of messages against golden octets: vectors made by the reference software's encoder
//! (`tests/golden/encoder-vectors.json`) and exchanges captured from it (`wire-captures.json`).

use super::*;
use crate::datagram::{Assembly, Datagram};
use crate::login::LoginRequest;
use crate::resolution::ResolutionRequest;
use crate::response::Answer;
use crate::{
    Credential, Identity, OpFlags, Opcode, Request, RequestDigest, Response, ResponseCode, Version,
};
use alloc::borrow::ToOwned;
use alloc::string::String;
use proptest::prelude::*;
use serde_json::Value as Json;

const VECTORS: &str = include_str!("../../tests/golden/encoder-vectors.json");
const CAPTURES: &str = include_str!("../../tests/golden/wire-captures.json");

fn golden(text: &str) -> Json {
    serde_json::from_str(text).expect("golden files are JSON")
}

fn octets_of(json: &Json, field: &str) -> Option<Bytes> {
    json[field]
        .as_str()
        .map(|hex| hex::decode(hex).expect("golden octets are hex").into())
}

/// Every whole message of the vectors with its description.
fn vectors() -> Vec<(String, Json, Bytes)> {
    let all = golden(VECTORS)["vectors"]
        .as_array()
        .expect("a list")
        .clone();
    let messages = all.into_iter().filter_map(|vector| {
        let packet = octets_of(&vector, "packet")?;
        Some((vector["name"].as_str()?.to_owned(), vector, packet))
    });
    messages.collect()
}

/// Every captured piece of a TCP connection.
fn captures() -> Vec<Bytes> {
    captured("TCP")
}

/// Everything captured over a transport.
fn captured(transport: &str) -> Vec<Bytes> {
    let all = golden(CAPTURES).as_array().expect("a list").clone();
    all.iter()
        .filter(|step| step["proto"] == transport)
        .filter_map(|step| octets_of(step, "hex"))
        .collect()
}

fn vector(name: &str) -> Message {
    let found = vectors().into_iter().find(|(found, ..)| found == name);
    Message::decode(found.expect("the vector is there").2).unwrap()
}

#[test]
fn every_vector_decodes_to_what_it_says_and_encodes_to_its_octets() {
    let vectors = vectors();
    assert!(vectors.len() >= 60, "only {} vectors", vectors.len());
    for (name, described, octets) in vectors {
        let message = Message::decode(octets.clone()).expect(&name);
        let number = |field: &str| {
            let text = described[field].as_str().map(ToOwned::to_owned);
            let text = text.unwrap_or_else(|| described[field].to_string());
            text.parse::<i64>().expect(field)
        };
        assert_eq!(message.encode(), octets, "{name}");
        assert_eq!(
            i64::from(message.header.opcode.0),
            number("opCode"),
            "{name}"
        );
        assert_eq!(
            i64::from(message.header.response_code.0),
            number("responseCode"),
            "{name}"
        );
        assert_eq!(
            i64::from(message.header.expiration),
            number("expiration"),
            "{name}"
        );
        assert_eq!(
            i64::from(message.envelope.session_id),
            number("sessionId"),
            "{name}"
        );
        let request_id = message.envelope.request_id.cast_signed();
        assert_eq!(i64::from(request_id), number("requestId"), "{name}");
        let version = alloc::format!("{}", message.envelope.version);
        assert_eq!(version, described["version"].as_str().unwrap(), "{name}");
        assert_eq!(
            message.body,
            octets_of(&described, "body").unwrap(),
            "{name}"
        );
    }
}

/// The bodies of the vectors are typed, all of them: 63 messages, 3 of them with a credential,
/// 14 with a proof.
#[test]
fn every_vector_has_a_typed_body_that_encodes_to_its_octets() {
    let messages: Vec<Message> = vectors()
        .into_iter()
        .map(|(name, _, octets)| Message::decode(octets).expect(&name))
        .collect();
    let typed = messages.iter().map(check_parts).collect::<Vec<_>>();
    assert_eq!(typed.len(), 63);
    assert_eq!(typed.iter().filter(|parts| parts.has_credential).count(), 3);
    assert_eq!(typed.iter().filter(|parts| parts.has_proof).count(), 14);
}

/// The bodies of the captures are typed, all of them: 80 messages over TCP, 4 over UDP in 9
/// datagrams. Of the others, 4 are encrypted with a session's key, and 2 are TLS.
#[test]
fn every_capture_has_a_typed_body_that_encodes_to_its_octets() {
    let mut messages = Vec::new();
    let (mut encrypted, mut streams) = (0, 0);
    for octets in captures() {
        let mut stream = crate::stream::PacketStream::default();
        stream.push(&octets);
        while let Ok(Some(packet)) = stream.next_packet() {
            match Message::from_packet(&packet) {
                Ok(message) => {
                    assert_eq!(message.to_packet(), packet);
                    messages.push(message);
                }
                Err(error) => {
                    assert_eq!(error, Error::Encrypted);
                    encrypted += 1;
                }
            }
        }
        streams += usize::from(!stream.is_empty());
    }
    let over_udp = captured_datagrams();
    assert_eq!((messages.len(), over_udp.len()), (80, 4));
    assert_eq!((encrypted, streams), (4, 2));
    let typed = messages.iter().chain(&over_udp).map(check_parts);
    let typed = typed.collect::<Vec<_>>();
    assert_eq!(typed.iter().filter(|parts| parts.has_credential).count(), 7);
    assert_eq!(typed.iter().filter(|parts| parts.has_proof).count(), 15);
}

/// What a message had besides a typed body.
struct Parts {
    has_credential: bool,
    has_proof: bool,
}

/// Checks that the body is of a type known here, and that body and credential are exact.
fn check_parts(message: &Message) -> Parts {
    fuzz::parts(message);
    let version = message.envelope.version;
    let mut has_proof = false;
    if message.header.is_response() {
        let answer = Response::decode(message).unwrap().answer;
        assert!(
            !matches!(answer, Answer::Unknown(_)),
            "{:?}",
            message.header
        );
    } else {
        match Request::decode(message).unwrap() {
            Request::Unknown(opcode, _) => panic!("{opcode} has no type"),
            Request::ChallengeResponse(body) => {
                body.proof(version).unwrap();
                has_proof = true;
            }
            Request::Verification(body) => {
                body.proof(version).unwrap();
                has_proof = true;
            }
            _ => {}
        }
    }
    Parts {
        has_credential: Credential::of(message).unwrap().is_some(),
        has_proof,
    }
}

/// The messages captured over UDP, those in several datagrams put together.
fn captured_datagrams() -> Vec<Message> {
    let mut packets = Vec::new();
    let mut assemblies: Vec<Assembly> = Vec::new();
    for octets in captured("UDP") {
        let mut left = match Datagram::decode(octets).unwrap() {
            Datagram::Whole(packet) => {
                packets.push(packet);
                continue;
            }
            Datagram::Fragment(fragment) => Some(fragment),
        };
        for assembly in &mut assemblies {
            left = left.and_then(|fragment| assembly.add(fragment).err().map(|back| *back));
        }
        assemblies.extend(left.map(Assembly::new));
    }
    packets.extend(assemblies.iter().filter_map(Assembly::packet));
    let messages = packets.iter().map(Message::from_packet);
    messages
        .map(|message| message.expect("none is encrypted"))
        .collect()
}

#[test]
fn rfc_3652_section_3_2_a_resolution_request() {
    let message = vector("resolve-all-defaults");
    assert_eq!(message.header.flags, OpFlags::USUAL);
    let request = ResolutionRequest {
        identifier: "20.500.99999/abc".into(),
        indexes: Vec::new(),
        types: Vec::new(),
        rest: Bytes::new(),
    };
    assert_eq!(Request::decode(&message), Ok(Request::Resolution(request)));
}

#[test]
fn rfc_3652_section_3_2_a_resolution_response_with_digest() {
    let mut message = vector("resolution-response");
    message.header.flags = message.header.flags | OpFlags::REQUEST_DIGEST;
    let body = "03656799da5de73d7be207de4623924c03d4f701eca5701aced2b52513bef7414b\
        0000001032302e3530302e39393939392f616263000000010000000165\
        53f10000000151800e0000000355524c0000001468747470733a2f2f6578616d706c652e6f72672f00000000";
    message.body = hex::decode(body).unwrap().into();
    let response = Response::decode(&message).unwrap();
    assert!(matches!(response.digest, Some(RequestDigest::Sha256(_))));
    assert_eq!(response.encode(), message.body);
    let Answer::Resolution(answer) = response.answer else {
        panic!("{:?}", response.answer);
    };
    assert_eq!(answer.identifier, "20.500.99999/abc");
    assert_eq!(answer.values[0].value().data, "https://example.org/");
}

/// Operation 2001 as its clients write it, put together by hand from what is known of them: nobody
/// has captured one. Version 2.3, suggesting 2.10; with a digest asked for.
#[test]
fn a_login_of_the_chinese_system() {
    let octets = "0203020a 00000000 01020304 00000000 00000031\
        000007d1 00000000 19800000 ffff0000 6b49d200 00000015\
        0000000d 38382e3630382e383838392f75 0000012c 00000000"
        .replace(' ', "");
    let message = Message::decode(hex::decode(octets).unwrap().into()).unwrap();
    assert_eq!(message.header.opcode, Opcode::LOGIN_ID_SYSTEM);
    let flags = OpFlags::USUAL | OpFlags::REQUEST_DIGEST;
    assert_eq!(message.header.flags, flags);
    let login = LoginRequest::of(Identity::new("88.608.8889/u", 300));
    assert_eq!(Request::decode(&message), Ok(Request::Login(login.clone())));
    assert_eq!(login.encode(), message.body);
}

#[test]
fn rfc_3652_section_3_3_a_failure_with_a_message() {
    let message = vector("error-301");
    assert_eq!(
        message.header.response_code,
        ResponseCode::SERVER_NOT_RESPONSIBLE
    );
    let Answer::Failure(failure) = Response::decode(&message).unwrap().answer else {
        panic!("no failure");
    };
    assert_eq!(failure.text(), b"msg");
}

#[test]
fn what_is_marked_compressed_or_encrypted_is_not_read() {
    let mut packet = vector("resolve-all-defaults").to_packet();
    packet.envelope.flags = EnvelopeFlags::COMPRESSED;
    assert_eq!(Message::from_packet(&packet), Err(Error::Compressed));
    packet.envelope.flags = EnvelopeFlags::ENCRYPTED;
    assert_eq!(Message::from_packet(&packet), Err(Error::Encrypted));
}

#[test]
fn codes_before_2_5_have_their_old_numbers() {
    let old = Version::new(2, 4);
    let new = Version::new(2, 5);
    assert_eq!(ResponseCode::SERVER_READ_ONLY.for_version(old).0, 303);
    assert_eq!(ResponseCode::INVALID_VALUE.for_version(old).0, 201);
    assert_eq!(ResponseCode::INVALID_VALUE.for_version(new).0, 202);
    let oldest = Version::new(5, 0);
    assert_eq!(ResponseCode::SERVER_READ_ONLY.for_version(oldest).0, 303);
    let read_only = ResponseCode::SERVER_READ_ONLY;
    assert_eq!(ResponseCode(303).from_version(old), read_only);
    assert_eq!(
        ResponseCode(303).from_version(new),
        ResponseCode::PREFIX_REFERRAL
    );
}

#[test]
fn every_cut_of_a_message_is_an_error() {
    let whole = vector("resolution-response").encode();
    for cut in 0..whole.len() {
        assert!(Message::decode(whole.slice(..cut)).is_err(), "cut at {cut}");
    }
}

/// The corpus of the fuzz body: golden octets, each octet of them changed in several ways, and
/// what a fuzzer once found interesting.
#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/packet");
    for file in std::fs::read_dir(folder).unwrap() {
        fuzz::messages(&std::fs::read(file.unwrap().path()).unwrap());
    }
    for (_, _, octets) in vectors() {
        fuzz::messages(&octets);
        let mut changed = octets.to_vec();
        for at in 0..changed.len() {
            let before = changed[at];
            for with in [0x00, 0x01, 0x80, 0xff] {
                changed[at] = before ^ with;
                fuzz::messages(&changed);
            }
            changed[at] = before;
        }
    }
}

#[test]
fn the_fuzz_body_of_bodies_holds_on_golden_bodies() {
    for (_, _, octets) in vectors() {
        for first in 0..=255 {
            let mut octets = octets.to_vec();
            let head = [first % 13, first, first, 0x99];
            octets.splice(..44, head);
            fuzz::bodies(&octets);
        }
    }
}

/// Any body may come under any operation, code and version, cut anywhere, with anything after it.
#[test]
fn bodies_are_exact_or_an_error_under_every_header() {
    let versions =
        [(5, 0), (2, 1), (2, 6), (2, 11)].map(|(major, minor)| Version::new(major, minor));
    let opcodes: Vec<_> = (0..3000)
        .map(Opcode)
        .filter(|at| at.name().is_some())
        .collect();
    for (name, _, octets) in vectors() {
        let mut message = Message::decode(octets).expect(&name);
        let whole = message.body.clone();
        for cut in 0..=whole.len() {
            message.body = whole.slice(..cut);
            fuzz::parts(&message);
        }
        message.body = [&whole, b"\0\0\x07".as_slice()].concat().into();
        for code in [0, 1, 100, 302, 303, 402] {
            for (version, opcode) in versions
                .iter()
                .flat_map(|v| opcodes.iter().map(move |o| (v, o)))
            {
                message.envelope.version = *version;
                message.header.opcode = *opcode;
                message.header.response_code = ResponseCode(code);
                fuzz::parts(&message);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_fuzz_body_holds_on_any_octets(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz::messages(&octets);
    }

    #[test]
    fn a_request_encoded_is_the_request_decoded(
        identifier in "[^/]{1,20}/.{0,20}",
        indexes in proptest::collection::vec(any::<u32>(), 0..5),
        types in proptest::collection::vec("[A-Z_.]{0,12}", 0..5),
    ) {
        let request = ResolutionRequest {
            identifier: identifier.into(),
            indexes,
            types: types.into_iter().map(Bytes::from).collect(),
            rest: Bytes::new(),
        };
        prop_assert_eq!(ResolutionRequest::decode(request.encode()), Ok(request));
    }
}
