//! Many registrations as few changes, several of which are under way at a time.

use super::table::Row;
use client::Clock;
use engine::authority::{HOMED_MARK, Registration};
use model::{Change, Key};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use store::{Position, Store};

/// How many rows make one change: enough that its sync costs little a row.
const ROWS_COUNT_MAX: u64 = 2000;

/// How many octets of records make one change, however few rows that is.
const OCTETS_MAX: usize = 2 << 20;

/// How many changes may be under way: one syncs, one is applied, one waits. Bounds the memory.
const UNDER_WAY_COUNT_MAX: u64 = 3;

type Outcome = Result<(Position, u64), store::Error>;

/// Gathers rows and commits them.
pub(super) struct Batches<'s> {
    store: &'s Store,
    change: Change,
    homes: BTreeSet<Key>,
    rows: u64,
    octets: usize,
    under_way: u64,
    registered: u64,
    outcomes: Receiver<Outcome>,
    tell: Sender<Outcome>,
}

impl<'s> Batches<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        let (tell, outcomes) = channel();
        Self {
            store,
            change: Change::default(),
            homes: BTreeSet::new(),
            rows: 0,
            octets: 0,
            under_way: 0,
            registered: 0,
            outcomes,
            tell,
        }
    }

    /// Adds a row to the change that is gathered.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), model::Error> {
        let case = self.store.settings().suffix_case;
        let values = row.values.clone();
        let registration = Registration::new(&row.identifier, values, case, Clock::date())?;
        self.octets += registration.record.octets().len();
        self.rows += 1;
        self.homes.insert(registration.home);
        self.change
            .put(registration.key, registration.record.octets().clone());
        Ok(())
    }

    /// Commits what was gathered if it is enough; says whether it did.
    pub(super) fn commit_if_full(&mut self) -> Result<bool, store::Error> {
        let is_full = self.rows >= ROWS_COUNT_MAX || self.octets >= OCTETS_MAX;
        if is_full {
            self.commit()?;
        }
        Ok(is_full)
    }

    fn commit(&mut self) -> Result<(), store::Error> {
        while self.under_way >= UNDER_WAY_COUNT_MAX {
            self.wait_for_one()?;
        }
        let mut change = std::mem::take(&mut self.change);
        for home in std::mem::take(&mut self.homes) {
            change.put(home, HOMED_MARK.into());
        }
        let rows = std::mem::take(&mut self.rows);
        self.octets = 0;
        let tell = self.tell.clone();
        let done = move |result: Result<Position, store::Error>| {
            // Nobody listens any more after an earlier change has failed.
            let _ = tell.send(result.map(|position| (position, rows)));
        };
        self.store.submit(change, Box::new(done));
        self.under_way += 1;
        Ok(())
    }

    fn wait_for_one(&mut self) -> Result<(), store::Error> {
        let outcome = self.outcomes.recv().unwrap_or(Err(store::Error::Closed));
        self.under_way -= 1;
        let (_, rows) = outcome?;
        self.registered += rows;
        Ok(())
    }

    /// Commits the rest and waits for everything; gives how many rows are durable.
    pub(super) fn finish(mut self) -> Result<u64, store::Error> {
        self.commit()?;
        while self.under_way > 0 {
            self.wait_for_one()?;
        }
        Ok(self.registered)
    }
}
