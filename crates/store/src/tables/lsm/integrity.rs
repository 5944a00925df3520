//! Whether the tree's files are what the tree wrote, where the tree itself does not check.
//!
//! The tree checks the blocks of its tables when it reads them. Two things it trusts:
//!
//! - its manifest, the list of its files: measured, 3 of 345 single changed octets hid every
//!   record without an error, and 2 made it panic. The file `current` holds the manifest's number
//!   and checksum.
//! - the directory at the end of each table: a changed octet in its count can ask for more memory
//!   than there is, which ends the process. The last octets of the file hold its checksum.

use crate::Error;
use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// The last octets of a table: `SFA!`, version 1, kind of checksum 0, the directory's checksum
/// (16), its position (8) and length (8).
const TRAILER_OCTETS: usize = 38;

const TRAILER_HEAD: &[u8] = b"SFA!\x01\x00";

/// A directory names a handful of sections; beyond this it cannot be one.
const DIRECTORY_OCTETS_MAX: u64 = 64 << 10;

/// Checks the files of the tables in the folder at `path`, and removes the temporary ones of an
/// interrupted write. No tables at all are fine.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    for file in list(path)? {
        if file.file_name().to_string_lossy().starts_with(".tmp") {
            let name = file.path();
            fs::remove_file(&name).map_err(Error::io("remove", name.to_string_lossy()))?;
        }
    }
    // A table that the manifest does not name was being written when the process ended: the tree
    // removes it, and the log has what it holds.
    let named = read_manifest(path)?.map(|manifest| manifest.tables);
    for number in named.unwrap_or_default().into_keys() {
        check_table(&path.join("tables").join(number.to_string()))?;
    }
    Ok(())
}

/// The tree's list of its files.
pub(crate) struct Manifest {
    /// The octets of the file `current`, which names the manifest.
    pub(crate) current: Vec<u8>,
    /// The octets of the manifest itself.
    pub(crate) octets: Vec<u8>,
    /// The tables that it names, with the checksum of the whole file of each.
    pub(crate) tables: BTreeMap<u64, u128>,
    number: u64,
}

impl Manifest {
    /// The name of its file.
    pub(crate) fn name(&self) -> String {
        format!("v{}", self.number)
    }
}

fn list(path: &Path) -> Result<Vec<DirEntry>, Error> {
    let files = match fs::read_dir(path) {
        Ok(files) => files.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    files.map_err(Error::io("list", path.to_string_lossy()))
}

/// Reads and checks the manifest of the tables in the folder at `path`; `None` if there are none.
///
/// # Errors
/// [`Error::Corrupted`], [`Error::Io`].
pub(crate) fn read_manifest(path: &Path) -> Result<Option<Manifest>, Error> {
    let current_path = path.join("current");
    let current = match fs::read(&current_path) {
        Ok(current) => current,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", current_path.to_string_lossy())(error)),
    };
    let fields = current
        .first_chunk::<24>()
        .ok_or_else(|| damaged(&current_path))?;
    let (number, checksum) = fields.split_at(8);
    let number = u64::from_le_bytes(number.try_into().expect("split at 8"));
    let checksum = u128::from_le_bytes(checksum.try_into().expect("16 of 24"));
    let manifest_path = path.join(format!("v{number}"));
    let octets = fs::read(&manifest_path).map_err(|_| damaged(&current_path))?;
    if xxh3_128(&octets) != checksum {
        return Err(damaged(&manifest_path));
    }
    let tables = named_tables(&octets).ok().flatten();
    Ok(Some(Manifest {
        current,
        tables: tables.ok_or_else(|| damaged(&manifest_path))?,
        octets,
        number,
    }))
}

/// The manifest's section `tables`: 1 octet for the count of levels, for each 1 for the count of
/// runs, for each 4 for the count of tables, for each number (8), kind of checksum (1), checksum
/// (16), sequence number (8).
fn named_tables(manifest: &[u8]) -> io::Result<Option<BTreeMap<u64, u128>>> {
    let reader = sfa::Reader::from_reader(&mut io::Cursor::new(manifest));
    let reader = reader.map_err(io::Error::other)?;
    let section = reader.toc().section(b"tables");
    let section = section.and_then(|section| {
        let start = usize::try_from(section.pos()).ok()?;
        let end = start.checked_add(usize::try_from(section.len()).ok()?)?;
        manifest.get(start..end)
    });
    let Some(mut section) = section else {
        return Ok(None);
    };
    let mut named = BTreeMap::new();
    for _level in 0..take::<1>(&mut section)?[0] {
        for _run in 0..take::<1>(&mut section)?[0] {
            for _table in 0..u32::from_le_bytes(take(&mut section)?) {
                let number = u64::from_le_bytes(take(&mut section)?);
                take::<1>(&mut section)?;
                named.insert(number, u128::from_le_bytes(take(&mut section)?));
                take::<8>(&mut section)?;
            }
        }
    }
    Ok(Some(named))
}

fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut octets = [0; N];
    from.read_exact(&mut octets)?;
    Ok(octets)
}

fn check_table(path: &Path) -> Result<(), Error> {
    let is_sound = match is_directory_sound(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(path)),
        is_sound => is_sound,
    };
    let is_sound = is_sound.map_err(Error::io("read", path.to_string_lossy()))?;
    if is_sound { Ok(()) } else { Err(damaged(path)) }
}

/// Whether the directory of a table has the checksum that its trailer gives.
fn is_directory_sound(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let octets = file.metadata()?.len();
    let Some(trailer_at) = octets.checked_sub(TRAILER_OCTETS as u64) else {
        return Ok(false);
    };
    let mut trailer = [0; TRAILER_OCTETS];
    file.read_exact_at(&mut trailer, trailer_at)?;
    let (head, fields) = trailer.split_at(TRAILER_HEAD.len());
    let (checksum, position) = fields.split_at(16);
    let checksum = u128::from_le_bytes(checksum.try_into().expect("split at 16"));
    let position: [u8; 8] = *position.first_chunk().expect("16 octets are left");
    let position = u64::from_le_bytes(position);
    let length = trailer_at.checked_sub(position);
    let Some(length) = length.filter(|length| *length <= DIRECTORY_OCTETS_MAX) else {
        return Ok(false);
    };
    let mut directory = vec![0; length as usize];
    file.read_exact_at(&mut directory, position)?;
    Ok(head == TRAILER_HEAD && xxh3_128(&directory) == checksum)
}

/// What to say when the tree cannot open its files although they have passed these checks.
pub(super) fn unreadable(path: &Path, error: &lsm_tree::Error) -> Error {
    Error::Corrupted {
        file: path.to_string_lossy().into_owned(),
        at: 0,
        extent: 0,
        reason: format!(
            "the tables cannot be opened ({error}); `nameplate store verify` says which file it is"
        ),
    }
}

fn missing(path: &Path) -> Error {
    Error::Corrupted {
        file: path.to_string_lossy().into_owned(),
        at: 0,
        extent: 0,
        reason: "the tables name this file, and it is missing; if the log still begins with \
                 entry 1, remove the folder `tables` and start again"
            .into(),
    }
}

pub(super) fn damaged(path: &Path) -> Error {
    Error::Corrupted {
        file: path.to_string_lossy().into_owned(),
        at: 0,
        extent: fs::metadata(path).map_or(0, |metadata| metadata.len()),
        reason: "the file is not what the tables wrote; if the log still begins with entry 1, \
                 remove the folder `tables` and start again"
            .into(),
    }
}
