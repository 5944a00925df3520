//! The journal of a member as a file: appended and synced, or replaced as a whole.
//!
//! Not here: what is in it (room `quorum`).

use bytes::Bytes;
use quorum::{Batch, Journal};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The name of the file in the data folder. It belongs to no backup: a member that came back with
/// an old one would have forgotten its votes.
pub(super) const FILE: &str = "registry.journal";

/// The name of the file with which an operator says that the node was never a member: only then it
/// founds the registry. It is gone as soon as there is a journal.
pub(super) const FOUND_FILE: &str = "registry.found";

/// The file; it is opened anew after every replacement.
pub(super) struct FileJournal {
    path: PathBuf,
    file: Option<File>,
}

impl FileJournal {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            path: folder.join(FILE),
            file: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an operator has said that there never was one.
    pub(super) fn may_be_founded(&self) -> bool {
        self.path.with_file_name(FOUND_FILE).exists()
    }

    fn replace(&mut self, octets: &[u8]) -> io::Result<()> {
        let beside = self.path.with_extension("journal.new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        // What was said holds once. If it is there after a crash, so is the journal.
        match fs::remove_file(self.path.with_file_name(FOUND_FILE)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => (),
        }
        self.file = Some(file);
        Ok(())
    }

    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        let missing = || io::Error::new(ErrorKind::NotFound, "nothing was ever written");
        let file = self.file.as_mut().ok_or_else(missing)?;
        file.write_all(octets)?;
        file.sync_data()
    }
}

impl Journal for FileJournal {
    type Error = io::Error;

    fn read(&mut self) -> io::Result<Bytes> {
        match fs::read(&self.path) {
            Ok(octets) => Ok(octets.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Bytes::new()),
            Err(error) => Err(error),
        }
    }

    fn keep(&mut self, batch: &Batch) -> io::Result<()> {
        if batch.replaces {
            self.replace(&batch.octets)
        } else {
            self.append(&batch.octets)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn batch(replaces: bool, octets: &'static [u8]) -> Batch {
        Batch {
            number: 1,
            replaces,
            octets: Bytes::from_static(octets),
        }
    }

    #[test]
    fn it_is_appended_to_and_replaced() {
        let folder = TempDir::new().unwrap();
        let mut journal = FileJournal::new(folder.path());
        assert_eq!(journal.read().unwrap(), Bytes::new());
        assert!(journal.keep(&batch(false, b"never begun")).is_err());
        journal.keep(&batch(true, b"one ")).unwrap();
        journal.keep(&batch(false, b"two")).unwrap();
        assert_eq!(journal.read().unwrap(), &b"one two"[..]);
        journal.keep(&batch(true, b"three")).unwrap();
        journal.keep(&batch(false, b" four")).unwrap();
        let mut again = FileJournal::new(folder.path());
        assert_eq!(again.read().unwrap(), &b"three four"[..]);
        let names = fs::read_dir(folder.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FILE]);
    }
}
