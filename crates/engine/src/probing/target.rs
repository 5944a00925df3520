//! One target: the probes that count, since when it is judged as it is, and for how long it was
//! down.
//!
//! Between two probes the judgement changes only when one becomes too old. These moments are gone
//! through one by one, so what comes out does not depend on when anybody asks.

use super::{
    Judgement, PROBERS_COUNT_MAX, PROBES_MIN, PROBES_PER_PROBER_MAX, Probe, Shown, Standing, Terms,
    WISHED_AGAIN, Wish,
};
use crate::Moment;
use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

/// How many times of being down are remembered of one target. Beyond it the oldest is forgotten, so
/// that too little is counted and nobody proposed for it.
const SPANS_COUNT_MAX: usize = 1024;

/// A valid probe.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Moment,
    has_failed: bool,
}

/// A time for which the target was down.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Moment,
    to: Moment,
}

#[derive(Debug)]
pub(super) struct Target<P> {
    /// Of each prober the latest, the newest last.
    probes: BTreeMap<P, VecDeque<Seen>>,
    judgement: Judgement,
    /// Since when it is judged so.
    since: Moment,
    /// Up to when everything is counted.
    counted_to: Moment,
    spans: VecDeque<Span>,
    standing: Standing,
    /// When what is wished for now was told.
    wished: Option<Moment>,
}

impl<P: Ord> Target<P> {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            probes: BTreeMap::new(),
            judgement: Judgement::Unknown,
            since: now,
            counted_to: now,
            spans: VecDeque::new(),
            standing: Standing::Nothing,
            wished: None,
        }
    }

    pub(super) fn handle_probe(&mut self, now: Moment, prober: P, probe: Probe, terms: &Terms) {
        self.advance(now, terms);
        let has_failed = match probe {
            Probe::Void => return,
            Probe::Answered => false,
            Probe::Failed => true,
        };
        if self.probes.len() >= PROBERS_COUNT_MAX && !self.probes.contains_key(&prober) {
            return;
        }
        let at = self.counted_to;
        let seen = self.probes.entry(prober).or_default();
        seen.push_back(Seen { at, has_failed });
        if seen.len() > PROBES_PER_PROBER_MAX {
            seen.pop_front();
        }
        self.judge(terms);
    }

    pub(super) fn handle_standing(&mut self, standing: Standing) {
        if standing == self.standing {
            return;
        }
        if standing == Standing::Nothing {
            // Withdrawn or handed back: what led to it has been judged.
            self.spans.clear();
        }
        self.standing = standing;
        self.wished = None;
    }

    pub(super) fn poll_wish(&mut self, now: Moment, terms: &Terms) -> Option<Wish> {
        self.advance(now, terms);
        let wish = match self.standing {
            Standing::Nothing if self.down(terms) > terms.down_max => Wish::Propose,
            Standing::Proposed if self.has_recovered(terms) => Wish::Withdraw,
            _ => {
                self.wished = None;
                return None;
            }
        };
        let now = self.counted_to;
        if self.wished.is_some_and(|told| now < told + WISHED_AGAIN) {
            return None;
        }
        self.wished = Some(now);
        Some(wish)
    }

    pub(super) fn shown(&mut self, now: Moment, terms: &Terms) -> Shown {
        self.advance(now, terms);
        let (valid, failed) = self.counts();
        Shown {
            judgement: self.judgement,
            valid,
            failed,
            down: self.down(terms),
        }
    }

    /// Goes on to a moment, past all at which a probe becomes too old.
    fn advance(&mut self, now: Moment, terms: &Terms) {
        let now = now.max(self.counted_to);
        while let Some(end) = self.next_end(terms).filter(|end| *end <= now) {
            self.count_to(end);
            for seen in self.probes.values_mut() {
                seen.retain(|it| it.at + terms.counted > end);
            }
            self.probes.retain(|_, seen| !seen.is_empty());
            self.judge(terms);
        }
        self.count_to(now);
        let begins = Moment(now.0.saturating_sub(milliseconds(terms.window)));
        while self.spans.front().is_some_and(|span| span.to <= begins) {
            self.spans.pop_front();
        }
    }

    /// When the next probe becomes too old.
    fn next_end(&self, terms: &Terms) -> Option<Moment> {
        let oldest = self.probes.values().filter_map(VecDeque::front);
        oldest.map(|seen| seen.at + terms.counted).min()
    }

    /// Counts the time since it was counted last, for which the judgement was the same.
    fn count_to(&mut self, to: Moment) {
        let from = self.counted_to;
        self.counted_to = to.max(from);
        if self.judgement != Judgement::Down || to <= from {
            return;
        }
        match self.spans.back_mut() {
            Some(span) if span.to == from => span.to = to,
            _ => self.spans.push_back(Span { from, to }),
        }
        if self.spans.len() > SPANS_COUNT_MAX {
            self.spans.pop_front();
        }
    }

    fn judge(&mut self, terms: &Terms) {
        let (valid, failed) = self.counts();
        let judgement = if valid < PROBES_MIN {
            Judgement::Unknown
        } else if failed * 100 >= valid * usize::from(terms.down_percent) {
            Judgement::Down
        } else {
            Judgement::Up
        };
        if judgement != self.judgement {
            self.judgement = judgement;
            self.since = self.counted_to;
        }
    }

    /// How many probes count, and how many of them failed.
    fn counts(&self) -> (usize, usize) {
        let valid = self.probes.values().map(VecDeque::len).sum();
        let seen = self.probes.values().flatten();
        (valid, seen.filter(|it| it.has_failed).count())
    }

    /// For how long it was down within the window.
    fn down(&self, terms: &Terms) -> Duration {
        let begins = self.counted_to.0.saturating_sub(milliseconds(terms.window));
        let spans = self.spans.iter();
        let down = spans.map(|span| span.from.max(Moment(begins)).until(span.to));
        down.sum()
    }

    /// Whether it was up for long enough, up to now.
    fn has_recovered(&self, terms: &Terms) -> bool {
        self.judgement == Judgement::Up && self.since + terms.down_max <= self.counted_to
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
