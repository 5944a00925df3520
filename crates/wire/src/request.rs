//! What a request asks, by operation.

use crate::challenge::ChallengeResponse;
use crate::identifier::IdentifierRequest;
use crate::login::LoginRequest;
use crate::registry::{OrderRequest, ReadingRequest};
use crate::replication::{DumpRequest, TxnLogRequest};
use crate::resolution::ResolutionRequest;
use crate::session::{KeyRequest, SetupRequest};
use crate::values::{RemovalRequest, ValuesRequest};
use crate::verification::VerificationRequest;
use crate::{Error, Message, Opcode};
use bytes::Bytes;

/// The body of a request. Decoding and encoding are exact inverses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Operation 1.
    Resolution(ResolutionRequest),
    /// Operation 2.
    SiteInfo(IdentifierRequest),
    /// Operation 100.
    Creation(ValuesRequest),
    /// Operation 101.
    Deletion(IdentifierRequest),
    /// Operation 102.
    Addition(ValuesRequest),
    /// Operation 103.
    Removal(RemovalRequest),
    /// Operation 104.
    Modification(ValuesRequest),
    /// Operation 105.
    Listing(IdentifierRequest),
    /// Operation 106.
    DerivedListing(IdentifierRequest),
    /// Operation 200.
    ChallengeResponse(ChallengeResponse),
    /// Operation 201.
    Verification(VerificationRequest),
    /// Operation 300.
    Homing(IdentifierRequest),
    /// Operation 301.
    Unhoming(IdentifierRequest),
    /// Operation 302.
    HomedListing(IdentifierRequest),
    /// Operation 400.
    SessionSetup(SetupRequest),
    /// Operation 401.
    SessionEnd(IdentifierRequest),
    /// Operation 402.
    SessionKey(KeyRequest),
    /// Operation 1000.
    NextTxnId(IdentifierRequest),
    /// Operation 1001.
    TxnLog(TxnLogRequest),
    /// Operation 1002.
    Dump(DumpRequest),
    /// Operation 1003.
    Backup(IdentifierRequest),
    /// Operation 2001.
    Login(LoginRequest),
    /// Our own operation for orders to the registry.
    RegistryOrder(OrderRequest),
    /// Our own operation for questions about the registry.
    RegistryReading(ReadingRequest),
    /// An operation that this room does not know, or not yet, and the octets of its body.
    Unknown(Opcode, Bytes),
}

impl Request {
    /// Reads the body of a request by its operation.
    ///
    /// # Errors
    /// The body is not what the operation says.
    pub fn decode(message: &Message) -> Result<Self, Error> {
        let body = message.body.clone();
        match message.header.opcode {
            Opcode::RESOLUTION => ResolutionRequest::decode(body).map(Self::Resolution),
            Opcode::GET_SITE_INFO => IdentifierRequest::decode(body).map(Self::SiteInfo),
            Opcode::CREATE_HANDLE => ValuesRequest::decode(body).map(Self::Creation),
            Opcode::DELETE_HANDLE => IdentifierRequest::decode(body).map(Self::Deletion),
            Opcode::ADD_VALUE => ValuesRequest::decode(body).map(Self::Addition),
            Opcode::REMOVE_VALUE => RemovalRequest::decode(body).map(Self::Removal),
            Opcode::MODIFY_VALUE => ValuesRequest::decode(body).map(Self::Modification),
            Opcode::LIST_HANDLES => IdentifierRequest::decode(body).map(Self::Listing),
            Opcode::LIST_DERIVED => IdentifierRequest::decode(body).map(Self::DerivedListing),
            Opcode::CHALLENGE_RESPONSE => {
                ChallengeResponse::decode(body).map(Self::ChallengeResponse)
            }
            Opcode::VERIFY_CHALLENGE => VerificationRequest::decode(body).map(Self::Verification),
            Opcode::HOME_PREFIX => IdentifierRequest::decode(body).map(Self::Homing),
            Opcode::UNHOME_PREFIX => IdentifierRequest::decode(body).map(Self::Unhoming),
            Opcode::LIST_HOMED => IdentifierRequest::decode(body).map(Self::HomedListing),
            Opcode::SESSION_SETUP => SetupRequest::decode(body).map(Self::SessionSetup),
            Opcode::SESSION_TERMINATE => IdentifierRequest::decode(body).map(Self::SessionEnd),
            Opcode::SESSION_EXCHANGE_KEY => KeyRequest::decode(body).map(Self::SessionKey),
            Opcode::NEXT_TXN_ID => IdentifierRequest::decode(body).map(Self::NextTxnId),
            Opcode::RETRIEVE_TXN_LOG => {
                TxnLogRequest::decode(body, message.envelope.version).map(Self::TxnLog)
            }
            Opcode::DUMP_HANDLES => DumpRequest::decode(body).map(Self::Dump),
            Opcode::BACKUP_SERVER => IdentifierRequest::decode(body).map(Self::Backup),
            Opcode::LOGIN_ID_SYSTEM => LoginRequest::decode(body).map(Self::Login),
            Opcode::REGISTRY_ORDER => OrderRequest::decode(body).map(Self::RegistryOrder),
            Opcode::REGISTRY_READING => ReadingRequest::decode(body).map(Self::RegistryReading),
            unknown => Ok(Self::Unknown(unknown, body)),
        }
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Resolution(body) => body.encode(),
            Self::Creation(body) | Self::Addition(body) | Self::Modification(body) => body.encode(),
            Self::Removal(body) => body.encode(),
            Self::SiteInfo(body)
            | Self::Deletion(body)
            | Self::Listing(body)
            | Self::DerivedListing(body)
            | Self::Homing(body)
            | Self::Unhoming(body)
            | Self::HomedListing(body)
            | Self::SessionEnd(body)
            | Self::NextTxnId(body)
            | Self::Backup(body) => body.encode(),
            Self::ChallengeResponse(body) => body.encode(),
            Self::Verification(body) => body.encode(),
            Self::SessionSetup(body) => body.encode(),
            Self::SessionKey(body) => body.encode(),
            Self::TxnLog(body) => body.encode(),
            Self::Dump(body) => body.encode(),
            Self::Login(body) => body.encode(),
            Self::RegistryOrder(body) => body.encode(),
            Self::RegistryReading(body) => body.encode(),
            Self::Unknown(_, octets) => octets.clone(),
        }
    }
}
