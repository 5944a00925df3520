//! Rules one by one, and all of them against a second implementation that keeps every version.

use super::*;
use model::SuffixCase;
use proptest::prelude::*;
use std::collections::BTreeSet;

const EPOCH: u64 = 7;

fn record(suffix: &str) -> Key {
    let identifier = format!("88.1/{suffix}").parse().expect("an identifier");
    Key::record(&identifier, SuffixCase::Insensitive)
}

fn write(key: Key, octets: Option<&str>) -> Write {
    let octets = octets.map(|octets| Bytes::copy_from_slice(octets.as_bytes()));
    Write { key, octets }
}

fn offered(txn: u64, writes: Vec<Write>) -> Offered {
    Offered {
        epoch: EPOCH,
        txn,
        date_us: txn * 1000,
        writes,
        note: None,
    }
}

type Rows = BTreeMap<Key, Bytes>;

/// The node that took over: rows, and a log that is looked through anew for every entry.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Recovery {
    rows: Rows,
    log: Vec<Vec<Write>>,
}

impl Recovery {
    fn commit(&mut self, change: Change) {
        for expected in &change.preconditions {
            assert_eq!(self.rows.get(&expected.key), expected.seen.as_ref());
        }
        for write in &change.writes {
            match &write.octets {
                Some(octets) => self.rows.insert(write.key.clone(), octets.clone()),
                None => self.rows.remove(&write.key),
            };
        }
        self.log.push(change.writes);
    }

    fn reached(&self, after: u64) -> Reached {
        let stored = self.rows.get(&Key::tail(EPOCH)).cloned();
        let begin = Reached {
            txn: after,
            writes: 0,
        };
        stored.map_or(begin, |it| Reached::read(it).expect("it was stored"))
    }

    /// Takes the next of what is offered, of a tail that begins after transaction 100; whether
    /// there was any.
    fn take(&mut self, tail: &[Offered], octets_max: usize) -> Option<Merged> {
        let reached = self.reached(100);
        let entry = tail.iter().find(|it| reached.awaits(it.txn) == Ok(true))?;
        let keys = tail.iter().flat_map(|it| &it.writes);
        let mut changed = Changed::new(EPOCH, keys.map(|write| write.key.clone()));
        self.log.iter().for_each(|writes| changed.look(writes));
        let now = |key: &Key| Ok::<_, ()>(self.rows.get(key).cloned());
        let merged = merge(entry, reached.writes, &changed, octets_max, now).expect("no error");
        self.commit(merged.change.clone());
        Some(merged)
    }

    fn take_all(&mut self, tail: &[Offered]) -> usize {
        std::iter::from_fn(|| self.take(tail, usize::MAX)).count()
    }

    fn client(&mut self, key: Key, octets: Option<&str>) {
        self.commit(Change {
            writes: vec![write(key, octets)],
            ..Change::default()
        });
    }

    fn reports(&self) -> Vec<Conflict> {
        let [from, to] = Subspace::CONFLICTS.bounds();
        let rows = self.rows.range(from..to);
        rows.map(|(_, it)| Conflict::read(it.clone()).expect("a report"))
            .collect()
    }

    fn at(&self, key: &Key) -> Option<&[u8]> {
        self.rows.get(key).map(|it| &it[..])
    }
}

#[test]
fn what_is_unchanged_is_replayed_in_order() {
    let mut node = Recovery::default();
    node.rows.insert(record("b"), "old".into());
    let tail = [
        offered(101, vec![write(record("a"), Some("1"))]),
        offered(
            102,
            vec![write(record("a"), Some("2")), write(record("b"), None)],
        ),
    ];
    assert_eq!(node.take_all(&tail), 2);
    assert_eq!(node.at(&record("a")), Some(&b"2"[..]));
    assert_eq!(node.at(&record("b")), None);
    assert_eq!(node.reports(), []);
}

#[test]
fn what_both_have_changed_stays_and_is_reported() {
    let mut node = Recovery::default();
    node.rows.insert(record("b"), "old".into());
    node.client(record("a"), Some("theirs"));
    node.client(record("b"), None);
    let about = record("a");
    let changed_by = Note::by_operator(about, "88.1/a".into(), 100, 5);
    let mut first = offered(101, vec![write(record("a"), Some("1"))]);
    first.note = Some(changed_by.clone());
    let tail = [first, offered(102, vec![write(record("b"), Some("2"))])];
    let merged = node.take(&tail, usize::MAX).expect("an entry");
    assert_eq!((merged.replayed, merged.same, merged.reported), (0, 0, 1));
    assert_eq!(merged.change.note, None, "it was not carried out here");
    node.take_all(&tail);
    assert_eq!(node.at(&record("a")), Some(&b"theirs"[..]));
    assert_eq!(node.at(&record("b")), None, "it stays deleted");
    let [first, second] = &node.reports()[..] else {
        panic!("two are reported");
    };
    assert_eq!((&first.key, first.date_us), (&record("a"), 101_000));
    assert_eq!(first.octets.as_deref(), Some(&b"1"[..]));
    assert_eq!(first.note, Some(changed_by));
    assert_eq!(second.octets.as_deref(), Some(&b"2"[..]));
}

