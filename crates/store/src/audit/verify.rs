//! Whether the audit trail is what was written: every note is read, every root and chain value is
//! computed anew, and the index is compared with the notes.
//!
//! Not here: whether log and tables are sound octet for octet (`crate::verify`), which finds
//! damage to the trail too, but not that somebody wrote other notes with care.

use super::merkle::Merkle;
use super::rows::{Digest, GroupRow, NewestRow, chain};
use crate::Error;
use crate::committer::GROUP_COUNT_MAX;
use crate::tables::{Range, View};
use bytes::Bytes;
use model::Key;
use model::audit::Note;
use model::key::Subspace;
use serde::Serialize;
use std::iter::Peekable;

/// How many faults are told one by one; the others are only counted.
const FAULTS_TOLD_MAX: usize = 1000;

/// How often the progress is told, in notes.
const PROGRESS_EVERY: u64 = 1024;

/// What there is of a row where no trail has begun yet.
const MISSING: &str = "is missing";

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The first entry that it is about; 0 if that is not known.
    pub first: u64,
    /// The last entry that it may be about.
    pub last: u64,
    /// What is wrong.
    pub reason: String,
}

/// The newest group of notes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Newest {
    /// The entry of its first note.
    pub first: u64,
    /// How many notes it has.
    pub notes: u32,
    /// Their Merkle root.
    pub root: Digest,
    /// Covers all notes from the first on: who keeps it elsewhere notices a trail that was cut or
    /// written anew.
    pub chain: Digest,
}

/// What there is of a chain value that was kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The chain value.
    pub chain: Digest,
    /// The entry of the first note of its group; none if there is no such group.
    pub first: Option<u64>,
    /// How many notes came after.
    pub notes_since: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many notes there are.
    pub notes: u64,
    /// In how many groups.
    pub groups: u64,
    /// The date of the first note, in milliseconds since 1970.
    pub first_date_ms: Option<u64>,
    /// The date of the last.
    pub last_date_ms: Option<u64>,
    /// The newest group; none if there are no notes.
    pub newest: Option<Newest>,
    /// What was asked for with a chain value.
    pub expected: Option<Expected>,
    /// What is not as it was written.
    pub faults: Vec<Fault>,
    /// How many there are beyond those.
    pub faults_untold: u64,
}

impl Report {
    /// Whether everything is as it was written.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, first: u64, last: u64, reason: impl Into<String>) {
        if self.faults.len() == FAULTS_TOLD_MAX {
            self.faults_untold += 1;
            return;
        }
        let reason = reason.into();
        self.faults.push(Fault {
            first,
            last,
            reason,
        });
    }
}

/// Verifies the trail in a view. Reads every note, and looks each up in the index; memory: little.
///
/// With a chain value that was kept elsewhere, one of the groups must have it: then the trail up to
/// there is the one that it was taken of. `progress` is told how many of how many steps are done.
///
/// # Errors
/// The tables cannot be read. What is not as it was written is no error, but in the report.
pub fn verify(
    view: &dyn View,
    expected: Option<Digest>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    let newest = match view.get(&Key::newest_noted())? {
        None => Err(MISSING),
        Some(octets) => NewestRow::decode(&octets).ok_or("cannot be read"),
    };
    let all = newest.map_or(0, |newest| newest.notes.saturating_mul(2));
    let mut verification = Verification {
        view,
        notes: rows(view, Subspace::NOTES),
        chain: Digest::default(),
        indexed: 0,
        report: Report {
            expected: expected.map(|chain| Expected {
                chain,
                first: None,
                notes_since: 0,
            }),
            ..Report::default()
        },
        steps: Steps {
            done: 0,
            all,
            progress,
        },
    };
    verification.groups()?;
    verification.end(newest);
    verification.index()?;
    Ok(verification.report)
}

fn rows(view: &dyn View, subspace: Subspace) -> Peekable<Range<'_>> {
    let [from, to] = subspace.bounds();
    view.range(&from, &to).peekable()
}

