//! The one committer: sync, then publish, then acknowledge.
//!
//! Changes queue; one thread makes a group of all that wait, checks their preconditions in order,
//! makes the group durable, shows it to new views, and only then answers. While it syncs, the
//! next group gathers. Nobody writes past it.

use crate::log::{Entry, GROUP_OCTETS_MAX, Log, check_fits};
use crate::tables::{Tables, View};
use crate::{Error, Position};
use bytes::Bytes;
use model::Key;
use model::change::{Change, Write};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(test)]
mod tests;

/// How many changes may wait; beyond it whoever submits waits.
///
/// Enough to fill the next group while one syncs, and little enough that nobody waits long.
const QUEUE_COUNT_MAX: usize = 8192;

/// How many changes one group takes; with those that wait it bounds how long a sync is put off.
const GROUP_COUNT_MAX: usize = 4096;

/// Called once with the position of the change, or with the reason why it was not carried out.
pub type Done = Box<dyn FnOnce(Result<Position, Error>) + Send>;

struct Submission {
    change: Change,
    done: Done,
}

/// The queue and its thread. Dropping it waits until everything that was submitted is done.
pub(crate) struct Committer {
    queue: Option<SyncSender<Submission>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(crate) fn start(log: Log, tables: Arc<dyn Tables>) -> Self {
        let (queue, submissions) = sync_channel(QUEUE_COUNT_MAX);
        let work = Work { log, tables };
        Self {
            queue: Some(queue),
            thread: Some(thread::spawn(move || work.run(&submissions))),
        }
    }

    pub(crate) fn submit(&self, change: Change, done: Done) {
        let submission = Submission { change, done };
        let refused = match &self.queue {
            Some(queue) => queue.send(submission).err().map(|error| error.0),
            None => Some(submission),
        };
        if let Some(refused) = refused {
            (refused.done)(Err(Error::Closed));
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // If it has panicked, those who waited have been told that the store is closed.
            let _ = thread.join();
        }
    }
}

/// The committer's own things, which nobody else touches.
struct Work {
    log: Log,
    tables: Arc<dyn Tables>,
}

impl Work {
    fn run(mut self, submissions: &Receiver<Submission>) {
        while let Ok(first) = submissions.recv() {
            let group = self.gather(first, submissions);
            let committed = self.commit(&group);
            group.acknowledge(&committed);
        }
    }

    /// Takes what waits, up to the limits of a group, and plans it.
    fn gather(&self, first: Submission, submissions: &Receiver<Submission>) -> Group {
        let mut group = Group::new(self.tables.view(), self.log.last_date_ms());
        group.plan(first);
        while group.submitted.len() < GROUP_COUNT_MAX && group.octets < GROUP_OCTETS_MAX / 2 {
            let Ok(next) = submissions.try_recv() else {
                break;
            };
            group.plan(next);
        }
        group
    }

    fn commit(&mut self, group: &Group) -> Result<Position, Error> {
        let before = self.log.last();
        if group.entries.is_empty() {
            return Ok(before);
        }
        self.tables.make_room()?;
        for entries in group.parts() {
            self.log.append(entries)?;
        }
        self.log.sync()?;
        self.tables.apply(self.log.last(), &group.merged_writes())?;
        self.log.retire(self.tables.durable())?;
        Ok(before)
    }
}

/// Changes that become durable with one sync.
struct Group {
    view: Box<dyn View>,
    date_ms: u64,
    entries: Vec<Entry>,
    octets: usize,
    /// What the entries so far leave under each key: later ones of the group must see it.
    written: BTreeMap<Key, Option<Bytes>>,
    /// Everybody to answer: with the number of the entry in this group, or with a reason.
    submitted: Vec<(Done, Result<u64, Error>)>,
}

impl Group {
    fn new(view: Box<dyn View>, last_date_ms: u64) -> Self {
        Self {
            view,
            date_ms: now_ms().max(last_date_ms),
            entries: Vec::new(),
            octets: 0,
            written: BTreeMap::new(),
            submitted: Vec::new(),
        }
    }

    /// Takes a change in if its preconditions hold after all that the group has taken in before.
    fn plan(&mut self, submission: Submission) {
        let Submission { change, done } = submission;
        let planned = self.check(&change).and_then(|()| self.take(change.writes));
        self.submitted.push((done, planned));
    }

    fn check(&self, change: &Change) -> Result<(), Error> {
        for precondition in &change.preconditions {
            let key = &precondition.key;
            let current = match self.written.get(key) {
                Some(written) => written.clone(),
                None => self.view.get(key)?,
            };
            if current != precondition.seen {
                return Err(Error::Conflict { key: key.clone() });
            }
        }
        Ok(())
    }

    fn take(&mut self, writes: Vec<Write>) -> Result<u64, Error> {
        // Dates rise strictly, whatever the clock does.
        let date_ms = self.date_ms + 1;
        let entry = Entry { date_ms, writes };
        check_fits(&entry)?;
        self.date_ms = date_ms;
        self.octets += entry.octets();
        for Write { key, octets } in &entry.writes {
            self.written.insert(key.clone(), octets.clone());
        }
        self.entries.push(entry);
        Ok(self.entries.len() as u64)
    }

    /// The entries in parts that each fit a group of the log.
    fn parts(&self) -> impl Iterator<Item = &[Entry]> {
        let mut left = self.entries.as_slice();
        std::iter::from_fn(move || {
            let mut octets = 4;
            let fitting = left.iter().take_while(|entry| {
                octets += entry.octets();
                octets <= GROUP_OCTETS_MAX
            });
            let (part, rest) = left.split_at(fitting.count());
            left = rest;
            (!part.is_empty()).then_some(part)
        })
    }

    fn merged_writes(&self) -> Vec<Write> {
        let write = |(key, octets): (&Key, &Option<Bytes>)| Write {
            key: key.clone(),
            octets: octets.clone(),
        };
        self.written.iter().map(write).collect()
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

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
