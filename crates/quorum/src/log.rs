//! The log as the library reads it: entries and votes in memory, as the journal has them.
//!
//! Not here: when they become durable (`crate::member`).

use crate::journal::Kept;
use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{GetEntriesContext, RaftState, Storage, StorageError};

/// What a member remembers of the agreement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    hard: HardState,
    /// Who agrees, as of the last entry that was applied.
    configured: ConfState,
    /// The registry as it was at some entry; empty before a member that joins has got one.
    snapshot: Snapshot,
    /// Index and term of what comes before the first entry that is there.
    before: (u64, u64),
    entries: Vec<Entry>,
    /// How many octets those entries have.
    octets: usize,
}

/// Why what was kept makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap(pub(crate) &'static str);

impl Log {
    /// Puts together what was kept.
    pub(crate) fn recover(kept: Vec<Kept>) -> Result<Self, Gap> {
        let mut log = Self::default();
        for it in kept {
            if let Some(snapshot) = it.snapshot {
                log.restore(snapshot);
            }
            // A frame that says all anew keeps entries from before its snapshot, for those behind.
            log.before = it.before.unwrap_or(log.before);
            log.append(it.entries)?;
            if let Some(hard) = it.hard {
                log.hard = hard;
            }
        }
        if log.hard.commit > log.last() || log.snapshot.get_metadata().index > log.last() {
            return Err(Gap("what was agreed on is not there"));
        }
        Ok(log)
    }

    /// Everything, as one thing to keep.
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            hard: Some(self.hard.clone()),
            snapshot: Some(self.snapshot.clone()),
            before: Some(self.before),
            entries: self.entries.clone(),
        }
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    pub(crate) fn set_hard(&mut self, hard: HardState) {
        self.hard = hard;
    }

    pub(crate) fn set_configured(&mut self, configured: ConfState) {
        self.configured = configured;
    }

    /// The index of the last entry.
    pub(crate) fn last(&self) -> u64 {
        self.entries.last().map_or(self.before.0, |it| it.index)
    }

    /// How many octets the entries have.
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// Adds entries; they take the place of those from the first one's index on.
    pub(crate) fn append(&mut self, entries: Vec<Entry>) -> Result<(), Gap> {
        let Some(first) = entries.first().map(|it| it.index) else {
            return Ok(());
        };
        if first > self.last() + 1 || first <= self.before.0 {
            return Err(Gap("entries do not follow each other"));
        }
        let left = (first - self.before.0 - 1) as usize;
        self.octets -= octets(self.entries.get(left..).unwrap_or_default());
        self.entries.truncate(left);
        self.octets += octets(&entries);
        self.entries.extend(entries);
        Ok(())
    }

    /// Begins anew from a snapshot.
    pub(crate) fn restore(&mut self, snapshot: Snapshot) {
        let about = snapshot.get_metadata();
        self.before = (about.index, about.term);
        self.configured = about.get_conf_state().clone();
        self.hard.commit = self.hard.commit.max(about.index);
        self.hard.term = self.hard.term.max(about.term);
        self.entries.clear();
        self.octets = 0;
        self.snapshot = snapshot;
    }

    /// Takes a newer snapshot of what was applied, and lets go of entries before it, but for the
    /// last `kept` of them: members that are a little behind need no snapshot then.
    pub(crate) fn compact(&mut self, index: u64, data: Vec<u8>, kept: u64) {
        let Ok(term) = self.term(index) else {
            return;
        };
        let mut snapshot = Snapshot {
            data: data.into(),
            ..Snapshot::default()
        };
        let about = snapshot.mut_metadata();
        (about.index, about.term) = (index, term);
        about.set_conf_state(self.configured.clone());
        self.snapshot = snapshot;
        let first = index.saturating_sub(kept);
        if let Some(gone) = first.checked_sub(self.before.0).filter(|it| *it > 0) {
            let term = self.term(first).unwrap_or_default();
            self.entries.drain(..gone as usize);
            self.octets = octets(&self.entries);
            self.before = (first, term);
        }
    }

    fn place(&self, index: u64) -> Option<usize> {
        let place = index.checked_sub(self.before.0 + 1)?;
        usize::try_from(place).ok()
    }
}

/// How many octets entries have.
fn octets(entries: &[Entry]) -> usize {
    let octets = |entry: &Entry| entry.data.len() + entry.context.len();
    entries.iter().map(octets).sum()
}

impl Storage for Log {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState {
            hard_state: self.hard.clone(),
            conf_state: self.configured.clone(),
        })
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        let Some(from) = self.place(low) else {
            return Err(StorageError::Compacted.into());
        };
        let to = self.place(high).unwrap_or_default();
        let Some(entries) = self.entries.get(from..to) else {
            return Err(StorageError::Unavailable.into());
        };
        let mut entries = entries.to_vec();
        raft::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        let (before, term) = self.before;
        if index == before {
            return Ok(term);
        }
        let about = self.snapshot.get_metadata();
        if index == about.index {
            return Ok(about.term);
        }
        match self.place(index) {
            None => Err(StorageError::Compacted.into()),
            Some(place) => match self.entries.get(place) {
                Some(entry) => Ok(entry.term),
                None => Err(StorageError::Unavailable.into()),
            },
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.before.0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        if self.snapshot.is_empty() || self.snapshot.get_metadata().index < request_index {
            return Err(StorageError::SnapshotTemporarilyUnavailable.into());
        }
        Ok(self.snapshot.clone())
    }
}
