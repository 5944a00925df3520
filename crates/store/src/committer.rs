//! The one committer: sync, then publish, then acknowledge.
//!
//! Changes queue; one thread makes a group of all that wait, checks their preconditions in order,
//! makes the group durable, shows it to new views, and only then answers. While it syncs, the
//! next group gathers. Nobody writes past it.
//!
//! Loads are made durable likewise, and shown and acknowledged later, many together ([`loading`]).

mod loading;
mod queue;
#[cfg(test)]
mod tests;

pub use queue::Done;
pub(crate) use queue::GROUP_COUNT_MAX;

use crate::audit::{GroupNotes, Trail, WrittenNote};
use crate::log::{Entry, Log, LogHead, Published};
use crate::tables::{Moment, Tables, View};
use crate::{Error, Position, Remembering};
use bytes::Bytes;
use loading::Loading;
use model::Key;
use model::change::{Change, Precondition, Write};
use queue::{Next, Planned, Queue, Submission};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

/// The queue and its thread. Dropping it waits until everything that was submitted is done.
pub(crate) struct Committer {
    queue: Arc<Queue>,
    /// How many need the files of the log to stay. Locked while files are retired.
    log_keepers: Arc<Mutex<usize>>,
    published: Arc<Published>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// `run_octets` make a run of loads full. Less means more merging of what comes in no order;
    /// more means more memory, about twice this while a run is sorted, and a longer wait for
    /// whoever loads.
    pub(crate) fn start(log: Log, tables: Arc<dyn Tables>, trail: Trail, run_octets: u64) -> Self {
        let queue = Arc::new(Queue::default());
        let log_keepers = Arc::new(Mutex::new(0));
        let published = Arc::new(Published::at(head_of(&log)));
        let work = Work {
            log,
            tables,
            trail,
            queue: Arc::clone(&queue),
            loading: Loading::default(),
            run_octets,
            log_keepers: Arc::clone(&log_keepers),
            published: Arc::clone(&published),
        };
        Self {
            queue,
            log_keepers,
            published,
            thread: Some(thread::spawn(move || work.run())),
        }
    }

    /// Queues a change; refuses at once what no group can hold.
    ///
    /// Its preconditions are what a view showed at `moment`, if there is one.
    pub(crate) fn submit(&self, change: Change, moment: Option<Moment>, done: Done) {
        match Submission::of(change, moment) {
            Ok(submission) => self.queue.push(submission, done),
            Err(error) => done(Err(error)),
        }
    }

    /// Queues writes that may be shown and acknowledged later; refuses at once what no group can
    /// hold.
    pub(crate) fn load(&self, writes: Vec<Write>, done: Done) {
        self.queue.push(Submission::Load(writes), done);
    }

    /// Queues the end of a series of loads.
    pub(crate) fn end_loads(&self, done: Done) {
        self.queue.push(Submission::EndOfLoads, done);
    }

    /// How far the log has been published.
    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// Keeps all files of the log that are there, until what is given is dropped.
    pub(crate) fn keep_log(&self) -> LogKeeper {
        *lock(&self.log_keepers) += 1;
        LogKeeper(Arc::clone(&self.log_keepers))
    }
}

/// Keeps the files of the log.
pub(crate) struct LogKeeper(Arc<Mutex<usize>>);

impl Drop for LogKeeper {
    fn drop(&mut self) {
        *lock(&self.0) -= 1;
    }
}

fn lock(keepers: &Mutex<usize>) -> MutexGuard<'_, usize> {
    // A count is whole whatever panicked.
    keepers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // If it has panicked, those who waited have been told that the store is closed.
            let _ = thread.join();
        }
    }
}

/// The committer's own things, which nobody else touches.
struct Work {
    log: Log,
    tables: Arc<dyn Tables>,
    /// Up to where the audit trail is durable.
    trail: Trail,
    queue: Arc<Queue>,
    loading: Loading,
    run_octets: u64,
    log_keepers: Arc<Mutex<usize>>,
    published: Arc<Published>,
}

impl Work {
    fn run(mut self) {
        // Should this thread panic, nobody waits for it in vain.
        let _closing = CloseOnDrop(Arc::clone(&self.queue));
        while let Some(next) = self.queue.pop() {
            match next {
                Next::Changes(changes) => {
                    self.show_run();
                    self.commit_group(changes);
                }
                Next::Load(writes, done) => self.load(writes, done),
                Next::EndOfLoads(done) => self.end_loads(done),
            }
        }
        self.show_run();
    }

    fn commit_group(&mut self, changes: Vec<(Planned, Done)>) {
        let (view, date_us) = (self.tables.view(), self.log.last_date_us());
        let tables = Arc::clone(&self.tables);
        let mut group = Group::new(tables, view, date_us, self.log.last());
        for (planned, done) in changes {
            group.plan(planned, done);
        }
        let trail = group.bind_notes(&self.trail);
        let committed = self.commit(&group, trail);
        group.acknowledge(&committed);
    }

    /// Makes a group durable and visible; gives the position before its first entry. `trail` is
    /// the audit trail after it.
    fn commit(&mut self, group: &Group, trail: Trail) -> Result<Position, Error> {
        let before = self.log.last();
        if group.entries.is_empty() {
            return Ok(before);
        }
        self.tables.make_room().map_err(refuse)?;
        self.log.append(&group.entries)?;
        self.log.sync()?;
        self.trail = trail;
        let applied = self.tables.apply(self.log.last(), &group.merged_writes());
        // It is durable, but nobody can see it before the next start.
        applied.map_err(|error| Error::Unsure {
            cause: error.to_string(),
        })?;
        self.publish();
        self.retire_log();
        Ok(before)
    }

