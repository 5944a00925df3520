//! Many writes as few loads, several of which are under way at a time.
//!
//! Not here: what is written (`apply.rs`).

use super::checkpoint::Checkpoint;
use bytes::Bytes;
use model::Key;
use model::change::Write;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use store::{Position, Store, View};

/// How many octets of records make one load: enough that its sync costs little an item, and less
/// than the log takes at once.
const OCTETS_MAX: usize = 4 << 20;

/// How many items make one load, however few octets they have: deletions and refusals have none,
/// and a dry run or an import that finds nothing to do must show that it moves.
const ITEMS_COUNT_MAX: u64 = 50_000;

/// Writes by key; `None` deletes.
type Writes = BTreeMap<Key, Option<Bytes>>;

type Outcome = Result<Position, store::Error>;

/// A load that was handed over; what it writes is remembered until views show it.
struct UnderWay {
    writes: Arc<Writes>,
    checkpoint: Checkpoint,
}

/// Gathers writes and commits them.
pub(super) struct Batches<'s> {
    /// `None` in a dry run.
    store: Option<&'s Store>,
    /// What is published, as of when the change at hand was begun.
    view: Option<Box<dyn View>>,
    gathered: Writes,
    under_way: VecDeque<UnderWay>,
    items: u64,
    octets: usize,
    durable: Checkpoint,
    outcomes: Receiver<Outcome>,
    tell: Sender<Outcome>,
}

impl<'s> Batches<'s> {
    /// Batches for a store, of which `view` is what is there. Without a store nothing is committed;
    /// what would be is then remembered, so far as it is looked up.
    pub(super) fn new(
        store: Option<&'s Store>,
        view: Option<Box<dyn View>>,
        begun: Checkpoint,
    ) -> Self {
        let (tell, outcomes) = channel();
        Self {
            store,
            view,
            gathered: BTreeMap::new(),
            under_way: VecDeque::new(),
            items: 0,
            octets: 0,
            durable: begun,
            outcomes,
            tell,
        }
    }

    /// What will be under a key once everything so far is carried out.
    pub(super) fn get(&self, key: &Key) -> Result<Option<Bytes>, store::Error> {
        let newest_first = self.under_way.iter().rev().map(|change| &*change.writes);
        let mut all = std::iter::once(&self.gathered).chain(newest_first);
        if let Some(write) = all.find_map(|writes| writes.get(key)) {
            return Ok(write.clone());
        }
        match &self.view {
            Some(view) => view.get(key),
            None => Ok(None),
        }
    }

    /// Adds a write to the change that is gathered; `None` deletes.
    pub(super) fn write(&mut self, key: Key, octets: Option<Bytes>) {
        self.octets += octets.as_ref().map_or(0, Bytes::len);
        self.gathered.insert(key, octets);
    }

    /// Counts an item and commits what was gathered if it is enough; says whether it did.
    pub(super) fn end_item(
        &mut self,
        checkpoint: &Checkpoint,
        needs_memory: bool,
    ) -> Result<bool, store::Error> {
        self.items += 1;
        let is_full = self.items >= ITEMS_COUNT_MAX || self.octets >= OCTETS_MAX;
        if !is_full {
            return Ok(false);
        }
        self.items = 0;
        self.octets = 0;
        if self.store.is_none() {
            self.durable = checkpoint.clone();
            if !needs_memory {
                self.gathered.clear();
            }
        } else {
            self.commit(checkpoint)?;
        }
        Ok(true)
    }

    /// Hands the change that was gathered to the store, with how far it leads.
    fn commit(&mut self, checkpoint: &Checkpoint) -> Result<(), store::Error> {
        let Some(store) = self.store else {
            return Ok(());
        };
        while let Ok(outcome) = self.outcomes.try_recv() {
            self.end_one(outcome)?;
        }
        let mut writes = std::mem::take(&mut self.gathered);
        if let Some((key, octets)) = checkpoint.entry() {
            writes.insert(key, octets);
        }
        let load = writes.clone().into_iter();
        let load = load.map(|(key, octets)| Write { key, octets }).collect();
        self.under_way.push_back(UnderWay {
            writes: Arc::new(writes),
            checkpoint: checkpoint.clone(),
        });
        let tell = self.tell.clone();
        // Nobody listens any more after an earlier load has failed. The store's own queue bounds
        // the memory, that of what is under way included.
        let done = move |outcome| drop(tell.send(outcome));
        store.load(load, Box::new(done));
        Ok(())
    }

    /// Takes note of the oldest load under way, which has ended.
    fn end_one(&mut self, outcome: Outcome) -> Result<(), store::Error> {
        let change = self.under_way.pop_front();
        outcome?;
        if let Some(change) = change {
            self.durable = change.checkpoint;
        }
        self.view = self.store.map(Store::view);
        Ok(())
    }

    /// Commits the rest and waits for everything; gives how far it is durable, and why no further.
    pub(super) fn finish(
        mut self,
        checkpoint: &Checkpoint,
    ) -> (Checkpoint, Result<(), store::Error>) {
        let mut outcome = Ok(());
        if self.store.is_none() {
            self.durable = checkpoint.clone();
        } else {
            outcome = self.commit(checkpoint);
            if let Some(store) = self.store {
                outcome = outcome.and(store.end_load());
            }
        }
        while !self.under_way.is_empty() {
            let next = self.outcomes.recv().unwrap_or(Err(store::Error::Closed));
            outcome = outcome.and(self.end_one(next));
        }
        (self.durable, outcome)
    }
}
