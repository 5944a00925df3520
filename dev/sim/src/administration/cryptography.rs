//! The cryptography that the rooms are given here: deterministic, and as cheap as can be.
//!
//! Digests, MACs and ciphers are those of room `crypto`; keys are derived from secrets in one round
//! instead of ten thousand, agreement on a session's key hides nothing, and signatures can be made
//! by whoever knows the public key. None of that matters among people of whom nobody forges: those
//! who try to act as somebody else do it with a key of their own. Not here: real keys (room
//! `crypto` tests them).

use crate::chance::{Chance, Purpose};
use bytes::Bytes;
use crypto::Provider;
use engine::ciphers::VECTOR_OCTETS_MAX;
use engine::sessions::SessionSecret;
use engine::{Ciphers, Cryptography, Digests, Macs, SignatureDigest, Signs, VectorForm, Verifies};
use model::PublicKey;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use wire::session::SessionCipher;

/// How keys are named that only this simulator has.
const KEY_TYPE: &[u8] = b"SIMULATED";

/// Cryptography whose randomness is drawn from the seed. Clones draw from one stream.
#[derive(Clone)]
pub(crate) struct Seeded(Arc<Mutex<Chance>>);

impl Seeded {
    /// The cryptography of a history.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Chance::new(seed, Purpose::Provider))))
    }
}

impl fmt::Debug for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seeded")
    }
}

impl Digests for Seeded {
    fn sha1(&self, octets: &[u8]) -> [u8; 20] {
        Provider.sha1(octets)
    }

    fn sha256(&self, octets: &[u8]) -> [u8; 32] {
        Provider.sha256(octets)
    }

    fn md5(&self, octets: &[u8]) -> [u8; 16] {
        Provider.md5(octets)
    }
}

impl Macs for Seeded {
    fn hmac_sha1(&self, key: &[u8], octets: &[u8]) -> [u8; 20] {
        Provider.hmac_sha1(key, octets)
    }

    fn hmac_sha256(&self, key: &[u8], octets: &[u8]) -> [u8; 32] {
        Provider.hmac_sha256(key, octets)
    }

    fn pbkdf2_hmac_sha1(&self, secret: &[u8], salt: &[u8], _iterations: u32, key: &mut [u8]) {
        Provider.pbkdf2_hmac_sha1(secret, salt, 1, key);
    }

    fn are_equal(&self, some: &[u8], others: &[u8]) -> bool {
        some == others
    }
}

impl Ciphers for Seeded {
    fn encrypt(
        &self,
        cipher: SessionCipher,
        form: VectorForm,
        key: &[u8],
        random: [u8; VECTOR_OCTETS_MAX],
        octets: &[u8],
    ) -> Option<Vec<u8>> {
        Provider.encrypt(cipher, form, key, random, octets)
    }

    fn decrypt(
        &self,
        cipher: SessionCipher,
        form: VectorForm,
        key: &[u8],
        octets: &[u8],
    ) -> Option<Vec<u8>> {
        Provider.decrypt(cipher, form, key, octets)
    }
}

impl Cryptography for Seeded {
    fn verifying_key(&self, key: &PublicKey, _signer: &[u8]) -> Option<Box<dyn Verifies>> {
        match key {
            PublicKey::Other { key_type, rest } if key_type == KEY_TYPE => {
                Some(Box::new(Pen(rest.clone())))
            }
            _ => None,
        }
    }

    fn chance(&self) -> [u8; 16] {
        let mut chance = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let octets = chance.octets(16);
        octets.try_into().expect("sixteen were asked for")
    }
}

/// A key, private and public at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pen(pub(crate) Bytes);

impl Pen {
    /// The key as data of a value `HS_PUBKEY`.
    pub(crate) fn public(&self) -> Bytes {
        let key = PublicKey::Other {
            key_type: Bytes::from_static(KEY_TYPE),
            rest: self.0.clone(),
        };
        key.encode()
    }
}

impl Signs for Pen {
    fn is_dsa(&self) -> bool {
        false
    }

    fn can_sign_with(&self, digest: SignatureDigest) -> bool {
        digest == SignatureDigest::Sha256
    }

    fn sign(&self, _digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        Some(Provider.hmac_sha256(&self.0, octets).to_vec())
    }
}

impl Verifies for Pen {
    fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        self.sign(digest, octets).as_deref() == Some(signature)
    }
}

/// What two sides agree on who have sent each other these octets.
pub(crate) fn agreed(asker: &[u8], node: &[u8]) -> SessionSecret {
    SessionSecret::new(Provider.sha256(&[asker, node].concat()))
}
