//! Public keys as octets: the data of `HS_PUBKEY` values, keys of servers, key files.
//!
//! | octets | field |
//! | --- | --- |
//! | 4 + n | type of key, such as `RSA_PUB_KEY` |
//! | 2 | reserved, 0 |
//! | 4 + n each | the numbers, as below |
//!
//! | type | numbers |
//! | --- | --- |
//! | `RSA_PUB_KEY` | exponent, modulus; usual writers leave four zero octets at the end |
//! | `DSA_PUB_KEY` | q, p, g, y |
//! | `DH_PUB_KEY` | y, p, g |
//! | `SM2_PUB_KEY`, `SM9_PUB_KEY` | one text (IDIS): PEM, or octets of X.509 |
//!
//! IDIS also stores a bare PEM text without all this. Any other type of key is kept octet for
//! octet. Not here: whether the numbers are a good key (room `crypto`).

use crate::jwk::{UNKNOWN_TYPE, needed};
use crate::octets::{Reader, put_string};
use crate::{BigInteger, Error, Jwk};
use alloc::vec::Vec;
use bytes::Bytes;

#[cfg(test)]
mod tests;

const RSA: &[u8] = b"RSA_PUB_KEY";
const DSA: &[u8] = b"DSA_PUB_KEY";
const DH: &[u8] = b"DH_PUB_KEY";
const SM2: &[u8] = b"SM2_PUB_KEY";
const SM9: &[u8] = b"SM9_PUB_KEY";

/// How a bare PEM text begins. As the length of a type it would be far above every limit.
const PEM_START: &[u8] = b"-----BEGIN ";

/// What usual writers leave after a modulus: the length of nothing.
const RSA_PADDING: [u8; 4] = [0; 4];

/// A public key, taken apart.
///
/// ```
/// use bytes::Bytes;
/// use model::{BigInteger, PublicKey, public_key::Numbers};
///
/// let octets = Bytes::from_static(
///     b"\0\0\0\x0bRSA_PUB_KEY\0\0\0\0\0\x03\x01\0\x01\0\0\0\x03\0\xc3\x01\0\0\0\0",
/// );
/// let key = PublicKey::decode(octets.clone())?;
/// let PublicKey::Known { numbers: Numbers::Rsa { exponent, .. }, .. } = &key else { panic!() };
/// assert_eq!(exponent.magnitude(), b"\x01\0\x01");
/// assert_eq!(key.encode(), octets);
///
/// let jwk = key.jwk().unwrap();
/// assert_eq!(serde_json::to_string(&jwk).unwrap(), r#"{"kty":"RSA","n":"wwE","e":"AQAB"}"#);
/// assert_eq!(PublicKey::from_jwk(&jwk)?, key);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A key of a type we know.
    Known {
        /// Always 0 in the field; kept.
        reserved: u16,
        /// The key itself.
        numbers: Numbers,
    },
    /// A PEM text with nothing around it (IDIS).
    Pem(Bytes),
    /// A key of another type.
    Other {
        /// The type.
        key_type: Bytes,
        /// All that follows it.
        rest: Bytes,
    },
}

/// What a public key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbers {
    /// For signatures and encryption.
    Rsa {
        /// Public exponent.
        exponent: BigInteger,
        /// Modulus.
        modulus: BigInteger,
        /// Whether four zero octets follow, as usual writers leave them.
        is_padded: bool,
    },
    /// For signatures (FIPS 186-4).
    Dsa {
        /// Order of the group.
        q: BigInteger,
        /// Prime modulus.
        p: BigInteger,
        /// Generator.
        g: BigInteger,
        /// Public number.
        y: BigInteger,
    },
    /// For agreeing on the key of a session.
    DiffieHellman {
        /// Public number.
        y: BigInteger,
        /// Prime modulus.
        p: BigInteger,
        /// Generator.
        g: BigInteger,
    },
    /// For signatures, GB/T 32918 (IDIS): PEM text or octets of X.509, as they came.
    Sm2(Bytes),
    /// For signatures, GB/T 38635 (IDIS): text of a library we do not know, as it came.
    Sm9(Bytes),
}

