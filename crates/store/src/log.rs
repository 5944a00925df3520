//! The log: groups of entries, one after the other, in files that follow each other.
//!
//! A group is durable as a whole once its file is synced. Groups are chained: each holds the
//! digest of the one before, so none can be changed, dropped or exchanged unseen. The
//! [`head`] beside them says how far the log has been acknowledged; that tells an end torn by
//! a power cut (cut off, nobody relied on it) from a loss of acknowledged entries (an error).
//!
//! Not here: who writes when (`committer`), what is done with the entries (`tables`).

mod group;
mod head;
mod reader;
mod recovery;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use group::{
    Chain, Entry, GROUP_OCTETS_MAX, Group, KEY_OCTETS_MAX, LogId, check_fits, encode_group,
};
pub(crate) use head::{FILE as HEAD_FILE, Head};
pub(crate) use reader::Published;
pub use reader::{Head as LogHead, LogEntry, LogReader, Next as LogNext, Watcher};
pub(crate) use recovery::{list_segments, look};
pub(crate) use walk::{Found, Walk};

use crate::disk::{Disk, DiskFile};
use crate::{Error, Opened, Position};
use model::change::Write;
use recovery::recover;
use std::io;
use std::sync::Arc;

/// How long a file of the log grows before the next is begun, in octets.
///
/// Files are dropped whole, and the last is read whole at every start, which with 64 MiB took
/// longer than all else; each costs one more sync.
pub(crate) const SEGMENT_OCTETS: u64 = 16 << 20;

/// What a log is opened with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogOptions {
    pub(crate) id: LogId,
    /// When to begin the next file.
    pub(crate) segment_octets: u64,
    /// How much is kept of what the tables hold durably.
    pub(crate) octets_kept: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            id: LogId::default(),
            segment_octets: SEGMENT_OCTETS,
            octets_kept: u64::MAX,
        }
    }
}

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The position of its first entry; its name is made of it.
    pub(crate) first: Position,
    pub(crate) octets: u64,
}

impl Segment {
    pub(crate) fn name(&self) -> String {
        format!("{:020}.log", self.first.0)
    }

    /// The position that a file's name gives, if it is the name of a file of the log.
    fn parse_name(name: &str) -> Option<Position> {
        let first = Position(name.strip_suffix(".log")?.parse().ok()?);
        let octets = 0;
        let is_its_name = Self { first, octets }.name() == name;
        (is_its_name && first > Position::START).then_some(first)
    }
}

/// An open log. Only the committer has one.
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    options: LogOptions,
    /// All files, the last of which is written to. Never empty.
    segments: Vec<Segment>,
    file: Box<dyn DiskFile>,
    head: Head,
    /// The last entry written, durable or not, and the digest of its group.
    last: Position,
    chain: Chain,
    last_date_us: u64,
    /// Whether a group has been written and not synced. Only one may be at a time: of two, the
    /// second could survive a power cut without the first, which looks like damage.
    is_unsynced: bool,
    broken: Option<String>,
}

/// Whether there are files of a log on the disk.
pub(crate) fn has_segments(disk: &dyn Disk) -> Result<bool, Error> {
    let names = disk.names().map_err(Error::io("list", "the log"))?;
    Ok(names.iter().any(|name| Segment::parse_name(name).is_some()))
}

impl Log {
    /// Makes a new log, durably; there must be none.
    pub(crate) fn create(disk: &dyn Disk, id: &LogId) -> Result<(), Error> {
        Head::create(disk, id)
    }

