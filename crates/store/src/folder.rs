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

use crate::Error;
use crate::log::LogId;
use model::SuffixCase;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// The format of folders that this version makes and reads.
const FORMAT: u32 = 1;

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
        fs::create_dir_all(path).map_err(Error::io("make the folder", path.to_string_lossy()))?;
        let lock = lock(path)?;
        let settings_path = path.join(SETTINGS_FILE);
        let settings = if settings_path.exists() {
            read_settings(path, &settings_path)?
        } else {
            let settings = new_settings(path, suffix_case)?;
            write_settings(path, &settings)?;
            settings
        };
        Ok(Self {
            path: path.to_owned(),
            settings,
            _lock: lock,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn tables_path(&self) -> PathBuf {
        self.path.join("tables")
    }
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

/// Settings of a new folder. A folder with a log but without settings has lost them: a new id
/// would make the log unreadable, so that is an error instead.
fn new_settings(folder: &Path, suffix_case: SuffixCase) -> Result<Settings, Error> {
    let has_log = fs::read_dir(folder.join("log")).is_ok_and(|mut files| files.next().is_some());
    if has_log {
        return Err(damaged("the file is missing, but there is a log"));
    }
    let log_id = LogId::random().map_err(Error::io("make an id for", SETTINGS_FILE))?;
    Ok(Settings {
        suffix_case,
        log_id,
    })
}

fn read_settings(folder: &Path, path: &Path) -> Result<Settings, Error> {
    let octets = fs::read(path).map_err(Error::io("read", path.to_string_lossy()))?;
    let written: Written =
        serde_json::from_slice(&octets).map_err(|error| damaged(&error.to_string()))?;
    if written.format != FORMAT {
        return Err(Error::Format {
            folder: folder.to_owned(),
            format: written.format,
        });
    }
    let log_id = LogId::parse(&written.log_id).ok_or_else(|| damaged("log_id is no id"))?;
    let suffix_case = if written.suffixes_depend_on_case {
        SuffixCase::Sensitive
    } else {
        SuffixCase::Insensitive
    };
    Ok(Settings {
        suffix_case,
        log_id,
    })
}

/// Writes a file beside, syncs it, and renames it: there is never half a file.
fn write_settings(folder: &Path, settings: &Settings) -> Result<(), Error> {
    let written = Written {
        format: FORMAT,
        log_id: settings.log_id.to_string(),
        suffixes_depend_on_case: settings.suffix_case == SuffixCase::Sensitive,
    };
    let octets = serde_json::to_vec_pretty(&written).expect("plain fields become JSON");
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
