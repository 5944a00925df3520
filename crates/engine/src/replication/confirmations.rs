//! When a change has been made durable by enough copies to be acknowledged.
//!
//! A copy says up to which transaction everything is durable with it. Whoever has been promised
//! more than this node's own disk waits for that; if it does not come in time they are told that
//! the outcome is unknown, and the change stays. Not here: how copies say it, clocks.

use crate::Moment;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

/// What must have happened before a change is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Policy {
    /// It is durable here.
    #[default]
    Local,
    /// It is also durable with one copy.
    One,
    /// It is durable with more than half of all: the copies that count, and this node.
    Majority,
}

impl Policy {
    /// How many copies must have confirmed, of so many that count.
    ///
    /// ```
    /// use engine::replication::Policy;
    ///
    /// assert_eq!(Policy::One.copies_needed(5), 1);
    /// assert_eq!(Policy::Majority.copies_needed(1), 1); // two of two
    /// assert_eq!(Policy::Majority.copies_needed(2), 1); // two of three
    /// assert_eq!(Policy::Majority.copies_needed(4), 2); // three of five
    /// ```
    pub fn copies_needed(self, copies_count: usize) -> usize {
        match self {
            Self::Local => 0,
            Self::One => 1,
            // Of n + 1 in all, more than half, less the one that is this node.
            Self::Majority => copies_count.div_ceil(2),
        }
    }
}

/// Who waits for copies, and up to where each copy has come. `W` is whoever waits.
#[derive(Debug)]
pub struct Confirmations<W> {
    /// Up to which place of the log each copy has everything.
    confirmed: Vec<u64>,
    /// By the place that is waited for, then in the order they came.
    waiting: BTreeMap<(u64, u64), Waiting<W>>,
    /// The same by when they wait no longer.
    deadlines: BTreeSet<(Moment, u64, u64)>,
    count: u64,
}

#[derive(Debug)]
struct Waiting<W> {
    needed: usize,
    deadline: Moment,
    who: W,
}

impl<W> Confirmations<W> {
    /// Of so many copies, none of which has said anything.
    pub fn new(copies_count: usize) -> Self {
        Self {
            confirmed: vec![0; copies_count],
            waiting: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            count: 0,
        }
    }

    /// How many wait.
    pub fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Up to where each copy has everything.
    pub fn confirmed(&self) -> &[u64] {
        &self.confirmed
    }

    /// Whether enough copies have everything up to a place.
    pub fn is_met(&self, position: u64, needed: usize) -> bool {
        let having = self.confirmed.iter().filter(|it| **it >= position);
        having.count() >= needed
    }

    /// Has somebody wait until `needed` copies have everything up to a place; gives them back if
    /// that is so already.
    pub fn wait(&mut self, position: u64, needed: usize, deadline: Moment, who: W) -> Option<W> {
        if self.is_met(position, needed) {
            return Some(who);
        }
        self.count += 1;
        self.deadlines.insert((deadline, position, self.count));
        let waiting = Waiting {
            needed,
            deadline,
            who,
        };
        self.waiting.insert((position, self.count), waiting);
        None
    }

    /// Takes it that a copy has everything up to a place; gives all who wait no longer, in order.
    ///
    /// What a copy has said before stays true if it says less: it may be a copy made anew from the
    /// beginning, whose folder was lost; then [`Confirmations::forget`] has been called.
    pub fn confirm(&mut self, copy: usize, position: u64) -> Vec<W> {
        let Some(confirmed) = self.confirmed.get_mut(copy) else {
            return Vec::new();
        };
        if position <= *confirmed {
            return Vec::new();
        }
        *confirmed = position;
        let up_to = (position, u64::MAX);
        let reached = self.waiting.range(..=up_to);
        let met = reached.filter(|((at, _), waiting)| self.is_met(*at, waiting.needed));
        let met: Vec<_> = met.map(|(key, _)| *key).collect();
        met.into_iter().filter_map(|key| self.take(key)).collect()
    }

    /// Takes it that nothing is known any more of what a copy has: it begins anew.
    pub fn forget(&mut self, copy: usize) {
        if let Some(confirmed) = self.confirmed.get_mut(copy) {
            *confirmed = 0;
        }
    }

