//! All of cryptography that an authority needs, as one interface. Not here: any algorithm (room
//! `crypto`), what is checked with it ([`crate::proofs`], [`crate::authority`]).

use crate::{Macs, Verifies};
use alloc::boxed::Box;
use model::PublicKey;

/// Digests, MACs, public keys and chance.
pub trait Cryptography: Macs {
    /// A public key ready to verify; none if there is no library for its kind.
    ///
    /// `signer` is the identifier of the record that holds the key: signatures of SM2 cover it
    /// (GB/T 32918.2 section 5.5).
    fn verifying_key(&self, key: &PublicKey, signer: &[u8]) -> Option<Box<dyn Verifies>>;

    /// Sixteen octets that nobody can foresee.
    fn chance(&self) -> [u8; 16];
}
