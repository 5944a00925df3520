//! Where a request comes from, and who asks, as far as that has been proven.
//!
//! Not here: how it is proven ([`super::authentication`]).

pub use model::audit::Means;
use wire::Identity;

/// Says where a request comes from, and so what it may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Somebody on the network, whom nobody has authenticated: may resolve.
    Network,
    /// The same within a session: what is not for everybody must be asked for with a proof.
    Session,
    /// Somebody who has proven an identity: may do what records say.
    Known(Known),
    /// Whoever runs this node, in its own process: may register too.
    Local,
}

/// Somebody who has proven an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The identity; its index is never 0, but for somebody whose key could be any of its record.
    pub identity: Identity,
    /// How it was proven.
    pub means: Means,
}

impl Origin {
    /// Whether a proof must be asked for before anything is done that is not for everybody.
    pub(super) fn is_nobody(&self) -> bool {
        matches!(self, Self::Network | Self::Session)
    }
}
