//! Whether the tables say what the log says, and whether every record can be read.
//!
//! The tables are opened through links in a temporary folder, so that nothing in the data folder is
//! changed: opening them where they are would remove files.

use super::{About, Verification};
use crate::log::{Group, KEY_OCTETS_MAX};
use crate::tables::{self, View, read_manifest};
use crate::{Error, Position};
use bytes::Bytes;
use model::key::Subspace;
use model::{Key, Record};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use tempfile::TempDir;

/// How many single keys are told of one kind of difference; the others are only counted.
const KEYS_TOLD_MAX: u64 = 20;

/// What a homed prefix is stored as.
const HOMED: &[u8] = &[1];

/// What the log says of each key: the digest of what it wrote last, or that it deleted it.
#[derive(Default)]
pub(super) struct Said {
    last: HashMap<[u8; 16], Option<[u8; 8]>>,
    /// Whether the log has every entry there ever was, so that it speaks of every key.
    pub(super) is_whole: bool,
}

impl Said {
    /// Takes in what a group wrote up to an entry.
    pub(super) fn take(&mut self, group: &Group, upto: Position) {
        for (entry, position) in group.entries.iter().zip(group.first.0..) {
            if position > upto.0 {
                break;
            }
            for write in &entry.writes {
                let octets = write.octets.as_ref();
                self.last.insert(
                    digest(write.key.octets()),
                    octets.map(|octets| digest(octets)),
                );
            }
        }
    }
}

fn digest<const N: usize>(octets: &[u8]) -> [u8; N] {
    let digest: [u8; 32] = Sha256::digest(octets).into();
    *digest.first_chunk().expect("N is at most 32")
}

/// Tables that are only read.
pub(crate) struct ReadTables {
    pub(crate) applied: Position,
    pub(crate) view: Box<dyn View>,
    _links: TempDir,
}

/// Opens the tables of a data folder; `None` if there are none.
pub(crate) fn open(data: &Path) -> Result<Option<ReadTables>, Error> {
    let folder = data.join("tables");
    let Some(manifest) = read_manifest(&folder)? else {
        return Ok(None);
    };
    let name = folder.to_string_lossy().into_owned();
    let links = link(&folder, &manifest).map_err(Error::io("look at", name))?;
    let (applied, view) = tables::read_only(links.path())?;
    Ok(Some(ReadTables {
        applied,
        view,
        _links: links,
    }))
}

fn link(folder: &Path, manifest: &tables::Manifest) -> io::Result<TempDir> {
    let folder = folder.canonicalize()?;
    let links = TempDir::with_prefix("nameplate-")?;
    fs::write(links.path().join("current"), &manifest.current)?;
    fs::write(links.path().join(manifest.name()), &manifest.octets)?;
    fs::create_dir(links.path().join("tables"))?;
    if folder.join("loaded").exists() {
        fs::copy(folder.join("loaded"), links.path().join("loaded"))?;
    }
    for number in manifest.tables.keys() {
        let within = Path::new("tables").join(number.to_string());
        std::os::unix::fs::symlink(folder.join(&within), links.path().join(&within))?;
    }
    Ok(links)
}

/// Bounds of all keys but the tables' own.
pub(crate) fn all_keys() -> [Key; 2] {
    let key = |octets: Vec<u8>| Key::from_octets(octets.into());
    [key(vec![1]), key(vec![0xff; KEY_OCTETS_MAX + 1])]
}

impl Verification<'_> {
    /// Reads everything in the tables and compares it with what the log says.
    pub(super) fn verify_contents(&mut self, view: &dyn View, mut said: Said) {
        let [from, to] = all_keys();
        let mut differing = Told::default();
        let mut before = None;
        for entry in view.range(&from, &to) {
            let (key, octets) = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let reason = format!("what follows {before:?} cannot be read: {error}");
                    self.damage("tables", 0, 0, reason, &About::Tables);
                    return;
                }
            };
            self.verify_record(&key, &octets);
            let expected = said.last.remove(&digest::<16>(key.octets()));
            let differs = match expected {
                Some(expected) => {
                    self.report.tables.compared += 1;
                    expected != Some(digest(&octets))
                }
                None => said.is_whole,
            };
            if differs {
                let reason = format!("{key:?} is not what the log says");
                differing.tell(self, reason);
            }
            self.advance((key.octets().len() + octets.len()) as u64);
            before = Some(key);
        }
        let missing = said.last.values().filter(|said| said.is_some()).count() as u64;
        self.report.tables.compared += said.last.len() as u64;
        differing.end(self);
        if missing > 0 {
            let reason = format!("{missing} keys are missing that the log wrote");
            self.damage("tables", 0, 0, reason, &About::Tables);
        }
    }

    fn verify_record(&mut self, key: &Key, octets: &Bytes) {
        let tables = &mut self.report.tables;
        let is = |subspace: Subspace| key.octets().first() == Some(&subspace.0);
        let fault = if is(Subspace::RECORDS) {
            tables.records += 1;
            let record = Record::from_stored(octets.clone());
            record.err().map(|error| error.to_string())
        } else if is(Subspace::HOMED) {
            tables.homed += 1;
            (octets != HOMED).then(|| "a homed prefix is stored as one octet, 1".into())
        } else {
            tables.others += 1;
            None
        };
        if let Some(fault) = fault {
            let reason = format!("what is stored under {key:?} cannot be read: {fault}");
            self.damage("tables", 0, 0, reason, &About::Record);
        }
    }
}

/// Tells single keys, but not without end.
#[derive(Default)]
struct Told {
    count: u64,
}

impl Told {
    fn tell(&mut self, verification: &mut Verification<'_>, reason: String) {
        self.count += 1;
        if self.count <= KEYS_TOLD_MAX {
            verification.damage("tables", 0, 0, reason, &About::Tables);
        }
    }

    fn end(&self, verification: &mut Verification<'_>) {
        if self.count > KEYS_TOLD_MAX {
            let more = self.count - KEYS_TOLD_MAX;
            let reason = format!("{more} more keys are not what the log says");
            verification.damage("tables", 0, 0, reason, &About::Tables);
        }
    }
}