impl PublicKey {
    /// Whether two keys are one, however they are written; unknown here for keys without a JWK.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self == other || self.jwk().is_some_and(|jwk| other.jwk() == Some(jwk))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::AboveLimit`], or [`Error::Trailing`] for a known type.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        if octets.starts_with(PEM_START) {
            return Ok(Self::Pem(octets));
        }
        let mut reader = Reader::new(octets);
        let key_type = reader.string("public key type")?;
        if ![RSA, DSA, DH, SM2, SM9].contains(&&key_type[..]) {
            let rest = reader.rest();
            return Ok(Self::Other { key_type, rest });
        }
        let reserved = reader.u16("public key reserved")?;
        let numbers = Numbers::read(&key_type, &mut reader)?;
        reader.finish("public key")?;
        Ok(Self::Known { reserved, numbers })
    }

    /// The octets, equal to those it was read from.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        match self {
            Self::Pem(text) => return text.clone(),
            Self::Other { key_type, rest } => {
                put_string(&mut out, key_type);
                out.extend_from_slice(rest);
            }
            Self::Known { reserved, numbers } => {
                put_string(&mut out, numbers.key_type());
                out.extend_from_slice(&reserved.to_be_bytes());
                numbers.put(&mut out);
            }
        }
        out.into()
    }

    /// The key as a JSON Web Key; only RSA and DSA have one. Spellings of numbers other than the
    /// usual are lost.
    pub fn jwk(&self) -> Option<Jwk> {
        let Self::Known { numbers, .. } = self else {
            return None;
        };
        match numbers {
            Numbers::Rsa {
                exponent, modulus, ..
            } => Some(Jwk {
                kty: Jwk::RSA.into(),
                n: Some(modulus.canonical()),
                e: Some(exponent.canonical()),
                ..Jwk::default()
            }),
            Numbers::Dsa { q, p, g, y } => Some(Jwk {
                kty: Jwk::DSA.into(),
                y: Some(y.canonical()),
                p: Some(p.canonical()),
                q: Some(q.canonical()),
                g: Some(g.canonical()),
                ..Jwk::default()
            }),
            _ => None,
        }
    }

    /// The octets of a key as a JSON Web Key, if that gives back the same octets.
    pub(crate) fn faithful_jwk(octets: &Bytes) -> Option<Jwk> {
        let jwk = Self::decode(octets.clone()).ok()?.jwk()?;
        Self::from_jwk(&jwk)
            .is_ok_and(|key| key.encode() == *octets)
            .then_some(jwk)
    }

    /// Takes the public part of a JSON Web Key; it encodes to what usual writers write.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if the type is another or a member is missing.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, Error> {
        let numbers = if jwk.is(Jwk::RSA) {
            Numbers::Rsa {
                exponent: needed(jwk.e.as_ref())?,
                modulus: needed(jwk.n.as_ref())?,
                is_padded: true,
            }
        } else if jwk.is(Jwk::DSA) {
            Numbers::Dsa {
                q: needed(jwk.q.as_ref())?,
                p: needed(jwk.p.as_ref())?,
                g: needed(jwk.g.as_ref())?,
                y: needed(jwk.y.as_ref())?,
            }
        } else {
            return Err(UNKNOWN_TYPE);
        };
        Ok(Self::Known {
            reserved: 0,
            numbers,
        })
    }
}

impl Numbers {
    /// The type as it stands in the octets.
    pub fn key_type(&self) -> &'static [u8] {
        match self {
            Self::Rsa { .. } => RSA,
            Self::Dsa { .. } => DSA,
            Self::DiffieHellman { .. } => DH,
            Self::Sm2(_) => SM2,
            Self::Sm9(_) => SM9,
        }
    }

    /// Reads the numbers of one of the five types.
    fn read(key_type: &[u8], reader: &mut Reader) -> Result<Self, Error> {
        Ok(match key_type {
            RSA => Self::Rsa {
                exponent: read_integer(reader)?,
                modulus: read_integer(reader)?,
                is_padded: skip_padding(reader)?,
            },
            DSA => Self::Dsa {
                q: read_integer(reader)?,
                p: read_integer(reader)?,
                g: read_integer(reader)?,
                y: read_integer(reader)?,
            },
            DH => Self::DiffieHellman {
                y: read_integer(reader)?,
                p: read_integer(reader)?,
                g: read_integer(reader)?,
            },
            SM2 => Self::Sm2(reader.string("SM2 public key")?),
            _ => Self::Sm9(reader.string("SM9 public key")?),
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Rsa {
                exponent,
                modulus,
                is_padded,
            } => {
                put_integers(out, &[exponent, modulus]);
                if *is_padded {
                    out.extend_from_slice(&RSA_PADDING);
                }
            }
            Self::Dsa { q, p, g, y } => put_integers(out, &[q, p, g, y]),
            Self::DiffieHellman { y, p, g } => put_integers(out, &[y, p, g]),
            Self::Sm2(text) | Self::Sm9(text) => put_string(out, text),
        }
    }
}

fn skip_padding(reader: &mut Reader) -> Result<bool, Error> {
    let is_padded = reader.peek(RSA_PADDING.len()) == RSA_PADDING[..];
    if is_padded {
        reader.take("RSA padding", RSA_PADDING.len())?;
    }
    Ok(is_padded)
}

pub(crate) fn read_integer(reader: &mut Reader) -> Result<BigInteger, Error> {
    reader.string("number of a key").map(BigInteger::new)
}

pub(crate) fn put_integers(out: &mut Vec<u8>, integers: &[&BigInteger]) {
    for integer in integers {
        put_string(out, integer.octets());
    }
}
