//! Signing messages and putting MACs on them, and checking both, in every version of the protocol.
//!
//! Not here: which octets a credential covers (room `wire`), algorithms (room `crypto`), whether a
//! session's number came before.

use crate::{Macs, SignatureDigest, Signs, Verifies};
use alloc::vec::Vec;
use wire::credential::{
    CredentialAlgorithm, CredentialKind, MacCovered, mac_covered, signed_octets,
};
use wire::{Credential, Message, Version};

/// Signs a message, which loses any credential it had; false, and nothing changed, if the key
/// cannot.
///
/// `counter` is the number of the message in its session, 0 outside of sessions. Whoever answers
/// sets the flag [`CERTIFIED`](wire::OpFlags::CERTIFIED) before, for it is signed too.
#[must_use]
pub fn sign(message: &mut Message, counter: u32, key: &impl Signs) -> bool {
    let digest = key.digest_for(message.envelope.version);
    let Some(signature) = key.sign(digest, &signed_octets(message, counter)) else {
        return false;
    };
    message.tail = Credential::signed(digest.name(), counter, signature.into()).encode();
    true
}

/// Whether a message bears a signature of the key.
pub fn is_signed(message: &Message, key: &(impl Verifies + ?Sized)) -> bool {
    let Ok(Some(credential)) = Credential::of(message) else {
        return false;
    };
    let Some(digest) = SignatureDigest::named(&credential.algorithm) else {
        return false;
    };
    let octets = signed_octets(message, credential.counter);
    credential.kind() == CredentialKind::Signed && key.verify(digest, &octets, &credential.octets)
}

/// Puts the MAC of a session on a message, which loses any credential it had.
///
/// Since 2.7 it is an HMAC with SHA-256, before that SHA-1 of octets with the key among them.
pub fn add_mac(message: &mut Message, counter: u32, session_key: &[u8], macs: &impl Macs) {
    let (name, algorithm) = if message.envelope.version.knows(Version::SHA_256) {
        ("HMAC-SHA256", CredentialAlgorithm::HmacSha256)
    } else {
        ("SHA1", CredentialAlgorithm::Sha1)
    };
    if let Some(mac) = mac(message, counter, session_key, algorithm, macs) {
        message.tail = Credential::mac(name, counter, mac.into()).encode();
    }
}

/// Whether a message bears the MAC of a session.
pub fn has_mac(message: &Message, session_key: &[u8], macs: &impl Macs) -> bool {
    let Ok(Some(credential)) = Credential::of(message) else {
        return false;
    };
    is_mac_right(message, &credential, session_key, macs)
}

/// Whether the credential of a message is the MAC of a session.
pub(crate) fn is_mac_right(
    message: &Message,
    credential: &Credential,
    session_key: &[u8],
    macs: &impl Macs,
) -> bool {
    let counter = credential.counter;
    let right = mac(message, counter, session_key, credential.algorithm(), macs);
    credential.kind() == CredentialKind::Mac
        && right.is_some_and(|right| macs.are_equal(&right, &credential.octets))
}

/// The MAC of a message; none if its version does not make MACs with the algorithm.
fn mac(
    message: &Message,
    counter: u32,
    session_key: &[u8],
    algorithm: CredentialAlgorithm,
    macs: &impl Macs,
) -> Option<Vec<u8>> {
    let has_choice = !message.envelope.version.knows(Version::SESSION_COUNTER);
    match (mac_covered(message, counter, session_key), algorithm) {
        (MacCovered::Keyed(octets), CredentialAlgorithm::HmacSha256) => {
            Some(macs.hmac_sha256(session_key, &octets).to_vec())
        }
        (MacCovered::Digested(octets), CredentialAlgorithm::Sha1) => {
            Some(macs.sha1(&octets).to_vec())
        }
        (MacCovered::Digested(octets), CredentialAlgorithm::Md5) if has_choice => {
            Some(macs.md5(&octets).to_vec())
        }
        _ => None,
    }
}
