//! The queue before the committer, bounded in number and in octets.

use crate::audit::{self, WrittenNote};
use crate::log::{Entry, GROUP_OCTETS_MAX, check_fits};
use crate::tables::Moment;
use crate::{Error, Position};
use model::change::{Change, Precondition, Write};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many changes may wait; beyond it whoever submits waits.
///
/// Enough to fill the next group while one syncs, and little enough that nobody waits long.
const QUEUE_COUNT_MAX: usize = 8192;

/// How many octets of changes may wait; beyond it whoever submits waits.
const QUEUE_OCTETS_MAX: usize = 4 * GROUP_OCTETS_MAX;

/// How many changes one group takes; it bounds how long the first of them waits for the others.
pub(crate) const GROUP_COUNT_MAX: usize = 4096;

/// Called once with the position of the change, or with the reason why it was not carried out.
pub type Done = Box<dyn FnOnce(Result<Position, Error>) + Send>;

/// A change whose note, if it has one, is as it will be written.
pub(super) struct Planned {
    pub(super) preconditions: Vec<Precondition>,
    /// When all of them were read, if they were read from one view.
    pub(super) moment: Option<Moment>,
    pub(super) writes: Vec<Write>,
    pub(super) note: Option<WrittenNote>,
}

/// What is asked of the committer.
pub(super) enum Submission {
    /// A change, to be carried out together with others.
    Change(Planned),
    /// Writes without preconditions, to be made durable on their own and shown later.
    Load(Vec<Write>),
    /// Nothing more is to be loaded for now.
    EndOfLoads,
}

impl Submission {
    /// A change whose note, if it has one, is ready to be written.
    ///
    /// # Errors
    /// The note is beyond the limits.
    pub(super) fn of(change: Change, moment: Option<Moment>) -> Result<Self, Error> {
        let note = change.note.as_ref().map(WrittenNote::of).transpose();
        Ok(Self::Change(Planned {
            preconditions: change.preconditions,
            moment,
            writes: change.writes,
            note: note.map_err(|source| Error::Note { source })?,
        }))
    }

    fn writes(&self) -> &[Write] {
        match self {
            Self::Change(planned) => &planned.writes,
            Self::Load(writes) => writes,
            Self::EndOfLoads => &[],
        }
    }

    fn octets(&self) -> usize {
        Entry::octets(self.writes()) + self.octets_of_note()
    }

    fn octets_of_note(&self) -> usize {
        match self {
            Self::Change(planned) => planned
                .note
                .as_ref()
                .map_or(0, WrittenNote::octets_of_entry),
            _ => 0,
        }
    }

    fn check(&self) -> Result<(), Error> {
        audit::check_writes(self.writes())?;
        check_fits(self.writes(), self.octets_of_note())
    }
}

/// What the committer does next.
pub(super) enum Next {
    /// Makes one group of these.
    Changes(Vec<(Planned, Done)>),
    /// Loads these.
    Load(Vec<Write>, Done),
    /// Ends a series of loads.
    EndOfLoads(Done),
}

impl Next {
    /// Tells everybody that it will not be done.
    pub(super) fn refuse(self) {
        match self {
            Self::Changes(changes) => {
                for (_, done) in changes {
                    done(Err(Error::Closed));
                }
            }
            Self::Load(_, done) | Self::EndOfLoads(done) => done(Err(Error::Closed)),
        }
    }
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Submission, Done)>,
    octets: usize,
    is_closed: bool,
}

impl State {
    fn is_full(&self) -> bool {
        self.waiting.len() >= QUEUE_COUNT_MAX || self.octets >= QUEUE_OCTETS_MAX
    }

    fn take_next(&mut self) -> Option<Next> {
        if let Some((Submission::Change(..), _)) = self.waiting.front() {
            return Some(Next::Changes(self.take_changes()));
        }
        let (submission, done) = self.waiting.pop_front()?;
        self.octets -= submission.octets();
        Some(match submission {
            Submission::Change(planned) => Next::Changes(vec![(planned, done)]),
            Submission::Load(writes) => Next::Load(writes, done),
            Submission::EndOfLoads => Next::EndOfLoads(done),
        })
    }

    /// Takes as many changes as fit one group.
    fn take_changes(&mut self) -> Vec<(Planned, Done)> {
        let mut taken = Vec::new();
        let mut octets = 4;
        while taken.len() < GROUP_COUNT_MAX
            && let Some((next @ Submission::Change(..), _)) = self.waiting.front()
        {
            let next_octets = next.octets();
            octets += next_octets;
            if octets > GROUP_OCTETS_MAX {
                break;
            }
            self.octets -= next_octets;
            if let Some((Submission::Change(planned), done)) = self.waiting.pop_front() {
                taken.push((planned, done));
            }
        }
        taken
    }
}

impl Queue {
    /// Adds a submission; waits while the queue is full.
    pub(super) fn push(&self, submission: Submission, done: Done) {
        if let Err(error) = submission.check() {
            return done(Err(error));
        }
        let mut state = self.lock();
        while state.is_full() && !state.is_closed {
            state = self.wait(state);
        }
        if state.is_closed {
            drop(state);
            return done(Err(Error::Closed));
        }
        state.octets += submission.octets();
        state.waiting.push_back((submission, done));
        self.changed.notify_all();
    }

    /// Takes what comes next: as many changes as fit one group, or what is no change; waits for it.
    /// `None` once the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<Next> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.wait(state);
        }
        let next = state.take_next();
        self.changed.notify_all();
        next
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
