//! Reads the log behind the committer: entries after a place, in order, as far as they have been
//! published.
//!
//! Whoever reads keeps no file of the log from being removed: who is too slow is told that what
//! comes next is gone. Not here: writing (`super`), what the entries mean.

use super::group::{Group, HEAD_OCTETS, LogId};
use super::list_segments;
use crate::disk::FolderDisk;
use crate::{Error, Position};
use bytes::Bytes;
use model::change::Write;
use std::collections::VecDeque;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(test)]
mod tests;

/// One entry of the log: what one change has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place.
    pub position: Position,
    /// Its date, in microseconds since 1970; later than that of every earlier entry.
    pub date_us: u64,
    /// What it wrote, in order.
    pub writes: Vec<Write>,
}

/// What comes next in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// An entry.
    Entry(LogEntry),
    /// Nothing more has been published.
    Nothing,
    /// It is gone: the log begins later.
    TooLate,
}

/// Where the published part of a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The last entry that is durable and visible.
    pub position: Position,
    /// Its date, in microseconds since 1970; 0 if there is none.
    pub date_us: u64,
}

/// Called after each group that has been published, on the committer's thread.
pub type Watcher = Box<dyn Fn(Head) + Send + Sync>;

/// How far a log has been published, and who wants to know.
#[derive(Default)]
pub(crate) struct Published {
    head: Mutex<Head>,
    watchers: Mutex<Vec<Watcher>>,
}

impl Published {
    pub(crate) fn at(head: Head) -> Self {
        Self {
            head: Mutex::new(head),
            watchers: Mutex::default(),
        }
    }

    pub(crate) fn head(&self) -> Head {
        *lock(&self.head)
    }

    pub(crate) fn set(&self, head: Head) {
        *lock(&self.head) = head;
        for watcher in lock(&self.watchers).iter() {
            watcher(head);
        }
    }

    pub(crate) fn watch(&self, watcher: Watcher) {
        lock(&self.watchers).push(watcher);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a log, entry by entry.
pub struct LogReader {
    folder: PathBuf,
    id: LogId,
    published: Arc<Published>,
    file: Option<Reading>,
    /// The file that was read to its end.
    ended: Option<String>,
    /// The last entry that was given, or before which it begins.
    last: Position,
    /// Entries of a group that has been read.
    ready: VecDeque<LogEntry>,
}

/// A file of the log, and where in it the next group stands.
struct Reading {
    file: File,
    name: String,
    at: u64,
}

impl LogReader {
    pub(crate) fn new(
        folder: PathBuf,
        id: LogId,
        published: Arc<Published>,
        after: Position,
    ) -> Self {
        Self {
            folder,
            id,
            published,
            file: None,
            ended: None,
            last: after,
            ready: VecDeque::new(),
        }
    }

    /// The next entry. Reads files; one group at a time is in memory.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Corrupted`] where what was published cannot be read.
    pub fn next_entry(&mut self) -> Result<Next, Error> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                self.last = entry.position;
                return Ok(Next::Entry(entry));
            }
            if self.last >= self.published.head().position {
                return Ok(Next::Nothing);
            }
            let Some(mut reading) = self
                .file
                .take()
                .map_or_else(|| self.open(), |it| Ok(Some(it)))?
            else {
                return Ok(Next::TooLate);
            };
            match reading.next_group(&self.id)? {
                Some(group) => {
                    self.take(&reading.name, group)?;
                    self.file = Some(reading);
                }
                // What was published stands in a later file.
                None => self.ended = Some(reading.name),
            }
        }
    }

    fn take(&mut self, name: &str, group: Group) -> Result<(), Error> {
        if group.first > self.last.plus(1) {
            return Err(Error::missing(name, self.last, group.first));
        }
        let entries = group.entries.into_iter().zip(group.first.0..);
        let entries = entries.filter(|(_, position)| *position > self.last.0);
        self.ready = entries
            .map(|(entry, position)| LogEntry {
                position: Position(position),
                date_us: entry.date_us,
                writes: entry.writes,
            })
            .collect();
        Ok(())
    }

    /// Opens the file that the next entry is in; none if it is gone.
    fn open(&self) -> Result<Option<Reading>, Error> {
        let segments = list_segments(&FolderDisk::at(&self.folder))?;
        let mut holders = segments.iter().rev();
        let Some(segment) = holders.find(|segment| segment.first <= self.last.plus(1)) else {
            return Ok(None);
        };
        let name = segment.name();
        if self.ended.as_ref() == Some(&name) {
            // It was read to its end, and what has been published is nowhere.
            let published = self.published.head().position;
            return Err(Error::missing(&name, self.last, published));
        }
        Reading::open(&self.folder, name)
    }
}

impl Reading {
    /// Opens a file; none if it has been removed since it was seen.
    fn open(folder: &Path, name: String) -> Result<Option<Self>, Error> {
        match File::open(folder.join(&name)) {
            Ok(file) => Ok(Some(Self { file, name, at: 0 })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("open", name)(error)),
        }
    }

    /// The next group; none at the end of the file.
    fn next_group(&mut self, id: &LogId) -> Result<Option<Group>, Error> {
        let mut head = [0; HEAD_OCTETS];
        if !self.read(&mut head, self.at)? {
            return Ok(None);
        }
        let payload = u32::from_be_bytes([head[32], head[33], head[34], head[35]]) as usize;
        let length = HEAD_OCTETS + payload.min(super::GROUP_OCTETS_MAX);
        let mut octets = vec![0; length];
        let is_whole = self.read(&mut octets, self.at)?;
        let group = is_whole.then(|| Group::read(&Bytes::from(octets), id));
        match group.flatten() {
            Some(Ok(group)) => {
                self.at += group.octets as u64;
                Ok(Some(group))
            }
            _ => Err(Error::Corrupted {
                file: self.name.clone(),
                at: self.at,
                extent: length as u64,
                reason: "what was published cannot be read back".into(),
            }),
        }
    }

    /// Fills a buffer; false if the file ends before.
    fn read(&self, buffer: &mut [u8], at: u64) -> Result<bool, Error> {
        match self.file.read_exact_at(buffer, at) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(Error::io("read", self.name.clone())(error)),
        }
    }
}
