//! Keeps what was acknowledged: the log that makes changes durable, the tables that answer
//! questions, and the one committer between them.
//!
//! ```text
//! change ─ queue ─ committer ─ append ─ sync ─ publish ─ acknowledge
//!                                │               │
//!                               log            tables ─ views
//! ```
//!
//! The log alone carries durability. The tables are an index of it that remembers how far it has
//! been applied, and is replayed from there when the folder is opened. `docs/format.md` gives
//! the octets and the measurements behind the choice of the tables.
//!
//! Not here: what a change means (room `engine`), sockets, more than one process on a folder.

#![forbid(unsafe_code)]

pub mod audit;
mod backup;
mod committer;
mod disk;
mod error;
mod folder;
#[cfg(test)]
mod golden;
mod info;
mod log;
mod position;
mod remembering;
mod snapshot;
mod tables;
#[cfg(test)]
mod tests;
mod verify;

pub use backup::{Backed, BackupOrder, back_up, restore};
pub use committer::Done;
pub use error::Error;
pub use folder::Settings;
pub use info::{Info, inspect};
pub use log::{LogEntry, LogHead, LogNext, LogReader, Watcher};
pub use position::Position;
pub use remembering::Remembering;
pub use snapshot::Snapshot;
pub use tables::{FILES_OPEN_MAX, Moment, Range, View, fuzz};
pub use verify::{Damage, LogFound, Progress, Report, TablesFound, verify};

use audit::Trail;
use committer::Committer;
use disk::{Disk, FolderDisk};
use folder::Folder;
use log::{Log, LogOptions};
use model::change::Write;
use model::{Change, SuffixCase};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use tables::{LsmTables, MemoryTables, Tables};

/// How a store is opened. The defaults suit a node of any size.
#[derive(Debug, Clone)]
pub struct Options {
    /// For a new folder: whether suffixes depend on case. An old folder keeps what it has.
    pub suffix_case: SuffixCase,
    /// Where the tables are.
    pub tables: TablesKind,
    /// How many octets of table blocks are kept in memory.
    pub cache_octets: u64,
    /// How many octets of records that were read lately are kept in memory, ready to be answered.
    /// 0 keeps none.
    pub hot_octets: u64,
    /// How many octets of changes, or of loads, are gathered in memory before they are written to
    /// files. What is gathered is replayed from the log after a crash.
    pub memtable_octets: u64,
    /// How long a file of the log grows before the next is begun, in octets. Files are dropped
    /// whole.
    pub log_segment_octets: u64,
    /// How many octets of log are kept although the tables hold them, for those who read the log.
    pub log_octets_kept: u64,
}

/// Where the tables of a store are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TablesKind {
    /// In files beside the log.
    Files,
    /// In memory, replayed from the whole log at every start: for tests and small nodes.
    Memory,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            suffix_case: SuffixCase::default(),
            tables: TablesKind::Files,
            cache_octets: 192 << 20,
            hot_octets: 64 << 20,
            memtable_octets: 64 << 20,
            log_segment_octets: log::SEGMENT_OCTETS,
            log_octets_kept: 1 << 30,
        }
    }
}

/// What opening found; worth a line to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Opened {
    /// How many entries of the log were applied to the tables.
    pub entries_replayed: u64,
    /// How many octets of a last group were cut that was never acknowledged.
    pub octets_cut: u64,
}

/// An open data folder. Dropping it closes it.
///
/// ```
/// use model::{Change, Key, SuffixCase};
/// use store::{Options, Store};
///
/// let folder = tempfile::tempdir()?;
/// let store = Store::open(folder.path(), &Options::default())?;
/// let key = Key::record(&"88.156.1/pump".parse()?, SuffixCase::Insensitive);
/// let mut change = Change::default();
/// change.put(key.clone(), "a record".into());
/// store.commit(change)?; // durable when this returns
/// assert_eq!(store.view().get(&key)?.unwrap(), "a record");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store {
    // Declared in the order they are closed: the committer first, the lock of the folder last.
    committer: Committer,
    tables: Arc<dyn Tables>,
    settings: Settings,
    opened: Opened,
    folder: Folder,
}

