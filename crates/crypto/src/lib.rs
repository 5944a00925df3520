//! The provider of cryptography that the engine asks for.
//!
//! Small wrappers around well-kept libraries: digests and MACs behind [`Provider`], keys that sign
//! and verify in [`keys`], [agreement](diffie_hellman) on the keys of sessions and their
//! [ciphers](session_cipher), [key files](key_file), [signed texts](jws). Not here: any algorithm
//! of our own, and when to use which (room `engine`).

#![forbid(unsafe_code)]

mod cbc_mode;
pub mod certificate;
mod cipher_error;
mod client_certificate;
mod cryptography;
pub mod diffie_hellman;
mod error;
pub mod jws;
pub mod key_file;
pub mod keys;
mod macs;
pub mod session_cipher;

pub use cipher_error::CipherError;
pub use client_certificate::ClientCertificate;
pub use error::Error;
pub use keys::{RsaBits, SigningKey, VerifyingKey};

use engine::Digests;
use sha2::Digest;

/// The digests and MACs of the `RustCrypto` libraries.
///
/// ```
/// use engine::Digests;
///
/// assert_eq!(crypto::Provider.sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Provider;

impl Digests for Provider {
    fn sha1(&self, octets: &[u8]) -> [u8; 20] {
        sha1::Sha1::digest(octets).into()
    }

    fn sha256(&self, octets: &[u8]) -> [u8; 32] {
        sha2::Sha256::digest(octets).into()
    }

    fn md5(&self, octets: &[u8]) -> [u8; 16] {
        md5::Md5::digest(octets).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first octets of the digests of `abc`, from FIPS 180-4 and RFC 1321.
    #[test]
    fn the_standards_examples() {
        assert_eq!(Provider.sha1(b"abc")[..4], [0xa9, 0x99, 0x3e, 0x36]);
        assert_eq!(Provider.sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(Provider.md5(b"abc")[..4], [0x90, 0x01, 0x50, 0x98]);
    }

    /// Header and body of a request to delete `20.500.99999/abc`, and the digests that the
    /// reference software puts into its challenge at 2.1 and at 2.7.
    #[test]
    fn the_reference_softwares_request_digests() {
        let request = b"\0\0\0\x65\0\0\0\0\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\x14\
            \0\0\0\x1020.500.99999/abc";
        assert_eq!(Provider.sha1(request)[..4], [0x19, 0xf6, 0x9b, 0x7c]);
        assert_eq!(Provider.sha256(request)[..4], [0x1f, 0x01, 0x34, 0x8b]);
    }
}
