//! Where data lie while they are measured. Everything is removed again.

use crate::failure::{Failure, cannot};
use rustix::fs::{Advice, fadvise, statfs};
use std::fs::{File, Metadata, read_dir};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What `statfs` says of a file system that lies in memory (`TMPFS_MAGIC` of Linux).
const IN_MEMORY: u64 = 0x0102_1994;

/// The folder in which data folders are made.
pub(crate) struct Parent {
    path: PathBuf,
    is_in_memory: bool,
}

impl Parent {
    /// The wanted folder, or the system's for temporary files.
    pub(crate) fn choose(wanted: Option<&Path>) -> Result<Self, Failure> {
        let path = wanted.map_or_else(std::env::temp_dir, Path::to_owned);
        let named = cannot(format_args!("look at {}", path.display()).to_string());
        let kind = statfs(&path).map_err(named)?.f_type;
        Ok(Self {
            is_in_memory: u64::try_from(kind) == Ok(IN_MEMORY),
            path,
        })
    }

    /// A new folder, removed when it is dropped.
    pub(crate) fn make(&self) -> Result<TempDir, Failure> {
        let doing = format!("make a folder in {}", self.path.display());
        TempDir::with_prefix_in("bench-", &self.path).map_err(cannot(doing))
    }

    /// What a reader must know of this disk.
    pub(crate) fn note(&self) -> Option<String> {
        let text = "the data lie in memory, where a sync costs nothing; choose a disk by --folder";
        self.is_in_memory.then(|| text.to_owned())
    }
}

/// Adds up all files under a folder.
pub(crate) fn sum_files(folder: &Path, of: &impl Fn(&Metadata) -> u64) -> io::Result<u64> {
    let mut sum = 0;
    for entry in read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() {
            sum_files(&entry.path(), of)?
        } else {
            of(&about)
        };
    }
    Ok(sum)
}

/// Has the system drop what it remembers of all files under a folder.
pub(crate) fn drop_cached(folder: &Path) -> Result<(), Failure> {
    let dropped = || {
        for entry in read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                drop_cached(&path).map_err(|error| io::Error::other(error.to_string()))?;
            } else if kind.is_file() {
                // Not the socket that a node leaves behind if it is killed: it cannot be opened.
                let file = File::open(path)?;
                // Only what has been written to the disk can be dropped.
                file.sync_all()?;
                fadvise(&file, 0, None, Advice::DontNeed)?;
            }
        }
        Ok::<(), io::Error>(())
    };
    dropped().map_err(cannot(format!(
        "drop what is cached of {}",
        folder.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_of_all_depths_are_added_up() {
        let folder = TempDir::new().expect("a temporary folder");
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).expect("it is ours");
        fs::write(deep.join("c"), [0; 300]).expect("it is ours");
        fs::write(folder.path().join("d"), [0; 20]).expect("it is ours");
        let sum = |of: &dyn Fn(&Metadata) -> u64| sum_files(folder.path(), &of);
        assert_eq!(sum(&|about| about.len()).expect("all can be read"), 320);
        assert_eq!(sum(&|_| 1).expect("all can be read"), 2);
        assert!(sum_files(&folder.path().join("none"), &Metadata::len).is_err());
    }
}
