//! What can be set about answering any question for others: the table `[recursive]`.
//!
//! Not here: what is kept and for how long (room `engine`), finding who is responsible (room
//! `client`).

use super::settings::settings;
use super::tables::loopback;
use crate::elsewhere::under_way::UnderWayLimits;
use engine::recursive::CacheLimits;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The most walks under way: each may hold three sockets.
const WALKS_MAX: u64 = 65_536;

/// The most octets that may be kept.
const CACHE_OCTETS_MAX: u64 = 1 << 40;

const DAY: u64 = 86_400;

settings! {
    /// Answering any question for those who may ask: as a recursive resolver, which walks from the
    /// roots to whoever is responsible, and keeps what it is answered. At addresses of its own, on
    /// which nobody can register anything; so a node may answer for its own prefixes as well.
    RecursiveConfig {
        /// Addresses to listen on for such questions, each over UDP and TCP. None by default. Port
        /// 3641 is where clients of the Chinese system ask.
        listen: Vec<SocketAddr> = Vec::new(), Restart;
        /// The file with the sites of the roots, as clients have it in
        /// `~/.handle/bootstrap_handles`; relative to the data folder. Without it, that of
        /// `[elsewhere]`, and for a node that is itself the root, itself.
        roots_file: Option<PathBuf> = None, Restart;
        /// The file with the keys that are trusted (`anchors.json`, as `resolve --verify` reads
        /// it); relative to the data folder. With it an answer is told as trusted (TR) only if
        /// signatures over each of its values lead up to one of them, over certificates; what
        /// cannot be proven is told without. Several keys are trusted side by side, each from and
        /// until when it says: so a root's key is changed. Without it, TR says that each server on
        /// the way has signed.
        trust_roots: Option<PathBuf> = None, Restart;
        /// Networks that may ask; all others are told no (code 5). The default is this machine.
        /// `0.0.0.0/0` and `::/0` make an open resolver, which strangers use to reach others.
        asked_by: Vec<IpNet> = loopback(), AtOnce;
        /// Whether nodes in private networks are asked too, such as 10.0.0.0/8, though no root is
        /// in the same. Delegations name them, and strangers write those.
        private_networks: bool = false, Restart;
        /// Whether the flag by which clients of the field have every answer verified (CA) is taken
        /// at its word: then each answer that is not kept costs whoever gives it a signature, of
        /// which nodes give so many a second. Without it, what is asked for signed or trusted is
        /// verified, and CA is taken back in answers that were not.
        verifies_for_all: bool = false, Restart;
        /// How many seconds one walk may take.
        seconds_max: u64 = 8, Restart, 1..=60;
        /// How many walks may be under way at a time: one half of them for those who have shown
        /// that their address is theirs, one for those who only claim one. Beyond it the answer is
        /// code 3.
        walks_max: usize = 512, Restart, 2..=WALKS_MAX;
        /// How many of them for one source, but no more than an eighth of all; once a half is half
        /// full, only one.
        walks_per_source_max: usize = 32, Restart, 1..=WALKS_MAX;
        /// How many of them for identifiers of one prefix: no home that is slow or dead has all of
        /// them wait for it, whoever asks.
        walks_per_prefix_max: usize = 128, Restart, 1..=WALKS_MAX;
        /// How many questions may wait for walks: one half of them of those who have shown that
        /// their address is theirs, one of those who only claim one. Beyond it the answer is code
        /// 3.
        waiting_max: usize = 4096, Restart, 1..=1_000_000;
        /// How many of them of one source, but no more than an eighth of all; once a half is half
        /// full, only one.
        waiting_per_source_max: usize = 256, Restart, 1..=1_000_000;
        /// How many octets of answers are kept, about. What was not asked for lately makes room.
        cache_octets: u64 = 64 << 20, Restart, 0..=CACHE_OCTETS_MAX;
        /// For how many seconds values are kept at most, whatever their ttl says.
        ttl_seconds_max: u64 = DAY, Restart, 0..=7 * DAY;
        /// For how many seconds it is kept that there is no such identifier or value.
        negative_seconds: u64 = 60, Restart, 0..=DAY;
        /// For how many seconds nobody is asked again who did not answer.
        failure_seconds: u64 = 5, Restart, 0..=300;
        /// For how many seconds after its time an answer is told if nobody who is responsible
        /// answers; 0 for never. Such values have a ttl of 30 seconds at most.
        stale_seconds_max: u64 = DAY, Restart, 0..=7 * DAY;
        /// In which last part of its time, in hundredths, an answer that is asked for often is
        /// asked for anew before it is over; 0 for never.
        ahead_percent: u32 = 10, Restart, 0..=90;
    }
}

impl RecursiveConfig {
    /// What is kept for how long, in one of so many parts.
    pub(crate) fn cache(&self, parts: usize) -> CacheLimits {
        let octets = self.cache_octets / parts as u64;
        CacheLimits {
            octets_max: usize::try_from(octets).unwrap_or(usize::MAX),
            life_max: Duration::from_secs(self.ttl_seconds_max),
            negative_life: Duration::from_secs(self.negative_seconds),
            failure_life: Duration::from_secs(self.failure_seconds),
            stale_max: Duration::from_secs(self.stale_seconds_max),
            ahead_percent: self.ahead_percent,
        }
    }

    /// How many walks may be under way.
    pub(crate) fn walks(&self) -> UnderWayLimits {
        shared(self.walks_max, self.walks_per_source_max)
    }

    /// How many questions may wait for walks.
    pub(crate) fn waiting(&self) -> UnderWayLimits {
        shared(self.waiting_max, self.waiting_per_source_max)
    }
}

/// So many in total, and so many of them for one source: an eighth at most, which is half of what a
/// half may hold before each other source has but one. So no source alone does that to others.
fn shared(total: usize, per_source: usize) -> UnderWayLimits {
    UnderWayLimits {
        total,
        per_source: per_source.min((total / 8).max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elsewhere::under_way::UnderWay;
    use crate::visitor::Source;
    use std::net::IpAddr;

    /// However many one source is allowed, those that come after it have more than one each.
    #[test]
    fn one_source_leaves_others_their_share() {
        for config in [
            RecursiveConfig::default(),
            RecursiveConfig {
                walks_per_source_max: 512,
                waiting_per_source_max: 1_000_000,
                ..RecursiveConfig::default()
            },
        ] {
            for limits in [config.walks(), config.waiting()] {
                let under_way = UnderWay::new(limits);
                let greedy = Source::connected(IpAddr::from([192, 0, 2, 1]));
                let others = Source::connected(IpAddr::from([192, 0, 2, 2]));
                let many = (0..limits.total).map_while(|_| under_way.begin(greedy));
                let many: Vec<_> = many.collect();
                assert!(many.len() <= limits.total / 8, "{limits:?}");
                let some = [(); 8].map(|()| under_way.begin(others));
                assert!(some.iter().all(Option::is_some), "{limits:?}");
            }
        }
        assert_eq!(RecursiveConfig::default().walks().per_source, 32);
        assert_eq!(shared(2, 9).per_source, 1, "never none");
    }
}
