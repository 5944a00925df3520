//! Tests of records: what may be one, the stored octets, damage.

use super::*;
use crate::value::tests::any_value;
use alloc::vec;
use proptest::prelude::*;

pub(super) fn two() -> Record {
    let identifier = "88.156.1/Pump".parse().unwrap();
    let values = [
        Value::public(7, "NAME", "pump"),
        Value {
            permissions: Permissions(0b1100),
            ..Value::public(3, "HS_SECKEY", "x")
        },
    ];
    Record::spelled(&values, &identifier, SuffixCase::Insensitive).unwrap()
}

/// The golden octets of format 1: they must be readable for ever.
const TWO: &[u8] = b"\x01\x02\0\x02\0\x0d88.156.1/Pump\
    \0\0\0\x03\0\x0a\x0c\0\0\0\0\0\0\0\x24\
    \0\0\0\x07\0\0\x0e\0\0\0\x24\0\0\0\x22\
    \0\0\0\x03\0\0\0\0\0\0\x01\x51\x80\x0c\0\0\0\x09HS_SECKEY\0\0\0\x01x\0\0\0\0\
    \0\0\0\x07\0\0\0\0\0\0\x01\x51\x80\x0e\0\0\0\x04NAME\0\0\0\x04pump\0\0\0\0";

#[test]
fn format_1_is_these_octets() {
    assert_eq!(two().octets(), TWO);
    let read = Record::from_stored(Bytes::from_static(TWO)).unwrap();
    assert_eq!(read, two());
    assert_eq!(read.spelling().unwrap(), "88.156.1/Pump");
    assert!(!read.is_all_public());
    let indexes: Vec<u32> = read.entries().map(|entry| entry.index).collect();
    assert_eq!(indexes, [3, 7]);
}

#[test]
fn a_canonical_spelling_is_not_kept() {
    let identifier = "88.156.1/PUMP".parse().unwrap();
    let record = Record::spelled(&[], &identifier, SuffixCase::Insensitive).unwrap();
    assert_eq!(record.spelling(), None);
    assert!(record.is_empty() && record.is_all_public());
}

#[test]
fn types_are_found_by_number_and_by_name() {
    let record = two();
    let found = |asked: &'static [u8]| {
        let asked = AskedType::new(asked.into());
        record
            .entries()
            .filter(|entry| entry.has_type(&asked))
            .count()
    };
    assert_eq!(found(b"hs_seckey"), 1);
    assert_eq!(found(b"HS_SECKEY."), 1);
    assert_eq!(found(b"name"), 1);
    assert_eq!(found(b"URL"), 0);
}

#[test]
fn indexes_are_positive_and_unique() {
    let with = |indexes: &[u32]| {
        let values: Vec<_> = indexes
            .iter()
            .map(|&index| Value::public(index, "T", ""))
            .collect();
        Record::new(&values)
    };
    assert_eq!(with(&[0]), Err(Error::IndexOutOfRange { index: 0 }));
    assert_eq!(
        with(&[1 << 31]),
        Err(Error::IndexOutOfRange { index: 1 << 31 })
    );
    assert_eq!(with(&[5, 1, 5]), Err(Error::IndexTwice { index: 5 }));
    assert!(with(&vec![1; VALUES_COUNT_MAX + 1]).is_err());
    let large = [Value::public(1, "T", vec![0; VALUES_OCTETS_MAX])];
    assert!(matches!(
        Record::new(&large),
        Err(Error::RecordTooLarge { .. })
    ));
}

#[test]
fn flags_that_do_not_fit_the_values_are_an_error() {
    for flags in [0x03, 0x06, 0x80] {
        let mut octets = TWO.to_vec();
        octets[1] = flags;
        assert!(Record::from_stored(octets.into()).is_err(), "flags {flags}");
    }
}

#[test]
fn unchanged_values_keep_their_date_and_no_date_goes_back() {
    let with_date = |timestamp, name: &'static str| {
        let date = |value| Value { timestamp, ..value };
        Record::new(&[
            date(Value::public(1, "URL", "same")),
            date(Value::public(2, "NAME", name)),
            date(Value::public(timestamp, "NEW", "other index")),
        ])
        .unwrap()
    };
    let check = |now: u32, before: u32, expected: [u32; 3]| {
        let record = with_date(now, "new").dated_after(&with_date(before, "old"));
        let dates: Vec<u32> = record
            .entries()
            .map(|entry| entry.encoded.value().timestamp)
            .collect();
        assert_eq!(dates, expected);
        assert_eq!(
            Record::from_stored(record.octets().clone()).unwrap(),
            record
        );
    };
    check(200, 100, [100, 200, 200]);
    check(100, 200, [200, 200, 100]);
}

#[test]
fn a_cut_record_is_an_error() {
    for cut in 0..TWO.len() {
        assert!(
            Record::from_stored(Bytes::from_static(TWO).slice(..cut)).is_err(),
            "cut at {cut}"
        );
    }
}

#[test]
fn a_flipped_octet_never_panics_and_never_breaks_the_table() {
    for at in 0..TWO.len() {
        let mut octets = TWO.to_vec();
        octets[at] ^= 0x55;
        if let Ok(record) = Record::from_stored(octets.into()) {
            let values: Vec<Value> = record
                .entries()
                .map(|entry| entry.encoded.value())
                .collect();
            assert_eq!(values.len(), 2);
        }
    }
}

/// Records with and without a spelling; values with the same index are left out.
pub(super) fn any_record() -> impl Strategy<Value = Record> {
    (proptest::collection::vec(any_value(), 0..6), any::<bool>()).prop_map(
        |(mut values, is_spelled)| {
            values.sort_by_key(|value| value.index);
            values.dedup_by_key(|value| value.index);
            let identifier = if is_spelled { "88.1/a" } else { "88.1/A" };
            let identifier = identifier.parse().unwrap();
            values.retain(|value| value.index > 0 && i32::try_from(value.index).is_ok());
            Record::spelled(&values, &identifier, SuffixCase::Insensitive).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back(values in proptest::collection::vec(any_value(), 0..6)) {
        if let Ok(record) = Record::new(&values) {
            let read = Record::from_stored(record.octets().clone()).unwrap();
            prop_assert_eq!(read.len(), values.len());
            let mut sorted = values;
            sorted.sort_by_key(|value| value.index);
            let back: Vec<Value> = read.entries().map(|entry| entry.encoded.value()).collect();
            prop_assert_eq!(back, sorted);
        }
    }
}
