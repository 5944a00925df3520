//! Weak forms: what the protocol allows and nobody should trust, each taken only where an operator
//! switched it on.
//!
//! | form | why it is weak |
//! | --- | --- |
//! | [`Weakness::Md5`] | two texts with one MD5 are made in seconds |
//! | [`Weakness::Sha1`] | two texts with one SHA-1 have been made (2017), one signature fits both |
//! | [`Weakness::OldMac`] | the MAC of a session covers nothing of the envelope before 2.7 |
//! | [`Weakness::KeyAsVector`] | equal messages look equal, and who learns a vector knows the key |
//!
//! A secret's derived key (algorithm 0x22 of proofs) is not weak, although HMAC-SHA1 is in it: it
//! is what the field writes today, and no attack on it is known. Whoever takes a weak form counts
//! it. Not here: configuration (room `node`).

use crate::SignatureDigest;
use core::fmt;
use wire::credential::{CredentialAlgorithm, CredentialKind};
use wire::proof::{MacAlgorithm, Proof};
use wire::{Credential, Version};

/// Names a weak form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weakness {
    /// Proofs, signatures and MACs with MD5.
    Md5,
    /// Proofs that are a plain SHA-1 or an HMAC of it (algorithms 0x02 and 0x12), and signatures
    /// with SHA-1.
    Sha1,
    /// MACs of messages in sessions before 2.7.
    OldMac,
    /// SM4 in sessions with the key for an initial vector, as clients of the Chinese system do. No
    /// node agrees on SM4 yet, so none takes it.
    KeyAsVector,
}

impl Weakness {
    /// All of them, as switches and counters list them.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::OldMac, Self::KeyAsVector];

    /// The name in the configuration and of counters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::OldMac => "old_mac",
            Self::KeyAsVector => "key_as_vector",
        }
    }

    /// The weak form of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|weakness| weakness.name() == name)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Md5 => 1,
            Self::Sha1 => 2,
            Self::OldMac => 4,
            Self::KeyAsVector => 8,
        }
    }
}

/// In words, for those who used it.
impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "proofs with MD5",
            Self::Sha1 => "proofs with SHA-1",
            Self::OldMac => "MACs of versions before 2.7",
            Self::KeyAsVector => "SM4 with the key for an initial vector",
        })
    }
}

/// A set of weak forms: those that are allowed, or those that something uses.
///
/// ```
/// use engine::{WeakForms, Weakness};
///
/// let allowed = WeakForms::NONE.with(Weakness::Sha1);
/// assert!(allowed.allows(Weakness::Sha1) && !allowed.allows(Weakness::Md5));
/// assert!(allowed.allow_all(WeakForms::NONE.with(Weakness::Sha1)));
/// assert!(!allowed.allow_all(WeakForms::NONE.with(Weakness::Sha1).with(Weakness::Md5)));
/// assert_eq!(allowed.iter().collect::<Vec<_>>(), [Weakness::Sha1]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct WeakForms(u8);

impl WeakForms {
    /// None; the default.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub fn with(self, weakness: Weakness) -> Self {
        Self(self.0 | weakness.bit())
    }

    /// Whether one is among them.
    pub fn allows(self, weakness: Weakness) -> bool {
        self.0 & weakness.bit() != 0
    }

    /// Whether all that something uses are among them.
    pub fn allow_all(self, used: Self) -> bool {
        used.0 & !self.0 == 0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Weakness> {
        Weakness::ALL
            .into_iter()
            .filter(move |weakness| self.allows(*weakness))
    }
}

/// Shows the names.
impl fmt::Debug for WeakForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// In words, with commas between them.
impl fmt::Display for WeakForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, weakness) in self.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{weakness}")?;
        }
        Ok(())
    }
}

/// What is weak about a proof, whether or not it is right.
///
/// ```
/// use engine::{Weakness, weak::weakness_of};
/// use wire::proof::{MacAlgorithm, Proof};
///
/// let proof = |algorithm| Proof::Mac { algorithm, mac: "mac".into() };
/// assert_eq!(weakness_of(&proof(MacAlgorithm::HMAC_SHA1)), Some(Weakness::Sha1));
/// assert_eq!(weakness_of(&proof(MacAlgorithm::HMAC_SHA256)), None);
/// ```
pub fn weakness_of(proof: &Proof) -> Option<Weakness> {
    match proof {
        Proof::BareMac(_) => Some(Weakness::Md5),
        Proof::DerivedMac { .. } => None,
        Proof::Mac { algorithm, .. } => match *algorithm {
            MacAlgorithm::MD5 => Some(Weakness::Md5),
            MacAlgorithm::SHA1 | MacAlgorithm::HMAC_SHA1 => Some(Weakness::Sha1),
            _ => None,
        },
        Proof::Signature { algorithm, .. } => {
            SignatureDigest::named(algorithm).and_then(weakness_of_digest)
        }
    }
}

