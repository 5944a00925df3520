//! All the cryptography of an authority, from the libraries. Not here: digests (`lib.rs`), MACs
//! (`macs.rs`), keys (`keys.rs`).

use crate::{Provider, VerifyingKey};
use engine::{Cryptography, Verifies};
use model::PublicKey;

impl Cryptography for Provider {
    fn verifying_key(&self, key: &PublicKey, signer: &[u8]) -> Option<Box<dyn Verifies>> {
        let key = VerifyingKey::of_signer(key, signer).ok()?;
        Some(Box::new(key))
    }

    /// # Panics
    /// If the operating system gives no randomness, without which nothing here is safe.
    fn chance(&self) -> [u8; 16] {
        let mut octets = [0; 16];
        getrandom::fill(&mut octets).expect("the operating system gives randomness");
        octets
    }
}
