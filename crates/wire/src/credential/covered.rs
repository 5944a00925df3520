//! The octets that a credential covers, in every version. Two old layouts come from mistakes of
//! the reference software, which its peers share, so they are exactly as it writes them:
//!
//! | version | signature | MAC |
//! | --- | --- | --- |
//! | 2.8 and later | 16 octets of the envelope, header, body | HMAC over the same |
//! | 2.7 | 14 octets, header, body | HMAC over the same |
//! | 2.6 | 14 octets that overwrote each other, header, body | digest of a muddle |
//! | 2.5 | header, body | digest of a muddle |
//! | before | header, body | digest of key, header, body, key |
//!
//! In an encrypted message, header and body are covered as they were before encryption.

use crate::{Message, Version};
use alloc::vec;
use alloc::vec::Vec;

/// The octets of a message that its signature covers.
///
/// `counter` is the [number of the message](super::Credential::counter) in its session.
pub fn signed_octets(message: &Message, counter: u32) -> Vec<u8> {
    let mut octets = preamble(message, counter);
    octets.extend_from_slice(&message.digested_octets());
    octets
}

/// What is signed before header and body: fields of the envelope, none before 2.6.
///
/// ```
/// use wire::{Message, Version, credential::preamble};
///
/// let octets = b"\x02\x0b\x02\x0b\0\0\0\x4d\x01\x02\x03\x04\0\0\0\0\0\0\0\x21\
///     \0\0\0\x02\0\0\0\0\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\x05\0\0\0\x01/\0\0\0\0";
/// let mut message = Message::decode(octets.as_slice().into())?;
/// assert_eq!(preamble(&message, 3), b"\x02\x0b\x02\x0b\0\0\0\x4d\x01\x02\x03\x04\0\0\0\x03");
/// message.envelope.version = Version::new(2, 7);
/// assert_eq!(preamble(&message, 3), b"\x02\x07\0\0\0\x4d\x01\x02\x03\x04\0\0\0\x03");
/// # Ok::<(), wire::Error>(())
/// ```
pub fn preamble(message: &Message, counter: u32) -> Vec<u8> {
    let envelope = &message.envelope;
    let version = envelope.version;
    if !version.knows(Version::SIGNED_ENVELOPE) {
        return Vec::new();
    }
    let mut octets = vec![version.major, version.minor];
    if version.knows(Version::SIGNED_SUGGESTION) {
        octets.extend_from_slice(&[envelope.suggested.major, envelope.suggested.minor]);
    }
    let session_id = envelope.session_id.to_be_bytes();
    if version.knows(Version::SHA_256) {
        octets.extend_from_slice(&session_id);
        octets.extend_from_slice(&envelope.request_id.to_be_bytes());
        octets.extend_from_slice(&counter.to_be_bytes());
        return octets;
    }
    // Of 2.6: 14 octets were meant, but request id and counter were both written at octet 4.
    octets.extend_from_slice(&session_id[..2]);
    octets.extend_from_slice(&counter.to_be_bytes());
    octets.extend_from_slice(&[0; 6]);
    octets
}

/// The octets that a MAC covers, and how the key comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacCovered {
    /// The MAC is an HMAC with SHA-256 of these octets under the session's key.
    Keyed(Vec<u8>),
    /// The MAC is a digest of these octets, which hold the key: SHA-1 in 2.5 and 2.6, before that
    /// by the credential's [algorithm](super::Credential::algorithm).
    Digested(Vec<u8>),
}

/// The octets that the MAC of a message covers, under the key of its session.
pub fn mac_covered(message: &Message, counter: u32, key: &[u8]) -> MacCovered {
    let version = message.envelope.version;
    if version.knows(Version::SHA_256) {
        return MacCovered::Keyed(signed_octets(message, counter));
    }
    let content = message.digested_octets();
    MacCovered::Digested(if version.knows(Version::SESSION_COUNTER) {
        muddle(message, counter, key, &content)
    } else {
        [key, content.as_ref(), key].concat()
    })
}

/// What 2.5 and 2.6 digest: key, 14 octets, content and key were meant, but places in the buffer
/// were counted from its start instead of from the end of what was written. Of a key of four
/// octets or more its first four are left, then content, key and zeros; nothing of the envelope.
fn muddle(message: &Message, counter: u32, key: &[u8], content: &[u8]) -> Vec<u8> {
    let envelope = &message.envelope;
    let mut buffer = vec![0; 2 * key.len() + 14 + content.len()];
    let mut write_at = |at: usize, octets: &[u8]| {
        let place = buffer.get_mut(at..at + octets.len());
        place
            .expect("what is written is shorter than the buffer by the key or more")
            .copy_from_slice(octets);
    };
    write_at(0, key);
    write_at(key.len(), &[envelope.version.major, envelope.version.minor]);
    write_at(key.len() + 2, &envelope.session_id.to_be_bytes());
    write_at(4, &envelope.request_id.to_be_bytes());
    write_at(4, &counter.to_be_bytes());
    write_at(4, content);
    write_at(4 + content.len(), key);
    buffer
}
