//! What becomes of what a writer has that returns: entries beyond the position up to which the node
//! had copied that took over.
//!
//! Such an entry is replayed where what it is about is unchanged in the new epoch; otherwise what
//! the new epoch says is current, and the entry goes whole into the report of conflicts, where its
//! owner finds it. Nothing that was acknowledged is in neither.
//!
//! How far a tail has been taken stands in the change that brings it there, so it may be offered
//! twice, interrupted anywhere and gone on with. What a row was before is compared by whoever
//! commits: a change between the look and the commit leads to another look.
//!
//! | rows | replayed if |
//! | --- | --- |
//! | records, homes | the new epoch has not written them; each by itself |
//! | facts | it has written none of those that the entry writes: they belong together |
//! | answers to requests, reports of conflicts | nothing is there |
//!
//! Not here: reading logs and committing (room `node`), who may have the data set (room `quorum`).

mod conflict;
#[cfg(test)]
mod tests;

pub use conflict::Conflict;

use super::intake::Fault;
use super::standing::expect_format;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use model::audit::Note;
use model::change::Write;
use model::key::Subspace;
use model::octets::Reader;
use model::{Change, Key};

const FORMAT: u8 = 1;

/// How far a tail was taken, as it is stored: all entries up to one, and of the next so many
/// writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// The last entry that was taken whole.
    pub txn: u64,
    /// How many writes of the next one were.
    pub writes: u32,
}

impl Reached {
    /// Whether an entry is the next: one that was taken is not, again.
    ///
    /// # Errors
    /// [`Fault::Missing`]: something before it was left out.
    pub fn awaits(&self, txn: u64) -> Result<bool, Fault> {
        let after = self.txn;
        match txn.checked_sub(after) {
            None | Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(_) => Err(Fault::Missing { txn, after }),
        }
    }

    /// Reads what is stored.
    ///
    /// # Errors
    /// [`model::Error`]: it is damaged, or of a newer version.
    pub fn read(octets: Bytes) -> Result<Self, model::Error> {
        let mut reader = Reader::new(octets);
        expect_format(&mut reader, FORMAT)?;
        let read = Self {
            txn: reader.u64("transaction")?,
            writes: reader.u32("count of writes")?,
        };
        reader.finish("how far a tail was taken")?;
        Ok(read)
    }

    /// What is stored.
    pub fn octets(&self) -> Bytes {
        let mut out = Vec::with_capacity(13);
        out.push(FORMAT);
        out.extend_from_slice(&self.txn.to_be_bytes());
        out.extend_from_slice(&self.writes.to_be_bytes());
        out.into()
    }
}

/// Which of the rows that a tail is about the new epoch has written: those of a tail alone, for a
/// node may have written any number of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    taking: Key,
    rows: BTreeMap<Key, bool>,
}

impl Changed {
    /// None of the rows of a tail of an epoch.
    pub fn new(epoch: u64, rows: impl IntoIterator<Item = Key>) -> Self {
        Self {
            taking: Key::tail(epoch),
            rows: rows.into_iter().map(|key| (key, false)).collect(),
        }
    }

    /// Looks at an entry of the new epoch. One that takes the tail changes nothing of its own.
    pub fn look(&mut self, writes: &[Write]) {
        if writes.iter().any(|write| write.key == self.taking) {
            return;
        }
        self.count(writes.iter().map(|write| &write.key));
    }

    /// Counts rows of the tail as written, though nobody has looked: no tail may write them.
    pub fn count<'k>(&mut self, keys: impl IntoIterator<Item = &'k Key>) {
        for key in keys {
            if let Some(is_changed) = self.rows.get_mut(key) {
                *is_changed = true;
            }
        }
    }

    /// Counts every row of the tail as written: what the new epoch wrote cannot be known.
    pub fn count_all(&mut self) {
        self.rows.values_mut().for_each(|it| *it = true);
    }

    /// Whether the new epoch has written a row.
    pub fn has(&self, key: &Key) -> bool {
        self.rows.get(key).copied().unwrap_or(false)
    }
}

/// An entry of a tail, as [`super::Intake::entry`] has let it through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The epoch it was written in.
    pub epoch: u64,
    /// Its number in it.
    pub txn: u64,
    /// When, in microseconds since 1970, by the clock of its writer.
    pub date_us: u64,
    /// What it wrote.
    pub writes: Vec<Write>,
    /// Who did.
    pub note: Option<Note>,
}

