//! Chance, drawn from a seed: always the same, so everything is reckoned here, in integers, and
//! nothing is left to the distributions of libraries. Not here: what is decided by it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Draws from one stream of a seed.
pub(super) struct Chance(ChaCha8Rng);

/// What is drawn. Streams of enterprises begin at 2^32.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    City(u8),
    Division(usize),
    Enterprise(u64),
}

impl Chance {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut stream_of_seed = ChaCha8Rng::from_seed(key);
        stream_of_seed.set_stream(match stream {
            Stream::City(at) => at.into(),
            Stream::Division(at) => 1 << 16 | at as u64,
            Stream::Enterprise(at) => (1 << 32) + at,
        });
        Self(stream_of_seed)
    }

    /// A number below another.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(end);
        (wide >> 32) as u32
    }

    /// A number around zero, at most so far from it; the nearer, the more often.
    pub(super) fn around(&mut self, most: u32) -> i64 {
        let wide = most + 1;
        i64::from(self.below(wide)) + i64::from(self.below(wide)) - i64::from(most)
    }
}
