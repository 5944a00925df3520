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
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, Weighter};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64_with_seed;

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
    cache: Option<Cache<KeptKey, Kept, KeptWeighter, KeptHasher>>,
    /// So that nobody can choose keys that get into each other's way.
    seed: u64,
    marks: Box<[AtomicU64]>,
    /// What was read last and not kept, by a part of its hash; beside each mark.
    ///
    /// Only what is read twice before something else takes its place here is kept: making room for
    /// what is never asked for again costs more than reading it.
    read_once: Box<[AtomicU32]>,
}

/// A key with its hash, so that it is computed once for everything.
struct KeptKey {
    hash: u64,
    key: Key,
}

/// A key that is looked up.
struct AskedKey<'k> {
    hash: u64,
    key: &'k Key,
}

/// Hands the hash of a key on.
#[derive(Default)]
struct HashOfKey(u64);

type KeptHasher = BuildHasherDefault<HashOfKey>;

#[derive(Clone)]
struct Kept {
    octets: Bytes,
    /// The number of the view that read it.
    read_at: u64,
}

#[derive(Clone)]
struct KeptWeighter;

impl Weighter<KeptKey, Kept> for KeptWeighter {
    fn weight(&self, kept_key: &KeptKey, kept: &Kept) -> u64 {
        (kept_key.key.octets().len() + kept.octets.len()) as u64 + ITEM_OCTETS
    }
}

impl Hot {
    /// Keeps about so many octets.
    pub(super) fn new(octets: u64) -> Self {
        let count = (octets / TYPICAL_OCTETS) as usize;
        let cache = (count > 0).then(|| {
            let hasher = KeptHasher::default();
            Cache::with(
                count,
                octets,
                KeptWeighter,
                hasher,
                DefaultLifecycle::default(),
            )
        });
        let marks = if cache.is_some() { MARKS_COUNT } else { 0 };
        Self {
            cache,
            seed: RandomState::new().hash_one(()),
            marks: (0..marks).map(|_| AtomicU64::new(0)).collect(),
            read_once: (0..marks).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// What a view with this number would read under the key, if that is known.
    pub(super) fn get(&self, key: &Key, view: u64) -> Option<Bytes> {
        let cache = self.cache.as_ref()?;
        let hash = self.hash(key);
        let kept = cache.get(&AskedKey { hash, key })?;
        let is_current = kept.read_at <= view && self.mark(hash) < kept.read_at;
        is_current.then_some(kept.octets)
    }

    /// Keeps what a view with this number has read, if it was read before not long ago. It must not
    /// be a window into more.
    pub(super) fn put(&self, key: &Key, octets: &Bytes, view: u64) {
        let Some(cache) = &self.cache else { return };
        let hash = self.hash(key);
        // What an older view read would only stand in the way.
        let is_stale = self.mark(hash) >= view;
        if is_stale || octets.len() > OCTETS_MAX || !self.was_read_before(hash) {
            return;
        }
        // The asker's key may be a window into a packet.
        let key = Key::from_octets(Bytes::copy_from_slice(key.octets()));
        let kept = Kept {
            octets: octets.clone(),
            read_at: view,
        };
        cache.insert(KeptKey { hash, key }, kept);
    }

    /// Says that a group with this number writes the key. To be said before any view has a number
    /// above it.
    pub(super) fn forget(&self, key: &Key, number: u64) {
        if self.cache.is_some() {
            self.marks[place(self.hash(key))].store(number, Ordering::Release);
        }
    }

    /// Says that so many keys are written by what has this number that all are taken to be.
    pub(super) fn forget_all(&self, number: u64) {
        for mark in &self.marks {
            mark.store(number, Ordering::Release);
        }
    }

    /// The number of the last group that wrote a key with the same mark.
    fn mark(&self, hash: u64) -> u64 {
        self.marks[place(hash)].load(Ordering::Acquire)
    }

    fn was_read_before(&self, hash: u64) -> bool {
        let part = (hash >> u32::BITS) as u32;
        self.read_once[place(hash)].swap(part, Ordering::Relaxed) == part
    }

    fn hash(&self, key: &Key) -> u64 {
        xxh3_64_with_seed(key.octets(), self.seed)
    }
}

/// The mark of a key with this hash.
fn place(hash: u64) -> usize {
    hash as usize % MARKS_COUNT
}

impl Hash for KeptKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for KeptKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for KeptKey {}

impl Hash for AskedKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<KeptKey> for AskedKey<'_> {
    fn equivalent(&self, kept: &KeptKey) -> bool {
        *self.key == kept.key
    }
}

impl Hasher for HashOfKey {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys hand their hash on as a number");
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

    /// Reads twice, as what is kept must be.
    fn put(hot: &Hot, text: &'static str, octets: &'static str, view: u64) {
        hot.put(&key(text), &octets.into(), view);
        hot.put(&key(text), &octets.into(), view);
    }

    #[test]
    fn what_is_read_once_is_not_kept() {
        let hot = hot();
        hot.put(&key("a"), &"1".into(), 5);
        assert_eq!(hot.get(&key("a"), 5), None);
        hot.put(&key("a"), &"1".into(), 5);
        assert_eq!(hot.get(&key("a"), 5).as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn what_was_read_is_found_by_views_from_then_on() {
        let hot = hot();
        put(&hot, "a", "1", 5);
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
        put(&hot, "a", "1", 5);
        hot.forget(&key("a"), 5);
        assert_eq!(hot.get(&key("a"), 6), None);
        // A view from before the group has read, and only now puts in what it read.
        put(&hot, "a", "1", 5);
        assert_eq!(hot.get(&key("a"), 6), None);
        put(&hot, "a", "2", 6);
        assert_eq!(hot.get(&key("a"), 6).as_deref(), Some(&b"2"[..]));
    }

    #[test]
    fn after_a_load_nothing_older_is_found() {
        let hot = hot();
        put(&hot, "a", "1", 5);
        hot.forget_all(7);
        assert_eq!(hot.get(&key("a"), 8), None);
    }

    #[test]
    fn it_stays_within_its_octets_and_keeps_nothing_if_there_are_none() {
        let hot = hot();
        for number in 0..10_000 {
            let key = Key::from_octets(format!("{number}").into());
            hot.put(&key, &Bytes::from(vec![0; 1000]), 1);
            hot.put(&key, &Bytes::from(vec![0; 1000]), 1);
        }
        let weight = hot.cache.as_ref().expect("there are octets").weight();
        assert!((1 << 19..=1 << 20).contains(&weight), "{weight}");
        let none = Hot::new(0);
        put(&none, "a", "1", 5);
        none.forget(&key("a"), 5);
        assert_eq!(none.get(&key("a"), 6), None);
    }
}
