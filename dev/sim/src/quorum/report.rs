//! What a history of members depends on, and what came of it.

use super::{Bug, Faults};
use crate::history::History;
use crate::invariants::Violation;
use std::time::Duration;

/// What a history depends on, beside its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What goes wrong.
    pub faults: Faults,
    /// A bug to plant, when the simulator itself is tested.
    pub bug: Option<Bug>,
}

/// What is counted in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests that ended, however.
    pub requests: u64,
    /// Those that were answered, with success or refused.
    pub answered: u64,
    /// Those whose outcome nobody knows, or which nobody took.
    pub unanswered: u64,
    /// Entries that were agreed on.
    pub entries: u64,
    /// What holders acknowledged under a lease.
    pub acknowledged: u64,
    /// Epochs that were granted.
    pub epochs: u64,
    /// Crashes of members.
    pub crashes: u64,
    /// Events of every kind.
    pub events: u64,
}

impl Counts {
    /// Adds those of another history.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.unanswered += other.unanswered;
        self.entries += other.entries;
        self.acknowledged += other.acknowledged;
        self.epochs += other.epochs;
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
    /// Every event that matters.
    pub history: History,
    /// The first invariant that did not hold, if any.
    pub broken: Option<Violation>,
}
