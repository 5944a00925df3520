//! What a request asks, by operation.

use crate::creation::CreationRequest;
use crate::resolution::ResolutionRequest;
use crate::{Error, Message, Opcode};

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Operation 1.
    Resolution(ResolutionRequest),
    /// Operation 100.
    Creation(CreationRequest),
    /// An operation that this room does not know, or not yet.
    Unknown(Opcode),
}

impl Request {
    /// Reads the body of a request by its operation.
    ///
    /// # Errors
    /// The body is not what the operation says.
    pub fn decode(message: &Message) -> Result<Self, Error> {
        match message.header.opcode {
            Opcode::RESOLUTION => {
                ResolutionRequest::decode(message.body.clone()).map(Self::Resolution)
            }
            Opcode::CREATE_HANDLE => {
                CreationRequest::decode(message.body.clone()).map(Self::Creation)
            }
            unknown => Ok(Self::Unknown(unknown)),
        }
    }
}