struct Verification<'v> {
    view: &'v dyn View,
    /// The notes that have not been read yet.
    notes: Peekable<Range<'v>>,
    /// The chain value of the group before.
    chain: Digest,
    /// How many notes are in the index.
    indexed: u64,
    report: Report,
    steps: Steps<'v>,
}

struct Steps<'v> {
    done: u64,
    /// How many there are, if the trail is what was written.
    all: u64,
    progress: &'v mut dyn FnMut(u64, u64),
}

impl Steps<'_> {
    fn advance(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(PROGRESS_EVERY) {
            (self.progress)(self.done, self.all.max(self.done));
        }
    }
}

/// The notes that were found where those of one group should be.
#[derive(Default)]
struct FoundNotes {
    merkle: Merkle,
    first: Option<u64>,
    last: u64,
}

impl Verification<'_> {
    /// Goes through groups and notes side by side.
    fn groups(&mut self) -> Result<(), Error> {
        let mut groups = rows(self.view, Subspace::NOTED_GROUPS);
        let mut is_first = true;
        while let Some(row) = groups.next() {
            let (key, octets) = row?;
            let Some(first) = key.position() else {
                self.report
                    .fault(0, 0, format!("{key:?} is the key of no group"));
                continue;
            };
            if is_first {
                self.notes_of_nobody(Some(first))?;
                is_first = false;
            }
            let end = match groups.peek() {
                Some(Ok((next, _))) => next.position(),
                _ => None,
            };
            let found = self.notes_before(end)?;
            if let Some(row) = GroupRow::decode(&octets) {
                self.group(first, end, &row, &found);
            } else {
                let reason = "the row of this group of notes cannot be read";
                self.report.fault(first, found.last.max(first), reason);
            }
        }
        self.notes_of_nobody(None)
    }

    /// Notes that stand where no group is.
    fn notes_of_nobody(&mut self, end: Option<u64>) -> Result<(), Error> {
        let found = self.notes_before(end)?;
        if let Some(first) = found.first {
            let reason = format!("{} notes are of no group", found.merkle.count());
            self.report.fault(first, found.last, reason);
        }
        Ok(())
    }

    /// Reads the notes before a position, or all, and looks each up in the index.
    fn notes_before(&mut self, end: Option<u64>) -> Result<FoundNotes, Error> {
        let mut found = FoundNotes::default();
        let is_before = |row: &Result<(Key, Bytes), Error>| match row {
            Ok((key, _)) => end.is_none_or(|end| key.position().is_none_or(|at| at < end)),
            Err(_) => true,
        };
        while let Some(row) = self.notes.next_if(is_before) {
            let (key, octets) = row?;
            let Some(position) = key.position() else {
                self.report
                    .fault(0, 0, format!("{key:?} is the key of no note"));
                continue;
            };
            found.merkle.add(position, &octets);
            found.first.get_or_insert(position);
            found.last = position;
            self.note(position, octets)?;
            self.steps.advance();
        }
        Ok(found)
    }

    fn note(&mut self, position: u64, octets: Bytes) -> Result<(), Error> {
        self.report.notes += 1;
        if let Some(expected) = &mut self.report.expected {
            expected.notes_since += u64::from(expected.first.is_some());
        }
        let note = match Note::decode(octets) {
            Ok(note) => note,
            Err(error) => {
                let reason = format!("the note cannot be read: {error}");
                self.report.fault(position, position, reason);
                return Ok(());
            }
        };
        self.report.first_date_ms.get_or_insert(note.date_ms);
        self.report.last_date_ms = Some(note.date_ms);
        if self.view.get(&Key::noted(&note.key, position))?.is_some() {
            self.indexed += 1;
        } else {
            let reason = format!("the note about {:?} is missing in the index", note.key);
            self.report.fault(position, position, reason);
        }
        Ok(())
    }

    /// Judges a group by what was found where its notes should be, up to the next group.
    fn group(&mut self, first: u64, end: Option<u64>, row: &GroupRow, found: &FoundNotes) {
        self.report.groups += 1;
        let (count, root) = (found.merkle.count(), found.merkle.root());
        let starts = found.first == Some(first);
        let is_whole = starts && (count, root) == (row.count, row.root);
        let follows = chain(&self.chain, &row.root, first, row.count) == row.chain;
        let notes_follow = starts && chain(&self.chain, &root, first, count) == row.chain;
        let last = if count < row.count {
            // What is missing may have been the last of them.
            let furthest = first.saturating_add(GROUP_COUNT_MAX as u64 - 1);
            end.map_or(furthest, |end| furthest.min(end - 1))
        } else {
            found.last.max(first)
        };
        if !(is_whole && follows) {
            let reason = match (is_whole, follows) {
                _ if notes_follow => "the row of this group is not what was written; its notes are",
                (false, true) if count < row.count => "notes of this group are missing",
                (false, true) if count > row.count => "notes were added to this group",
                (false, true) => "a note of this group is not what was written",
                (true, false) => "before this group, a group is missing or was changed or added",
                (_, _) => "neither this group's notes nor what stood before it is what was written",
            };
            let reason = format!("{reason} ({count} notes, {} by its row)", row.count);
            self.report.fault(first, last, reason);
        }
        self.chain = row.chain;
        self.report.newest = Some(Newest {
            first,
            notes: row.count,
            root: row.root,
            chain: row.chain,
        });
        if let Some(expected) = &mut self.report.expected
            && expected.chain == row.chain
        {
            expected.first = Some(first);
            expected.notes_since = 0;
        }
    }

    /// Judges the end of the trail. `newest` says where that should be, or why it does not.
    fn end(&mut self, newest: Result<NewestRow, &str>) {
        let report = &mut self.report;
        let last = report.newest.as_ref().map_or(0, |newest| newest.first);
        let found = NewestRow {
            first: last,
            groups: report.groups,
            notes: report.notes,
            chain: self.chain,
        };
        let is_empty = found == NewestRow::default();
        match newest {
            Ok(newest) if newest != found => {
                let reason = format!(
                    "the trail ends with the group of entry {last}, after {} notes in {} groups; \
                     the newest group was that of entry {}, after {} in {}",
                    found.notes, found.groups, newest.first, newest.notes, newest.groups
                );
                report.fault(last, newest.first.max(last), reason);
            }
            Err(problem) if !(is_empty && problem == MISSING) => {
                let reason = format!("the row that says which notes are the newest {problem}");
                report.fault(last, last, reason);
            }
            _ => (),
        }
        if let Some(expected) = report.expected
            && expected.first.is_none()
        {
            let chain = expected.chain;
            let reason =
                format!("no group has the chain value {chain}: the trail was cut or written anew");
            report.fault(0, last, reason);
        }
    }

    /// Every row of the index must be of a note. All notes have been looked up there, so that rows
    /// are looked at one by one only if there are others.
    fn index(&mut self) -> Result<(), Error> {
        let mut counted = 0;
        for row in rows(self.view, Subspace::NOTED) {
            let (key, octets) = row?;
            counted += 1;
            if !octets.is_empty() {
                let position = key.as_noted().map_or(0, |(_, position)| position);
                let reason = "the row of the index is not empty";
                self.report.fault(position, position, reason);
            }
            self.steps.advance();
        }
        if counted == self.indexed {
            return Ok(());
        }
        for row in rows(self.view, Subspace::NOTED) {
            let (key, _) = row?;
            self.index_row(&key)?;
        }
        Ok(())
    }

    fn index_row(&mut self, key: &Key) -> Result<(), Error> {
        let Some((about, position)) = key.as_noted() else {
            self.report
                .fault(0, 0, format!("{key:?} is no key of the index"));
            return Ok(());
        };
        let octets = self.view.get(&Key::note(position))?;
        let note = octets.map(Note::decode);
        let reason = match note {
            None => format!("the note about {about:?} is missing"),
            Some(Ok(note)) if note.key != about => {
                format!("the index says that the note is about {about:?}")
            }
            // What cannot be read has been told.
            Some(_) => return Ok(()),
        };
        self.report.fault(position, position, reason);
        Ok(())
    }
}
