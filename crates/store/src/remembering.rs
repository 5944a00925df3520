//! A view that keeps what was read of it last.
//!
//! Changes that are planned one after another on one view read the same few keys again and again:
//! the record of their prefix, who is at home there. A view never changes, so what was read once
//! need not be looked for a second time.
//!
//! Not here: what is kept for all views (`tables::hot`).

use crate::Error;
use crate::tables::{Moment, Range, View};
use bytes::Bytes;
use model::Key;
use std::cell::RefCell;

/// How many keys are kept. A plan reads about half as many, all but one of which the next plan
/// reads, too.
const KEPT_COUNT: usize = 8;

/// A view, and what was read of it last.
pub struct Remembering<V> {
    view: V,
    /// The one that was read last stands last.
    kept: RefCell<Vec<(Key, Option<Bytes>)>>,
}

impl<V> Remembering<V> {
    /// Of a view, of which nothing is kept yet.
    pub fn new(view: V) -> Self {
        Self {
            view,
            kept: RefCell::new(Vec::with_capacity(KEPT_COUNT)),
        }
    }
}

impl View for Remembering<Box<dyn View>> {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        let mut kept = self.kept.borrow_mut();
        if let Some(at) = kept.iter().rposition(|(before, _)| before == key) {
            kept[at..].rotate_left(1);
        } else {
            let found = self.view.get(key)?;
            if kept.len() == KEPT_COUNT {
                kept.remove(0);
            }
            kept.push((key.clone(), found));
        }
        Ok(kept.last().and_then(|(_, found)| found.clone()))
    }

    fn range(&self, from: &Key, to: &Key) -> Range<'_> {
        self.view.range(from, to)
    }

    fn moment(&self) -> Option<Moment> {
        self.view.moment()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Says under every key with an even number how it is called, and counts how often.
    struct Counting(Arc<AtomicUsize>);

    fn key(number: u8) -> Key {
        Key::from_octets(Bytes::copy_from_slice(&[number]))
    }

    impl View for Counting {
        fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let octets = Bytes::copy_from_slice(key.octets());
            Ok(octets[0].is_multiple_of(2).then_some(octets))
        }

        fn range(&self, _: &Key, _: &Key) -> Range<'_> {
            Box::new(std::iter::empty())
        }
    }

    fn counted() -> (Remembering<Box<dyn View>>, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let view: Box<dyn View> = Box::new(Counting(Arc::clone(&count)));
        (Remembering::new(view), count)
    }

    proptest! {
        #[test]
        fn it_says_what_the_view_says(numbers in prop::collection::vec(0_u8..20, 0..200)) {
            let (remembering, _) = counted();
            let (plain, _) = counted();
            for number in numbers {
                let read = plain.view.get(&key(number)).unwrap();
                prop_assert_eq!(remembering.get(&key(number)).unwrap(), read);
            }
        }
    }

    #[test]
    fn what_every_plan_reads_is_read_once() {
        let (remembering, count) = counted();
        let common = [200, 201, 202];
        for own in 0..100 {
            for number in common.into_iter().chain([own]) {
                remembering.get(&key(number)).unwrap();
            }
        }
        assert_eq!(count.load(Ordering::Relaxed), 100 + common.len());
    }
}
