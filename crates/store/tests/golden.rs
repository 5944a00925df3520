//! Data folders of every format that was ever written are opened and read.
//!
//! `golden/format-N` was written by the version that made format N, with
//! `NAMEPLATE_WRITE_GOLDEN=1 cargo test -p store --test golden`; a folder that is there is never
//! written again. It is what a kill leaves: tables of two flushes, and changes that only the log
//! has. That this version still writes the same octets is checked in `src/golden.rs`.

use model::change::Write;
use model::{Change, Key, Prefix, Record, SuffixCase, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use store::{Options, Store};

/// The format that this version writes.
const FORMAT: u32 = 1;

fn golden(format: u32) -> PathBuf {
    let folder = format!(
        "{}/tests/golden/format-{format}",
        env!("CARGO_MANIFEST_DIR")
    );
    PathBuf::from(folder)
}

fn record(identifier: &str, values: &[Value]) -> Write {
    let identifier = identifier.parse().expect("an identifier");
    let key = Key::record(&identifier, SuffixCase::Insensitive);
    let octets = Record::new(values).expect("a record").octets().clone();
    Write {
        key,
        octets: Some(octets),
    }
}

fn name(text: &str) -> Value {
    Value::public(1, "NAME", text.to_owned())
}

/// The changes, in order; a flush stands between the lists.
fn changes() -> [Vec<Vec<Write>>; 3] {
    let prefix: Prefix = "88.156.1".parse().expect("a prefix");
    let homed = Write {
        key: Key::homed(&prefix),
        octets: Some(vec![1].into()),
    };
    let things = |from: u32, to: u32| -> Vec<Vec<Write>> {
        let thing = |number| vec![record(&format!("88.156.1/{number:04}"), &[name("a thing")])];
        (from..to).map(thing).collect()
    };
    let pump = record(
        "88.156.1/pump",
        &[name("泵"), Value::public(2, "URL", "https://example.org")],
    );
    let gone = Write {
        key: pump.key.clone(),
        octets: None,
    };
    [
        [vec![vec![homed, pump]], things(0, 30)].concat(),
        [vec![vec![gone]], things(20, 50)].concat(),
        [
            things(50, 53),
            vec![vec![record("88.156.1/0001", &[name("renamed")])]],
        ]
        .concat(),
    ]
}

fn expected() -> BTreeMap<Key, bytes::Bytes> {
    let mut contents = BTreeMap::new();
    for write in changes().into_iter().flatten().flatten() {
        match write.octets {
            Some(octets) => contents.insert(write.key, octets),
            None => contents.remove(&write.key),
        };
    }
    contents
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(file.file_name());
        if file.path().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).expect("a file");
        }
    }
}

#[test]
fn write_what_is_not_there() {
    if std::env::var_os("NAMEPLATE_WRITE_GOLDEN").is_none() || golden(FORMAT).exists() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        log_segment_octets: 4000,
        ..Options::default()
    };
    for part in changes() {
        let store = Store::open(folder.path(), &options).expect("it opens");
        let count = part.len();
        for (writes, number) in part.into_iter().zip(1..) {
            let change = Change {
                writes,
                ..Change::default()
            };
            store.commit(change).expect("it is written");
            // The last part ends without a flush, as in a kill.
            if number == count && count > 10 {
                store.compact().expect("it is written");
            }
        }
    }
    copy(folder.path(), &golden(FORMAT));
    let _ = fs::remove_file(golden(FORMAT).join("lock"));
}

#[test]
fn folders_of_every_format_are_sound_and_say_what_they_said() {
    for format in 1..=FORMAT {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&golden(format), folder.path());
        let report = store::verify(folder.path(), &mut |_| ()).expect("it can be read");
        assert!(report.is_sound(), "{report:#?}");
        assert_eq!(
            (report.format, report.log.first, report.log.last),
            (format, 1, 66)
        );
        let info = store::inspect(folder.path()).expect("it can be read");
        assert_eq!(
            (info.records, info.homed_prefixes),
            (53, vec!["88.156.1".to_owned()])
        );
        for is_without_tables in [false, true] {
            if is_without_tables {
                fs::remove_dir_all(folder.path().join("tables")).expect("they are there");
            }
            let store = Store::open(folder.path(), &Options::default()).expect("it opens");
            let bounds = [vec![1], vec![0xff; 5000]].map(|octets| Key::from_octets(octets.into()));
            let view = store.view();
            let found: Result<BTreeMap<_, _>, _> = view.range(&bounds[0], &bounds[1]).collect();
            assert_eq!(found.expect("it can be read"), expected());
        }
    }
}

#[test]
fn a_folder_of_a_newer_format_is_refused_and_its_format_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&golden(FORMAT), folder.path());
    let settings = folder.path().join("folder.json");
    let text = fs::read_to_string(&settings).expect("it is there");
    let newer = text.replace("\"format\": 1", "\"format\": 7");
    fs::write(&settings, newer).expect("it is ours");
    let opened = Store::open(folder.path(), &Options::default()).map(|_| ());
    let verified = store::verify(folder.path(), &mut |_| ()).map(|_| ());
    for refused in [opened, verified] {
        let error = refused.expect_err("it is newer").to_string();
        assert!(error.contains("format 7, this version reads 1"), "{error}");
    }
}
