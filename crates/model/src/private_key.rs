//! Private keys as octets: what is inside a [key file](crate::key_file).
//!
//! | octets | field |
//! | --- | --- |
//! | 4 + n | type of key, such as `RSA_PRIVCRT_KEY` |
//! | 4 + n each | the numbers, as below |
//!
//! | type | numbers |
//! | --- | --- |
//! | `RSA_PRIV_KEY` | n, d |
//! | `RSA_PRIVCRT_KEY` | n, e, d, p, q, dp, dq, qinv |
//! | `DSA_PRIV_KEY` | x, p, q, g |
//!
//! Any other type of key is kept octet for octet. Nothing here is ever shown by `Debug`. Not here:
//! whether the numbers are a good key, and using them (room `crypto`).

use crate::jwk::{UNKNOWN_TYPE, needed};
use crate::octets::{Reader, put_string};
use crate::public_key::{put_integers, read_integer};
use crate::{BigInteger, Error, Jwk};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

#[cfg(test)]
mod tests;

const RSA: &[u8] = b"RSA_PRIV_KEY";
const RSA_CRT: &[u8] = b"RSA_PRIVCRT_KEY";
const DSA: &[u8] = b"DSA_PRIV_KEY";

/// A private key, taken apart.
///
/// ```
/// use bytes::Bytes;
/// use model::PrivateKey;
///
/// let octets = Bytes::from_static(
///     b"\0\0\0\x0cRSA_PRIV_KEY\0\0\0\x03\0\xc3\x01\0\0\0\x01\x07",
/// );
/// let key = PrivateKey::decode(octets.clone())?;
/// assert_eq!(key.encode(), octets);
/// assert_eq!(format!("{key:?}"), "PrivateKey(RSA_PRIV_KEY)");
///
/// let jwk = key.jwk().unwrap();
/// assert_eq!(serde_json::to_string(&jwk).unwrap(), r#"{"kty":"RSA","n":"wwE","d":"Bw"}"#);
/// assert_eq!(PrivateKey::from_jwk(&jwk)?, key);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum PrivateKey {
    /// RSA with the private exponent alone.
    Rsa {
        /// Modulus.
        n: BigInteger,
        /// Private exponent.
        d: BigInteger,
    },
    /// RSA with all that makes it fast; the usual kind.
    RsaCrt(RsaCrt),
    /// DSA (FIPS 186-4).
    Dsa {
        /// Secret number.
        x: BigInteger,
        /// Prime modulus.
        p: BigInteger,
        /// Order of the group.
        q: BigInteger,
        /// Generator.
        g: BigInteger,
    },
    /// A key of another type.
    Other {
        /// The type.
        key_type: Bytes,
        /// All that follows it.
        rest: Bytes,
    },
}

/// The numbers of an RSA key for the Chinese remainder theorem, named as in RFC 8017 section 3.2.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaCrt {
    /// Modulus.
    pub n: BigInteger,
    /// Public exponent.
    pub e: BigInteger,
    /// Private exponent.
    pub d: BigInteger,
    /// First prime.
    pub p: BigInteger,
    /// Second prime.
    pub q: BigInteger,
    /// Private exponent modulo the first prime less one.
    pub dp: BigInteger,
    /// Private exponent modulo the second prime less one.
    pub dq: BigInteger,
    /// Inverse of the second prime modulo the first.
    pub qinv: BigInteger,
}

