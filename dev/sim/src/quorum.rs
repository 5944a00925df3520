//! Members that agree on the registry, under one seed: seven of them and some that join, operators
//! who ask again when no answer comes, holders with leases; lost, late and doubled messages,
//! members cut off, crashes that tear what was not synced, clocks that step and drift.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `quorum/judge` | what must hold in every history? |
//! | `quorum/host` | how does a machine drive a member, what is durable when? |
//! | `quorum/operators` | who asks for what, and what if no answer comes? |
//! | `quorum/writers` | what do holders of data sets do? |
//! | `quorum/people` | how do both go about it, event by event? |
//! | `quorum/faults` | what goes wrong? |
//! | `quorum/report` | what does a history depend on, and what came of it? |
//! | `quorum/planted` | which mistakes must be found? |
//! | `quorum/votes` | what does a member write down of its votes? |
//!
//! Here: the course of a history, from its first event to the last.

mod faults;
mod host;
mod judge;
mod operators;
mod people;
mod planted;
mod report;
#[cfg(test)]
mod tests;
mod votes;
mod writers;

pub use faults::Faults;
pub use planted::Bug;
pub use report::{Counts, Report, Settings};

use crate::chance::{Chance, Purpose};
use crate::history::History;
use crate::invariants::{Kept, histories_end, keep, nobody_panics};
use crate::world::World;
use ::quorum::lease::Terms;
use ::quorum::{MemberId, Outcome, Output, Registry, Request, Rights, Time};
use bytes::Bytes;
use engine::{Digests, Moment};
use host::Host;
use judge::Judge;
use operators::{OPERATORS_COUNT, Operator, WRITERS_COUNT};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use writers::Writer;

/// How many members there are at first.
const MEMBERS_COUNT: u64 = 7;

/// How many others may join.
const SPARES_COUNT: usize = 2;

/// How many events a history may have. Beyond it: `histories_end` is broken.
const EVENTS_COUNT_MAX: u64 = 400_000;

/// Within how many milliseconds faults happen and people ask.
const SPAN_MS: usize = 16_000;

/// How long all goes well at the end, in milliseconds: then everybody must get an answer.
const REST_MS: u64 = 9000;

/// Leases as in the field, but shorter, so that many fit into a history.
const TERMS: Terms = Terms {
    lease: Duration::from_millis(2400),
    drift_bound: Duration::from_millis(40),
    answer_delay_max: Duration::from_millis(300),
};

/// Who waits for an answer, and to which try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Operator(usize),
    Writer(usize),
    /// Somebody sends again what was answered long ago.
    Replay,
    /// The last question to every member.
    Last,
}

/// A request that somebody waits for.
#[derive(Debug, Clone)]
struct Asked {
    asker: Asker,
    attempt: u64,
    request: Request,
}

/// What happens.
enum Event {
    Message {
        to: usize,
        from: usize,
        octets: Bytes,
    },
    Timeout {
        host: usize,
        life: u32,
    },
    Synced {
        host: usize,
        life: u32,
        number: u64,
    },
    /// A request reaches a member.
    Ask {
        host: usize,
        asked: Asked,
    },
    Told {
        asked: Asked,
        outcome: Outcome,
    },
    /// An operator asks, or asks again.
    Operator(usize),
    /// A holder sees to its lease.
    Renewal(usize),
    /// A holder asks for it again.
    RenewalAgain(usize, u64),
    /// A holder writes something.
    Write(usize),
    Written {
        writer: usize,
        epoch: u64,
    },
    Acknowledged {
        writer: usize,
        epoch: u64,
    },
    Read,
    Crash,
    Start(usize),
    /// Some cannot reach others any more.
    Cut,
    /// All can reach each other.
    Heal,
    Jump,
    /// From now on all goes well.
    Rest,
}

