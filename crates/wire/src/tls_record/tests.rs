//! Tests of TLS records, on what a real server sent.

use super::*;
use crate::stream::PacketStream;
use serde_json::Value as Json;

const CAPTURES: &str = include_str!("../../tests/golden/wire-captures.json");

/// `retrieve-txn-log` of the captures: nine messages of a TLS 1.2 handshake and of what follows,
/// 4,974 octets after the answer and the four that announce TLS.
#[test]
fn a_real_servers_stream_is_records_to_its_end() {
    let captures: Json = serde_json::from_str(CAPTURES).unwrap();
    let sent = captures.as_array().unwrap().iter().rfind(|row| {
        row["step"] == "retrieve-txn-log" && row["dir"] == "s2c" && row["hex"].is_string()
    });
    let sent = hex::decode(sent.unwrap()["hex"].as_str().unwrap()).unwrap();
    let mut stream = PacketStream::default();
    stream.push(&sent);
    let answer = stream.next_packet().unwrap().unwrap().encode().len();
    let records = &sent[answer + 4..];
    assert_eq!(records.len(), 4974);
    assert!(TlsRecord::begins(records));

    let mut reader = Reader::new(Bytes::copy_from_slice(records));
    let (mut contents, mut written) = (Vec::new(), Vec::new());
    while !reader.is_at_end() {
        let record = TlsRecord::read(&mut reader).unwrap();
        assert_eq!(record.version, (3, 3));
        contents.push(record.content.0);
        record.put(&mut written);
    }
    assert_eq!(contents, [22, 22, 22, 22, 22, 20, 22, 23]);
    assert_eq!(written, records);
}

#[test]
fn what_is_no_record_is_an_error() {
    let read = |octets: &'static [u8]| TlsRecord::read(&mut Reader::new(octets.into()));
    assert_eq!(read(b"\x02"), Err(Error::StreamRecord { code: 2 }));
    assert!(matches!(read(b"\x16\x03\x03\0\x02a"), Err(Error::Field(_))));
}
