//! Big integers of keys: two's-complement octets, most significant first, kept as they came.
//!
//! Not here: arithmetic (room `crypto`).

use crate::json::BASE64_URL;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine as _;
use bytes::Bytes;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number that is never negative, as octets.
///
/// Usual writers put a zero octet in front where the first bit is set, for the number would be
/// negative otherwise; it is read with and without, and written back as it came.
///
/// ```
/// use model::BigInteger;
///
/// let number = BigInteger::new(&b"\0\x81\x01"[..]);
/// assert_eq!(number.magnitude(), b"\x81\x01");
/// assert_eq!(BigInteger::of_magnitude(b"\x81\x01"), number);
/// assert_ne!(BigInteger::new(&b"\x81\x01"[..]), number, "other octets");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BigInteger(Bytes);

impl BigInteger {
    /// Takes the octets of a key.
    pub fn new(octets: impl Into<Bytes>) -> Self {
        Self(octets.into())
    }

    /// Takes the octets of a number without sign, and writes it as usual writers do.
    pub fn of_magnitude(octets: &[u8]) -> Self {
        let digits = without_zeros(octets);
        let sign: &[u8] = match digits.first() {
            Some(0x80..) => &[0],
            _ => &[],
        };
        Self([sign, digits].concat().into())
    }

    /// The same number as usual writers write it: what is left of it after a turn through JSON.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self::of_magnitude(self.magnitude())
    }

    /// The octets as they came.
    pub fn octets(&self) -> &Bytes {
        &self.0
    }

    /// The number without sign and without zeros in front, which crypto libraries take; a zero has
    /// one octet.
    pub fn magnitude(&self) -> &[u8] {
        without_zeros(&self.0)
    }
}

fn without_zeros(octets: &[u8]) -> &[u8] {
    let last = octets.len().saturating_sub(1);
    let digits = octets.iter().position(|&octet| octet != 0);
    octets.get(digits.unwrap_or(last)..).unwrap_or_default()
}

/// Shows the length only: the number may be secret.
impl fmt::Debug for BigInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BigInteger({} octets)", self.0.len())
    }
}

/// The magnitude in base64url without padding, as in JSON Web Keys (RFC 7518 section 2).
impl Serialize for BigInteger {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_URL.encode(self.magnitude()))
    }
}

impl<'de> Deserialize<'de> for BigInteger {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let octets: Vec<u8> = BASE64_URL
            .decode(String::deserialize(from)?)
            .map_err(|_| de::Error::custom("not base64url"))?;
        Ok(Self::of_magnitude(&octets))
    }
}