/// Runs the history of a seed, until its end or until an invariant breaks.
///
/// ```
/// use sim::quorum::{Faults, Settings, run};
///
/// let settings = Settings { faults: Faults::USUAL, bug: None };
/// assert_eq!(run(1, &settings).broken, None);
/// ```
pub fn run(seed: u64, settings: &Settings) -> Report {
    let mut simulation = Simulation::new(seed, settings);
    let broken = match catch_unwind(AssertUnwindSafe(|| simulation.run())) {
        Ok(Ok(())) => None,
        Ok(Err(violation)) => Some(violation),
        Err(panic) => Some(nobody_panics(panic.as_ref())),
    };
    if let Some(violation) = &broken {
        simulation.note(format_args!("BROKEN {violation}"));
    }
    simulation.counts.entries = simulation.judge.entries_count();
    simulation.counts.epochs = simulation.judge.epochs_count();
    Report {
        seed,
        counts: simulation.counts,
        lasted: simulation.world.lasted(),
        history: simulation.history,
        broken,
    }
}

struct Simulation {
    world: World<Event>,
    history: History,
    faults: Faults,
    bug: Option<Bug>,
    hosts: Vec<Host>,
    /// Which hosts cannot send to which.
    cut: Vec<(usize, usize)>,
    operators: Vec<Operator>,
    writers: Vec<Writer>,
    judge: Judge,
    attempts_count: u64,
    /// Whether all goes well from now on.
    is_resting: bool,
    /// How many of the last questions were answered.
    last_answers: usize,
    /// What becomes of messages and disks; what is asked; what holders do; what goes wrong.
    chances: [Chance; 4],
    counts: Counts,
}

const MEMBERS: usize = 0;
const OPERATORS: usize = 1;
const WRITERS: usize = 2;
const FAULTS: usize = 3;

impl Simulation {
    fn new(seed: u64, settings: &Settings) -> Self {
        let mut chances = [
            Purpose::Members,
            Purpose::Operators,
            Purpose::Writers,
            Purpose::Faults,
        ]
        .map(|purpose| Chance::new(seed, purpose));
        let Settings { faults, bug } = settings.clone();
        let founders = (1..=MEMBERS_COUNT).map(|id| (MemberId(id), Bytes::new()));
        let founding = Registry::found(TERMS, founders, [(operators::admin(), Rights::ALL)]);
        let (bug, drift) = (bug, faults.drift_ppm_max);
        let hosts = (1..=MEMBERS_COUNT + SPARES_COUNT as u64)
            .map(|id| {
                Host::new(
                    MemberId(id),
                    founding.clone(),
                    bug,
                    drift,
                    &mut chances[MEMBERS],
                )
            })
            .collect();
        let operators = (0..OPERATORS_COUNT).map(|it| Operator::new(it, &mut chances[OPERATORS]));
        let operators = operators.collect();
        let writers =
            (0..WRITERS_COUNT).map(|it| Writer::new(it, bug, drift, &mut chances[WRITERS]));
        Self {
            world: World::new(),
            history: History::default(),
            judge: Judge::new(TERMS, faults.weather.delay_max()),
            faults,
            bug,
            hosts,
            cut: Vec::new(),
            operators,
            writers: writers.collect(),
            attempts_count: 0,
            is_resting: false,
            last_answers: 0,
            chances,
            counts: Counts::default(),
        }
    }

    /// Schedules all that is known beforehand.
    fn schedule(&mut self) {
        for host in 0..self.hosts.len() {
            self.world.schedule(Moment(0), Event::Start(host));
        }
        for number in 0..OPERATORS_COUNT {
            self.after(1500, OPERATORS, Event::Operator(number));
        }
        for number in 0..WRITERS_COUNT {
            self.after(2000, WRITERS, Event::Renewal(number));
            self.after(3000, WRITERS, Event::Write(number));
        }
        let faults = self.faults.clone();
        for _ in 0..self.chances[FAULTS].between(0..=faults.crashes_max) {
            self.after(SPAN_MS, FAULTS, Event::Crash);
        }
        for _ in 0..self.chances[FAULTS].between(0..=faults.cuts_max) {
            self.after(SPAN_MS, FAULTS, Event::Cut);
        }
        for _ in 0..self.chances[FAULTS].between(0..=faults.jumps_max) {
            self.after(SPAN_MS, FAULTS, Event::Jump);
        }
        for _ in 0..40 {
            self.after(SPAN_MS, FAULTS, Event::Read);
        }
        self.world.schedule(Moment(SPAN_MS as u64), Event::Rest);
    }

