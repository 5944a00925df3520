//! Tests of the beginning of a stream, on what a real server sent.

use super::*;
use crate::stream::PacketStream;
use serde_json::Value as Json;

const CAPTURES: &str = include_str!("../../tests/golden/wire-captures.json");

/// `retrieve-txn-log` of the captures: after its answer the server asks for TLS, and the first
/// octets of a handshake follow (a TLS 1.2 record).
#[test]
fn a_real_server_goes_on_with_tls() {
    let captures: Json = serde_json::from_str(CAPTURES).unwrap();
    let sent = captures.as_array().unwrap().iter().rfind(|row| {
        row["step"] == "retrieve-txn-log" && row["dir"] == "s2c" && row["hex"].is_string()
    });
    let sent = hex::decode(sent.unwrap()["hex"].as_str().unwrap()).unwrap();
    let mut stream = PacketStream::default();
    stream.push(&sent);
    let answer = stream.next_packet().unwrap().unwrap().encode().len();
    let mut reader = Reader::new(Bytes::copy_from_slice(&sent[answer..]));
    assert_eq!(Protection::read(&mut reader), Ok(Protection::Tls));
    assert!(reader.rest().starts_with(b"\x16\x03\x03"));
}

#[test]
fn each_protection_encodes_to_what_it_is_decoded_from() {
    let check = |octets: &'static [u8], expected: Protection| {
        let mut out = Vec::new();
        expected.put(&mut out);
        assert_eq!(out, octets);
        let mut reader = Reader::new(octets.into());
        assert_eq!(Protection::read(&mut reader), Ok(expected));
    };
    check(b"\0\0\0\0\0\0\0\x04SHA1", Protection::Signed("SHA1".into()));
    check(b"\xff\xff\xff\xff", Protection::Unsigned);
    check(b"TLS\0", Protection::Tls);
    let unknown = Protection::read(&mut Reader::new(b"\0\0\0\x01".as_slice().into()));
    assert_eq!(unknown, Err(Error::Protection { code: 1 }));
}
