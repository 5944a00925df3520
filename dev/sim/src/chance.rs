//! Chance, drawn from a seed: the only randomness of a history.
//!
//! A seed must give the same history in ten years, on every machine, or the seed in a bug report
//! is worth nothing. So everything is drawn from the stream of `ChaCha8`, which is written down
//! once and for all; the key is made of the seed here, not by a library that may change its mind;
//! and numbers become choices by the arithmetic in this file, for the distributions of libraries
//! do change between their versions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ops::RangeInclusive;

/// Draws from one stream of a seed.
pub(crate) struct Chance(ChaCha8Rng);

/// Says what is decided. Each purpose has a stream of its own, so that a new choice in one does
/// not change the others. Numbers are never used again for another purpose.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// What is registered and asked.
    Workload = 1,
    /// What happens to datagrams and connections.
    Network = 2,
    /// What strangers send.
    Strays = 3,
    /// What administrators are there and what they want.
    Orders = 4,
    /// What happens to what administrators send.
    Post = 5,
    /// When the node crashes, and how long it takes over things.
    Node = 6,
    /// The randomness that the rooms are given.
    Provider = 7,
    /// How members' disks and clocks are, and what becomes of what they send each other.
    Members = 8,
    /// What is asked of the members, and by whom.
    Operators = 9,
    /// What the holders of data sets do.
    Writers = 10,
    /// When members crash and are cut off.
    Faults = 11,
}

impl Chance {
    /// The stream of a seed for a purpose.
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(purpose as u64);
        Self(stream)
    }

    /// A number from 0 to below `limit`; 0 if the limit is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let product = u128::from(self.0.next_u64()) * limit as u128;
        (product >> 64) as usize
    }

    /// A number of a range, both ends included.
    pub(crate) fn between(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// Whether something happens that does `per_mille` times in a thousand.
    pub(crate) fn happens(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// A step of a clock, either way, of so many seconds at most.
    pub(crate) fn step(&mut self, most: u16) -> i32 {
        let step = self.below(2 * usize::from(most) + 1) as u16;
        i32::from(step) - i32::from(most)
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    /// Any number of 32 bits.
    pub(crate) fn number(&mut self) -> u32 {
        self.0.next_u64() as u32
    }

    /// Any octets, so many.
    pub(crate) fn octets(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number() as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first octets of the key stream of `ChaCha8` with a key and a nonce of zeros, as the
    /// vectors of its specification give them: should this fail, all seeds have lost their meaning.
    #[test]
    fn the_stream_is_that_of_the_specification() {
        let mut stream = ChaCha8Rng::from_seed([0; 32]);
        let mut octets = [0; 16];
        stream.fill_bytes(&mut octets);
        assert_eq!(hex::encode(octets), "3e00ef2f895f40d67f5bb8e81f09a5a1");
    }

    #[test]
    fn choices_stay_what_they_were() {
        let mut chance = Chance::new(7, Purpose::Workload);
        let drawn: Vec<usize> = (0..8).map(|_| chance.below(1000)).collect();
        assert_eq!(drawn, [934, 281, 963, 796, 804, 544, 631, 319]);
        let mut other = Chance::new(7, Purpose::Network);
        assert_ne!(drawn[0], other.below(1000));
    }

    #[test]
    fn choices_keep_to_their_range() {
        let mut chance = Chance::new(1, Purpose::Network);
        let mut drawn: Vec<usize> = (0..200).map(|_| chance.between(3..=6)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [3, 4, 5, 6]);
        assert!(!chance.happens(0) && chance.happens(1000));
    }
}
