//! Keys that sign and keys that verify, made from the keys of room `model`.
//!
//! RSA, and what else comes as X.509 in PEM, is done by `aws-lc-rs`, whose time does not depend on
//! the secret; DSA by `dsa`, SM2 by `sm2`. What each can, beside [signed texts](crate::jws):
//!
//! | | MD5 | SHA-1 | SHA-256 | SM3 |
//! | --- | --- | --- | --- | --- |
//! | RSA, 2,048 to 8,192 bits, signs | | | yes | |
//! | RSA, 1,024 to 8,192 bits, verifies | | yes | yes | |
//! | DSA of the usual sizes, signs and verifies | | yes | yes | |
//! | SM2, signs and verifies | | | | yes |
//!
//! Messages before 2.7 are usually signed with SHA-1. `aws-lc-rs` does not make such signatures,
//! for good reasons, so RSA keys sign them with SHA-256, whose name stands in the signature.
//! Signatures with MD5 are never right here: two texts with one MD5 are made in seconds.
//!
//! Beside it: `keys/rsa.rs`, `keys/dsa.rs` and `keys/sm2.rs` the kinds, `keys/x509.rs` keys in PEM,
//! `keys/factors.rs` RSA keys stored without their factors, `keys/der.rs` the octets of a key just
//! made. Not here: key files (room `model`) and their passphrases, what is signed (room `engine`).

mod der;
mod dsa;
mod factors;
mod rsa;
mod sm2;
#[cfg(test)]
mod tests;
mod x509;

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
    Sm2(Box<sm2::Secret>),
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

    /// Makes an SM2 key ready to sign for `signer`, whose identifier its signatures cover.
    ///
    /// `octets` are PKCS#8 (RFC 5958), as PEM text or not; the protocol has no octets for it.
    ///
    /// # Errors
    /// [`Error::Numbers`].
    pub fn of_sm2(octets: &[u8], signer: &[u8]) -> Result<Self, Error> {
        let secret = sm2::Secret::new(octets, signer)?;
        Ok(Self(Secret::Sm2(Box::new(secret))))
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
            Secret::Sm2(secret) => secret.public_numbers(),
        };
        PublicKey::Known {
            reserved: 0,
            numbers,
        }
    }

    /// The key in the form that TLS libraries take: PKCS#8 in DER (RFC 5958), not encrypted.
    ///
    /// # Errors
    /// [`Error::NoTls`] for DSA and SM2, [`Error::Library`].
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.0 {
            Secret::Rsa(secret) => secret.to_pkcs8(),
            Secret::Dsa(_) | Secret::Sm2(_) => Err(Error::NoTls { kind: self.kind() }),
        }
    }

    fn kind(&self) -> &'static str {
        match &self.0 {
            Secret::Rsa(_) => "RSA",
            Secret::Dsa(_) => "DSA",
            Secret::Sm2(_) => "SM2",
        }
    }
}

impl Signs for SigningKey {
    fn is_dsa(&self) -> bool {
        matches!(self.0, Secret::Dsa(_))
    }

    fn can_sign_with(&self, digest: SignatureDigest) -> bool {
        let is_sm2 = matches!(self.0, Secret::Sm2(_));
        match digest {
            SignatureDigest::Md5 => false,
            SignatureDigest::Sha1 => self.is_dsa(),
            SignatureDigest::Sha256 => !is_sm2,
            SignatureDigest::Sm3 => is_sm2,
        }
    }

    fn sign(&self, digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Secret::Rsa(secret) => secret.sign(digest, octets),
            Secret::Dsa(secret) => secret.sign(digest, octets),
            Secret::Sm2(secret) if digest == SignatureDigest::Sm3 => secret.sign(octets),
            Secret::Sm2(_) => None,
        }
    }
}

/// Shows the kind only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kind())
    }
}

/// A public key, ready to verify.
#[derive(Debug, Clone)]
pub struct VerifyingKey(Public);

#[derive(Debug, Clone)]
enum Public {
    Rsa(rsa::Public),
    Dsa(Box<dsa::Public>),
    Sm2(Box<sm2::Public>),
    X509(x509::Public),
}

impl VerifyingKey {
    /// Makes a public key ready to verify; one of SM2 for signers who are known by no id, as in
    /// certificates (GM/T 0009 section 10).
    ///
    /// # Errors
    /// As [`VerifyingKey::of_signer`].
    pub fn new(key: &PublicKey) -> Result<Self, Error> {
        Self::of_signer(key, sm2::USUAL_SIGNER)
    }

    /// Makes a public key ready to verify what `signer` signed, by the identifier of the record
    /// that holds the key. It counts for SM2 only, whose signatures cover it.
    ///
    /// # Errors
    /// [`Error::KeyType`], or [`Error::Numbers`] if they are no DSA or SM2 key. Whether the numbers
    /// of an RSA key are one shows when it verifies nothing.
    pub fn of_signer(key: &PublicKey, signer: &[u8]) -> Result<Self, Error> {
        match key {
            PublicKey::Known { numbers, .. } => Self::of_numbers(numbers, signer),
            PublicKey::Pem(text) => Self::of_pem(text, signer),
            PublicKey::Other { key_type, .. } => Err(Error::KeyType {
                key_type: key_type.clone(),
            }),
        }
    }

    fn of_numbers(numbers: &Numbers, signer: &[u8]) -> Result<Self, Error> {
        match numbers {
            Numbers::Rsa {
                exponent, modulus, ..
            } => Ok(Self(Public::Rsa(rsa::Public::new(exponent, modulus)))),
            Numbers::Dsa { q, p, g, y } => {
                let public = dsa::Public::new(q, p, g, y)?;
                Ok(Self(Public::Dsa(Box::new(public))))
            }
            Numbers::Sm2(octets) => Self::of_sm2(octets, signer),
            Numbers::DiffieHellman { .. } | Numbers::Sm9(_) => {
                let key_type = Bytes::from_static(numbers.key_type());
                Err(Error::KeyType { key_type })
            }
        }
    }

    fn of_pem(text: &[u8], signer: &[u8]) -> Result<Self, Error> {
        if let Some(public) = x509::Public::in_pem(text) {
            return Ok(Self(Public::X509(public)));
        }
        let key_type = Bytes::from_static(b"PEM");
        Self::of_sm2(text, signer).map_err(|_| Error::KeyType { key_type })
    }

    fn of_sm2(octets: &[u8], signer: &[u8]) -> Result<Self, Error> {
        let public = sm2::Public::new(octets, signer)?;
        Ok(Self(Public::Sm2(Box::new(public))))
    }
}

impl VerifyingKey {
    /// Whether a signed text is right, by the name of its [algorithm](crate::jws).
    pub(crate) fn verify_text(&self, algorithm: &str, octets: &[u8], signature: &[u8]) -> bool {
        let digest = SignatureDigest::Sha256;
        match (&self.0, algorithm) {
            (Public::Rsa(public), "RS256") => public.verify(digest, octets, signature),
            (Public::Dsa(public), "DS256") => public.verify(digest, octets, signature),
            (Public::X509(public), _) => public.verify_text(algorithm, octets, signature),
            _ => false,
        }
    }
}

impl Verifies for VerifyingKey {
    fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Public::Rsa(public) => public.verify(digest, octets, signature),
            Public::Dsa(public) => public.verify(digest, octets, signature),
            Public::Sm2(public) => {
                digest == SignatureDigest::Sm3 && public.verify(octets, signature)
            }
            Public::X509(public) => public.verify(digest, octets, signature),
        }
    }
}
