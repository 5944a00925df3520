//! Why a message of a session, or the set-up of one, is refused, and the code that says so.

use crate::WeakForms;
use wire::ResponseCode;

/// The reason of a refusal, in words for the asker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no session with the id: there never was, or it is over. The asker sets one up.
    #[error("this node knows no session with that id; set one up anew")]
    Unknown,
    /// A set-up asks for another way to a key, none of which works in the field.
    #[error("sessions are set up with Diffie-Hellman only, which is mode 4")]
    Mode,
    /// A set-up names an identity that can be none.
    #[error("the identity of the session is longer than any identifier")]
    Identity,
    /// There are as many sessions as there may be, and all are in use by somebody proven.
    #[error("there is no room for another session; wait, nothing was done")]
    Full,
    /// A message bears no MAC of the session, or a wrong one; or it is encrypted and cannot be
    /// decrypted. Which of these it is nobody is told: from the difference whoever sends many
    /// changed copies of an encrypted message could learn what is in it.
    #[error("the message does not bear the right MAC of its session")]
    NotAuthentic,
    /// A message relies on something weak that is not allowed.
    #[error("this node does not take what is weak: {0}; speak a newer version of the protocol")]
    Weak(WeakForms),
    /// The number of the message came before, or is too far behind the highest.
    #[error("the number of the message came before in its session, or is too old")]
    Number,
    /// Somebody proved an identity in a session that another one set up.
    #[error("the session was set up for another identity")]
    OtherIdentity,
    /// A message that is not encrypted cannot be read.
    #[error("{0}")]
    Unreadable(#[from] wire::Error),
    /// An answer must be encrypted, and this version or cipher cannot.
    #[error("the answer must be encrypted, which this version or cipher cannot do")]
    NotEncrypted,
    /// All numbers for messages are used up; the asker sets up another session.
    #[error("the session has used up its numbers; set one up anew")]
    Exhausted,
}

impl Refusal {
    /// The response code that says it (RFC 3652 section 2.2.2.2, and the field's own).
    pub fn code(&self) -> ResponseCode {
        match self {
            Self::Unknown | Self::Exhausted => ResponseCode::SESSION_TIMEOUT,
            Self::Mode | Self::Identity => ResponseCode::INVALID_SESSION_SETUP,
            Self::Full => ResponseCode::SERVER_BUSY,
            Self::NotAuthentic | Self::Weak(_) => ResponseCode::INVALID_CREDENTIAL,
            Self::Number => ResponseCode::SESSION_MESSAGE_REJECTED,
            Self::OtherIdentity => ResponseCode::AUTHENTICATION_FAILED,
            Self::Unreadable(_) => ResponseCode::PROTOCOL_ERROR,
            Self::NotEncrypted => ResponseCode::SESSION_FAILED,
        }
    }
}
