//! Tests of transactions: which there are of an entry, with which values and numbers.

use super::*;
use crate::authority::fuzz::Sums;
use model::{SuffixCase, Value};
use std::collections::BTreeMap;
use wire::replication::MirrorShare;

fn key(identifier: &str) -> Key {
    Key::record(&identifier.parse().unwrap(), SuffixCase::Insensitive)
}

fn record(text: &'static str) -> Bytes {
    let record = Record::new(&[Value::public(1, "URL", text)]);
    record.unwrap().octets().clone()
}

fn put(key: Key, octets: Bytes) -> Write {
    let octets = Some(octets);
    Write { key, octets }
}

fn delete(key: Key) -> Write {
    Write { key, octets: None }
}

/// What each transaction says: number, identifier, action, count of values.
fn told(writes: &[Write], now: &[(Key, Bytes)], share: Share) -> Vec<(u64, String, u8, usize)> {
    let now: BTreeMap<Key, Bytes> = now.iter().cloned().collect();
    let entry = Entry {
        txn: 7,
        date_ms: 9,
        writes,
    };
    let found = |key: &Key| Ok::<_, ()>(now.get(key).cloned());
    let records = of_entry(entry, share, &Sums, found).unwrap();
    let told = records.into_iter().map(|record| match record {
        TxnRecord::Transaction {
            number,
            identifier,
            action,
            date_ms: 9,
            values,
        } => {
            let count = values.map_or(0, |values| values.len());
            let name = identifier.escape_ascii().to_string();
            (number, name, action.0, count)
        }
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[test]
fn a_change_is_told_with_the_values_of_now() {
    let a = key("88.1/a");
    let writes = [put(a.clone(), record("old"))];
    let now = [(a.clone(), record("new"))];
    let expected = [(7, "88.1/A".into(), 1, 1)];
    assert_eq!(told(&writes, &now, Share::WHOLE), expected);
    // It is gone by now, and what comes later says so.
    assert!(told(&writes, &[], Share::WHOLE).is_empty());
    let note = Note::by_operator(a.clone(), "88.1/a".into(), 104, 0);
    let noted = put(Key::note(3), note.encode().unwrap());
    let writes = [put(a.clone(), record("old")), noted];
    assert_eq!(told(&writes, &now, Share::WHOLE)[0].2, TxnAction::UPDATE.0);
}

#[test]
fn a_deletion_is_told_unless_there_is_another_by_now() {
    let a = key("88.1/a");
    let writes = [delete(a.clone())];
    let expected = [(7, "88.1/A".into(), 2, 0)];
    assert_eq!(told(&writes, &[], Share::WHOLE), expected);
    assert!(told(&writes, &[(a, record("again"))], Share::WHOLE).is_empty());
}

#[test]
fn homes_go_to_every_server_and_rows_of_the_node_itself_to_none() {
    let none = Share::of(MirrorShare {
        hash_option: 2,
        servers_count: u32::MAX,
        server: u32::MAX - 1,
    });
    let prefix = "88.1".parse().unwrap();
    let writes = [
        put(Key::homed(&prefix), "\u{1}".into()),
        put(key("88.1/a"), record("x")),
        put(Key::numbering(), "x".into()),
        put(Key::answered(1, &[0; 32]), "x".into()),
    ];
    let now = [(key("88.1/a"), record("x"))];
    let expected = [(7, "0.NA/88.1".into(), 4, 0)];
    assert_eq!(told(&writes, &now, none.unwrap()), expected);
    let gone = [delete(Key::homed(&prefix))];
    let expected = [(7, "0.NA/88.1".into(), 5, 0)];
    assert_eq!(told(&gone, &[], Share::WHOLE), expected);
}

#[test]
fn all_but_the_last_of_an_entry_bear_the_number_before() {
    let all = ["88.1/a", "88.1/b", "88.1/c"].map(key);
    let writes = all.clone().map(|key| put(key, record("x")));
    let now = all.map(|key| (key, record("x")));
    let numbers: Vec<u64> = told(&writes, &now, Share::WHOLE)
        .iter()
        .map(|told| told.0)
        .collect();
    assert_eq!(numbers, [6, 6, 7]);
}

/// As many writes as a part of a load has at most: 16 MiB of the shortest. Each of them looking
/// through all others took minutes.
#[test]
fn an_entry_of_any_length_is_told_in_its_time() {
    let count = 200_000;
    let keys: Vec<Key> = (0..count)
        .map(|at| key(&alloc::format!("88.1/{at}")))
        .collect();
    let twice = keys.iter().chain(&keys).cloned();
    let writes: Vec<Write> = twice.map(|key| put(key, record("x"))).collect();
    let entry = Entry {
        txn: 7,
        date_ms: 9,
        writes: &writes,
    };
    let found = |_: &Key| Ok::<_, ()>(Some(record("x")));
    let records = of_entry(entry, Share::WHOLE, &Sums, found).unwrap();
    assert_eq!(records.len(), count);
}

#[test]
fn of_two_writes_under_a_key_only_the_last_is_told() {
    let a = key("88.1/a");
    let writes = [put(a.clone(), record("x")), delete(a)];
    assert_eq!(told(&writes, &[], Share::WHOLE).len(), 1);
}
