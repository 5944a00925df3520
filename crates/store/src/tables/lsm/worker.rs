//! The one thread that writes the tree's files and merges them.
//!
//! The committer seals a memtable when it is full; the worker writes it to a file, and merges
//! files while nothing is sealed. A committer that is faster than both waits.

use super::views::Views;
use crate::{Error, Position};
use lsm_tree::compaction::Leveled;
use lsm_tree::{AbstractTree, AnyTree, Memtable};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The length a table file is aimed at, in octets.
///
/// Small, because a merge keeps readers waiting while it ends its last file: measured with 64 MiB
/// the longest read took 61 ms, with 16 MiB 39 ms.
pub(super) const TABLE_OCTETS: u64 = 16 << 20;

/// How many sealed memtables may wait to be written; beyond it the committer waits.
const SEALED_COUNT_MAX: usize = 4;

/// How many unmerged files there may be, each of which a read may have to look into; beyond it
/// the committer waits.
const UNMERGED_COUNT_MAX: usize = 20;

/// The worker's side.
pub(super) struct Worker {
    tree: AnyTree,
    views: Arc<Views>,
    shared: Arc<Shared>,
}

/// The tables' side. Dropping it stops the worker.
pub(super) struct WorkerHandle {
    tree: AnyTree,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Sealed and not yet written, with the position that each goes up to.
    sealed: Vec<Position>,
    /// Kept until nobody reads them: the tree would drop hundreds of thousands of nodes under a
    /// lock that every reader needs (measured: 150 to 250 ms).
    retired: Vec<Arc<Memtable>>,
    durable: Position,
    merge_wanted: bool,
    /// While runs are loaded one after the other, merging each with the last would be wasted.
    merging_held: bool,
    failure: Option<Error>,
    stops: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// Starts the thread for a tree that is durable up to a position.
    pub(super) fn start(tree: AnyTree, views: Arc<Views>, durable: Position) -> WorkerHandle {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                sealed: Vec::new(),
                retired: Vec::new(),
                durable,
                merge_wanted: true,
                merging_held: false,
                failure: None,
                stops: false,
            }),
            changed: Condvar::new(),
        });
        let worker = Self {
            tree: tree.clone(),
            views,
            shared: Arc::clone(&shared),
        };
        WorkerHandle {
            tree,
            shared,
            thread: Some(thread::spawn(move || worker.run())),
        }
    }

    fn run(self) {
        let _guard = PanicGuard(&self.shared);
        while let Some(task) = self.next_task() {
            let done = match task {
                Task::Write => self.write(),
                Task::Merge => self.merge(),
            };
            if let Err(error) = done {
                self.shared.lock().failure = Some(error);
            }
            self.shared.changed.notify_all();
        }
    }

    fn next_task(&self) -> Option<Task> {
        let mut state = self.shared.lock();
        loop {
            if state.stops || state.failure.is_some() {
                return None;
            }
            if !state.sealed.is_empty() {
                return Some(Task::Write);
            }
            let is_held = state.merging_held && self.tree.l0_run_count() < UNMERGED_COUNT_MAX;
            if state.merge_wanted && !is_held {
                return Some(Task::Merge);
            }
            state = self.shared.wait(state);
        }
    }

    /// Writes every sealed memtable.
    fn write(&self) -> Result<(), Error> {
        let sealed = self.shared.lock().sealed.clone();
        self.tree
            .flush(&self.tree.get_flush_lock(), self.views.oldest())?;
        let unread: Vec<Arc<Memtable>> = {
            let mut state = self.shared.lock();
            state.sealed.drain(..sealed.len());
            state.durable = sealed.last().copied().unwrap_or(state.durable);
            state.merge_wanted = true;
            state
                .retired
                .extract_if(.., |memtable| Arc::strong_count(memtable) == 1)
                .collect()
        };
        drop(unread);
        Ok(())
    }

    /// Merges one step; wants more if the step did anything.
    fn merge(&self) -> Result<(), Error> {
        let before = self.tree.current_version().id();
        let strategy = Leveled::default().with_table_target_size(TABLE_OCTETS);
        self.tree.compact(Arc::new(strategy), self.views.oldest())?;
        self.shared.lock().merge_wanted = self.tree.current_version().id() != before;
        Ok(())
    }
}

/// Tells everybody who waits for the worker that it is gone, should it panic.
struct PanicGuard<'s>(&'s Shared);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if thread::panicking() && state.failure.is_none() {
            let cause = "the thread that writes the tables has panicked".into();
            state.failure = Some(Error::ReadOnly { cause });
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

enum Task {
    Write,
    Merge,
}

impl WorkerHandle {
    /// The position up to which files hold everything.
    pub(super) fn durable(&self) -> Position {
        self.shared.lock().durable
    }

    /// Seals the memtable, which goes up to `position`, and has it written.
    ///
    /// Only between groups: a group must not be torn over two memtables.
    pub(super) fn rotate(&self, position: Position) {
        let mut state = self.shared.lock();
        if let Some(memtable) = self.tree.rotate_memtable() {
            state.retired.push(memtable);
            state.sealed.push(position);
            self.shared.changed.notify_all();
        }
    }

    /// Keeps the worker from merging until [`WorkerHandle::settle`], unless it must.
    pub(super) fn hold_merging(&self) {
        self.shared.lock().merging_held = true;
    }

    /// Refuses whatever waits for the worker from now on, until the tables are opened anew.
    pub(super) fn fail(&self, error: &Error) {
        self.shared.lock().failure.get_or_insert(error.clone());
        self.shared.changed.notify_all();
    }

    /// Says that files hold everything up to `position`, which somebody else has written.
    pub(super) fn note_durable(&self, position: Position) {
        let mut state = self.shared.lock();
        state.durable = position;
        state.merge_wanted = true;
        self.shared.changed.notify_all();
    }

    /// Lets the worker merge, and waits until nothing is left to merge.
    pub(super) fn settle(&self) -> Result<(), Error> {
        self.shared.lock().merging_held = false;
        self.shared.changed.notify_all();
        self.wait_until(|state| !state.merge_wanted)
    }

    /// Waits until the worker has caught up enough for more writes.
    pub(super) fn wait_for_room(&self) -> Result<(), Error> {
        self.wait_until(|state| {
            state.sealed.len() < SEALED_COUNT_MAX
                && (self.tree.l0_run_count() < UNMERGED_COUNT_MAX || !state.merge_wanted)
        })
    }

    /// Waits until files hold everything up to `position`.
    pub(super) fn wait_until_durable(&self, position: Position) -> Result<(), Error> {
        self.wait_until(|state| state.durable >= position)
    }

    fn wait_until(&self, ready: impl Fn(&State) -> bool) -> Result<(), Error> {
        let mut state = self.shared.lock();
        loop {
            if let Some(error) = &state.failure {
                return Err(error.clone());
            }
            if ready(&state) {
                return Ok(());
            }
            state = self.shared.wait(state);
        }
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.shared.lock().stops = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // If the worker has panicked, the log still has everything it did not write.
            let _ = thread.join();
        }
    }
}
