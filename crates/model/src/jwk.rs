//! JSON Web Keys of RSA and DSA (RFC 7517), the form of keys in the JSON of the field.
//!
//! Not here: what a key's octets are ([`crate::public_key`], [`crate::private_key`]).

use crate::{BigInteger, Error};
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The members of a JSON Web Key that keys here have; other members are ignored.
///
/// RFC 7518 section 6.3 says what they are for RSA. There is no standard for DSA: `p`, `q`, `g` are
/// its parameters, `y` the public and `x` the secret number. The order is the reference software's.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Jwk {
    /// Type of key: `RSA` or `DSA`.
    pub kty: String,
    /// DSA: secret number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<BigInteger>,
    /// DSA: public number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<BigInteger>,
    /// RSA: modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<BigInteger>,
    /// RSA: public exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<BigInteger>,
    /// RSA: private exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub d: Option<BigInteger>,
    /// RSA: first prime. DSA: prime modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<BigInteger>,
    /// RSA: second prime. DSA: order of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<BigInteger>,
    /// DSA: generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub g: Option<BigInteger>,
    /// RSA: private exponent modulo the first prime less one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dp: Option<BigInteger>,
    /// RSA: private exponent modulo the second prime less one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dq: Option<BigInteger>,
    /// RSA: inverse of the second prime modulo the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qi: Option<BigInteger>,
}

impl Jwk {
    /// The type of RSA keys.
    pub const RSA: &str = "RSA";
    /// The type of DSA keys.
    pub const DSA: &str = "DSA";

    /// Whether the key has a type, whatever its case.
    pub(crate) fn is(&self, kty: &str) -> bool {
        self.kty.eq_ignore_ascii_case(kty)
    }
}

/// Shows the type only: the key may be secret.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwk({})", self.kty)
    }
}

/// A member that a key of its type must have.
pub(crate) fn needed(member: Option<&BigInteger>) -> Result<BigInteger, Error> {
    member.cloned().ok_or(Error::Unexpected {
        what: "JSON Web Key",
        expected: "complete for its type",
    })
}

/// What a key of another type is told.
pub(crate) const UNKNOWN_TYPE: Error = Error::Unexpected {
    what: "type of the JSON Web Key",
    expected: "RSA or DSA",
};
