//! One suite of tests for every kind of tables.

use super::*;
use crate::Options;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// Small memtables, so that a few hundred writes make several files.
fn small() -> Options {
    Options {
        memtable_octets: 20_000,
        cache_octets: 1 << 20,
        ..Options::default()
    }
}

/// Runs a check on new tables of each kind.
fn on_each(check: impl Fn(&dyn Tables)) {
    check(&MemoryTables::default());
    let folder = TempDir::new().unwrap();
    check(&LsmTables::open(folder.path(), &small()).unwrap());
}

fn key(text: &str) -> Key {
    Key::from_octets(text.to_owned().into())
}

fn put(at: &str, octets: &str) -> Write {
    Write {
        key: key(at),
        octets: Some(octets.to_owned().into()),
    }
}

fn delete(at: &str) -> Write {
    Write {
        key: key(at),
        octets: None,
    }
}

fn get(view: &dyn View, at: &str) -> Option<String> {
    let found = view.get(&key(at)).unwrap();
    found.map(|octets| String::from_utf8(octets.to_vec()).unwrap())
}

fn keys(view: &dyn View, from: &str, to: &str) -> Vec<String> {
    let entries = view.range(&key(from), &key(to));
    entries
        .map(|entry| String::from_utf8(entry.unwrap().0.octets().to_vec()).unwrap())
        .collect()
}

#[test]
fn what_is_applied_is_visible_and_what_is_deleted_is_not() {
    on_each(|tables| {
        assert_eq!(get(&*tables.view(), "a"), None);
        tables
            .apply(Position(1), &[put("a", "1"), put("b", "2")])
            .unwrap();
        tables
            .apply(Position(2), &[put("a", "3"), delete("b")])
            .unwrap();
        let view = tables.view();
        assert_eq!(get(&*view, "a").as_deref(), Some("3"));
        assert_eq!(get(&*view, "b"), None);
        assert_eq!(get(&*view, "ab"), None);
    });
}

#[test]
fn a_view_does_not_change_whatever_is_written_and_merged_meanwhile() {
    on_each(|tables| {
        tables
            .apply(Position(1), &[put("a", "old"), put("b", "stays")])
            .unwrap();
        let view = tables.view();
        for position in 2..400 {
            tables.make_room().unwrap();
            let octets = format!("{position:0200}");
            let other = format!("other {position}");
            tables
                .apply(
                    Position(position),
                    &[put("a", &octets), put(&other, &octets)],
                )
                .unwrap();
        }
        tables
            .apply(Position(400), &[delete("a"), delete("b")])
            .unwrap();
        tables.flush().unwrap();
        tables.compact().unwrap();
        assert_eq!(get(&*view, "a").as_deref(), Some("old"));
        assert_eq!(keys(&*view, "a", "z"), ["a", "b"]);
        drop(view);
        assert_eq!(get(&*tables.view(), "a"), None);
    });
}

#[test]
fn ranges_are_in_order_and_leave_out_their_end() {
    on_each(|tables| {
        let writes = ["c", "a", "b/1", "b", "b0", "\u{ff}"].map(|at| put(at, ""));
        tables.apply(Position(1), &writes).unwrap();
        let view = tables.view();
        assert_eq!(keys(&*view, "a", "c"), ["a", "b", "b/1", "b0"]);
        assert_eq!(keys(&*view, "b/", "b0"), ["b/1"]);
        assert!(keys(&*view, "c", "a").is_empty());
        assert!(keys(&*view, "b", "b").is_empty());
    });
}

/// Sealing a memtable beside the committer must not mistake where it ends.
#[test]
fn flushing_beside_writing_ends_and_tells_the_truth() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    std::thread::scope(|scope| {
        let flushing = scope.spawn(|| {
            for _ in 0..100 {
                tables.flush().unwrap();
            }
        });
        let mut position = 0;
        while !flushing.is_finished() {
            position += 1;
            tables.make_room().unwrap();
            tables
                .apply(Position(position), &[put("a", &position.to_string())])
                .unwrap();
        }
        tables.flush().unwrap();
        assert_eq!(tables.durable(), Position(position));
    });
}

#[test]
fn files_know_up_to_where_they_were_applied() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    assert_eq!(tables.durable(), Position::START);
    tables.apply(Position(7), &[put("a", "1")]).unwrap();
    tables.flush().unwrap();
    assert_eq!(tables.durable(), Position(7));
    tables.apply(Position(8), &[put("a", "2")]).unwrap();
    drop(tables); // As in a crash: what was not flushed is gone.
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    assert_eq!(tables.durable(), Position(7));
    assert_eq!(get(&*tables.view(), "a").as_deref(), Some("1"));
}

/// The tree itself does not check its manifest.
#[test]
fn a_changed_octet_in_the_list_of_files_is_noticed() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    tables.apply(Position(1), &[put("a", "1")]).unwrap();
    tables.flush().unwrap();
    drop(tables);
    let current = std::fs::read(folder.path().join("current")).unwrap();
    let number = u64::from_le_bytes(*current.first_chunk().unwrap());
    let manifest = std::fs::read(folder.path().join(format!("v{number}"))).unwrap();
    // Beyond the number and the checksum, `current` holds one octet that means nothing.
    check_each_octet(&folder.path().join("current"), &current, 24);
    check_each_octet(
        &folder.path().join(format!("v{number}")),
        &manifest,
        manifest.len(),
    );
}

