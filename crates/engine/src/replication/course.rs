//! The course of a full copy: rows come in the order of their keys, and what lies between two of
//! them is nowhere at the source.
//!
//! A copy that is made again over what was there before never has less than before: every row is
//! the one of then or the one of now, and goes only when the source has been seen to lack it. Not
//! here: reading what is there.

use super::{COPIED, COPIED_BY_THE_FIELD};
use alloc::vec::Vec;
use bytes::Bytes;
use core::cmp::Ordering;
use core::iter::Peekable;
use model::Key;
use model::change::Write;
use model::key::Subspace;

/// The subspaces that a copy comes in, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course(&'static [Subspace]);

impl Course {
    /// Of nodes of this kind.
    pub const OWN: Self = Self(&COPIED);
    /// Of the field.
    pub const FIELD: Self = Self(&COPIED_BY_THE_FIELD);

    /// How two keys come; none if one of them does not come at all.
    pub fn order(self, one: &Key, other: &Key) -> Option<Ordering> {
        let (one_at, other_at) = (self.at(one)?, self.at(other)?);
        Some(one_at.cmp(&other_at).then_with(|| one.cmp(other)))
    }

    /// The parts of the key space that lie after one key and up to another, the other included;
    /// from the beginning without the one, to the end without the other. Each from its first key
    /// to before its second.
    pub fn between(self, after: Option<&Key>, up_to: Option<&Key>) -> Vec<[Key; 2]> {
        let first = after.and_then(|key| self.at(key)).unwrap_or(0);
        let last = up_to.and_then(|key| self.at(key));
        let last = last.unwrap_or(self.0.len().saturating_sub(1));
        let mut parts = Vec::new();
        for (at, subspace) in self.0.iter().enumerate() {
            if at < first || at > last {
                continue;
            }
            let [mut from, mut to] = subspace.bounds();
            if let Some(after) = after.filter(|_| at == first) {
                from = after.next();
            }
            if let Some(up_to) = up_to.filter(|_| at == last) {
                to = up_to.next();
            }
            parts.push([from, to]);
        }
        parts
    }

    /// The rows of the course that are anywhere, part by part.
    pub fn all(self) -> Vec<[Key; 2]> {
        self.between(None, None)
    }

    fn at(self, key: &Key) -> Option<usize> {
        let subspace = key.subspace()?;
        self.0.iter().position(|it| *it == subspace)
    }
}

/// The writes that make what is here what came: rows that differ are put, those that the source
/// lacks are deleted. Both in order of their keys, of one part of the course; `is_theirs` says
/// whether a row would be with this source if it were anywhere.
///
/// # Errors
/// What reading `here` says.
pub fn merge<E>(
    came: &[(Key, Bytes)],
    here: impl Iterator<Item = Result<(Key, Bytes), E>>,
    is_theirs: impl Fn(&Key) -> bool,
) -> Result<Vec<Write>, E> {
    let mut writes = Vec::new();
    let mut here = here.peekable();
    for (key, octets) in came {
        delete_before(key, &mut here, &is_theirs, &mut writes)?;
        let mut is_same = false;
        if let Some(Ok((here_key, here_octets))) = here.peek()
            && here_key == key
        {
            is_same = here_octets == octets;
            here.next();
        }
        if !is_same {
            writes.push(Write {
                key: key.clone(),
                octets: Some(octets.clone()),
            });
        }
    }
    for row in here {
        let (key, _) = row?;
        if is_theirs(&key) {
            writes.push(Write { key, octets: None });
        }
    }
    Ok(writes)
}

fn delete_before<E>(
    key: &Key,
    here: &mut Peekable<impl Iterator<Item = Result<(Key, Bytes), E>>>,
    is_theirs: &impl Fn(&Key) -> bool,
    writes: &mut Vec<Write>,
) -> Result<(), E> {
    while let Some(row) = here.next_if(|row| row.as_ref().map_or(true, |(it, _)| it < key)) {
        let (key, _) = row?;
        if is_theirs(&key) {
            writes.push(Write { key, octets: None });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn key(text: &str) -> Key {
        Key::from_octets(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn the_field_sends_records_before_homes_and_we_by_key() {
        let (record, home) = (key("R\u{1}A"), key("H88"));
        assert_eq!(Course::FIELD.order(&record, &home), Some(Ordering::Less));
        assert_eq!(Course::OWN.order(&record, &home), Some(Ordering::Greater));
        assert_eq!(Course::FIELD.order(&record, &key("Qx")), None);
        assert_eq!(Course::OWN.order(&record, &key("P\u{1}")), None);
        assert_eq!(Course::OWN.order(&key(""), &record), None);
        assert!(COPIED.is_sorted());
    }

    #[test]
    fn what_lies_between_two_keys_goes_through_the_subspaces_between() {
        let parts = Course::OWN.between(Some(&key("H88")), Some(&key("R\u{1}A")));
        let expected = [
            [key("H88\0"), key("I")],
            [key("Q"), key("R")],
            [key("R"), key("R\u{1}A\0")],
        ];
        assert_eq!(parts, expected);
        let parts = Course::FIELD.between(Some(&key("R\u{1}A")), None);
        assert_eq!(parts, [[key("R\u{1}A\0"), key("S")], [key("H"), key("I")]]);
        let parts = Course::FIELD.between(Some(&key("R1")), Some(&key("R3")));
        assert_eq!(parts, [[key("R1\0"), key("R3\0")]]);
        assert_eq!(Course::OWN.all().len(), COPIED.len());
    }

    fn rows(rows: &BTreeMap<u8, u8>) -> Vec<(Key, Bytes)> {
        let row = |(&key, &octet): (&u8, &u8)| {
            let octets = Bytes::copy_from_slice(&[octet]);
            (
                Key::from_octets(Bytes::copy_from_slice(&[b'R', key])),
                octets,
            )
        };
        rows.iter().map(row).collect()
    }

    proptest! {
        /// Rows of others, here those with an odd key, stay as they are.
        #[test]
        fn merged_rows_are_those_that_came_and_those_of_others(
            came: BTreeMap<u8, u8>, here: BTreeMap<u8, u8>,
        ) {
            let is_even = |(key, _): &(u8, u8)| key.is_multiple_of(2);
            let came: BTreeMap<u8, u8> = came.into_iter().filter(is_even).collect();
            let is_theirs = |key: &Key| key.octets()[1].is_multiple_of(2);
            let before = rows(&here);
            let rows_here = before.clone().into_iter().map(Ok::<_, ()>);
            let writes = merge(&rows(&came), rows_here, is_theirs).unwrap();
            let mut after: BTreeMap<Key, Bytes> = before.clone().into_iter().collect();
            for Write { key, octets } in writes {
                let was = match octets.clone() {
                    Some(octets) => after.insert(key, octets),
                    None => after.remove(&key),
                };
                prop_assert_ne!(was, octets, "a write that changes nothing");
            }
            let others = before.into_iter().filter(|(key, _)| !is_theirs(key));
            let expected: BTreeMap<Key, Bytes> = others.chain(rows(&came)).collect();
            prop_assert_eq!(after, expected);
        }
    }
}
