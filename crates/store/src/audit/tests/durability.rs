//! The trail behind the committer: through crashes, restarts, merging and backups it stays what it
//! was.

use super::*;
use crate::committer::Committer;
use crate::disk::lying::LyingDisk;
use crate::log::{GROUP_OCTETS_MAX, Log, LogOptions};
use crate::tables::{MemoryTables, Tables};
use crate::{BackupOrder, Options, Snapshot, Store};
use model::{Change, Record, Value};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

/// A store whose disk is in memory, and whose tables are made anew from the log at each start.
struct Bench {
    committer: Committer,
    tables: Arc<dyn Tables>,
    disk: LyingDisk,
}

impl Bench {
    fn new() -> Self {
        let disk = LyingDisk::default();
        Log::create(&disk, &LogOptions::default().id).unwrap();
        Self::open(disk).unwrap()
    }

    fn open(disk: LyingDisk) -> Result<Self, Error> {
        let tables: Arc<dyn Tables> = Arc::new(MemoryTables::default());
        let shared = Arc::new(disk.clone());
        let replay = |position, writes: &[Write]| tables.apply(position, writes);
        let (log, _) = Log::open(shared, LogOptions::default(), Position::START, replay)?;
        let trail = Trail::open(&*tables.view())?;
        Ok(Self {
            committer: Committer::start(log, Arc::clone(&tables), trail, 500),
            tables,
            disk,
        })
    }

    fn submit(&self, change: Change) -> Receiver<Result<Position, Error>> {
        let (done, waiting) = sync_channel(1);
        self.committer.submit(
            change,
            None,
            Box::new(move |result| drop(done.send(result))),
        );
        waiting
    }

    fn commit(&self, change: Change) -> Result<Position, Error> {
        self.submit(change).recv().unwrap()
    }

    fn rows(&self) -> Rows {
        Rows::of(&*self.tables.view())
    }
}

fn record(number: u64) -> Bytes {
    let value = Value::public(1, "DESC", format!("number {number}"));
    Record::new(&[value]).unwrap().octets().clone()
}

/// A change of a record with a note that says so.
fn noted(number: u64) -> Change {
    let note = note(number);
    let mut change = Change::default();
    change.put(note.key.clone(), record(number));
    change.note = Some(note);
    change
}

/// A change that is nobody's.
fn silent() -> Change {
    let note = None;
    Change { note, ..noted(1) }
}

#[test]
fn what_is_committed_with_a_note_is_in_the_trail() {
    let bench = Bench::new();
    let all = [noted(1), silent(), noted(3), noted(6)].map(|change| bench.submit(change));
    for one in all {
        one.recv().unwrap().unwrap();
    }
    let rows = bench.rows();
    assert_eq!(sound(&rows).notes, 3);
    let view = bench.tables.view();
    let about: Vec<_> = notes_about(&*view, &key(1)).map(Result::unwrap).collect();
    assert_eq!(about, [(Position(1), note(1)), (Position(4), note(6))]);
    let written = bench.tables.view().get(&key(1)).unwrap();
    assert_eq!(written.unwrap(), record(6));
}

#[test]
fn a_change_that_conflicts_leaves_no_note() {
    let bench = Bench::new();
    let mut conflicting = noted(2);
    conflicting.expect(key(2), Some("other".into()));
    let all = [noted(1), conflicting, noted(3)].map(|change| bench.submit(change));
    let done: Vec<_> = all.iter().map(|one| one.recv().unwrap()).collect();
    assert!(matches!(done[1], Err(Error::Conflict { .. })));
    assert_eq!(*done[2].as_ref().unwrap(), Position(2));
    let report = sound(&bench.rows());
    assert_eq!(report.notes, 2);
    assert_eq!(notes_about(&*bench.tables.view(), &key(2)).count(), 0);
}

#[test]
fn a_note_alone_is_a_change() {
    let bench = Bench::new();
    let mut change = noted(1);
    change.writes.clear();
    assert!(!change.is_empty());
    assert_eq!(bench.commit(change).unwrap(), Position(1));
    assert_eq!(sound(&bench.rows()).notes, 1);
}

