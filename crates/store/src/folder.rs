//! The data folder: its lock, and what was fixed when it was made.
//!
//! ```text
//! folder.json   what was fixed: format, id of the log, case of suffixes
//! lock          held by the one process that has the folder open
//! log/          the log
//! tables/       the tables
//! ```
//!
//! Not here: what is in the log and the tables.

use crate::disk::FolderDisk;
use crate::log::{self, Log, LogId};
use crate::{Error, backup};
use model::SuffixCase;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// The format of folders that this version makes and reads.
pub(crate) const FORMAT: u32 = 1;

const SETTINGS_FILE: &str = "folder.json";

/// What is fixed when a folder is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether suffixes depend on case.
    pub suffix_case: SuffixCase,
    /// Tells this folder's log from every other.
    pub(crate) log_id: LogId,
}

/// The settings as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    log_id: String,
    suffixes_depend_on_case: bool,
}

/// The one field that every format has.
#[derive(Deserialize)]
struct WrittenFormat {
    format: u32,
}

/// A folder that this process has for itself.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    settings: Settings,
    _lock: File,
}

impl Folder {
    /// Locks the folder and reads its settings; makes both first if need be.
    pub(crate) fn open(path: &Path, suffix_case: SuffixCase) -> Result<Self, Error> {
        if path.join(backup::LIST_FILE).exists() {
            return Err(Error::Backup {
                folder: path.to_owned(),
            });
        }
        make_folder(path)?;
        let lock = lock(path)?;
        let settings = match read_settings(path)? {
            Some(settings) => settings,
            None => make_new(path, suffix_case)?,
        };
        // The tree syncs what is in its folder, not the folder's own name: without it a power cut
        // loses tables for which the log has been shortened.
        make_folder(&path.join("tables"))?;
        Ok(Self {
            path: path.to_owned(),
            settings,
            _lock: lock,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn tables_path(&self) -> PathBuf {
        self.path.join("tables")
    }
}

/// Keeps other processes from writing to a folder that is there, and reads its settings. Changes
/// nothing.
pub(crate) fn lock_to_read(path: &Path) -> Result<(Option<File>, Settings), Error> {
    let name = path.join("lock").to_string_lossy().into_owned();
    let lock = match File::open(path.join("lock")) {
        // A copy or a backup, which nobody writes to.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        opened => Some(opened.map_err(Error::io("open", name.clone()))?),
    };
    match lock.as_ref().map_or(Ok(()), File::try_lock_shared) {
        Ok(()) => Ok((lock, read_existing(path)?)),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            folder: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", name)(error)),
    }
}

/// The settings of a folder that must be there.
pub(crate) fn read_existing(path: &Path) -> Result<Settings, Error> {
    read_settings(path)?.ok_or_else(|| Error::NoFolder {
        folder: path.to_owned(),
    })
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let name = path.to_string_lossy().into_owned();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    let file = file.map_err(Error::io("open", name.clone()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", name)(error)),
    }
}

/// Makes a folder that only its owner may look into, durably. Secrets are kept in it.
fn make_folder(path: &Path) -> Result<(), Error> {
    let make = || {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        let parent = path.canonicalize()?.parent().map(Path::to_owned);
        made.and_then(|()| match parent {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        })
    };
    make().map_err(Error::io("make the folder", path.to_string_lossy()))
}

/// Fills a new folder. The settings are written last: a folder without them has nothing in it that
/// anybody was told of, unless somebody has removed them.
fn make_new(folder: &Path, suffix_case: SuffixCase) -> Result<Settings, Error> {
    make_folder(&folder.join("log"))?;
    let disk = FolderDisk::open(&folder.join("log"))?;
    if log::has_segments(&disk)? || folder.join("tables").exists() {
        return Err(damaged(
            "the file is missing, but there are a log or tables",
        ));
    }
    let log_id = LogId::random().map_err(Error::io("make an id for", SETTINGS_FILE))?;
    Log::create(&disk, &log_id)?;
    let settings = Settings {
        suffix_case,
        log_id,
    };
    write_settings(folder, &settings)?;
    Ok(settings)
}

fn read_settings(folder: &Path) -> Result<Option<Settings>, Error> {
    let path = folder.join(SETTINGS_FILE);
    let octets = match fs::read(&path) {
        Ok(octets) => octets,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path.to_string_lossy())(error)),
    };
    let unreadable = |error: serde_json::Error| damaged(&error.to_string());
    let WrittenFormat { format } = serde_json::from_slice(&octets).map_err(unreadable)?;
    if format != FORMAT {
        return Err(Error::Format {
            folder: folder.to_owned(),
            format,
        });
    }
    let written: Written = serde_json::from_slice(&octets).map_err(unreadable)?;
    let log_id = LogId::parse(&written.log_id).ok_or_else(|| damaged("log_id is no id"))?;
    let suffix_case = if written.suffixes_depend_on_case {
        SuffixCase::Sensitive
    } else {
        SuffixCase::Insensitive
    };
    Ok(Some(Settings {
        suffix_case,
        log_id,
    }))
}

/// What the settings' file says.
pub(crate) fn settings_octets(settings: &Settings) -> Vec<u8> {
    let written = Written {
        format: FORMAT,
        log_id: settings.log_id.to_string(),
        suffixes_depend_on_case: settings.suffix_case == SuffixCase::Sensitive,
    };
    serde_json::to_vec_pretty(&written).expect("plain fields become JSON")
}

/// Writes a file beside, syncs it, and renames it: there is never half a file.
fn write_settings(folder: &Path, settings: &Settings) -> Result<(), Error> {
    let octets = settings_octets(settings);
    let beside = folder.join("folder.json.new");
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(&octets)?;
        file.sync_all()?;
        fs::rename(&beside, folder.join(SETTINGS_FILE))?;
        File::open(folder)?.sync_all()
    };
    write().map_err(Error::io("write", SETTINGS_FILE))
}

fn damaged(reason: &str) -> Error {
    Error::Corrupted {
        file: SETTINGS_FILE.into(),
        at: 0,
        extent: 0,
        reason: reason.into(),
    }
}
