//! A member's machine: its disk, its clocks, and the process that is started again after a crash.

use super::planted::{Account, Book, Bug, Done};
use super::votes::{Vote, vote_in};
use crate::chance::Chance;
use bytes::Bytes;
use engine::Moment;
use quorum::{
    Batch, Journal, Member, MemberId, MemoryJournal, Moment as Boot, Now, Output, Registry,
    Settings, Ticket, Trouble,
};
use std::collections::BTreeMap;

/// Which members agree with each other here.
const GROUP: u64 = 0x0088;

/// When wall clocks begin, in microseconds since 1970.
const WALL_START_US: u64 = 1_795_000_000_000_000;

/// The machine of one member.
pub(super) struct Host {
    pub(super) id: MemberId,
    pub(super) member: Option<Member<Book>>,
    /// How often it was started: events of an earlier life do not happen.
    pub(super) life: u32,
    /// Who waits for which answer.
    pub(super) tickets: BTreeMap<Ticket, super::Asked>,
    disk: MemoryJournal,
    /// What it says of its vote as soon as that is synced.
    voting: Option<Vote>,
    /// What stands for all that is durable as soon as it is synced, if something is under way.
    replacing: Option<Bytes>,
    done: Account,
    bug: Option<Bug>,
    /// What a new member begins with: the registry of the founders, or nothing.
    founding: Registry,
    /// How fast the boot-time clock is, in parts of a million, and what it said at the start.
    drift_ppm: i64,
    boot_start_us: u64,
    /// How wrong the wall clock is.
    wall_off_us: i64,
}

impl Host {
    pub(super) fn new(
        id: MemberId,
        founding: Registry,
        bug: Option<Bug>,
        drift_ppm_max: usize,
        chance: &mut Chance,
    ) -> Self {
        let drift_ppm = i64::from(chance.step(drift_ppm_max as u16));
        Self {
            id,
            member: None,
            life: 0,
            tickets: BTreeMap::new(),
            disk: MemoryJournal::default(),
            voting: None,
            replacing: None,
            done: Account::default(),
            bug,
            founding,
            drift_ppm,
            boot_start_us: 0,
            wall_off_us: 0,
        }
    }

    /// What the clocks say at a moment of the world.
    pub(super) fn now(&self, world: Moment) -> Now {
        let real_us = world.0.cast_signed() * 1000;
        let drifted = real_us + real_us / 1_000_000 * self.drift_ppm;
        let date_us = WALL_START_US.saturating_add_signed(real_us + self.wall_off_us);
        let boot = self.boot_start_us.saturating_add_signed(drifted);
        let moment = match self.bug {
            Some(Bug::WallClockBelieved) => Boot(date_us),
            _ => Boot(boot),
        };
        Now { moment, date_us }
    }

    /// How long it is in the world until a moment of the boot-time clock, in milliseconds.
    pub(super) fn until(&self, world: Moment, boot: Boot) -> u64 {
        let left = self.now(world).moment.until(boot).as_micros() as u64;
        // A little late never hurts; a clock that is set may say anything.
        (left / 1000 + left / 100_000 + 1).min(1000)
    }

    /// Sets the wall clock.
    pub(super) fn jump(&mut self, by_ms: i64) {
        self.wall_off_us += by_ms * 1000;
    }

    /// Starts the process.
    pub(super) fn start(&mut self, world: Moment, chance: &mut Chance) -> Result<(), Trouble> {
        self.life += 1;
        self.boot_start_us = chance.below(1 << 40) as u64;
        let settings = Settings {
            entries_count_max: 24,
            entries_kept_count: 6,
            ..Settings::new(self.id, GROUP, 7, self.salt())
        };
        let now = self.now(world);
        let Ok(journal) = self.disk.read();
        let is_founder = self.founding.members.contains_key(&self.id);
        let registry = if is_founder {
            self.founding.clone()
        } else {
            Registry::default()
        };
        let book = Book::new(registry, self.bug, self.id.0, self.done.clone());
        self.member = Some(match (journal.is_empty(), is_founder) {
            (true, true) => Member::found(settings, book, now)?,
            (true, false) => Member::join(settings, book, now)?,
            (false, _) => Member::open(settings, &journal, book, now)?,
        });
        Ok(())
    }

    fn salt(&self) -> [u8; 16] {
        [self.life as u8; 16]
    }

    /// Lets the process fall over: what was not synced is torn off somewhere.
    pub(super) fn crash(&mut self, chance: &mut Chance) {
        self.member = None;
        self.voting = None;
        self.tickets.clear();
        let in_place = self.bug == Some(Bug::JournalReplacedInPlace);
        self.disk.crash(|octets| {
            let is_whole = chance.happens(300);
            let left = chance.below(octets + 1);
            if is_whole { octets } else { left }
        });
        if let Some(octets) = self.replacing.take().filter(|_| in_place) {
            // Nothing of the old one is left, and not all of the new one.
            let left = chance.below(octets.len());
            *self.disk.durable_mut() = octets.slice(..left).to_vec();
        }
    }

    /// Writes a batch; whether the member is to be told at once that it is durable.
    pub(super) fn write(&mut self, batch: &Batch) -> bool {
        self.voting = vote_in(batch).or(self.voting);
        let kept = Bug::kept(self.bug, batch, &self.salt());
        if kept.replaces {
            self.replacing = Some(kept.octets.clone());
        }
        self.disk.write(&kept);
        self.bug == Some(Bug::PersistedBeforeSync)
    }

    /// Makes durable what was written; what the member has said by that of its vote.
    pub(super) fn sync(&mut self) -> Option<Vote> {
        self.disk.sync();
        self.replacing = None;
        self.voting.take()
    }

    /// All that the member wants done now.
    pub(super) fn outputs(&mut self) -> Vec<Output> {
        let member = self.member.as_mut();
        member.map_or_else(Vec::new, |member| {
            std::iter::from_fn(|| member.poll_output()).collect()
        })
    }

    /// All that was applied since the last time.
    pub(super) fn take_done(&self) -> Vec<Done> {
        self.done.take()
    }

    /// Gives the member octets of another.
    pub(super) fn deliver(&mut self, world: Moment, from: MemberId, octets: &Bytes) {
        let now = self.now(world);
        if let Some(member) = &mut self.member {
            // Octets that were changed on their way are refused; that is all.
            let _ = member.handle_message(now, from, octets);
        }
    }
}
