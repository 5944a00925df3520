//! Whether the files of the tables are what the tables wrote: the whole file has the checksum that
//! the manifest gives, and if not, which of its blocks has not its own.
//!
//! A block: `LSM` 3, kind (1), checksum of its data (16), length of its data (4), length unpacked
//! (4), the first 4 octets of the checksum of these 29 octets, the data. Checksums are XXH3 of 128
//! bits, numbers little-endian.

use super::{About, Verification};
use crate::Error;
use crate::tables::{Manifest, read_manifest};
use std::fs;
use std::io;
use std::path::Path;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const BLOCK_MAGIC: &[u8] = b"LSM\x03";
const BLOCK_HEAD_OCTETS: usize = 33;

/// The checksum of a file's octets, taken piece by piece.
#[derive(Default)]
pub(crate) struct Checksum(Xxh3);

impl Checksum {
    pub(crate) fn add(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    pub(crate) fn value(&self) -> u128 {
        self.0.digest128()
    }
}

impl Verification<'_> {
    /// Reads every file of the tables; gives whether they are sound enough to be opened.
    pub(super) fn verify_table_files(&mut self) -> Result<bool, Error> {
        let tables = self.path.join("tables");
        let manifest = match read_manifest(&tables) {
            Ok(manifest) => manifest,
            Err(Error::Corrupted {
                file, at, extent, ..
            }) => {
                let reason = "the list of the tables' files is not what the tables wrote";
                let file = within(&self.path, Path::new(&file));
                self.damage(&file, at, extent, reason.into(), &About::Tables);
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let Some(manifest) = manifest else {
            if has_files(&tables.join("tables")) {
                let reason = "the list of the tables' files is missing".into();
                self.damage("tables/current", 0, 0, reason, &About::Tables);
            }
            return Ok(false);
        };
        let before = self.report.damages.len();
        for (&number, &checksum) in &manifest.tables {
            self.verify_table_file(number, checksum)?;
        }
        self.remark_unnamed(&manifest);
        Ok(self.report.damages.len() == before)
    }

    fn verify_table_file(&mut self, number: u64, checksum: u128) -> Result<(), Error> {
        let name = format!("tables/tables/{number}");
        let octets = match fs::read(self.path.join(&name)) {
            Ok(octets) => octets,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.damage(&name, 0, 0, "the file is missing".into(), &About::Tables);
                return Ok(());
            }
            Err(error) => return Err(Error::io("read", name)(error)),
        };
        self.report.tables.files += 1;
        self.report.tables.octets += octets.len() as u64;
        self.advance(octets.len() as u64);
        if xxh3_128(&octets) == checksum {
            return Ok(());
        }
        let damaged = damaged_blocks(&octets);
        if damaged.is_empty() {
            let reason = "its octets have not the checksum that the tables noted; it is another \
                          file, or something between its blocks has changed";
            let all = octets.len() as u64;
            self.damage(&name, 0, all, reason.into(), &About::Tables);
        }
        for (at, extent) in damaged {
            let reason = "a block has not the checksum that it was written with".into();
            self.damage(&name, at as u64, extent as u64, reason, &About::Tables);
        }
        Ok(())
    }

    /// Files that no list names were being written when a process ended; starts remove them.
    fn remark_unnamed(&mut self, manifest: &Manifest) {
        let files = fs::read_dir(self.path.join("tables/tables"));
        let files = files.into_iter().flatten().flatten();
        let named = |name: &str| {
            let number = name.parse();
            number.is_ok_and(|number| manifest.tables.contains_key(&number))
        };
        let unnamed = files.filter(|file| !named(&file.file_name().to_string_lossy()));
        let count = unnamed.count();
        if count > 0 {
            self.remark(format!(
                "{count} files of an interrupted write; the next start removes them"
            ));
        }
    }
}

fn has_files(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut files| files.next().is_some())
}

/// A path as seen from the data folder.
fn within(data: &Path, path: &Path) -> String {
    path.strip_prefix(data)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

/// Octets between which whole blocks stand, and that are none: where, and how many. The octets
/// after the last block, a directory with its own checksum, are not looked at.
fn damaged_blocks(octets: &[u8]) -> Vec<(usize, usize)> {
    let mut damaged = Vec::new();
    let mut at = 0;
    while at < octets.len() {
        if let Some(length) = block_octets(&octets[at..]) {
            at += length;
            continue;
        }
        let Some(next) = next_block(octets, at + 1) else {
            break;
        };
        // One octet between blocks is the version of the table.
        if next - at > 1 {
            damaged.push((at, next - at));
        }
        at = next;
    }
    damaged
}

fn next_block(octets: &[u8], from: usize) -> Option<usize> {
    let starts = octets.get(from..)?.windows(BLOCK_MAGIC.len());
    let mut marks = starts
        .enumerate()
        .filter(|(_, window)| *window == BLOCK_MAGIC);
    marks.find_map(|(ahead, _)| {
        let at = from + ahead;
        block_octets(&octets[at..]).map(|_| at)
    })
}

/// The length of the whole block at the start of `octets`.
fn block_octets(octets: &[u8]) -> Option<usize> {
    let (head, rest) = octets.split_at_checked(BLOCK_HEAD_OCTETS)?;
    let (covered, own) = head.split_at_checked(BLOCK_HEAD_OCTETS - 4)?;
    let is_head = covered.starts_with(BLOCK_MAGIC) && xxh3_128(covered).to_le_bytes()[..4] == *own;
    let checksum = u128::from_le_bytes(covered.get(5..21)?.try_into().ok()?);
    let length = u32::from_le_bytes(covered.get(21..25)?.try_into().ok()?) as usize;
    let data = rest.get(..length)?;
    (is_head && xxh3_128(data) == checksum).then_some(BLOCK_HEAD_OCTETS + length)
}
