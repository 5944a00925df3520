//! What a data folder is: formats, settings, positions, files, counts. Only looks, at a stopped
//! folder ([`inspect`]) or at one that a node has open (`Store::info`).
//!
//! Not here: whether it is sound (`verify`).

use crate::disk::{Disk, FolderDisk};
use crate::folder::{self, Settings};
use crate::log::{self, Found, Head, Walk};
use crate::tables::{View, read_manifest};
use crate::verify::{all_keys, octets_beneath, open_tables};
use crate::{Error, Position};
use bytes::Bytes;
use model::key::Subspace;
use model::{Key, SuffixCase};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How many homed prefixes are named one by one; the others are only counted.
const HOMED_NAMED_MAX: usize = 100;

/// What a data folder is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The format of the folder.
    pub format: u32,
    /// Tells this folder's log from every other, in hexadecimal.
    pub log_id: String,
    /// Whether suffixes depend on case.
    pub suffixes_depend_on_case: bool,
    /// Whether a node has the folder open.
    pub is_running: bool,
    /// The first position that the log reaches back to.
    pub log_first: u64,
    /// The last entry known to have been acknowledged.
    pub log_acknowledged: u64,
    /// The last entry that the files of the tables hold.
    pub tables_applied: u64,
    /// Files of the log.
    pub log_files: u64,
    /// Their octets.
    pub log_octets: u64,
    /// Files of the tables.
    pub tables_files: u64,
    /// Their octets.
    pub tables_octets: u64,
    /// Records of identifiers.
    pub records: u64,
    /// How many prefixes the node is home to.
    pub homed: u64,
    /// The first of these, in order.
    pub homed_prefixes: Vec<String>,
}

impl Info {
    /// Octets of the tables for each record; `None` without records.
    pub fn octets_per_record(&self) -> Option<f64> {
        // Counts of records and octets are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        (self.records > 0).then(|| self.tables_octets as f64 / self.records as f64)
    }
}

/// Looks at the folder of a stopped node, or at a backup. Takes time in proportion to the records.
///
/// # Errors
/// [`Error::InUse`]: ask the node. [`Error::NoFolder`], [`Error::Format`], [`Error::Corrupted`],
/// [`Error::Io`].
pub fn inspect(path: &Path) -> Result<Info, Error> {
    let (_lock, settings) = folder::lock_to_read(path)?;
    let tables = open_tables(path)?;
    let applied = tables
        .as_ref()
        .map_or(Position::START, |tables| tables.applied);
    let mut info = look(path, &settings)?;
    info.tables_applied = applied.0;
    let written = written_after(path, &settings, applied)?;
    let view = tables.as_ref().map(|tables| &*tables.view);
    count(&mut info, view, written)?;
    Ok(info)
}

/// Looks at a folder that this process has open.
pub(crate) fn of_running(
    path: &Path,
    settings: &Settings,
    applied: Position,
    view: &dyn View,
) -> Result<Info, Error> {
    let mut info = look(path, settings)?;
    info.is_running = true;
    info.tables_applied = applied.0;
    count(&mut info, Some(view), BTreeMap::new())?;
    Ok(info)
}

/// All but what is in the tables.
fn look(path: &Path, settings: &Settings) -> Result<Info, Error> {
    let disk = FolderDisk::at(&path.join("log"));
    let segments = log::list_segments(&disk)?;
    // A running node may be replacing the manifest; its numbers are then told next time.
    let manifest = read_manifest(&path.join("tables")).ok().flatten();
    Ok(Info {
        format: folder::FORMAT,
        log_id: settings.log_id.to_string(),
        suffixes_depend_on_case: settings.suffix_case == SuffixCase::Sensitive,
        log_first: segments.first().map_or(0, |segment| segment.first.0),
        log_acknowledged: Head::read(&disk, &settings.log_id)?.position.0,
        log_files: segments.len() as u64,
        log_octets: segments.iter().map(|segment| segment.octets).sum(),
        tables_files: manifest.map_or(0, |manifest| manifest.tables.len() as u64),
        tables_octets: octets_beneath(&path.join("tables/tables"))?,
        ..Info::default()
    })
}

/// What the log wrote after the tables' files, by key: whether something is there.
fn written_after(
    path: &Path,
    settings: &Settings,
    applied: Position,
) -> Result<BTreeMap<Key, bool>, Error> {
    let disk = FolderDisk::at(&path.join("log"));
    let segments = log::list_segments(&disk)?;
    let after = segments
        .iter()
        .rposition(|segment| segment.first <= applied.plus(1));
    let mut written = BTreeMap::new();
    for segment in segments.iter().skip(after.unwrap_or(0)) {
        let octets = disk.read(&segment.name());
        let octets = Bytes::from(octets.map_err(Error::io("read", segment.name()))?);
        for found in Walk::new(&octets, &settings.log_id) {
            let Found::Group { group, .. } = found else {
                continue;
            };
            for (entry, position) in group.entries.iter().zip(group.first.0..) {
                if position > applied.0 {
                    let writes = entry.writes.iter();
                    written.extend(writes.map(|write| (write.key.clone(), write.octets.is_some())));
                }
            }
        }
    }
    Ok(written)
}

/// Counts records and homed prefixes: those in the view, but for those that were written since.
fn count(
    info: &mut Info,
    view: Option<&dyn View>,
    written: BTreeMap<Key, bool>,
) -> Result<(), Error> {
    let [from, to] = all_keys();
    let mut homed = Vec::new();
    for entry in view.into_iter().flat_map(|view| view.range(&from, &to)) {
        let (key, _) = entry?;
        if !written.contains_key(&key) {
            count_key(info, &key, &mut homed);
        }
    }
    for key in written
        .into_iter()
        .filter_map(|(key, is_there)| is_there.then_some(key))
    {
        count_key(info, &key, &mut homed);
    }
    homed.sort();
    info.homed = homed.len() as u64;
    homed.truncate(HOMED_NAMED_MAX);
    info.homed_prefixes = homed;
    Ok(())
}

fn count_key(info: &mut Info, key: &Key, homed: &mut Vec<String>) {
    match key.octets().split_first() {
        Some((&subspace, _)) if subspace == Subspace::RECORDS.0 => info.records += 1,
        Some((&subspace, prefix)) if subspace == Subspace::HOMED.0 => {
            homed.push(String::from_utf8_lossy(prefix).into_owned());
        }
        _ => (),
    }
}