/// What is weak about signatures with a digest.
pub fn weakness_of_digest(digest: SignatureDigest) -> Option<Weakness> {
    match digest {
        SignatureDigest::Md5 => Some(Weakness::Md5),
        SignatureDigest::Sha1 => Some(Weakness::Sha1),
        SignatureDigest::Sha256 | SignatureDigest::Sm3 => None,
    }
}

/// What is weak about the credential of a message in `version`.
///
/// An old MAC with SHA-1 is weak for its layout only, for whoever cannot make the digest's input
/// cannot choose it.
pub fn weak_forms_of(credential: &Credential, version: Version) -> WeakForms {
    match credential.kind() {
        CredentialKind::Signed => SignatureDigest::named(&credential.algorithm)
            .and_then(weakness_of_digest)
            .map_or(WeakForms::NONE, |weakness| WeakForms::NONE.with(weakness)),
        CredentialKind::Mac if !version.knows(Version::SHA_256) => {
            let old = WeakForms::NONE.with(Weakness::OldMac);
            if credential.algorithm() == CredentialAlgorithm::Md5 {
                old.with(Weakness::Md5)
            } else {
                old
            }
        }
        CredentialKind::Mac | CredentialKind::Other => WeakForms::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(algorithm: &'static str) -> Proof {
        Proof::Signature {
            algorithm: algorithm.into(),
            signature: "signature".into(),
        }
    }

    fn mac(algorithm: u8) -> Proof {
        Proof::Mac {
            algorithm: MacAlgorithm(algorithm),
            mac: "mac".into(),
        }
    }

    #[test]
    fn every_form_of_proof() {
        use Weakness::{Md5, Sha1};
        let derived = Proof::DerivedMac {
            salt: "salt".into(),
            iterations: 10_000,
            key_bits: 160,
            mac: "mac".into(),
        };
        for (proof, expected) in [
            (signature("MD5"), Some(Md5)),
            (signature("\x01"), Some(Md5)),
            (signature("SHA1"), Some(Sha1)),
            (signature("SHA-1"), Some(Sha1)),
            (signature("\x02"), Some(Sha1)),
            (signature("SHA-256"), None),
            (signature("SM3"), None),
            (signature("nobody knows it"), None),
            (mac(0x01), Some(Md5)),
            (mac(0x02), Some(Sha1)),
            (mac(0x12), Some(Sha1)),
            (mac(0x03), None),
            (mac(0x13), None),
            (mac(0x77), None),
            (derived, None),
            (Proof::BareMac("mac".into()), Some(Md5)),
        ] {
            assert_eq!(weakness_of(&proof), expected, "{proof:?}");
        }
    }

    #[test]
    fn every_form_of_credential() {
        let check = |credential: Credential, minor, expected: &[Weakness]| {
            let found = weak_forms_of(&credential, Version::new(2, minor));
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{credential:?}");
        };
        let mac = |algorithm| Credential::mac(algorithm, 1, "mac".into());
        let signed = |algorithm| Credential::signed(algorithm, 1, "signature".into());
        check(mac("HMAC-SHA256"), 7, &[]);
        check(mac("SHA1"), 6, &[Weakness::OldMac]);
        check(mac("SHA1"), 4, &[Weakness::OldMac]);
        check(mac("MD5"), 4, &[Weakness::Md5, Weakness::OldMac]);
        check(signed("SHA1"), 6, &[Weakness::Sha1]);
        check(signed("MD5"), 11, &[Weakness::Md5]);
        check(signed("SHA-256"), 11, &[]);
    }

    #[test]
    fn sets_say_what_is_in_them() {
        let all = Weakness::ALL
            .into_iter()
            .fold(WeakForms::NONE, WeakForms::with);
        let text = "proofs with MD5, proofs with SHA-1, MACs of versions before 2.7, \
            SM4 with the key for an initial vector";
        assert_eq!(all.to_string(), text);
        for weakness in Weakness::ALL {
            assert_eq!(Weakness::named(weakness.name()), Some(weakness));
        }
        assert!(
            Weakness::ALL
                .into_iter()
                .all(|weakness| all.allows(weakness))
        );
        assert!(WeakForms::default().is_empty() && WeakForms::NONE.to_string().is_empty());
    }
}
