//! Tables in files: a log-structured merge tree, without a journal of its own.
//!
//! The tree's memtables are lost in a crash and replayed from our log. One key of the tree says
//! up to which position it has been applied; it is written with every group, so what a flush
//! makes durable always says so itself.
//!
//! A run goes into files at once, past the memtable. [`loaded`] says up to which position runs have
//! gone; a key would not do: it would lie between all runs and have each merged with the others.
//!
//! Not here: when the tree writes and merges files ([`worker`]), who may still read what
//! ([`views`]), whether its files are whole ([`integrity`]).

mod integrity;
mod loaded;
mod views;
mod worker;

pub(crate) use integrity::{Manifest, read_manifest};
pub(crate) use loaded::FILE as LOADED;

use super::hot::{Hot, Read};
use super::{Moment, Range, Run, Tables, View, stored};
use crate::{Error, Options, Position};
use bytes::Bytes;
use lsm_tree::config::CompressionPolicy;
use lsm_tree::{
    AbstractTree, AnyTree, Cache, CompressionType, Config, DescriptorTable, Guard,
    SequenceNumberCounter,
};
use model::Key;
use model::change::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use views::{Views, Visible};
use worker::{Worker, WorkerHandle};

/// Where the position is kept: before every subspace.
const POSITION_KEY: &[u8] = b"\0position";

/// How many table files are kept open. Beyond it the longest unused is closed; a reopening costs
/// some microseconds.
pub const FILES_OPEN_MAX: usize = 256;

/// Runs shorter than one part in so many of a memtable go the way of single changes: a file of
/// their own is not worth having.
const SHORT_RUN_PART: u64 = 64;

/// A snapshot after everything; the tree reserves the upper half of the numbers.
const EVERYTHING: u64 = u64::MAX >> 1;

pub(crate) struct LsmTables {
    path: PathBuf,
    tree: AnyTree,
    hot: Arc<Hot>,
    /// Numbers groups *and* the tree's own versions: a read at a number finds the newest version
    /// below it, so both must come from one series.
    numbers: SequenceNumberCounter,
    views: Arc<Views>,
    memtable_octets: u64,
    worker: WorkerHandle,
    /// The last position applied. Held while a group is applied and while a memtable is sealed:
    /// a memtable must end between groups, with its position known.
    applied: Mutex<Position>,
}

impl LsmTables {
    /// Opens the tables in the folder at `path`; makes them if there are none.
    ///
    /// Tables that lost their files come up empty and are replayed from the log as far as it
    /// goes; the log knows if that is not far enough.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        integrity::check(path)?;
        let numbers = SequenceNumberCounter::default();
        let tree = open_tree(path, &numbers, options.cache_octets)?;
        let next = next_number(&tree);
        numbers.set(next);
        let durable = stored_position(&tree)?.max(loaded::read(path, next)?);
        let views = Arc::new(Views::new(next));
        let worker = Worker::start(tree.clone(), Arc::clone(&views), durable);
        Ok(Self {
            path: path.to_owned(),
            tree,
            hot: Arc::new(Hot::new(options.hot_octets)),
            numbers,
            views,
            memtable_octets: options.memtable_octets,
            worker,
            applied: Mutex::new(durable),
        })
    }
}

impl LsmTables {
    /// Writes a run to files and has the tree take them in, durably.
    fn ingest(&self, run: &Run) -> Result<(), Error> {
        let mut files = self.tree.ingestion()?;
        for (key, octets) in run.kept() {
            match octets {
                Some(octets) => files.write(key, octets)?,
                None => files.write_tombstone(key)?,
            }
        }
        Ok(files.finish()?)
    }

    fn lock_applied(&self) -> MutexGuard<'_, Position> {
        // If applying has panicked, the position is that of the last whole group.
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number that follows all those in the tree's files.
fn next_number(tree: &AnyTree) -> u64 {
    tree.get_highest_persisted_seqno()
        .map_or(1, |highest| highest + 1)
}

fn open_tree(
    path: &Path,
    numbers: &SequenceNumberCounter,
    cache_octets: u64,
) -> Result<AnyTree, Error> {
    let config = Config::new(path, numbers.clone(), SequenceNumberCounter::default())
        .use_cache(Arc::new(Cache::with_capacity_bytes(cache_octets)))
        .use_descriptor_table(Some(Arc::new(DescriptorTable::new(FILES_OPEN_MAX))))
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4));
    config.open().map_err(|error| match error {
        lsm_tree::Error::Io(error) => Error::io("open the tables", path.to_string_lossy())(error),
        error => integrity::unreadable(path, &error),
    })
}

/// How many octets of blocks are kept in memory by who reads each once.
const READ_ONLY_CACHE_OCTETS: u64 = 16 << 20;

