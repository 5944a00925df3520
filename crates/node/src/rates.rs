//! How much one source may ask: a bucket of questions for each, refilled at a steady rate.
//!
//! A source is an address of IPv4 or a network of 64 bits of IPv6, for whoever has one address
//! there has them all. The table has a fixed size: a source is kept in one of the [`WAYS`] places
//! of its set, and the one that was silent longest makes room. So a flood from invented addresses
//! makes the node forget, never grow; who is forgotten begins with a full bucket.
//!
//! Not here: what a question beyond the limit is told (`reception`).

use crate::config::LimitsConfig;
use ipnet::IpNet;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How many sources share a set: enough that hardly anybody is forgotten before the table is full.
const WAYS: usize = 8;

/// Counts questions by source.
#[derive(Debug)]
pub(crate) struct Limiter {
    started: Instant,
    /// What one question takes from the bucket, in nanoseconds until it is refilled; 0: no limit.
    question_nanoseconds: AtomicU64,
    /// How much a full bucket holds.
    bucket_nanoseconds: AtomicU64,
    exempt: RwLock<Vec<IpNet>>,
    /// Chosen at random, so that nobody can choose addresses that share a set.
    hasher: RandomState,
    sets: Vec<Mutex<[Place; WAYS]>>,
}

/// One source's bucket.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    source: u64,
    /// When its bucket will be full again, in nanoseconds since the start.
    full_at: u64,
}

impl Limiter {
    pub(crate) fn new(config: &LimitsConfig) -> Self {
        let sets = config.sources_count_max.div_ceil(WAYS);
        let limiter = Self {
            started: Instant::now(),
            question_nanoseconds: AtomicU64::new(0),
            bucket_nanoseconds: AtomicU64::new(0),
            exempt: RwLock::default(),
            hasher: RandomState::new(),
            sets: (0..sets).map(|_| Mutex::default()).collect(),
        };
        limiter.set(config);
        limiter
    }

    /// Takes new limits, but for the size of the table.
    pub(crate) fn set(&self, config: &LimitsConfig) {
        let per_second = u64::from(config.questions_per_second);
        let second = Duration::from_secs(1).as_nanos() as u64;
        let question = second.checked_div(per_second).unwrap_or(0);
        let bucket = question.saturating_mul(config.questions_burst.into());
        self.bucket_nanoseconds.store(bucket, Ordering::Relaxed);
        self.question_nanoseconds.store(question, Ordering::Relaxed);
        let mut exempt = self.exempt.write().unwrap_or_else(PoisonError::into_inner);
        exempt.clone_from(&config.exempt);
    }

    /// Whether somebody may ask one more question now; if so, it counts.
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        let question = self.question_nanoseconds.load(Ordering::Relaxed);
        if question == 0 || self.is_exempt(peer) {
            return true;
        }
        let now = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take(source(peer), question, now)
    }

    fn is_exempt(&self, peer: IpAddr) -> bool {
        let exempt = self.exempt.read().unwrap_or_else(PoisonError::into_inner);
        let peer = peer.to_canonical();
        exempt.iter().any(|network| network.contains(&peer))
    }

    fn take(&self, source: u64, question: u64, now: u64) -> bool {
        let bucket = self.bucket_nanoseconds.load(Ordering::Relaxed);
        let at = self.hasher.hash_one(source) as usize % self.sets.len();
        let Some(set) = self.sets.get(at) else {
            return true;
        };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place_of(&mut set, source);
        let full_at = place.full_at.max(now).saturating_add(question);
        let is_admitted = full_at - now <= bucket;
        if is_admitted {
            place.full_at = full_at;
        }
        is_admitted
    }
}

/// The place of a source in its set; a new one takes that of whoever was silent longest.
fn place_of(set: &mut [Place; WAYS], source: u64) -> &mut Place {
    let held = set.iter().position(|place| place.source == source);
    let silent = || (0..WAYS).min_by_key(|&at| set[at].full_at).unwrap_or(0);
    let at = held.unwrap_or_else(silent);
    let place = &mut set[at];
    if place.source != source {
        *place = Place { source, full_at: 0 };
    }
    place
}

/// A number for each source. No network of IPv6 in use begins with 32 zeros, so none is taken for
/// an address of IPv4.
fn source(peer: IpAddr) -> u64 {
    match peer.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: u32, burst: u32, sources: usize) -> Limiter {
        Limiter::new(&LimitsConfig {
            questions_per_second: per_second,
            questions_burst: burst,
            sources_count_max: sources,
            exempt: vec!["127.0.0.0/8".parse().unwrap()],
            ..LimitsConfig::default()
        })
    }

    const MILLISECOND: u64 = 1_000_000;

    /// How many of so many questions at one moment are admitted.
    fn admitted(limiter: &Limiter, source: u64, questions: usize, now: u64) -> usize {
        let question = limiter.question_nanoseconds.load(Ordering::Relaxed);
        let admitted = |_: &usize| limiter.take(source, question, now);
        (0..questions).filter(admitted).count()
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let limiter = limiter(10, 5, 64);
        assert_eq!(admitted(&limiter, 1, 20, 0), 5);
        assert_eq!(admitted(&limiter, 1, 20, 99 * MILLISECOND), 0);
        assert_eq!(admitted(&limiter, 1, 20, 100 * MILLISECOND), 1);
        assert_eq!(admitted(&limiter, 1, 20, 400 * MILLISECOND), 3);
        assert_eq!(admitted(&limiter, 1, 20, 60_000 * MILLISECOND), 5);
        assert_eq!(
            admitted(&limiter, 2, 20, 60_000 * MILLISECOND),
            5,
            "another"
        );
    }

    #[test]
    fn zero_means_no_limit_and_some_networks_have_none() {
        let peer = "192.0.2.1".parse().unwrap();
        assert!((0..100).all(|_| limiter(0, 1, 64).admits(peer)));
        let strict = limiter(1, 1, 64);
        let asks = |peer: &str| strict.admits(peer.parse().unwrap());
        assert!(asks("192.0.2.1") && !asks("192.0.2.1"));
        assert!(!asks("::ffff:192.0.2.1"), "the same machine");
        assert!((0..100).all(|_| asks("127.0.0.9")));
        assert!(asks("2001:db8::1") && !asks("2001:db8::2"), "one network");
        assert!(asks("2001:db8:0:1::1"), "another network");
    }

    #[test]
    fn new_limits_hold_from_then_on() {
        let limiter = limiter(1, 1, 64);
        assert_eq!(admitted(&limiter, 1, 9, 0), 1);
        limiter.set(&LimitsConfig {
            questions_per_second: 1000,
            questions_burst: 4,
            ..LimitsConfig::default()
        });
        assert_eq!(admitted(&limiter, 1, 9, 2000 * MILLISECOND), 4);
    }

    #[test]
    fn a_flood_of_sources_makes_it_forget_and_not_grow() {
        let limiter = limiter(1, 1, 64);
        for source in 1..=100_000 {
            assert_eq!(admitted(&limiter, source, 2, source), 1);
        }
        assert_eq!(limiter.sets.len() * WAYS, 64);
        assert_eq!(admitted(&limiter, 1, 1, 100_001), 1, "forgotten long ago");
    }
}
