//! Which values a signature is over, and whether they are still what they were.

use super::is_signature;
use crate::Digests;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::jws::{Jws, SignatureClaims};

/// Where in a value the octets begin that its digest is over: behind index and date, which change
/// without it.
const DIGESTED_FROM: usize = 8;

/// The values of an answer, by their indexes, as a signature speaks of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// They are what was signed.
    pub unchanged: Vec<u32>,
    /// They are not what was signed.
    pub changed: Vec<u32>,
    /// Nothing is said of them.
    pub unsigned: Vec<u32>,
    /// They were signed, and are not in the answer.
    pub missing: Vec<u32>,
}

/// Compares values with what a signature says of them; it proves nothing before a
/// [climb](super::Climb) from it has ended well. None if it cannot be read, or is made with another
/// digest than SHA-256.
pub fn examine(
    digests: &impl Digests,
    signature: &EncodedValue,
    values: &[EncodedValue],
) -> Option<Values> {
    let text = Jws::decode(signature.value().data).ok()?;
    let SignatureClaims { digests: said, .. } = text.signature_claims().ok()?;
    if !["SHA-256", "SHA256"].contains(&said.algorithm.as_str()) {
        return None;
    }
    let mut of_index: BTreeMap<u32, Vec<Bytes>> = BTreeMap::new();
    for one in said.digests {
        of_index.entry(one.index).or_default().push(one.digest);
    }
    let mut found = Values::default();
    for value in values {
        let index = value.index();
        let place = match of_index.get(&index) {
            // A signature cannot be over itself.
            None if is_signature(value) => continue,
            None => &mut found.unsigned,
            // Where an index is named twice, both digests would have to be right.
            Some(said) if said.iter().all(|it| *it == digest_of(digests, value)) => {
                &mut found.unchanged
            }
            Some(_) => &mut found.changed,
        };
        place.push(index);
    }
    let there: BTreeSet<u32> = values.iter().map(EncodedValue::index).collect();
    let missing = of_index.into_keys().filter(|index| !there.contains(index));
    found.missing = missing.collect();
    Some(found)
}

/// The digest of a value as signatures name it.
pub fn digest_of(digests: &impl Digests, value: &EncodedValue) -> Bytes {
    let digested = value.octets().get(DIGESTED_FROM..).unwrap_or_default();
    Bytes::copy_from_slice(&digests.sha256(digested))
}
