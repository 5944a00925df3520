//! Tests of transaction logs: every record is exact, and cut ones are errors.

use super::*;
use model::Value;

fn check(record: &TxnRecord, start: &[u8]) {
    let mut octets = Vec::new();
    record.put(&mut octets);
    assert!(octets.starts_with(start), "{octets:02x?}");
    let mut reader = Reader::new(octets.clone().into());
    assert_eq!(TxnRecord::read(&mut reader).as_ref(), Ok(record));
    assert!(reader.is_at_end());
    for cut in 0..octets.len() {
        let cut = Bytes::copy_from_slice(&octets[..cut]);
        assert!(TxnRecord::read(&mut Reader::new(cut)).is_err());
    }
}

#[test]
fn every_kind_of_record_is_exact() {
    let date_ms = 1_700_000_000_123;
    check(
        &TxnRecord::End { date_ms },
        b"\0\0\0\x01\x8b\xcf\xe5\x68\x7b",
    );
    check(&TxnRecord::QueueEnd { date_ms }, b"\x03\0\0\x01\x8b");
    let name = "300:88.1/s".into();
    check(&TxnRecord::Queue { name }, b"\x02\0\0\0\x0a300:88.1/s");
    let value = EncodedValue::of(&Value::public(1, "URL", "x:y"));
    for action in (0..=7).map(TxnAction) {
        let values = action.has_values().then(|| alloc::vec![value.clone()]);
        let record = TxnRecord::Transaction {
            number: 7,
            identifier: "88.1/A".into(),
            action,
            date_ms,
            values,
        };
        check(&record, b"\x01\0\0\0\0\0\0\0\x07\0\0\0\x0688.1/A");
    }
}

#[test]
fn a_record_of_an_unknown_kind_is_an_error() {
    let read = TxnRecord::read(&mut Reader::new(b"\x09".as_slice().into()));
    assert_eq!(read, Err(Error::StreamRecord { code: 9 }));
}

#[test]
fn a_value_that_does_not_fill_its_length_is_an_error() {
    let mut octets = b"\x01\0\0\0\0\0\0\0\x07\0\0\0\x0488/A\x01\0\0\0\0\0\0\0\0".to_vec();
    octets.extend_from_slice(b"\0\0\0\x01\0\0\0\x1b");
    octets.extend_from_slice(&[0; 27]);
    let read = TxnRecord::read(&mut Reader::new(octets.into()));
    assert!(matches!(read, Err(Error::Field(_))), "{read:?}");
}
