//! A run: writes that were gathered in memory, in any order, to go into table files at once.
//!
//! Not here: which writes make a run (`committer`), how tables take it.

use super::stored;
use bytes::Bytes;
use model::Key;
use model::change::Write;

/// The octets of a write beside those of its key and value, about.
const PLACE_OCTETS: usize = size_of::<Place>();

/// Many writes, kept as the tables will hold them. Of two under one key the later wins.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Keys and what is kept under them, one after the other.
    octets: Vec<u8>,
    places: Vec<Place>,
}

/// Where in the octets of a run a write stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: usize,
    key_octets: u32,
    /// None if the write deletes.
    value_octets: Option<u32>,
}

impl Run {
    /// Adds a write.
    pub(crate) fn add(&mut self, write: &Write) {
        let key = write.key.octets();
        let at = self.octets.len();
        self.octets.extend_from_slice(key);
        let value_octets = write.octets.as_ref().map(|octets| {
            let stored = stored::encode(key, octets);
            self.octets.extend_from_slice(&stored);
            stored.len() as u32
        });
        // A write fits a group of the log, which is far shorter than 4 GiB.
        let key_octets = key.len() as u32;
        self.places.push(Place {
            at,
            key_octets,
            value_octets,
        });
    }

    /// About how much memory it takes.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len() + self.places.len() * PLACE_OCTETS
    }

    /// Whether no write puts anything.
    pub(super) fn only_deletes(&self) -> bool {
        self.places.iter().all(|place| place.value_octets.is_none())
    }

    /// Puts the writes in the order of their keys, one for each key.
    pub(crate) fn sort(&mut self) {
        let octets = &self.octets;
        let shared = shared_prefix(octets, &self.places);
        let key = |place: &Place| place.key(octets).get(shared..).unwrap_or_default();
        // Most pairs are told apart by the first octets after what all keys share: comparing
        // those as a number saves the walk to both keys.
        let mut sorted: Vec<(u64, Place)> = self
            .places
            .iter()
            .map(|place| (leading(key(place)), *place))
            .collect();
        sorted
            .sort_by(|(first, a), (second, b)| first.cmp(second).then_with(|| key(a).cmp(key(b))));
        // The sort is stable: of equal keys the latest stands last.
        let mut kept: Vec<Place> = Vec::with_capacity(sorted.len());
        for (_, place) in sorted {
            match kept.last_mut() {
                Some(last) if key(last) == key(&place) => *last = place,
                _ => kept.push(place),
            }
        }
        self.places = kept;
    }

    /// The writes as they are kept: keys, and octets unless they delete.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let entry = |place: &Place| (place.key(&self.octets), place.value(&self.octets));
        self.places.iter().map(entry)
    }

    /// The writes as they were.
    pub(super) fn writes(&self) -> Result<Vec<Write>, crate::Error> {
        let write = |(key, kept): (&[u8], Option<&[u8]>)| {
            let octets = kept.map(|kept| stored::decode(key, kept)).transpose()?;
            let key = Key::from_octets(Bytes::copy_from_slice(key));
            Ok(Write { key, octets })
        };
        self.kept().map(write).collect()
    }
}

impl Place {
    fn key(self, octets: &[u8]) -> &[u8] {
        &octets[self.at..self.at + self.key_octets as usize]
    }

    fn value(self, octets: &[u8]) -> Option<&[u8]> {
        let at = self.at + self.key_octets as usize;
        self.value_octets
            .map(|length| &octets[at..at + length as usize])
    }
}

/// How many octets all keys begin with.
fn shared_prefix(octets: &[u8], places: &[Place]) -> usize {
    let Some((first, others)) = places.split_first() else {
        return 0;
    };
    let first = first.key(octets);
    others.iter().fold(first.len(), |shared, place| {
        let pairs = first[..shared].iter().zip(place.key(octets));
        pairs.take_while(|(a, b)| a == b).count()
    })
}

/// The first octets as a number that orders as they do, as far as it goes.
fn leading(octets: &[u8]) -> u64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(octets) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_sorted_run_is_the_map_of_its_writes(
            writes in prop::collection::vec(
                ("R[ab\0]{0,12}", prop::option::of(prop::collection::vec(any::<u8>(), 0..5))),
                0..60,
            ),
        ) {
            let mut run = Run::default();
            let mut map = BTreeMap::new();
            for (key, octets) in writes {
                let key = Key::from_octets(key.into());
                let octets = octets.map(Bytes::from);
                run.add(&Write { key: key.clone(), octets: octets.clone() });
                map.insert(key, octets);
            }
            run.sort();
            let expected: Vec<Write> =
                map.into_iter().map(|(key, octets)| Write { key, octets }).collect();
            prop_assert_eq!(run.writes().expect("it was kept"), expected);
        }
    }
}
