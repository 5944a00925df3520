//! What can be wrong with a key, or with what is made of one. Not here: wrong signatures, which are
//! no error but an answer.

use bytes::Bytes;

/// Says why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key is not for signatures, or of a kind this program does not know. Whoever gave it must
    /// give another.
    #[error("a key of type {} cannot sign; RSA, DSA and SM2 keys can", key_type.escape_ascii())]
    KeyType {
        /// Its type as it stands in its octets.
        key_type: Bytes,
    },
    /// The numbers are no such key, or it is too short or too long.
    #[error("the numbers are no usable {kind} key: {expected}")]
    Numbers {
        /// RSA, DSA or SM2.
        kind: &'static str,
        /// What would be.
        expected: &'static str,
    },
    /// The library failed, for want of memory or randomness; the machine's operator must look.
    #[error("the cryptographic library failed to {what}")]
    Library {
        /// What it was to do.
        what: &'static str,
    },
    /// Only RSA keys have the form that is asked for.
    #[error("a {kind} key has no form that TLS can use; take an RSA key")]
    NoTls {
        /// DSA or SM2.
        kind: &'static str,
    },
    /// No certificate can be signed with the key, or a name cannot stand in one; the operator gives
    /// others.
    #[error("cannot sign a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}
