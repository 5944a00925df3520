//! The real store on a file system that lies: power cuts, failing calls and a full disk at any
//! moment of commits, flushes and merges. Afterwards everything acknowledged is there, nothing
//! that was never written, and the changes are a series without holes.
//!
//! Skipped, loudly, where the machine has no FUSE or this process may not mount.

use lying_fs::{Disk, LyingFs};
use model::{Change, Key, Record, SuffixCase, Value};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Options, Store};
use tempfile::TempDir;

/// How many identifiers the changes write to: few, so that merges have something to merge.
const KEYS_COUNT: u64 = 40;

/// How many changes a run makes at most.
const CHANGES_COUNT: u64 = 100;

/// How many changes the store must take after a fault.
const CHANGES_AFTERWARDS: u64 = 10;

fn long() -> bool {
    std::env::var_os("NAMEPLATE_TEST_LONG").is_some()
}

/// Numbers that look random and are the same for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64, by Sebastiano Vigna.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// The mounted file system and the folder of a run on it.
struct Stage {
    fs: LyingFs,
    data: PathBuf,
    _on: TempDir,
}

impl Stage {
    /// `None`, and a loud word, where this machine cannot.
    fn new() -> Option<Self> {
        let on = tempfile::tempdir().expect("a temporary folder");
        match LyingFs::mount(on.path()) {
            Ok(fs) => Some(Self {
                fs,
                data: on.path().join("data"),
                _on: on,
            }),
            Err(error) => {
                let text = format!("SKIPPED: power cuts beneath the whole store: {error}\n");
                // Past the test harness, which swallows what passing tests print.
                let _ = std::io::stderr().write_all(text.as_bytes());
                None
            }
        }
    }

    fn disk<T>(&self, tell: impl FnOnce(&mut Disk) -> T) -> T {
        tell(&mut self.fs.disk())
    }

    /// Empties the disk for the next run.
    fn clear(&self) {
        self.disk(|disk| {
            disk.restart(&mut || true);
            disk.set_room(None);
        });
        if self.data.exists() {
            std::fs::remove_dir_all(&self.data).expect("an old run can be removed");
        }
        // Or a cut right away would bring parts of it back.
        self.disk(|disk| disk.restart(&mut || true));
    }
}

/// Small everything, so that a run flushes, merges, and begins and retires files of the log.
fn options(random: &mut Random) -> Options {
    Options {
        memtable_octets: 1500 + random.below(4000),
        cache_octets: 1 << 20,
        log_segment_octets: 2000 + random.below(20_000),
        log_octets_kept: random.below(2) * 1_000_000,
        ..Options::default()
    }
}

fn key(number: u64) -> Key {
    let identifier = format!("88.1/{:03}", number % KEYS_COUNT);
    Key::record(
        &identifier.parse().expect("an identifier"),
        SuffixCase::Insensitive,
    )
}

fn counter() -> Key {
    let identifier = "88.1/COUNTER".parse().expect("an identifier");
    Key::record(&identifier, SuffixCase::Insensitive)
}

fn record(text: &str) -> bytes::Bytes {
    let value = Value::public(1, "DESC", text.to_owned());
    Record::new(&[value]).expect("a record").octets().clone()
}

/// What the change of a number leaves under its key: mostly a record, sometimes none.
fn octets(number: u64) -> Option<bytes::Bytes> {
    (!number.is_multiple_of(7))
        .then(|| record(&format!("{number} ").repeat(1 + number as usize % 30)))
}

fn change(number: u64) -> Change {
    let mut change = Change::default();
    change.writes.push(model::change::Write {
        key: key(number),
        octets: octets(number),
    });
    change.put(counter(), record(&number.to_string()));
    // If one is refused, those behind it are too: a hole in the series is always a fault.
    let before = (number > 1).then(|| record(&(number - 1).to_string()));
    change.expect(counter(), before);
    change
}

/// Works until the end or the first failure; gives the last change that was acknowledged.
fn work(store: &Store, from: u64, count: u64, random: &mut Random) -> u64 {
    let acknowledged = Arc::new(AtomicU64::new(from - 1));
    for number in from..from + count {
        let told = Arc::clone(&acknowledged);
        let (done, waiting) = std::sync::mpsc::sync_channel(1);
        let tell = move |result: Result<_, _>| {
            if result.is_ok() {
                told.fetch_max(number, Ordering::SeqCst);
            }
            let _ = done.send(result.is_ok());
        };
        store.submit(change(number), Box::new(tell));
        // Some wait for each other in one group, some do not.
        let waits = random.below(3) > 0;
        if waits && !waiting.recv().unwrap_or(false) {
            break;
        }
        if random.below(60) == 0 && store.compact().is_err() {
            break;
        }
    }
    // What waits in the queue may still be acknowledged; its fate is known once this one's is.
    let (done, waiting) = std::sync::mpsc::sync_channel(1);
    store.submit(
        Change::default(),
        Box::new(move |_| {
            let _ = done.send(());
        }),
    );
    let _ = waiting.recv();
    acknowledged.load(Ordering::SeqCst)
}