impl PrivateKey {
    /// Reads a key.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::AboveLimit`], or [`Error::Trailing`] for a known type.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let key_type = reader.string("private key type")?;
        let key = match &key_type[..] {
            RSA => Self::Rsa {
                n: read_integer(&mut reader)?,
                d: read_integer(&mut reader)?,
            },
            RSA_CRT => Self::RsaCrt(RsaCrt::read(&mut reader)?),
            DSA => Self::Dsa {
                x: read_integer(&mut reader)?,
                p: read_integer(&mut reader)?,
                q: read_integer(&mut reader)?,
                g: read_integer(&mut reader)?,
            },
            _ => Self::Other {
                rest: reader.rest(),
                key_type,
            },
        };
        reader.finish("private key")?;
        Ok(key)
    }

    /// The octets, equal to those it was read from.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, self.key_type());
        match self {
            Self::Rsa { n, d } => put_integers(&mut out, &[n, d]),
            Self::RsaCrt(key) => put_integers(&mut out, &key.all()),
            Self::Dsa { x, p, q, g } => put_integers(&mut out, &[x, p, q, g]),
            Self::Other { rest, .. } => out.extend_from_slice(rest),
        }
        out.into()
    }

    /// The type as it stands in the octets.
    pub fn key_type(&self) -> &[u8] {
        match self {
            Self::Rsa { .. } => RSA,
            Self::RsaCrt(_) => RSA_CRT,
            Self::Dsa { .. } => DSA,
            Self::Other { key_type, .. } => key_type,
        }
    }

    /// The key as a JSON Web Key; keys of another type have none. Spellings of numbers other than
    /// the usual are lost.
    pub fn jwk(&self) -> Option<Jwk> {
        match self {
            Self::Rsa { n, d } => Some(Jwk {
                kty: Jwk::RSA.into(),
                n: Some(n.canonical()),
                d: Some(d.canonical()),
                ..Jwk::default()
            }),
            Self::RsaCrt(key) => Some(key.jwk()),
            Self::Dsa { x, p, q, g } => Some(Jwk {
                kty: Jwk::DSA.into(),
                x: Some(x.canonical()),
                p: Some(p.canonical()),
                q: Some(q.canonical()),
                g: Some(g.canonical()),
                ..Jwk::default()
            }),
            Self::Other { .. } => None,
        }
    }

    /// Takes a JSON Web Key; RSA is taken with all its numbers if `qi` is there.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if the type is another or a member is missing.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, Error> {
        if jwk.is(Jwk::RSA) && jwk.qi.is_some() {
            RsaCrt::from_jwk(jwk).map(Self::RsaCrt)
        } else if jwk.is(Jwk::RSA) {
            Ok(Self::Rsa {
                n: needed(jwk.n.as_ref())?,
                d: needed(jwk.d.as_ref())?,
            })
        } else if jwk.is(Jwk::DSA) {
            Ok(Self::Dsa {
                x: needed(jwk.x.as_ref())?,
                p: needed(jwk.p.as_ref())?,
                q: needed(jwk.q.as_ref())?,
                g: needed(jwk.g.as_ref())?,
            })
        } else {
            Err(UNKNOWN_TYPE)
        }
    }
}

impl RsaCrt {
    fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            n: read_integer(reader)?,
            e: read_integer(reader)?,
            d: read_integer(reader)?,
            p: read_integer(reader)?,
            q: read_integer(reader)?,
            dp: read_integer(reader)?,
            dq: read_integer(reader)?,
            qinv: read_integer(reader)?,
        })
    }

    /// The numbers in the order of their octets.
    fn all(&self) -> [&BigInteger; 8] {
        [
            &self.n, &self.e, &self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qinv,
        ]
    }

    fn jwk(&self) -> Jwk {
        Jwk {
            kty: Jwk::RSA.into(),
            n: Some(self.n.canonical()),
            e: Some(self.e.canonical()),
            d: Some(self.d.canonical()),
            p: Some(self.p.canonical()),
            q: Some(self.q.canonical()),
            dp: Some(self.dp.canonical()),
            dq: Some(self.dq.canonical()),
            qi: Some(self.qinv.canonical()),
            ..Jwk::default()
        }
    }

    fn from_jwk(jwk: &Jwk) -> Result<Self, Error> {
        Ok(Self {
            n: needed(jwk.n.as_ref())?,
            e: needed(jwk.e.as_ref())?,
            d: needed(jwk.d.as_ref())?,
            p: needed(jwk.p.as_ref())?,
            q: needed(jwk.q.as_ref())?,
            dp: needed(jwk.dp.as_ref())?,
            dq: needed(jwk.dq.as_ref())?,
            qinv: needed(jwk.qi.as_ref())?,
        })
    }
}

/// Shows the type only.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.key_type().escape_ascii())
    }
}

/// Shows nothing.
impl fmt::Debug for RsaCrt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaCrt")
    }
}
