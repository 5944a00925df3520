//! The fuzz body of reserved data: whatever the octets, reading never panics and is exact.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use crate::{Admin, Error, Jws, KeyFile, PrivateKey, PublicKey, Site, ValueList};
use bytes::Bytes;
use core::fmt::Debug;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(test)]
mod tests;

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
