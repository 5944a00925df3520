//! Keys that sign and keys that verify, made from the keys of room `model`.
//!
//! RSA is done by `aws-lc-rs`, whose time does not depend on the secret; DSA by `dsa`. What each
//! can:
//!
//! | | MD5 | SHA-1 | SHA-256 |
//! | --- | --- | --- | --- |
//! | RSA, 2,048 to 8,192 bits, signs | | | yes |
//! | RSA, 1,024 to 8,192 bits, verifies | | yes | yes |
//! | DSA of the usual sizes, signs and verifies | | yes | yes |
//!
//! Messages before 2.7 are usually signed with SHA-1. `aws-lc-rs` does not make such signatures,
//! for good reasons, so RSA keys sign them with SHA-256, whose name stands in the signature.
//! Signatures with MD5 are never right here: two texts with one MD5 are made in seconds.
//!
//! Beside it: `keys/rsa.rs` and `keys/dsa.rs` the two kinds, `keys/factors.rs` RSA keys stored
//! without their factors, `keys/der.rs` the octets of a key just made. Not here: key files (room
//! `model`) and their passphrases, what is signed (room `engine`).

mod der;
mod dsa;
mod factors;
mod rsa;
#[cfg(test)]
mod tests;

use crate::Error;
use bytes::Bytes;
use core::fmt;
use engine::{SignatureDigest, Signs, Verifies};
use model::public_key::Numbers;
use model::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

pub use rsa::RsaBits;

/// A private key, ready to sign. Nothing secret is ever shown by `Debug`.
///
/// ```
/// use crypto::{RsaBits, SigningKey, VerifyingKey};
/// use engine::{SignatureDigest, Signs, Verifies};
///
/// let key = SigningKey::new(&SigningKey::generate(RsaBits::Least)?)?;
/// let signature = key.sign(SignatureDigest::Sha256, b"text").unwrap();
/// let public = VerifyingKey::new(&key.public_key())?;
/// assert!(public.verify(SignatureDigest::Sha256, b"text", &signature));
/// assert!(!public.verify(SignatureDigest::Sha256, b"texts", &signature));
/// # Ok::<(), crypto::Error>(())
/// ```
pub struct SigningKey(Secret);

enum Secret {
    Rsa(rsa::Secret),
    Dsa(Box<dsa::Secret>),
}

impl SigningKey {
    /// Makes a private key ready to sign; RSA keys stored without their factors are completed.
    ///
    /// # Errors
    /// [`Error::KeyType`], or [`Error::Numbers`] if they do not belong together or the size is not
    /// one of the [table](self).
    pub fn new(key: &PrivateKey) -> Result<Self, Error> {
        match key {
            PrivateKey::Rsa { n, d } => {
                let key = factors::completed(n, d)?;
                rsa::Secret::new(&key).map(Secret::Rsa).map(Self)
            }
            PrivateKey::RsaCrt(key) => rsa::Secret::new(key).map(Secret::Rsa).map(Self),
            PrivateKey::Dsa { x, p, q, g } => {
                let secret = dsa::Secret::new(x, p, q, g)?;
                Ok(Self(Secret::Dsa(Box::new(secret))))
            }
            PrivateKey::Other { key_type, .. } => Err(Error::KeyType {
                key_type: key_type.clone(),
            }),
        }
    }

    /// Makes a new RSA key, ready to be stored.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn generate(bits: RsaBits) -> Result<PrivateKey, Error> {
        rsa::generate(bits).map(PrivateKey::RsaCrt)
    }

    /// The public key to it, as usual writers write it.
    pub fn public_key(&self) -> PublicKey {
        let numbers = match &self.0 {
            Secret::Rsa(secret) => secret.public_numbers(),
            Secret::Dsa(secret) => secret.public_numbers(),
        };
        PublicKey::Known {
            reserved: 0,
            numbers,
        }
    }

    /// The key in the form that TLS libraries take: PKCS#8 in DER (RFC 5958), not encrypted.
    ///
    /// # Errors
    /// [`Error::NoTls`] for DSA, [`Error::Library`].
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.0 {
            Secret::Rsa(secret) => secret.to_pkcs8(),
            Secret::Dsa(_) => Err(Error::NoTls { kind: "DSA" }),
        }
    }
}

impl Signs for SigningKey {
    fn is_dsa(&self) -> bool {
        matches!(self.0, Secret::Dsa(_))
    }

    fn can_sign_with(&self, digest: SignatureDigest) -> bool {
        match digest {
            SignatureDigest::Md5 => false,
            SignatureDigest::Sha1 => self.is_dsa(),
            SignatureDigest::Sha256 => true,
        }
    }

    fn sign(&self, digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Secret::Rsa(secret) => secret.sign(digest, octets),
            Secret::Dsa(secret) => secret.sign(digest, octets),
        }
    }
}

/// Shows the kind only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_dsa() { "DSA" } else { "RSA" };
        write!(f, "SigningKey({kind})")
    }
}

/// A public key, ready to verify.
#[derive(Debug, Clone)]
pub struct VerifyingKey(Public);

#[derive(Debug, Clone)]
enum Public {
    Rsa(rsa::Public),
    Dsa(Box<dsa::Public>),
}

impl VerifyingKey {
    /// Makes a public key ready to verify.
    ///
    /// # Errors
    /// [`Error::KeyType`], or [`Error::Numbers`] if they are no DSA key. Whether the numbers of an
    /// RSA key are one shows when it verifies nothing.
    pub fn new(key: &PublicKey) -> Result<Self, Error> {
        match key {
            PublicKey::Known { numbers, .. } => Self::of_numbers(numbers),
            PublicKey::Pem(_) => Err(Error::KeyType {
                key_type: Bytes::from_static(b"PEM"),
            }),
            PublicKey::Other { key_type, .. } => Err(Error::KeyType {
                key_type: key_type.clone(),
            }),
        }
    }

    fn of_numbers(numbers: &Numbers) -> Result<Self, Error> {
        match numbers {
            Numbers::Rsa {
                exponent, modulus, ..
            } => Ok(Self(Public::Rsa(rsa::Public::new(exponent, modulus)))),
            Numbers::Dsa { q, p, g, y } => {
                let public = dsa::Public::new(q, p, g, y)?;
                Ok(Self(Public::Dsa(Box::new(public))))
            }
            Numbers::DiffieHellman { .. } | Numbers::Sm2(_) | Numbers::Sm9(_) => {
                let key_type = Bytes::from_static(numbers.key_type());
                Err(Error::KeyType { key_type })
            }
        }
    }
}

impl Verifies for VerifyingKey {
    fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Public::Rsa(public) => public.verify(digest, octets, signature),
            Public::Dsa(public) => public.verify(digest, octets, signature),
        }
    }
}