    /// When somebody stops waiting next.
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.deadlines.first().map(|(deadline, ..)| *deadline)
    }

    /// Gives all who have waited for too long.
    pub fn handle_timeout(&mut self, now: Moment) -> Vec<W> {
        let mut late = Vec::new();
        while let Some(&(deadline, position, count)) = self.deadlines.first()
            && deadline <= now
        {
            late.extend(self.take((position, count)));
        }
        late
    }

    /// Gives all that wait: no copy will say anything more.
    pub fn end(&mut self) -> Vec<W> {
        self.deadlines.clear();
        let waiting = core::mem::take(&mut self.waiting);
        waiting.into_values().map(|waiting| waiting.who).collect()
    }

    fn take(&mut self, key: (u64, u64)) -> Option<W> {
        let waiting = self.waiting.remove(&key)?;
        self.deadlines.remove(&(waiting.deadline, key.0, key.1));
        Some(waiting.who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nobody_is_told_before_enough_copies_have_it() {
        let mut of = Confirmations::new(3);
        assert_eq!(of.wait(5, 0, Moment(9), 'a'), Some('a'));
        assert_eq!(of.wait(5, 2, Moment(9), 'b'), None);
        assert_eq!(of.wait(6, 1, Moment(9), 'c'), None);
        assert!(of.confirm(0, 4).is_empty());
        assert!(of.confirm(0, 5).is_empty(), "one of two");
        assert!(of.confirm(0, 5).is_empty(), "the same copy twice is one");
        assert_eq!(of.confirm(1, 6), ['b', 'c']);
        assert_eq!(of.wait(6, 1, Moment(9), 'd'), Some('d'));
        assert_eq!((of.waiting_count(), of.poll_timeout()), (0, None));
        assert!(of.confirm(7, 100).is_empty(), "an unknown copy is none");
        assert_eq!(of.wait(100, 1, Moment(9), 'e'), None);
    }

    #[test]
    fn who_waits_for_too_long_is_given_back_once() {
        let mut of = Confirmations::new(1);
        for (position, deadline, who) in [(1, 30, 'a'), (2, 10, 'b'), (3, 20, 'c')] {
            assert_eq!(of.wait(position, 1, Moment(deadline), who), None);
        }
        assert_eq!(of.poll_timeout(), Some(Moment(10)));
        assert!(of.handle_timeout(Moment(9)).is_empty());
        assert_eq!(of.handle_timeout(Moment(20)), ['b', 'c']);
        assert_eq!(of.confirm(0, 3), ['a']);
        assert!(of.handle_timeout(Moment(99)).is_empty());
    }

    #[test]
    fn at_the_end_all_are_given_back_once() {
        let mut of = Confirmations::new(1);
        for (position, who) in [(1, 'a'), (3, 'b')] {
            assert_eq!(of.wait(position, 1, Moment(9), who), None);
        }
        assert_eq!(of.end(), ['a', 'b']);
        assert_eq!((of.waiting_count(), of.poll_timeout()), (0, None));
        assert!(of.end().is_empty() && of.confirm(0, 3).is_empty());
    }

    #[test]
    fn a_copy_made_anew_has_nothing_until_it_says_so() {
        let mut of = Confirmations::<char>::new(1);
        of.confirm(0, 10);
        assert!(of.is_met(10, 1));
        of.forget(0);
        assert!(!of.is_met(1, 1));
        assert!(of.confirm(0, 3).is_empty());
        assert!(of.is_met(3, 1) && !of.is_met(4, 1));
    }

    proptest! {
        /// Whoever is told has what was promised, and nobody is forgotten.
        #[test]
        fn all_are_told_when_it_is_true_and_not_before(
            waits in prop::collection::vec((1..20_u64, 0..4_usize), 0..30),
            says in prop::collection::vec((0..3_usize, 1..20_u64), 0..30),
        ) {
            let mut of = Confirmations::new(3);
            let mut open = Vec::new();
            for (at, &(position, needed)) in waits.iter().enumerate() {
                if of.wait(position, needed, Moment(1), at).is_none() {
                    open.push(at);
                }
            }
            for (copy, position) in says {
                for told in of.confirm(copy, position) {
                    let (position, needed) = waits[told];
                    prop_assert!(of.is_met(position, needed));
                    open.retain(|it| *it != told);
                }
            }
            prop_assert!(open.iter().all(|&at| !of.is_met(waits[at].0, waits[at].1)));
            prop_assert_eq!(of.waiting_count(), open.len());
            prop_assert_eq!(of.handle_timeout(Moment(1)).len(), open.len());
        }
    }
}
