//! What is kept of answers: for how long, how much of it, and when it is asked for anew.
//!
//! | an entry is | from | until | and then |
//! | --- | --- | --- | --- |
//! | fresh | its answer | its ttl or a cap | answers at once |
//! | due | the last tenth of that, if it is asked for often | the same | answers; walk meanwhile |
//! | stale | then | the stale cap | answers only if whoever is responsible was asked in vain |
//!
//! That an answer could not be had is kept too, for moments: else every question for a dead node
//! would be a walk. What takes the place of what is decided by a clock hand: what was not asked for
//! since it passed makes room. Verified answers and others are kept side by side, never in each
//! other's place; a verified one is good for everybody.
//!
//! Time and hashes are arguments: whoever hashes must see to it that strangers cannot choose keys
//! whose hashes are equal. Not here: who waits for a walk ([`super::flights`]).

use super::demand::{Trust, Wanted};
use super::said::Said;
use crate::Moment;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use hashbrown::HashTable;

/// What something kept costs beside its octets: its place in the table, its counters.
const ITEM_OCTETS: usize = 256;

/// How often an entry must have been asked for to be asked for anew before its time is over.
const BUSY_HITS: u32 = 3;

/// What lives shorter than this is not asked for ahead of its end: that would be all the time.
const AHEAD_LIFE_MIN: Duration = Duration::from_secs(10);

/// How much is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// How many octets, about. Beyond it what was not asked for lately makes room.
    pub octets_max: usize,
    /// For how long values are kept at most, whatever they say.
    pub life_max: Duration,
    /// For how long it is kept that there is nothing. The protocol has no field for it.
    pub negative_life: Duration,
    /// For how long it is kept that nobody has answered.
    pub failure_life: Duration,
    /// For how long after its life an answer may be told if nobody else answers.
    pub stale_max: Duration,
    /// In which last part of its life a busy entry is asked for anew, in hundredths; 0 for none.
    pub ahead_percent: u32,
}

impl Default for CacheLimits {
    /// As in the field where it has a habit: a day, as values live; a minute; some seconds (RFC
    /// 9520 section 3.2); a day (RFC 8767 section 5); a tenth.
    fn default() -> Self {
        Self {
            octets_max: 64 << 20,
            life_max: Duration::from_hours(24),
            negative_life: Duration::from_mins(1),
            failure_life: Duration::from_secs(5),
            stale_max: Duration::from_hours(24),
            ahead_percent: 10,
        }
    }
}

/// What was looked up so far, and what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// Found fresh, with values.
    pub hits: u64,
    /// Found fresh: that there is nothing.
    pub negative_hits: u64,
    /// Found, too old, and told all the same.
    pub stale_hits: u64,
    /// Found that nobody answers.
    pub failure_hits: u64,
    /// Not found.
    pub misses: u64,
    /// Made room for others.
    pub evicted: u64,
    /// How many identifiers and questions there is something of.
    pub entries: u64,
    /// How many octets they take, about.
    pub octets: u64,
}

/// Something kept, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What was answered.
    pub said: Arc<Said>,
    /// How many seconds ago; none if it is too old by now.
    pub age_seconds: Option<u32>,
    /// Whether it was verified.
    pub trust: Trust,
    /// Whether a walk for it is to be made now, while this is told.
    pub is_due: bool,
}

/// What there is under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// This.
    Found(Hit),
    /// Whoever is responsible was asked in vain a moment ago.
    Failed,
    /// Nothing.
    Nothing,
}

/// Keeps answers.
#[derive(Debug)]
pub struct Cache {
    limits: CacheLimits,
    table: HashTable<usize>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    hand: usize,
    octets: usize,
    counts: CacheCounts,
}

#[derive(Debug)]
struct Slot {
    hash: u64,
    key: Box<[u8]>,
    /// Whether it was asked for since the hand passed.
    was_used: bool,
    verified: Side,
    plain: Side,
}

/// What there is of one trust.
#[derive(Debug, Default)]
struct Side {
    kept: Option<Kept>,
    /// Until when nobody is asked again: they did not answer.
    failed_until: Option<Moment>,
}

#[derive(Debug)]
struct Kept {
    said: Arc<Said>,
    since: Moment,
    until: Moment,
    hits: u32,
    is_being_renewed: bool,
}

impl Side {
    fn octets(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.said.octets())
    }

    fn fresh(&mut self, now: Moment) -> Option<&mut Kept> {
        self.kept.as_mut().filter(|kept| now < kept.until)
    }

    fn has_failed(&self, now: Moment) -> bool {
        self.failed_until.is_some_and(|until| now < until)
    }

    /// Whether there is nothing any more that could be of use.
    fn is_over(&self, now: Moment, stale_max: Duration) -> bool {
        let is_gone = |kept: &Kept| now >= kept.until + stale_max;
        self.kept.as_ref().is_none_or(is_gone) && !self.has_failed(now)
    }
}

