//! Tests of what nodes of this kind send each other: every record is exact, and cut ones ask for
//! more or are errors.

use super::*;
use proptest::prelude::*;

fn write(key: &'static [u8], octets: Option<&'static [u8]>) -> Write {
    Write {
        key: Key::from_octets(key.into()),
        octets: octets.map(Bytes::from_static),
    }
}

fn check(record: &CopyRecord, octets: &[u8]) {
    let mut written = Vec::new();
    record.put(&mut written);
    assert_eq!(written, octets);
    let mut reader = Reader::new(Bytes::copy_from_slice(octets));
    assert_eq!(CopyRecord::read(&mut reader).as_ref(), Ok(record));
    assert!(reader.is_at_end());
    for cut in 0..octets.len() {
        let cut = Bytes::copy_from_slice(&octets[..cut]);
        let read = CopyRecord::read(&mut Reader::new(cut));
        let is_cut = matches!(read, Err(Error::Field(model::Error::Truncated { .. })));
        assert!(is_cut, "{read:?}");
    }
}

#[test]
fn every_kind_of_record_is_exact() {
    check(
        &CopyRecord::Source {
            epoch: 2,
            txn: 7,
            date_us: 256,
        },
        b"\0\0\0\x19\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x01\0",
    );
    check(
        &CopyRecord::Entry {
            txn: 7,
            date_us: 256,
            writes: alloc::vec![write(b"H88", None), write(b"R\x01", Some(b"ab"))],
        },
        b"\0\0\0\x2a\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x01\0\0\0\0\x02\
          \0\0\0\0\x03H88\x01\0\0\0\x02R\x01\0\0\0\x02ab",
    );
    let rows = alloc::vec![write(b"H88", Some(b"\x01"))];
    check(
        &CopyRecord::Rows(rows),
        b"\0\0\0\x12\x02\0\0\0\x01\x01\0\0\0\x03H88\0\0\0\x01\x01",
    );
    check(&CopyRecord::End, b"\0\0\0\x01\x03");
}

#[test]
fn what_does_not_fill_its_length_is_an_error_and_no_call_for_more() {
    for octets in [
        &b"\0\0\0\x02\x03\0"[..],
        b"\0\0\0\x02\0\0",
        b"\0\0\0\x01\x04",
        b"\x7f\0\0\0\x03",
        b"\0\0\0\x06\x02\0\0\0\x01\x02",
        b"\0\0\0\x05\x02\x7f\xff\xff\xff",
    ] {
        let read = CopyRecord::read(&mut Reader::new(Bytes::copy_from_slice(octets)));
        let asks_for_more = matches!(read, Err(Error::Field(model::Error::Truncated { .. })));
        assert!(read.is_err() && !asks_for_more, "{read:?}");
    }
}

#[test]
fn a_mark_is_found_only_where_one_stands() {
    assert_eq!(Mark::read(Bytes::new()), None);
    assert_eq!(Mark::read("NPcopy-2\0\0\0\0\0\0\0\0".into()), None);
    assert_eq!(Mark::read("NPcopy-1".into()), None);
}

proptest! {
    #[test]
    fn octets_of_strangers_are_records_or_errors(octets: Vec<u8>) {
        let mut reader = Reader::new(octets.into());
        while let Ok(record) = CopyRecord::read(&mut reader) {
            let mut again = Vec::new();
            record.put(&mut again);
            prop_assert_eq!(CopyRecord::read(&mut Reader::new(again.into())), Ok(record));
        }
    }
}
