//! Tests of the committer: order, preconditions, failing disks.

use super::*;
use crate::disk::lying::LyingDisk;
use crate::log::{GROUP_OCTETS_MAX, LogOptions};
use crate::tables::MemoryTables;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Some ten short writes make a run.
const RUN_OCTETS: u64 = 500;

struct Bench {
    committer: Committer,
    tables: Arc<dyn Tables>,
    disk: LyingDisk,
}

fn bench() -> Bench {
    bench_with(LogOptions::default())
}

fn bench_with(options: LogOptions) -> Bench {
    let disk = LyingDisk::default();
    Log::create(&disk, &options.id).unwrap();
    let tables: Arc<dyn Tables> = Arc::new(MemoryTables::default());
    let shared = Arc::new(disk.clone());
    let opened = Log::open(
        shared,
        LogOptions::default(),
        Position::START,
        |_, _| Ok(()),
    );
    Bench {
        committer: Committer::start(
            opened.unwrap().0,
            Arc::clone(&tables),
            Trail::default(),
            RUN_OCTETS,
        ),
        tables,
        disk,
    }
}

impl Bench {
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

    fn get(&self, at: &str) -> Option<Bytes> {
        self.tables.view().get(&key(at)).unwrap()
    }
}

fn key(text: &str) -> Key {
    Key::from_octets(text.to_owned().into())
}

fn put(at: &str, octets: &'static str) -> Change {
    let mut change = Change::default();
    change.put(key(at), octets.into());
    change
}

fn expecting(seen: Option<&'static str>, mut change: Change) -> Change {
    let at = change.writes[0].key.clone();
    change.expect(at, seen.map(Bytes::from));
    change
}

#[test]
fn what_is_acknowledged_is_visible() {
    let bench = bench();
    assert_eq!(bench.commit(put("a", "1")).unwrap(), Position(1));
    assert_eq!(bench.get("a").unwrap(), "1");
    assert_eq!(bench.commit(put("a", "2")).unwrap(), Position(2));
    assert_eq!(bench.get("a").unwrap(), "2");
}

#[test]
fn of_two_that_saw_the_same_the_first_wins() {
    let bench = bench();
    let all: Vec<_> = ["1", "2", "3"]
        .map(|octets| bench.submit(expecting(None, put("a", octets))))
        .into_iter()
        .map(|waiting| waiting.recv().unwrap())
        .collect();
    assert_eq!(*all[0].as_ref().unwrap(), Position(1));
    assert!(matches!(all[1], Err(Error::Conflict { .. })));
    assert!(matches!(all[2], Err(Error::Conflict { .. })));
    assert_eq!(bench.get("a").unwrap(), "1");
    assert_eq!(
        bench.commit(expecting(Some("1"), put("a", "4"))).unwrap(),
        Position(2)
    );
}

/// Many threads add one to a number; each plans again after a conflict; none is lost.
#[test]
fn increments_by_many_are_all_counted() {
    let bench = Arc::new(bench());
    let add = |bench: &Bench| loop {
        let seen = bench.get("n");
        let number = seen.as_ref().map_or(0, |seen| seen[0]) + 1;
        let mut change = Change::default();
        change.put(key("n"), vec![number].into());
        change.expect(key("n"), seen);
        match bench.commit(change) {
            Ok(_) => break,
            Err(Error::Conflict { .. }) => (),
            Err(other) => panic!("{other}"),
        }
    };
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let bench = Arc::clone(&bench);
            thread::spawn(move || (0..50).for_each(|_| add(&bench)))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(bench.get("n").unwrap()[0], 200);
}

#[test]
fn a_change_that_fits_no_group_is_refused_and_others_go_on() {
    let bench = bench();
    let mut change = Change::default();
    change.put(key("big"), vec![0; GROUP_OCTETS_MAX].into());
    assert!(matches!(bench.commit(change), Err(Error::TooLarge { .. })));
    assert_eq!(bench.commit(put("a", "1")).unwrap(), Position(1));
}

#[test]
fn keys_that_the_tables_cannot_hold_are_refused_before_they_are_logged() {
    let bench = bench();
    for octets in [&b""[..], b"\0position", &[b'R'; 4097]] {
        let mut change = Change::default();
        change.put(Key::from_octets(octets.to_vec().into()), "".into());
        assert!(matches!(bench.commit(change), Err(Error::Key { .. })));
    }
    let mut change = Change::default();
    change.put(Key::from_octets(vec![b'R'; 4096].into()), "".into());
    assert_eq!(bench.commit(change).unwrap(), Position(1));
}

#[test]
fn a_file_that_cannot_be_removed_fails_nobodys_change() {
    let options = LogOptions {
        segment_octets: 1,
        octets_kept: 0,
        ..LogOptions::default()
    };
    let bench = bench_with(options);
    bench.disk.keep_files();
    for number in 1..5 {
        assert_eq!(bench.commit(put("a", "1")).unwrap(), Position(number));
    }
}

#[test]
fn many_large_changes_wait_for_groups_that_hold_them() {
    let bench = bench();
    let large = || {
        let mut change = Change::default();
        change.put(key("big"), vec![0; GROUP_OCTETS_MAX / 2 - 100].into());
        change
    };
    let waiting: Vec<_> = (0..5).map(|_| bench.submit(large())).collect();
    for (waiting, position) in waiting.iter().zip(1..) {
        assert_eq!(waiting.recv().unwrap().unwrap(), Position(position));
    }
}

#[test]
fn what_cannot_be_made_durable_is_neither_acknowledged_nor_visible() {
    let bench = bench();
    bench.commit(put("a", "1")).unwrap();
    bench.disk.fail_sync_after(0);
    assert!(matches!(
        bench.commit(put("a", "2")),
        Err(Error::Unsure { .. })
    ));
    assert!(matches!(
        bench.commit(put("b", "3")),
        Err(Error::ReadOnly { .. })
    ));
    assert_eq!(bench.get("a").unwrap(), "1");
    assert_eq!(bench.get("b"), None);
}

