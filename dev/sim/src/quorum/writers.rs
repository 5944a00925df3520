//! The holders of the `strict` data set: they renew their lease and acknowledge what they write,
//! as long as they believe that they may.

use super::operators::{mark, strict, writer};
use super::planted::Bug;
use crate::chance::Chance;
use engine::Moment;
use model::Reference;
use quorum::lease::{HeldLease, Terms};
use quorum::{Answer, Command, Moment as Boot, Outcome, Registry, Request};

/// How often the same lease is asked for.
const TRIES_COUNT_MAX: usize = 3;

/// A holder, or somebody who may become one.
pub(super) struct Writer {
    pub(super) identity: Reference,
    bug: Option<Bug>,
    /// How fast its clock is, in parts of a million.
    drift_ppm: i64,
    lease: Option<HeldLease>,
    /// What is asked for.
    pub(super) asking: Option<Asking>,
    /// How much it has written that is not acknowledged yet.
    pub(super) under_way: usize,
    /// It acknowledges nothing more in its epoch, for it hands it back.
    is_leaving: bool,
    /// The last epoch it has asked to hand back: whatever becomes of that, it never writes in it
    /// again.
    left_epoch: u64,
}

/// A request for a lease, or to hand one back.
pub(super) struct Asking {
    pub(super) request: Request,
    pub(super) attempt: u64,
    /// When it was sent first, by the writer's own clock.
    sent: Boot,
    tries: usize,
}

impl Writer {
    pub(super) fn new(
        number: usize,
        bug: Option<Bug>,
        drift_ppm_max: usize,
        chance: &mut Chance,
    ) -> Self {
        Self {
            identity: writer(number),
            bug,
            drift_ppm: i64::from(chance.step(drift_ppm_max as u16)),
            lease: None,
            asking: None,
            under_way: 0,
            is_leaving: false,
            left_epoch: 0,
        }
    }

    /// Its own clock.
    pub(super) fn clock(&self, now: Moment) -> Boot {
        let real_us = now.0.cast_signed() * 1000;
        let drifted = real_us + real_us / 1_000_000 * self.drift_ppm;
        Boot((1_u64 << 40).saturating_add_signed(drifted))
    }

    /// Begins to ask for a lease if it seems to hold the data set, or to hand it back.
    pub(super) fn begin(&mut self, now: Moment, view: &Registry, chance: &mut Chance) -> bool {
        let Some(set) = view.data_sets.get(&strict()) else {
            return false;
        };
        let seems_to_hold = set.holder == self.identity || chance.happens(100);
        if !seems_to_hold || self.asking.is_some() {
            return false;
        }
        if self.is_leaving && self.under_way > 0 {
            return false;
        }
        let (name, epoch) = (strict(), set.epoch);
        let (name, epoch) = match &self.lease {
            // It hands back what it has, not what somebody else may have by now.
            Some(lease) if self.is_leaving => (name, lease.epoch),
            _ => (name, epoch),
        };
        let command = if self.is_leaving {
            Command::HandBack { name, epoch }
        } else {
            Command::Renew { name, epoch }
        };
        if matches!(command, Command::Renew { epoch, .. } if epoch <= self.left_epoch) {
            return false;
        }
        if self.is_leaving {
            self.lease = None;
            self.is_leaving = false;
            self.left_epoch = epoch;
        } else if chance.happens(60) {
            // From now on nothing new is begun; next time it is handed back.
            self.is_leaving = self.lease.is_some();
        }
        self.asking = Some(Asking {
            request: Request {
                mark: mark(chance),
                identity: self.identity.clone(),
                command,
            },
            attempt: 0,
            sent: self.clock(now),
            tries: 0,
        });
        true
    }

    /// Takes note that it asks again; none if it has asked often enough.
    pub(super) fn asks(&mut self, attempt: u64) -> Option<Request> {
        let asking = self.asking.as_mut()?;
        if asking.tries >= TRIES_COUNT_MAX {
            self.asking = None;
            return None;
        }
        asking.tries += 1;
        asking.attempt = attempt;
        Some(asking.request.clone())
    }

    /// Hears what became of a try; whether it asks again.
    pub(super) fn hears(&mut self, now: Moment, attempt: u64, outcome: Outcome) -> bool {
        let Some(asking) = self.asking.take_if(|it| it.attempt == attempt) else {
            return false;
        };
        let Outcome::Answered(answer, _) = outcome else {
            self.asking = Some(asking);
            return true;
        };
        let sent = match self.bug {
            Some(Bug::LeaseCountedFromAnswer) => self.clock(now),
            _ => asking.sent,
        };
        self.take(sent, &answer);
        false
    }

    fn take(&mut self, sent: Boot, answer: &Answer) {
        let Some(lease) = HeldLease::new(sent, answer) else {
            return;
        };
        let is_newer = |held: &HeldLease| (lease.epoch, lease.until) > (held.epoch, held.until);
        if self.lease.as_ref().is_none_or(is_newer) {
            self.lease = Some(lease);
        }
    }

    /// The epoch that it writes in now, if it may and wants to.
    pub(super) fn writes(&mut self, now: Moment) -> Option<u64> {
        let epoch = self.lease.as_ref()?.epoch;
        if self.is_leaving || !self.covers(now, epoch) {
            return None;
        }
        self.under_way += 1;
        Some(epoch)
    }

    /// Whether it acknowledges what is synced now.
    pub(super) fn acknowledges(&self, now: Moment, epoch: u64) -> bool {
        self.bug == Some(Bug::LeaseUncheckedAfterSync) || self.covers(now, epoch)
    }

    fn covers(&self, now: Moment, epoch: u64) -> bool {
        let now = self.clock(now);
        self.lease.is_some_and(|lease| lease.covers(epoch, now))
    }

    /// How long an answer may take from here on, in milliseconds of the world.
    pub(super) fn answer_delay_ms(terms: &Terms, chance: &mut Chance) -> u64 {
        // By the writer's clock it is within the bound; in the world a little less.
        let most = terms.answer_delay_max.as_millis() as usize * 99 / 100;
        chance.between(0..=most) as u64
    }
}
