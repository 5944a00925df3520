//! The MACs that the engine asks for. Not here: what they cover (room `engine`).

use crate::Provider;
use engine::Macs;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

impl Macs for Provider {
    fn hmac_sha1(&self, key: &[u8], octets: &[u8]) -> [u8; 20] {
        let mac = Hmac::<Sha1>::new_from_slice(key).expect("an HMAC takes keys of any length");
        mac.chain_update(octets).finalize().into_bytes().into()
    }

    fn hmac_sha256(&self, key: &[u8], octets: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
        mac.chain_update(octets).finalize().into_bytes().into()
    }

    fn pbkdf2_hmac_sha1(&self, secret: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        pbkdf2::pbkdf2_hmac::<Sha1>(secret, salt, iterations, key);
    }

    fn are_equal(&self, some: &[u8], others: &[u8]) -> bool {
        some.ct_eq(others).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, second cases; RFC 6070, second case.
    #[test]
    fn the_standards_examples() {
        let (key, octets) = (b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            Provider.hmac_sha1(key, octets)[..4],
            [0xef, 0xfc, 0xdf, 0x6a]
        );
        assert_eq!(
            Provider.hmac_sha256(key, octets)[..4],
            [0x5b, 0xdc, 0xc1, 0x46]
        );
        let mut derived = [0; 20];
        Provider.pbkdf2_hmac_sha1(b"password", b"salt", 2, &mut derived);
        assert_eq!(derived[..4], [0xea, 0x6c, 0x01, 0x4d]);
    }

    #[test]
    fn octets_are_equal_only_if_all_are() {
        assert!(Provider.are_equal(b"mac", b"mac"));
        assert!(!Provider.are_equal(b"mac", b"mad"));
        assert!(!Provider.are_equal(b"mac", b""));
    }
}
