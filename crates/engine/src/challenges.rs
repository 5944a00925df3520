//! Challenges that wait for their answers: which there are, and when they are forgotten.
//!
//! A challenge is for one request, whose octets it keeps; it can be taken once, by its id, for as
//! long as it lives. Strangers cause them, so their number and octets are bounded, in total and of
//! each source: who asks for too many loses their own oldest, and if all sources together have too
//! many, whoever has the most loses. Time and randomness are arguments. Not here: what a
//! challenge says (room `wire`), whether the answer is right ([`crate::proofs`]).

use crate::Moment;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use bytes::Bytes;
use core::time::Duration;
use wire::Message;
use wire::challenge::NONCE_OCTETS;

#[cfg(test)]
mod tests;

/// How much may wait for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeLimits {
    /// How long a challenge can be answered. Default: 60 seconds, as in the reference software.
    pub life: Duration,
    /// The most challenges. Default: 4,096, about seventy new ones a second.
    pub count_max: usize,
    /// The most octets of requests. Default: 8 MiB, what thirty of the longest have.
    pub octets_max: usize,
    /// The most challenges of one source. Default: 64; people answer in milliseconds.
    pub count_per_source_max: usize,
    /// The most octets of one source's requests. Default: 512 KiB, two of the longest requests.
    pub octets_per_source_max: usize,
}

impl Default for ChallengeLimits {
    fn default() -> Self {
        Self {
            life: Duration::from_mins(1),
            count_max: 4096,
            octets_max: 8 << 20,
            count_per_source_max: 64,
            octets_per_source_max: 512 << 10,
        }
    }
}

/// What makes a challenge unforeseeable, from a good source of randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance {
    /// Where among the ids a free one is looked for. If ids could be foreseen, anybody could use up
    /// somebody else's challenge with a wrong answer.
    pub id: u32,
    /// What the answer must cover.
    pub nonce: [u8; NONCE_OCTETS],
}

/// A challenge that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending<S> {
    /// Who asked.
    pub source: S,
    /// What was asked, to be carried out after the right answer; none of it may differ.
    pub request: Message,
    /// What the answer must cover, with the request's digest.
    pub nonce: [u8; NONCE_OCTETS],
    issued: Moment,
    /// How many were issued before it.
    number: u64,
}

/// Why a challenge cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPending<S> {
    /// There is none with the id: there never was, it was taken, or others took its place.
    Unknown,
    /// It was there for too long, and is gone now.
    Expired(Box<Pending<S>>),
}

/// All challenges of a node, by id.
#[derive(Debug)]
pub struct Challenges<S> {
    limits: ChallengeLimits,
    pending: BTreeMap<u32, Pending<S>>,
    sources: BTreeMap<S, Share>,
    /// Ids by their numbers, so in the order in which they were issued.
    order: BTreeMap<u64, u32>,
    octets: usize,
    issued_count: u64,
}

/// What one source has: the numbers of its challenges, and the octets of their requests.
#[derive(Debug, Default)]
struct Share {
    numbers: BTreeSet<u64>,
    octets: usize,
}

impl<S: Ord + Clone> Challenges<S> {
    /// No challenges yet.
    pub fn new(limits: ChallengeLimits) -> Self {
        Self {
            limits,
            pending: BTreeMap::new(),
            sources: BTreeMap::new(),
            order: BTreeMap::new(),
            octets: 0,
            issued_count: 0,
        }
    }

    /// Keeps a request under a new id, 1 to 2^31 - 1, that is not taken by something else; none if
    /// the request alone is above a limit.
    pub fn issue(
        &mut self,
        source: S,
        request: &Message,
        chance: Chance,
        now: Moment,
        is_taken: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        self.make_room(&source, request, now)?;
        let id = self.free_id(chance.id, is_taken);
        self.keep(id, source, request, chance.nonce, now);
        Some(id)
    }

    /// Keeps a request under the id of a session, of which only the last request that was
    /// challenged waits; none if the request alone is above a limit.
    pub fn issue_under(
        &mut self,
        id: u32,
        source: S,
        request: &Message,
        nonce: [u8; NONCE_OCTETS],
        now: Moment,
    ) -> Option<u32> {
        self.remove(id);
        self.make_room(&source, request, now)?;
        self.keep(id, source, request, nonce, now);
        Some(id)
    }

    /// Whether a challenge has an id.
    pub fn contains(&self, id: u32) -> bool {
        self.pending.contains_key(&id)
    }

    fn keep(
        &mut self,
        id: u32,
        source: S,
        request: &Message,
        nonce: [u8; NONCE_OCTETS],
        now: Moment,
    ) {
        let pending = Pending {
            source,
            request: detached(request),
            nonce,
            issued: now,
            number: self.issued_count,
        };
        self.insert(id, pending);
    }

