//! The folder that a copy is made in before it is whole, and has its name: whose it is, and when it
//! may be emptied.
//!
//! What is left of an interrupted try is removed by the next one, and nothing else is: the folder
//! must be this user's, no link, and empty or hold the mark that is written before anything.
//!
//! Not here: what is copied.

use super::copy::sync_folder;
use super::text;
use crate::Error;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The first file of such a folder, and the last to go: it says that the others may be removed.
pub(super) const MARK_FILE: &str = ".being-copied";

/// For people who find the mark.
const MARK: &[u8] = b"nameplate is copying into this folder, or was interrupted: nothing in it is \
    of use, and the next backup or restore of the same name empties it.\n";

/// A folder that is being made under another name.
pub(super) struct Partial {
    path: PathBuf,
    target: PathBuf,
    /// Held as long as somebody writes to it.
    _lock: File,
}

impl Partial {
    /// Begins to make the folder `target` from the folder `from`; it must not be there or be
    /// empty, nor be within `from`, where it would grow into itself.
    pub(super) fn make(target: &Path, from: &Path) -> Result<Self, Error> {
        must_be_free(target)?;
        let (parent, name) = beside(target).ok_or_else(|| Error::NotEmpty {
            folder: target.to_owned(),
        })?;
        let failed = || Error::io("make the folder", text(target));
        fs::create_dir_all(&parent).map_err(failed())?;
        let parent = parent.canonicalize().map_err(failed())?;
        let from_whole = from.canonicalize().map_err(Error::io("find", text(from)))?;
        if parent.starts_with(from_whole) {
            let target = target.to_owned();
            return Err(Error::BackupWithin { target });
        }
        let path = parent.join(name);
        let failed = || Error::io("make the folder", text(&path));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            made => made.map_err(failed())?,
        }
        let is_own = is_own_folder(&path).map_err(failed())?;
        if !is_own {
            return Err(Error::NotLeft { folder: path });
        }
        let lock = lock(&path)?;
        empty(&path)?;
        Ok(Self {
            path,
            target: target.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name, durably.
    pub(super) fn finish(self) -> Result<(), Error> {
        sync_folder(&self.path)?;
        fs::rename(&self.path, &self.target).map_err(Error::io("rename to", text(&self.target)))?;
        if let Some(parent) = self.path.parent() {
            sync_folder(parent)?;
        }
        // Last: without its mark, an unfinished folder would be nobody's to remove. In a finished
        // one it means nothing, and no copy takes it along.
        let _ = fs::remove_file(self.target.join(MARK_FILE));
        Ok(())
    }
}

fn must_be_free(target: &Path) -> Result<(), Error> {
    match fs::read_dir(target).map(|mut files| files.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(Error::NotEmpty {
            folder: target.to_owned(),
        }),
        Err(error) => Err(Error::io("list", text(target))(error)),
    }
}

/// The folder that a target is to be in, and the name it has there meanwhile.
fn beside(target: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut name = target.file_name()?.to_owned();
    name.push(".partial");
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).to_owned();
    Some((parent, name.into()))
}

/// Whether this is a folder, no link to one, and this process's user's. A link could lead to a data
/// folder; another's folder could be exchanged while it is emptied.
fn is_own_folder(path: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    Ok(found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
}

fn lock(path: &Path) -> Result<File, Error> {
    let failed = || Error::io("lock", text(path));
    let lock = File::open(path).map_err(failed())?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            folder: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(failed()(error)),
    }
}

/// Leaves nothing in the folder but the mark.
fn empty(path: &Path) -> Result<(), Error> {
    let failed = || Error::io("empty", text(path));
    let listed = fs::read_dir(path).and_then(Iterator::collect);
    let files: Vec<fs::DirEntry> = listed.map_err(failed())?;
    if !files.is_empty() && !has_mark(path) {
        return Err(Error::NotLeft {
            folder: path.to_owned(),
        });
    }
    mark(path).map_err(Error::io("write to", text(path)))?;
    let mut others = files.iter().filter(|file| file.file_name() != MARK_FILE);
    others.try_for_each(remove).map_err(failed())
}

/// Whether the mark is there; a link to one is none.
fn has_mark(path: &Path) -> bool {
    fs::symlink_metadata(path.join(MARK_FILE)).is_ok_and(|found| found.is_file())
}

/// Marks the folder, durably: what comes into it must not outlive the mark.
fn mark(path: &Path) -> io::Result<()> {
    if has_mark(path) {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path.join(MARK_FILE))?;
    file.write_all(MARK)?;
    file.sync_all()?;
    File::open(path)?.sync_all()
}

fn remove(file: &fs::DirEntry) -> io::Result<()> {
    if file.file_type()?.is_dir() {
        fs::remove_dir_all(file.path())
    } else {
        fs::remove_file(file.path())
    }
}
