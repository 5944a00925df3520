//! The ciphers of sessions that the engine needs, as an interface. Not here: any algorithm (room
//! `crypto`), which messages are encrypted ([`crate::sessions`]).

use alloc::vec::Vec;
use wire::session::SessionCipher;

/// As many random octets as the longest initial vector has; shorter ones take the first of them.
pub const VECTOR_OCTETS_MAX: usize = 16;

/// Where the initial vector of an encrypted message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VectorForm {
    /// It is random and stands in front of what is encrypted, since 2.4.
    #[default]
    InFront,
    /// It is the beginning of the key and stands nowhere:
    /// [weak](crate::Weakness::KeyAsVector).
    Key,
}

/// Encrypts and decrypts the messages of sessions, in CBC mode and filled as RFC 8018 says.
pub trait Ciphers {
    /// Encrypts under the beginning of a session's key; `random` is for the initial vector and must
    /// be new.
    ///
    /// None if it knows no such cipher, or not in this form.
    fn encrypt(
        &self,
        cipher: SessionCipher,
        form: VectorForm,
        key: &[u8],
        random: [u8; VECTOR_OCTETS_MAX],
        octets: &[u8],
    ) -> Option<Vec<u8>>;

    /// Decrypts what was encrypted so; none too if the octets are no whole blocks, or end wrongly.
    fn decrypt(
        &self,
        cipher: SessionCipher,
        form: VectorForm,
        key: &[u8],
        octets: &[u8],
    ) -> Option<Vec<u8>>;
}
