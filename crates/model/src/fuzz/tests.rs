//! Replays of the fuzz body: on golden octets, each octet of them changed, and on any octets.

use super::*;
use crate::golden;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Golden octets of every reserved type.
fn corpus() -> Vec<Bytes> {
    let jws: serde_json::Value = serde_json::from_str(golden::JWS).unwrap();
    let texts = jws["jws"].as_array().unwrap().iter();
    let texts = texts.flat_map(|entry| [&entry["compact"], &entry["json"]]);
    let texts = texts.filter_map(|text| Some(Bytes::copy_from_slice(text.as_str()?.as_bytes())));
    let vectors = golden::vectors("", 27).into_iter();
    let vectors = vectors.map(|vector| vector.octets);
    let site = Bytes::from_static(golden::SITE.as_bytes());
    vectors.chain(texts).chain([site]).collect()
}

#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    for octets in corpus() {
        reserved_data(&octets);
        values(&octets);
        identifiers(&octets);
        for at in 0..octets.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = octets.to_vec();
                changed[at] ^= change;
                reserved_data(&changed);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_fuzz_body_holds_on_any_octets(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        reserved_data(&octets);
        values(&octets);
    }

    #[test]
    fn identifiers_are_exact(text in "[a0./\\\\é泵]{0,9}") {
        identifiers(text.as_bytes());
    }
}
