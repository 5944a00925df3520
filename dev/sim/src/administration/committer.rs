//! The node's storage: a committer that makes groups durable one after the other, and tables that
//! show what is durable. It forgets in a crash what it had not synced.
//!
//! The rules are those of room `store`, which has threads and files and is tested for itself:
//! changes queue while a group syncs; preconditions are checked in order, earlier writes of the
//! same group included; sync, publish, acknowledge.

use super::node::Job;
use super::planted::Planted;
use bytes::Bytes;
use model::Key;
use model::change::{Change, Precondition, Write};
use std::collections::{BTreeMap, VecDeque};

/// What is stored under which key.
pub(crate) type Tables = BTreeMap<Key, Bytes>;

/// A change, with the request that it answers; without one if the node tidies up.
pub(crate) struct Submission {
    pub(crate) change: Change,
    pub(crate) job: Option<Job>,
}

/// What became of a group.
#[derive(Default)]
pub(crate) struct Synced {
    /// What is durable and visible now, in order.
    pub(crate) done: Vec<Submission>,
    /// What conflicted and must be planned again.
    pub(crate) refused: Vec<Submission>,
}

/// The committer, its log and its tables.
#[derive(Default)]
pub(crate) struct Committer {
    queue: VecDeque<Submission>,
    syncing: Option<Synced>,
    /// The log: the writes of all entries that are durable.
    log: Vec<Vec<Write>>,
    tables: Tables,
}

impl Committer {
    /// What is visible.
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// How many entries are durable.
    pub(crate) fn position(&self) -> usize {
        self.log.len()
    }

    /// Queues a change.
    pub(crate) fn submit(&mut self, submission: Submission) {
        self.queue.push_back(submission);
    }

    /// Begins to sync what waits, if nothing is being synced; whether it did.
    pub(crate) fn begin(&mut self, planted: &Planted) -> bool {
        if self.syncing.is_some() || self.queue.is_empty() {
            return false;
        }
        let mut written = BTreeMap::new();
        let mut group = Synced::default();
        for submission in self.queue.drain(..) {
            let mut preconditions = submission.change.preconditions.iter();
            let holds = preconditions.all(|each| holds(each, &written, &self.tables));
            if !(holds || planted.ignores_preconditions()) {
                group.refused.push(submission);
                continue;
            }
            for Write { key, octets } in &submission.change.writes {
                written.insert(key.clone(), octets.clone());
            }
            group.done.push(submission);
        }
        if planted.publishes_early() {
            publish(&mut self.tables, &group);
        }
        self.syncing = Some(group);
        true
    }

    /// The sync has returned: what it made durable is visible now.
    pub(crate) fn synced(&mut self) -> Synced {
        let group = self.syncing.take().unwrap_or_default();
        publish(&mut self.tables, &group);
        let entries = group.done.iter().map(|done| done.change.writes.clone());
        self.log.extend(entries);
        group
    }

    /// The node falls over: gives what reached the disk though nobody was told. All else that was
    /// not synced is gone; the tables are made anew from the log.
    pub(crate) fn crash(&mut self, keeps_group: bool, planted: &Planted) -> Synced {
        self.queue.clear();
        let group = if keeps_group {
            self.synced()
        } else {
            self.syncing = None;
            Synced::default()
        };
        self.tables.clear();
        for Write { key, octets } in self.log.iter().flatten() {
            if !planted.survives(key) {
                continue;
            }
            match octets {
                Some(octets) => self.tables.insert(key.clone(), octets.clone()),
                None => self.tables.remove(key),
            };
        }
        group
    }
}

fn holds(
    precondition: &Precondition,
    written: &BTreeMap<Key, Option<Bytes>>,
    tables: &Tables,
) -> bool {
    let Precondition { key, seen } = precondition;
    match written.get(key) {
        Some(octets) => octets == seen,
        None => tables.get(key) == seen.as_ref(),
    }
}

fn publish(tables: &mut Tables, group: &Synced) {
    let writes = group.done.iter().flat_map(|done| &done.change.writes);
    for Write { key, octets } in writes {
        match octets {
            Some(octets) => tables.insert(key.clone(), octets.clone()),
            None => tables.remove(key),
        };
    }
}
