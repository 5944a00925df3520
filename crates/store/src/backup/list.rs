//! What is in a backup: `backup.json` and its digest.

use super::text;
use crate::Error;
use crate::folder::{self, Settings};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path};

/// The list of a backup's files.
pub(crate) const LIST_FILE: &str = "backup.json";

/// The digest of the list, as `sha256sum` writes it.
const DIGEST_FILE: &str = "backup.sha256";

/// The format of lists that this version writes and reads.
const FORMAT: u32 = 1;

/// Whether a file is part of a backup and not of a data folder.
pub(super) fn is_list(name: &str) -> bool {
    [LIST_FILE, DIGEST_FILE].contains(&name)
}

/// All files of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    /// The format of this list.
    format: u32,
    /// The format of the data folder.
    folder_format: u32,
    log_id: String,
    /// The last entry of the log.
    pub(super) position: u64,
    /// Folders below the top one, each after the one it is in.
    pub(super) folders: Vec<ListedFolder>,
    pub(super) files: Vec<ListedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedFolder {
    pub(super) path: String,
    pub(super) mode: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedFile {
    /// Within the folder.
    pub(super) path: String,
    pub(super) octets: u64,
    pub(super) mode: u32,
    /// SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

/// The one field that every format has.
#[derive(Deserialize)]
struct ListFormat {
    format: u32,
}

impl List {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            format: FORMAT,
            folder_format: folder::FORMAT,
            log_id: settings.log_id.to_string(),
            position: 0,
            folders: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The same, of nothing.
    pub(super) fn emptied(&self) -> Self {
        Self {
            folders: Vec::new(),
            files: Vec::new(),
            ..self.clone()
        }
    }

    /// Writes the list and, last, its digest.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let octets = serde_json::to_vec_pretty(self).expect("plain fields become JSON");
        let digest = format!("{}  {LIST_FILE}\n", hex::encode(Sha256::digest(&octets)));
        let write = |name: &str, octets: &[u8]| {
            let mut file = File::create(folder.join(name))?;
            file.write_all(octets)?;
            file.sync_all()
        };
        let written = write(LIST_FILE, &octets)
            .and_then(|()| write(DIGEST_FILE, digest.as_bytes()))
            .and_then(|()| File::open(folder)?.sync_all());
        written.map_err(Error::io("write the list of", text(folder)))
    }
}

/// Reads the list of a backup.
///
/// # Errors
/// [`Error::NoBackup`], [`Error::Corrupted`], [`Error::Format`], [`Error::Io`].
pub(super) fn read(backup: &Path) -> Result<List, Error> {
    let octets = read_file(backup, LIST_FILE)?;
    let digest = read_file(backup, DIGEST_FILE)?;
    let expected = format!("{}  {LIST_FILE}\n", hex::encode(Sha256::digest(&octets)));
    if digest != expected.as_bytes() {
        let reason = format!("its digest is not the one in {DIGEST_FILE}");
        return Err(damaged(LIST_FILE, octets.len() as u64, reason));
    }
    let unreadable =
        |error: serde_json::Error| damaged(LIST_FILE, octets.len() as u64, error.to_string());
    let ListFormat { format } = serde_json::from_slice(&octets).map_err(unreadable)?;
    if format != FORMAT {
        return Err(Error::Format {
            folder: backup.to_owned(),
            format,
        });
    }
    let list: List = serde_json::from_slice(&octets).map_err(unreadable)?;
    let folders = list.folders.iter().map(|folder| &folder.path);
    match folders
        .chain(list.files.iter().map(|file| &file.path))
        .find(|path| !stays_within(path))
    {
        Some(path) => Err(damaged(
            LIST_FILE,
            0,
            format!("{path} leads out of the folder"),
        )),
        None => Ok(list),
    }
}

fn read_file(backup: &Path, name: &str) -> Result<Vec<u8>, Error> {
    fs::read(backup.join(name)).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            let folder = backup.to_owned();
            return Error::NoBackup { folder };
        }
        Error::io("read", text(&backup.join(name)))(error)
    })
}

/// Whether a path is relative and goes down only: a list may come from a stranger.
fn stays_within(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

pub(super) fn damaged(file: &str, extent: u64, reason: String) -> Error {
    Error::Corrupted {
        file: file.into(),
        at: 0,
        extent,
        reason,
    }
}
