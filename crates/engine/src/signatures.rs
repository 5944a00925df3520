//! The signatures the engine needs, as interfaces: keys that sign and keys that verify.
//!
//! Not here: any algorithm (room `crypto`), what is signed ([`crate::credentials`],
//! [`crate::proofs`]).

use alloc::vec::Vec;
use wire::Version;

/// The digest that a signature is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureDigest {
    /// In very old messages; anybody can make two texts with one digest, so nobody should trust it.
    Md5,
    /// In messages before 2.7, and of DSA keys before 2.11.
    Sha1,
    /// In all others.
    Sha256,
    /// With keys of SM2, in the Chinese system (GB/T 32905).
    Sm3,
}

impl SignatureDigest {
    /// The digest by its name as it stands in credentials and proofs: `SHA-256`, `SHA1`, `MD5`,
    /// `SM3`, the spellings `SHA256` and `SHA-1`, or the octets 3, 2 and 1.
    ///
    /// ```
    /// use engine::SignatureDigest;
    ///
    /// assert_eq!(SignatureDigest::named(b"SHA-1"), Some(SignatureDigest::Sha1));
    /// assert_eq!(SignatureDigest::named(b"SM3"), Some(SignatureDigest::Sm3));
    /// assert_eq!(SignatureDigest::named(b"SHA-3"), None);
    /// ```
    pub fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"MD5" | [1] => Some(Self::Md5),
            b"SHA1" | b"SHA-1" | [2] => Some(Self::Sha1),
            b"SHA-256" | b"SHA256" | [3] => Some(Self::Sha256),
            b"SM3" => Some(Self::Sm3),
            _ => None,
        }
    }

    /// The name that is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA-256",
            Self::Sm3 => "SM3",
        }
    }

    /// The digest that the field signs messages of `version` with.
    ///
    /// SHA-256 since 2.7, for DSA since 2.11; before that SHA-1.
    pub fn usual(version: Version, is_dsa: bool) -> Self {
        let since = if is_dsa {
            Version::DSA_SHA_256
        } else {
            Version::SHA_256
        };
        if version.knows(since) {
            Self::Sha256
        } else {
            Self::Sha1
        }
    }
}

/// A private key.
pub trait Signs {
    /// Whether it is a DSA key; the others are RSA or SM2.
    fn is_dsa(&self) -> bool;

    /// Whether it can sign with a digest.
    fn can_sign_with(&self, digest: SignatureDigest) -> bool;

    /// Signs octets: PKCS#1 v1.5 with RSA (RFC 8017 section 8.2), DER of r and s with DSA and SM2.
    ///
    /// None if it cannot with this digest, or if the library fails.
    fn sign(&self, digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>>;

    /// The digest to sign a message of `version` with: the
    /// [usual](SignatureDigest::usual) one, or the only one that this key has.
    ///
    /// Every signature names its digest, and verifiers go by the name, so an old peer whose
    /// libraries know SHA-256 can check the signature though it would not have made it.
    fn digest_for(&self, version: Version) -> SignatureDigest {
        let usual = SignatureDigest::usual(version, self.is_dsa());
        if self.can_sign_with(usual) {
            usual
        } else if self.can_sign_with(SignatureDigest::Sm3) {
            SignatureDigest::Sm3
        } else {
            SignatureDigest::Sha256
        }
    }
}

/// A public key.
pub trait Verifies {
    /// Whether a signature of the octets is right; also false if the key knows no such digest.
    fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool;
}
