//! How a file gets from one folder to another: read once, digested on the way, synced.
//!
//! Not here: the folder that it gets to, and its name (`partial`).

use super::list::{List, ListedFile, ListedFolder, damaged};
use super::text;
use crate::Error;
use crate::verify::{Checksum, Progress};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How much is read at once, in octets: enough that calls cost little, little enough to hold.
const PIECE_OCTETS: usize = 1 << 20;

/// A copying under way.
pub(super) struct Copying<'p> {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    /// An earlier backup and its list.
    pub(super) previous: Option<(PathBuf, List)>,
    /// What has been copied.
    pub(super) list: List,
    pub(super) octets_shared: u64,
    pub(super) done: Progress,
    pub(super) progress: &'p mut dyn FnMut(Progress),
}

impl Copying<'_> {
    /// Makes a folder with the mode of the one it is made after.
    pub(super) fn make_folder(&mut self, within: &str) -> Result<(), Error> {
        let to = self.to.join(within);
        let found = fs::metadata(self.from.join(within));
        let mode = found.map_or(0o700, |found| mode(&found));
        let created = match DirBuilder::new().mode(mode).create(&to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            created => created,
        };
        created
            .and_then(|()| fs::set_permissions(&to, Permissions::from_mode(mode)))
            .map_err(Error::io("make the folder", text(&to)))?;
        if !within.is_empty() {
            self.list.folders.push(ListedFolder {
                path: within.into(),
                mode,
            });
        }
        Ok(())
    }

    /// Copies a file; gives its digest.
    pub(super) fn copy(&mut self, within: &str) -> Result<String, Error> {
        Ok(self.copy_checked(within)?.sha256)
    }

    /// Copies a file of the tables.
    pub(super) fn copy_table(&mut self, within: &str, checksum: u128) -> Result<(), Error> {
        let copied = self.copy_checked(within)?;
        if copied.checksum == checksum {
            return Ok(());
        }
        let reason = "its octets have not the checksum that the tables noted; \
                      `nameplate store verify` says more";
        Err(damaged(within, copied.octets, reason.into()))
    }

    fn copy_checked(&mut self, within: &str) -> Result<Copied, Error> {
        let (from, to) = (self.from.join(within), self.to.join(within));
        let mut source = File::open(&from).map_err(Error::io("open", text(&from)))?;
        let found = source
            .metadata()
            .map_err(Error::io("look at", text(&from)))?;
        let mode = mode(&found);
        let mut target = create(&to, mode).map_err(Error::io("make", text(&to)))?;
        let mut copied = Copied::default();
        let mut digest = Sha256::new();
        let mut checksum = Checksum::default();
        let mut piece = vec![0; PIECE_OCTETS];
        loop {
            let length = source
                .read(&mut piece)
                .map_err(Error::io("read", text(&from)))?;
            let Some(octets) = piece.get(..length).filter(|octets| !octets.is_empty()) else {
                break;
            };
            digest.update(octets);
            checksum.add(octets);
            target
                .write_all(octets)
                .map_err(Error::io("write", text(&to)))?;
            copied.octets += length as u64;
            self.advance(length as u64);
        }
        copied.sha256 = hex::encode(digest.finalize());
        copied.checksum = checksum.value();
        let listed = ListedFile {
            path: within.into(),
            octets: copied.octets,
            mode,
            sha256: copied.sha256.clone(),
        };
        if self.is_shared(&listed, &to) {
            self.octets_shared += copied.octets;
        } else {
            target.sync_all().map_err(Error::io("sync", text(&to)))?;
        }
        self.list.files.push(listed);
        Ok(copied)
    }

    /// Puts a hard link to the same file of the earlier backup in the place of the copy.
    fn is_shared(&self, listed: &ListedFile, to: &Path) -> bool {
        let Some((previous, list)) = &self.previous else {
            return false;
        };
        // A difference in the file itself, since it was listed, is found when it is restored.
        let link = to.with_file_name(".linking");
        list.files.contains(listed)
            && fs::hard_link(previous.join(&listed.path), &link).is_ok()
            && fs::rename(&link, to).is_ok()
    }

    /// Writes a file that has been read, or made, already.
    pub(super) fn put(&mut self, within: &str, octets: &[u8]) -> Result<(), Error> {
        let to = self.to.join(within);
        let mode = 0o600;
        let put = create(&to, mode).and_then(|mut file| {
            file.write_all(octets)?;
            file.sync_all()
        });
        put.map_err(Error::io("write", text(&to)))?;
        self.list.files.push(ListedFile {
            path: within.into(),
            octets: octets.len() as u64,
            mode,
            sha256: hex::encode(Sha256::digest(octets)),
        });
        self.advance(octets.len() as u64);
        Ok(())
    }

    fn advance(&mut self, octets: u64) {
        self.done.octets_done += octets;
        // A running node may have written more meanwhile.
        self.done.octets = self.done.octets.max(self.done.octets_done);
        (self.progress)(self.done);
    }
}

/// What was learned of a file on the way.
#[derive(Default)]
struct Copied {
    octets: u64,
    sha256: String,
    checksum: u128,
}

fn mode(found: &fs::Metadata) -> u32 {
    found.permissions().mode() & 0o777
}

/// Makes a file that nobody may look into before it has its mode.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

pub(super) fn sync_folder(path: &Path) -> Result<(), Error> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(Error::io("sync", text(path)))
}
