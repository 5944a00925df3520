//! Tests of the whole store: closing, reopening, losing its tables.

use super::*;
use bytes::Bytes;
use model::Key;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc::channel;

fn key(number: u32) -> Key {
    Key::from_octets(format!("R{number:05}").into())
}

fn put(number: u32) -> Change {
    let mut change = Change::default();
    change.put(key(number), format!("record {number}").into());
    change
}

fn small() -> Options {
    Options {
        memtable_octets: 30_000,
        ..Options::default()
    }
}

fn count(store: &Store) -> usize {
    let view = store.view();
    let all = view.range(&key(0), &Key::from_octets("S".into()));
    all.map(Result::unwrap).collect::<Vec<_>>().len()
}

#[test]
fn a_closed_store_reopens_without_replaying() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    for number in 0..500 {
        store.commit(put(number)).unwrap();
    }
    store.close().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    assert_eq!(store.opened(), Opened::default());
    assert_eq!(count(&store), 500);
    assert_eq!(store.commit(put(500)).unwrap(), Position(501));
}

#[test]
fn a_store_that_was_dropped_replays_what_its_tables_did_not_hold() {
    for kind in [TablesKind::Files, TablesKind::Memory] {
        let options = Options {
            tables: kind,
            ..small()
        };
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &options).unwrap();
        for number in 0..500 {
            store.commit(put(number)).unwrap();
        }
        drop(store);
        let store = Store::open(folder.path(), &options).unwrap();
        assert!(store.opened().entries_replayed > 0);
        assert_eq!(count(&store), 500);
    }
}

#[test]
fn tables_that_are_lost_are_made_anew_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    for number in 0..300 {
        store.commit(put(number)).unwrap();
    }
    store.close().unwrap();
    fs::remove_dir_all(folder.path().join("tables")).unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    assert_eq!(store.opened().entries_replayed, 300);
    assert_eq!(count(&store), 300);
}

#[test]
fn a_log_that_is_lost_is_noticed_whether_the_tables_were_flushed_or_not() {
    for flushed in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &small()).unwrap();
        store.commit(put(1)).unwrap();
        if flushed {
            store.close().unwrap();
        } else {
            drop(store);
        }
        fs::remove_dir_all(folder.path().join("log")).unwrap();
        let error = Store::open(folder.path(), &small())
            .map(|_| ())
            .unwrap_err();
        assert!(matches!(error, Error::Corrupted { .. }), "{error}");
    }
}

#[test]
fn a_store_that_is_compacted_while_it_is_written_to_closes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    std::thread::scope(|scope| {
        let compacting = scope.spawn(|| (0..20).for_each(|_| store.compact().unwrap()));
        let mut number = 0;
        while !compacting.is_finished() {
            store.commit(put(number)).unwrap();
            number += 1;
        }
    });
    store.close().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    assert_eq!(store.opened(), Opened::default());
}

/// The last owner of a store may be whoever is told of a change, on the committer's own thread.
#[test]
fn a_store_may_be_dropped_by_the_committer_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), &small()).unwrap());
    let (done, waiting) = sync_channel(1);
    let owner = Arc::clone(&store);
    let tell = move |result: Result<Position, Error>| {
        let owner = owner;
        drop(owner);
        drop(done.send(result));
    };
    store.submit(put(1), Box::new(tell));
    drop(store);
    assert_eq!(waiting.recv().unwrap().unwrap(), Position(1));
}

/// Loads so many records in no order, a hundred a call, and tells of those acknowledged.
fn load(store: &Store, records: u32) {
    let numbers: Vec<u32> = (0..records).map(|number| number * 7 % records).collect();
    for numbers in numbers.chunks(100) {
        let writes = numbers.iter().flat_map(|&number| put(number).writes);
        let done = |result: Result<Position, Error>| assert!(result.is_ok());
        store.load(writes.collect(), Box::new(done));
    }
}