/// What is done about an entry, or as much of it as fits a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// What is committed; how far the tail was taken stands in it.
    pub change: Change,
    /// How many rows are replayed.
    pub replayed: usize,
    /// How many are as they should be already.
    pub same: usize,
    /// How many go into the report of conflicts.
    pub reported: usize,
    /// How many writes of the entry have been taken with this change.
    pub taken: u32,
}

/// What becomes of a write.
enum Fate {
    Replayed,
    Same,
    Reported,
}

/// Says what is done about an entry of a tail, of which `from` writes have been taken before: about
/// as many writes as have `octets_max` octets together, and at least one. `now` says what stands
/// under a key.
///
/// # Errors
/// What `now` says.
pub fn merge<E>(
    offered: &Offered,
    from: u32,
    changed: &Changed,
    octets_max: usize,
    mut now: impl FnMut(&Key) -> Result<Option<Bytes>, E>,
) -> Result<Merged, E> {
    let mut merged = Merged {
        taken: from,
        ..Merged::default()
    };
    let are_facts_changed = offered
        .writes
        .iter()
        .any(|write| is_fact(&write.key) && changed.has(&write.key));
    let last: BTreeMap<&Key, usize> = offered
        .writes
        .iter()
        .enumerate()
        .map(|(at, write)| (&write.key, at))
        .collect();
    let mut octets = 0;
    for (at, write) in offered.writes.iter().enumerate().skip(from as usize) {
        octets += 64 + 2 * write.key.octets().len() + write.octets.as_ref().map_or(0, Bytes::len);
        if octets > octets_max && merged.taken > from {
            break;
        }
        merged.taken += 1;
        // A later write of the entry under the same key is the one that counts.
        if last.get(&write.key) != Some(&at) {
            continue;
        }
        let current = now(&write.key)?;
        let is_changed = changed.has(&write.key) || is_fact(&write.key) && are_facts_changed;
        match fate(write, current.as_ref(), is_changed) {
            Fate::Same => merged.same += 1,
            Fate::Replayed => {
                merged.replayed += 1;
                merged.change.writes.push(write.clone());
            }
            Fate::Reported => {
                merged.reported += 1;
                let key = Key::conflict(offered.epoch, offered.txn, at as u32);
                merged
                    .change
                    .put(key, Conflict::of(offered, write).octets());
            }
        }
        merged.change.expect(write.key.clone(), current);
    }
    finish(&mut merged, offered, changed);
    Ok(merged)
}

/// Adds how far the tail is taken then; with the end of the entry, who had changed it.
fn finish(merged: &mut Merged, offered: &Offered, changed: &Changed) {
    let is_whole = merged.taken as usize >= offered.writes.len();
    let reached = if is_whole {
        Reached {
            txn: offered.txn,
            writes: 0,
        }
    } else {
        Reached {
            txn: offered.txn.saturating_sub(1),
            writes: merged.taken,
        }
    };
    if is_whole {
        // Of what was not carried out here the trail says nothing; the report does.
        let note = offered.note.clone();
        merged.change.note = note.filter(|note| !changed.has(&note.key));
    }
    let octets = reached.octets();
    merged.change.put(Key::tail(offered.epoch), octets);
}

fn fate(write: &Write, current: Option<&Bytes>, is_changed: bool) -> Fate {
    if current == write.octets.as_ref() {
        return Fate::Same;
    }
    if is_remembered(&write.key) {
        // What was answered stays answered; what has expired there expires here.
        return if current.is_none() {
            Fate::Replayed
        } else {
            Fate::Same
        };
    }
    if is_changed {
        Fate::Reported
    } else {
        Fate::Replayed
    }
}

/// Whether a row says what was done, and not what is.
fn is_remembered(key: &Key) -> bool {
    matches!(
        key.subspace(),
        Some(Subspace::ANSWERED | Subspace::CONFLICTS)
    )
}

fn is_fact(key: &Key) -> bool {
    let is_other = matches!(
        key.subspace(),
        Some(Subspace::RECORDS | Subspace::HOMED) | None
    );
    !is_other && !is_remembered(key)
}
