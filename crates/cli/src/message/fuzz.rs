//! The fuzz body of conversions: whatever the octets, what is accepted is written back exactly.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use super::{Context, decode, encode};
use bytes::Bytes;
use serde_json::Value as Json;

/// Decodes octets and, if they are accepted, encodes the JSON, which must give them back; says
/// what the JSON was. The text of the JSON makes the round trip, as it does for users.
pub(super) fn round_trip(octets: &Bytes, context: &Context) -> Option<Json> {
    let json = decode(octets, context).ok()?;
    let text = json.to_string();
    let read = serde_json::from_str(&text).expect("what is printed can be read");
    let again = encode(read, context);
    let again = again.unwrap_or_else(|fault| panic!("{fault}: {text} of {}", hex::encode(octets)));
    assert_eq!(hex::encode(&again), hex::encode(octets), "{text}");
    Some(json)
}
