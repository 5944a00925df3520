//! What drives a member: time, messages, requests and its disk, on a thread of its own, so that it
//! is heard by the others however busy the node is with answering.
//!
//! The disk is waited for on two further threads: that of the journal, and that of the store. An
//! answer waits until what it is about is in the store: whoever was answered finds it there.
//!
//! Not here: what a member does (room `quorum`), connections (`links`), records (`storing`).

use super::backlog::Backlog;
use super::disks::{Watch, start_journal, start_storing};
use super::group::Described;
use super::journal::FileJournal;
use super::links::Links;
use super::looking::{Holding, Looked, REPORT, Report};
use super::orders::{Reading, Told};
use super::recorder::{Recorder, prefix_of};
use super::state::Shared;
use super::storing::{Effect, Storing};
use super::{RegistryError, clock};
use bytes::Bytes;
use crypto::SigningKey;
use engine::probing::TARGETS_COUNT_MAX;
use quorum::{Answer, Batch, Member, MemberId, Outcome, Output, Request, Ticket, Time, Trouble};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc as threads;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;
use tracing::{error, info, warn};

/// How many things may wait for the member; whoever has more to say waits.
pub(super) const EVENTS_COUNT_MAX: usize = 256;

/// How often a member is told at most that what it wanted to say found no room.
const UNSENT_INTERVAL: Duration = Duration::from_secs(1);

/// What a member is told.
pub(super) enum Event {
    /// Another member says something.
    Message { from: MemberId, octets: Bytes },
    /// What was said to a member since it was connected to may not have come.
    Lost { to: MemberId },
    /// Somebody asks for something.
    Asked {
        request: Box<Request>,
        tell: oneshot::Sender<Outcome>,
    },
    /// Probes want to know how things stand.
    Look { tell: oneshot::Sender<Looked> },
    /// The others are to be told something beside what is agreed on.
    Say { octets: Bytes },
    /// Somebody asks how the registry stands.
    Read {
        reading: Box<Reading>,
        tell: oneshot::Sender<Told>,
    },
    /// A batch is durable.
    Persisted { number: u64 },
    /// The journal cannot be written.
    JournalFailed { reason: String },
    /// So many effects are in the store.
    Stored { count: u64 },
    /// One of the effects, the one with this number, could not be stored.
    StoreFailed { count: u64, reason: String },
}

/// All that a driver begins with.
pub(super) struct Beginning {
    pub(super) own: MemberId,
    pub(super) member: Member<Recorder>,
    pub(super) key: Arc<SigningKey>,
    pub(super) listener: TcpListener,
    pub(super) journal: FileJournal,
    pub(super) storing: Storing,
    /// Up to where the store has followed the registry; none if it never has.
    pub(super) followed: Option<Time>,
    /// What the configuration says of members, instead of what the registry says.
    pub(super) configured: BTreeMap<MemberId, Described>,
    pub(super) shared: Arc<Shared>,
    pub(super) heard: mpsc::Sender<Report>,
    pub(super) events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
}

/// Starts a driver on a thread of its own.
pub(super) fn start(
    beginning: Beginning,
    stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, RegistryError> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }
        .enable_all()
        .build()
        .map_err(RegistryError::Io)?;
    let links = tokio::runtime::Builder::new_multi_thread();
    let links = { links }
        .worker_threads(1)
        .thread_name("registry-links")
        .enable_all()
        .build()
        .map_err(RegistryError::Io)?;
    let driver = Driver::new(beginning, links.handle())?;
    let thread = thread::Builder::new().name("registry".into());
    let shared = Arc::clone(&driver.shared);
    let spawned = thread.spawn(move || {
        let _watch = Watch(shared);
        runtime.block_on(driver.run(stopped));
        // Waits until nobody listens any more: another may want the port.
        drop(links);
    });
    spawned.map_err(RegistryError::Io)
}

