//! One history: a workload, askers, a node and the network, from the first event to the last.
//!
//! Not here: what each of them does; what must hold (`crate::invariants`).

use crate::answerer::{Answerer, Handled};
use crate::asker::{Action, Asker, Ended, Path};
use crate::chance::{Chance, Purpose};
use crate::history::History;
use crate::invariants::{self, Violation, Worth};
use crate::network::{Fate, Network, Weather};
use crate::planted::Bug;
use crate::records::Records;
use crate::workload::strays::Stray;
use crate::workload::{Registration, Revision, Workload};
use crate::world::{Event, Host, Parcel, World};
use bytes::Bytes;
use engine::Moment;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use wire::datagram::fragments;
use wire::{Message, ResponseCode};

#[cfg(test)]
mod tests;

/// How many events a history may have. The longest of 600,000 had 1,686.
///
/// Beyond it: invariant `histories_end` is broken.
const EVENTS_COUNT_MAX: u64 = 20_000;

/// What a history depends on, beside its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How bad the network is.
    pub weather: Weather,
    /// A bug to plant, when the simulator itself is tested.
    pub bug: Option<Bug>,
}

/// What came of a seed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What was counted.
    pub counts: Counts,
    /// How long the history lasted, by its own clock.
    pub lasted: Duration,
    /// Every event.
    pub history: History,
    /// The first invariant that did not hold, if any.
    pub broken: Option<Violation>,
}

/// What is counted in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Questions that were begun.
    pub questions: u64,
    /// Those answered in datagrams.
    pub answered_in_datagrams: u64,
    /// Those answered over a connection.
    pub answered_over_connection: u64,
    /// Those without any answer.
    pub unanswered: u64,
    /// Answers that were believed and wrong because octets were changed; see the invariants.
    pub excused: u64,
    /// Events of every kind.
    pub events: u64,
}

impl Counts {
    /// Adds those of another history.
    pub fn add(&mut self, other: &Self) {
        self.questions += other.questions;
        self.answered_in_datagrams += other.answered_in_datagrams;
        self.answered_over_connection += other.answered_over_connection;
        self.unanswered += other.unanswered;
        self.excused += other.excused;
        self.events += other.events;
    }
}

/// Runs the history of a seed, until its end or until an invariant breaks.
///
/// ```
/// use sim::{Settings, Weather};
///
/// let settings = Settings { weather: Weather::LOSSY, bug: None };
/// let report = sim::run(1, &settings);
/// assert_eq!(report.broken, None);
/// assert_eq!(report.history, sim::run(1, &settings).history);
/// ```
pub fn run(seed: u64, settings: &Settings) -> Report {
    run_workload(seed, settings, Workload::new(seed, &settings.weather))
}

/// Runs a history with a workload of one's own.
fn run_workload(seed: u64, settings: &Settings, workload: Workload) -> Report {
    let mut simulation = Simulation::new(seed, settings, workload);
    let broken = match catch_unwind(AssertUnwindSafe(|| simulation.run())) {
        Ok(Ok(())) => None,
        Ok(Err(violation)) => Some(violation),
        Err(panic) => Some(invariants::nobody_panics(panic.as_ref())),
    };
    if let Some(violation) = &broken {
        simulation.note(format_args!("BROKEN {violation}"));
    }
    Report {
        seed,
        counts: simulation.counts,
        lasted: simulation.world.lasted(),
        history: simulation.history,
        broken,
    }
}

struct Simulation {
    weather: Weather,
    world: World,
    network: Network,
    history: History,
    node: Answerer,
    records: Records,
    revisions: Vec<Revision>,
    askers: Vec<Asker>,
    counts: Counts,
    /// When the node is woken next, so that it is not woken twice for one reason.
    node_wakes: Option<Moment>,
    /// When the node first had a request of a peer with an id, whole.
    heard: BTreeMap<(Host, u32), Moment>,
    is_flooded: bool,
}

impl Simulation {
    fn new(seed: u64, settings: &Settings, workload: Workload) -> Self {
        let Settings { weather, bug } = settings.clone();
        let network = Network::new(weather.clone(), Chance::new(seed, Purpose::Network));
        let node = Answerer::new(workload.suffix_case, bug);
        let questions = workload.askers.into_iter();
        let mut simulation = Self {
            weather,
            world: World::new(),
            network,
            history: History::default(),
            node,
            records: Records::new(workload.suffix_case),
            revisions: workload.revisions,
            askers: questions.map(|each| Asker::new(each, bug)).collect(),
            counts: Counts::default(),
            node_wakes: None,
            heard: BTreeMap::new(),
            is_flooded: workload.is_flooded,
        };
        for registration in &workload.registrations {
            simulation.register(registration);
        }
        simulation.schedule(&workload.strays);
        simulation
    }