#[test]
fn what_was_loaded_is_there_with_and_without_a_good_end() {
    for ended in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &small()).unwrap();
        load(&store, 5000);
        if ended {
            store.end_load().unwrap();
            assert_eq!(count(&store), 5000);
        }
        drop(store);
        let store = Store::open(folder.path(), &small()).unwrap();
        assert_eq!(count(&store), 5000);
        assert_eq!(store.commit(put(5000)).unwrap(), Position(51));
        store.close().unwrap();
        fs::remove_dir_all(folder.path().join("tables")).unwrap();
        let store = Store::open(folder.path(), &small()).unwrap();
        assert_eq!(store.opened().entries_replayed, 51);
        assert_eq!(count(&store), 5001);
    }
}

#[test]
fn runs_are_not_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    load(&store, 5000);
    store.end_load().unwrap();
    drop(store);
    let store = Store::open(folder.path(), &small()).unwrap();
    // All but the last run, which may have been too short for files of its own.
    assert!(store.opened().entries_replayed < 10, "{:?}", store.opened());
    assert_eq!(count(&store), 5000);
}

/// What a run could not bring into the tables must not be hidden by what comes after it.
#[test]
fn after_a_run_that_files_do_not_take_nothing_more_is_taken_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    store.commit(put(9999)).unwrap();
    let (files, away) = (
        folder.path().join("tables/tables"),
        folder.path().join("away"),
    );
    fs::rename(&files, &away).unwrap();
    let writes: Vec<Write> = (0..500).flat_map(|number| put(number).writes).collect();
    let (done, waiting) = sync_channel(1);
    store.load(writes, Box::new(move |result| drop(done.send(result))));
    assert!(store.end_load().is_err());
    assert!(waiting.recv().unwrap().is_err(), "it cannot be seen");
    assert!(store.commit(put(500)).is_err());
    drop(store);
    fs::rename(&away, &files).unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    assert_eq!(count(&store), 501);
}

/// A long load beside a backup once removed files of the log that the backup was about to read.
#[test]
fn loads_leave_the_log_to_who_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        log_segment_octets: 2_000,
        log_octets_kept: 0,
        ..small()
    };
    let store = Store::open(folder.path(), &options).unwrap();
    let load = |numbers: std::ops::Range<u32>| {
        for number in numbers {
            store.load(
                put(number).writes,
                Box::new(|loaded| assert!(loaded.is_ok())),
            );
        }
        store.end_load().unwrap();
    };
    let oldest = folder.path().join("log/00000000000000000001.log");
    let keeping = store.committer.keep_log();
    load(0..3000);
    assert!(oldest.exists());
    drop(keeping);
    load(3000..6000);
    assert!(!oldest.exists());
}

/// Everything in a folder with its octets, in order.
fn octets_of(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().flatten().collect();
    files.sort_by_key(fs::DirEntry::path);
    for file in files {
        if file.path().is_dir() {
            all.push((file.path(), Vec::new()));
            all.extend(octets_of(&file.path()));
        } else {
            all.push((file.path(), fs::read(file.path()).unwrap()));
        }
    }
    all
}

/// What was put, changed and deleted since the tables were written is only in the log.
#[test]
fn who_only_looks_sees_log_and_tables_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    for number in 0..20 {
        store.commit(put(number)).unwrap();
    }
    store.close().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    let mut change = put(30);
    change.writes.push(Write {
        key: key(3),
        octets: None,
    });
    change.put(key(5), "changed".into());
    store.commit(change).unwrap();
    drop(store);
    // A group that was being written when the power went.
    let segments = fs::read_dir(folder.path().join("log")).unwrap().flatten();
    let paths = segments.map(|file| file.path());
    let last = paths
        .filter(|path| path.extension().is_some())
        .max()
        .unwrap();
    let mut octets = fs::read(&last).unwrap();
    octets.extend_from_slice(b"torn");
    fs::write(&last, octets).unwrap();

    let before = octets_of(folder.path());
    let snapshot = Snapshot::open(folder.path()).unwrap().unwrap();
    assert_eq!(snapshot.settings().suffix_case, SuffixCase::Insensitive);
    let view = &snapshot;
    assert_eq!(view.get(&key(3)).unwrap(), None);
    assert_eq!(view.get(&key(4)).unwrap().unwrap(), "record 4");
    assert_eq!(view.get(&key(5)).unwrap().unwrap(), "changed");
    assert_eq!(view.get(&key(30)).unwrap().unwrap(), "record 30");
    let seen: Vec<_> = view.range(&key(2), &key(99)).map(Result::unwrap).collect();
    assert!(octets_of(folder.path()) == before, "the folder has changed");
    drop(snapshot);
    let store = Store::open(folder.path(), &small()).unwrap();
    let opened: Vec<_> = store
        .view()
        .range(&key(2), &key(99))
        .map(Result::unwrap)
        .collect();
    assert_eq!(seen, opened);
}

