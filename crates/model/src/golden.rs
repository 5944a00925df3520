//! Golden data for the tests of reserved types, and the check that all of them share.
//!
//! `tests/golden/encoder-vectors.json` was made by the reference software's encoder,
//! `jws-vectors.json` by its trust classes, `siteinfo.json` by running it; `siteinfo.hex` is the
//! same site as its server answered it. The keys in them are thrown away.

use crate::Error;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use serde_json::Value as Json;

pub(crate) const JWS: &str = include_str!("../tests/golden/jws-vectors.json");
pub(crate) const SITE: &str = include_str!("../tests/golden/siteinfo.json");
pub(crate) const SITE_OCTETS: &str = include_str!("../tests/golden/siteinfo.hex");
/// An answer of the reference's HTTP API.
pub(crate) const REST_ANSWER: &str = include_str!("../tests/golden/rest-answer.json");
/// The reference's file for loading many records.
pub(crate) const RECORDS: &str = include_str!("../tests/golden/load-handles.json");
const VECTORS: &str = include_str!("../tests/golden/encoder-vectors.json");

/// One entry of the encoder's vectors.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) octets: Bytes,
    pub(crate) entry: Json,
}

impl Vector {
    /// The entry's JSON as one line, its members in the order of the file.
    pub(crate) fn json(&self) -> String {
        self.entry["json"].to_string()
    }
}

/// Every entry whose name starts so; there must be `count` of them.
pub(crate) fn vectors(name: &str, count: usize) -> Vec<Vector> {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let all = all["vectors"].as_array().unwrap().clone();
    let vector = |entry: Json| Vector {
        name: entry["name"].as_str().unwrap().into(),
        octets: octets(entry["hex"].as_str().unwrap_or_default()),
        entry,
    };
    let found = all.into_iter().map(vector);
    let found: Vec<_> = found
        .filter(|vector| vector.name.starts_with(name))
        .collect();
    assert_eq!(found.len(), count, "vectors called {name}…");
    found
}

/// The octets of a text in hexadecimal.
pub(crate) fn octets(hex: &str) -> Bytes {
    hex::decode(hex).unwrap().into()
}

/// Reads and prints `octets`, which must give them back, and so must every cut that is read at all.
///
/// Returns the lengths of those cuts; nearly always there are none.
pub(crate) fn check_octets<T>(
    octets: &Bytes,
    decode: impl Fn(Bytes) -> Result<T, Error>,
    encode: impl Fn(&T) -> Bytes,
) -> Vec<usize> {
    let whole = decode(octets.clone()).unwrap();
    assert_eq!(encode(&whole), octets, "printed back");
    let is_read = |length: &usize| {
        let cut = octets.slice(..*length);
        let read = decode(cut.clone());
        read.inspect(|read| assert_eq!(encode(read), cut, "printed back"))
            .is_ok()
    };
    (0..octets.len()).filter(is_read).collect()
}
