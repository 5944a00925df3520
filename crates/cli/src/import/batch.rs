//! Many registrations as few loads, several of which are under way at a time.

use super::table::Row;
use client::Clock;
use engine::authority::{HOMED_MARK, Registration};
use model::key::Subspace;
use model::{Change, Key, Record};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use store::{Position, Store, View};

/// How many octets of records make one load: enough that its sync costs little a row, and less than
/// the log takes at once.
const OCTETS_MAX: usize = 4 << 20;

type Outcome = Result<(Position, u64), store::Error>;

/// Why rows are not registered.
#[derive(Debug)]
pub(super) enum ImportError {
    /// One row cannot be a record; the others go on.
    Row(model::Error),
    /// The file cannot be read further.
    File(String),
    /// The store takes no more.
    Store(store::Error),
}

impl From<store::Error> for ImportError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

/// Gathers rows and commits them.
pub(super) struct Batches<'s> {
    store: &'s Store,
    /// What was there when the change at hand was begun; `None` if there were no records when the
    /// import began: then there are no dates to keep, and nothing is looked up.
    view: Option<Box<dyn View>>,
    change: Change,
    /// Marks that were written by this import; once is enough.
    homes: BTreeSet<Key>,
    rows: u64,
    octets: usize,
    under_way: u64,
    registered: u64,
    outcomes: Receiver<Outcome>,
    tell: Sender<Outcome>,
}

impl<'s> Batches<'s> {
    pub(super) fn new(store: &'s Store) -> Result<Self, store::Error> {
        let (tell, outcomes) = channel();
        Ok(Self {
            store,
            view: (!is_empty(&*store.view())?).then(|| store.view()),
            change: Change::default(),
            homes: BTreeSet::new(),
            rows: 0,
            octets: 0,
            under_way: 0,
            registered: 0,
            outcomes,
            tell,
        })
    }

    /// Adds a row to the change that is gathered. Values that are there already keep their dates.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), ImportError> {
        let case = self.store.settings().suffix_case;
        let values = row.values.clone();
        let registration = Registration::new(&row.identifier, values, case, Clock::date());
        let Registration { home, key, record } = registration.map_err(ImportError::Row)?;
        let before = match &self.view {
            Some(view) => view.get(&key)?.map(Record::from_stored),
            None => None,
        };
        let record = match before {
            Some(Ok(before)) => record.dated_after(&before),
            // Nothing was there, or nothing that anybody can read: the row replaces it.
            Some(Err(_)) | None => record,
        };
        self.octets += record.octets().len();
        self.rows += 1;
        if self.homes.insert(home.clone()) {
            self.change.put(home, HOMED_MARK.into());
        }
        self.change.put(key, record.octets().clone());
        Ok(())
    }

    /// Commits what was gathered if it is enough; says whether it did.
    pub(super) fn commit_if_full(&mut self) -> Result<bool, store::Error> {
        let is_full = self.octets >= OCTETS_MAX;
        if is_full {
            self.commit()?;
        }
        Ok(is_full)
    }

    fn commit(&mut self) -> Result<(), store::Error> {
        if self.change.is_empty() {
            return Ok(());
        }
        while let Ok(outcome) = self.outcomes.try_recv() {
            self.count(outcome)?;
        }
        let change = std::mem::take(&mut self.change);
        let rows = std::mem::take(&mut self.rows);
        self.octets = 0;
        let tell = self.tell.clone();
        let done = move |result: Result<Position, store::Error>| {
            // Nobody listens any more after an earlier change has failed.
            let _ = tell.send(result.map(|position| (position, rows)));
        };
        // The store's own queue bounds the memory.
        self.store.load(change.writes, Box::new(done));
        self.under_way += 1;
        self.view = self.view.take().map(|_| self.store.view());
        Ok(())
    }

    fn count(&mut self, outcome: Outcome) -> Result<(), store::Error> {
        self.under_way -= 1;
        let (_, rows) = outcome?;
        self.registered += rows;
        Ok(())
    }

    /// Commits the rest and waits for everything; gives how many rows are durable, and why no more.
    pub(super) fn finish(mut self) -> (u64, Result<(), ImportError>) {
        let mut outcome = self.commit();
        outcome = outcome.and(self.store.end_load());
        while self.under_way > 0 {
            let next = self.outcomes.recv().unwrap_or(Err(store::Error::Closed));
            outcome = outcome.and(self.count(next));
        }
        (self.registered, outcome.map_err(ImportError::from))
    }
}

fn is_empty(view: &dyn View) -> Result<bool, store::Error> {
    let [first, end] = Subspace::RECORDS.bounds();
    Ok(view.range(&first, &end).next().transpose()?.is_none())
}