struct Driver {
    own: MemberId,
    member: Member<Recorder>,
    links: Links,
    journal: threads::Sender<Batch>,
    storing: threads::Sender<Effect>,
    followed: Option<Time>,
    configured: BTreeMap<MemberId, Described>,
    /// As the registry describes them.
    members: BTreeMap<MemberId, Bytes>,
    shared: Arc<Shared>,
    heard: mpsc::Sender<Report>,
    events: mpsc::Receiver<Event>,
    asked: BTreeMap<Ticket, oneshot::Sender<Outcome>>,
    backlog: Backlog<oneshot::Sender<Outcome>>,
    threads: Vec<JoinHandle<()>>,
    leader: Option<MemberId>,
    has_told_trouble: bool,
    journal_trouble: Option<String>,
    /// For whom there was no room: a snapshot among that would be waited for without end.
    unsent: BTreeSet<MemberId>,
    /// When that is said next. Not at once: what is then sent again finds no more room.
    says_unsent: Instant,
}

impl Driver {
    fn new(beginning: Beginning, runtime: &Handle) -> Result<Self, RegistryError> {
        let Beginning {
            own,
            member,
            key,
            listener,
            journal,
            storing,
            followed,
            configured,
            shared,
            heard,
            events: (tell, events),
        } = beginning;
        let links = Links::start(runtime, own, &key, listener, tell.clone())?;
        let watch = || Watch(Arc::clone(&shared));
        let (journal, keeping) = start_journal(journal, tell.clone(), watch())?;
        let (storing, writing) = start_storing(storing, tell, watch())?;
        let mut driver = Self {
            own,
            member,
            links,
            journal,
            storing,
            followed,
            configured,
            members: BTreeMap::new(),
            shared,
            heard,
            events,
            asked: BTreeMap::new(),
            backlog: Backlog::new(),
            threads: vec![keeping, writing],
            leader: None,
            has_told_trouble: false,
            journal_trouble: None,
            unsent: BTreeSet::new(),
            says_unsent: Instant::now(),
        };
        driver.begin_storing();
        Ok(driver)
    }

