//! Tests of responses for which there are no golden octets.

use super::*;
use crate::{Envelope, EnvelopeFlags, Header, Version, message::NO_CREDENTIAL};

/// A response to `opcode` with `code` and `body`, in `version`.
fn message(version: Version, opcode: Opcode, code: u32, body: &[u8]) -> Message {
    Message {
        envelope: Envelope {
            version,
            flags: EnvelopeFlags::NONE,
            suggested: Version::NEWEST,
            session_id: 42,
            request_id: 7,
            sequence: 0,
            message_length: 0,
        },
        header: Header {
            opcode,
            response_code: ResponseCode(code),
            flags: OpFlags::USUAL,
            site_serial: 1,
            recursion_count: 0,
            reserved: 0,
            expiration: 0,
        },
        body: Bytes::copy_from_slice(body),
        tail: Bytes::from_static(NO_CREDENTIAL),
    }
}

/// Decodes, checks that encoding is exact, and gives the response.
fn decoded(version: Version, opcode: Opcode, code: u32, body: &[u8]) -> Response {
    let response = Response::decode(&message(version, opcode, code, body)).unwrap();
    assert_eq!(response.encode(), body);
    response
}

#[test]
fn rfc_3652_section_3_5_1_a_challenge_before_2_1_has_its_digest_at_the_end() {
    let body = b"\0\0\0\x05nonce\0\0\0\x06digest";
    let response = decoded(Version::new(5, 0), Opcode::DELETE_HANDLE, 402, body);
    let nonce = Bytes::from_static(b"nonce");
    let late_digest = Some(Bytes::from_static(b"digest"));
    let challenge = Challenge { nonce, late_digest };
    assert_eq!(response, Response::new(None, Answer::Challenge(challenge)));
}

/// The digest of a challenge does not depend on the flag: without it nothing could be signed.
#[test]
fn rfc_3652_section_3_5_1_a_challenge_has_a_digest_even_if_no_flag_says_so() {
    let body = [&[1][..], &[9; 16], b"\0\0\0\x05nonce"].concat();
    let response = decoded(Version::new(2, 1), Opcode::DELETE_HANDLE, 402, &body);
    assert_eq!(response.digest, Some(RequestDigest::Md5([9; 16])));
    let bare = message(Version::NEWEST, Opcode::DELETE_HANDLE, 402, &body[17..]);
    assert!(Response::decode(&bare).is_err());
}

#[test]
fn the_next_transaction_is_a_number() {
    let body = b"\0\0\0\0\0\0\x04\xd2";
    let response = decoded(Version::NEWEST, Opcode::NEXT_TXN_ID, 1, body);
    assert_eq!(response.answer, Answer::NextTxnId(1234));
}

#[test]
fn site_information_goes_to_the_end_of_the_body() {
    let response = decoded(Version::NEWEST, Opcode::GET_SITE_INFO, 1, b"site");
    let site = Bytes::from_static(b"site");
    assert_eq!(response, Response::new(None, Answer::SiteInfo(site)));
}

/// The verdict is one bit; the others are kept.
#[test]
fn rfc_3652_section_3_5_4_a_verdict() {
    for (octet, is_right) in [(0, false), (1, true), (0xfe, false), (0xff, true)] {
        let response = decoded(Version::NEWEST, Opcode::VERIFY_CHALLENGE, 1, &[octet]);
        let Answer::Verification(answer) = response.answer else {
            panic!("{response:?}");
        };
        assert_eq!(answer.is_right(), is_right);
    }
}

#[test]
fn what_follows_an_answer_is_kept() {
    let failure = b"\0\0\0\x03msg\0\0\0\x01\0\0\0\x05";
    let response = decoded(Version::NEWEST, Opcode::ADD_VALUE, 201, failure);
    assert_eq!(response.answer, Answer::Failure(Failure::new("msg")));
    assert_eq!(response.rest, &failure[7..]);
    let response = decoded(Version::NEWEST, Opcode::ADD_VALUE, 1, b"junk");
    assert_eq!(
        (response.answer, response.rest),
        (Answer::Done, "junk".into())
    );
}

/// A failure without a body and one with an empty message are two things on the wire.
#[test]
fn rfc_3652_section_3_3_a_failure_without_a_message() {
    let failure = |body: &[u8]| decoded(Version::NEWEST, Opcode::RESOLUTION, 2, body).answer;
    assert_eq!(failure(b""), Answer::Failure(Failure { message: None }));
    assert_eq!(failure(b"\0\0\0\0"), Answer::Failure(Failure::new("")));
}

#[test]
fn a_success_of_an_unknown_operation_is_kept() {
    let response = decoded(Version::NEWEST, Opcode(4711), 1, b"whatever");
    assert_eq!(response.answer, Answer::Unknown("whatever".into()));
}
