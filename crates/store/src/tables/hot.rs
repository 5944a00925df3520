//! The hot layer: what was read lately, so that it need not be read from files again; also where
//! nothing was found, for that takes the longest to find out.
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

/// Which bits count reads; the others tell hashes apart.
const READS_MASK: u32 = 0b11;

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
    ///
    /// That there is nothing under a key is kept only if it is read three times: whoever registers
    /// an identifier reads twice that it is free, and nobody does afterwards.
    read_lately: Box<[AtomicU32]>,
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

/// What a view has read under a key: octets, or that there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read(pub(super) Option<Bytes>);

impl Read {
    fn octets_count(&self) -> usize {
        self.0.as_ref().map_or(0, Bytes::len)
    }
}

#[derive(Clone)]
struct Kept {
    read: Read,
    /// The number of the view that read it.
    read_at: u64,
}

#[derive(Clone)]
struct KeptWeighter;

impl Weighter<KeptKey, Kept> for KeptWeighter {
    fn weight(&self, kept_key: &KeptKey, kept: &Kept) -> u64 {
        (kept_key.key.octets().len() + kept.read.octets_count()) as u64 + ITEM_OCTETS
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
            read_lately: (0..marks).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// What a view with this number would read under the key, if that is known.
    pub(super) fn get(&self, key: &Key, view: u64) -> Option<Read> {
        let cache = self.cache.as_ref()?;
        let hash = self.hash(key);
        let kept = cache.get(&AskedKey { hash, key })?;
        let is_current = kept.read_at <= view && self.mark(hash) < kept.read_at;
        is_current.then_some(kept.read)
    }

    /// Keeps what a view with this number has read, if it was read before not long ago. It must not
    /// be a window into more.
    pub(super) fn put(&self, key: &Key, read: &Read, view: u64) {
        let Some(cache) = &self.cache else { return };
        let hash = self.hash(key);
        // What an older view read would only stand in the way.
        let is_stale = self.mark(hash) >= view;
        if is_stale || read.octets_count() > OCTETS_MAX {
            return;
        }
        let reads_needed = if read.0.is_some() { 1 } else { 2 };
        if self.count_read(hash) < reads_needed {
            return;
        }
        // The asker's key may be a window into a packet.
        let key = Key::from_octets(Bytes::copy_from_slice(key.octets()));
        let kept = Kept {
            read: read.clone(),
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

    /// Whether no group since a view with this number has written the key, or one with its mark.
    pub(super) fn is_unwritten_since(&self, key: &Key, view: u64) -> bool {
        self.cache.is_some() && self.mark(self.hash(key)) < view
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

    /// How often what has this hash was read lately before now: 0, 1, or 2 for more.
    fn count_read(&self, hash: u64) -> u32 {
        let part = (hash >> u32::BITS) as u32 & !READS_MASK;
        let place = &self.read_lately[place(hash)];
        let before = place.load(Ordering::Relaxed);
        let reads = if before & !READS_MASK == part {
            before & READS_MASK
        } else {
            0
        };
        place.store(part | (reads + 1).min(2), Ordering::Relaxed);
        reads
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

    fn read(octets: &'static str) -> Read {
        Read(Some(octets.into()))
    }

    /// Reads twice, as what is kept must be.
    fn put(hot: &Hot, text: &'static str, octets: &'static str, view: u64) {
        hot.put(&key(text), &read(octets), view);
        hot.put(&key(text), &read(octets), view);
    }

    #[test]
    fn what_is_read_once_is_not_kept() {
        let hot = hot();
        hot.put(&key("a"), &read("1"), 5);
        assert_eq!(hot.get(&key("a"), 5), None);
        hot.put(&key("a"), &read("1"), 5);
        assert_eq!(hot.get(&key("a"), 5), Some(read("1")));
    }

    #[test]
    fn what_was_read_is_found_by_views_from_then_on() {
        let hot = hot();
        put(&hot, "a", "1", 5);
        assert_eq!(hot.get(&key("a"), 5), Some(read("1")));
        assert_eq!(hot.get(&key("a"), 9), Some(read("1")));
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
        assert_eq!(hot.get(&key("a"), 6), Some(read("2")));
    }

    #[test]
    fn that_there_is_nothing_is_kept_until_there_is_something() {
        let hot = hot();
        for _ in 0..2 {
            hot.put(&key("a"), &Read(None), 5);
            assert_eq!(hot.get(&key("a"), 5), None, "it was not read three times");
        }
        hot.put(&key("a"), &Read(None), 5);
        assert_eq!(hot.get(&key("a"), 5), Some(Read(None)));
        hot.forget(&key("a"), 6);
        assert_eq!(hot.get(&key("a"), 7), None, "somebody writes it");
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
            hot.put(&key, &Read(Some(vec![0; 1000].into())), 1);
            hot.put(&key, &Read(Some(vec![0; 1000].into())), 1);
        }
        let weight = hot.cache.as_ref().expect("there are octets").weight();
        assert!((1 << 19..=1 << 20).contains(&weight), "{weight}");
        let none = Hot::new(0);
        put(&none, "a", "1", 5);
        none.forget(&key("a"), 5);
        assert_eq!(none.get(&key("a"), 6), None);
    }
}
