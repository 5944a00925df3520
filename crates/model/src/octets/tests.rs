//! Tests of the bounded reader.

use super::*;
use alloc::vec;

#[test]
fn a_negative_length_is_above_the_limit() {
    let mut reader = Reader::new(Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 1]));
    assert_eq!(
        reader.string("text"),
        Err(Error::AboveLimit {
            what: "text",
            at: 0,
            counted: 0xffff_ffff,
            limit: STRING_OCTETS_MAX
        })
    );
}

#[test]
fn a_count_that_cannot_be_true_is_refused_before_memory_is_set_aside() {
    let mut reader = Reader::new(Bytes::from_static(&[0, 0, 7, 0xff, 1, 2, 3]));
    assert_eq!(
        reader.count("values", 2048, 22),
        Err(Error::Truncated {
            what: "values",
            at: 0,
            needed: 2047 * 22,
            left: 3
        })
    );
}

#[test]
fn what_is_left_over_is_an_error_of_its_own() {
    let mut reader = Reader::new(Bytes::from_static(&[1, 2]));
    assert_eq!(reader.u8("octet"), Ok(1));
    assert_eq!(
        reader.finish("list"),
        Err(Error::Trailing {
            what: "list",
            extra: 1
        })
    );
}

#[test]
fn a_string_written_is_the_string_read() {
    let mut out = vec![];
    put_string(&mut out, b"20.500.99999/abc");
    let mut reader = Reader::new(out.into());
    assert_eq!(reader.string("handle").unwrap(), "20.500.99999/abc");
    assert!(reader.is_at_end());
}
