//! What walks leave to those after them: which servers records name, and how fast servers answer.
//!
//! Everything is bounded, and may be forgotten at any time. Not here: values that were asked for.

use super::limits::{HEAD_START, HEAD_START_FACTOR, HEAD_START_LEAST};
use super::service::{Named, Scope};
use crate::Moment;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, SuffixCase};

/// How much is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnowledgeLimits {
    /// How many records. Default: 4,096, the prefixes that a busy node meets in an hour.
    pub count_max: usize,
    /// How many octets they take, about. Default: 8 MiB.
    pub octets_max: usize,
    /// For how long at most, whatever the values say. Default: an hour, as clients of the field.
    pub life_max: Duration,
}

impl Default for KnowledgeLimits {
    fn default() -> Self {
        Self {
            count_max: 4096,
            octets_max: 8 << 20,
            life_max: Duration::from_hours(1),
        }
    }
}

/// How many servers' times are kept. Beyond it all are forgotten and measured anew.
const SERVERS_COUNT_MAX: usize = 4096;

/// How long a server that has failed is asked after the others.
const SHUNNED: Duration = Duration::from_mins(1);

/// What is added to the time of a server that has failed, in milliseconds: more than any other's.
const SHUNNED_MS: u32 = 1 << 20;

/// How many prefixes above one are looked for. The tree has four levels.
const ABOVE_MAX: usize = 8;

/// What walks have learned.
#[derive(Debug)]
pub struct Knowledge {
    limits: KnowledgeLimits,
    records: BTreeMap<RecordKey, Kept>,
    octets: usize,
    servers: BTreeMap<SocketAddr, Measured>,
}

/// The record of the prefix above the one that a record describes: of `0.NA/88` for `0.NA/88.118`.
/// None for one without a prefix above it, and for one of the root's own (`0.NA/0.X`).
pub(super) fn above(record: &Identifier) -> Option<Identifier> {
    let canonical = record.canonical(SuffixCase::Sensitive);
    let (head, prefix) = core::str::from_utf8(&canonical).ok()?.split_once('/')?;
    let (parent, last) = prefix
        .rsplit_once('.')
        .filter(|_| head == PREFIX_OF_PREFIXES)?;
    if parent.is_empty() || last.is_empty() || parent == "0" || parent.starts_with("0.") {
        return None;
    }
    [PREFIX_OF_PREFIXES, "/", parent].concat().parse().ok()
}

/// What was learned of a record: certified or not are two things, lest a stranger's word be taken
/// for a signed one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordKey {
    canonical: Vec<u8>,
    scope: Scope,
    is_certified: bool,
}

impl RecordKey {
    pub(super) fn new(record: &Identifier, scope: Scope, is_certified: bool) -> Self {
        Self {
            canonical: record.canonical(SuffixCase::Sensitive),
            scope,
            is_certified,
        }
    }
}

#[derive(Debug)]
struct Kept {
    named: Arc<Named>,
    until: Moment,
    used: Moment,
    octets: usize,
}

#[derive(Debug, Clone, Copy)]
struct Measured {
    /// 0 until it has answered.
    milliseconds: u32,
    has_answered: bool,
    shunned_until: Option<Moment>,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self::new(KnowledgeLimits::default())
    }
}

impl Knowledge {
    /// Nothing is known yet.
    pub fn new(limits: KnowledgeLimits) -> Self {
        Self {
            limits,
            records: BTreeMap::new(),
            octets: 0,
            servers: BTreeMap::new(),
        }
    }

    /// How many records are kept.
    pub fn records_count(&self) -> usize {
        self.records.len()
    }

    /// How many octets they take, about.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// What is known of a record. What was certified is good for everybody.
    pub(super) fn named(&mut self, key: &RecordKey, now: Moment) -> Option<Arc<Named>> {
        let certified = RecordKey {
            is_certified: true,
            ..key.clone()
        };
        for key in [&certified, key] {
            if let Some(kept) = self.records.get_mut(key)
                && now < kept.until
            {
                kept.used = now;
                return Some(Arc::clone(&kept.named));
            }
        }
        None
    }

