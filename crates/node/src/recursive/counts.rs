//! What a recursive resolver has done so far, counted. Not here: the text that is made of it
//! (`metrics`).

use engine::recursive::CacheCounts;
use engine::resolver::{Failure, Why};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why walks failed, as it is counted.
const KINDS: [&str; 6] = [
    "unanswered",
    "unverified",
    "no_servers",
    "loop",
    "limit",
    "other",
];

/// Counts what is rare; what is kept counts the rest itself.
#[derive(Debug, Default)]
pub(super) struct Counts {
    serials: AtomicU64,
    walks: AtomicU64,
    renewals: AtomicU64,
    joined: AtomicU64,
    referrals: AtomicU64,
    full: AtomicU64,
    turned_away: AtomicU64,
    failures: [AtomicU64; KINDS.len()],
}

/// What was counted since the node was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RecursiveCounted {
    /// What was kept and told.
    pub(crate) cache: CacheCounts,
    /// Walks that were made.
    pub(crate) walks: u64,
    /// Of these, ahead of the end of what was kept.
    pub(crate) renewals: u64,
    /// Questions that waited for a walk which was under way already.
    pub(crate) joined: u64,
    /// Questions that were referred to others.
    pub(crate) referrals: u64,
    /// Questions for which there was no room.
    pub(crate) full: u64,
    /// Questions of those who may not ask.
    pub(crate) turned_away: u64,
    /// Walks under way.
    pub(crate) under_way: u64,
    /// Walks that failed, by why.
    pub(crate) failures: [(&'static str, u64); KINDS.len()],
}

impl Counts {
    /// A number that is not used again; never 0.
    pub(super) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn count_walk(&self) {
        add(&self.walks);
    }

    pub(super) fn count_renewal(&self) {
        add(&self.renewals);
    }

    pub(super) fn count_joined(&self) {
        add(&self.joined);
    }

    pub(super) fn count_referral(&self) {
        add(&self.referrals);
    }

    pub(super) fn count_full(&self) {
        add(&self.full);
    }

    pub(super) fn count_turned_away(&self) {
        add(&self.turned_away);
    }

    pub(super) fn count_failure(&self, failure: &Failure, is_of_trust: bool) {
        let kind = match failure.why {
            _ if is_of_trust => "unverified",
            Why::NobodyAnswered => "unanswered",
            Why::NobodyToAsk(_) | Why::NoSites => "no_servers",
            Why::Loop => "loop",
            Why::Limit(_) => "limit",
            _ => "other",
        };
        let counts = KINDS.iter().zip(&self.failures);
        for (_, count) in counts.filter(|(name, _)| **name == kind) {
            add(count);
        }
    }

    /// All that was counted, with what each part of what is kept has counted.
    pub(super) fn read(
        &self,
        parts: impl Iterator<Item = CacheCounts>,
        under_way: usize,
    ) -> RecursiveCounted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut failures = KINDS.map(|kind| (kind, 0));
        for ((_, count), counter) in failures.iter_mut().zip(&self.failures) {
            *count = read(counter);
        }
        RecursiveCounted {
            cache: parts.fold(CacheCounts::default(), sum),
            walks: read(&self.walks),
            renewals: read(&self.renewals),
            joined: read(&self.joined),
            referrals: read(&self.referrals),
            full: read(&self.full),
            turned_away: read(&self.turned_away),
            under_way: under_way as u64,
            failures,
        }
    }
}

fn sum(one: CacheCounts, other: CacheCounts) -> CacheCounts {
    CacheCounts {
        hits: one.hits + other.hits,
        negative_hits: one.negative_hits + other.negative_hits,
        stale_hits: one.stale_hits + other.stale_hits,
        failure_hits: one.failure_hits + other.failure_hits,
        misses: one.misses + other.misses,
        evicted: one.evicted + other.evicted,
        entries: one.entries + other.entries,
        octets: one.octets + other.octets,
    }
}

/// Counters say nothing about other memory, so no order is needed.
fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
