//! Tests of reading a log behind its committer.

use super::*;
use crate::{Options, Store, TablesKind};
use model::{Change, Key};
use tempfile::TempDir;

fn options() -> Options {
    Options {
        tables: TablesKind::Memory,
        log_segment_octets: 2000,
        ..Options::default()
    }
}

fn put(store: &Store, number: u8) -> Position {
    let mut change = Change::default();
    change.put(
        Key::from_octets(vec![b'R', number].into()),
        vec![number; 50].into(),
    );
    store.commit(change).unwrap()
}

/// The positions that a reader gives, and how it ends.
fn positions(reader: &mut LogReader) -> (Vec<u64>, Next) {
    let mut positions = Vec::new();
    loop {
        match reader.next_entry().unwrap() {
            Next::Entry(entry) => positions.push(entry.position.0),
            end => return (positions, end),
        }
    }
}

#[test]
fn entries_are_read_from_any_place_over_many_files_and_as_they_come() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &options()).unwrap();
    for number in 0..100 {
        put(&store, number);
    }
    assert!(
        std::fs::read_dir(folder.path().join("log"))
            .unwrap()
            .count()
            > 5
    );
    for after in [0, 1, 50, 99] {
        let mut reader = store.log_after(Position(after));
        let expected = (after + 1..=store.head().position.0).collect();
        assert_eq!(positions(&mut reader), (expected, Next::Nothing));
        let next = put(&store, 7);
        assert_eq!(next.0, store.head().position.0);
        let (read, end) = positions(&mut reader);
        assert_eq!((read.last(), end), (Some(&next.0), Next::Nothing));
    }
    let mut ahead = store.log_after(Position(1000));
    assert_eq!(positions(&mut ahead), (vec![], Next::Nothing));
}

#[test]
fn what_an_entry_wrote_and_its_date_are_told() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &options()).unwrap();
    put(&store, 1);
    put(&store, 2);
    let mut reader = store.log_after(Position(1));
    let Next::Entry(entry) = reader.next_entry().unwrap() else {
        panic!("there are two");
    };
    assert_eq!(entry.writes.len(), 1);
    assert_eq!(entry.writes[0].key.octets(), &b"R\x02"[..]);
    assert_eq!(entry.date_us, store.head().date_us);
}

#[test]
fn who_waits_too_long_is_told_that_the_log_begins_later() {
    let folder = TempDir::new().unwrap();
    let kept = Options {
        tables: TablesKind::Files,
        log_octets_kept: 0,
        memtable_octets: 1 << 20,
        ..options()
    };
    let store = Store::open(folder.path(), &kept).unwrap();
    put(&store, 1);
    let mut early = store.log_after(Position::START);
    assert!(matches!(early.next_entry().unwrap(), Next::Entry(_)));
    for number in 0..100 {
        put(&store, number);
    }
    store.compact().unwrap();
    put(&store, 2);
    assert!(store.log_first().unwrap() > Position(1));
    assert_eq!(
        positions(&mut store.log_after(Position::START)),
        (vec![], Next::TooLate)
    );
    // Its first file was open when it was removed, and the next ones are gone.
    assert_eq!(positions(&mut early).1, Next::TooLate);
}

#[test]
fn watchers_hear_of_every_group() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &options()).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    store.watch(Box::new(move |head| lock(&listener).push(head.position.0)));
    put(&store, 1);
    put(&store, 2);
    assert_eq!(*lock(&heard), [1, 2]);
}

#[test]
fn after_a_start_everything_that_is_there_has_been_published() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &options()).unwrap();
    put(&store, 1);
    let head = store.head();
    drop(store);
    let store = Store::open(folder.path(), &options()).unwrap();
    assert_eq!(store.head(), head);
    let mut reader = store.log_after(Position::START);
    assert_eq!(positions(&mut reader), (vec![1], Next::Nothing));
}
