//! Administrators, interleaved: they register, change and delete, ask again when no answer comes,
//! and lose lines, answers and keys, while the node crashes and somebody listens; and readers read.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `administration/judge` | what must hold in every history? |
//! | `administration/book` | what must the records be, computed a second time? |
//! | `administration/cast`, `orders` | who is there, and what do they want? |
//! | `administration/asker` | how are the rooms driven by those who ask? |
//! | `administration/node`, `committer` | how does the node drive them, what is durable when? |
//! | `administration/post` | what becomes of messages on their way? |
//! | `administration/cryptography` | what are keys and proofs here? |
//! | `administration/report` | what does a history depend on, and what came of it? |
//! | `administration/planted` | which mistakes must be found? |
//!
//! Here: the course of a history, from its first event to the last.

mod asker;
mod book;
mod cast;
mod committer;
mod cryptography;
mod judge;
mod node;
mod orders;
mod planted;
mod post;
mod report;
#[cfg(test)]
mod tests;

pub use planted::Bug;
pub use post::Trouble;
pub use report::{Counts, Report, Settings};

use crate::chance::{Chance, Purpose};
use crate::history::History;
use crate::invariants::{Kept, Violation, histories_end, keep, nobody_panics};
use crate::world::World;
use asker::{Act, Asker, Outcome};
use bytes::Bytes;
use cryptography::Seeded;
use engine::{Date, Moment, Question};
use judge::Judge;
use node::{Job, Node, Out};
use post::Post;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use wire::Packet;

/// How many events a history may have. Beyond it: `histories_end` is broken.
const EVENTS_COUNT_MAX: u64 = 50_000;

/// How often somebody reads.
const READS_COUNT: usize = 25;

/// Within how many milliseconds readers read, the node tidies up, and crashes happen.
const SPAN_MS: usize = 40_000;

/// How far the node's clock steps at most when it starts again, in seconds, either way.
const STEP_SECONDS_MAX: u16 = 90;

/// Who is on the other side, for the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    /// Somebody who sends datagrams.
    Asker(usize),
    /// Somebody at a line.
    Line(usize),
    /// Somebody who listened and sends what he heard.
    Listener,
}

/// What happens.
enum Event {
    /// Octets arrive at the node.
    ToNode { from: Peer, octets: Bytes },
    /// Octets arrive at an asker, or over a line.
    ToAsker { to: Peer, octets: Bytes },
    /// A time has come that an asker waited for.
    Wake(usize),
    /// The node goes on with a request.
    Proceed(Box<Job>),
    /// The disk has synced, in this life of the node.
    Synced(u32),
    /// An asker learns that a line is broken.
    Broken(usize),
    /// Somebody reads.
    Read(usize),
    /// The node falls over, and starts again.
    Crash,
    /// The node removes what it need not remember.
    Tidy,
}

/// Runs the history of a seed, until its end or until an invariant breaks.
///
/// ```
/// use sim::administration::{Settings, Trouble, run};
/// use sim::Weather;
///
/// let settings = Settings { weather: Weather::LOSSY, trouble: Trouble::USUAL, bug: None };
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
    simulation.counts.changes = simulation.judge.done_count() as u64;
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
    post: Post,
    history: History,
    node: Node,
    /// How long the node takes over things, and when it crashes.
    chance: Chance,
    /// How far the node's clock is off, in seconds.
    clock_off_seconds: i32,
    askers: Vec<Asker>,
    /// When each asker is woken next, so that nobody is woken twice for one reason.
    wakes: Vec<Option<Moment>>,
    judge: Judge,
    counts: Counts,
}

impl Simulation {
    fn new(seed: u64, settings: &Settings) -> Self {
        let provider = Seeded::new(seed);
        let mut chance = Chance::new(seed, Purpose::Orders);
        let world = World::new();
        let mut node = Node::new(provider.clone(), settings.bug);
        for (identifier, values) in cast::registered(&mut chance) {
            node.register(&identifier, &values, world.date());
        }
        let plans = orders::plans(&mut chance);
        let cast = plans.iter().map(|plan| plan.person.identity()).collect();
        let mut simulation = Self {
            judge: Judge::new(cast, node.position(), node.tables()),
            world,
            post: Post::new(settings.weather.clone(), settings.trouble.clone(), seed),
            history: History::default(),
            node,
            chance: Chance::new(seed, Purpose::Node),
            clock_off_seconds: 0,
            askers: Vec::new(),
            wakes: Vec::new(),
            counts: Counts::default(),
        };
        for plan in plans {
            let (person, claims, way) = (plan.person, plan.claims, plan.way);
            simulation.note(format_args!("{person:?} as {claims:?}: {way:?}"));
            simulation.askers.push(Asker::new(plan, provider.clone()));
            simulation.wakes.push(None);
        }
        simulation.schedule(settings.trouble.crashes_max);
        simulation
    }