    /// Says that everything in the log so far is durable and visible.
    fn publish(&self) {
        self.published.set(head_of(&self.log));
    }

    /// Removes files of the log that nobody needs any more, unless somebody keeps them.
    ///
    /// One that cannot be removed now is tried again after the next group. Until then it costs
    /// space, which is no reason to tell anybody that a change has failed.
    fn retire_log(&mut self) {
        let keepers = lock(&self.log_keepers);
        if *keepers == 0 {
            let _ = self.log.retire(self.tables.durable());
        }
    }
}

fn head_of(log: &Log) -> LogHead {
    LogHead {
        position: log.last(),
        date_us: log.last_date_us(),
    }
}

/// What to say of tables that could not be written: from then on only a start helps.
fn refuse(error: Error) -> Error {
    if error.is_disk_full() {
        return error;
    }
    Error::ReadOnly {
        cause: error.to_string(),
    }
}

struct CloseOnDrop(Arc<Queue>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
        while let Some(next) = self.0.pop() {
            next.refuse();
        }
    }
}

/// Changes that become durable with one sync.
struct Group {
    tables: Arc<dyn Tables>,
    view: Remembering<Box<dyn View>>,
    date_us: u64,
    /// The position before the first entry.
    before: Position,
    entries: Vec<Entry>,
    notes: GroupNotes,
    /// What the entries write for the audit trail, beside `written`: no change can see it.
    trail_rows: Vec<Write>,
    /// Which of the entries is the last that has a note.
    last_noted: Option<usize>,
    /// What the entries so far leave under each key: later ones of the group must see it.
    written: BTreeMap<Key, Option<Bytes>>,
    /// Everybody to answer: with the number of the entry in this group, or with a reason.
    submitted: Vec<(Done, Result<u64, Error>)>,
}

impl Group {
    fn new(
        tables: Arc<dyn Tables>,
        view: Box<dyn View>,
        last_date_us: u64,
        before: Position,
    ) -> Self {
        Self {
            tables,
            view: Remembering::new(view),
            date_us: now_us().max(last_date_us),
            before,
            entries: Vec::new(),
            notes: GroupNotes::default(),
            trail_rows: Vec::new(),
            last_noted: None,
            written: BTreeMap::new(),
            submitted: Vec::new(),
        }
    }

    /// Takes a change in if its preconditions hold after all that the group has taken in before.
    fn plan(&mut self, planned: Planned, done: Done) {
        let checked = self.check(&planned.preconditions, planned.moment);
        let taken = checked.map(|()| self.take(planned.writes, planned.note));
        self.submitted.push((done, taken));
    }

    fn check(&self, preconditions: &[Precondition], seen_at: Option<Moment>) -> Result<(), Error> {
        for Precondition { key, seen } in preconditions {
            let holds = match self.written.get(key) {
                Some(written) => written == seen,
                None if self.is_unwritten_since(key, seen_at) => {
                    let is_true = || self.view.get(key).map_or(true, |current| current == *seen);
                    debug_assert!(is_true(), "somebody has written {key:?}");
                    true
                }
                None => self.view.get(key)? == *seen,
            };
            if !holds {
                return Err(Error::Conflict { key: key.clone() });
            }
        }
        Ok(())
    }

    fn is_unwritten_since(&self, key: &Key, moment: Option<Moment>) -> bool {
        moment.is_some_and(|moment| self.tables.is_unwritten_since(key, moment))
    }

    fn take(&mut self, mut writes: Vec<Write>, note: Option<WrittenNote>) -> u64 {
        for Write { key, octets } in &writes {
            self.written.insert(key.clone(), octets.clone());
        }
        if let Some(note) = note {
            let position = self.before.plus(self.entries.len() as u64 + 1);
            let rows = self.notes.take(position, note);
            self.trail_rows.extend_from_slice(&rows);
            writes.extend(rows);
            self.last_noted = Some(self.entries.len());
        }
        // Dates rise strictly, whatever the clock does. At a microsecond for each entry they stay
        // with the clock up to a million entries a second.
        self.date_us += 1;
        self.entries.push(Entry {
            date_us: self.date_us,
            writes,
        });
        self.entries.len() as u64
    }

    /// Writes, beside the last change that has a note, what binds the group's notes to those
    /// before; gives the trail after it.
    fn bind_notes(&mut self, trail: &Trail) -> Trail {
        let Some((after, rows)) = trail.after(&self.notes) else {
            return *trail;
        };
        self.trail_rows.extend_from_slice(&rows);
        if let Some(entry) = self.last_noted.and_then(|at| self.entries.get_mut(at)) {
            entry.writes.extend(rows);
        }
        after
    }

    fn merged_writes(&self) -> Vec<Write> {
        let write = |(key, octets): (&Key, &Option<Bytes>)| Write {
            key: key.clone(),
            octets: octets.clone(),
        };
        let written = self.written.iter().map(write);
        written.chain(self.trail_rows.iter().cloned()).collect()
    }

    /// Answers everybody. A conflict is answered only now, when what it conflicts with is visible:
    /// a plan that is made again sees it.
    fn acknowledge(self, committed: &Result<Position, Error>) {
        for (done, planned) in self.submitted {
            done(match (planned, committed) {
                (Ok(number), Ok(before)) => Ok(before.plus(number)),
                (Err(reason), Ok(_)) => Err(reason),
                (_, Err(error)) => Err(error.clone()),
            });
        }
    }
}

fn now_us() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
