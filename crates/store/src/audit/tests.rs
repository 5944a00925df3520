//! Tests of the audit trail: what was written passes, and whatever else stands in the tables does
//! not.
//!
//! | file | what is tested |
//! | --- | --- |
//! | `tampering` | every way to change the rows |
//! | `durability` | committer, crashes, restarts, merging, backups |

mod durability;
mod tampering;

use super::*;
use crate::tables::Range;
use model::{Reference, SuffixCase};
use std::collections::BTreeMap;

/// Rows that can be tampered with.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rows(BTreeMap<Key, Bytes>);

impl View for Rows {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        Ok(self.0.get(key).cloned())
    }

    fn range(&self, from: &Key, to: &Key) -> Range<'_> {
        let rows = self.0.range(from.clone()..to.clone());
        Box::new(rows.map(|(key, octets)| Ok((key.clone(), octets.clone()))))
    }
}

impl Rows {
    /// The rows of the trail in a view.
    fn of(view: &dyn View) -> Self {
        let subspaces = Subspace::OF_THE_TRAIL.map(Subspace::bounds);
        let rows = subspaces.iter().flat_map(|[from, to]| view.range(from, to));
        Self(rows.map(Result::unwrap).collect())
    }

    fn apply(&mut self, writes: impl IntoIterator<Item = Write>) {
        for write in writes {
            self.0.insert(write.key, write.octets.unwrap());
        }
    }
}

/// The key of one of a few records.
fn key(record: u64) -> Key {
    let identifier = format!("88.1/{record}").parse().unwrap();
    Key::record(&identifier, SuffixCase::Insensitive)
}

/// Note number `number`, about one of a few records.
fn note(number: u64) -> Note {
    let record = number % 5;
    let spelling = format!("88.1/{record}").into();
    let mut note = Note::by_operator(key(record), spelling, 100, 1_700_000_000_000 + number);
    note.identity = (!number.is_multiple_of(3)).then(|| Reference {
        identifier: "0.NA/88.1".into(),
        index: 300,
    });
    note
}

/// The rows of groups; each has entries with (`true`) and without a note.
fn rows_of(groups: &[Vec<bool>]) -> Rows {
    let (mut rows, mut trail, mut position) = (Rows::default(), Trail::default(), 0);
    for group in groups {
        let mut notes = GroupNotes::default();
        for has_note in group {
            position += 1;
            if *has_note {
                let note = WrittenNote::of(&note(position)).unwrap();
                rows.apply(notes.take(Position(position), note));
            }
        }
        if let Some((after, writes)) = trail.after(&notes) {
            rows.apply(writes);
            trail = after;
        }
    }
    rows
}

fn verified(view: &dyn View) -> Report {
    verify(view, None, &mut |_, _| ()).unwrap()
}

fn verified_with(view: &dyn View, expected: Digest) -> Report {
    verify(view, Some(expected), &mut |_, _| ()).unwrap()
}

fn sound(view: &dyn View) -> Report {
    let report = verified(view);
    assert!(report.is_sound(), "{report:#?}");
    report
}

fn chain_of(view: &dyn View) -> Digest {
    sound(view).newest.unwrap().chain
}

/// These octets are in data folders: whoever changes them makes another format.
#[test]
fn the_rows_of_format_1() {
    let rows = rows_of(&[vec![true], vec![true, false, true]]);
    let rows: Vec<_> = rows
        .0
        .iter()
        .map(|(key, octets)| (hex::encode(key.octets()), hex::encode(octets)))
        .collect();
    let golden = GOLDEN.map(|(key, octets)| (key.to_owned(), octets.to_owned()));
    assert_eq!(rows, golden);
}

/// Computed by hand, so to say: by another program, from the tables in `audit.rs` and `rows.rs`.
const GOLDEN: [(&str, &str); 9] = [
    (
        "410000000000000001",
        "01020000018bcfe568010000006401ff00000008520138382e312f310009302e4e412f38382e310000012c",
    ),
    (
        "410000000000000002",
        "01020000018bcfe568020000006401ff00000008520138382e312f320009302e4e412f38382e310000012c",
    ),
    (
        "410000000000000004",
        "01020000018bcfe568040000006401ff00000008520138382e312f340009302e4e412f38382e310000012c",
    ),
    (
        "4d0000000000000001",
        "0100000001c8ae44d0b7c1e6d7badeb6f78f991a47ad474819661578183a7e4219880f3f07ee6f74\
         ee6bf77f9b56fc1d704248d62f2456cac26af3158f34c827224bfdf187",
    ),
    (
        "4d0000000000000002",
        "0100000002964fc09b9bc4997cd511872f2f7316b4bc5484c3e8bdaf7776f2aae22a8343f691ce09\
         1d5e05130c7b26bf520969fdbcd359e58b55d5d99a97f26042b35886e9",
    ),
    (
        "4e",
        "0100000000000000020000000000000002000000000000000391ce091d5e05130c7b26bf520969fd\
         bcd359e58b55d5d99a97f26042b35886e9",
    ),
    ("58520138382e312f31000000000000000001", ""),
    ("58520138382e312f32000000000000000002", ""),
    ("58520138382e312f34000000000000000004", ""),
];

#[test]
fn no_trail_is_sound_and_has_no_chain_value() {
    let report = sound(&Rows::default());
    assert_eq!(report, Report::default());
    let asked = verified_with(&Rows::default(), Digest([7; 32]));
    assert!(!asked.is_sound(), "what somebody has kept is gone");
}

#[test]
fn what_is_about_a_key_is_found_in_order_and_nothing_else() {
    let mut rows = rows_of(&[vec![true; 12], vec![true; 9]]);
    // A record whose key goes on where the position of the other's would be.
    let longer = Key::from_octets([&key(1).octets()[..], b"\0\0"].concat().into());
    rows.0.insert(Key::noted(&longer, 1), Bytes::new());
    let found: Vec<_> = notes_about(&rows, &key(1)).map(Result::unwrap).collect();
    let positions: Vec<u64> = found.iter().map(|(position, _)| position.0).collect();
    assert_eq!(positions, [1, 6, 11, 16, 21]);
    assert_eq!(found[1].1, note(6));
    rows.0.remove(&Key::note(6));
    let error = notes_about(&rows, &key(1)).find_map(Result::err).unwrap();
    assert!(error.to_string().contains("entry 6 is missing"), "{error}");
}

#[test]
fn a_trail_whose_newest_row_is_lost_is_not_begun_anew() {
    assert_eq!(Trail::open(&Rows::default()).unwrap(), Trail::default());
    let mut rows = rows_of(&[vec![true], vec![true]]);
    let trail = Trail::open(&rows).unwrap();
    assert_eq!((trail.0.groups, trail.0.notes, trail.0.first), (2, 2, 2));
    for octets in [Some("\u{1}short"), None] {
        rows.0.remove(&Key::newest_noted());
        rows.0
            .extend(octets.map(|octets| (Key::newest_noted(), octets.into())));
        let error = Trail::open(&rows).unwrap_err();
        assert!(matches!(error, Error::Corrupted { .. }), "{error}");
    }
}
