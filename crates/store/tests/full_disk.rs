//! The real store on a file system that is really full. Nothing acknowledged is lost, who writes is
//! told, and after room has been made and the store opened anew it takes changes again.
//!
//! Skipped, loudly, where this process may not mount.

use model::{Change, Key};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use store::{Options, Store};
use tempfile::TempDir;

/// Octets of the file system: a few table files and some of the log.
const OCTETS: u64 = 3 << 20;

struct Mounted(TempDir);

impl Mounted {
    fn new() -> Option<Self> {
        let on = tempfile::tempdir().expect("a temporary folder");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={OCTETS}"), "tmpfs"])
            .arg(on.path())
            .stderr(Stdio::null())
            .status();
        if status.is_ok_and(|status| status.success()) {
            return Some(Self(on));
        }
        // Past the test harness, which swallows what passing tests print.
        let text = "SKIPPED: a disk that is really full: this process may not mount one\n";
        let _ = std::io::stderr().write_all(text.as_bytes());
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
    }
}

fn options(memtable_octets: u64) -> Options {
    Options {
        memtable_octets,
        log_segment_octets: 100_000,
        log_octets_kept: 0,
        ..Options::default()
    }
}

fn key(number: u64) -> Key {
    Key::from_octets(format!("Y{number:08}").into())
}

/// Octets that no compression makes shorter.
fn octets(number: u64) -> bytes::Bytes {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let octets = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    });
    octets.take(250).flatten().collect()
}

/// Writes until the store refuses; gives how many changes it took, and what it said.
fn fill(store: &Store, from: u64) -> (u64, store::Error) {
    for number in from.. {
        let mut change = Change::default();
        change.put(key(number), octets(number));
        if let Err(error) = store.commit(change) {
            return (number, error);
        }
    }
    unreachable!("a disk has an end")
}

/// Counts the records; there must be no hole, and each must be what was written.
fn count(store: &Store) -> u64 {
    let view = store.view();
    let mut count = 0;
    for entry in view.range(&key(0), &Key::from_octets("Z".into())) {
        assert_eq!(entry.expect("it can be read"), (key(count), octets(count)));
        count += 1;
    }
    count
}

/// With large memtables the log meets the end of the disk first, with small ones the tables do.
fn check(memtable_octets: u64) {
    let Some(mounted) = Mounted::new() else {
        return;
    };
    let options = options(memtable_octets);
    let (data, ballast) = (mounted.path().join("data"), mounted.path().join("ballast"));
    fs::write(&ballast, vec![0; 2 << 20]).expect("there is room yet");
    let store = Store::open(&data, &options).expect("there is room yet");
    let (acknowledged, error) = fill(&store, 0);
    assert!(error.is_disk_full(), "{error}");
    assert_eq!(
        count(&store),
        acknowledged,
        "what was acknowledged is still answered"
    );
    let mut change = Change::default();
    change.put(key(acknowledged), octets(acknowledged));
    assert!(store.commit(change).is_err(), "it refuses again");
    drop(store);
    // Full as it is, it opens and answers.
    let store = Store::open(&data, &options).expect("opening needs no room");
    assert!(count(&store) >= acknowledged);
    drop(store);
    fs::remove_file(&ballast).expect("it is there");
    let store = Store::open(&data, &options).expect("there is room again");
    let there = count(&store);
    assert!(there >= acknowledged);
    let mut change = Change::default();
    change.put(key(there), octets(there));
    store.commit(change).expect("there is room again");
    store.close().expect("there is room again");
    let report = store::verify(&data, &mut |_| ()).expect("it can be read");
    assert!(report.is_sound(), "{report:#?}");
}

#[test]
fn a_log_that_fills_the_disk_loses_nothing() {
    check(64 << 20);
}

#[test]
fn tables_that_fill_the_disk_lose_nothing() {
    check(50_000);
}

/// A backup that does not fit is none.
#[test]
fn a_backup_that_fills_the_disk_is_no_backup() {
    let Some(mounted) = Mounted::new() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path(), &options(50_000)).expect("there is room");
    for number in 0..2000 {
        let mut change = Change::default();
        change.put(key(number), octets(number));
        store.commit(change).expect("there is room");
    }
    let order = store::BackupOrder {
        target: mounted.path().join("backup"),
        previous: None,
    };
    let error = store
        .back_up(&order, &mut |_| ())
        .expect_err("it does not fit");
    assert!(error.is_disk_full(), "{error}");
    assert!(!order.target.exists());
    store.close().expect("the store goes on");
}
