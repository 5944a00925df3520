//! The digests the engine needs, as an interface. Not here: any algorithm (room `crypto`).

use wire::RequestDigest;
use wire::digest::DigestAlgorithm;

/// Computes digests.
pub trait Digests {
    /// SHA-1 of the octets (FIPS 180-4); only for peers older than 2.7.
    fn sha1(&self, octets: &[u8]) -> [u8; 20];

    /// SHA-256 of the octets (FIPS 180-4).
    fn sha256(&self, octets: &[u8]) -> [u8; 32];

    /// MD5 of the octets (RFC 1321); only to check what old peers say.
    fn md5(&self, octets: &[u8]) -> [u8; 16];

    /// The digest that begins an answer.
    fn request_digest(&self, algorithm: DigestAlgorithm, octets: &[u8]) -> RequestDigest {
        match algorithm {
            DigestAlgorithm::Sha1 => RequestDigest::Sha1(self.sha1(octets)),
            DigestAlgorithm::Sha256 => RequestDigest::Sha256(self.sha256(octets)),
        }
    }

    /// Whether `digest` is that of the octets, by the algorithm it names.
    fn is_digest_of(&self, digest: &RequestDigest, octets: &[u8]) -> bool {
        match digest {
            RequestDigest::Md5(digest) => *digest == self.md5(octets),
            RequestDigest::Sha1(digest) => *digest == self.sha1(octets),
            RequestDigest::Sha256(digest) => *digest == self.sha256(octets),
        }
    }
}
