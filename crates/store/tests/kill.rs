//! A real process that writes is killed with SIGKILL, again and again: nothing it was told to be
//! durable may be missing afterwards, and what is there has no holes.

use bytes::Bytes;
use model::audit::Note;
use model::{Change, Key};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{BackupOrder, Done, Options, Store};

/// After so many kills a new folder is begun, for each start reads all that is there.
const ROUNDS_OF_A_FOLDER: usize = 10;

/// How many backups are restored when they are looked at: each costs as much as a round.
const BACKUPS_RESTORED_MAX: usize = 3;

/// Set in the process that writes: the folder to write to.
const FOLDER: &str = "NAMEPLATE_KILL_TEST_FOLDER";

/// Set in the process that writes: the number of the record that comes next.
const FIRST: &str = "NAMEPLATE_KILL_TEST_FIRST";

/// Set in the process that writes if it shall load many records a call.
const LOADS: &str = "NAMEPLATE_KILL_TEST_LOADS";

/// How many records are loaded a call.
const LOADED_AT_ONCE: u64 = 50;

/// Small memtables and files of the log, so that kills also meet table files being written and
/// merged, and files of the log being begun and removed.
fn options() -> Options {
    Options {
        memtable_octets: 100_000,
        log_segment_octets: 200_000,
        log_octets_kept: 500_000,
        ..Options::default()
    }
}

/// The records are no records, only keys of a subspace that nobody reads: restoring a backup would
/// find that they are none.
fn key(number: u64) -> Key {
    Key::from_octets(format!("Y{number:012}").into())
}

fn octets(number: u64) -> Bytes {
    format!("record {number} ")
        .repeat(1 + (number % 20) as usize)
        .into()
}

/// How many records there are; panics if they are not those that were written, without holes.
fn count(folder: &Path) -> u64 {
    let store = Store::open(folder, &options()).expect("the folder opens after a kill");
    let view = store.view();
    let mut count = 0;
    for entry in view.range(&key(0), &Key::from_octets("Z".into())) {
        let entry = entry.expect("the tables can be read");
        count += 1;
        assert_eq!(entry, (key(count), octets(count)));
    }
    let trail = store::audit::verify(&*view, None, &mut |_, _| ()).expect("it can be read");
    assert!(trail.is_sound(), "{trail:#?}");
    count
}

/// The process that writes. It is this test, started again with the folder in its environment;
/// started with the others, it does nothing.
#[test]
fn writer() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let first = std::env::var(FIRST).expect("it is set beside the folder");
    let first = first.parse().expect("it is a number");
    let store = Store::open(Path::new(&folder), &options()).expect("the folder opens");
    if std::env::var_os(LOADS).is_some() {
        load_for_ever(&store, first);
    }
    let store = Arc::new(store);
    let beside = Arc::clone(&store);
    let backups = Path::new(&folder).with_extension("backups");
    std::thread::spawn(move || compact_and_back_up(&beside, &backups));
    for number in first.. {
        let mut change = Change::default();
        change.put(key(number), octets(number));
        change.note = Some(Note::by_operator(
            key(number),
            "a record".into(),
            100,
            number,
        ));
        store.submit(change, acknowledge(number));
    }
}

fn load_for_ever(store: &Store, mut first: u64) {
    loop {
        let end = first + LOADED_AT_ONCE;
        let mut change = Change::default();
        for number in (first..end).rev() {
            change.put(key(number), octets(number));
        }
        store.load(change.writes, acknowledge(end - 1));
        first = end;
    }
}

/// Tells the other process.
fn acknowledge(number: u64) -> Done {
    Box::new(move |result| {
        result.expect("the disk takes it");
        let mut out = std::io::stdout().lock();
        let told = writeln!(out, "durable {number}").and_then(|()| out.flush());
        told.expect("somebody listens");
    })
}

/// Kills should also meet merges and backups.
fn compact_and_back_up(store: &Store, backups: &Path) {
    for number in 0.. {
        let order = BackupOrder {
            target: backups.join(format!("{} {number}", std::process::id())),
            previous: None,
        };
        store.back_up(&order, &mut |_| ()).expect("there is room");
        store.compact().expect("there is room");
    }
}

/// Every folder that has a backup's name is a whole backup, whatever was killed meanwhile. One that
/// has not may be whole too: if the kill came just before it got its name.
fn check_backups(folder: &Path, round: usize) {
    let backups = folder.with_extension("backups");
    let restored = folder.with_extension("restored");
    let made = std::fs::read_dir(&backups).into_iter().flatten().flatten();
    for backup in made.take(BACKUPS_RESTORED_MAX) {
        let is_partial = backup.path().extension().is_some();
        match store::restore(&backup.path(), &restored, &mut |_| ()) {
            Ok(_) => {
                count(&restored);
                std::fs::remove_dir_all(&restored).expect("it is ours");
            }
            Err(error) => assert!(is_partial, "round {round}: {error}"),
        }
    }
    if backups.exists() {
        std::fs::remove_dir_all(&backups).expect("they are ours");
    }
}

/// Lets the writer write until it has acknowledged `enough` records, and kills it. Gives the last
/// number that was acknowledged.
fn write_and_kill(folder: &Path, first: u64, enough: usize, loads: bool) -> u64 {
    let mut command = Command::new(std::env::current_exe().expect("this test is a program"));
    if loads {
        command.env(LOADS, "yes");
    }
    let mut writer = command
        .args(["--exact", "writer", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test can be started again");
    let mut lines = BufReader::new(writer.stdout.take().expect("it is piped")).lines();
    let mut numbers = lines.by_ref().filter_map(|line| {
        line.expect("the writer writes text")
            .strip_prefix("durable ")?
            .parse()
            .ok()
    });
    let before = numbers.by_ref().take(enough).last();
    writer.kill().expect("it runs");
    writer.wait().expect("it ran");
    // What it had acknowledged before the kill reached it is still in the pipe.
    numbers.last().or(before).unwrap_or_default()
}

/// Loads and single changes take turns, so that each finds what the other has left.
#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let rounds = if std::env::var_os("NAMEPLATE_TEST_LONG").is_some() {
        1000
    } else {
        50
    };
    let mut folder = tempfile::tempdir().expect("a temporary folder");
    let mut found = 0;
    for round in 0..rounds {
        if round % ROUNDS_OF_A_FOLDER == 0 {
            folder = tempfile::tempdir().expect("a temporary folder");
            found = 0;
        }
        let data = folder.path().join("data");
        let enough = 1 + round * 37 % 300;
        let acknowledged = write_and_kill(&data, found + 1, enough, round % 2 == 1);
        found = count(&data);
        if round % 10 == 9 {
            check_backups(&data, round);
        }
        assert!(
            found >= acknowledged,
            "round {round}: {acknowledged} acknowledged, {found} found"
        );
    }
}
