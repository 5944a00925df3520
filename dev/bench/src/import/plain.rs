//! The ceiling of an import: the same octets, written and synced in as many groups.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How many rows become durable with one sync: those of one change of an import.
const ROWS_PER_GROUP: u64 = 2000;

/// Writes `octets` to a new file in as many equal groups as an import of `rows` makes changes,
/// each synced before the next. Says how long that took.
pub(super) fn write(path: &Path, octets: u64, rows: u64) -> io::Result<Duration> {
    let groups = rows.div_ceil(ROWS_PER_GROUP);
    let group = incompressible(octets.div_ceil(groups));
    let mut file = File::create(path)?;
    let started = Instant::now();
    for _ in 0..groups {
        file.write_all(&group)?;
        file.sync_data()?;
    }
    Ok(started.elapsed())
}

/// Octets that a clever disk cannot make smaller.
fn incompressible(octets: u64) -> Vec<u8> {
    let words = (0..octets.div_ceil(8)).map(crate::records::scatter);
    let mut group: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    group.truncate(octets as usize);
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_file_is_as_long_as_the_log() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("plain");
        let length = |octets, rows| {
            write(&path, octets, rows).expect("the folder is ours");
            path.metadata().expect("it has been written").len()
        };
        assert_eq!(length(10_000, 4000), 10_000);
        assert_eq!(length(10_001, 4001), 10_002, "three equal groups");
        assert_eq!(length(10, 1), 10);
    }
}