impl Store {
    /// Opens the data folder at `path`, or makes one if there is nothing yet.
    ///
    /// Applies to the tables what only the log holds; takes time in proportion to that.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process has it open, [`Error::Corrupted`] if what was
    /// acknowledged cannot be read back, [`Error::Format`] if a newer version made the folder,
    /// [`Error::Io`] if the operating system says no.
    pub fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let folder = Folder::open(path, options.suffix_case)?;
        let tables: Arc<dyn Tables> = match options.tables {
            TablesKind::Files => Arc::new(LsmTables::open(&folder.tables_path(), options)?),
            TablesKind::Memory => Arc::new(MemoryTables::default()),
        };
        let disk: Arc<dyn Disk> = Arc::new(FolderDisk::open(&folder.log_path())?);
        Self::start(folder, tables, disk, options)
    }

    fn start(
        folder: Folder,
        tables: Arc<dyn Tables>,
        disk: Arc<dyn Disk>,
        options: &Options,
    ) -> Result<Self, Error> {
        let settings = folder.settings().clone();
        let log_options = LogOptions {
            id: settings.log_id,
            segment_octets: options.log_segment_octets,
            octets_kept: options.log_octets_kept,
        };
        let (log, opened) = Log::open(disk, log_options, tables.durable(), |position, writes| {
            match tables.make_room() {
                // What cannot be written to files stays in memory; changes are refused later.
                Err(error) if error.is_disk_full() => (),
                room => room?,
            }
            tables.apply(position, writes)
        })?;
        let trail = Trail::open(&*tables.view())?;
        let shared = Arc::clone(&tables);
        Ok(Self {
            committer: Committer::start(log, shared, trail, options.memtable_octets),
            tables,
            settings,
            opened,
            folder,
        })
    }

    /// The last entry that is durable and visible.
    pub fn head(&self) -> LogHead {
        self.committer.published().head()
    }

    /// Has somebody told of every group that is published from now on. They are called on the
    /// committer's thread, which waits for them.
    pub fn watch(&self, watcher: Watcher) {
        self.committer.published().watch(watcher);
    }

    /// Reads the log after an entry, up to what is published and on from there. It keeps no file
    /// from being removed.
    pub fn log_after(&self, after: Position) -> LogReader {
        let published = Arc::clone(self.committer.published());
        LogReader::new(
            self.folder.log_path(),
            self.settings.log_id,
            published,
            after,
        )
    }

    /// The first entry that the log reaches back to, or the next one if there is none.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn log_first(&self) -> Result<Position, Error> {
        let disk = FolderDisk::at(&self.folder.log_path());
        let segments = log::list_segments(&disk)?;
        let next = self.head().position.plus(1);
        Ok(segments.first().map_or(next, |segment| segment.first))
    }

    /// What was fixed when the folder was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What opening found.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// All that has been published so far, unchanging while it is held.
    ///
    /// Hold it for a question, not for a day: what it sees cannot be cleaned up meanwhile.
    pub fn view(&self) -> Box<dyn View> {
        self.tables.view()
    }

    /// Carries a change out and waits until it is durable and visible.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a precondition does not hold any more: plan again.
    /// [`Error::TooLarge`]: split the change. [`Error::ReadOnly`] if the disk has
    /// failed before: nothing was done. [`Error::Unsure`] if it fails now.
    /// [`Error::Trail`], [`Error::Note`]: the change writes what is not its own, or has a note
    /// beyond the limits.
    pub fn commit(&self, change: Change) -> Result<Position, Error> {
        let (done, waiting) = sync_channel(1);
        self.submit(change, Box::new(move |result| drop(done.send(result))));
        waiting.recv().unwrap_or(Err(Error::Closed))
    }

    /// Queues a change; `done` is called with the outcome, on the committer's thread.
    ///
    /// Changes are carried out in the order they are submitted. Waits while the queue is full.
    pub fn submit(&self, change: Change, done: Done) {
        self.submit_planned(change, None, done);
    }

    /// As [`Store::submit`], for a change whose preconditions are what a view showed at `moment`:
    /// what nobody has written since is not read again. The outcome is the same.
    ///
    /// A precondition that was not read then may be believed though it does not hold.
    pub fn submit_planned(&self, change: Change, moment: Option<Moment>, done: Done) {
        self.committer.submit(change, moment, done);
    }

    /// Queues writes of a load: many records at a time, faster than [`Store::submit`].
    ///
    /// They are durable together or not at all, as a change is; later writes under the same key
    /// win. But `done` is called, and views show them, only when many octets have been gathered, or
    /// the load has ended ([`Store::end_load`]), or something else has been submitted. A load has
    /// no preconditions: it replaces what is there, and is meant for whoever has the folder for
    /// himself. It has no note either: whoever loads commits a change before it that has one, and
    /// needs no writes. Some megabytes of writes a call are best, for each call costs a sync. Waits
    /// while the queue is full.
    pub fn load(&self, writes: Vec<Write>, done: Done) {
        self.committer.load(writes, done);
    }

    /// Ends a load: waits until all of it is visible and acknowledged, and its files are merged as
    /// far as reading needs it.
    ///
    /// # Errors
    /// The tables could not be written; what was acknowledged is not lost, the log has it.
    pub fn end_load(&self) -> Result<(), Error> {
        let (done, waiting) = sync_channel(1);
        self.committer
            .end_loads(Box::new(move |result| drop(done.send(result))));
        waiting.recv().unwrap_or(Err(Error::Closed)).map(|_| ())
    }

    /// Closes the folder so that the next start replays nothing.
    ///
    /// # Errors
    /// The tables could not be written; nothing is lost, the log has it all.
    pub fn close(self) -> Result<(), Error> {
        let Self {
            committer, tables, ..
        } = self;
        drop(committer);
        tables.flush()
    }

    /// The data folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the folder is, now. Takes time in proportion to the records.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn info(&self) -> Result<Info, Error> {
        info::of_running(
            self.folder.path(),
            &self.settings,
            self.tables.durable(),
            &*self.view(),
        )
    }

    /// Makes a backup while the store goes on: of everything that was durable when it began, and
    /// perhaps of some that became so since. Files of the log are kept meanwhile.
    ///
    /// # Errors
    /// As for [`back_up`].
    pub fn back_up(
        &self,
        order: &BackupOrder,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Backed, Error> {
        // Who reads the log is not waited for, lest one stuck reader fill the disk; a backup ends
        // by itself.
        let _keeping = self.committer.keep_log();
        // The files of the tables stay as long as a view sees them.
        let _view = self.view();
        backup::write(self.folder.path(), order, progress)
    }

    /// Merges the files of the tables as far as they go; for benchmarks and patient operators.
    ///
    /// # Errors
    /// The tables could not be written.
    pub fn compact(&self) -> Result<(), Error> {
        self.tables.flush()?;
        self.tables.compact()
    }
}