#[test]
fn nobody_writes_the_trails_own_rows() {
    let bench = Bench::new();
    for ours in [
        Key::note(1),
        Key::noted(&key(1), 1),
        Key::noted_group(1),
        Key::newest_noted(),
    ] {
        let mut change = silent();
        change.put(ours.clone(), "mine".into());
        let (done, waiting) = sync_channel(1);
        let tell = Box::new(move |result| drop(done.send(result)));
        bench.committer.load(change.writes.clone(), tell);
        let refused = [bench.commit(change), waiting.recv().unwrap()];
        for error in refused.map(Result::unwrap_err) {
            assert!(
                matches!(&error, Error::Trail { key } if *key == ours),
                "{error}"
            );
        }
    }
    assert_eq!(bench.rows(), Rows::default());
}

#[test]
fn a_note_beyond_the_limits_is_refused_with_its_change() {
    let bench = Bench::new();
    let mut change = noted(1);
    change.note.as_mut().unwrap().source = vec![b'1'; 65].into();
    let error = bench.commit(change).unwrap_err();
    assert!(matches!(error, Error::Note { .. }), "{error}");
    assert_eq!(bench.tables.view().get(&key(1)).unwrap(), None);
}

/// What is reckoned for a note before it is taken is what it comes to.
#[test]
fn changes_with_notes_that_fill_a_group_are_taken_one_by_one_or_refused() {
    let bench = Bench::new();
    let with = |octets: usize| {
        let mut change = noted(1);
        change.put(key(1), vec![0; octets].into());
        change
    };
    let submitted = WrittenNote::of(&note(1)).unwrap();
    let alone = 4 + crate::log::Entry::octets(&with(0).writes) + submitted.octets_of_entry();
    let largest = GROUP_OCTETS_MAX - alone;
    let all = [largest, largest, 10].map(|octets| bench.submit(with(octets)));
    for (one, position) in all.iter().zip(1..) {
        assert_eq!(one.recv().unwrap().unwrap(), Position(position));
    }
    let error = bench.commit(with(largest + 1)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert_eq!(sound(&bench.rows()).notes, 3);
}

#[test]
fn a_group_that_the_disk_does_not_take_leaves_the_trail_as_it_was() {
    let bench = Bench::new();
    bench.commit(noted(1)).unwrap();
    bench.disk.fill_after(0);
    assert!(matches!(bench.commit(noted(2)), Err(Error::Io { .. })));
    bench.disk.make_room();
    assert_eq!(bench.commit(noted(3)).unwrap(), Position(2));
    assert_eq!(sound(&bench.rows()).notes, 2);
}

/// Commits changes in bursts, so that groups are of all sizes.
fn commit_in_bursts(bench: &Bench, changes: &[bool]) {
    for (burst, numbers) in changes.chunks(5).zip(1..) {
        let change = |(has_note, number)| if has_note { noted(number) } else { silent() };
        let all: Vec<_> = burst
            .iter()
            .copied()
            .zip(numbers * 10..)
            .map(change)
            .collect();
        let waiting: Vec<_> = all.into_iter().map(|change| bench.submit(change)).collect();
        for one in waiting {
            one.recv().unwrap().unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_restart_gives_the_same_rows_and_goes_on_from_them(
        changes in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let bench = Bench::new();
        commit_in_bursts(&bench, &changes);
        let before = bench.rows();
        let disk = bench.disk.clone();
        drop(bench);
        let again = Bench::open(disk).unwrap();
        prop_assert_eq!(&again.rows(), &before);
        commit_in_bursts(&again, &changes);
        let report = sound(&again.rows());
        let notes = changes.iter().filter(|has_note| **has_note).count() as u64;
        prop_assert_eq!(report.notes, 2 * notes);
        if notes > 0 {
            let kept = chain_of(&before);
            prop_assert!(verified_with(&again.rows(), kept).is_sound());
        }
    }

    /// A power cut at any moment leaves a trail that is sound, and has all that was acknowledged.
    #[test]
    fn a_power_cut_leaves_every_acknowledged_note(
        changes in prop::collection::vec(any::<bool>(), 1..40),
        pattern: u16,
        cut_after in 0..30_usize,
    ) {
        let bench = Bench::new();
        let before = cut_after.min(changes.len());
        commit_in_bursts(&bench, &changes[..before]);
        let acknowledged = bench.rows();
        let under_way: Vec<_> = (0..6).map(|number| bench.submit(noted(number))).collect();
        let disk = bench.disk.image();
        let mut sector = 0;
        disk.cut_power(|| {
            sector += 1;
            pattern >> (sector % 16) & 1 != 0
        });
        let again = Bench::open(disk).unwrap();
        let report = sound(&again.rows());
        let notes = sound(&acknowledged).notes;
        prop_assert!(report.notes >= notes);
        if notes > 0 {
            prop_assert!(verified_with(&again.rows(), chain_of(&acknowledged)).is_sound());
        }
        again.commit(noted(1)).unwrap();
        prop_assert_eq!(sound(&again.rows()).notes, report.notes + 1);
        for one in under_way {
            one.recv().unwrap().unwrap();
        }
    }
}

fn small() -> Options {
    Options {
        memtable_octets: 20_000,
        log_segment_octets: 20_000,
        log_octets_kept: 0,
        ..Options::default()
    }
}

/// Real tables, written, merged and reopened; the log is shortened meanwhile.
#[test]
fn the_trail_outlives_merging_restarts_and_loads() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = None;
    for round in 0..4 {
        let store = Store::open(folder.path(), &small()).unwrap();
        for number in 0..100 {
            store.commit(noted(round * 100 + number)).unwrap();
        }
        let writes = (0..500).flat_map(|_| silent().writes).collect();
        store.load(writes, Box::new(|loaded| assert!(loaded.is_ok())));
        store.end_load().unwrap();
        if round % 2 == 0 {
            store.compact().unwrap();
        }
        if round == 1 {
            store.close().unwrap();
            continue;
        }
        let view = store.view();
        let report = sound(&*view);
        assert_eq!(report.notes, (round + 1) * 100);
        let newest = report.newest.unwrap();
        if let Some(kept) = kept.replace(newest.chain) {
            assert!(verified_with(&*view, kept).is_sound());
        }
    }
    assert!(!folder.path().join("log/00000000000000000001.log").exists());
    assert!(
        crate::verify(folder.path(), &mut |_| ())
            .unwrap()
            .is_sound()
    );
}

fn looked_at(path: &Path) -> Rows {
    Rows::of(&Snapshot::look(path).unwrap())
}

#[test]
fn who_only_looks_at_a_folder_a_backup_and_what_was_restored_sees_one_trail() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let store = Store::open(&path("data"), &small()).unwrap();
    for number in 0..150 {
        store.commit(noted(number)).unwrap();
    }
    let rows = Rows::of(&*store.view());
    let order = BackupOrder {
        target: path("backup"),
        previous: None,
    };
    store.back_up(&order, &mut |_| ()).unwrap();
    let error = Snapshot::look(&path("data")).map(drop).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(store);
    assert_eq!(sound(&rows).notes, 150);
    assert_eq!(looked_at(&path("data")), rows);
    assert_eq!(looked_at(&path("backup")), rows);
    crate::restore(&path("backup"), &path("restored"), &mut |_| ()).unwrap();
    assert_eq!(looked_at(&path("restored")), rows);
    let store = Store::open(&path("restored"), &small()).unwrap();
    store.commit(noted(150)).unwrap();
    let report = verified_with(&*store.view(), chain_of(&rows));
    assert!(report.is_sound() && report.notes == 151, "{report:#?}");
    let error = Snapshot::look(&path("nothing")).map(drop).unwrap_err();
    assert!(matches!(error, Error::NoFolder { .. }), "{error}");
}
