//! Tests of verification and of opening: every file of a folder is damaged in every way there is a
//! name for. What was acknowledged is read back, or somebody is told; never a wrong answer.

use super::*;
use crate::{Options, Store};
use bytes::Bytes;
use model::{Change, Key, Record, SuffixCase, Value};
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

type Contents = BTreeMap<Key, Bytes>;

fn options(log_octets_kept: u64) -> Options {
    Options {
        memtable_octets: 6000,
        cache_octets: 1 << 20,
        log_segment_octets: 3000,
        log_octets_kept,
        ..Options::default()
    }
}

fn key(number: u64) -> Key {
    let identifier = format!("88.1/{number}").parse().unwrap();
    Key::record(&identifier, SuffixCase::Insensitive)
}

fn record(text: String) -> Bytes {
    let value = Value::public(1, "DESC", text);
    Record::new(&[value]).unwrap().octets().clone()
}

/// A folder as a kill leaves it: some of the log is not in the tables' files yet.
fn folder(log_octets_kept: u64) -> (TempDir, Contents) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &options(log_octets_kept)).unwrap();
    let mut contents = Contents::new();
    for number in 0..150_u64 {
        let octets = record(format!("{number} ").repeat(10));
        let mut change = Change::default();
        change.put(key(number % 60), octets.clone());
        contents.insert(key(number % 60), octets);
        store.commit(change).unwrap();
        if number == 100 {
            store.compact().unwrap();
        }
    }
    drop(store);
    (folder, contents)
}

fn read(path: &Path) -> Result<Contents, Error> {
    let store = Store::open(path, &options(u64::MAX))?;
    let [from, to] = all_keys();
    store.view().range(&from, &to).collect()
}