    /// Drops others until a request has room; none if it alone is above a limit.
    fn make_room(&mut self, source: &S, request: &Message, now: Moment) -> Option<()> {
        let octets = octets_of(request);
        if octets
            > self
                .limits
                .octets_max
                .min(self.limits.octets_per_source_max)
            || self.limits.count_max.min(self.limits.count_per_source_max) == 0
        {
            return None;
        }
        self.handle_timeout(now);
        while self.is_too_much_for(source, octets) {
            self.drop_oldest_of(source);
        }
        while self.octets + octets > self.limits.octets_max {
            let greediest = self.greediest(|share| share.octets)?;
            self.drop_oldest_of(&greediest);
        }
        while self.pending.len() >= self.limits.count_max {
            self.drop_oldest_of_most()?;
        }
        Some(())
    }

    /// Takes the challenge with an id; nobody can take it again.
    ///
    /// # Errors
    /// [`NotPending`].
    pub fn take(&mut self, id: u32, now: Moment) -> Result<Pending<S>, NotPending<S>> {
        let pending = self.remove(id).ok_or(NotPending::Unknown)?;
        if now > pending.issued + self.limits.life {
            return Err(NotPending::Expired(Box::new(pending)));
        }
        Ok(pending)
    }

    /// Forgets what nobody can have been answering for a while: twice the life, so that who is
    /// late still learns that it was late.
    pub fn handle_timeout(&mut self, now: Moment) {
        let kept = self.limits.life.saturating_mul(2);
        while let Some((_, &id)) = self.order.first_key_value() {
            let issued = self.pending.get(&id).map(|pending| pending.issued);
            if issued.is_none_or(|issued| issued + kept >= now) {
                return;
            }
            self.remove(id);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.pending.len()
    }

    /// How many octets their requests have.
    pub fn octets(&self) -> usize {
        self.octets
    }

    fn is_too_much_for(&self, source: &S, octets: usize) -> bool {
        self.sources.get(source).is_some_and(|share| {
            share.numbers.len() >= self.limits.count_per_source_max
                || share.octets + octets > self.limits.octets_per_source_max
        })
    }

    /// Who has the most of something. Looks at every source, of which there are no more than
    /// challenges.
    fn greediest(&self, of: impl Fn(&Share) -> usize) -> Option<S> {
        let greediest = self.sources.iter().max_by_key(|(_, share)| of(share));
        greediest.map(|(source, _)| source.clone())
    }

    /// Drops the oldest of whoever has the most challenges; among many with one each, as when
    /// somebody makes up addresses, the oldest of all.
    fn drop_oldest_of_most(&mut self) -> Option<()> {
        let most = self.greediest(|share| share.numbers.len())?;
        let count = self.sources.get(&most)?.numbers.len();
        if count > 1 {
            self.drop_oldest_of(&most);
            return Some(());
        }
        let (_, &oldest) = self.order.first_key_value()?;
        self.remove(oldest).map(drop)
    }

    fn drop_oldest_of(&mut self, source: &S) {
        let share = self.sources.get(source);
        let oldest = share.and_then(|share| share.numbers.first());
        if let Some(&id) = oldest.and_then(|number| self.order.get(number)) {
            self.remove(id);
        }
    }

    fn free_id(&self, wish: u32, is_taken: impl Fn(u32) -> bool) -> u32 {
        let mut id = (wish & 0x7fff_ffff).max(1);
        while self.pending.contains_key(&id) || is_taken(id) {
            id = ((id + 1) & 0x7fff_ffff).max(1);
        }
        id
    }

    fn insert(&mut self, id: u32, pending: Pending<S>) {
        let octets = octets_of(&pending.request);
        let share = self.sources.entry(pending.source.clone()).or_default();
        share.numbers.insert(pending.number);
        share.octets += octets;
        self.octets += octets;
        self.order.insert(pending.number, id);
        self.pending.insert(id, pending);
        self.issued_count += 1;
    }

    fn remove(&mut self, id: u32) -> Option<Pending<S>> {
        let pending = self.pending.remove(&id)?;
        let octets = octets_of(&pending.request);
        self.octets -= octets;
        self.order.remove(&pending.number);
        if let Some(share) = self.sources.get_mut(&pending.source) {
            share.numbers.remove(&pending.number);
            share.octets -= octets;
            if share.numbers.is_empty() {
                self.sources.remove(&pending.source);
            }
        }
        Some(pending)
    }
}

/// What a request counts for: its header, body and credential are kept.
fn octets_of(request: &Message) -> usize {
    wire::header::HEADER_OCTETS + request.body.len() + request.tail.len()
}

/// The request in memory of its own: what was received with it may go.
fn detached(request: &Message) -> Message {
    Message {
        body: Bytes::copy_from_slice(&request.body),
        tail: Bytes::copy_from_slice(&request.tail),
        ..request.clone()
    }
}
