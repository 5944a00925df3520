//! SM2 keys (GB/T 32918), which identities of the Chinese system have. Not here: making new ones.
//!
//! What is signed is digested with SM3 first, and SM2 signs the digest as its message, with the
//! identifier of the signer for its id: so do the clients of that system with proofs. They write
//! signatures in DER, others write the two numbers one after the other; both are read.

use crate::Error;
use model::public_key::Numbers;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use sm2::dsa::signature::{Signer, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding};
use sm3::{Digest, Sm3};

#[cfg(test)]
mod tests;

/// The id of signers who are not known by another (GM/T 0009 section 10).
pub(super) const USUAL_SIGNER: &[u8] = b"1234567812345678";

const PEM_START: &[u8] = b"-----BEGIN ";

const REJECTED: Error = Error::Numbers {
    kind: "SM2",
    expected: "X.509 or PKCS#8 on the curve sm2p256v1, as PEM or not, and a signer in UTF-8",
};

pub(super) struct Secret(SigningKey);

#[derive(Debug, Clone)]
pub(super) struct Public(VerifyingKey);

impl Secret {
    /// Takes PKCS#8 (RFC 5958), as PEM or not, and whose key it is.
    pub(super) fn new(octets: &[u8], signer: &[u8]) -> Result<Self, Error> {
        let key = if octets.starts_with(PEM_START) {
            PrivatePkcs8KeyDer::from_pem_slice(octets).map_err(|_| REJECTED)?
        } else {
            PrivatePkcs8KeyDer::from(octets)
        };
        let secret = sm2::SecretKey::from_pkcs8_der(key.secret_pkcs8_der());
        let key = SigningKey::new(id_of(signer)?, &secret.map_err(|_| REJECTED)?);
        key.map(Self).map_err(|_| REJECTED)
    }

    /// The public key as PEM text, as the Chinese system stores it.
    pub(super) fn public_numbers(&self) -> Numbers {
        let text = self.0.verifying_key().to_public_key_pem(LineEnding::LF);
        Numbers::Sm2(
            text.expect("a key that could be read can be written")
                .into(),
        )
    }

    /// The random number that a signature needs comes from the key and the octets (RFC 6979).
    pub(super) fn sign(&self, octets: &[u8]) -> Option<Vec<u8>> {
        let signature = self.0.try_sign(&Sm3::digest(octets)).ok()?;
        Some(signature.to_der().as_bytes().to_vec())
    }
}

impl Public {
    /// Takes X.509 (RFC 5280 section 4.1), as PEM or not, and whose key it is.
    pub(super) fn new(octets: &[u8], signer: &[u8]) -> Result<Self, Error> {
        let key = if octets.starts_with(PEM_START) {
            SubjectPublicKeyInfoDer::from_pem_slice(octets).map_err(|_| REJECTED)?
        } else {
            SubjectPublicKeyInfoDer::from(octets)
        };
        let public = sm2::PublicKey::from_public_key_der(&key).map_err(|_| REJECTED)?;
        let key = VerifyingKey::new(id_of(signer)?, public);
        key.map(Self).map_err(|_| REJECTED)
    }

    pub(super) fn verify(&self, octets: &[u8], signature: &[u8]) -> bool {
        let read = Signature::from_der(signature).or_else(|_| Signature::from_slice(signature));
        read.is_ok_and(|signature| self.0.verify(&Sm3::digest(octets), &signature).is_ok())
    }
}

/// The library takes ids that are texts; no identifier is anything else.
fn id_of(signer: &[u8]) -> Result<&str, Error> {
    str::from_utf8(signer).map_err(|_| REJECTED)
}