    /// Schedules all that is known beforehand.
    fn schedule(&mut self, crashes_max: usize) {
        for number in 0..self.askers.len() {
            self.wake(number);
        }
        for number in 0..READS_COUNT {
            let at = self.moment();
            self.world.schedule(at, Event::Read(number));
        }
        for _ in 0..self.chance.between(0..=crashes_max) {
            let at = self.moment();
            self.world.schedule(at, Event::Crash);
        }
        let at = self.moment();
        self.world.schedule(at, Event::Tidy);
    }

    fn moment(&mut self) -> Moment {
        Moment(self.chance.below(SPAN_MS) as u64)
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        self.history.note(self.world.now(), what);
    }

    fn run(&mut self) -> Kept {
        while let Some(event) = self.world.next_event() {
            self.counts.events += 1;
            histories_end(self.counts.events, EVENTS_COUNT_MAX)?;
            self.handle(event)?;
            self.serve()?;
        }
        let waiting = self.askers.iter().filter(|asker| !asker.is_done()).count();
        keep(waiting == 0, "in_the_end_nobody_waits", || {
            format!("{waiting} askers wait")
        })?;
        self.judge.the_tables_are_the_log(self.node.tables())
    }

    /// The node's date, by a clock that is set anew now and then.
    fn node_date(&self) -> Date {
        let date = self.world.date();
        Date(date.0.saturating_add_signed(self.clock_off_seconds))
    }

    fn handle(&mut self, event: Event) -> Kept {
        let (now, date) = (self.world.now(), self.world.date());
        match event {
            Event::ToNode { from, octets } => {
                if self.post.reaches(from) {
                    self.note(format_args!("{from:?} -> node: {}", shown(&octets)));
                    self.node.handle(now, self.node_date(), from, &octets);
                }
                Ok(())
            }
            Event::ToAsker { to, octets } => self.deliver(to, &octets),
            Event::Wake(number) => {
                self.wakes[number] = None;
                self.with(number, |asker| asker.handle_timeout(now, date))
            }
            Event::Proceed(job) => {
                self.node.proceed(now, self.node_date(), *job);
                Ok(())
            }
            Event::Synced(life) if life == self.node.life() => {
                self.note(format_args!("synced"));
                let done = self.node.handle_synced(self.node_date());
                done.iter().try_for_each(|done| self.judge.committed(done))
            }
            Event::Synced(_) => Ok(()),
            Event::Broken(line) => match self.post.asker_at(line) {
                Some(number) => self.with(number, |asker| asker.broken(line, now, date)),
                None => Ok(()),
            },
            Event::Read(number) => {
                self.read(number);
                Ok(())
            }
            Event::Crash => self.crash(),
            Event::Tidy => {
                self.node.tidy(self.node_date());
                Ok(())
            }
        }
    }

    fn deliver(&mut self, to: Peer, octets: &Bytes) -> Kept {
        if !self.post.reaches(to) {
            return Ok(());
        }
        let number = match to {
            Peer::Asker(number) => Some(number),
            Peer::Line(line) => self.post.asker_at(line),
            Peer::Listener => None,
        };
        let (now, date) = (self.world.now(), self.world.date());
        match number.filter(|number| *number < self.askers.len()) {
            Some(number) => {
                self.note(format_args!("node -> {to:?}: {}", shown(octets)));
                self.with(number, |asker| asker.handle(now, date, to, octets))
            }
            None => Ok(()),
        }
    }

    /// Somebody asks the node about a record; over the post that the answers may take.
    fn read(&mut self, number: usize) {
        let record = cast::record(number % cast::RECORDS_COUNT);
        let message = Question::about(record).resolution(number as u32, self.world.date());
        let from = Peer::Asker(self.askers.len() + number);
        self.post
            .send_to_node(&mut self.world, from, &message.encode());
    }

