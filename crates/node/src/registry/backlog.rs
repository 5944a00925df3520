//! What the store was given and has not written yet, and who waits for it.
//!
//! What it is given has no holes: once an effect was left out, because too many wait or because the
//! store failed, those that follow are left out too, until everything is compared. A store that
//! said how far it has followed beyond a hole would never look at the hole again. Whoever waits for
//! what was left out is told that nobody knows, and so is whoever has waited too long.
//!
//! Not here: how anything is written (`storing`), and what is (`driver`).

use quorum::{ANSWER_TIMEOUT, Outcome};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many effects may wait for the store. Beyond it they are left out, and everything is compared
/// when it has caught up.
const EFFECTS_COUNT_MAX: u64 = 4096;

/// How long to wait until everything is compared.
const RETRY: Duration = Duration::from_secs(1);

/// How long an answer waits for the store.
const PATIENCE: Duration = ANSWER_TIMEOUT;

/// The effects and answers that wait; `T` is who is answered.
pub(super) struct Backlog<T> {
    /// How many effects were given to the store, how many of them it is through with, and up to
    /// which one it has written them all.
    given: u64,
    passed: u64,
    stored: u64,
    /// The last one that was everything.
    last_all: u64,
    /// When everything is given, if something was left out or failed.
    again: Option<Instant>,
    answers: VecDeque<Waiting<T>>,
}

struct Waiting<T> {
    /// How many effects must be written before.
    needed: u64,
    until: Instant,
    tell: T,
    outcome: Outcome,
}

impl<T> Backlog<T> {
    pub(super) fn new() -> Self {
        Self {
            given: 0,
            passed: 0,
            stored: 0,
            last_all: 0,
            again: None,
            answers: VecDeque::new(),
        }
    }

    /// How many effects are not written yet.
    pub(super) fn unstored(&self) -> u64 {
        self.given - self.stored
    }

    /// How many wait for an answer.
    pub(super) fn answers_count(&self) -> usize {
        self.answers.len()
    }

    /// Whether the effect of one entry is given to the store; if so it counts.
    pub(super) fn admit_one(&mut self, now: Instant) -> bool {
        let is_full = self.given - self.passed >= EFFECTS_COUNT_MAX;
        if is_full || self.again.is_some() {
            self.give_all_later(now);
            return false;
        }
        self.given += 1;
        true
    }

    /// Counts that everything is given to the store, in which is all that was left out.
    pub(super) fn admit_all(&mut self) {
        self.given += 1;
        self.last_all = self.given;
        self.again = None;
    }

    /// Has everything given to the store later.
    pub(super) fn give_all_later(&mut self, now: Instant) {
        // Not moved on by what happens meanwhile: it would never come.
        self.again.get_or_insert(now + RETRY);
    }

    /// Whether everything is to be given now: not while anything waits, or a store that hangs would
    /// be given everything every second.
    pub(super) fn is_all_due(&self, now: Instant) -> bool {
        self.passed == self.given && self.again.is_some_and(|at| at <= now)
    }

    /// Notes that so many effects are written.
    pub(super) fn note_stored(&mut self, count: u64) {
        self.passed = count;
        self.stored = count;
    }

    /// Notes that an effect could not be written; whether it matters.
    pub(super) fn note_failed(&mut self, count: u64, now: Instant) -> bool {
        self.passed = count;
        if count < self.last_all {
            return false;
        }
        self.give_all_later(now);
        true
    }

    /// Takes an answer that is given when the store has all that it was given before.
    pub(super) fn answer(&mut self, tell: T, outcome: Outcome, now: Instant) {
        self.answers.push_back(Waiting {
            needed: self.given,
            until: now + PATIENCE,
            tell,
            // It may be about what was left out.
            outcome: match self.again {
                Some(_) => Outcome::Unknown,
                None => outcome,
            },
        });
    }