/// Opens tables to be read and never written: gives up to where they were applied, and a view.
///
/// Files that the manifest does not name are removed: give it a folder of links.
pub(crate) fn read_only(path: &Path) -> Result<(Position, Box<dyn View>), Error> {
    integrity::check(path)?;
    let numbers = SequenceNumberCounter::default();
    let tree = open_tree(path, &numbers, READ_ONLY_CACHE_OCTETS)?;
    let position = stored_position(&tree)?.max(loaded::read(path, next_number(&tree))?);
    let at = Arc::new(Views::new(EVERYTHING)).open();
    let hot = Arc::new(Hot::new(0));
    Ok((position, Box::new(LsmView { tree, hot, at })))
}

fn stored_position(tree: &AnyTree) -> Result<Position, Error> {
    let Some(stored) = tree.get(POSITION_KEY, EVERYTHING)? else {
        return Ok(Position::START);
    };
    match <[u8; 8]>::try_from(&stored[..]) {
        Ok(octets) => Ok(Position(u64::from_be_bytes(octets))),
        Err(_) => Err(Error::Corrupted {
            file: "tables".into(),
            at: 0,
            extent: 0,
            reason: "the position up to which they were applied cannot be read".into(),
        }),
    }
}

impl Tables for LsmTables {
    fn durable(&self) -> Position {
        self.worker.durable()
    }

    fn make_room(&self) -> Result<(), Error> {
        self.worker.wait_for_room()
    }

    fn apply(&self, position: Position, writes: &[Write]) -> Result<(), Error> {
        let mut applied = self.lock_applied();
        let number = self.numbers.next();
        for write in writes {
            let key = &write.key.octets()[..];
            match &write.octets {
                Some(octets) => self.tree.insert(key, &*stored::encode(key, octets), number),
                None => self.tree.remove(key, number),
            };
            self.hot.forget(&write.key, number);
        }
        let (_, memtable) = self
            .tree
            .insert(POSITION_KEY, position.0.to_be_bytes(), number);
        self.views.publish(number + 1);
        *applied = position;
        if memtable > self.memtable_octets {
            self.worker.rotate(position);
        }
        Ok(())
    }

    fn load(&self, position: Position, run: &Run) -> Result<(), Error> {
        // Deletions alone may leave nothing in the files by which `loaded` knows the tree again.
        let is_short = (run.octets() as u64) < self.memtable_octets / SHORT_RUN_PART;
        if is_short || run.only_deletes() {
            return self.apply(position, &run.writes()?);
        }
        let mut applied = self.lock_applied();
        // The files of a run lie above everything before it, so that must be in files too.
        self.worker.rotate(*applied);
        self.worker.wait_until_durable(*applied)?;
        self.worker.hold_merging();
        let taken = self.ingest(run);
        let taken =
            taken.and_then(|()| loaded::write(&self.path, position, next_number(&self.tree)));
        if let Err(error) = taken {
            // The log has what the tables lack. Nothing may be applied after it, for the tables
            // would say that they hold it.
            self.worker.fail(&error);
            return Err(error);
        }
        let next = self.numbers.get();
        self.hot.forget_all(next - 1);
        self.views.publish(next);
        *applied = position;
        self.worker.note_durable(position);
        Ok(())
    }

    fn settle(&self) -> Result<(), Error> {
        self.worker.settle()
    }

    fn view(&self) -> Box<dyn View> {
        Box::new(LsmView {
            tree: self.tree.clone(),
            hot: Arc::clone(&self.hot),
            at: self.views.open(),
        })
    }

    fn is_unwritten_since(&self, key: &Key, moment: Moment) -> bool {
        self.hot.is_unwritten_since(key, moment.0)
    }

    fn flush(&self) -> Result<(), Error> {
        let applied = self.lock_applied();
        let position = *applied;
        self.worker.rotate(position);
        drop(applied);
        self.worker.wait_until_durable(position)
    }

    fn compact(&self) -> Result<(), Error> {
        self.tree
            .major_compact(worker::TABLE_OCTETS, self.views.oldest())?;
        Ok(())
    }
}

struct LsmView {
    tree: AnyTree,
    hot: Arc<Hot>,
    at: Visible,
}

impl View for LsmView {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        let at = self.at.number();
        if let Some(Read(octets)) = self.hot.get(key, at) {
            return Ok(octets);
        }
        let found = self.tree.get(&key.octets()[..], at)?;
        let octets = found.map(|found| stored::decode(key.octets(), &found));
        let read = Read(octets.transpose()?);
        self.hot.put(key, &read, at);
        Ok(read.0)
    }

    fn range(&self, from: &Key, to: &Key) -> Range<'_> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        let bounds = from.octets()[..].to_vec()..to.octets()[..].to_vec();
        let entries = self.tree.range(bounds, self.at.number(), None);
        Box::new(entries.map(|entry| {
            let (key, found) = entry.into_inner()?;
            let octets = stored::decode(&key, &found)?;
            Ok((Key::from_octets(key.into()), octets))
        }))
    }

    fn moment(&self) -> Option<Moment> {
        Some(Moment(self.at.number()))
    }
}