    /// Schedules all that is known beforehand.
    fn schedule(&mut self, strays: &[Stray]) {
        for (number, revision) in self.revisions.iter().enumerate() {
            self.world.schedule(revision.at, Event::Revision(number));
        }
        for stray in strays {
            self.world.schedule(stray.at, stray.event());
        }
        for (number, asker) in self.askers.iter().enumerate() {
            if let Some(at) = asker.poll_timeout() {
                self.world.schedule(at, Event::Wake(Host::asker(number)));
            }
        }
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        self.history.note(self.world.now(), what);
    }

    fn register(&mut self, registration: &Registration) {
        let (now, date) = (self.world.now(), self.world.date());
        let code = self.node.register(registration, date);
        assert_eq!(code, ResponseCode::SUCCESS, "the operator may register");
        self.records.write(registration, now, date);
        let (identifier, count) = (&registration.identifier, registration.values.len());
        self.note(format_args!("registered: {identifier} with {count} values"));
    }

    fn run(&mut self) -> Result<(), Violation> {
        while let Some(event) = self.world.next_event() {
            self.counts.events += 1;
            invariants::histories_end(self.counts.events, EVENTS_COUNT_MAX)?;
            self.handle(event)?;
        }
        let askers = self.askers.iter().filter(|asker| !asker.is_done()).count();
        invariants::in_the_end_nobody_waits(askers, self.node.waiting().len())
    }

    fn handle(&mut self, event: Event) -> Result<(), Violation> {
        let (now, date) = (self.world.now(), self.world.date());
        match event {
            Event::Wake(Host::NODE) => self.wake_node(),
            Event::Wake(host) => self.with_asker(host, |asker| asker.handle_timeout(now, date)),
            Event::Revision(number) => {
                let registration = self.revisions[number].registration.clone();
                self.register(&registration);
                Ok(())
            }
            Event::Datagram {
                parcel,
                is_corrupted,
            } => self.deliver(&parcel, is_corrupted),
            Event::Chunk(parcel) => self.deliver_chunk(&parcel),
        }
    }

    fn deliver(&mut self, parcel: &Parcel, is_corrupted: bool) -> Result<(), Violation> {
        let (now, date) = (self.world.now(), self.world.date());
        let Parcel { from, to, octets } = parcel;
        let changed = if is_corrupted { " (changed)" } else { "" };
        let length = octets.len();
        self.note(format_args!(
            "arrived: {from} -> {to}, {length} octets{changed}"
        ));
        if *to != Host::NODE {
            return self.with_asker(*to, |asker| {
                asker.handle_datagram(now, date, octets, is_corrupted)
            });
        }
        let handled = self.node.handle_datagram(now, date, *from, octets);
        self.check_inbox()?;
        match handled {
            Some(handled) => self.answer_in_datagrams(*from, &handled),
            None => Ok(()),
        }
    }

    fn deliver_chunk(&mut self, parcel: &Parcel) -> Result<(), Violation> {
        let (now, date) = (self.world.now(), self.world.date());
        let Parcel { from, to, octets } = parcel;
        let length = octets.len();
        self.note(format_args!("arrived: {from} => {to}, {length} octets"));
        if *to != Host::NODE {
            return self.with_asker(*to, |asker| asker.handle_chunk(now, date, octets));
        }
        for handled in self.node.handle_chunk(date, *from, octets) {
            if let Some(answer) = self.check_answer(*from, &handled)? {
                self.write(Host::NODE, *from, answer.encode());
            }
        }
        Ok(())
    }

    fn answer_in_datagrams(&mut self, to: Host, handled: &Handled) -> Result<(), Violation> {
        let Some(answer) = self.check_answer(to, handled)? else {
            return Ok(());
        };
        if !self.node.fits_datagrams(&answer) {
            self.note(format_args!("not sent: the answer is too long for UDP"));
            return Ok(());
        }
        let datagrams: Vec<Bytes> = fragments(&answer.to_packet()).collect();
        invariants::long_answers_are_not_sent_in_datagrams(&datagrams)?;
        self.send(Host::NODE, to, datagrams);
        Ok(())
    }