#[test]
fn a_full_disk_refuses_and_then_takes_again() {
    let bench = bench();
    bench.disk.fill_after(0);
    assert!(matches!(bench.commit(put("a", "1")), Err(Error::Io { .. })));
    bench.disk.make_room();
    assert_eq!(bench.commit(put("a", "1")).unwrap(), Position(1));
}

#[test]
fn dates_rise_even_if_the_clock_does_not() {
    let tables = MemoryTables::default();
    let far_ahead = u64::from(u32::MAX) * 1_000_000;
    let mut group = Group::new(
        Arc::new(MemoryTables::default()),
        tables.view(),
        far_ahead,
        Position::START,
    );
    for _ in 0..3 {
        let planned = Planned {
            moment: None,
            preconditions: Vec::new(),
            writes: put("a", "1").writes,
            note: None,
        };
        group.plan(planned, Box::new(|_| ()));
    }
    let dates: Vec<u64> = group
        .entries
        .iter()
        .map(|entry| entry.date_us - far_ahead)
        .collect();
    assert_eq!(dates, [1, 2, 3]);
}

impl Bench {
    fn load(&self, change: Change) -> Receiver<Result<Position, Error>> {
        let (done, waiting) = sync_channel(1);
        let done = Box::new(move |result| drop(done.send(result)));
        self.committer.load(change.writes, done);
        waiting
    }

    fn end_loads(&self) -> Result<Position, Error> {
        let (done, waiting) = sync_channel(1);
        self.committer
            .end_loads(Box::new(move |result| drop(done.send(result))));
        waiting.recv().unwrap()
    }
}

#[test]
fn loads_are_shown_together_when_they_end() {
    let bench = bench();
    let first = bench.load(put("a", "1"));
    let second = bench.load(put("a", "2"));
    assert_eq!(bench.end_loads().unwrap(), Position(2));
    assert_eq!(first.recv().unwrap().unwrap(), Position(1));
    assert_eq!(second.recv().unwrap().unwrap(), Position(2));
    assert_eq!(bench.get("a").unwrap(), "2");
    assert_eq!(
        bench.end_loads().unwrap(),
        Position(2),
        "nothing was loaded"
    );
}

#[test]
fn loads_are_shown_when_they_are_many() {
    let bench = bench();
    let loads: Vec<_> = (0..100).map(|_| bench.load(put("a", "1"))).collect();
    assert_eq!(loads[0].recv().unwrap().unwrap(), Position(1));
    bench.end_loads().unwrap();
    assert!(
        loads
            .iter()
            .skip(1)
            .all(|load| load.recv().unwrap().is_ok())
    );
}

#[test]
fn a_change_comes_after_the_loads_before_it_and_sees_them() {
    let bench = bench();
    let load = bench.load(put("a", "1"));
    let change = bench.submit(expecting(Some("1"), put("a", "2")));
    assert_eq!(load.recv().unwrap().unwrap(), Position(1));
    assert_eq!(change.recv().unwrap().unwrap(), Position(2));
    assert_eq!(bench.get("a").unwrap(), "2");
}

#[test]
fn what_was_loaded_is_shown_when_the_committer_is_dropped() {
    let bench = bench();
    let load = bench.load(put("a", "1"));
    drop(bench.committer);
    assert_eq!(load.recv().unwrap().unwrap(), Position(1));
    assert!(bench.tables.view().get(&key("a")).unwrap().is_some());
}

#[test]
fn a_load_that_the_disk_does_not_take_is_refused_and_those_before_it_stay() {
    let bench = bench();
    let first = bench.load(put("a", "1"));
    bench.end_loads().unwrap();
    bench.disk.fill_after(0);
    let second = bench.load(put("b", "1"));
    assert!(matches!(second.recv().unwrap(), Err(Error::Io { .. })));
    assert!(first.recv().unwrap().is_ok());
    bench.disk.make_room();
    bench.end_loads().unwrap();
    assert_eq!(bench.get("b"), None);
}

/// A power cut at any moment of a load leaves all that was acknowledged, and each call whole.
#[test]
fn a_load_that_ends_with_a_power_cut_leaves_whole_calls() {
    for pattern in [0b0, 0b1, 0b0101, 0b1101] {
        let bench = bench();
        let mut loads = Vec::new();
        for call in 0..40 {
            let mut change = put("a", "1");
            change.put(key(&format!("b{call}")), "1".into());
            loads.push(bench.load(change));
            let acknowledged = loads.iter().take_while(|load| is_done(load)).count();
            let disk = bench.disk.image();
            let mut sector = 0;
            disk.cut_power(|| {
                sector += 1;
                pattern >> (sector % 4) & 1 != 0
            });
            check_whole_calls(disk, acknowledged as u64);
        }
        bench.end_loads().unwrap();
    }
}

/// Whether it has been acknowledged.
fn is_done(load: &Receiver<Result<Position, Error>>) -> bool {
    // A second question finds the sender gone.
    !matches!(load.try_recv(), Err(TryRecvError::Empty))
}

fn check_whole_calls(disk: LyingDisk, acknowledged: u64) {
    let mut calls = 0;
    let check = |_, writes: &[Write]| {
        calls += 1;
        assert_eq!(writes.len(), 2, "half a call");
        Ok(())
    };
    Log::open(
        Arc::new(disk),
        LogOptions::default(),
        Position::START,
        check,
    )
    .unwrap();
    assert!(
        calls >= acknowledged,
        "{acknowledged} acknowledged, {calls} left"
    );
}