    fn crash(&mut self) -> Kept {
        self.counts.crashes += 1;
        self.post.losses += 1;
        let keeps_group = self.chance.happens(400);
        self.note(format_args!("the node crashes"));
        self.post.break_all(&mut self.world);
        let done = self.node.crash(keeps_group);
        self.clock_off_seconds = self.chance.step(STEP_SECONDS_MAX);
        done.iter()
            .try_for_each(|done| self.judge.committed(done))?;
        self.judge.the_tables_are_the_log(self.node.tables())
    }

    /// Does what the node wants.
    fn serve(&mut self) -> Kept {
        for out in self.node.poll_out() {
            match out {
                Out::Send(peer, octets) => self.post.send_from_node(&mut self.world, peer, &octets),
                Out::Later(job) => {
                    let at = self.later();
                    self.world.schedule(at, Event::Proceed(job));
                }
                Out::Proven(nonce) => self.judge.a_challenge_is_taken_once(nonce)?,
                Out::Taken(session, octets) => {
                    let life = self.node.life();
                    let judge = &mut self.judge;
                    judge.a_message_of_a_session_is_taken_once(life, session, octets)?;
                }
                Out::Read(asked, answer) => {
                    self.judge.readers_see_what_is_durable(&asked, &answer)?;
                }
            }
        }
        if self.node.begin_sync() {
            let (at, life) = (self.later(), self.node.life());
            self.world.schedule(at, Event::Synced(life));
        }
        Ok(())
    }

    /// When something is done that the node begins now: soon, and seldom not.
    fn later(&mut self) -> Moment {
        let most = if self.chance.happens(50) { 1500 } else { 20 };
        self.world.now() + Duration::from_millis(self.chance.between(1..=most) as u64)
    }

    /// Does what an asker wants.
    fn with(&mut self, number: usize, ask: impl FnOnce(&mut Asker) -> Vec<Act>) -> Kept {
        let mut acts = ask(&mut self.askers[number]);
        while !acts.is_empty() {
            let mut further = Vec::new();
            for act in acts {
                further.extend(self.act(number, act)?);
            }
            acts = further;
        }
        self.wake(number);
        Ok(())
    }

    fn act(&mut self, number: usize, act: Act) -> Result<Vec<Act>, Violation> {
        let (now, date) = (self.world.now(), self.world.date());
        match act {
            Act::Send(octets) => {
                if let Ok(packet) = Packet::decode(octets.clone()) {
                    self.judge.sent(number, packet.envelope.request_id);
                }
                if let Some(peer) = self.askers[number].peer(number) {
                    self.post.send_to_node(&mut self.world, peer, &octets);
                }
            }
            Act::Connect => {
                let Peer::Line(line) = self.post.open(number, now) else {
                    return Ok(Vec::new());
                };
                return Ok(self.askers[number].connected(line, now, date));
            }
            Act::HangUp(line) => self.post.hang_up(line),
            Act::Ends(outcome) => self.end(number, &outcome)?,
        }
        Ok(Vec::new())
    }

    fn end(&mut self, number: usize, outcome: &Outcome) -> Kept {
        self.counts.orders += 1;
        match outcome {
            Outcome::Unknown => {
                self.counts.unknown += 1;
                self.note(format_args!("asker {number} gives up"));
            }
            Outcome::Answered { answered, .. } => {
                let id = answered.message.envelope.request_id;
                let code = answered.message.header.response_code;
                let is_success = code == wire::ResponseCode::SUCCESS;
                self.counts.acknowledged += u64::from(is_success);
                self.note(format_args!(
                    "asker {number} has an answer to {id:08x}: {code}"
                ));
            }
        }
        self.judge.ended(outcome, self.post.losses)
    }

    fn wake(&mut self, number: usize) {
        let Some(at) = self.askers[number].poll_timeout() else {
            return;
        };
        if self.wakes[number].is_none_or(|woken| at < woken) {
            self.wakes[number] = Some(at);
            self.world.schedule(at, Event::Wake(number));
        }
    }
}

/// A message in a line of the history.
fn shown(octets: &Bytes) -> String {
    let Ok(packet) = Packet::decode(octets.clone()) else {
        return format!("{} octets", octets.len());
    };
    let wire::Envelope {
        request_id,
        session_id,
        ..
    } = packet.envelope;
    match wire::Message::from_packet(&packet) {
        Ok(message) => {
            let (opcode, code) = (message.header.opcode, message.header.response_code);
            format!("{request_id:08x} in {session_id:08x}: {opcode} {code}")
        }
        Err(_) => format!("{request_id:08x} in {session_id:08x}: encrypted"),
    }
}