    /// The next answer that can be given.
    pub(super) fn take_answer(&mut self, now: Instant) -> Option<(T, Outcome)> {
        let first = self.answers.front()?;
        let is_stored = first.needed <= self.stored;
        let is_lost = self.again.is_some() || first.until <= now;
        if !is_stored && !is_lost {
            return None;
        }
        let first = self.answers.pop_front()?;
        let outcome = if is_stored {
            first.outcome
        } else {
            Outcome::Unknown
        };
        Some((first.tell, outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorum::{Answer, Position};

    fn done() -> Outcome {
        Outcome::Answered(Answer::Done { serial: 1 }, Position::default())
    }

    fn taken(backlog: &mut Backlog<u32>, now: Instant) -> Vec<(u32, Outcome)> {
        std::iter::from_fn(|| backlog.take_answer(now)).collect()
    }

    #[test]
    fn answers_wait_for_what_was_given_before() {
        let mut backlog = Backlog::new();
        let now = Instant::now();
        backlog.answer(0, done(), now);
        assert!(backlog.admit_one(now));
        backlog.answer(1, done(), now);
        assert!(backlog.admit_one(now));
        backlog.answer(2, Outcome::Busy, now);
        assert_eq!(taken(&mut backlog, now), [(0, done())]);
        backlog.note_stored(1);
        assert_eq!(taken(&mut backlog, now), [(1, done())]);
        assert_eq!(backlog.unstored(), 1);
        backlog.note_stored(2);
        assert_eq!(taken(&mut backlog, now), [(2, Outcome::Busy)]);
    }

    /// The store must not follow beyond an effect that it was not given.
    #[test]
    fn after_one_was_left_out_all_are_until_everything_is_given() {
        let mut backlog = Backlog::new();
        let now = Instant::now();
        for _ in 0..EFFECTS_COUNT_MAX {
            assert!(backlog.admit_one(now));
        }
        assert!(!backlog.admit_one(now), "too many wait");
        backlog.answer(1, done(), now);
        backlog.note_stored(EFFECTS_COUNT_MAX - 1);
        assert!(
            !backlog.admit_one(now),
            "there is room, but a hole before it"
        );
        assert!(!backlog.is_all_due(now + RETRY), "one is under way");
        backlog.note_stored(EFFECTS_COUNT_MAX);
        let told = taken(&mut backlog, now);
        assert_eq!(told, [(1, Outcome::Unknown)], "it was left out");
        assert!(!backlog.is_all_due(now));
        assert!(backlog.is_all_due(now + RETRY));
        backlog.admit_all();
        assert!(!backlog.is_all_due(now + RETRY));
        assert!(backlog.admit_one(now));
        backlog.answer(2, done(), now);
        backlog.note_stored(EFFECTS_COUNT_MAX + 1);
        assert_eq!(taken(&mut backlog, now), []);
        backlog.note_stored(EFFECTS_COUNT_MAX + 2);
        assert_eq!(taken(&mut backlog, now), [(2, done())]);
    }

    /// Writes that go on do not keep a store that failed once from being brought up to date.
    #[test]
    fn everything_is_given_a_second_after_the_first_failure() {
        let mut backlog = Backlog::new();
        let begun = Instant::now();
        let half = RETRY / 2;
        assert!(backlog.admit_one(begun) && backlog.admit_one(begun));
        backlog.answer(1, done(), begun);
        assert!(backlog.note_failed(1, begun));
        assert_eq!(taken(&mut backlog, begun), [(1, Outcome::Unknown)]);
        assert!(backlog.note_failed(2, begun + half));
        assert!(!backlog.admit_one(begun + half));
        assert!(backlog.is_all_due(begun + RETRY));
        backlog.admit_all();
        backlog.answer(2, done(), begun + RETRY);
        backlog.note_stored(3);
        assert_eq!(taken(&mut backlog, begun + RETRY), [(2, done())]);
        assert_eq!(backlog.unstored(), 0);
    }

    /// What failed before everything was given is in it.
    #[test]
    fn a_failure_that_everything_has_overtaken_does_not_matter() {
        let mut backlog = Backlog::new();
        let now = Instant::now();
        assert!(backlog.admit_one(now));
        backlog.admit_all();
        backlog.answer(1, done(), now);
        assert!(!backlog.note_failed(1, now));
        assert_eq!(taken(&mut backlog, now), []);
        backlog.note_stored(2);
        assert_eq!(taken(&mut backlog, now), [(1, done())]);
    }

    /// A disk that hangs keeps nobody for ever.
    #[test]
    fn who_has_waited_too_long_is_told() {
        let mut backlog = Backlog::new();
        let now = Instant::now();
        assert!(backlog.admit_one(now));
        backlog.answer(1, done(), now);
        assert_eq!(taken(&mut backlog, now + PATIENCE / 2), []);
        let told = taken(&mut backlog, now + PATIENCE);
        assert_eq!(told, [(1, Outcome::Unknown)]);
    }
}
