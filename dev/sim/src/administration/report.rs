//! What a history of administrators depends on, and what came of it.

use super::{Bug, Trouble};
use crate::history::History;
use crate::invariants::Violation;
use crate::network::Weather;
use std::time::Duration;

/// What a history depends on, beside its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How bad the network is.
    pub weather: Weather,
    /// What else goes wrong.
    pub trouble: Trouble,
    /// A bug to plant, when the simulator itself is tested.
    pub bug: Option<Bug>,
}

/// What is counted in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Orders that ended, however.
    pub orders: u64,
    /// Those that were answered with success.
    pub acknowledged: u64,
    /// Those whose outcome nobody knows.
    pub unknown: u64,
    /// Changes that askers made.
    pub changes: u64,
    /// Crashes of the node.
    pub crashes: u64,
    /// Events of every kind.
    pub events: u64,
}

impl Counts {
    /// Adds those of another history.
    pub fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.changes += other.changes;
        self.crashes += other.crashes;
        self.events += other.events;
    }
}

/// What came of a seed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What was counted.
    pub counts: Counts,
    /// How long the history lasted, by its own clock.
    pub lasted: Duration,
    /// Every event.
    pub history: History,
    /// The first invariant that did not hold, if any.
    pub broken: Option<Violation>,
}
