//! The MACs the engine needs, as an interface. Not here: any algorithm (room `crypto`), what they
//! cover ([`crate::credentials`], [`crate::proofs`]).

use crate::Digests;

/// Computes MACs and compares them.
pub trait Macs: Digests {
    /// HMAC with SHA-1 (RFC 2104).
    fn hmac_sha1(&self, key: &[u8], octets: &[u8]) -> [u8; 20];

    /// HMAC with SHA-256 (RFC 2104).
    fn hmac_sha256(&self, key: &[u8], octets: &[u8]) -> [u8; 32];

    /// Fills `key` with what PBKDF2 with HMAC-SHA1 (RFC 8018 section 5.2) derives from a secret.
    ///
    /// Costs `iterations` MACs for each 20 octets of `key`, so both must be bounded before.
    fn pbkdf2_hmac_sha1(&self, secret: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]);

    /// Whether octets are equal, in a time that depends on their lengths only: otherwise whoever
    /// guesses a MAC could learn from the clock how much of it is right.
    fn are_equal(&self, some: &[u8], others: &[u8]) -> bool;
}