#[test]
fn a_deletion_of_what_the_other_has_changed_is_reported() {
    let mut node = Recovery::default();
    node.rows.insert(record("a"), "old".into());
    node.client(record("a"), Some("theirs"));
    node.take_all(&[offered(101, vec![write(record("a"), None)])]);
    assert_eq!(node.at(&record("a")), Some(&b"theirs"[..]));
    assert_eq!(node.reports()[0].octets, None);
}

#[test]
fn who_did_the_same_has_no_conflict() {
    let mut node = Recovery::default();
    node.client(record("a"), Some("1"));
    let merged = node.take(&[offered(101, vec![write(record("a"), Some("1"))])], 1);
    assert_eq!(
        merged.map(|it| (it.replayed, it.same, it.reported)),
        Some((0, 1, 0))
    );
}

#[test]
fn an_entry_is_carried_out_where_it_can_be_and_facts_only_together() {
    let home = Key::homed(&"88.1".parse().expect("a prefix"));
    let fact = |name: &str| Key::from_octets([b"o", name.as_bytes()].concat().into());
    let mut node = Recovery::default();
    node.client(record("a"), Some("theirs"));
    node.client(fact("x"), Some("theirs"));
    let writes = vec![
        write(record("a"), Some("1")),
        write(home.clone(), Some("1")),
        write(fact("x"), Some("1")),
        write(fact("y"), Some("1")),
    ];
    node.take_all(&[offered(101, writes)]);
    assert_eq!(node.at(&home), Some(&b"1"[..]));
    assert_eq!(node.at(&fact("y")), None, "it belongs to the other");
    assert_eq!(node.reports().len(), 3);
}

#[test]
fn what_was_answered_stays_answered() {
    let answered = |octet| Key::answered(9, &[octet; 32]);
    let mut node = Recovery::default();
    node.rows.insert(answered(1), "here".into());
    let writes = vec![
        write(answered(1), Some("there")),
        write(answered(2), Some("there")),
        write(answered(1), None),
    ];
    node.take_all(&[offered(101, writes)]);
    assert_eq!(node.at(&answered(1)), Some(&b"here"[..]));
    assert_eq!(node.at(&answered(2)), Some(&b"there"[..]));
    assert_eq!(node.reports(), []);
}

#[test]
fn a_tail_with_a_hole_is_refused_and_one_that_comes_again_is_passed_over() {
    let reached = Reached {
        txn: 100,
        writes: 3,
    };
    assert_eq!(reached.awaits(99), Ok(false));
    assert_eq!(reached.awaits(100), Ok(false));
    assert_eq!(reached.awaits(101), Ok(true));
    let (txn, after) = (102, 100);
    assert_eq!(reached.awaits(102), Err(Fault::Missing { txn, after }));
    assert!(reached.awaits(u64::MAX).is_err());
    let end = Reached {
        txn: u64::MAX,
        writes: 0,
    };
    assert_eq!(end.awaits(0), Ok(false));
}

#[test]
fn what_is_stored_is_exact() {
    let reached = Reached {
        txn: 258,
        writes: 3,
    };
    let octets = b"\x01\0\0\0\0\0\0\x01\x02\0\0\0\x03";
    assert_eq!(&reached.octets()[..], octets);
    assert_eq!(Reached::read(octets.as_slice().into()), Ok(reached));
    let conflict = Conflict {
        date_us: 258,
        key: Key::from_octets("R\u{1}88/A".into()),
        octets: Some("x".into()),
        note: None,
    };
    let line = b"\x01\x01\0\0\0\0\0\0\x01\x02\0\0\0\x06R\x0188/A\0\0\0\x01x";
    assert_eq!(&conflict.octets()[..], line);
    assert_eq!(Conflict::read(line.as_slice().into()), Ok(conflict));
    for cut in 0..line.len() {
        assert!(Conflict::read(line[..cut].to_vec().into()).is_err());
    }
    for cut in 0..octets.len() {
        assert!(Reached::read(octets[..cut].to_vec().into()).is_err());
    }
}

