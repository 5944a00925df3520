//! Rows of many places that are read in the order of their keys.
//!
//! To seek a place in the tables costs about as much as to read a few dozen rows from there on:
//! every file and every group in memory that may hold it is looked into. Whoever wants thousands
//! of places sorts them and lets a cursor go from one to the next: it walks where the next is near,
//! and seeks anew where it is not.
//!
//! Not here: which rows of a place count.

use crate::Error;
use bytes::Bytes;
use model::Key;
use store::View;

/// How many rows are walked at most before the next place is sought: about as many as that costs.
const PATIENCE_MAX: usize = 16;

/// Goes through rows, and never back.
pub(crate) struct Cursor<'v> {
    view: &'v dyn View,
    end: Key,
    /// What follows the row at which it stands; `None` before the first place.
    rows: Option<store::Range<'v>>,
    /// Where it stands; `None` before the first place, and behind the last row.
    row: Option<(Key, Bytes)>,
    /// How many rows are walked now: less where that led nowhere, for histories may be long.
    patience: usize,
}

impl<'v> Cursor<'v> {
    /// Before the first row; none from `end` on is read.
    pub(crate) fn new(view: &'v dyn View, end: Key) -> Self {
        Self {
            view,
            end,
            rows: None,
            row: None,
            patience: PATIENCE_MAX,
        }
    }

    /// Goes on to the first row whose key is not before `to`, and shows it; `None` if none is.
    ///
    /// Places must come in order: what lies behind the cursor is not found any more.
    pub(crate) fn seek(&mut self, to: &[u8]) -> Result<Option<&(Key, Bytes)>, Error> {
        let mut steps = 0;
        while self.stands_before(to) {
            if self.rows.is_none() || steps == self.patience {
                let from = Key::from_octets(Bytes::copy_from_slice(to));
                self.rows = Some(self.view.range(&from, &self.end));
                self.patience = (self.patience / 2).max(1);
            }
            steps += 1;
            self.step()?;
        }
        if (1..=self.patience).contains(&steps) {
            self.patience = (self.patience * 2).min(PATIENCE_MAX);
        }
        Ok(self.row.as_ref())
    }

    /// Takes the row at which it stands, if its key is before `to`, and goes on to the next.
    pub(crate) fn take_before(&mut self, to: &[u8]) -> Result<Option<(Key, Bytes)>, Error> {
        if !self.stands_before(to) {
            return Ok(None);
        }
        let row = self.row.take();
        self.step()?;
        Ok(row)
    }

    fn stands_before(&self, to: &[u8]) -> bool {
        match &self.row {
            Some((key, _)) => key.octets()[..] < *to,
            None => self.rows.is_none(),
        }
    }

    fn step(&mut self) -> Result<(), Error> {
        self.row = match &mut self.rows {
            Some(rows) => rows.next().transpose()?,
            None => None,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored;
    use model::Change;
    use model::key::Subspace;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A place among those that observations have.
    fn place(octets: &[u8]) -> Vec<u8> {
        [&[Subspace::OBSERVATIONS.0], octets].concat()
    }

    fn key(octets: &[u8]) -> Key {
        Key::from_octets(place(octets).into())
    }

    /// A view that counts how often places are sought, and rows read.
    struct Counting {
        view: Box<dyn View>,
        sought: AtomicUsize,
        read: AtomicUsize,
    }

    impl Counting {
        /// Of keys under each of which its last octet is stored.
        fn over<'k>(keys: impl IntoIterator<Item = &'k Vec<u8>>) -> (tempfile::TempDir, Self) {
            let (folder, store) = stored::store();
            let mut change = Change::default();
            for octets in keys {
                let last = octets.last().copied().into_iter().collect::<Vec<_>>();
                change.put(key(octets), last.into());
            }
            if !change.is_empty() {
                store.commit(change).unwrap();
            }
            let view = store.view();
            let [sought, read] = [AtomicUsize::new(0), AtomicUsize::new(0)];
            (folder, Self { view, sought, read })
        }

        fn counted(&self) -> [usize; 2] {
            [&self.sought, &self.read].map(|count| count.load(Ordering::Relaxed))
        }
    }

    impl View for Counting {
        fn get(&self, key: &Key) -> Result<Option<Bytes>, store::Error> {
            self.view.get(key)
        }

        fn range(&self, from: &Key, to: &Key) -> store::Range<'_> {
            self.sought.fetch_add(1, Ordering::Relaxed);
            let rows = self.view.range(from, to);
            Box::new(rows.inspect(|_| {
                self.read.fetch_add(1, Ordering::Relaxed);
            }))
        }
    }

    #[test]
    fn neighbours_are_walked_to_and_what_is_far_is_sought() {
        let keys: Vec<_> = (0..200_u8).flat_map(|a| [vec![a, 0], vec![a, 1]]).collect();
        let (_folder, view) = Counting::over(&keys);
        let mut cursor = Cursor::new(&view, key(&[255]));
        for a in 0..200 {
            let (found, _) = cursor.seek(&place(&[a, 1])).unwrap().unwrap();
            assert_eq!(*found, key(&[a, 1]));
        }
        assert_eq!(view.counted(), [1, 399]);

        // Histories so long that walking through them would cost more than seeking.
        let keys: Vec<_> = (0..40_u8)
            .flat_map(|a| (0..=255).map(move |b| vec![a, b]))
            .collect();
        let (_folder, view) = Counting::over(&keys);
        let mut cursor = Cursor::new(&view, key(&[255]));
        for a in 0..40 {
            cursor.seek(&place(&[a, 3])).unwrap().unwrap();
        }
        let [sought, read] = view.counted();
        assert_eq!(sought, 40);
        assert!(read < 40 * 3 + PATIENCE_MAX, "{read} rows");
        assert!(cursor.seek(&place(&[250])).unwrap().is_none());
        assert!(cursor.seek(&place(&[251])).unwrap().is_none());
    }

    proptest! {
        /// Rising places are found as they are found one by one.
        #[test]
        fn what_is_found_is_there(
            keys in prop::collection::btree_set(prop::collection::vec(0..5_u8, 1..5), 0..150),
            mut places in prop::collection::vec(prop::collection::vec(0..6_u8, 0..5), 0..30),
        ) {
            let (_folder, view) = Counting::over(&keys);
            let stored: BTreeMap<Key, u8> =
                keys.iter().map(|octets| (key(octets), *octets.last().unwrap())).collect();
            places.sort();
            let mut cursor = Cursor::new(&view, key(&[5]));
            for octets in &places {
                let expected = stored.range(key(octets)..).next();
                let found = cursor.seek(&place(octets)).unwrap();
                prop_assert_eq!(found.map(|(key, octets)| (key, &octets[0])), expected);
            }
            let mut cursor = Cursor::new(&view, key(&[5]));
            for bounds in places.windows(2) {
                let [from, to] = [&bounds[0], &bounds[1]];
                cursor.seek(&place(from)).unwrap();
                let rows = std::iter::from_fn(|| cursor.take_before(&place(to)).unwrap());
                let rows: Vec<_> = rows.map(|(key, _)| key).collect();
                let expected = stored.range(key(from)..key(to)).map(|(key, _)| key);
                let expected: Vec<_> = expected.collect();
                prop_assert_eq!(rows.iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