/// All files of log and tables, by path within the folder.
fn files(path: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["log", "tables", "tables/tables"] {
        for file in fs::read_dir(path.join(folder)).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                files.push(format!("{folder}/{}", file.file_name().to_str().unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// Whether it holds entries of the log; `log/head` does not.
fn is_log(file: &str) -> bool {
    file.starts_with("log/0")
}

/// Whether verification must notice: every octet of these is covered by a checksum.
fn must_be_noticed(file: &str) -> bool {
    is_log(file) || file.starts_with("tables/tables/")
}

/// Damages a copy and checks what is said of it and read from it.
fn check(whole: &Path, contents: &Contents, what: &str, must: bool, damage: impl FnOnce(&Path)) {
    let copied = tempfile::tempdir().unwrap();
    copy(whole, copied.path());
    damage(copied.path());
    let verified = verify(copied.path(), &mut |_| ());
    let is_sound = match &verified {
        Ok(report) => report.is_sound(),
        Err(Error::Corrupted { .. }) => false,
        Err(error) => panic!("{what}: {error}"),
    };
    assert!(!(must && is_sound), "{what}: not noticed");
    match read(copied.path()) {
        Ok(found) => assert!(found == *contents, "{what}: a wrong answer"),
        Err(Error::Corrupted { file, .. }) => assert!(!file.is_empty(), "{what}"),
        Err(Error::Tables { .. }) => (),
        Err(error) => panic!("{what}: {error}"),
    }
    if is_sound {
        assert!(
            read(copied.path()).is_ok(),
            "{what}: called sound, and is not"
        );
    }
}

/// Places in a file, closer together in the long run.
fn places(length: usize) -> impl Iterator<Item = usize> {
    let count = if std::env::var_os("NAMEPLATE_TEST_LONG").is_some() {
        200
    } else {
        5
    };
    (0..length).step_by((length / count).max(1))
}

fn damage_everything(log_octets_kept: u64) {
    let (folder, contents) = folder(log_octets_kept);
    let whole = folder.path();
    let all = files(whole);
    assert!(all.len() > 6, "{all:?}");
    let newest = all.iter().rfind(|file| is_log(file));
    for file in &all {
        let octets = fs::read(whole.join(file)).unwrap();
        let must = must_be_noticed(file);
        // A log that begins later is what every log becomes.
        let is_oldest = all.first() == Some(file);
        let change = |what: String, change: &dyn Fn(&mut Vec<u8>)| {
            let mut changed = octets.clone();
            change(&mut changed);
            let must = must && changed != octets;
            check(whole, &contents, &format!("{file}: {what}"), must, |path| {
                fs::write(path.join(file), &changed).unwrap();
            });
        };
        for at in places(octets.len()) {
            change(format!("cut at {at}"), &|octets| octets.truncate(at));
            change(format!("bit at {at}"), &|octets| octets[at] ^= 0x10);
        }
        for at in (0..octets.len()).step_by(512) {
            change(format!("zeros at {at}"), &|octets| {
                let end = octets.len().min(at + 512);
                octets[at..end].fill(0);
            });
        }
        // More at the end of the log is a group that nobody was told of.
        if newest != Some(file) {
            change("longer".into(), &|octets| octets.extend([0x55; 600]));
        }
        check(
            whole,
            &contents,
            &format!("{file}: missing"),
            must && !is_oldest,
            |path| {
                fs::remove_file(path.join(file)).unwrap();
            },
        );
    }
    for pair in all.windows(2) {
        let [one, other] = pair else { continue };
        let must = must_be_noticed(one) && must_be_noticed(other);
        check(
            whole,
            &contents,
            &format!("{one} and {other}: swapped"),
            must,
            |path| {
                let (one, other) = (path.join(one), path.join(other));
                fs::rename(&one, path.join("between")).unwrap();
                fs::rename(&other, &one).unwrap();
                fs::rename(path.join("between"), &other).unwrap();
            },
        );
        check(
            whole,
            &contents,
            &format!("{other}: a copy of {one}"),
            must,
            |path| {
                fs::copy(path.join(one), path.join(other)).unwrap();
            },
        );
    }
}

#[test]
fn damage_is_noticed_or_harmless_when_the_log_is_whole() {
    damage_everything(u64::MAX);
}

#[test]
fn damage_is_noticed_or_harmless_when_the_log_begins_late() {
    damage_everything(0);
}

/// Tables made from another history, or an older state of themselves, agree with no log.
#[test]
fn files_that_are_older_than_the_rest_are_noticed_or_replayed() {
    let (folder, contents) = folder(u64::MAX);
    let older = tempfile::tempdir().unwrap();
    copy(folder.path(), older.path());
    let store = Store::open(folder.path(), &options(u64::MAX)).unwrap();
    let mut change = Change::default();
    change.put(key(1), record("new".into()));
    store.commit(change).unwrap();
    store.close().unwrap();
    let mut newer = contents.clone();
    newer.insert(key(1), record("new".into()));
    for part in ["log", "tables", "log/head", "tables/current"] {
        check(
            folder.path(),
            &newer,
            &format!("{part}: older"),
            false,
            |path| {
                let (from, to) = (older.path().join(part), path.join(part));
                if from.is_dir() {
                    fs::remove_dir_all(&to).unwrap();
                    copy(&from, &to);
                } else {
                    fs::copy(from, to).unwrap();
                }
            },
        );
    }
}

#[test]
fn a_sound_folder_is_called_sound_and_is_counted() {
    let (folder, contents) = folder(u64::MAX);
    let report = verify(folder.path(), &mut |_| ()).unwrap();
    assert!(report.is_sound(), "{report:#?}");
    assert!(report.tables.files > 0);
    assert_eq!(report.log.last, 150);
    assert_eq!(report.log.acknowledged, 150);
    let info = crate::inspect(folder.path()).unwrap();
    assert_eq!(info.records, contents.len() as u64);
    assert_eq!(info.log_acknowledged, 150);
}

/// Where a damage is, how long, what is lost and what to do.
#[test]
fn damage_is_told_with_its_place_and_a_remedy() {
    let (folder, _) = folder(u64::MAX);
    let file = files(folder.path())
        .into_iter()
        .find(|file| file.starts_with("tables/tables/"))
        .unwrap();
    let path = folder.path().join(&file);
    let mut octets = fs::read(&path).unwrap();
    octets[40] ^= 1;
    fs::write(&path, octets).unwrap();
    let report = verify(folder.path(), &mut |_| ()).unwrap();
    let [damage] = report.damages.as_slice() else {
        panic!("{report:#?}");
    };
    assert_eq!((&damage.file, damage.at), (&file, 0));
    assert!(damage.extent > 33);
    assert_eq!(damage.lost, "nothing: the log has it all");
    assert!(damage.remedy.starts_with("remove the folder `tables`"));
}

#[test]
fn a_folder_that_a_node_runs_on_and_one_that_is_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = verify(folder.path(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::NoFolder { .. }), "{error}");
    let _store = Store::open(folder.path(), &Options::default()).unwrap();
    let error = verify(folder.path(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
}
