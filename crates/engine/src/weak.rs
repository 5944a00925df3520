//! Forms of proofs that are too weak to be trusted, and which of them a node accepts all the same.

use core::fmt;
use wire::proof::{MacAlgorithm, Proof};

/// A form that is too weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Weakness {
    /// MD5, whose collisions anybody can compute.
    Md5,
    /// SHA-1 without a derived key.
    Sha1,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "proofs with MD5",
            Self::Sha1 => "proofs with SHA-1",
        })
    }
}

/// Which weak forms a node accepts. Default: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WeakForms {
    /// Whether proofs with MD5 are accepted.
    pub md5: bool,
    /// Whether proofs with SHA-1 are accepted.
    pub sha1: bool,
}

impl WeakForms {
    /// Whether a form is accepted.
    pub fn allows(&self, weakness: Weakness) -> bool {
        match weakness {
            Weakness::Md5 => self.md5,
            Weakness::Sha1 => self.sha1,
        }
    }
}

/// What is weak about a proof, if anything is.
pub fn weakness_of(proof: &Proof) -> Option<Weakness> {
    match proof {
        Proof::BareMac(_) => Some(Weakness::Md5),
        Proof::DerivedMac { .. } => None,
        Proof::Mac { algorithm, .. } => match *algorithm {
            MacAlgorithm::MD5 => Some(Weakness::Md5),
            MacAlgorithm::SHA1 | MacAlgorithm::HMAC_SHA1 => Some(Weakness::Sha1),
            _ => None,
        },
        Proof::Signature { algorithm, .. } => match crate::SignatureDigest::named(algorithm)? {
            crate::SignatureDigest::Md5 => Some(Weakness::Md5),
            crate::SignatureDigest::Sha1 => Some(Weakness::Sha1),
            crate::SignatureDigest::Sha256 => None,
        },
    }
}
