//! Whoever changes, removes, adds or exchanges rows of the trail is found out, and where.

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

/// One way to tamper with rows.
#[derive(Debug, Clone)]
enum Tampering {
    /// Flips a bit of what is stored.
    Flip(Index, Index),
    /// Flips a bit of a key, past the subspace.
    Move(Index, Index),
    Remove(Index),
    /// Puts what is stored under one key under another too.
    Copy(Index, Index),
    /// Exchanges what is stored under two keys.
    Swap(Index, Index),
    /// Adds a note, with its place in the index.
    AddNote(u64),
    /// Puts another note at the place of one, with its place in the index.
    ReplaceNote(Index),
    /// Removes a note and its place in the index.
    RemoveNote(Index),
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    let index = any::<Index>;
    prop_oneof![
        (index(), index()).prop_map(|(row, bit)| Tampering::Flip(row, bit)),
        (index(), index()).prop_map(|(row, bit)| Tampering::Move(row, bit)),
        index().prop_map(Tampering::Remove),
        (index(), index()).prop_map(|(from, to)| Tampering::Copy(from, to)),
        (index(), index()).prop_map(|(one, other)| Tampering::Swap(one, other)),
        prop_oneof![0..80_u64, Just(u64::MAX)].prop_map(Tampering::AddNote),
        index().prop_map(Tampering::ReplaceNote),
        index().prop_map(Tampering::RemoveNote),
    ]
}

fn flip(octets: &[u8], from: usize, bit: Index) -> Option<Bytes> {
    let mut octets = octets.to_vec();
    let bit = bit.index(
        (octets.len().checked_sub(from)?)
            .checked_mul(8)
            .filter(|n| *n > 0)?,
    );
    octets[from + bit / 8] ^= 1 << (bit % 8);
    Some(octets.into())
}

impl Tampering {
    /// Carries it out; gives the key that it is about.
    fn carry_out(&self, rows: &mut Rows) -> Option<Key> {
        let keys: Vec<Key> = rows.0.keys().cloned().collect();
        let key = |index: &Index| keys[index.index(keys.len())].clone();
        match self {
            Self::Flip(row, bit) => {
                let octets = flip(&rows.0[&key(row)], 0, *bit)?;
                rows.0.insert(key(row), octets);
                Some(key(row))
            }
            Self::Move(row, bit) => {
                let moved = Key::from_octets(flip(key(row).octets(), 1, *bit)?);
                let octets = rows.0.remove(&key(row))?;
                rows.0.insert(moved, octets);
                Some(key(row))
            }
            Self::Remove(row) => {
                rows.0.remove(&key(row));
                Some(key(row))
            }
            Self::Copy(from, to) => {
                let octets = rows.0[&key(from)].clone();
                rows.0.insert(key(to), octets);
                Some(key(to))
            }
            Self::Swap(one, other) => {
                let octets = rows.0[&key(one)].clone();
                let before = rows.0.insert(key(other), octets)?;
                rows.0.insert(key(one), before);
                Some(key(one))
            }
            Self::AddNote(position) => {
                let is_there = rows.0.contains_key(&Key::note(*position));
                (!is_there).then(|| put_note(rows, *position, 4))
            }
            Self::ReplaceNote(row) => {
                let position = remove_note(rows, &key(row))?;
                Some(put_note(rows, position, position % 100 + 1))
            }
            Self::RemoveNote(row) => {
                let position = remove_note(rows, &key(row))?;
                Some(Key::note(position))
            }
        }
    }
}

/// Puts a note at a place, as whoever knows the rows would.
fn put_note(rows: &mut Rows, position: u64, number: u64) -> Key {
    let note = WrittenNote::of(&note(number)).unwrap();
    rows.apply(note.rows(position));
    Key::note(position)
}

fn remove_note(rows: &mut Rows, key: &Key) -> Option<u64> {
    let position = key.position().filter(|_| key.octets()[0] == b'A')?;
    let note = Note::decode(rows.0.remove(key)?).ok()?;
    rows.0.remove(&Key::noted(&note.key, position));
    Some(position)
}

/// The position that a row is about.
fn position(key: &Key) -> Option<u64> {
    let noted = key.as_noted().map(|(_, position)| position);
    noted.or_else(|| key.position())
}

fn groups() -> impl Strategy<Value = Vec<Vec<bool>>> {
    let group = prop::collection::vec(prop::bool::weighted(0.7), 1..9);
    prop::collection::vec(group, 1..7)
}

