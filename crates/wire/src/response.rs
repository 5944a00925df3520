//! What a response says, by operation and response code.

use crate::challenge::Challenge;
use crate::creation::CreationAnswer;
use crate::listing::ListingAnswer;
use crate::outcome::{Failure, Referral};
use crate::registry::{OrderAnswer, ReadingAnswer};
use crate::replication::TxnLogAnswer;
use crate::resolution::ResolutionAnswer;
use crate::session::{SETUP_REST, SetupAnswer};
use crate::verification::VerificationAnswer;
use crate::{Error, Message, OpFlags, Opcode, RequestDigest, ResponseCode};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

#[cfg(test)]
mod tests;

/// The body of a response: perhaps a digest of the request, then the answer. Decoding and encoding
/// are exact inverses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Present if [`OpFlags::REQUEST_DIGEST`] is set in the header, and always in challenges;
    /// before 2.1 challenges have it [elsewhere](Challenge::late_digest).
    pub digest: Option<RequestDigest>,
    /// The answer.
    pub answer: Answer,
    /// What follows the answer, kept as it came. The field writes it after the answer to a session
    /// set-up, and the RFC after failures.
    pub rest: Bytes,
}

/// The answer in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Operation 1, success.
    Resolution(ResolutionAnswer),
    /// Operation 2, success: the site's information, the data of an `HS_SITE` value, to the end of
    /// the body.
    SiteInfo(Bytes),
    /// Operation 100, success.
    Creation(CreationAnswer),
    /// Operations 105, 106 and 302, success.
    Listing(ListingAnswer),
    /// Operation 201, success.
    Verification(VerificationAnswer),
    /// Operation 400, success.
    SessionSetup(SetupAnswer),
    /// Operation 1000, success: the number. Not seen in the field, where it is refused.
    NextTxnId(u64),
    /// Operation 1001, success.
    TxnLog(TxnLogAnswer),
    /// Our own operation for orders to the registry, success: it was judged.
    RegistryOrder(OrderAnswer),
    /// Our own operation for questions about the registry, success.
    RegistryReading(ReadingAnswer),
    /// Success of an operation that has nothing more to say: 101 to 104, 300, 301, 401, 402, 1002,
    /// 1003. (And of 2001, whose answer nobody has described.)
    Done,
    /// Code 402.
    Challenge(Challenge),
    /// Codes 302 and 303.
    Referral(Referral),
    /// Every other code that is no success.
    Failure(Failure),
    /// A success of an operation that this room does not know: what follows the digest.
    Unknown(Bytes),
}

/// Room for most bodies, so that they need not be moved while they grow.
const USUAL_OCTETS: usize = 512;

impl Response {
    /// A response as the field writes it: with nothing after the answer, but for a session set-up.
    pub fn new(digest: Option<RequestDigest>, answer: Answer) -> Self {
        let rest = match answer {
            Answer::SessionSetup(_) => SETUP_REST,
            _ => &[],
        };
        Self {
            digest,
            answer,
            rest: Bytes::from_static(rest),
        }
    }

    /// Reads the body of a response by its operation, code and flags.
    ///
    /// # Errors
    /// The body is not what they say.
    pub fn decode(message: &Message) -> Result<Self, Error> {
        let mut reader = Reader::new(message.body.clone());
        let digest = has_digest(message).then(|| RequestDigest::read(&mut reader));
        Ok(Self {
            digest: digest.transpose()?,
            answer: Answer::read(&mut reader, message)?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(USUAL_OCTETS);
        if let Some(digest) = &self.digest {
            digest.put(&mut out);
        }
        self.answer.put(&mut out);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// What the response code means in the version of the message.
fn code_of(message: &Message) -> ResponseCode {
    let code = message.header.response_code;
    code.from_version(message.envelope.version)
}

fn has_digest(message: &Message) -> bool {
    if code_of(message) == ResponseCode::AUTHENTICATION_NEEDED {
        return Challenge::has_early_digest(message.envelope.version);
    }
    message.header.flags.contains(OpFlags::REQUEST_DIGEST)
}

impl Answer {
    fn read(reader: &mut Reader, message: &Message) -> Result<Self, Error> {
        match code_of(message) {
            ResponseCode::SUCCESS => Self::read_success(reader, message.header.opcode),
            ResponseCode::AUTHENTICATION_NEEDED => {
                Challenge::read(reader, message.envelope.version).map(Self::Challenge)
            }
            ResponseCode::SERVICE_REFERRAL | ResponseCode::PREFIX_REFERRAL => {
                Referral::read(reader).map(Self::Referral)
            }
            _ => Failure::read(reader).map(Self::Failure),
        }
    }

    fn read_success(reader: &mut Reader, opcode: Opcode) -> Result<Self, Error> {
        match opcode {
            Opcode::RESOLUTION => ResolutionAnswer::read(reader).map(Self::Resolution),
            Opcode::GET_SITE_INFO => Ok(Self::SiteInfo(reader.rest())),
            Opcode::CREATE_HANDLE => CreationAnswer::read(reader).map(Self::Creation),
            Opcode::LIST_HANDLES | Opcode::LIST_DERIVED | Opcode::LIST_HOMED => {
                ListingAnswer::read(reader).map(Self::Listing)
            }
            Opcode::VERIFY_CHALLENGE => VerificationAnswer::read(reader).map(Self::Verification),
            Opcode::SESSION_SETUP => SetupAnswer::read(reader).map(Self::SessionSetup),
            Opcode::NEXT_TXN_ID => Ok(Self::NextTxnId(reader.u64("next transaction")?)),
            Opcode::RETRIEVE_TXN_LOG => TxnLogAnswer::read(reader).map(Self::TxnLog),
            Opcode::REGISTRY_ORDER => OrderAnswer::read(reader).map(Self::RegistryOrder),
            Opcode::REGISTRY_READING => ReadingAnswer::read(reader).map(Self::RegistryReading),
            Opcode::DELETE_HANDLE
            | Opcode::ADD_VALUE
            | Opcode::REMOVE_VALUE
            | Opcode::MODIFY_VALUE
            | Opcode::HOME_PREFIX
            | Opcode::UNHOME_PREFIX
            | Opcode::SESSION_TERMINATE
            | Opcode::SESSION_EXCHANGE_KEY
            | Opcode::DUMP_HANDLES
            | Opcode::BACKUP_SERVER
            | Opcode::LOGIN_ID_SYSTEM => Ok(Self::Done),
            _ => Ok(Self::Unknown(reader.rest())),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Resolution(answer) => answer.put(out),
            Self::Creation(answer) => answer.put(out),
            Self::Listing(answer) => answer.put(out),
            Self::Verification(answer) => out.push(answer.flags),
            Self::SessionSetup(answer) => answer.put(out),
            Self::NextTxnId(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::TxnLog(answer) => out.push(answer.flags),
            Self::RegistryOrder(answer) => answer.put(out),
            Self::RegistryReading(answer) => answer.put(out),
            Self::Done => {}
            Self::Challenge(challenge) => challenge.put(out),
            Self::Referral(referral) => referral.put(out),
            Self::Failure(failure) => failure.put(out),
            Self::SiteInfo(octets) | Self::Unknown(octets) => out.extend_from_slice(octets),
        }
    }
}
