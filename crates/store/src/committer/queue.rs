//! The queue before the committer, bounded in number and in octets.

use crate::log::{Entry, GROUP_OCTETS_MAX, check_fits};
use crate::{Error, Position};
use model::change::Change;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many changes may wait; beyond it whoever submits waits.
///
/// Enough to fill the next group while one syncs, and little enough that nobody waits long.
const QUEUE_COUNT_MAX: usize = 8192;

/// How many octets of changes may wait; beyond it whoever submits waits.
const QUEUE_OCTETS_MAX: usize = 4 * GROUP_OCTETS_MAX;

/// How many changes one group takes; it bounds how long the first of them waits for the others.
const GROUP_COUNT_MAX: usize = 4096;

/// Called once with the position of the change, or with the reason why it was not carried out.
pub type Done = Box<dyn FnOnce(Result<Position, Error>) + Send>;

/// A change and whom to tell.
pub(super) struct Submission {
    pub(super) change: Change,
    pub(super) done: Done,
}

impl Submission {
    fn octets(&self) -> usize {
        Entry::octets(&self.change.writes)
    }
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Submission>,
    octets: usize,
    is_closed: bool,
}

impl State {
    fn is_full(&self) -> bool {
        self.waiting.len() >= QUEUE_COUNT_MAX || self.octets >= QUEUE_OCTETS_MAX
    }
}

impl Queue {
    /// Adds a change; waits while the queue is full.
    pub(super) fn push(&self, change: Change, done: Done) {
        if let Err(error) = check_fits(&change.writes) {
            return done(Err(error));
        }
        let submission = Submission { change, done };
        let mut state = self.lock();
        while state.is_full() && !state.is_closed {
            state = self.wait(state);
        }
        if state.is_closed {
            drop(state);
            return (submission.done)(Err(Error::Closed));
        }
        state.octets += submission.octets();
        state.waiting.push_back(submission);
        self.changed.notify_all();
    }

    /// Takes as many changes as fit one group, waiting for the first; `None` once the queue is
    /// closed and empty.
    pub(super) fn pop(&self) -> Option<Vec<Submission>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.wait(state);
        }
        let mut taken = Vec::new();
        let mut octets = 4;
        while taken.len() < GROUP_COUNT_MAX
            && let Some(next) = state.waiting.front()
        {
            octets += next.octets();
            if octets > GROUP_OCTETS_MAX {
                break;
            }
            state.octets -= next.octets();
            taken.extend(state.waiting.pop_front());
        }
        self.changed.notify_all();
        Some(taken)
    }

    /// Takes no more changes; those that wait are still carried out.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}