    /// Opens the log, checks it, and hands every entry after `applied` to `replay`.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if entries that were acknowledged, or that `applied` says exist,
    /// cannot be read; whatever `replay` says.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        options: LogOptions,
        applied: Position,
        replay: impl FnMut(Position, &[Write]) -> Result<(), Error>,
    ) -> Result<(Self, Opened), Error> {
        let (head, acknowledged) = Head::open(&*disk, &options.id)?;
        let recovered = recover(&*disk, &options.id, applied, acknowledged, replay)?;
        let mut segments = recovered.segments;
        if segments.is_empty() {
            segments.push(Segment {
                first: recovered.last.plus(1),
                octets: 0,
            });
        }
        let name = segments.last().map(Segment::name).unwrap_or_default();
        let file = disk.open(&name).map_err(Error::io("open", name))?;
        let mut log = Self {
            disk,
            options,
            segments,
            file,
            head,
            last: recovered.last,
            chain: recovered.chain,
            last_date_us: recovered.last_date_us,
            is_unsynced: false,
            broken: None,
        };
        // What was replayed may never have been acknowledged, or even synced; from now on it
        // counts, for the tables have it.
        log.sync()?;
        Ok((log, recovered.opened))
    }

    /// The last entry that was written.
    pub(crate) fn last(&self) -> Position {
        self.last
    }

    /// The date of the last entry, in microseconds since 1970; 0 before the first.
    pub(crate) fn last_date_us(&self) -> u64 {
        self.last_date_us
    }

    /// Writes entries as one group, which is not durable yet; gives the position of the last. The
    /// group before must have been synced.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk is full: the log is as before. [`Error::ReadOnly`] if it has
    /// failed for good before, [`Error::Unsure`] if it does so now.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<Position, Error> {
        self.check_writable()?;
        debug_assert!(
            !self.is_unsynced,
            "a group must be synced before the next is written"
        );
        self.begin_segment_if_full()?;
        let first = self.last.plus(1);
        let (octets, chain) = encode_group(&self.options.id, first, &self.chain, entries);
        let segment = self.segments.last_mut().expect("there is always one");
        if let Err(error) = self.file.write_at(segment.octets, &octets) {
            let uncut = self.file.cut(segment.octets);
            let error = Error::io("write to", segment.name())(error);
            if uncut.is_err() {
                let cause = error.to_string();
                self.broken = Some(cause.clone());
                return Err(Error::Unsure { cause });
            }
            return Err(error);
        }
        segment.octets += octets.len() as u64;
        self.is_unsynced = true;
        self.last = self.last.plus(entries.len() as u64);
        self.last_date_us = entries
            .last()
            .map_or(self.last_date_us, |entry| entry.date_us);
        self.chain = chain;
        Ok(self.last)
    }

    /// Makes everything written durable, and marks it so.
    ///
    /// # Errors
    /// [`Error::Unsure`]; [`Error::ReadOnly`] ever after.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.check_writable()?;
        let synced = self
            .file
            .sync()
            .and_then(|()| self.head.mark(self.last, &self.chain));
        synced.map_err(|error| Error::Unsure {
            cause: self.break_off(&error),
        })?;
        self.is_unsynced = false;
        Ok(())
    }

    fn check_writable(&self) -> Result<(), Error> {
        match self.broken.clone() {
            Some(cause) => Err(Error::ReadOnly { cause }),
            None => Ok(()),
        }
    }

    fn begin_segment_if_full(&mut self) -> Result<(), Error> {
        let is_full = |segment: &Segment| segment.octets >= self.options.segment_octets;
        if !self.segments.last().is_some_and(is_full) {
            return Ok(());
        }
        let segment = Segment {
            first: self.last.plus(1),
            octets: 0,
        };
        let name = segment.name();
        let next = self.disk.open(&name).map_err(Error::io("make", name))?;
        // What is in the old file must be durable before anything follows it, and what the head
        // says of it must outlive it.
        let synced = self.file.sync().and_then(|()| self.head.sync());
        synced.map_err(|error| Error::ReadOnly {
            cause: self.break_off(&error),
        })?;
        self.file = next;
        self.segments.push(segment);
        Ok(())
    }

    /// After a failed sync nobody knows what is on the disk: nothing more is written until the log
    /// is opened, and so checked, anew.
    fn break_off(&mut self, error: &io::Error) -> String {
        let cause = error.to_string();
        self.broken = Some(cause.clone());
        cause
    }

    /// Removes files whose every entry is in the tables durably, as long as enough is kept: each
    /// durably before the next, or a power cut might bring an older one back alone, and what is
    /// kept would have a hole.
    ///
    /// # Errors
    /// [`Error::Io`]; the file is tried again later.
    pub(crate) fn retire(&mut self, durable: Position) -> Result<(), Error> {
        let mut kept: u64 = self.segments.iter().map(|segment| segment.octets).sum();
        while let [oldest, next, ..] = self.segments.as_slice() {
            kept -= oldest.octets;
            // The last group stays: the next one needs its digest and its date.
            let holds_last_group = kept == 0;
            let is_needed = next.first > durable.plus(1) || kept < self.options.octets_kept;
            if is_needed || holds_last_group {
                break;
            }
            let name = oldest.name();
            self.disk.remove(&name).map_err(Error::io("remove", name))?;
            self.segments.remove(0);
        }
        Ok(())
    }
}

impl Drop for Log {
    /// A log that was closed in good order can tell afterwards if its end has been lost.
    fn drop(&mut self) {
        if self.broken.is_none() {
            // The head is a hint that only ever says too little; failing to sync it loses nothing.
            let _ = self.head.sync();
        }
    }
}
