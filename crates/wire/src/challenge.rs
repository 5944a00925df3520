//! A challenge and the answer to it (RFC 3652 section 3.5).
//!
//! Any operation may be answered with code 402 and a challenge. The asker proves who it is with
//! operation 200, whose envelope repeats the challenge's session id; the answer to that is the
//! answer to the first operation. Not here: [what a proof looks like](crate::proof), and asking
//! another node to check one ([`crate::verification`]).

use crate::proof::Proof;
use crate::{Error, Identity, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

/// The length of the nonces that the field makes; others are read too.
pub const NONCE_OCTETS: usize = 16;

/// Asks for a proof over a nonce and the digest of the request: the body of code 402.
///
/// | octets | field |
/// | --- | --- |
/// | 1 + n | [digest of the request](crate::RequestDigest), always; before 2.1 not here |
/// | 4 + n | nonce |
/// | 4 + n | before 2.1: digest of the request, without a code |
///
/// ```
/// use wire::challenge::Challenge;
/// use wire::{Answer, RequestDigest, Response};
///
/// let challenge = Challenge { nonce: b"nonce".as_slice().into(), late_digest: None };
/// let digest = Some(RequestDigest::Sha1([7; 20]));
/// assert_eq!(
///     &Response::new(digest, Answer::Challenge(challenge)).encode()[..],
///     b"\x02\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\
///       \0\0\0\x05nonce"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// What the proof must cover besides the digest; any octets.
    pub nonce: Bytes,
    /// The digest where it follows the nonce: in messages before 2.1, and only there.
    pub late_digest: Option<Bytes>,
}

impl Challenge {
    /// Whether the digest heads the body in messages of this version, whatever their flags say.
    pub(crate) fn has_early_digest(version: Version) -> bool {
        !version.is_before_2_1()
    }

    pub(crate) fn read(reader: &mut Reader, version: Version) -> Result<Self, Error> {
        let nonce = reader.string("nonce")?;
        let is_late = !Self::has_early_digest(version);
        let digest = is_late.then(|| reader.string("request digest"));
        Ok(Self {
            nonce,
            late_digest: digest.transpose()?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_string(out, &self.nonce);
        if let Some(digest) = &self.late_digest {
            put_string(out, digest);
        }
    }
}

/// Names the kind of key that a challenge is answered with: the type of the value that holds it.
pub const AUTHENTICATION_PUBLIC_KEY: &[u8] = b"HS_PUBKEY";

/// The other kind: a secret that both sides know.
pub const AUTHENTICATION_SECRET_KEY: &[u8] = b"HS_SECKEY";

/// Answers a challenge: the body of operation 200.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | kind of key: `HS_PUBKEY` or `HS_SECKEY` |
/// | 4 + n, 4 | [identity](Identity) |
/// | 4 + n | [proof](crate::proof) |
///
/// ```
/// use wire::challenge::ChallengeResponse;
/// use wire::proof::{MacAlgorithm, Proof};
/// use wire::{Identity, Version};
///
/// let octets = b"\0\0\0\x09HS_SECKEY\0\0\0\x0488/u\0\0\x01\x2d\0\0\0\x04\x13mac";
/// let response = ChallengeResponse::decode(octets.as_slice().into())?;
/// assert_eq!(response.identity, Identity::new("88/u", 301));
/// let proof = Proof::Mac { algorithm: MacAlgorithm::HMAC_SHA256, mac: "mac".into() };
/// assert_eq!(response.proof(Version::NEWEST)?, proof);
/// assert_eq!(&response.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeResponse {
    /// The kind of key, [`AUTHENTICATION_PUBLIC_KEY`] or [`AUTHENTICATION_SECRET_KEY`].
    pub authentication: Bytes,
    /// Whose key it is.
    pub identity: Identity,
    /// The proof's octets; [`ChallengeResponse::proof`] reads them.
    pub proof: Bytes,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl ChallengeResponse {
    /// An answer to a challenge.
    pub fn new(identity: Identity, proof: &Proof) -> Self {
        Self {
            authentication: Bytes::from_static(proof.authentication()),
            identity,
            proof: proof.encode(),
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request; the proof is not looked into.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            authentication: reader.string("kind of authentication")?,
            identity: Identity::read(&mut reader)?,
            proof: reader.string("proof")?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.authentication);
        self.identity.put(&mut out);
        put_string(&mut out, &self.proof);
        out.extend_from_slice(&self.rest);
        out.into()
    }

    /// Reads the proof in a message of `version`.
    ///
    /// # Errors
    /// [`Error::Authentication`] if the kind of key is unknown, or the proof is malformed.
    pub fn proof(&self, version: Version) -> Result<Proof, Error> {
        match &self.authentication[..] {
            AUTHENTICATION_PUBLIC_KEY => Proof::decode_signature(self.proof.clone()),
            AUTHENTICATION_SECRET_KEY => Proof::decode_mac(self.proof.clone(), version),
            _ => Err(Error::Authentication {
                kind: self.authentication.clone(),
            }),
        }
    }
}
