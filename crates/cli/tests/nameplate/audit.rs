//! `nameplate audit`, on stopped folders and on backups.

use crate::program::{ServingNode, path, run, told};
use bytes::Bytes;
use model::audit::{Means, Note};
use model::site::Transport;
use model::{Change, Key, Record, Reference, SuffixCase, Value};
use std::path::PathBuf;
use store::{Options, Store};
use tempfile::TempDir;

const CASE: SuffixCase = SuffixCase::Insensitive;

fn change(number: u64) -> Change {
    let identifier = format!("88.1/Pump-{}", number % 2).parse().unwrap();
    let value = Value::public(1, "DESC", format!("number {number}"));
    let record = Record::new(&[value]).unwrap();
    let mut note = Note::of(&identifier, CASE, 100, 1_790_000_000_123 + number);
    note.identity = Some(Reference {
        identifier: "0.NA/88.1".into(),
        index: 300,
    });
    note.means = Means::PUBLIC_KEY;
    note.source = "192.0.2.1".into();
    note.transport = Transport::TCP;
    note.request = Some([0xab; 32]);
    let mut change = Change::default();
    change.put(note.key.clone(), record.octets().clone());
    change.note = Some(note);
    change
}

fn write(data: &std::path::Path, numbers: std::ops::Range<u64>) {
    let store = Store::open(data, &Options::default()).unwrap();
    for number in numbers {
        store.commit(change(number)).unwrap();
    }
    store.close().unwrap();
}

fn folder_with_notes() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    write(&data, 1..6);
    (folder, data)
}

/// The chain value that `audit verify` prints.
fn chain_in(out: &str) -> String {
    let chain = out.lines().find_map(|line| line.strip_prefix("chain:  "));
    chain.expect("it is printed").to_owned()
}

#[test]
fn an_identifiers_history_is_told_to_people_and_to_programs() {
    let (_folder, data) = folder_with_notes();
    let (code, out, err) = told(&run([
        "audit",
        "show",
        "88.1/pump-0",
        "--data",
        path(&data),
    ]));
    assert_eq!((code, err.as_str()), (0, ""));
    let request = "ab".repeat(32);
    let block = |ms: u64, entry: u64| {
        format!(
            "2026-09-21 14:13:20.{ms} UTC  create (100) 88.1/Pump-0\n    \
             by 300:0.NA/88.1 (public key) from 192.0.2.1 over TCP\n    \
             entry {entry}, request {request}\n"
        )
    };
    assert_eq!(out, block(125, 2) + &block(127, 4));
    let asked = [
        "audit",
        "show",
        "88.1/PUMP-1",
        "--data",
        path(&data),
        "--json",
    ];
    let (code, out, _) = told(&run(asked));
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    let first = serde_json::json!({
        "entry": 1,
        "date": "2026-09-21T14:13:20.124Z",
        "date_ms": 1_790_000_000_124_u64,
        "opcode": 100,
        "operation": "create",
        "spelling": "88.1/Pump-1",
        "identity": { "handle": "0.NA/88.1", "index": 300 },
        "means": "public key",
        "source": "192.0.2.1",
        "transport": "TCP",
        "request_sha256": request,
    });
    assert_eq!((code, &shown["notes"][0]), (0, &first));
    assert_eq!(shown["notes"].as_array().unwrap().len(), 3);
    let (code, out, err) = told(&run(["audit", "show", "88.1/x", "--data", path(&data)]));
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, "nothing is noted of 88.1/x\n");
}

/// What only the node's operator did has no identity, no address and no request.
#[test]
fn what_the_operator_did_to_a_prefix_is_told_with_its_record() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let store = Store::open(&data, &Options::default()).unwrap();
    let homed = Key::homed(&"88.1".parse().unwrap());
    let mut change = Change::default();
    change.put(homed.clone(), Bytes::from_static(&[1]));
    change.note = Some(Note::by_operator(homed, "88.1\u{7}".into(), 300, 0));
    store.commit(change).unwrap();
    drop(store);
    let (code, out, _) = told(&run(["audit", "show", "0.NA/88.1", "--data", path(&data)]));
    let told = "1970-01-01 00:00:00.000 UTC  home prefix (300) 0x38382e3107\n    \
                by local operator\n    entry 1\n";
    assert_eq!((code, out.as_str()), (0, told));
}

#[test]
fn a_trail_is_verified_and_a_kept_chain_value_found_in_it_again() {
    let (folder, data) = folder_with_notes();
    let (code, out, err) = told(&run(["audit", "verify", path(&data)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let head = "notes:  5 in 5 groups, from 2026-09-21 14:13:20.124 UTC to 2026-09-21 14:13:20.128 \
                UTC\n\
                newest: 1 from entry 5 on\n";
    assert!(
        out.starts_with(head) && out.ends_with("\nwhat was written\n"),
        "{out}"
    );
    let chain = chain_in(&out);

    write(&data, 6..9);
    let backup = folder.path().join("backup");
    let (code, ..) = told(&run(["backup", "--data", path(&data), path(&backup)]));
    assert_eq!(code, 0);
    for data in [&data, &backup] {
        let (code, out, _) = told(&run([
            "audit",
            "verify",
            "--data",
            path(data),
            "--expect",
            &chain,
        ]));
        assert_eq!(code, 0, "{out}");
        let expected = "expect: found, at the group of entry 5; 3 notes came after\n";
        assert!(out.contains(expected), "{out}");
    }
    let other = "00".repeat(32);
    let (code, out, _) = told(&run([
        "audit",
        "verify",
        path(&data),
        "--json",
        "--expect",
        &other,
    ]));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["notes"]), (1, &8.into()));
    let reason = report["faults"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("cut or written anew"), "{reason}");
}

/// Another folder's trail, sound in itself, is not the one whose chain value was kept.
#[test]
fn a_trail_that_was_written_anew_is_found_out() {
    let (_folder, data) = folder_with_notes();
    let (_, out, _) = told(&run(["audit", "verify", path(&data)]));
    let chain = chain_in(&out);
    let anew = TempDir::new().unwrap();
    write(anew.path(), 2..7);
    let (code, out, _) = told(&run([
        "audit",
        "verify",
        path(anew.path()),
        "--expect",
        &chain,
    ]));
    assert_eq!(code, 1);
    assert!(out.ends_with("NOT WHAT WAS WRITTEN\n"), "{out}");
}

#[test]
fn running_nodes_and_folders_that_are_none_are_refused() {
    let (folder, data) = folder_with_notes();
    let node = ServingNode::start(&data);
    for arguments in [
        vec!["audit", "verify", path(&data)],
        vec!["audit", "show", "88.1/x", "--data", path(&data)],
    ] {
        let (code, _, err) = told(&run(arguments));
        assert_eq!(code, 1);
        assert!(
            err.contains("stop the node first, or make a backup"),
            "{err}"
        );
    }
    node.kill();
    let nothing = folder.path().join("nothing");
    let (code, _, err) = told(&run(["audit", "verify", path(&nothing)]));
    assert_eq!(code, 1);
    assert!(
        err.contains("is no data folder") && !nothing.exists(),
        "{err}"
    );
    for wrong in [
        vec!["audit", "verify"],
        vec!["audit", "verify", "a", "--data", "b"],
        vec!["audit", "verify", "a", "--expect", "abc"],
        vec!["audit", "show", "88.1/x"],
    ] {
        assert_eq!(told(&run(wrong.clone())).0, 2, "{wrong:?}");
    }
}