    /// Makes something happen within so many milliseconds.
    fn after(&mut self, most_ms: usize, chance: usize, event: Event) {
        let delay = Duration::from_millis(self.chances[chance].between(1..=most_ms) as u64);
        self.world.schedule(self.world.now() + delay, event);
    }

    fn note(&mut self, what: fmt::Arguments<'_>) {
        self.history.note(self.world.now(), what);
    }

    fn run(&mut self) -> Kept {
        self.schedule();
        let end = Moment(SPAN_MS as u64 + REST_MS);
        while let Some(event) = self.world.next_event() {
            if self.world.now() > end {
                break;
            }
            self.counts.events += 1;
            histories_end(self.counts.events, EVENTS_COUNT_MAX)?;
            self.handle(event)?;
        }
        keep(self.last_answers > 0, "in_the_end_writes_go_on", || {
            "nobody was answered in the end".to_owned()
        })?;
        self.judge.busy_means_that_nothing_was_done()
    }

    fn handle(&mut self, event: Event) -> Kept {
        let now = self.world.now();
        match event {
            Event::Message { to, from, octets } => {
                if !self.cut.contains(&(from, to)) {
                    let from = self.hosts[from].id;
                    self.hosts[to].deliver(now, from, &octets);
                }
                self.serve(to)
            }
            Event::Timeout { host, life } => self.timeout(host, life),
            Event::Synced { host, life, number } => {
                let it = &mut self.hosts[host];
                if it.life == life {
                    if let Some(vote) = it.sync() {
                        self.judge.voted(it.id, vote)?;
                    }
                    let clocks = it.now(now);
                    if let Some(member) = &mut it.member {
                        member.handle_persisted(clocks, number);
                    }
                }
                self.serve(host)
            }
            Event::Ask { host, asked } => self.ask(host, asked),
            Event::Told { asked, outcome } => {
                self.told(&asked, outcome);
                Ok(())
            }
            Event::Operator(number) => {
                self.operate(number);
                Ok(())
            }
            Event::Renewal(number) => {
                self.renew(number);
                Ok(())
            }
            Event::RenewalAgain(number, attempt) => {
                let asking = self.writers[number].asking.as_ref();
                if asking.is_some_and(|it| it.attempt == attempt) {
                    self.send_renewal(number);
                }
                Ok(())
            }
            Event::Write(writer) => {
                self.write(writer);
                Ok(())
            }
            Event::Written { writer, epoch } => {
                self.written(writer, epoch);
                Ok(())
            }
            Event::Acknowledged { writer, epoch } => {
                self.counts.acknowledged += 1;
                self.writers[writer].under_way -= 1;
                self.note(format_args!(
                    "writer {writer} has acknowledged in epoch {epoch}"
                ));
                self.judge.acknowledged(writer, epoch)
            }
            Event::Read => self.read(),
            fault => self.go_wrong(&fault),
        }
    }

    fn go_wrong(&mut self, fault: &Event) -> Kept {
        match fault {
            Event::Crash if !self.is_resting => {
                let host = self.chances[FAULTS].below(self.hosts.len());
                self.counts.crashes += 1;
                self.note(format_args!("member {} crashes", host + 1));
                self.hosts[host].crash(&mut self.chances[FAULTS]);
                self.after(4000, FAULTS, Event::Start(host));
                Ok(())
            }
            Event::Start(host) => self.start(*host),
            Event::Cut if !self.is_resting => {
                self.cut();
                Ok(())
            }
            Event::Heal => {
                self.note(format_args!("all can reach each other"));
                self.cut.clear();
                Ok(())
            }
            Event::Jump => {
                let host = self.chances[FAULTS].below(self.hosts.len());
                let most = self.faults.jump_ms_max;
                let by = self.chances[FAULTS].between(0..=2 * most) as u64;
                let by = by.cast_signed() - (most as u64).cast_signed();
                self.hosts[host].jump(by);
                Ok(())
            }
            Event::Rest => self.rest(),
            _ => Ok(()),
        }
    }

