//! A small exhaustive model of take-over and hand-back: one data set, its holder, a recovery site
//! and the registry; every order in which anything can happen, within bounds.
//!
//! The registry is the real one of the room `quorum`. The nodes are made of its rules: a lease, a
//! log that a crash cuts where it was synced, a copy that follows, and a tail that is offered by
//! who returns. A message is lost where what it brings does not happen, and late where it happens
//! later; what is sent stays, so that it may come twice.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `handback/moves` | what can happen, and what is so then? |
//! | `handback/returning` | what happens between a writer and who returns? |
//! | `handback/judge` | what must be so in every state? |
//! | `handback/state` | what is so at a moment? |
//! | `handback/desk` | what does the registry do? |
//! | `handback/search` | how is everything looked at? |
//! | `handback/planted` | which mistakes must be found? |
//!
//! Not here: what a node really does with a tail (`engine::replication::tail`), and how members
//! agree (`crate::quorum`).

mod desk;
mod judge;
mod moves;
mod planted;
mod returning;
mod search;
mod state;
#[cfg(test)]
mod tests;

pub use judge::Seen;
pub use planted::Bug;
pub use search::Found;

/// On which terms the data set is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Leases; whoever takes over has everything.
    Strict,
    /// No leases; whoever stands in has the reserved part alone.
    Sovereign,
}

/// When something is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// When it is durable at the writer, whose disk is never lost then.
    Local,
    /// When it is durable at the copy as well; then one disk may be lost.
    One,
}

/// How much may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many changes clients ask for; at most 6.
    pub writes: u8,
    /// The highest epoch that is granted.
    pub epochs: u8,
    /// How many crashes there are.
    pub crashes: u8,
    /// How many ticks the registry's clock is ahead of the others' at most; one is what the margin
    /// of the next epoch allows for.
    pub drifts: u8,
    /// How many states are looked at.
    pub states_max: usize,
}

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// On which terms the data set is held.
    pub kind: Kind,
    /// When something is acknowledged.
    pub policy: Policy,
    /// How much may happen.
    pub bounds: Bounds,
    /// A bug to plant, when the model itself is tested.
    pub bug: Option<Bug>,
}

/// Looks at everything that can happen.
pub fn run(settings: &Settings) -> (Found, Seen) {
    let mut model = moves::Tree::new(*settings);
    let found = search::search(&mut model, settings.bounds.states_max);
    (found, model.seen)
}