    /// Brings the store up to the registry that the journal has, unless it is further.
    fn begin_storing(&mut self) {
        self.member.machine().effects.borrow_mut().clear();
        let time = self.member.registry().time;
        if self.followed.is_none_or(|followed| followed < time) {
            self.store_all();
        }
    }

    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            self.act();
            let now = clock::now();
            let tick = match self.journal_trouble {
                None => now.moment.until(self.member.poll_timeout()),
                Some(_) => Duration::from_secs(1),
            };
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.handle(event),
                    None => break,
                },
                () = sleep(tick) => (),
                _ = stopped.wait_for(|stops| *stops) => break,
            }
            let now = clock::now();
            if self.journal_trouble.is_none() && now.moment >= self.member.poll_timeout() {
                self.member.handle_timeout(now);
                self.say_unsent();
                self.tell();
            }
            if self.backlog.is_all_due(Instant::now()) {
                self.store_all();
            }
        }
        self.end();
    }

    /// Tells the member what was not sent, so that it sends it again.
    fn say_unsent(&mut self) {
        if self.unsent.is_empty() || Instant::now() < self.says_unsent {
            return;
        }
        self.says_unsent = Instant::now() + UNSENT_INTERVAL;
        for to in std::mem::take(&mut self.unsent) {
            self.member.handle_lost(clock::now(), to);
        }
    }

    /// Waits for the disks: what is under way is done.
    fn end(self) {
        let Self {
            journal,
            storing,
            events,
            threads,
            ..
        } = self;
        drop((journal, storing, events));
        for thread in threads {
            // One that has panicked has said so on its own.
            let _ = thread.join();
        }
    }

    fn handle(&mut self, event: Event) {
        if self.journal_trouble.is_some() {
            // What it would say from now on might not be durable, so it hears nothing either.
            if let Event::Asked { tell, .. } = event {
                let _ = tell.send(Outcome::Busy);
            }
            return;
        }
        let now = clock::now();
        match event {
            Event::Message { from, octets } if octets.first() == Some(&REPORT) => {
                // Beyond what can wait the next says the same.
                let _ = self.heard.try_send((from, octets));
            }
            Event::Message { from, octets } => {
                if let Err(error) = self.member.handle_message(now, from, &octets)
                    && self.shared.refusals.now()
                {
                    warn!(%from, %error, "what a member says is refused; said once a minute");
                }
            }
            Event::Lost { to } => self.member.handle_lost(now, to),
            Event::Asked { request, tell } => self.ask(&request, tell),
            Event::Look { tell } => drop(tell.send(self.look())),
            Event::Say { octets } => {
                for &id in self.members.keys() {
                    self.links.send(id, octets.clone());
                }
            }
            Event::Read { reading, tell } => drop(tell.send(self.read(&reading))),
            Event::Persisted { number } => self.member.handle_persisted(now, number),
            Event::JournalFailed { reason } => {
                error!(%reason, "the journal of the registry cannot be written; this member stops");
                self.journal_trouble = Some(reason);
                self.give_up();
            }
            Event::Stored { count } => self.backlog.note_stored(count),
            Event::StoreFailed { count, reason } => {
                if self.backlog.note_failed(count, Instant::now()) {
                    warn!(%reason, "what the members agreed on cannot be stored; trying again");
                }
            }
        }
    }

    /// Hands a request on, unless whoever asks has nothing to do with it: strangers fill no log.
    fn ask(&mut self, request: &Request, tell: oneshot::Sender<Outcome>) {
        if let Some(refusal) = self.member.registry().refuses_stranger(request) {
            let answer = Answer::Refused(refusal);
            let _ = tell.send(Outcome::Answered(answer, self.member.position()));
            return;
        }
        match self.member.handle_request(clock::now(), request) {
            Ok(ticket) => drop(self.asked.insert(ticket, tell)),
            // Whoever made the request has looked at that, and nothing was done.
            Err(error) => {
                error!(%error, "a request that members could not read is refused");
                let _ = tell.send(Outcome::Busy);
            }
        }
    }

    /// Lets everybody go who waits: others may have done what was asked.
    fn give_up(&mut self) {
        self.links.set(BTreeMap::new());
        for tell in std::mem::take(&mut self.asked).into_values() {
            let _ = tell.send(Outcome::Unknown);
        }
        self.tell();
    }

    /// The data sets, each with two functions to be probed, and what is published of the prefixes.
    fn look(&self) -> Looked {
        let registry = self.member.registry();
        let sets = registry.data_sets.iter().take(TARGETS_COUNT_MAX / 2);
        let holdings = sets.filter_map(|(name, set)| {
            let prefix = prefix_of(name)?;
            let published = registry.delegations.get(&prefix);
            Some(Holding {
                name: name.clone(),
                set: set.clone(),
                published: published.and_then(|it| it.octets.clone()),
                prefix,
            })
        });
        Looked {
            leads: self.member.is_leader(),
            holdings: holdings.collect(),
        }
    }

    /// Says what the registry has, as far as it is applied here.
    fn read(&self, reading: &Reading) -> Told {
        let registry = self.member.registry();
        Told {
            position: self.member.position(),
            time_us: registry.time.0,
            age: self.member.age(clock::now().moment),
            page: reading.page(registry),
        }
    }

    /// Does what the member wants done.
    fn act(&mut self) {
        let effects = std::mem::take(&mut *self.member.machine().effects.borrow_mut());
        for effect in effects {
            self.store(effect);
        }
        while let Some(output) = self.member.poll_output() {
            match output {
                // A thread that is gone has said why.
                Output::Persist(batch) => drop(self.journal.send(batch)),
                Output::Send { to, octets } => {
                    if !self.links.send(to, octets) {
                        self.unsent.insert(to);
                    }
                }
                Output::Answer { ticket, outcome } => {
                    match (self.asked.remove(&ticket), outcome) {
                        // Nothing was done: there is nothing to wait for.
                        (Some(tell), Outcome::Busy) => drop(tell.send(outcome)),
                        (Some(tell), _) => self.backlog.answer(tell, outcome, Instant::now()),
                        (None, _) => (),
                    }
                }
            }
        }
        self.give_answers();
        self.meet();
        self.note_leader();
    }

    /// Gives an effect to the store, unless it is there from before the start.
    fn store(&mut self, effect: Effect) {
        if self
            .followed
            .is_some_and(|followed| effect.time() <= followed)
        {
            return;
        }
        match effect {
            Effect::All { .. } => self.backlog.admit_all(),
            Effect::Delegated { .. } if self.backlog.admit_one(Instant::now()) => (),
            Effect::Delegated { .. } => return,
        }
        let _ = self.storing.send(effect);
    }

    fn store_all(&mut self) {
        // While it catches up with what the store has, older records are not put back.
        let time = self.member.registry().time;
        if self.followed.is_some_and(|followed| time < followed) {
            self.backlog.give_all_later(Instant::now());
            return;
        }
        // They are in it, and must not come after what is newer.
        self.member.machine().effects.borrow_mut().clear();
        self.backlog.admit_all();
        let all = Recorder::all(self.member.registry());
        let _ = self.storing.send(all);
    }

    fn give_answers(&mut self) {
        while let Some((tell, outcome)) = self.backlog.take_answer(Instant::now()) {
            // Whoever asked may have gone.
            let _ = tell.send(outcome);
        }
    }

    /// Connects with those that are members now.
    fn meet(&mut self) {
        let registry = self.member.registry();
        if registry.members == self.members {
            return;
        }
        self.members.clone_from(&registry.members);
        let described = |(id, octets): (&MemberId, &Bytes)| {
            let configured = self.configured.get(id).cloned();
            let described = configured.or_else(|| Described::decode(octets.clone()));
            Some((*id, described?))
        };
        let members = self.members.iter().filter_map(described).collect();
        self.shared.set_members(&members);
        self.links.set(members);
    }

    fn note_leader(&mut self) {
        let leader = self.member.leader();
        if leader != self.leader {
            self.leader = leader;
            match leader {
                Some(leader) if leader == self.own => info!("this member leads the registry"),
                Some(leader) => info!(%leader, "another member leads the registry"),
                None => warn!("nobody leads the registry: changes of it must wait"),
            }
            self.tell();
        }
        if let Some(trouble) = self.member.trouble()
            && !self.has_told_trouble
        {
            self.has_told_trouble = true;
            error!(%trouble, "this member of the registry has stopped; an operator must act");
        }
    }

    /// Says how things stand.
    fn tell(&self) {
        let connected = self.members.keys().copied();
        let connected = connected
            .filter(|id| self.links.is_connected(*id))
            .collect();
        let trouble = self.member.trouble().map(Trouble::to_string);
        let position = self.member.position();
        let age = self.member.age(clock::now().moment);
        let registry = self.member.registry();
        self.shared.tell(|state| {
            state.leader = self.leader.map_or(0, |leader| leader.0);
            state.is_leader = self.member.is_leader();
            state.term = position.term;
            state.applied = position.index;
            state.age_ms = age.and_then(|age| u64::try_from(age.as_millis()).ok());
            state.delegations = registry.delegations.len() as u64;
            state.waiting = (self.asked.len() + self.backlog.answers_count()) as u64;
            state.unstored = self.backlog.unstored();
            // One that a thread has left stays.
            if let Some(trouble) = trouble.or_else(|| self.journal_trouble.clone()) {
                state.trouble = trouble;
            }
        });
        self.shared.set_connected(&connected);
    }
}
