//! Asking the node that holds a secret whether an answer to a challenge was made with it
//! (operation 201, RFC 3652 section 3.5.3), so that the secret never travels.

use crate::proof::Proof;
use crate::{Error, Identity, RequestDigest, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

/// Asks whether a proof is right.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n, 4 | [identity](Identity) |
/// | 4 + n | nonce of the challenge |
/// | 4 + n or 1 + n | digest of the challenged request |
/// | 4 + n | [proof](crate::proof), made with a secret |
///
/// ```
/// use wire::verification::{ChallengedDigest, VerificationRequest};
///
/// let octets = b"\0\0\0\x0488/u\0\0\x01\x2d\0\0\0\x05nonce\0\0\0\x06digest\0\0\0\x04\x13mac";
/// let request = VerificationRequest::decode(octets.as_slice().into())?;
/// assert_eq!(request.digest, ChallengedDigest::Bare("digest".into()));
/// assert_eq!(&request.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRequest {
    /// Whose secret it is.
    pub identity: Identity,
    /// The nonce of the challenge.
    pub nonce: Bytes,
    /// The digest of the challenged request.
    pub digest: ChallengedDigest,
    /// The proof's octets; [`VerificationRequest::proof`] reads them.
    pub proof: Bytes,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

/// A digest whose algorithm may have to be told from its length.
///
/// The first octet tells the two forms apart: a length is far below 2^24 and so starts with 0,
/// codes are 1 to 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChallengedDigest {
    /// Its octets as a string: what the field writes.
    Bare(Bytes),
    /// A code and its octets, as in responses; read, for the field reads it too.
    Coded(RequestDigest),
}

impl ChallengedDigest {
    /// The octets of the digest that the proof covers.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::Bare(octets) => octets,
            Self::Coded(digest) => digest.octets(),
        }
    }

    fn read(reader: &mut Reader) -> Result<Self, Error> {
        match reader.peek(1).first() {
            None | Some(0) => Ok(Self::Bare(reader.string("request digest")?)),
            Some(_) => RequestDigest::read(reader).map(Self::Coded),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bare(octets) => put_string(out, octets),
            Self::Coded(digest) => digest.put(out),
        }
    }
}

impl VerificationRequest {
    /// Reads the body of a request; the proof is not looked into.
    ///
    /// # Errors
    /// The body is cut, or the digest has an algorithm that nobody knows.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            identity: Identity::read(&mut reader)?,
            nonce: reader.string("nonce")?,
            digest: ChallengedDigest::read(&mut reader)?,
            proof: reader.string("proof")?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.identity.put(&mut out);
        put_string(&mut out, &self.nonce);
        self.digest.put(&mut out);
        put_string(&mut out, &self.proof);
        out.extend_from_slice(&self.rest);
        out.into()
    }

    /// Reads the proof, which was made in a message of `version`.
    ///
    /// # Errors
    /// The proof is malformed.
    pub fn proof(&self, version: Version) -> Result<Proof, Error> {
        Proof::decode_mac(self.proof.clone(), version)
    }
}

/// Answers whether a proof is right.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | flags: 1 if the proof is right; others mean nothing and are kept |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationAnswer {
    /// The flags as they came.
    pub flags: u8,
}

impl VerificationAnswer {
    const RIGHT: u8 = 1;

    /// The answer that the proof is right, or that it is not.
    ///
    /// ```
    /// use wire::verification::VerificationAnswer;
    /// use wire::{Answer, Response};
    ///
    /// let right = Answer::Verification(VerificationAnswer::new(true));
    /// assert_eq!(&Response::new(None, right).encode()[..], b"\x01");
    /// ```
    pub fn new(is_right: bool) -> Self {
        Self {
            flags: u8::from(is_right),
        }
    }

    /// Whether the proof is right.
    pub fn is_right(self) -> bool {
        self.flags & Self::RIGHT != 0
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let flags = reader.u8("verdict")?;
        Ok(Self { flags })
    }
}