/// The process was killed while it wrote a table: no manifest names it, and the log has what it
/// holds.
#[test]
fn a_table_that_is_half_written_is_removed() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    tables.apply(Position(1), &[put("a", "1")]).unwrap();
    tables.flush().unwrap();
    drop(tables);
    let half = folder.path().join("tables/999999");
    std::fs::write(&half, [0x55; 5000]).unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    assert_eq!(get(&*tables.view(), "a").as_deref(), Some("1"));
    assert!(!half.exists());
}

/// Whatever octet of a table changes: an error when the tables are opened or read, or no effect.
#[test]
fn a_changed_octet_in_a_table_is_noticed_or_harmless() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    for position in 1..40 {
        let octets = format!("{position:050}");
        tables
            .apply(
                Position(position),
                &[put(&format!("key {position:03}"), &octets)],
            )
            .unwrap();
    }
    tables.flush().unwrap();
    let expected = contents(&tables).unwrap();
    assert_eq!(expected.len(), 39);
    drop(tables);
    let files = std::fs::read_dir(folder.path().join("tables")).unwrap();
    let path = files
        .map(|file| file.unwrap().path())
        .next()
        .expect("a table was written");
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for flip in [1, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= flip;
            std::fs::write(&path, changed).unwrap();
            let read =
                LsmTables::open(folder.path(), &small()).and_then(|tables| contents(&tables));
            if let Ok(read) = read {
                assert_eq!(read, expected, "octet {at}: silence");
            }
        }
    }
}

fn contents(tables: &LsmTables) -> Result<Vec<(Key, Bytes)>, Error> {
    tables.view().range(&key("key"), &key("l")).collect()
}

/// Checks that tables do not open when one of the first `count` octets of a file is changed.
fn check_each_octet(path: &Path, whole: &[u8], count: usize) {
    for at in 0..count {
        let mut changed = whole.to_vec();
        changed[at] ^= 1;
        std::fs::write(path, changed).unwrap();
        let opened = LsmTables::open(path.parent().unwrap(), &small()).map(|_| ());
        assert!(
            matches!(opened, Err(Error::Corrupted { .. })),
            "{} octet {at}",
            path.display()
        );
    }
    std::fs::write(path, whole).unwrap();
}

fn run_of(writes: &[Write]) -> Run {
    let mut run = Run::default();
    for write in writes {
        run.add(write);
    }
    run.sort();
    run
}

/// Enough writes that they go into files of their own.
fn long_run(octets: &str) -> Run {
    let write = |number| put(&format!("key {number:03}"), octets);
    run_of(&(0..100).rev().map(write).collect::<Vec<_>>())
}

#[test]
fn a_run_is_shown_at_once_and_hides_what_was_there() {
    on_each(|tables| {
        tables
            .apply(Position(1), &[put("a", "1"), put("key 007", "old")])
            .unwrap();
        let before = tables.view();
        assert_eq!(get(&*before, "key 007").as_deref(), Some("old"));
        tables.load(Position(2), &long_run("new")).unwrap();
        assert_eq!(get(&*before, "key 007").as_deref(), Some("old"));
        assert_eq!(get(&*before, "key 008"), None);
        assert_eq!(keys(&*before, "a", "z"), ["a", "key 007"]);
        let after = tables.view();
        assert_eq!(get(&*after, "key 007").as_deref(), Some("new"));
        assert_eq!(get(&*after, "a").as_deref(), Some("1"));
        assert_eq!(keys(&*after, "a", "z").len(), 101);
        tables.apply(Position(3), &[delete("key 007")]).unwrap();
        tables.settle().unwrap();
        assert_eq!(get(&*tables.view(), "key 007"), None);
        assert_eq!(get(&*after, "key 007").as_deref(), Some("new"));
    });
}

#[test]
fn a_run_is_in_files_when_it_is_shown() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    tables.apply(Position(1), &[put("a", "1")]).unwrap();
    tables.load(Position(5), &long_run("new")).unwrap();
    assert_eq!(tables.durable(), Position(5));
    tables.apply(Position(6), &[put("a", "2")]).unwrap();
    drop(tables); // As in a crash.
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    assert_eq!(tables.durable(), Position(5));
    assert_eq!(get(&*tables.view(), "a").as_deref(), Some("1"));
    assert_eq!(keys(&*tables.view(), "a", "z").len(), 101);
    // Merging gives the files other numbers, and drops what was deleted.
    tables.apply(Position(6), &[delete("a")]).unwrap();
    tables.flush().unwrap();
    tables.compact().unwrap();
    drop(tables);
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    assert_eq!(tables.durable(), Position(6));
}

