//! The fuzz bodies of this room: whatever the octets, reading never panics and is exact.
//!
//! Ordinary functions, so that a fuzzer and the tests run the same.

use crate::identifier::IDENTIFIER_OCTETS_MAX;
use crate::octets::Reader;
use crate::{
    Admin, EncodedValue, Error, Identifier, Jws, Key, KeyFile, PrivateKey, PublicKey, Record, Site,
    SuffixCase, ValueList,
};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt::Debug;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(test)]
mod tests;

/// Reads octets as an identifier: its canonical form is one of its spellings, and so is what is
/// printed.
pub fn identifiers(octets: &[u8]) {
    let Ok(identifier) = Identifier::from_octets(Bytes::copy_from_slice(octets)) else {
        return;
    };
    assert_eq!(identifier.as_str().as_bytes(), octets, "keeps its spelling");
    for case in [SuffixCase::Insensitive, SuffixCase::Sensitive] {
        let canonical = identifier.canonical(case);
        // `0.NA/` before a long prefix may be too long for an identifier.
        if canonical.len() <= IDENTIFIER_OCTETS_MAX {
            let again = Identifier::from_octets(canonical.clone().into());
            let again = again.expect("the canonical form is an identifier");
            assert_eq!(again.canonical(case), canonical, "made canonical twice");
            assert_eq!(Key::record(&again, case), Key::record(&identifier, case));
        }
    }
    let prefix = identifier.prefix();
    let read: Result<crate::Prefix, _> = prefix.as_str().parse();
    assert_eq!(read, Ok(prefix), "a prefix is one by itself");
}

/// Reads octets as one value, as a stored record, and as values of which a record is made.
pub fn values(octets: &[u8]) {
    let octets = Bytes::copy_from_slice(octets);
    let mut reader = Reader::new(octets.clone());
    let mut values = Vec::new();
    while let Ok(value) = EncodedValue::read(&mut reader) {
        assert_eq!(EncodedValue::of(&value.value()), value, "is exact");
        values.push(value.value());
    }
    if let Ok(record) = Record::new(&values) {
        let stored = Record::from_stored(record.octets().clone());
        assert_eq!(stored, Ok(record), "what is stored is read as the same");
    }
    if let Ok(record) = Record::from_stored(octets.clone()) {
        assert_eq!(*record.octets(), octets, "is exact");
        assert_eq!(
            record.entries().count(),
            record.len(),
            "every row has a value"
        );
    }
}

/// Reads octets as the data of every reserved type, and prints what was read.
pub fn reserved_data(octets: &[u8]) {
    let octets = Bytes::copy_from_slice(octets);
    is_json(is_exact(&octets, Admin::decode, Admin::encode));
    is_json(is_exact(&octets, ValueList::decode, ValueList::encode));
    is_json(is_exact(&octets, Site::decode, Site::encode));
    is_json(serde_json::from_slice::<Site>(&octets).ok());
    let public = is_exact(&octets, PublicKey::decode, PublicKey::encode);
    is_json(public.and_then(|key| key.jwk()));
    let private = is_exact(&octets, PrivateKey::decode, PrivateKey::encode);
    is_json(private.and_then(|key| key.jwk()));
    is_exact(&octets, KeyFile::decode, KeyFile::encode);
    if let Some(jws) = is_exact(&octets, Jws::decode, Jws::encode) {
        // Members we do not know may be fractions, which the reader of JSON rounds.
        let _ = (jws.signature_claims(), jws.certificate_claims());
    }
}

/// What was read must print back to the same octets.
fn is_exact<T>(
    octets: &Bytes,
    decode: impl Fn(Bytes) -> Result<T, Error>,
    encode: impl Fn(&T) -> Bytes,
) -> Option<T> {
    let read = decode(octets.clone()).ok()?;
    assert_eq!(encode(&read), octets, "prints what it was read from");
    Some(read)
}

/// What is written as JSON must be read as the same.
fn is_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(read: Option<T>) {
    let Some(read) = read else { return };
    let json = serde_json::to_string(&read).expect("members are texts and numbers");
    let again: T = serde_json::from_str(&json).expect("what is written can be read");
    assert_eq!(again, read, "is read as what it was written from");
}
