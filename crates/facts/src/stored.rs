//! What tests of this room share: a store in memory, and a day.

use store::{Options, Store, TablesKind};
use tempfile::TempDir;

pub(crate) const DAY_MS: u64 = 86_400_000;

/// A new store, and the folder that goes away with it.
pub(crate) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        tables: TablesKind::Memory,
        ..Options::default()
    };
    let store = Store::open(folder.path(), &options).unwrap();
    (folder, store)
}