impl Kept {
    /// Counts that it was asked for, and says whether to walk for it now.
    fn ask(&mut self, now: Moment, ahead_percent: u32) -> bool {
        self.hits = self.hits.saturating_add(1);
        let life = self.since.until(self.until);
        let is_near = now.until(self.until) * 100 < life * ahead_percent;
        let is_due =
            is_near && self.hits >= BUSY_HITS && life >= AHEAD_LIFE_MIN && !self.is_being_renewed;
        self.is_being_renewed |= is_due;
        is_due
    }

    fn age_seconds(&self, now: Moment) -> u32 {
        u32::try_from(self.since.until(now).as_secs()).unwrap_or(u32::MAX)
    }
}

impl Slot {
    fn side(&mut self, trust: Trust) -> &mut Side {
        match trust {
            Trust::Verified => &mut self.verified,
            Trust::Plain => &mut self.plain,
        }
    }

    fn octets(&self) -> usize {
        self.key.len() + self.verified.octets() + self.plain.octets() + ITEM_OCTETS
    }
}

impl Cache {
    /// Nothing is kept yet.
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            limits,
            table: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            hand: 0,
            octets: 0,
            counts: CacheCounts::default(),
        }
    }

    /// Looks for an answer that an asker takes, and counts it if there is one.
    pub fn look(&mut self, hash: u64, key: &[u8], wanted: Wanted, now: Moment) -> Looked {
        let looked = self.find(hash, key, wanted, now);
        let count = match &looked {
            Looked::Found(hit) if hit.age_seconds.is_none() => &mut self.counts.stale_hits,
            Looked::Found(hit) if matches!(*hit.said, Said::Values(_)) => &mut self.counts.hits,
            Looked::Found(_) => &mut self.counts.negative_hits,
            Looked::Failed => &mut self.counts.failure_hits,
            Looked::Nothing => return looked,
        };
        *count += 1;
        looked
    }

    fn find(&mut self, hash: u64, key: &[u8], wanted: Wanted, now: Moment) -> Looked {
        let ahead_percent = self.limits.ahead_percent;
        let Some(slot) = self.slot(hash, key) else {
            return Looked::Nothing;
        };
        slot.was_used = true;
        for trust in [Trust::Verified, Trust::Plain] {
            let takes = trust == Trust::Verified || wanted == Wanted::Any;
            if takes && let Some(kept) = slot.side(trust).fresh(now) {
                return Looked::Found(Hit {
                    said: Arc::clone(&kept.said),
                    age_seconds: Some(kept.age_seconds(now)),
                    trust,
                    is_due: kept.ask(now, ahead_percent),
                });
            }
        }
        // What is preferred verified, but cannot be had so, was looked for otherwise last.
        let last = *wanted.trusts().last().unwrap_or(&Trust::Plain);
        if !slot.side(last).has_failed(now) {
            if wanted == Wanted::Preferred
                && slot.verified.has_failed(now)
                && let Some(kept) = slot.plain.fresh(now)
            {
                return Looked::Found(Hit {
                    said: Arc::clone(&kept.said),
                    age_seconds: Some(kept.age_seconds(now)),
                    trust: Trust::Plain,
                    is_due: false,
                });
            }
            return Looked::Nothing;
        }
        self.stale(hash, key, wanted, now)
            .map_or(Looked::Failed, Looked::Found)
    }

    /// Values that are too old, for want of better ones; but not that there was nothing, which may
    /// have changed. Who demands verified ones gets none: that it was true once is no proof.
    pub fn stale(&mut self, hash: u64, key: &[u8], wanted: Wanted, now: Moment) -> Option<Hit> {
        let stale_max = self.limits.stale_max;
        let slot = self
            .slot(hash, key)
            .filter(|_| wanted != Wanted::Demanded)?;
        let sides = [&slot.plain, &slot.verified].into_iter();
        let kept = sides.filter_map(|side| side.kept.as_ref());
        let kept = kept.filter(|kept| now < kept.until + stale_max);
        let newest = kept.max_by_key(|kept| kept.since)?;
        if !matches!(*newest.said, Said::Values(_)) {
            return None;
        }
        Some(Hit {
            said: Arc::clone(&newest.said),
            age_seconds: None,
            trust: Trust::Plain,
            is_due: false,
        })
    }

    /// Counts a question that nothing is kept for.
    pub fn count_miss(&mut self) {
        self.counts.misses += 1;
    }

    /// Counts an answer that was told though it is too old, outside of [`Cache::look`].
    pub fn count_stale(&mut self) {
        self.counts.stale_hits += 1;
    }

    /// Keeps what was answered, for so many seconds if it is values. What there was of the same
    /// trust is forgotten, also if this may not be kept.
    pub fn keep(
        &mut self,
        hash: u64,
        key: &[u8],
        trust: Trust,
        (said, seconds): (Arc<Said>, u32),
        now: Moment,
    ) {
        let life = match &*said {
            Said::Values(_) => Duration::from_secs(seconds.into()).min(self.limits.life_max),
            Said::NoSuchValues | Said::NotRegistered => self.limits.negative_life,
        };
        let is_kept = !life.is_zero() && self.has_room_for(key.len() + said.octets());
        let kept = is_kept.then(|| Kept {
            said,
            since: now,
            until: now + life,
            hits: 0,
            is_being_renewed: false,
        });
        let failed_until = None;
        self.set(hash, key, trust, now, |side| {
            *side = Side { kept, failed_until };
        });
    }

    /// Notes that nobody has answered. What was answered before stays. A question that is so long
    /// that it would drive others out is not noted.
    pub fn note_failure(&mut self, hash: u64, key: &[u8], trust: Trust, now: Moment) {
        if !self.has_room_for(key.len()) {
            return;
        }
        let until = now + self.limits.failure_life;
        self.set(hash, key, trust, now, |side| {
            side.failed_until = Some(until);
            if let Some(kept) = &mut side.kept {
                kept.is_being_renewed = false;
            }
        });
    }

    /// What happened so far, and what is kept.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts {
            entries: self.table.len() as u64,
            octets: self.octets as u64,
            ..self.counts
        }
    }

    fn set(
        &mut self,
        hash: u64,
        key: &[u8],
        trust: Trust,
        now: Moment,
        change: impl FnOnce(&mut Side),
    ) {
        let at = self.at(hash, key).unwrap_or_else(|| self.add(hash, key));
        let stale_max = self.limits.stale_max;
        let Some(slot) = self.slots.get_mut(at).and_then(Option::as_mut) else {
            return;
        };
        let before = slot.octets();
        change(slot.side(trust));
        let is_over = slot.plain.is_over(now, stale_max) && slot.verified.is_over(now, stale_max);
        self.octets = self.octets - before + slot.octets();
        if is_over {
            self.remove(at);
        }
        self.make_room(now);
    }

    /// Whether something of so many octets may be kept: what takes a large part of the room would
    /// drive the others out.
    fn has_room_for(&self, octets: usize) -> bool {
        octets + ITEM_OCTETS <= self.limits.octets_max / 8
    }

    fn at(&self, hash: u64, key: &[u8]) -> Option<usize> {
        let slots = &self.slots;
        let is_it = |&at: &usize| {
            let slot = slots.get(at).and_then(Option::as_ref);
            slot.is_some_and(|slot| slot.hash == hash && *slot.key == *key)
        };
        self.table.find(hash, is_it).copied()
    }

    fn slot(&mut self, hash: u64, key: &[u8]) -> Option<&mut Slot> {
        let at = self.at(hash, key)?;
        self.slots.get_mut(at)?.as_mut()
    }

    fn add(&mut self, hash: u64, key: &[u8]) -> usize {
        let slot = Slot {
            hash,
            key: key.into(),
            was_used: false,
            verified: Side::default(),
            plain: Side::default(),
        };
        self.octets += slot.octets();
        let at = self.free.pop().unwrap_or(self.slots.len());
        match self.slots.get_mut(at) {
            Some(place) => *place = Some(slot),
            None => self.slots.push(Some(slot)),
        }
        let slots = &self.slots;
        let hash_of = |&at: &usize| {
            let slot = slots.get(at).and_then(Option::as_ref);
            slot.map_or(0, |slot| slot.hash)
        };
        self.table.insert_unique(hash, at, hash_of);
        at
    }

    fn remove(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at).and_then(Option::take) else {
            return;
        };
        self.octets -= slot.octets();
        self.free.push(at);
        if let Ok(entry) = self.table.find_entry(slot.hash, |&its| its == at) {
            entry.remove();
        }
    }

    /// Moves the hand until there is room. What is over goes, and what was not asked for since the
    /// hand passed; so it comes to an end in two rounds.
    fn make_room(&mut self, now: Moment) {
        let stale_max = self.limits.stale_max;
        while self.octets > self.limits.octets_max {
            let at = self.hand;
            self.hand = (at + 1) % self.slots.len().max(1);
            let Some(slot) = self.slots.get_mut(at).and_then(Option::as_mut) else {
                continue;
            };
            let sides = [&slot.plain, &slot.verified];
            let is_over = sides.iter().all(|side| side.is_over(now, stale_max));
            if slot.was_used && !is_over {
                slot.was_used = false;
                continue;
            }
            self.counts.evicted += 1;
            self.remove(at);
        }
    }
}
