//! Making and checking the proofs that answer challenges, of every kind and version.
//!
//! Not here: how a proof is written (room `wire`), algorithms (room `crypto`), whose key counts.

use crate::{Macs, SignatureDigest, Signs, Verifies};
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use wire::Version;
use wire::proof::{DERIVED_KEY_BITS_MAX, ITERATIONS_MAX, MacAlgorithm, Proof};

/// How often the field derives a key from a secret before it makes a proof of it.
pub const ITERATIONS: u32 = 10_000;

/// How long the key is that the field derives, in octets.
const DERIVED_KEY_OCTETS: usize = 20;

/// The shortest derived key that is believed, in bits. The asker chooses the length, and a key of
/// eight bits is guessed in a few hundred tries by somebody who knows no secret. The field writes
/// 160. Below it: the proof is wrong.
const DERIVED_KEY_BITS_MIN: usize = 128;

/// What a proof covers: the nonce, then the digest of the request that was challenged, without its
/// code.
pub fn covered(nonce: &[u8], request_digest: &[u8]) -> Vec<u8> {
    [nonce, request_digest].concat()
}

/// Proves that somebody holds a private key, in a message of `version`; none if the key cannot.
pub fn prove_by_key(covered: &[u8], version: Version, key: &impl Signs) -> Option<Proof> {
    let digest = key.digest_for(version);
    let signature = key.sign(digest, covered)?;
    Some(Proof::Signature {
        algorithm: Bytes::from_static(digest.name().as_bytes()),
        signature: signature.into(),
    })
}

/// Proves that somebody knows a secret, in a message of `version`; `salt` is 16 random octets.
///
/// As the field does it: a derived key since 2.7, SHA-1 before, MD5 before 2.1.
pub fn prove_by_secret(
    covered: &[u8],
    version: Version,
    secret: &[u8],
    salt: [u8; 16],
    macs: &impl Macs,
) -> Proof {
    if version.is_before_2_1() {
        let mac = macs.md5(&[secret, covered, secret].concat());
        return Proof::BareMac(mac.to_vec().into());
    }
    if !version.knows(Version::SHA_256) {
        let mac = macs.sha1(&[secret, covered, secret].concat());
        return Proof::Mac {
            algorithm: MacAlgorithm::SHA1,
            mac: mac.to_vec().into(),
        };
    }
    let salt = Bytes::copy_from_slice(&salt);
    let mut key = [0; DERIVED_KEY_OCTETS];
    macs.pbkdf2_hmac_sha1(secret, &salt, ITERATIONS, &mut key);
    Proof::DerivedMac {
        salt,
        iterations: ITERATIONS,
        key_bits: 8 * DERIVED_KEY_OCTETS as u32,
        mac: macs.hmac_sha1(&key, covered).to_vec().into(),
    }
}

/// Whether a proof was made with the private key of a public one.
pub fn is_by_key(proof: &Proof, covered: &[u8], key: &(impl Verifies + ?Sized)) -> bool {
    let Proof::Signature {
        algorithm,
        signature,
    } = proof
    else {
        return false;
    };
    SignatureDigest::named(algorithm).is_some_and(|digest| key.verify(digest, covered, signature))
}

/// Whether a proof was made with a secret.
///
/// Weak algorithms are judged as all others: whether they may be used at all is asked before
/// ([`crate::weak`]). At most [`ITERATIONS_MAX`] rounds of work.
pub fn is_by_secret(proof: &Proof, covered: &[u8], secret: &[u8], macs: &impl Macs) -> bool {
    let (right, mac) = match proof {
        Proof::Signature { .. } => return false,
        Proof::BareMac(mac) => (macs.md5(&[secret, covered, secret].concat()).to_vec(), mac),
        Proof::Mac { algorithm, mac } => match plain_mac(*algorithm, covered, secret, macs) {
            Some(right) => (right, mac),
            None => return false,
        },
        Proof::DerivedMac {
            salt,
            iterations,
            key_bits,
            mac,
        } => {
            let is_bounded = (1..=ITERATIONS_MAX).contains(&(*iterations as usize))
                && (DERIVED_KEY_BITS_MIN..=DERIVED_KEY_BITS_MAX).contains(&(*key_bits as usize));
            if !is_bounded {
                return false;
            }
            let mut key = vec![0; key_bits.div_ceil(8) as usize];
            macs.pbkdf2_hmac_sha1(secret, salt, *iterations, &mut key);
            (macs.hmac_sha1(&key, covered).to_vec(), mac)
        }
    };
    macs.are_equal(&right, mac)
}

/// The MAC by one of the algorithms that have no parameters; none for other numbers.
fn plain_mac(
    algorithm: MacAlgorithm,
    covered: &[u8],
    secret: &[u8],
    macs: &impl Macs,
) -> Option<Vec<u8>> {
    let around = || [secret, covered, secret].concat();
    Some(match algorithm {
        MacAlgorithm::MD5 => macs.md5(&around()).to_vec(),
        MacAlgorithm::SHA1 => macs.sha1(&around()).to_vec(),
        MacAlgorithm::SHA256 => macs.sha256(&around()).to_vec(),
        MacAlgorithm::HMAC_SHA1 => macs.hmac_sha1(secret, covered).to_vec(),
        MacAlgorithm::HMAC_SHA256 => macs.hmac_sha256(secret, covered).to_vec(),
        _ => return None,
    })
}
