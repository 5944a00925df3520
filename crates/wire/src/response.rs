//! What a response says, by operation and response code.

use crate::creation::CreationAnswer;
use crate::outcome::{Failure, Referral};
use crate::resolution::ResolutionAnswer;
use crate::{Error, Message, OpFlags, Opcode, RequestDigest, ResponseCode};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

/// The body of a response: perhaps a digest of the request, then the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Present if and only if [`OpFlags::REQUEST_DIGEST`] is set in the header.
    pub digest: Option<RequestDigest>,
    /// The answer.
    pub answer: Answer,
}

/// The answer in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Operation 1, success.
    Resolution(ResolutionAnswer),
    /// Operation 100, success.
    Creation(CreationAnswer),
    /// Codes 302 and 303.
    Referral(Referral),
    /// Every other code that is no success, except a challenge.
    Failure(Failure),
    /// A success of an operation that this room does not know, or a challenge.
    Unknown(Bytes),
}

impl Response {
    /// Reads the body of a response by its operation, code and flags.
    ///
    /// # Errors
    /// The body is not what they say.
    pub fn decode(message: &Message) -> Result<Self, Error> {
        let header = &message.header;
        let mut reader = Reader::new(message.body.clone());
        let has_digest = header.flags.contains(OpFlags::REQUEST_DIGEST);
        let digest = has_digest
            .then(|| RequestDigest::read(&mut reader))
            .transpose()?;
        let code = header.response_code.from_version(message.envelope.version);
        let answer = match (code, header.opcode) {
            (ResponseCode::SUCCESS, Opcode::RESOLUTION) => {
                Answer::Resolution(ResolutionAnswer::read(&mut reader)?)
            }
            (ResponseCode::SUCCESS, Opcode::CREATE_HANDLE) => {
                Answer::Creation(CreationAnswer::read(&mut reader)?)
            }
            (ResponseCode::SUCCESS | ResponseCode::AUTHENTICATION_NEEDED, _) => {
                Answer::Unknown(reader.rest())
            }
            (ResponseCode::SERVICE_REFERRAL | ResponseCode::PREFIX_REFERRAL, _) => {
                Answer::Referral(Referral::read(&mut reader)?)
            }
            _ => Answer::Failure(Failure::read(&mut reader)?),
        };
        Ok(Self { digest, answer })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        if let Some(digest) = &self.digest {
            digest.put(&mut out);
        }
        match &self.answer {
            Answer::Resolution(answer) => answer.put(&mut out),
            Answer::Creation(answer) => answer.put(&mut out),
            Answer::Referral(referral) => referral.put(&mut out),
            Answer::Failure(failure) => failure.put(&mut out),
            Answer::Unknown(octets) => out.extend_from_slice(octets),
        }
        out.into()
    }
}
