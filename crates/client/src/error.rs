//! Why a question was not answered.

use crypto::diffie_hellman::AgreementError;
use engine::administrator::Fault;
use engine::exchange::Disbelief;
use std::io;
use std::net::SocketAddr;

/// Tells why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer is silent: is its address right, does it run, does a firewall stand between?
    #[error("no answer from {server}; is the address right, and does the node run?")]
    Unanswered {
        /// Who was asked.
        server: SocketAddr,
    },
    /// The operating system refuses; mostly nobody listens there.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// The peer, or what stands before it, does not take messages over HTTP.
    #[error("over HTTP: {0}")]
    Http(String),
    /// The peer sent octets that are no message.
    #[error("what came is no message: {0}")]
    Wire(#[from] wire::Error),
    /// The peer sent a message that does not answer the question.
    #[error(transparent)]
    Disbelief(#[from] Disbelief),
    /// The peer refuses to go on, or is not to be believed.
    #[error("{0}")]
    Administration(#[source] Fault),
    /// No secret for a session comes about.
    #[error("no session: {0}")]
    Agreement(#[from] AgreementError),
}

impl Error {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