#[test]
fn where_there_is_no_folder_yet_there_is_nothing_to_see() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Snapshot::open(folder.path()).unwrap().is_none());
    assert!(
        Snapshot::open(&folder.path().join("none"))
            .unwrap()
            .is_none()
    );
    assert!(octets_of(folder.path()).is_empty());
    fs::create_dir(folder.path().join("log")).unwrap();
    let open = Store::open(&folder.path().join("open"), &small()).unwrap();
    let error = Snapshot::open(open.path()).map(drop).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
}

/// Looking must not say of a damaged folder that all is well.
#[test]
fn who_only_looks_is_told_of_a_damaged_log() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &small()).unwrap();
    for number in 0..20 {
        store.commit(put(number)).unwrap();
    }
    drop(store);
    let segment = folder.path().join("log/00000000000000000001.log");
    let mut octets = fs::read(&segment).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    fs::write(&segment, octets).unwrap();
    let error = Snapshot::open(folder.path()).map(drop).unwrap_err();
    assert!(matches!(error, Error::Corrupted { .. }), "{error}");
}

/// What is done with a store that several plan changes for.
#[derive(Debug, Clone)]
enum Act {
    /// Somebody looks; plans are made on one of the last views.
    Look,
    /// Somebody who has seen a key in one of the last views writes it.
    Write { view: usize, key: u32, octets: u8 },
    /// A load writes a key, without having seen it.
    Load { key: u32, octets: u8 },
    /// All that is under way is waited for.
    Wait,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => Just(Act::Look),
        6 => (0_usize..4, 0_u32..6, 0_u8..3)
            .prop_map(|(view, key, octets)| Act::Write { view, key, octets }),
        1 => (0_u32..6, 0_u8..3).prop_map(|(key, octets)| Act::Load { key, octets }),
        1 => Just(Act::Wait),
    ];
    prop::collection::vec(act, 1..80)
}

proptest! {
    #[test]
    fn a_change_planned_on_an_old_view_is_judged_as_if_all_were_read_again(acts in acts()) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &small()).unwrap();
        let mut views = vec![(store.view(), BTreeMap::new())];
        let mut now: BTreeMap<u32, Bytes> = BTreeMap::new();
        let (tell, told) = channel();
        let mut expected = Vec::new();
        for act in acts {
            match act {
                Act::Write { view, key: number, octets } => {
                    let (view, seen) = &views[views.len().saturating_sub(view + 1)];
                    let (tell, at) = (tell.clone(), expected.len());
                    let mut change = Change::default();
                    change.expect(key(number), seen.get(&number).cloned());
                    let octets = Bytes::from(vec![octets]);
                    change.put(key(number), octets.clone());
                    let done = move |outcome: Result<Position, Error>| {
                        tell.send((at, outcome.is_ok())).unwrap();
                    };
                    store.submit_planned(change, view.moment(), Box::new(done));
                    let holds = seen.get(&number) == now.get(&number);
                    if holds {
                        now.insert(number, octets);
                    }
                    expected.push(holds);
                }
                Act::Load { key: number, octets } => {
                    let octets = Bytes::from(vec![octets; 2000]);
                    let write = Write { key: key(number), octets: Some(octets.clone()) };
                    store.load(vec![write], Box::new(|_| ()));
                    now.insert(number, octets);
                }
                Act::Wait | Act::Look => {
                    store.end_load().unwrap();
                    if matches!(act, Act::Look) {
                        views.push((store.view(), now.clone()));
                    }
                }
            }
        }
        store.end_load().unwrap();
        drop(tell);
        let mut outcomes: Vec<(usize, bool)> = told.iter().collect();
        outcomes.sort_unstable();
        let outcomes: Vec<bool> = outcomes.into_iter().map(|(_, is_done)| is_done).collect();
        prop_assert_eq!(outcomes, expected);
    }
}
