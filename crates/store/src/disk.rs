//! The few things the log asks of a disk, so that tests can put a lying one beneath it.
//!
//! Not here: what is written.

use crate::Error;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

#[cfg(test)]
pub(crate) mod lying;

/// One folder of files.
pub(crate) trait Disk: Send + Sync {
    /// The names of the files, in any order.
    ///
    /// # Errors
    /// What the operating system says.
    fn names(&self) -> io::Result<Vec<String>>;

    /// All octets of a file.
    ///
    /// # Errors
    /// What the operating system says.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// The length of a file, in octets.
    ///
    /// # Errors
    /// What the operating system says.
    fn length(&self, name: &str) -> io::Result<u64>;

    /// Opens a file for writing; makes it first if need be, and that durable.
    ///
    /// # Errors
    /// What the operating system says.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Removes a file, if it is there, and makes that durable.
    ///
    /// # Errors
    /// What the operating system says; the file may be gone for now and come back.
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// One open file.
pub(crate) trait DiskFile: Send {
    /// Writes octets at a place; they may be lost until [`DiskFile::sync`] has returned.
    ///
    /// # Errors
    /// What the operating system says; some of the octets may have been written.
    fn write_at(&mut self, at: u64, octets: &[u8]) -> io::Result<()>;

    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// After one, nobody knows what is durable (and asking again does not tell).
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    /// What the operating system says.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// A folder of the operating system.
#[derive(Debug)]
pub(crate) struct FolderDisk {
    path: PathBuf,
}

impl FolderDisk {
    /// Opens the folder; makes it first if need be.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io("make the folder", path.to_string_lossy()))?;
        let path = path.to_owned();
        Ok(Self { path })
    }
}

impl FolderDisk {
    /// The folder at a path, whatever is there.
    pub(crate) fn at(path: &Path) -> Self {
        let path = path.to_owned();
        Self { path }
    }
}

impl Disk for FolderDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        Ok(names?
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path.join(name))
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.path.join(name))?.len())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let path = self.path.join(name);
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        // Also if it was there: whoever made it may not have seen its name become durable.
        let folder = || File::open(&self.path)?.sync_all();
        let synced = file.sync_all().and_then(|()| folder());
        if synced.is_err() && is_new {
            // A name that is not durable must not be found by the next try, which would be told
            // by a second sync that all is well. Made anew, it is synced anew.
            let _ = fs::remove_file(&path);
        }
        synced?;
        Ok(Box::new(file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
        File::open(&self.path)?.sync_all()
    }
}

impl DiskFile for File {
    fn write_at(&mut self, at: u64, octets: &[u8]) -> io::Result<()> {
        self.write_all_at(octets, at)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.sync_all()
    }
}
