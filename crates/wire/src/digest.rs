//! The digest of a request that its answer begins with (RFC 3652 section 2.2.3).
//!
//! Not here: computing it, which room `crypto` does.

use crate::{Error, Version};
use alloc::vec::Vec;
use model::octets::Reader;

/// A digest of a request's header and body; one octet on the wire names the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestDigest {
    /// Algorithm 1.
    Md5([u8; 16]),
    /// Algorithm 2, what versions 2.1 to 2.6 write.
    Sha1([u8; 20]),
    /// Algorithm 3, what versions from 2.7 write.
    Sha256([u8; 32]),
}

/// Names a digest algorithm that answers may be written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// For peers before 2.7.
    Sha1,
    /// For everybody else.
    Sha256,
}

impl DigestAlgorithm {
    /// The algorithm of answers in `version`.
    pub fn of(version: Version) -> Self {
        if version.knows(Version::SHA_256) {
            Self::Sha256
        } else {
            Self::Sha1
        }
    }
}

impl RequestDigest {
    /// Reads a digest with its algorithm octet.
    ///
    /// # Errors
    /// [`Error::DigestAlgorithm`], or too few octets.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        let what = "request digest";
        match reader.u8(what)? {
            1 => Ok(Self::Md5(reader.array(what)?)),
            2 => Ok(Self::Sha1(reader.array(what)?)),
            3 => Ok(Self::Sha256(reader.array(what)?)),
            code => Err(Error::DigestAlgorithm { code }),
        }
    }

    /// Appends the digest with its algorithm octet.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Md5(_) => 1,
            Self::Sha1(_) => 2,
            Self::Sha256(_) => 3,
        });
        out.extend_from_slice(self.octets());
    }

    /// The digest without its algorithm octet: what the answer to a challenge covers.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::Md5(octets) => octets,
            Self::Sha1(octets) => octets,
            Self::Sha256(octets) => octets,
        }
    }
}