proptest! {
    #[test]
    fn what_was_written_passes_whatever_it_was(groups in groups()) {
        let rows = rows_of(&groups);
        let report = sound(&rows);
        let notes = groups.iter().flatten().filter(|has_note| **has_note).count();
        let noted = groups.iter().filter(|group| group.contains(&true)).count();
        prop_assert_eq!((report.notes, report.groups), (notes as u64, noted as u64));
        prop_assert_eq!(report.newest.is_some(), notes > 0);
        let about: usize = (0..5).map(|record| notes_about(&rows, &key(record)).count()).sum();
        prop_assert_eq!(about, notes);
    }

    #[test]
    fn whatever_is_changed_is_found_and_its_place_told(
        groups in groups(), tamperings in prop::collection::vec(tamperings(), 1..4),
    ) {
        let before = rows_of(&groups);
        let mut rows = before.clone();
        let about: Vec<_> = tamperings
            .iter()
            .filter_map(|tampering| (!rows.0.is_empty()).then(|| tampering.carry_out(&mut rows))?)
            .collect();
        if rows == before {
            return Ok(());
        }
        let report = verified(&rows);
        prop_assert!(!report.is_sound());
        let [Some(place)] = about.iter().map(position).collect::<Vec<_>>()[..] else {
            return Ok(());
        };
        let is_told = |fault: &Fault| fault.first <= place && place <= fault.last;
        prop_assert!(report.faults.iter().any(is_told), "{place}: {report:#?}");
    }

    /// What somebody has kept elsewhere tells a trail that was cut, or written anew, from the one
    /// that only grew.
    #[test]
    fn a_kept_chain_value_finds_what_was_cut_and_written_anew(groups in groups(), kept: Index) {
        let kept = rows_of(&groups[..=kept.index(groups.len())]);
        let whole = rows_of(&groups);
        prop_assume!(!kept.0.is_empty());
        let (kept, chain) = (sound(&kept), chain_of(&kept));
        let report = verified_with(&whole, chain);
        prop_assert!(report.is_sound(), "{report:#?}");
        let expected = report.expected.unwrap();
        prop_assert_eq!(expected.first, Some(kept.newest.unwrap().first));
        prop_assert_eq!(expected.notes_since, report.notes - kept.notes);

        let cut = rows_of(&groups[..groups.len() - 1]);
        prop_assert!(verified(&cut).is_sound(), "nobody can tell by the rows alone");
        if cut != whole {
            prop_assert!(!verified_with(&cut, chain_of(&whole)).is_sound());
        }
        let mut other = groups.clone();
        other[0].insert(0, true);
        prop_assert!(verified(&rows_of(&other)).is_sound());
        prop_assert!(!verified_with(&rows_of(&other), chain).is_sound());
    }
}

/// The place and the words for one damage of each kind.
#[test]
fn faults_are_told_in_words() {
    let rows = rows_of(&[vec![true], vec![true; 3], vec![true]]);
    let check = |tamper: fn(&mut Rows), expected: &[&str]| {
        let mut rows = rows.clone();
        tamper(&mut rows);
        let faults = verified(&rows).faults;
        let told: Vec<String> = faults
            .iter()
            .map(|fault| format!("{}-{} {}", fault.first, fault.last, fault.reason))
            .collect();
        assert_eq!(told, expected);
    };
    check(
        |rows| drop(rows.0.remove(&Key::note(3))),
        &[
            "2-4 notes of this group are missing (2 notes, 3 by its row)",
            "5-5 the trail ends with the group of entry 5, after 4 notes in 3 groups; the newest \
             group was that of entry 5, after 5 in 3",
            "3-3 the note about Key(R\\x0188.1/3) is missing",
        ],
    );
    check(
        |rows| drop(rows.0.remove(&Key::noted(&key(3), 3))),
        &["3-3 the note about Key(R\\x0188.1/3) is missing in the index"],
    );
    check(
        |rows| drop(rows.0.insert(Key::note(4), note(9).encode().unwrap())),
        &["2-4 a note of this group is not what was written (3 notes, 3 by its row)"],
    );
    check(
        |rows| {
            rows.0.remove(&Key::noted_group(5));
            rows.0.remove(&Key::noted(&key(0), 5));
            rows.0.remove(&Key::note(5));
        },
        &[
            "2-5 the trail ends with the group of entry 2, after 4 notes in 2 groups; the newest \
             group was that of entry 5, after 5 in 3",
        ],
    );
    check(
        |rows| drop(rows.0.remove(&Key::newest_noted())),
        &["5-5 the row that says which notes are the newest is missing"],
    );
}
