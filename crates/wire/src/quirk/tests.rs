//! Tests of quirks: each is found where it is, and nothing is found in what the field writes.

use super::*;
use crate::challenge::ChallengeResponse;
use crate::session::{KeyExchange, SetupRequest};
use crate::{Credential, EnvelopeFlags, Identity, Message, OpFlags, Opcode, ResponseCode, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use model::{EncodedValue, Permissions, Value};
use serde_json::Value as Json;

const VECTORS: &str = include_str!("../../tests/golden/encoder-vectors.json");

/// A vector's message by name.
fn vector(name: &str) -> Message {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let mut vectors = all["vectors"].as_array().unwrap().iter();
    let found = vectors.find(|vector| vector["name"] == name).unwrap();
    let packet = hex::decode(found["packet"].as_str().unwrap()).unwrap();
    Message::decode(packet.into()).unwrap()
}

#[track_caller]
fn check(message: &Message, expected: &[Quirk]) {
    assert_eq!(of_message(message), expected);
}

#[test]
fn names_differ_and_have_a_meaning() {
    for (at, quirk) in Quirk::ALL.iter().enumerate() {
        assert!(
            quirk.meaning().ends_with('.'),
            "{quirk}: {}",
            quirk.meaning()
        );
        assert!(!Quirk::ALL[..at].contains(quirk), "{quirk} twice");
        let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(quirk.name().chars().all(is_kebab), "{quirk}");
    }
}

#[test]
fn what_the_reference_software_writes_has_none() {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    for vector in all["vectors"].as_array().unwrap() {
        let Some(packet) = vector["packet"].as_str() else {
            continue;
        };
        let message = Message::decode(hex::decode(packet).unwrap().into()).unwrap();
        assert_eq!(of_message(&message), [], "{}", vector["name"]);
    }
}

#[test]
fn oddities_of_envelope_and_header() {
    let mut message = vector("resolve-all-defaults");
    message.envelope.version = Version::new(5, 0);
    message.envelope.flags = EnvelopeFlags(0xa0);
    message.envelope.sequence = 1;
    message.header.reserved = 7;
    message.header.flags = OpFlags(0x1900_0010);
    check(
        &message,
        &[
            Quirk::MAJOR_VERSION_5,
            Quirk::COMPRESSED_FLAG,
            Quirk::FRAGMENT_FLAG_ON_WHOLE_MESSAGE,
            Quirk::SEQUENCE_IN_WHOLE_MESSAGE,
            Quirk::RESERVED_OCTET_SET,
            Quirk::UNKNOWN_OP_FLAGS,
        ],
    );
}

#[test]
fn oddities_of_request_bodies() {
    let mut message = vector("resolve-all-defaults");
    message.body = [&message.body, &b"x"[..]].concat().into();
    check(&message, &[Quirk::BODY_TRAILING_OCTETS]);
    message.body = b"\0\0\0\x01\xff\0\0\0\0\0\0\0\0".as_slice().into();
    check(&message, &[Quirk::TEXT_NOT_UTF8]);
    message.body = b"\0\0\0\x01".as_slice().into();
    check(&message, &[Quirk::BODY_MALFORMED]);

    let mut setup = vector("session-setup-dh");
    setup.body = setup.body.slice(..setup.body.len() - 2);
    check(&setup, &[Quirk::SETUP_END_MISSING]);
    let key = "\0\0\0\x0aDH_PUB_KEY\0\0\0\0\0\x01\u{1}\0\0\0\x02\0\x01\0\0\0\0";
    let exchange = KeyExchange::DiffieHellman(key.into());
    setup.body = SetupRequest::new(exchange, 1, Identity::ANONYMOUS).encode();
    check(&setup, &[Quirk::KEY_INTEGER_PADDED]);

    let mut proof = vector("challenge-answer-v2.1-rsa");
    let answer = ChallengeResponse {
        authentication: "HS_PUBKEY".into(),
        identity: Identity::new("88/u", 300),
        proof: b"\0\0\0\x01\x02\0\0\0\0".as_slice().into(),
        rest: Bytes::new(),
    };
    proof.body = answer.encode();
    check(&proof, &[Quirk::ALGORITHM_CODE]);
    let mut coded = vector("verify-challenge-v2.1");
    coded.body = [
        b"\0\0\0\x0488/u\0\0\0\0\0\0\0\0\x02".as_slice(),
        &[7; 20],
        b"\0\0\0\0",
    ]
    .concat()
    .into();
    let expected = [Quirk::VERIFICATION_DIGEST_CODED, Quirk::PROOF_MALFORMED];
    check(&coded, &expected);
}

#[test]
fn oddities_of_response_bodies() {
    let mut message = vector("error-301");
    message.body = [&message.body, &b"\0\0\0\0"[..]].concat().into();
    check(&message, &[Quirk::ERROR_BODY_TRAILING_OCTETS]);
    message.body = Bytes::new();
    check(&message, &[Quirk::ERROR_BODY_EMPTY]);
    message.header.response_code = ResponseCode::SERVICE_REFERRAL;
    message.body = Bytes::from_static(&[0; 8]);
    check(&message, &[Quirk::REFERRAL_COUNT_ZERO]);
    message.header.response_code = ResponseCode::SUCCESS;
    message.header.opcode = Opcode::CREATE_HANDLE;
    message.body = Bytes::new();
    check(&message, &[Quirk::CREATION_WITHOUT_IDENTIFIER]);
    message.header.opcode = Opcode::VERIFY_CHALLENGE;
    message.body = Bytes::from_static(&[2]);
    check(&message, &[Quirk::BOOLEAN_OCTET]);
    message.header.opcode = Opcode::GET_SITE_INFO;
    check(&message, &[Quirk::DATA_MALFORMED]);
}

#[test]
fn oddities_of_credentials() {
    let mut message = vector("resolve-mac-session");
    let mut credential = Credential::of(&message).unwrap().unwrap();
    credential.reserved = 1;
    credential.signer = "88/u".into();
    credential.kind = "HS_DSAPUBKEY".into();
    credential.algorithm = "SHA256".into();
    message.tail = credential.encode();
    check(
        &message,
        &[
            Quirk::CREDENTIAL_RESERVED_SET,
            Quirk::CREDENTIAL_SIGNER,
            Quirk::CREDENTIAL_KIND_LEGACY,
            Quirk::ALGORITHM_ALIAS,
        ],
    );
    message.tail = Bytes::new();
    check(&message, &[Quirk::CREDENTIAL_MISSING]);
    message.tail = Bytes::from_static(&[0; 5]);
    check(&message, &[Quirk::CREDENTIAL_MALFORMED]);
}

#[test]
fn oddities_of_values() {
    let mut value = Value::public(0, "HS_ADMIN", &b"\xf0\0\0\0\0\0\0\0\0\0\0\0"[..]);
    value.ttl.kind.0 = 2;
    value.permissions = Permissions(0x1e);
    assert_eq!(
        of_value(&EncodedValue::of(&value)),
        [
            Quirk::VALUE_INDEX_OUT_OF_RANGE,
            Quirk::TTL_KIND_UNKNOWN,
            Quirk::PERMISSIONS_UNKNOWN_BITS,
            Quirk::ADMIN_LEGACY_LENGTH,
            Quirk::ADMIN_PERMISSIONS_UNKNOWN_BITS,
        ]
    );
    for malformed in [
        "HS_ADMIN",
        "hs_vlist",
        "HS_SITE.6",
        "HS_SIGNATURE",
        "HS_PUBKEY",
    ] {
        let value = EncodedValue::of(&Value::public(1, malformed, "x"));
        assert_eq!(of_value(&value), [Quirk::DATA_MALFORMED], "{malformed}");
    }
    let fine = EncodedValue::of(&Value::public(1, "HS_SITES", "x"));
    assert_eq!(of_value(&fine), []);
}

#[test]
fn oddities_of_keys() {
    let check = |octets: &'static [u8], expected: &[Quirk]| {
        assert_eq!(of_public_key(&octets.into()), expected);
    };
    check(
        b"\0\0\0\x0bRSA_PUB_KEY\0\x01\0\0\0\x03\x01\0\x01\0\0\0\x02\xc3\x01",
        &[Quirk::KEY_INTEGER_WITHOUT_SIGN, Quirk::KEY_RESERVED_SET],
    );
    check(b"-----BEGIN PUBLIC KEY-----", &[Quirk::KEY_BARE_PEM]);
    check(b"\0\0\0\x01X", &[]);
    let site = b"\0\x02\x02\x0b\0\x07\x81\x03\0\0\0\0\0\0\0\0\0\0\0\0";
    let found: Vec<_> = of_site(&site.as_slice().into());
    assert_eq!(found, [Quirk::SITE_UNKNOWN_NUMBERS]);
}