    /// The nearest prefix above one whose delegation is known, as the record of that prefix, and to
    /// whom it is delegated. Of a prefix of very many parts only the nearest are looked for.
    pub(super) fn nearest_above(
        &mut self,
        record: &Identifier,
        is_certified: bool,
        now: Moment,
    ) -> Option<(Identifier, Arc<Named>)> {
        let mut record = record.clone();
        for _ in 0..ABOVE_MAX {
            record = above(&record)?;
            let key = RecordKey::new(&record, Scope::Derived, is_certified);
            if let Some(named) = self.named(&key, now) {
                return Some((record, named));
            }
        }
        None
    }

    /// Keeps what a record names, as long as its values allow.
    pub(super) fn keep(&mut self, key: RecordKey, named: &Named, now: Moment) {
        let life = Duration::from_secs(named.seconds.into()).min(self.limits.life_max);
        let octets = named.octets() + key.canonical.len();
        // What takes a large part of the room would drive the others out.
        if life.is_zero() || octets > self.limits.octets_max / 8 {
            return;
        }
        self.drop_record(&key);
        self.octets += octets;
        let kept = Kept {
            named: Arc::new(named.detached()),
            until: now + life,
            used: now,
            octets,
        };
        self.records.insert(key, kept);
        if self.is_full() {
            self.make_room(now);
        }
    }

    /// Forgets what is known of a record, however it was learned.
    pub(super) fn forget(&mut self, key: &RecordKey) {
        for is_certified in [true, false] {
            self.drop_record(&RecordKey {
                is_certified,
                ..key.clone()
            });
        }
    }

    /// Where a server stands among others: what it took last, in milliseconds.
    pub(super) fn rank(&self, server: SocketAddr, now: Moment) -> u32 {
        let Some(measured) = self.servers.get(&server) else {
            return 0;
        };
        let is_shunned = measured.shunned_until.is_some_and(|until| now < until);
        measured.milliseconds + if is_shunned { SHUNNED_MS } else { 0 }
    }

    /// How long a server may be silent before the next is asked too.
    pub(super) fn head_start(&self, server: SocketAddr) -> Duration {
        let measured = self.servers.get(&server).filter(|it| it.has_answered);
        measured.map_or(HEAD_START, |measured| {
            let usual = Duration::from_millis(measured.milliseconds.into());
            (usual * HEAD_START_FACTOR).clamp(HEAD_START_LEAST, HEAD_START)
        })
    }

    /// Notes that a server has answered. One answer moves the measure by a quarter.
    pub(super) fn note_answer(&mut self, server: SocketAddr, took: Duration) {
        let took = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        let took = took.min(SHUNNED_MS / 2);
        let before = self.servers.get(&server).filter(|it| it.has_answered);
        let milliseconds = before.map_or(took, |before| (before.milliseconds * 3 + took) / 4);
        self.measure(
            server,
            Measured {
                milliseconds,
                has_answered: true,
                shunned_until: None,
            },
        );
    }

    /// Notes that a server has failed.
    pub(super) fn note_failure(&mut self, server: SocketAddr, now: Moment) {
        let before = self.servers.get(&server);
        self.measure(
            server,
            Measured {
                milliseconds: before.map_or(0, |before| before.milliseconds),
                has_answered: before.is_some_and(|before| before.has_answered),
                shunned_until: Some(now + SHUNNED),
            },
        );
    }

    fn measure(&mut self, server: SocketAddr, measured: Measured) {
        if self.servers.len() >= SERVERS_COUNT_MAX && !self.servers.contains_key(&server) {
            self.servers.clear();
        }
        self.servers.insert(server, measured);
    }

    fn is_full(&self) -> bool {
        self.records.len() > self.limits.count_max || self.octets > self.limits.octets_max
    }

    /// Forgets what is over, and then the half that was not used for longest: seldom, so that a
    /// flood of new records costs little.
    fn make_room(&mut self, now: Moment) {
        self.retain(|kept| now < kept.until);
        while self.is_full() {
            let mut used: Vec<Moment> = self.records.values().map(|kept| kept.used).collect();
            let middle = used.len() / 2;
            let (_, &mut median, _) = used.select_nth_unstable(middle);
            self.retain(|kept| kept.used > median);
        }
    }

    fn retain(&mut self, keeps: impl Fn(&Kept) -> bool) {
        let octets = &mut self.octets;
        self.records.retain(|_, kept| {
            let stays = keeps(kept);
            if !stays {
                *octets -= kept.octets;
            }
            stays
        });
    }

    fn drop_record(&mut self, key: &RecordKey) {
        if let Some(kept) = self.records.remove(key) {
            self.octets -= kept.octets;
        }
    }
}
