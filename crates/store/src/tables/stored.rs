//! The octets that the tables hold for the octets of a write: records are packed.
//!
//! Under the subspace of records the first octet says how they are kept:
//!
//! | first octet | the record |
//! | --- | --- |
//! | 2 | packed ([`model::record::packed`]) |
//! | 3 | follows as it was written |
//! | any other | as it was written, this octet included |
//!
//! Everything else is kept as it was written. The log holds records as they were written.

use crate::Error;
use bytes::Bytes;
use model::key::Subspace;
use model::record::packed::{PACKED_FORMAT, pack, unpack};
use std::borrow::Cow;

/// Precedes octets that would be mistaken for packed ones.
const VERBATIM: u8 = 3;

fn is_record(key: &[u8]) -> bool {
    key.first() == Some(&Subspace::RECORDS.0)
}

/// The octets to keep for octets that were written under a key.
pub(super) fn encode<'o>(key: &[u8], octets: &'o [u8]) -> Cow<'o, [u8]> {
    if !is_record(key) {
        return Cow::Borrowed(octets);
    }
    match (pack(octets), octets.first()) {
        (Some(packed), _) => Cow::Owned(packed),
        (None, Some(&(PACKED_FORMAT | VERBATIM))) => Cow::Owned([&[VERBATIM], octets].concat()),
        (None, _) => Cow::Borrowed(octets),
    }
}

/// The octets that were written, of those that were kept under a key.
///
/// What is not packed is copied: it may be a window into a whole block of the tables.
///
/// # Errors
/// [`Error::Corrupted`] if a packed record cannot be unpacked.
pub(super) fn decode(key: &[u8], stored: &[u8]) -> Result<Bytes, Error> {
    match stored.first() {
        Some(&PACKED_FORMAT) if is_record(key) => match unpack(stored) {
            Some(octets) => Ok(octets.into()),
            None => Err(damaged(key)),
        },
        Some(&VERBATIM) if is_record(key) => Ok(Bytes::copy_from_slice(&stored[1..])),
        _ => Ok(Bytes::copy_from_slice(stored)),
    }
}

fn damaged(key: &[u8]) -> Error {
    Error::Corrupted {
        file: "tables".into(),
        at: 0,
        extent: 0,
        reason: format!(
            "the packed record under {} cannot be read",
            key.escape_ascii()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Record, Value};
    use proptest::prelude::*;

    #[test]
    fn a_record_is_packed_and_what_looks_like_one_is_not_mistaken() {
        let record = Record::new(&[Value::public(1, "URL", "https://example.org/")]);
        let record = record.expect("it is a record");
        assert_eq!(encode(b"R\x0188.1/A", record.octets())[0], PACKED_FORMAT);
        assert_eq!(*encode(b"H88.1", record.octets()), record.octets()[..]);
        assert_eq!(*encode(b"R", b"\x02\0"), b"\x03\x02\0"[..]);
        assert_eq!(*encode(b"R", b"\x03"), b"\x03\x03"[..]);
        assert_eq!(*encode(b"R", b"else"), b"else"[..]);
    }

    #[test]
    fn a_record_of_format_1_is_read_as_it_is() {
        let record = Record::new(&[Value::public(1, "URL", "https://example.org/")]);
        let record = record.expect("it is a record");
        let read = decode(b"R\x0188.1/A", record.octets()).expect("it is readable");
        assert_eq!(read, record.octets());
    }

    #[test]
    fn a_damaged_packed_record_is_told() {
        let read = decode(b"R\x0188.1/A", b"\x02\0\x05");
        assert!(matches!(read, Err(Error::Corrupted { .. })), "{read:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_kept_comes_back(
            key in "[RH][a-c]{0,2}",
            octets in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..40),
        ) {
            let kept = encode(key.as_bytes(), &octets);
            prop_assert_eq!(&decode(key.as_bytes(), &kept).expect("it was kept")[..], &octets[..]);
        }
    }
}
