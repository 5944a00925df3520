//! Why nothing more can be asked on a connection. Not here: refusals of single orders, which are
//! answers.

use crate::exchange::Disbelief;
use crate::sessions::Refusal;
use alloc::string::String;
use wire::{ResponseCode, Version};

/// Tells why nothing more can be asked on a connection, in words for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The node, or somebody in between, does not go on: most often it no longer knows the session.
    #[error("the node does not go on: {code} {text}")]
    Refused {
        /// What the node says.
        code: ResponseCode,
        /// Its words.
        text: String,
    },
    /// An answer is not signed with the key of the site that was named.
    #[error(
        "the answer ({code}) is not signed with the given key of the site, so it is not believed"
    )]
    NotSigned {
        /// What it said.
        code: ResponseCode,
    },
    /// What came does not answer what was asked.
    #[error(transparent)]
    Disbelief(#[from] Disbelief),
    /// What came is no message.
    #[error("what came is no message: {0}")]
    Wire(#[from] wire::Error),
    /// What came is not of the session, or cannot be sent in it.
    #[error("the session is broken: {0}")]
    Session(#[from] Refusal),
    /// The challenge names the request by a digest that can be forged, or by none.
    #[error("the node's challenge has no SHA-256 digest of the request, so nothing is proven")]
    WeakChallenge,
    /// The node speaks a version whose proofs are weak.
    #[error("the node speaks version {version} only; proofs and sessions are made from 2.7 on")]
    OldPeer {
        /// The version.
        version: Version,
    },
    /// The private key makes no proofs.
    #[error("the key cannot sign challenges of this node")]
    Key,
    /// The connection was lost in the middle of a long answer.
    #[error("the connection was lost in the middle of an answer; ask again")]
    PartLost,
}

impl Fault {
    /// Whether the session is over, and another may do.
    pub fn is_session_over(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: ResponseCode::SESSION_TIMEOUT,
                ..
            } | Self::Session(Refusal::Exhausted)
        )
    }
}