/// Whoever removes the tables must not be told that they hold anything.
#[test]
fn tables_without_their_files_know_nothing_of_runs() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    tables.load(Position(5), &long_run("new")).unwrap();
    drop(tables);
    std::fs::remove_file(folder.path().join("current")).unwrap();
    for name in std::fs::read_dir(folder.path()).unwrap() {
        let path = name.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with('v') {
            std::fs::remove_file(path).unwrap();
        }
    }
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    assert_eq!(tables.durable(), Position::START);
    assert!(keys(&*tables.view(), "a", "z").is_empty());
}

/// Readers beside a writer: a view never changes its mind, and never shows what is older than
/// something that was acknowledged before it was opened.
#[test]
fn the_hot_layer_shows_every_view_its_own_moment() {
    let folder = TempDir::new().unwrap();
    let tables = LsmTables::open(folder.path(), &small()).unwrap();
    let acknowledged = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut reads = 0;
                    while acknowledged.load(Ordering::Acquire) < 2000 {
                        let known = acknowledged.load(Ordering::Acquire);
                        let view = tables.view();
                        let first = get(&*view, "a").unwrap_or_default();
                        std::thread::yield_now();
                        // Both keys are always written together.
                        assert_eq!(get(&*view, "b").unwrap_or_default(), first);
                        assert_eq!(get(&*view, "a").unwrap_or_default(), first);
                        let shown: u64 = first.parse().unwrap_or_default();
                        assert!(shown >= known, "{known} was acknowledged, {shown} is shown");
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for position in 1..=2000 {
            tables.make_room().unwrap();
            let text = position.to_string();
            let writes = [put("a", &text), put("b", &text)];
            if position % 100 == 0 {
                let fill = (0..50).map(|number| put(&format!("fill {number:03}"), &text));
                let writes: Vec<_> = writes.into_iter().chain(fill).collect();
                tables.load(Position(position), &run_of(&writes)).unwrap();
            } else {
                tables.apply(Position(position), &writes).unwrap();
            }
            acknowledged.store(position, Ordering::Release);
        }
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
}

#[derive(Debug, Clone)]
enum Act {
    Apply(Vec<(u8, Option<u16>)>),
    Load(Vec<(u8, Option<u16>)>),
    Flush,
    Compact,
}

fn any_act() -> impl Strategy<Value = Act> {
    let some = proptest::collection::btree_map(any::<u8>(), any::<Option<u16>>(), 1..20);
    let many = proptest::collection::vec((any::<u8>(), any::<Option<u16>>()), 1..60);
    prop_oneof![
        8 => some.prop_map(|writes| Act::Apply(writes.into_iter().collect())),
        4 => many.prop_map(Act::Load),
        1 => Just(Act::Flush),
        1 => Just(Act::Compact),
    ]
}

/// What fuzzers once found interesting, and what would matter if it broke.
#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/tables");
    let mut replayed = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let octets = std::fs::read(file.unwrap().path()).unwrap();
        fuzz::tables(&octets, TempDir::new().unwrap().path());
        replayed += 1;
    }
    assert!(replayed > 0, "{folder} is empty");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_fuzz_body_holds_on_any_acts(octets in proptest::collection::vec(any::<u8>(), 0..150)) {
        fuzz::tables(&octets, TempDir::new().unwrap().path());
    }

    #[test]
    fn tables_are_an_ordered_map(acts in proptest::collection::vec(any_act(), 1..40)) {
        on_each(|tables| {
            let mut map = BTreeMap::new();
            let mut before = (tables.view(), map.clone());
            for (act, position) in acts.iter().zip(1..) {
                match act {
                    Act::Apply(writes) => {
                        let writes = as_texts(writes);
                        tables.make_room().unwrap();
                        tables.apply(Position(position), &as_writes(&writes)).unwrap();
                        map.extend(writes);
                    }
                    Act::Load(writes) => {
                        let writes = as_texts(writes);
                        tables.make_room().unwrap();
                        tables.load(Position(position), &run_of(&as_writes(&writes))).unwrap();
                        map.extend(writes);
                    }
                    Act::Flush => tables.flush().unwrap(),
                    Act::Compact => tables.compact().unwrap(),
                }
                // Reading puts into the hot layer what the next writes must not leave there.
                check_contents(&*before.0, &before.1);
                before = (tables.view(), map.clone());
                check_contents(&*before.0, &before.1);
            }
        });
    }
}

fn as_texts(writes: &[(u8, Option<u16>)]) -> Vec<(String, Option<String>)> {
    let text = |(at, octets): &(u8, Option<u16>)| {
        let octets = octets.map(|octets| format!("{octets:0150}"));
        (format!("{at:03}"), octets)
    };
    writes.iter().map(text).collect()
}

fn as_writes(texts: &[(String, Option<String>)]) -> Vec<Write> {
    let write = |(at, octets): &(String, Option<String>)| match octets {
        Some(octets) => put(at, octets),
        None => delete(at),
    };
    texts.iter().map(write).collect()
}

fn check_contents(view: &dyn View, map: &BTreeMap<String, Option<String>>) {
    let present = map.iter().filter(|(_, octets)| octets.is_some());
    let expected: Vec<String> = present.map(|(at, _)| at.clone()).collect();
    assert_eq!(keys(view, "0", "9"), expected);
    for (at, octets) in map {
        assert_eq!(&get(view, at), octets);
    }
}
