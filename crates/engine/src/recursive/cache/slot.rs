//! What there is under one key: of each trust what was answered last, and whether nobody answered.
//!
//! Not here: how much of it there may be and what makes room ([`super::Cache`]).

use crate::Moment;
use crate::recursive::demand::{Trust, Wanted};
use crate::recursive::said::Said;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

/// What something kept costs beside its octets: its place in the table, its counters.
pub(super) const ITEM_OCTETS: usize = 256;

/// How often an entry must have been asked for to be asked for anew before its time is over.
const BUSY_HITS: u32 = 3;

/// What lives shorter than this is not asked for ahead of its end: that would be all the time.
const AHEAD_LIFE_MIN: Duration = Duration::from_secs(10);

/// How long after it was asked for anew ahead of its end it may be again: that may have come to
/// nothing, or there was no room for it. Beyond it a question that is still under way is joined.
const AHEAD_AGAIN_AFTER: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) hash: u64,
    pub(super) key: Box<[u8]>,
    /// Whether it was asked for since the hand passed.
    pub(super) was_used: bool,
    verified: Side,
    plain: Side,
}

/// What there is of one trust.
#[derive(Debug, Default)]
pub(super) struct Side {
    kept: Option<Kept>,
    /// Until when nobody is asked again: they did not answer.
    failed_until: Option<Moment>,
}

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) said: Arc<Said>,
    pub(super) since: Moment,
    pub(super) until: Moment,
    hits: u32,
    /// When it was asked for anew ahead of its end.
    renewed: Option<Moment>,
}

impl Kept {
    pub(super) fn new(said: Arc<Said>, since: Moment, until: Moment) -> Self {
        Self {
            said,
            since,
            until,
            hits: 0,
            renewed: None,
        }
    }

    /// That something was answered which may not be kept: what was before is told no more.
    pub(super) fn over(since: Moment) -> Self {
        Self::new(Arc::new(Said::NoSuchValues), since, since)
    }

    /// Counts that it was asked for, and says whether to walk for it now.
    pub(super) fn ask(&mut self, now: Moment, ahead_percent: u32) -> bool {
        self.hits = self.hits.saturating_add(1);
        let life = self.since.until(self.until);
        let is_near = now.until(self.until) * 100 < life * ahead_percent;
        let is_renewed = |at| now < at + AHEAD_AGAIN_AFTER;
        let is_due = is_near
            && self.hits >= BUSY_HITS
            && life >= AHEAD_LIFE_MIN
            && !self.renewed.is_some_and(is_renewed);
        if is_due {
            self.renewed = Some(now);
        }
        is_due
    }

    pub(super) fn age_seconds(&self, now: Moment) -> u32 {
        u32::try_from(self.since.until(now).as_secs()).unwrap_or(u32::MAX)
    }
}

impl Side {
    fn octets(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.said.octets())
    }

    fn since(&self) -> Option<Moment> {
        self.kept.as_ref().map(|kept| kept.since)
    }

    fn fresh(&mut self, now: Moment) -> Option<&mut Kept> {
        self.kept.as_mut().filter(|kept| now < kept.until)
    }

    pub(super) fn fail(&mut self, until: Moment) {
        self.failed_until = Some(until);
    }

    pub(super) fn has_failed(&self, now: Moment) -> bool {
        self.failed_until.is_some_and(|until| now < until)
    }

    /// Whether there is nothing any more that could be of use.
    fn is_over(&self, now: Moment, stale_max: Duration) -> bool {
        let is_gone = |kept: &Kept| now >= kept.until + stale_max;
        self.kept.as_ref().is_none_or(is_gone) && !self.has_failed(now)
    }
}

impl Slot {
    pub(super) fn new(hash: u64, key: &[u8]) -> Self {
        Self {
            hash,
            key: key.into(),
            was_used: false,
            verified: Side::default(),
            plain: Side::default(),
        }
    }

    pub(super) fn side(&mut self, trust: Trust) -> &mut Side {
        match trust {
            Trust::Verified => &mut self.verified,
            Trust::Plain => &mut self.plain,
        }
    }

    /// Takes what was answered. What is verified is good for all, so it takes the place of
    /// everything; what is not leaves to those who want proof what they have.
    pub(super) fn keep(&mut self, trust: Trust, kept: Kept) {
        if trust == Trust::Verified {
            self.plain = Side::default();
        }
        *self.side(trust) = Side {
            kept: Some(kept),
            failed_until: None,
        };
    }

    /// What an asker takes who asks now, and how it came about.
    pub(super) fn fresh(&mut self, wanted: Wanted, now: Moment) -> Option<(Trust, &mut Kept)> {
        let may_be_plain = match wanted {
            Wanted::Any => true,
            // Only while a verified one cannot be had.
            Wanted::Preferred => self.verified.has_failed(now),
            Wanted::Demanded => false,
        };
        // Who takes any is told what was said last.
        let is_outdated = wanted == Wanted::Any && self.plain.since() > self.verified.since();
        if !is_outdated && self.verified.fresh(now).is_some() {
            return Some((Trust::Verified, self.verified.fresh(now)?));
        }
        let kept = self.plain.fresh(now).filter(|_| may_be_plain)?;
        Some((Trust::Plain, kept))
    }

    /// What was answered last.
    pub(super) fn latest(&self) -> Option<&Kept> {
        let sides = [&self.plain, &self.verified].into_iter();
        let kept = sides.filter_map(|side| side.kept.as_ref());
        kept.max_by_key(|kept| kept.since)
    }

    pub(super) fn is_over(&self, now: Moment, stale_max: Duration) -> bool {
        let sides = [&self.plain, &self.verified];
        sides.iter().all(|side| side.is_over(now, stale_max))
    }

    pub(super) fn octets(&self) -> usize {
        self.key.len() + self.verified.octets() + self.plain.octets() + ITEM_OCTETS
    }
}
