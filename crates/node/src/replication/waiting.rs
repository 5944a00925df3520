//! Who waits until copies have what was written, and until when.
//!
//! Time is kept on a thread of its own. Fronts wait on the runtime's threads, and may have taken
//! them all: whoever ends their waiting must need none of these.
//!
//! Not here: what a copy has (`source` hears it), how many are enough (room `engine`).

use super::{Replication, lock};
use client::Clock;
use engine::replication::Confirmations;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::Position;

/// What is told when copies have, or have not, what was written.
type Waiter = (
    Position,
    Box<dyn FnOnce(Result<Position, store::Error>) + Send>,
);

/// Those who wait.
pub(super) struct Waiting {
    state: Mutex<State>,
    /// Somebody began to wait, or nobody shall any more.
    changed: Condvar,
    patience: Duration,
    clock: Clock,
}

struct State {
    confirmations: Confirmations<Waiter>,
    /// Whether copies are heard no more: the node stops.
    is_over: bool,
}

impl Waiting {
    pub(super) fn new(copies_count: usize, patience: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                confirmations: Confirmations::new(copies_count),
                is_over: false,
            }),
            changed: Condvar::new(),
            patience,
            clock: Clock::start(),
        }
    }

    /// How many wait, and up to where each copy has everything.
    pub(super) fn state(&self) -> (u64, Vec<u64>) {
        let confirmations = &lock(&self.state).confirmations;
        let waiting = confirmations.waiting_count() as u64;
        (waiting, confirmations.confirmed().to_vec())
    }

    fn wait(&self, needed: usize, who: Waiter) {
        let deadline = self.clock.moment() + self.patience;
        let mut state = lock(&self.state);
        let met = state.confirmations.wait(who.0.0, needed, deadline, who);
        let late = if state.is_over {
            state.confirmations.end()
        } else {
            Vec::new()
        };
        drop(state);
        self.changed.notify_one();
        tell_met(met);
        tell_late(late);
    }

    /// Tells those who have waited for too long, until it is over.
    fn keep_time(&self) {
        let mut state = lock(&self.state);
        while !state.is_over {
            let now = self.clock.moment();
            let late = state.confirmations.handle_timeout(now);
            if !late.is_empty() {
                drop(state);
                tell_late(late);
                state = lock(&self.state);
                continue;
            }
            let next = state.confirmations.poll_timeout();
            let wait = next.map_or(Duration::MAX, |next| now.until(next));
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Tells all who wait that no copy will be heard any more, and all who come later at once.
    fn end(&self) {
        let mut state = lock(&self.state);
        state.is_over = true;
        let late = state.confirmations.end();
        drop(state);
        self.changed.notify_all();
        tell_late(late);
    }
}

fn tell_met(met: impl IntoIterator<Item = Waiter>) {
    for (position, tell) in met {
        tell(Ok(position));
    }
}

fn tell_late(late: Vec<Waiter>) {
    for (_, tell) in late {
        tell(Err(store::Error::Unconfirmed));
    }
}

impl Replication {
    /// Calls `tell` when so many copies have everything up to a place, or have not in time.
    pub(crate) fn when_confirmed(
        &self,
        position: Position,
        needed: usize,
        tell: impl FnOnce(Result<Position, store::Error>) + Send + 'static,
    ) {
        self.waiting.wait(needed, (position, Box::new(tell)));
    }

    /// Takes it that a copy has everything up to a place.
    pub(super) fn confirm(&self, copy: usize, position: u64) {
        let met = lock(&self.waiting.state)
            .confirmations
            .confirm(copy, position);
        tell_met(met);
    }

    pub(super) fn forget(&self, copy: usize) {
        lock(&self.waiting.state).confirmations.forget(copy);
    }
}

/// The thread that keeps time. Dropping it tells all who wait that the outcome is unknown: a node
/// that stops hears no copies any more.
pub(crate) struct Timekeeper {
    replication: Arc<Replication>,
    thread: Option<JoinHandle<()>>,
}

impl Timekeeper {
    /// Keeps time from now on, if anybody will ever wait.
    pub(crate) fn start(replication: &Arc<Replication>) -> Self {
        let thread = replication.waits_at_all().then(|| {
            let replication = Arc::clone(replication);
            thread::spawn(move || replication.waiting.keep_time())
        });
        Self {
            replication: Arc::clone(replication),
            thread,
        }
    }
}

impl Drop for Timekeeper {
    fn drop(&mut self) {
        self.replication.waiting.end();
        if let Some(thread) = self.thread.take() {
            // One that has panicked has said so on its own.
            let _ = thread.join();
        }
    }
}
