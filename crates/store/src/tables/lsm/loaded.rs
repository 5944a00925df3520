//! Up to which position runs have gone into files: a file beside the tree's own.
//!
//! | octets | field |
//! | --- | --- |
//! | 8 | `NPloaded` |
//! | 8 | position |
//! | 8 | the tree's next number then |
//! | 8 | XXH3 of the octets before |
//!
//! It is written after the tree has taken a run in, durably, and before the run is acknowledged.
//! Without it the run is replayed from the log, which changes nothing. It says nothing about a tree
//! that has not come as far as its number.

use super::integrity::damaged;
use crate::{Error, Position};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) const FILE: &str = "loaded";

/// Begins as what the tables remove when they are opened.
const FILE_BESIDE: &str = ".tmp-loaded";

const MAGIC: &[u8; 8] = b"NPloaded";
const CHECKED_OCTETS: usize = 24;

/// Says durably that runs up to `position` have gone into the tree's files; `number` is the tree's
/// next one.
pub(super) fn write(folder: &Path, position: Position, number: u64) -> Result<(), Error> {
    let mut octets = MAGIC.to_vec();
    octets.extend_from_slice(&position.0.to_be_bytes());
    octets.extend_from_slice(&number.to_be_bytes());
    let checksum = xxh3_64(&octets);
    octets.extend_from_slice(&checksum.to_be_bytes());
    let path = folder.join(FILE);
    let replace = || {
        let beside = folder.join(FILE_BESIDE);
        let mut file = File::create(&beside)?;
        file.write_all(&octets)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    };
    replace().map_err(Error::io("write", path.to_string_lossy()))
}

/// The position up to which runs have gone into the files of a tree whose next number is `next`.
pub(super) fn read(folder: &Path, next: u64) -> Result<Position, Error> {
    let path = folder.join(FILE);
    let octets = match fs::read(&path) {
        Ok(octets) => octets,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Position::START),
        Err(error) => return Err(Error::io("read", path.to_string_lossy())(error)),
    };
    let (position, number) = parse(&octets).ok_or_else(|| damaged(&path))?;
    if number <= next {
        return Ok(position);
    }
    // The tree has lost its files and begins anew. Its numbers will reach this one, and what was
    // said of the old tree must not be believed of the new one.
    fs::remove_file(&path).map_err(Error::io("remove", path.to_string_lossy()))?;
    Ok(Position::START)
}

fn parse(octets: &[u8]) -> Option<(Position, u64)> {
    let (checked, checksum) = octets.split_at_checked(CHECKED_OCTETS)?;
    if checksum != xxh3_64(checked).to_be_bytes() {
        return None;
    }
    let (fields, _) = checked.strip_prefix(MAGIC)?.as_chunks::<8>();
    let [position, number] = fields.try_into().ok()?;
    Some((
        Position(u64::from_be_bytes(position)),
        u64::from_be_bytes(number),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_file_is_these_octets() {
        let folder = TempDir::new().expect("a temporary folder");
        write(folder.path(), Position(7), 9).expect("the folder is ours");
        let octets = fs::read(folder.path().join(FILE)).expect("it was written");
        assert_eq!(
            octets[..24],
            *b"NPloaded\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x09"
        );
        assert_eq!(octets[24..], xxh3_64(&octets[..24]).to_be_bytes());
        assert_eq!(read(folder.path(), 9).expect("it is whole"), Position(7));
    }

    #[test]
    fn a_tree_that_begins_anew_is_told_nothing_now_and_later() {
        let folder = TempDir::new().expect("a temporary folder");
        assert_eq!(
            read(folder.path(), 1).expect("no file is fine"),
            Position::START
        );
        write(folder.path(), Position(7), 9).expect("the folder is ours");
        assert_eq!(
            read(folder.path(), 1).expect("it is whole"),
            Position::START
        );
        assert_eq!(
            read(folder.path(), 10).expect("it is gone"),
            Position::START
        );
    }

    #[test]
    fn a_changed_octet_is_noticed() {
        let folder = TempDir::new().expect("a temporary folder");
        write(folder.path(), Position(7), 9).expect("the folder is ours");
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).expect("it was written");
        for at in 0..whole.len() {
            let mut octets = whole.clone();
            octets[at] ^= 1;
            fs::write(&path, octets).expect("the folder is ours");
            assert!(read(folder.path(), 9).is_err(), "octet {at}");
        }
        fs::write(&path, &whole[..31]).expect("the folder is ours");
        assert!(read(folder.path(), 9).is_err(), "cut");
    }
}
