//! How long the writer of a `strict` data set may acknowledge without asking, and when the next
//! writer may begin.
//!
//! The holder counts from the moment it *sent* the request; the registry counts from the time of
//! the entry, which is later. So the holder's lease is over first, whatever was lost or late in
//! between, unless clocks run at different speeds: for that there is [`Terms::drift_bound`]. A
//! writer checks its lease after the sync and before the answer; the answer then takes up to
//! [`Terms::answer_delay_max`] to leave. Not here: who may have a lease (`crate::registry`).

use crate::{Answer, Moment};
use model::octets::Reader;
use std::time::Duration;

/// How leases are counted: part of the registry, so that all count alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lasts.
    pub lease: Duration,
    /// How far two boot-time clocks may come apart within a lease and an answer's delay.
    pub drift_bound: Duration,
    /// How long an answer may take from the check of the lease until it has left. A writer that
    /// finds that it took longer must not send it.
    pub answer_delay_max: Duration,
}

impl Terms {
    /// A lease of 60 s: long enough for three tries at each of the seven, short enough that a
    /// take-over begins within about a minute. Clocks may each be wrong by 0.5 %, a hundred times
    /// what a quartz is.
    pub const USUAL: Self = Self {
        lease: Duration::from_mins(1),
        drift_bound: Duration::from_secs(1),
        answer_delay_max: Duration::from_secs(2),
    };

    /// How long after the end of a lease the next epoch starts.
    pub fn margin(&self) -> Duration {
        self.drift_bound + self.answer_delay_max
    }

    /// When a holder asks again: after a third of its lease, so that two tries may fail.
    pub fn renewal_interval(&self) -> Duration {
        self.lease / 3
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        for it in [self.lease, self.drift_bound, self.answer_delay_max] {
            out.extend_from_slice(&(it.as_micros() as u64).to_be_bytes());
        }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, model::Error> {
        let mut duration = || reader.u64("terms").map(Duration::from_micros);
        Ok(Self {
            lease: duration()?,
            drift_bound: duration()?,
            answer_delay_max: duration()?,
        })
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self::USUAL
    }
}

/// A lease as its holder knows it. A restart loses it, as it loses the clock it is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldLease {
    /// The epoch it is for.
    pub epoch: u64,
    /// Until when it holds, by the holder's own clock.
    pub until: Moment,
}

impl HeldLease {
    /// The lease that an answer gives to the request that was *first* sent at a moment; none if it
    /// gives none.
    pub fn new(sent: Moment, answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Leased { epoch, lease } => Some(Self {
                epoch: *epoch,
                until: sent + *lease,
            }),
            _ => None,
        }
    }

    /// Whether what is acknowledged now in an epoch is within the lease.
    pub fn covers(&self, epoch: u64, now: Moment) -> bool {
        self.epoch == epoch && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_counts_from_the_sending() {
        let answer = Answer::Leased {
            epoch: 3,
            lease: Terms::USUAL.lease,
        };
        let lease = HeldLease::new(Moment(5_000_000), &answer);
        let lease = lease.expect("a lease was given");
        assert!(lease.covers(3, Moment(64_999_999)));
        assert!(!lease.covers(3, Moment(65_000_000)), "it is over");
        assert!(!lease.covers(4, Moment(6_000_000)), "another epoch");
        assert_eq!(HeldLease::new(Moment(0), &Answer::Done { serial: 1 }), None);
    }

    /// The slowest holder against the fastest registry, at 0.5 % each.
    #[test]
    fn the_margin_outlasts_the_drift() {
        let terms = Terms::USUAL;
        let holder = (terms.lease + terms.answer_delay_max).as_secs_f64() / 0.995;
        let registry = (terms.lease + terms.margin()).as_secs_f64() / 1.005;
        assert!(holder < registry, "{holder} {registry}");
    }
}