    fn start(&mut self, host: usize) -> Kept {
        if self.hosts[host].member.is_some() {
            return Ok(());
        }
        let now = self.world.now();
        let started = self.hosts[host].start(now, &mut self.chances[MEMBERS]);
        keep(started.is_ok(), "a_member_starts_again", || {
            format!("member {}: {started:?}", host + 1)
        })?;
        self.note(format_args!("member {} starts", host + 1));
        self.serve(host)?;
        self.wake(host);
        Ok(())
    }

    fn timeout(&mut self, host: usize, life: u32) -> Kept {
        let now = self.world.now();
        let it = &mut self.hosts[host];
        if it.life != life || it.member.is_none() {
            return Ok(());
        }
        let clocks = it.now(now);
        if let Some(member) = &mut it.member {
            member.handle_timeout(clocks);
        }
        self.wake(host);
        self.serve(host)
    }

    fn wake(&mut self, host: usize) {
        let now = self.world.now();
        let it = &self.hosts[host];
        let Some(member) = &it.member else {
            return;
        };
        let until = it.until(now, member.poll_timeout());
        let life = it.life;
        let at = now + Duration::from_millis(until);
        self.world.schedule(at, Event::Timeout { host, life });
    }

    /// Some hosts cannot send to others for a while.
    fn cut(&mut self) {
        let count = self.hosts.len();
        let chance = &mut self.chances[FAULTS];
        let one_way = chance.happens(300);
        let side: Vec<bool> = (0..count).map(|_| chance.happens(450)).collect();
        for from in 0..count {
            for to in 0..count {
                let is_between = side[from] != side[to];
                if is_between && (!one_way || side[from]) {
                    self.cut.push((from, to));
                }
            }
        }
        self.note(format_args!("cut: {side:?}, one way: {one_way}"));
        self.after(5000, FAULTS, Event::Heal);
    }

    /// All goes well from now on, and every member is asked once more.
    fn rest(&mut self) -> Kept {
        self.note(format_args!("rest"));
        self.is_resting = true;
        self.cut.clear();
        self.faults = Faults::NONE;
        for host in 0..self.hosts.len() {
            self.start(host)?;
        }
        for host in 0..self.hosts.len() {
            let request = Request {
                mark: operators::mark(&mut self.chances[OPERATORS]),
                identity: operators::admin(),
                command: ::quorum::Command::PutSites {
                    name: Bytes::from_static(b"last"),
                    serial: 1 + host as u32,
                    octets: Bytes::new(),
                },
            };
            let asked = Asked {
                asker: Asker::Last,
                attempt: 0,
                request,
            };
            let at = self.world.now() + Duration::from_millis(REST_MS - 3000);
            self.world.schedule(at, Event::Ask { host, asked });
        }
        Ok(())
    }

    /// A request reaches a member; nothing does if it is down.
    fn ask(&mut self, host: usize, asked: Asked) -> Kept {
        let now = self.world.now();
        self.judge.asks(&asked.request);
        let it = &mut self.hosts[host];
        let clocks = it.now(now);
        if let Some(member) = &mut it.member {
            let ticket = member.handle_request(clocks, &asked.request);
            it.tickets.insert(ticket.expect("short fields"), asked);
        }
        self.serve(host)
    }

