//! How a file of the founding is read and replaced: whole or not at all.

use super::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What is open to anybody who may look into the folder.
pub(super) const OPEN: u32 = 0o644;

/// What is for the node's own user only.
pub(super) const SECRET: u32 = 0o600;

/// What others could do with a file, in its mode.
const OTHERS: u32 = 0o077;

/// The octets of a file, or nothing if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(octets) => Ok(Some(octets)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// As [`read`], but refuses a file that others may read or write.
pub(super) fn read_secret(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.mode() & 0o7777,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path)(error)),
    };
    if mode & OTHERS != 0 {
        let path = path.to_owned();
        return Err(Error::Loose { path, mode });
    }
    read(path)
}

/// Writes a file beside, syncs it, and renames it: after a crash there is the old one or the new.
pub(super) fn replace(path: &Path, octets: &[u8], mode: u32) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        // What a broken-off start has left may have another mode.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => (),
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside)?;
        let written = file.write_all(octets).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // A full disk is not kept full by half a file.
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        fs::rename(&beside, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(failed("write", path))
}

pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        doing,
        path,
        source,
    }
}
