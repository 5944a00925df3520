//! The audit trail: the notes of administrative changes, kept so that nobody can change, remove or
//! add one unseen.
//!
//! The committer writes beside each change that has a note the note itself and its place in the
//! index, and beside the last of a group what binds all its notes to those before: their Merkle
//! root and a *chain value*, which covers the one before. These are writes like others, in the
//! group's own entries: a replay of the log makes the same, and what is durable is durable together
//! with the change. Nobody else may write them.
//!
//! | key | octets stored |
//! | --- | --- |
//! | `A`, position | the note ([`model::audit::Note`]) |
//! | `X`, key, 0, position | none: the note there is about that key |
//! | `M`, position of the first note of a group | count, Merkle root, chain value |
//! | `N` | which group is the newest, so that a missing end is noticed |
//!
//! Whoever can write to the disk can also write a whole trail anew; but not one with a chain value
//! that somebody has kept elsewhere.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `merkle` | what is the root over some notes? |
//! | `rows` | what are the octets of the rows? |
//! | `verify` | is the trail what was written? |
//!
//! Not here: what a note says (room `model`), when one is written (room `engine`).

mod merkle;
mod rows;
#[cfg(test)]
mod tests;
mod verify;

pub use rows::Digest;
pub use verify::{Expected, Fault, Newest, Report, verify};

use crate::tables::View;
use crate::{Error, Position};
use bytes::Bytes;
use merkle::Merkle;
use model::audit::Note;
use model::change::Write;
use model::key::Subspace;
use model::{Error as ModelError, Key};
use rows::{GroupRow, NewestRow};

/// The notes about a key, oldest first, and the positions of their changes.
///
/// # Errors
/// Each of its items: the tables cannot be read, or a row is missing or cannot be read.
pub fn notes_about<'v>(
    view: &'v dyn View,
    key: &Key,
) -> impl Iterator<Item = Result<(Position, Note), Error>> + use<'v> {
    let about = key.clone();
    let [from, to] = [Key::noted(key, 0), Key::noted(key, u64::MAX)];
    // The bound is exclusive, and there is no last position.
    view.range(&from, &to).filter_map(move |row| {
        let (key, _) = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        // A longer key may begin as this one does.
        let (of, position) = key.as_noted()?;
        (of == about).then(|| note_at(view, position))
    })
}

fn note_at(view: &dyn View, position: u64) -> Result<(Position, Note), Error> {
    let damaged = |reason: String| damaged(format!("the note of entry {position} {reason}"));
    let octets = view
        .get(&Key::note(position))?
        .ok_or_else(|| damaged("is missing".into()))?;
    let note = Note::decode(octets).map_err(|error| damaged(format!("cannot be read: {error}")))?;
    Ok((Position(position), note))
}

fn damaged(reason: String) -> Error {
    Error::Corrupted {
        file: "tables".into(),
        at: 0,
        extent: 0,
        reason,
    }
}

/// Refuses writes of the trail's own keys: only the committer makes them.
pub(crate) fn check_writes(writes: &[Write]) -> Result<(), Error> {
    let is_ours = |write: &&Write| {
        let subspace = write.key.octets().first();
        subspace.is_some_and(|&subspace| Subspace::OF_THE_TRAIL.contains(&Subspace(subspace)))
    };
    match writes.iter().find(is_ours) {
        Some(Write { key, .. }) => Err(Error::Trail { key: key.clone() }),
        None => Ok(()),
    }
}

/// A note as it is written.
pub(crate) struct WrittenNote {
    about: Key,
    octets: Bytes,
}

impl WrittenNote {
    pub(crate) fn of(note: &Note) -> Result<Self, ModelError> {
        Ok(Self {
            about: note.key.clone(),
            octets: note.encode()?,
        })
    }

    /// How long an entry of the log becomes at most by it, if it is the only one of its group.
    pub(crate) fn octets_of_entry(&self) -> usize {
        let row = |key: usize, octets: usize| 9 + key + octets;
        row(9, self.octets.len())
            + row(10 + self.about.octets().len(), 0)
            + row(9, GroupRow::OCTETS)
            + row(1, NewestRow::OCTETS)
    }

    /// What is written for it beside the change.
    fn rows(self, position: u64) -> [Write; 2] {
        let index = put(Key::noted(&self.about, position), Bytes::new());
        [put(Key::note(position), self.octets), index]
    }
}

fn put(key: Key, octets: Bytes) -> Write {
    let octets = Some(octets);
    Write { key, octets }
}

/// The notes of one group, as they are taken in.
#[derive(Default)]
pub(crate) struct GroupNotes {
    first: Option<u64>,
    merkle: Merkle,
}

impl GroupNotes {
    /// Takes the next note in; gives what is written beside its change.
    pub(crate) fn take(&mut self, position: Position, note: WrittenNote) -> [Write; 2] {
        self.first.get_or_insert(position.0);
        self.merkle.add(position.0, &note.octets);
        note.rows(position.0)
    }
}

/// Up to where the trail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Trail(NewestRow);

impl Trail {
    /// Goes on where the tables end.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if what says where that is cannot be read: to begin a new trail would
    /// hide that the old one is damaged.
    pub(crate) fn open(view: &dyn View) -> Result<Self, Error> {
        if let Some(octets) = view.get(&Key::newest_noted())? {
            let row = NewestRow::decode(&octets);
            return row.map(Self).ok_or_else(|| {
                damaged("the row of the audit trail's newest notes cannot be read".into())
            });
        }
        let [from, to] = Subspace::NOTED_GROUPS.bounds();
        match view.range(&from, &to).next().transpose()? {
            None => Ok(Self::default()),
            Some(_) => Err(damaged(
                "the row of the audit trail's newest notes is missing".into(),
            )),
        }
    }

    /// The trail after the notes of a group, and what is written beside the last of them; `None` if
    /// there are none.
    pub(crate) fn after(&self, notes: &GroupNotes) -> Option<(Self, [Write; 2])> {
        let first = notes.first?;
        let (root, count) = (notes.merkle.root(), notes.merkle.count());
        let group = GroupRow {
            count,
            root,
            chain: rows::chain(&self.0.chain, &root, first, count),
        };
        let newest = NewestRow {
            first,
            groups: self.0.groups + 1,
            notes: self.0.notes + u64::from(count),
            chain: group.chain,
        };
        let rows = [
            put(Key::noted_group(first), group.encode()),
            put(Key::newest_noted(), newest.encode()),
        ];
        Some((Self(newest), rows))
    }
}