/// The last change that the store shows, after checking that it shows exactly all up to it.
fn check_series(store: &Store, run: &str) -> u64 {
    let view = store.view();
    let number = |octets: bytes::Bytes| -> u64 {
        let record = Record::from_stored(octets).expect("a record");
        let entry = record.entries().next().expect("one value");
        let value = entry.encoded.value();
        let text = String::from_utf8(value.data.to_vec()).expect("text");
        text.parse().expect("a number")
    };
    let last = view
        .get(&counter())
        .expect("it can be read")
        .map_or(0, number);
    for at in 0..KEYS_COUNT {
        let newest = (1..=last).rev().find(|number| number % KEYS_COUNT == at);
        let expected = newest.and_then(octets);
        let found = view.get(&key(at)).expect("it can be read");
        assert_eq!(found, expected, "{run}: {last} changes, identifier {at}");
    }
    last
}

/// Opens what survived, checks it, works on, closes, and checks again.
fn check_survival(data: &Path, acknowledged: u64, random: &mut Random, run: &str) {
    let options = options(random);
    let store = Store::open(data, &options).unwrap_or_else(|error| panic!("{run}: {error}"));
    let last = check_series(&store, run);
    assert!(
        last >= acknowledged,
        "{run}: {acknowledged} acknowledged, {last} there"
    );
    let more = work(&store, last + 1, CHANGES_AFTERWARDS, random);
    assert_eq!(
        more,
        last + CHANGES_AFTERWARDS,
        "{run}: the store does not work on"
    );
    store
        .close()
        .unwrap_or_else(|error| panic!("{run}: {error}"));
    let report = store::verify(data, &mut |_| ()).unwrap_or_else(|error| panic!("{run}: {error}"));
    assert!(report.is_sound(), "{run}: {report:#?}");
    let store = Store::open(data, &options).unwrap_or_else(|error| panic!("{run}: {error}"));
    assert_eq!(check_series(&store, run), more, "{run}");
}

/// Runs until a fault, cuts the power, and checks what survived. `plan` sets the faults up.
fn run(stage: &Stage, seed: u64, kind: &str, plan: impl FnOnce(&mut Disk, &mut Random)) {
    let run = format!("{kind}, seed {seed}");
    let mut random = Random(seed);
    stage.clear();
    stage.disk(|disk| plan(disk, &mut random));
    // If the power goes while the folder is made, nobody was told of anything.
    let acknowledged = match Store::open(&stage.data, &options(&mut random)) {
        Ok(store) => {
            let acknowledged = work(&store, 1, CHANGES_COUNT, &mut random);
            stage.disk(Disk::cut_power);
            drop(store);
            acknowledged
        }
        Err(_) => 0,
    };
    let keeps = [0, 100, 50, 90][random.below(4) as usize];
    stage.disk(|disk| {
        disk.restart(&mut || random.below(100) < keeps);
        disk.set_room(None);
    });
    check_survival(&stage.data, acknowledged, &mut random, &run);
}

#[test]
fn nothing_acknowledged_is_lost_in_a_power_cut() {
    let Some(stage) = Stage::new() else { return };
    for seed in 0..if long() { 5000 } else { 300 } {
        run(&stage, seed, "power cut", |disk, random| {
            disk.cut_power_after(random.below(if seed % 4 == 0 { 60 } else { 1000 }));
        });
    }
    stage.fs.unmount().expect("nobody uses it");
}

#[test]
fn nothing_acknowledged_is_lost_when_calls_fail_and_then_the_power() {
    let Some(stage) = Stage::new() else { return };
    for seed in 0..if long() { 2000 } else { 60 } {
        run(&stage, seed, "one failing call", |disk, random| {
            disk.fail_once_after(random.below(1000));
        });
        run(&stage, seed, "failing syncs", |disk, random| {
            disk.fail_syncs_after(random.below(400));
        });
        run(&stage, seed, "full disk", |disk, random| {
            disk.set_room(Some(5000 + random.below(80_000)));
        });
    }
    stage.fs.unmount().expect("nobody uses it");
}