    /// Does what a member wants, and looks at what it has become.
    fn serve(&mut self, host: usize) -> Kept {
        let now = self.world.now();
        loop {
            let outputs = self.hosts[host].outputs();
            self.look(host)?;
            if outputs.is_empty() {
                return Ok(());
            }
            for output in outputs {
                match output {
                    Output::Persist(batch) => {
                        let (number, life) = (batch.number, self.hosts[host].life);
                        if self.hosts[host].write(&batch) {
                            let clocks = self.hosts[host].now(now);
                            if let Some(member) = &mut self.hosts[host].member {
                                member.handle_persisted(clocks, number);
                            }
                        }
                        let slow = self.chances[MEMBERS].happens(self.faults.slow_syncs);
                        let most = if slow { 1500 } else { 12 };
                        self.after(most, MEMBERS, Event::Synced { host, life, number });
                    }
                    Output::Send { to, octets } => self.send(host, to, &octets),
                    Output::Answer { ticket, outcome } => {
                        if let Some(asked) = self.hosts[host].tickets.remove(&ticket) {
                            self.answer(asked, outcome)?;
                        }
                    }
                }
            }
        }
    }

    /// Shows the judge what a member has done and become.
    fn look(&mut self, host: usize) -> Kept {
        let it = &self.hosts[host];
        let (id, done) = (it.id, it.take_done());
        for done in &done {
            let Time(time) = done.time;
            let command = &done.request.command;
            let line = format!("{id} at {time}: {command:?}: {:?}", done.applied);
            self.history.note(self.world.now(), format_args!("{line}"));
            self.judge.applied(id, done)?;
        }
        let Some(member) = &it.member else {
            return Ok(());
        };
        if let Some(trouble) = member.trouble() {
            let what = trouble.to_string();
            return keep(false, "members_do_not_stop", || format!("{id}: {what}"));
        }
        if !done.is_empty() {
            let octets = member.registry().encode();
            let state = hex::encode(&crypto::Provider.sha256(&octets)[..8]);
            self.judge.state(id, member.position(), &state)?;
        }
        Ok(())
    }

    fn send(&mut self, from: usize, to: MemberId, octets: &Bytes) {
        let to = to.0 as usize - 1;
        let chance = &mut self.chances[MEMBERS];
        let copies = 1 + usize::from(chance.happens(self.faults.weather.doubled));
        for _ in 0..copies {
            let chance = &mut self.chances[MEMBERS];
            if chance.happens(self.faults.weather.lost) {
                continue;
            }
            let late = chance.happens(self.faults.weather.stragglers);
            let mut octets = octets.clone();
            if chance.happens(self.faults.weather.corrupted_requests) {
                let mut changed = octets.to_vec();
                let at = chance.below(changed.len());
                changed[at] ^= 1 + chance.below(255) as u8;
                octets = changed.into();
            }
            let most = if late {
                self.faults.weather.straggler_delay_ms_max
            } else {
                self.faults.weather.delay_ms_max
            };
            self.after(most, MEMBERS, Event::Message { to, from, octets });
        }
    }

    /// A member answers; the answer may be lost on its way.
    fn answer(&mut self, asked: Asked, outcome: Outcome) -> Kept {
        let now = self.world.now();
        let outcome = match outcome {
            Outcome::Unknown if self.bug == Some(Bug::BusyThoughUnknown) => Outcome::Busy,
            outcome => outcome,
        };
        self.judge.answered(now, &asked.request, outcome)?;
        if asked.asker == Asker::Last && operators::is_done(outcome).is_some() {
            self.last_answers += 1;
        }
        if !self.chances[OPERATORS].happens(self.faults.weather.lost) {
            self.after(40, OPERATORS, Event::Told { asked, outcome });
        }
        Ok(())
    }

    fn read(&mut self) -> Kept {
        let now = self.world.now();
        let host = self.chances[FAULTS].below(self.hosts.len());
        let it = &self.hosts[host];
        let Some(member) = &it.member else {
            return Ok(());
        };
        let age = member.age(it.now(now).moment);
        let age = match self.bug {
            Some(Bug::AgesHidden) => Some(Duration::ZERO),
            _ => age,
        };
        self.judge.read(now, it.id, member.registry().time, age)
    }
}
