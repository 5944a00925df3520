//! Tests of dumps: every record is exact, and cut ones are errors.

use super::*;
use model::Value;

fn check(record: &DumpRecord, octets: &[u8]) {
    let mut written = Vec::new();
    record.put(&mut written);
    assert_eq!(written, octets);
    let mut reader = Reader::new(Bytes::copy_from_slice(octets));
    assert_eq!(DumpRecord::read(&mut reader).as_ref(), Ok(record));
    assert!(reader.is_at_end());
    for cut in 0..octets.len() {
        let cut = Bytes::copy_from_slice(&octets[..cut]);
        assert!(DumpRecord::read(&mut Reader::new(cut)).is_err());
    }
}

#[test]
fn every_kind_of_record_is_exact() {
    let (date_ms, last_txn) = (1_700_000_000_123, 7);
    check(
        &DumpRecord::ThisServer { date_ms, last_txn },
        b"\0\0\0\x01\x8b\xcf\xe5\x68\x7b\0\0\0\0\0\0\0\x07",
    );
    let date = ChangeDate {
        identifier: "88/A".into(),
        date_ms,
        priority: 3,
    };
    check(
        &DumpRecord::IdentifierDate(date.clone()),
        b"\x03\0\0\0\x0488/A\0\0\x01\x8b\xcf\xe5\x68\x7b\0\0\0\x03",
    );
    check(
        &DumpRecord::PrefixDate(date),
        b"\x04\0\0\0\x0488/A\0\0\x01\x8b\xcf\xe5\x68\x7b\0\0\0\x03",
    );
    let text = "{ }".into();
    check(&DumpRecord::OtherSites { text }, b"\x05\0\0\0\x03{ }");
    check(&DumpRecord::End, b"\xff");
    let value = EncodedValue::of(&Value::public(1, "URL", "x:y"));
    let octets = [
        b"\x01\0\0\0\x0488/A\0\0\0\x01\0\0\0\x20",
        &value.octets()[..],
    ]
    .concat();
    let record = DumpRecord::Identifier {
        identifier: "88/A".into(),
        values: alloc::vec![value],
    };
    check(&record, &octets);
}

#[test]
fn a_record_of_an_unknown_kind_is_an_error() {
    let read = DumpRecord::read(&mut Reader::new(b"\x09".as_slice().into()));
    assert_eq!(read, Err(Error::StreamRecord { code: 9 }));
}
