//! The hot layer: what was read lately, so that it need not be read from files again.
//!
//! Views are snapshots, so what is kept carries the number of the view that read it, and every key
//! has a *mark*, the number of the last group that wrote it or a key with the same mark. Something
//! kept is what a view would read itself if
//!
//! - the view's number is not below the number it was read at, and
//! - no group since has written the key: the mark is below that number.
//!
//! A group sets its marks before its number is shown to any view. So a view that sees the group
//! also sees its marks, and takes nothing that was read before it, whenever that was put in; a
//! view that does not see the group may find the mark set already, and reads for itself. Nothing
//! is ever put right or taken out by the committer: a mark is one store.
//!
//! Not here: what is kept in blocks by the tree itself.

use bytes::Bytes;
use model::Key;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// How many marks there are: 512 KiB. A write makes one part in so many of what is kept useless.
const MARKS_COUNT: usize = 1 << 16;

/// What something kept costs beside its octets: its place in the cache, its counters.
const ITEM_OCTETS: u64 = 150;

/// A record as long as this is looked up so rarely beside many short ones that it is not kept.
const OCTETS_MAX: usize = 16 << 10;

/// What a typical record takes; the cache sizes its tables by it.
const TYPICAL_OCTETS: u64 = 512;

pub(super) struct Hot {
    /// `None` if nothing shall be kept.
    cache: Option<Cache<Key, Kept, KeptWeighter>>,
    marks: Box<[AtomicU64]>,
}

#[derive(Clone)]
struct Kept {
    octets: Bytes,
    /// The number of the view that read it.
    read_at: u64,
}

#[derive(Clone)]
struct KeptWeighter;

impl Weighter<Key, Kept> for KeptWeighter {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        (key.octets().len() + kept.octets.len()) as u64 + ITEM_OCTETS
    }
}

impl Hot {
    /// Keeps about so many octets.
    pub(super) fn new(octets: u64) -> Self {
        let count = (octets / TYPICAL_OCTETS) as usize;
        let cache = (count > 0).then(|| Cache::with_weighter(count, octets, KeptWeighter));
        let marks = if cache.is_some() { MARKS_COUNT } else { 0 };
        Self {
            cache,
            marks: (0..marks).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// What a view with this number would read under the key, if that is known.
    pub(super) fn get(&self, key: &Key, view: u64) -> Option<Bytes> {
        let kept = self.cache.as_ref()?.get(key)?;
        let is_current =
            kept.read_at <= view && self.mark(key)?.load(Ordering::Acquire) < kept.read_at;
        is_current.then_some(kept.octets)
    }

    /// Keeps what a view with this number has read. It must not be a window into more.
    pub(super) fn put(&self, key: &Key, octets: &Bytes, view: u64) {
        let Some(cache) = &self.cache else { return };
        // What an older view read would only stand in the way.
        let is_stale = self
            .mark(key)
            .is_some_and(|mark| mark.load(Ordering::Acquire) >= view);
        if is_stale || octets.len() > OCTETS_MAX {
            return;
        }
        // The asker's key may be a window into a packet.
        let key = Key::from_octets(Bytes::copy_from_slice(key.octets()));
        let kept = Kept {
            octets: octets.clone(),
            read_at: view,
        };
        cache.insert(key, kept);
    }

    /// Says that a group with this number writes the key. To be said before any view has a number
    /// above it.
    pub(super) fn forget(&self, key: &Key, number: u64) {
        if let Some(mark) = self.mark(key) {
            mark.store(number, Ordering::Release);
        }
    }

    /// Says that so many keys are written by what has this number that all are taken to be.
    pub(super) fn forget_all(&self, number: u64) {
        for mark in &self.marks {
            mark.store(number, Ordering::Release);
        }
    }

    fn mark(&self, key: &Key) -> Option<&AtomicU64> {
        let place = xxh3_64(key.octets()) as usize % MARKS_COUNT;
        self.marks.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &'static str) -> Key {
        Key::from_octets(text.into())
    }

    fn hot() -> Hot {
        Hot::new(1 << 20)
    }

    #[test]
    fn what_was_read_is_found_by_views_from_then_on() {
        let hot = hot();
        hot.put(&key("a"), &"1".into(), 5);
        assert_eq!(hot.get(&key("a"), 5).as_deref(), Some(&b"1"[..]));
        assert_eq!(hot.get(&key("a"), 9).as_deref(), Some(&b"1"[..]));
        assert_eq!(
            hot.get(&key("a"), 4),
            None,
            "it may not have been there yet"
        );
        assert_eq!(hot.get(&key("b"), 5), None);
    }

    #[test]
    fn what_is_written_is_not_found_even_if_it_was_put_in_late() {
        let hot = hot();
        hot.put(&key("a"), &"1".into(), 5);
        hot.forget(&key("a"), 5);
        assert_eq!(hot.get(&key("a"), 6), None);
        // A view from before the group has read, and only now puts in what it read.
        hot.put(&key("a"), &"1".into(), 5);
        assert_eq!(hot.get(&key("a"), 6), None);
        hot.put(&key("a"), &"2".into(), 6);
        assert_eq!(hot.get(&key("a"), 6).as_deref(), Some(&b"2"[..]));
    }

    #[test]
    fn after_a_load_nothing_older_is_found() {
        let hot = hot();
        hot.put(&key("a"), &"1".into(), 5);
        hot.forget_all(7);
        assert_eq!(hot.get(&key("a"), 8), None);
    }

    #[test]
    fn it_stays_within_its_octets_and_keeps_nothing_if_there_are_none() {
        let hot = hot();
        for number in 0..10_000 {
            let key = Key::from_octets(format!("{number}").into());
            hot.put(&key, &Bytes::from(vec![0; 1000]), 1);
        }
        let weight = hot.cache.as_ref().expect("there are octets").weight();
        assert!(weight <= 1 << 20, "{weight}");
        let none = Hot::new(0);
        none.put(&key("a"), &"1".into(), 5);
        none.forget(&key("a"), 5);
        assert_eq!(none.get(&key("a"), 6), None);
    }
}
