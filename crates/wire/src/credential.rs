//! The credential at the end of a message: a signature or a MAC, and the octets it covers
//! (RFC 3652 section 2.2.4, with the layout and the meaning that became usual).
//!
//! | octets | field |
//! | --- | --- |
//! | 4 | length of the rest; 0 if there is no credential |
//! | 1 | version, 0 |
//! | 1 | reserved, 0 |
//! | 2 | options, 0 |
//! | 4 + n | signer, empty |
//! | 4 | since 2.5 number of the message in its session, 0 outside of sessions |
//! | 4 + n | kind: `HS_SIGNED` or `HS_MAC` |
//! | 4 | length of the rest |
//! | 4 + n | digest algorithm |
//! | 4 + n | signature or MAC |
//!
//! Not here: computing and checking signatures and MACs (room `crypto`), numbers that come twice
//! (room `engine`).

use crate::{Error, Message};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_count, put_string};

mod covered;
#[cfg(test)]
mod tests;

pub use covered::{MacCovered, mac_covered, preamble, signed_octets};

/// Vouches for a message. Decoding and encoding are exact inverses.
///
/// ```
/// use wire::credential::{Credential, CredentialKind};
///
/// let tail = b"\0\0\0\x27\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\x06HS_MAC\
///     \0\0\0\x0d\0\0\0\x04SHA1\0\0\0\x01m";
/// let credential = Credential::decode(tail.as_slice().into())?.expect("there is one");
/// assert_eq!((credential.counter, &credential.octets[..]), (3, &b"m"[..]));
/// assert_eq!(credential.kind(), CredentialKind::Mac);
/// assert_eq!(&credential.encode()[..], tail);
/// assert_eq!(Credential::decode(b"\0\0\0\0".as_slice().into())?, None);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Means nothing, 0; kept as it came.
    pub version: u8,
    /// Means nothing, 0; kept as it came.
    pub reserved: u8,
    /// Means nothing, 0; kept as it came.
    pub options: u16,
    /// Who signed, by the RFC; empty in the field.
    pub signer: Bytes,
    /// The number of the message in its session, 0 outside of sessions. Before 2.5 and by the RFC
    /// the index of the signer's key.
    pub counter: u32,
    /// The kind as it came; [`Credential::kind`] tells what it means.
    pub kind: Bytes,
    /// The digest algorithm as it came; [`Credential::algorithm`] tells what it means.
    pub algorithm: Bytes,
    /// The signature or MAC.
    pub octets: Bytes,
}

/// What kind of credential one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// Made with a private key: `HS_SIGNED`, and `HS_DSAPUBKEY` in old messages.
    Signed,
    /// Made with the key of a session: `HS_MAC`.
    Mac,
    /// Anything else; RFC 3652 has `HS_DIGEST`, later versions `HS_SIGNED_PSS`.
    Other,
}

/// The digest that a signature or MAC is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialAlgorithm {
    /// `MD5`, or the octet 1.
    Md5,
    /// `SHA1`, `SHA-1`, or the octet 2.
    Sha1,
    /// `SHA-256`, `SHA256`, or the octet 3.
    Sha256,
    /// `HMAC-SHA256`.
    HmacSha256,
    /// Anything else.
    Other,
}

impl Credential {
    /// The credential of a signed message.
    pub fn signed(algorithm: &'static str, counter: u32, signature: Bytes) -> Self {
        Self::new("HS_SIGNED", algorithm, counter, signature)
    }

    /// The credential of a message in a session.
    pub fn mac(algorithm: &'static str, counter: u32, mac: Bytes) -> Self {
        Self::new("HS_MAC", algorithm, counter, mac)
    }

    fn new(kind: &'static str, algorithm: &'static str, counter: u32, octets: Bytes) -> Self {
        Self {
            version: 0,
            reserved: 0,
            options: 0,
            signer: Bytes::new(),
            counter,
            kind: kind.into(),
            algorithm: algorithm.into(),
            octets,
        }
    }

    /// Reads the credential of a message; `None` if it has none.
    ///
    /// # Errors
    /// As [`Credential::decode`].
    pub fn of(message: &Message) -> Result<Option<Self>, Error> {
        Self::decode(message.tail.clone())
    }

    /// Reads what follows the body of a message; `None` if that is nothing, as in some old
    /// messages, or a length of 0.
    ///
    /// # Errors
    /// The octets are cut, or go on after a length that says they end.
    pub fn decode(tail: Bytes) -> Result<Option<Self>, Error> {
        if tail.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(tail);
        let block = reader.string("credential")?;
        reader.finish("message")?;
        if block.is_empty() {
            return Ok(None);
        }
        Self::read_block(Reader::new(block)).map(Some)
    }

    fn read_block(mut reader: Reader) -> Result<Self, Error> {
        let version = reader.u8("credential version")?;
        let reserved = reader.u8("reserved octet")?;
        let options = reader.u16("credential options")?;
        let signer = reader.string("signer")?;
        let counter = reader.u32("session counter")?;
        let kind = reader.string("kind of credential")?;
        let mut signed_info = Reader::new(reader.string("signed info")?);
        reader.finish("credential")?;
        let algorithm = signed_info.string("digest algorithm")?;
        let octets = signed_info.string("signature")?;
        signed_info.finish("signed info")?;
        Ok(Self {
            version,
            reserved,
            options,
            signer,
            counter,
            kind,
            algorithm,
            octets,
        })
    }

    /// The octets of the credential with their length, as they follow a message's body.
    pub fn encode(&self) -> Bytes {
        let mut block = Vec::new();
        block.extend_from_slice(&[self.version, self.reserved]);
        block.extend_from_slice(&self.options.to_be_bytes());
        put_string(&mut block, &self.signer);
        block.extend_from_slice(&self.counter.to_be_bytes());
        put_string(&mut block, &self.kind);
        put_count(&mut block, 8 + self.algorithm.len() + self.octets.len());
        put_string(&mut block, &self.algorithm);
        put_string(&mut block, &self.octets);
        let mut tail = Vec::with_capacity(4 + block.len());
        put_string(&mut tail, &block);
        tail.into()
    }

    /// What kind it is.
    pub fn kind(&self) -> CredentialKind {
        match &self.kind[..] {
            b"HS_SIGNED" | b"HS_DSAPUBKEY" => CredentialKind::Signed,
            b"HS_MAC" => CredentialKind::Mac,
            _ => CredentialKind::Other,
        }
    }

    /// Which digest it was made with.
    pub fn algorithm(&self) -> CredentialAlgorithm {
        match &self.algorithm[..] {
            b"MD5" | [1] => CredentialAlgorithm::Md5,
            b"SHA1" | b"SHA-1" | [2] => CredentialAlgorithm::Sha1,
            b"SHA-256" | b"SHA256" | [3] => CredentialAlgorithm::Sha256,
            b"HMAC-SHA256" => CredentialAlgorithm::HmacSha256,
            _ => CredentialAlgorithm::Other,
        }
    }
}