/// What happens at the node that took over, in any order.
#[derive(Debug, Clone)]
enum Happening {
    /// A client changes a row.
    Client(u8, Option<u8>),
    /// Some of the tail is taken, so many octets at most.
    Take(usize),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let client = (0..3_u8, prop::option::of(0..4_u8));
    let happening = prop_oneof![
        client.prop_map(|(key, octets)| Happening::Client(key, octets)),
        (0..400_usize).prop_map(Happening::Take),
    ];
    prop::collection::vec(happening, 0..14)
}

fn tails() -> impl Strategy<Value = Vec<Offered>> {
    let writes = prop::collection::vec((0..3_u8, prop::option::of(0..4_u8)), 0..4);
    prop::collection::vec(writes, 0..5).prop_map(|entries| {
        let entries = entries.into_iter().zip(101..);
        let of = |(writes, txn): (Vec<(u8, Option<u8>)>, u64)| {
            offered(txn, writes.into_iter().map(of_numbers).collect())
        };
        entries.map(of).collect()
    })
}

fn of_numbers((key, octets): (u8, Option<u8>)) -> Write {
    let octets = octets.map(|octet| octet.to_string());
    write(record(&key.to_string()), octets.as_deref())
}

/// The second implementation: for every row all that was ever written, and by whom.
#[derive(Default)]
struct Versions {
    rows: BTreeMap<Key, Vec<(bool, Option<Bytes>)>>,
    reported: BTreeSet<(u64, usize)>,
}

impl Versions {
    fn current(&self, key: &Key) -> Option<Bytes> {
        let versions = self.rows.get(key)?;
        versions.last()?.1.clone()
    }

    fn written(&mut self, write: &Write, is_clients: bool) {
        let versions = self.rows.entry(write.key.clone()).or_default();
        versions.push((is_clients, write.octets.clone()));
    }

    /// Takes one write of a tail, as the rule says it in words.
    fn take(&mut self, txn: u64, at: usize, write: &Write) {
        let versions = self.rows.get(&write.key);
        let is_changed = versions.is_some_and(|all| all.iter().any(|(is_clients, _)| *is_clients));
        if self.current(&write.key) == write.octets {
            return;
        }
        if is_changed {
            self.reported.insert((txn, at));
        } else {
            self.written(write, false);
        }
    }
}

proptest! {
    #[test]
    fn the_rule_is_kept_however_a_tail_is_taken(tail in tails(), happenings in happenings()) {
        let (mut node, mut naive) = (Recovery::default(), Versions::default());
        // At the end everything is taken, a little at a time, and then offered once more.
        let rest = std::iter::repeat_n(Happening::Take(90), 40);
        for happening in happenings.into_iter().chain(rest) {
            match happening {
                Happening::Client(key, octets) => {
                    let write = of_numbers((key, octets));
                    naive.written(&write, true);
                    let writes = vec![write];
                    node.commit(Change { writes, ..Change::default() });
                }
                Happening::Take(octets_max) => {
                    let before = node.reached(100);
                    let Some(merged) = node.take(&tail, octets_max) else {
                        continue;
                    };
                    let entry = tail.iter().find(|it| it.txn == before.txn + 1);
                    let entry = entry.expect("it was taken");
                    let taken = before.writes as usize..merged.taken as usize;
                    prop_assert!(!taken.is_empty() || entry.writes.is_empty());
                    for (at, write) in entry.writes.iter().enumerate() {
                        let later = &entry.writes[at + 1..];
                        let is_last = later.iter().all(|it| it.key != write.key);
                        if taken.contains(&at) && is_last {
                            naive.take(entry.txn, at, write);
                        }
                    }
                }
            }
            for key in (0..3).map(|it| record(&it.to_string())) {
                prop_assert_eq!(node.rows.get(&key).cloned(), naive.current(&key));
            }
        }
        let [from, to] = Subspace::CONFLICTS.bounds();
        let reported: Vec<Key> = node.rows.range(from..to).map(|(key, _)| key.clone()).collect();
        let expected = naive.reported.iter();
        let expected: Vec<Key> =
            expected.map(|(txn, at)| Key::conflict(EPOCH, *txn, *at as u32)).collect();
        prop_assert_eq!(reported, expected);
        let before = node.clone();
        prop_assert_eq!(node.take_all(&tail), 0);
        prop_assert_eq!(node, before);
    }
}