    /// Checks what the node made of a packet; gives the answer to send.
    fn check_answer(&mut self, to: Host, handled: &Handled) -> Result<Option<Message>, Violation> {
        invariants::responses_are_not_answered(handled)?;
        if let Some(request) = &handled.request {
            let id = request.envelope.request_id;
            self.heard.entry((to, id)).or_insert(self.world.now());
        }
        invariants::answers_are_responses(handled)?;
        invariants::the_network_changes_nothing(handled)?;
        let Some(answer) = &handled.answer else {
            self.note(format_args!("ignored: a response from {to}"));
            return Ok(None);
        };
        let (id, code) = (answer.envelope.request_id, answer.header.response_code);
        self.note(format_args!("answered: {to}, request {id:08x}, {code}"));
        Ok(Some(answer.clone()))
    }

    /// Wakes the node when its inbox has something to forget.
    fn wake_node(&mut self) -> Result<(), Violation> {
        self.node_wakes = None;
        let now = self.world.now();
        self.node.handle_timeout(now);
        invariants::inbox_forgets_in_time(self.node.poll_timeout(), now)?;
        self.check_inbox()
    }

    fn check_inbox(&mut self) -> Result<(), Violation> {
        let due = self.node.poll_timeout();
        invariants::inbox_keeps_its_limits(&self.node.waiting())?;
        if let Some(at) = due
            && self.node_wakes.is_none_or(|wakes| at < wakes)
        {
            self.node_wakes = Some(at);
            self.world.schedule(at, Event::Wake(Host::NODE));
        }
        Ok(())
    }

    fn send(&mut self, from: Host, to: Host, datagrams: Vec<Bytes>) -> Vec<Fate> {
        let mut fates = Vec::new();
        for octets in datagrams {
            let parcel = Parcel { from, to, octets };
            let fate = self
                .network
                .send(&mut self.world, &mut self.history, &parcel);
            fates.push(fate);
        }
        fates
    }

    fn write(&mut self, from: Host, to: Host, octets: Bytes) {
        self.network
            .write(&mut self.world, Parcel { from, to, octets });
    }

    /// Lets an asker act; strangers do nothing with what they get.
    fn with_asker(
        &mut self,
        host: Host,
        act: impl FnOnce(&mut Asker) -> Vec<Action>,
    ) -> Result<(), Violation> {
        for action in self.asker(host).map(act).unwrap_or_default() {
            self.carry_out(host, action)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, host: Host, action: Action) -> Result<(), Violation> {
        match action {
            Action::Asks(query) => {
                self.counts.questions += 1;
                let (id, identifier) = (query.request_id, &query.identifier);
                self.note(format_args!(
                    "asked: {host}, request {id:08x}, {identifier}"
                ));
            }
            Action::Sends(datagrams) => {
                let count = datagrams.len();
                self.note(format_args!("sent: {host} -> node, {count} datagrams"));
                let fates = self.send(host, Host::NODE, datagrams);
                if let Some(asker) = self.asker(host) {
                    asker.note_fates(&fates);
                }
            }
            Action::Writes(octets) => {
                let count = octets.len();
                self.note(format_args!("sent: {host} => node, {count} octets"));
                self.write(host, Host::NODE, octets);
            }
            Action::Waits(until) => self.world.schedule(until, Event::Wake(host)),
            Action::Ends(ended) => self.check_end(host, &ended)?,
        }
        Ok(())
    }

    fn asker(&mut self, host: Host) -> Option<&mut Asker> {
        self.askers.get_mut(host.asker_number()?)
    }

    fn check_end(&mut self, host: Host, ended: &Ended) -> Result<(), Violation> {
        let now = self.world.now();
        let id = ended.query.request_id;
        let code = ended
            .believed
            .as_ref()
            .map(|each| each.message.header.response_code);
        let (path, tries) = (ended.path, ended.tries);
        self.note(format_args!(
            "ended: {host}, request {id:08x}, {path:?}, {tries} tries, {code:?}"
        ));
        invariants::questions_end_in_time(ended, now)?;
        invariants::connections_bring_an_answer(ended, now, &self.weather)?;
        if !self.is_flooded {
            let heard = self.heard.get(&(host, id)).copied();
            invariants::whole_first_tries_are_heard(ended, now, heard)?;
        }
        let sayings = self.records.sayings(&ended.query, ended.since, now);
        let Some(answered) = &ended.believed else {
            self.counts.unanswered += 1;
            return Ok(());
        };
        match ended.path {
            Path::Datagrams => self.counts.answered_in_datagrams += 1,
            Path::Connection => self.counts.answered_over_connection += 1,
        }
        invariants::answers_echo_their_question(ended, answered)?;
        let worth = invariants::believed_answers_are_right(ended, answered, &sayings)?;
        self.counts.excused += u64::from(worth == Worth::Excused);
        invariants::in_calm_weather_the_first_try_suffices(ended, &sayings, &self.weather)
    }
}
