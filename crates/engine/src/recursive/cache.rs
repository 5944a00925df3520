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
//! Of two answers to one question the later counts, whatever the trust of the earlier; only who
//! wants proof keeps to what was proven. So what was deleted is not told again, also where that it
//! was is not kept, or not any more.
//!
//! Time and hashes are arguments: whoever hashes must see to it that strangers cannot choose keys
//! whose hashes are equal. Beside it: `cache/slot.rs` what there is under one key. Not here: who
//! waits for a walk ([`super::flights`]).

mod slot;

use super::demand::{Trust, Wanted};
use super::question::Question;
use super::said::Said;
use crate::Moment;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use hashbrown::HashTable;
use slot::{ITEM_OCTETS, Kept, Slot};

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
    /// When it was answered.
    pub since: Moment,
}

impl Hit {
    /// Of the answer to a question for a whole record, what another question asks for.
    #[must_use]
    pub fn within(self, question: &Question) -> Self {
        Self {
            said: Arc::new(self.said.within(question)),
            ..self
        }
    }

    /// Of answers that are too old, to a question itself and to the one for the whole record, the
    /// one to tell: what was answered last, if that has such values. That it had none may have
    /// changed; and nothing is told if something was answered later, which is not among them.
    pub fn latest_of(
        question: &Question,
        [own, whole]: [Option<Self>; 2],
        latest: Option<Moment>,
    ) -> Option<Self> {
        let whole = whole.map(|hit| hit.within(question));
        let is_told =
            |hit: &Self| matches!(*hit.said, Said::Values(_)) && Some(hit.since) >= latest;
        [own, whole].into_iter().flatten().find(is_told)
    }
}

/// What there is under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// This, and it is fresh.
    Found(Hit),
    /// Whoever is responsible was asked in vain a moment ago: see [`Cache::stale`].
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
        if let Looked::Found(hit) = &looked {
            match &*hit.said {
                Said::Values(_) => self.counts.hits += 1,
                Said::NoSuchValues | Said::NotRegistered => self.counts.negative_hits += 1,
            }
        }
        looked
    }

    /// The same for what nobody has asked for, which does not count.
    pub fn find(&mut self, hash: u64, key: &[u8], wanted: Wanted, now: Moment) -> Looked {
        let ahead_percent = self.limits.ahead_percent;
        let Some(slot) = self.slot(hash, key) else {
            return Looked::Nothing;
        };
        slot.was_used = true;
        let Some((trust, kept)) = slot.fresh(wanted, now) else {
            // What is preferred verified, but cannot be had so, was looked for otherwise last.
            let last = *wanted.trusts().last().unwrap_or(&Trust::Plain);
            return if slot.side(last).has_failed(now) {
                Looked::Failed
            } else {
                Looked::Nothing
            };
        };
        Looked::Found(Hit {
            said: Arc::clone(&kept.said),
            age_seconds: Some(kept.age_seconds(now)),
            trust,
            is_due: kept.ask(now, ahead_percent),
            since: kept.since,
        })
    }

    /// Values that are too old, for want of better ones; but not that there was nothing, which may
    /// have changed, nor where something else was said later, nor with a ttl that cannot be told
    /// shorter. Who demands verified ones gets none: that it was true once is no proof.
    pub fn stale(&mut self, hash: u64, key: &[u8], wanted: Wanted, now: Moment) -> Option<Hit> {
        let stale_max = self.limits.stale_max;
        let slot = self
            .slot(hash, key)
            .filter(|_| wanted != Wanted::Demanded)?;
        let latest = slot.latest()?;
        let is_told = match &*latest.said {
            Said::Values(values) => values.can_be_shortened(),
            Said::NoSuchValues | Said::NotRegistered => false,
        };
        (is_told && now < latest.until + stale_max).then(|| Hit {
            said: Arc::clone(&latest.said),
            age_seconds: None,
            trust: Trust::Plain,
            is_due: false,
            since: latest.since,
        })
    }

    /// When something was answered last, whatever it was, as far as is known.
    pub fn latest(&mut self, hash: u64, key: &[u8]) -> Option<Moment> {
        let slot = self.slot(hash, key)?;
        slot.latest().map(|kept| kept.since)
    }

    /// Counts a question that nothing is kept for.
    pub fn count_miss(&mut self) {
        self.counts.misses += 1;
    }

    /// Counts an answer that was told though it is too old.
    pub fn count_stale(&mut self) {
        self.counts.stale_hits += 1;
    }

    /// Counts a question that was told that whoever is responsible was asked in vain.
    pub fn count_failure(&mut self) {
        self.counts.failure_hits += 1;
    }

    /// Keeps what was answered, for so many seconds if it is values. What there was before is told
    /// no more, also if this may not be kept; but for what was verified to those who want proof.
    pub fn keep(
        &mut self,
        hash: u64,
        key: &[u8],
        trust: Trust,
        (said, seconds): (Arc<Said>, u32),
        now: Moment,
    ) {
        if !self.has_room_for(key.len()) {
            return;
        }
        let life = match &*said {
            Said::Values(_) => Duration::from_secs(seconds.into()).min(self.limits.life_max),
            Said::NoSuchValues | Said::NotRegistered => self.limits.negative_life,
        };
        let is_kept = !life.is_zero() && self.has_room_for(key.len() + said.octets());
        let kept = if is_kept {
            Kept::new(said, now, now + life)
        } else {
            Kept::over(now)
        };
        self.set(hash, key, now, |slot| slot.keep(trust, kept));
    }

    /// Notes that nobody has answered. What was answered before stays. A question that is so long
    /// that it would drive others out is not noted.
    pub fn note_failure(&mut self, hash: u64, key: &[u8], trust: Trust, now: Moment) {
        if !self.has_room_for(key.len()) {
            return;
        }
        let until = now + self.limits.failure_life;
        self.set(hash, key, now, |slot| slot.side(trust).fail(until));
    }

    /// What happened so far, and what is kept.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts {
            entries: self.table.len() as u64,
            octets: self.octets as u64,
            ..self.counts
        }
    }

    fn set(&mut self, hash: u64, key: &[u8], now: Moment, change: impl FnOnce(&mut Slot)) {
        let at = self.at(hash, key).unwrap_or_else(|| self.add(hash, key));
        let stale_max = self.limits.stale_max;
        let Some(slot) = self.slots.get_mut(at).and_then(Option::as_mut) else {
            return;
        };
        let before = slot.octets();
        change(slot);
        let is_over = slot.is_over(now, stale_max);
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
        let slot = Slot::new(hash, key);
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
            if slot.was_used && !slot.is_over(now, stale_max) {
                slot.was_used = false;
                continue;
            }
            self.counts.evicted += 1;
            self.remove(at);
        }
    }
}
