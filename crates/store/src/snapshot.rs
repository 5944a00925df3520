//! What a stopped folder holds, seen without opening it: nothing in it is changed or made.
//!
//! Not here: counts and positions (`info`), whether every octet is sound (`verify`).

use crate::disk::FolderDisk;
use crate::folder::{self, Settings};
use crate::log::{self, Group};
use crate::tables::{Range, View};
use crate::verify::{ReadTables, open_tables};
use crate::{Error, Position, backup};
use bytes::Bytes;
use model::Key;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Bound;
use std::path::Path;

/// What a folder would show if it were opened: its tables, and over them what only its log says.
///
/// Holding it keeps others from opening the folder. What the log has after the tables is held in
/// memory: at most what was gathered for the tables when the node ended, or the whole log if the
/// tables were lost.
pub struct Snapshot {
    settings: Settings,
    tables: Option<ReadTables>,
    /// What was written after the tables; `None` was deleted.
    since: BTreeMap<Key, Option<Bytes>>,
    _lock: Option<File>,
}

impl Snapshot {
    /// Looks at the folder at `path`; `None` if there is none, or nothing has been made in it.
    ///
    /// A torn end of the log, which nobody was told of, is passed over.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::Backup`], [`Error::Format`], [`Error::Corrupted`],
    /// [`Error::Io`]. Damage to what the tables hold already, or after what was acknowledged, may
    /// not be seen; opening the folder judges more sternly.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        if path.join(backup::LIST_FILE).exists() {
            return Err(Error::Backup {
                folder: path.to_owned(),
            });
        }
        match Self::look(path) {
            Err(Error::NoFolder { .. }) => Ok(None),
            looked => looked.map(Some),
        }
    }

    /// As [`Snapshot::open`], at a folder that must be there, or at a backup.
    ///
    /// # Errors
    /// [`Error::NoFolder`], and those of [`Snapshot::open`].
    pub fn look(path: &Path) -> Result<Self, Error> {
        let (lock, settings) = folder::lock_to_read(path)?;
        let tables = open_tables(path)?;
        let applied = tables
            .as_ref()
            .map_or(Position::START, |tables| tables.applied);
        let mut since = BTreeMap::new();
        let disk = FolderDisk::at(&path.join("log"));
        log::look(&disk, &settings.log_id, applied, |group| {
            take(&mut since, group, applied);
        })?;
        Ok(Self {
            settings,
            tables,
            since,
            _lock: lock,
        })
    }

    /// What was fixed when the folder was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// Takes in what a group wrote after the tables.
fn take(since: &mut BTreeMap<Key, Option<Bytes>>, group: &Group, applied: Position) {
    for (entry, position) in group.entries.iter().zip(group.first.0..) {
        if position > applied.0 {
            let writes = entry.writes.iter();
            since.extend(writes.map(|write| (write.key.clone(), write.octets.clone())));
        }
    }
}

impl View for Snapshot {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        match (self.since.get(key), &self.tables) {
            (Some(written), _) => Ok(written.clone()),
            (None, Some(tables)) => tables.view.get(key),
            (None, None) => Ok(None),
        }
    }

    fn range(&self, from: &Key, to: &Key) -> Range<'_> {
        let tables = self.tables.iter();
        let mut before = tables
            .flat_map({
                let (from, to) = (from.clone(), to.clone());
                move |tables| tables.view.range(&from, &to)
            })
            .filter(|entry| !matches!(entry, Ok((key, _)) if self.since.contains_key(key)))
            .peekable();
        let bounds = (Bound::Included(from), Bound::Excluded(to));
        let written = self.since.range::<Key, _>(bounds);
        let mut since = written
            .filter_map(|(key, octets)| Some((key.clone(), octets.clone()?)))
            .peekable();
        Box::new(std::iter::from_fn(move || {
            let is_since_next = match (before.peek(), since.peek()) {
                (Some(Ok((before, _))), Some((since, _))) => since < before,
                (Some(_), _) => false,
                (None, _) => true,
            };
            if is_since_next {
                since.next().map(Ok)
            } else {
                before.next()
            }
        }))
    }
}
