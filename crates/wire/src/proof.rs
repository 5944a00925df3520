//! The proof in an answer to a challenge: a signature or a MAC over the nonce and the digest of
//! the request, the digest without its code.
//!
//! Not here: computing and checking it (room `crypto`).

use crate::challenge::{AUTHENTICATION_PUBLIC_KEY, AUTHENTICATION_SECRET_KEY};
use crate::{Error, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use model::octets::{Reader, put_count, put_string};

/// The most rounds of key derivation that are read. The field writes 10,000; each round is work
/// for whoever checks the proof, which a stranger must not choose. Beyond it: a protocol error.
pub const ITERATIONS_MAX: usize = 20_000;

/// The longest derived key that is read, in bits. The field writes 160; every 160 more cost the
/// iterations once more. Beyond it: a protocol error.
pub const DERIVED_KEY_BITS_MAX: usize = 256;

/// Shows that somebody holds a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Made with a private key.
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 4 + n | digest algorithm, such as `SHA-256`, `SHA1`, `SM3` |
    /// | 4 + n | signature |
    Signature {
        /// The name of the digest algorithm.
        algorithm: Bytes,
        /// The signature, as its algorithm writes it.
        signature: Bytes,
    },
    /// Made with a secret, since 2.1.
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 1 | algorithm |
    /// | rest | MAC |
    Mac {
        /// How it was made.
        algorithm: MacAlgorithm,
        /// The MAC.
        mac: Bytes,
    },
    /// Made with a key derived from a secret: algorithm [`MacAlgorithm::PBKDF2_HMAC_SHA1`].
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 1 | algorithm, 0x22 |
    /// | 4 + n | salt |
    /// | 4 | iterations, at most [`ITERATIONS_MAX`] |
    /// | 4 | length of the derived key in bits, at most [`DERIVED_KEY_BITS_MAX`] |
    /// | 4 + n | MAC |
    DerivedMac {
        /// What the derivation starts with besides the secret.
        salt: Bytes,
        /// How often it is repeated.
        iterations: u32,
        /// How long the derived key is, in bits.
        key_bits: u32,
        /// The MAC.
        mac: Bytes,
    },
    /// Made with a secret before 2.1: the octets of an MD5 MAC and nothing else.
    BareMac(Bytes),
}

impl Proof {
    /// Reads a proof made with a private key.
    ///
    /// ```
    /// use wire::proof::Proof;
    ///
    /// let proof = Proof::decode_signature(b"\0\0\0\x04SHA1\0\0\0\x03sig".as_slice().into())?;
    /// let (algorithm, signature) = ("SHA1".into(), "sig".into());
    /// assert_eq!(proof, Proof::Signature { algorithm, signature });
    /// # Ok::<(), wire::Error>(())
    /// ```
    ///
    /// # Errors
    /// The octets are cut, or more follow.
    pub fn decode_signature(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let algorithm = reader.string("digest algorithm")?;
        let signature = reader.string("signature")?;
        reader.finish("proof")?;
        Ok(Self::Signature {
            algorithm,
            signature,
        })
    }

    /// Reads a proof made with a secret in a message of `version`.
    ///
    /// # Errors
    /// The octets are cut, more follow, or a limit is passed.
    pub fn decode_mac(octets: Bytes, version: Version) -> Result<Self, Error> {
        if version.is_before_2_1() {
            return Ok(Self::BareMac(octets));
        }
        let mut reader = Reader::new(octets);
        let algorithm = MacAlgorithm(reader.u8("MAC algorithm")?);
        if algorithm != MacAlgorithm::PBKDF2_HMAC_SHA1 {
            let mac = reader.rest();
            return Ok(Self::Mac { algorithm, mac });
        }
        let salt = reader.string("salt")?;
        let iterations = reader.count("iterations", ITERATIONS_MAX, 0)? as u32;
        let key_bits = reader.count("bits of the derived key", DERIVED_KEY_BITS_MAX, 0)? as u32;
        let mac = reader.string("MAC")?;
        reader.finish("proof")?;
        Ok(Self::DerivedMac {
            salt,
            iterations,
            key_bits,
            mac,
        })
    }

    /// The proof's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        match self {
            Self::Signature {
                algorithm,
                signature,
            } => {
                put_string(&mut out, algorithm);
                put_string(&mut out, signature);
            }
            Self::Mac { algorithm, mac } => {
                out.push(algorithm.0);
                out.extend_from_slice(mac);
            }
            Self::DerivedMac {
                salt,
                iterations,
                key_bits,
                mac,
            } => {
                out.push(MacAlgorithm::PBKDF2_HMAC_SHA1.0);
                put_string(&mut out, salt);
                put_count(&mut out, *iterations as usize);
                put_count(&mut out, *key_bits as usize);
                put_string(&mut out, mac);
            }
            Self::BareMac(mac) => return mac.clone(),
        }
        out.into()
    }

    /// The kind of key it is made with, as an answer to a challenge names it.
    pub(crate) fn authentication(&self) -> &'static [u8] {
        match self {
            Self::Signature { .. } => AUTHENTICATION_PUBLIC_KEY,
            Self::Mac { .. } | Self::DerivedMac { .. } | Self::BareMac(_) => {
                AUTHENTICATION_SECRET_KEY
            }
        }
    }
}

/// Says how a MAC was made; other octets survive a round trip.
///
/// The high four bits say how (0 digest, 1 HMAC, 2 derived key), the low four with which digest,
/// by the codes of [request digests](crate::RequestDigest).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MacAlgorithm(pub u8);

impl MacAlgorithm {
    /// MD5 of key, message, key (RFC 3652 section 3.5.2).
    pub const MD5: Self = Self(0x01);
    /// SHA-1 of key, message, key (RFC 3652 section 3.5.2).
    pub const SHA1: Self = Self(0x02);
    /// SHA-256 of key, message, key.
    pub const SHA256: Self = Self(0x03);
    /// HMAC with SHA-1.
    pub const HMAC_SHA1: Self = Self(0x12);
    /// HMAC with SHA-256.
    pub const HMAC_SHA256: Self = Self(0x13);
    /// HMAC with SHA-1 under a key derived from the secret, what the field writes since 2.7.
    pub const PBKDF2_HMAC_SHA1: Self = Self(0x22);
}

impl fmt::Debug for MacAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MacAlgorithm({:#04x})", self.0)
    }
}
