//! One member: the library that agrees, the registry it agrees on, and the requests that wait.
//!
//! A machine without I/O. Whatever comes in is handled by a `handle_*`; what is to be done then
//! comes out of [`Member::poll_output`], to be done in that order:
//!
//! 1. [`Output::Persist`]: the octets must be durable before [`Member::handle_persisted`] is told
//!    so. Until then the member sends nothing that relies on them; it keeps that back itself.
//! 2. [`Output::Send`] over a connection that proves who is at its ends. What is lost comes
//!    again.
//! 3. [`Output::Answer`] to whoever asked this member.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `member/agreement` | how is the library driven, what is durable when? |
//! | `member/waiting` | what becomes of requests until they are answered? |
//! | `member/age` | how old is what a member shows? |

mod age;
mod agreement;
#[cfg(test)]
mod tests;
mod waiting;

use crate::journal::{self, Batch, Damage, Writer};
use crate::log::{Gap, Log};
use crate::message::{self, Address, Body};
use crate::{Answer, Applied, Entry, Error, MemberId, Moment, Now, Registry, Request};
use age::Age;
use agreement::Syncing;
use bytes::Bytes;
use raft::eraftpb::{ConfState, Snapshot};
use raft::{RawNode, SnapshotStatus};
use std::collections::VecDeque;
use std::time::Duration;
use waiting::{Lead, Waiting};

/// How often the library's clock ticks.
pub const TICK: Duration = Duration::from_millis(50);

/// How many ticks a leader lets pass until it shows that it is there.
const HEARTBEAT_TICKS: usize = 2;

/// How many ticks without a leader pass at least until a member wants to be one; twice as many at
/// most. Half a second is five times the longest way across the country and back.
const ELECTION_TICKS: usize = 10;

/// How long whoever asks waits at most. Beyond it: [`Outcome::Busy`] or [`Outcome::Unknown`].
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// What a member is told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its number.
    pub id: MemberId,
    /// Which members agree with each other: messages of another group are refused.
    pub group: u64,
    /// Spreads the moments at which members want to lead. It need not be secret.
    pub seed: u64,
    /// Random octets, drawn anew whenever the member is started: see [`crate::journal`].
    pub salt: [u8; 16],
    /// How many entries may follow a snapshot until the next one is made.
    pub entries_count_max: u64,
    /// How many entries from before it are kept for members that are a little behind.
    pub entries_kept_count: u64,
}

impl Settings {
    /// The usual ones.
    pub fn new(id: MemberId, group: u64, seed: u64, salt: [u8; 16]) -> Self {
        Self {
            id,
            group,
            seed,
            salt,
            entries_count_max: 4096,
            entries_kept_count: 1024,
        }
    }
}

/// What entries are applied to: the [`Registry`], or the simulator's with a mistake in it.
pub trait Machine {
    /// Applies the next entry.
    fn apply(&mut self, entry: &Entry) -> Applied;

    /// Its octets, as a whole.
    fn encode(&self) -> Bytes;

    /// Becomes what the octets say.
    ///
    /// # Errors
    /// Those of [`Registry::decode`].
    fn restore(&mut self, octets: Bytes) -> Result<(), Error>;

    /// The registry itself.
    fn registry(&self) -> &Registry;
}

impl Machine for Registry {
    fn apply(&mut self, entry: &Entry) -> Applied {
        self.apply(entry)
    }

    fn encode(&self) -> Bytes {
        self.encode()
    }

    fn restore(&mut self, octets: Bytes) -> Result<(), Error> {
        *self = Self::decode(octets)?;
        Ok(())
    }

    fn registry(&self) -> &Registry {
        self
    }
}

/// A place in the registry's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Which leader's: the epoch of the registry.
    pub term: u64,
    /// The number of the entry: it rises by one and never starts again.
    pub index: u64,
}

/// Names a request that this member was asked, until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What whoever asked is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was judged, and this is the answer as of a position.
    Answered(Answer, Position),
    /// It was not carried out and will not be: nobody leads, or too many wait. Ask again later.
    Busy,
    /// It may be carried out yet: ask again, with the same mark.
    Unknown,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Octets to make durable.
    Persist(Batch),
    /// Octets for another member.
    Send {
        /// Who it is for.
        to: MemberId,
        /// What it is told.
        octets: Bytes,
    },
    /// An answer for whoever asked this member.
    Answer {
        /// Which request it is the answer to.
        ticket: Ticket,
        /// The answer.
        outcome: Outcome,
    },
}

/// Why a member cannot start, or has stopped. An operator must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Its journal cannot be read.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Its journal can be read and makes no sense.
    #[error("the journal makes no sense: {0}")]
    Gap(&'static str),
    /// An entry or snapshot that the members agreed on is not known to this version.
    #[error("entry {index} cannot be read: {error}")]
    Unreadable {
        /// The index of the entry.
        index: u64,
        /// What is wrong.
        error: Error,
    },
    /// The leader believes that this member has entries that it has not: its disk lost them.
    #[error("the leader relies on entry {index}, which this member does not have")]
    Lost {
        /// The index of the entry.
        index: u64,
    },
    /// The library refuses.
    #[error("the agreement cannot go on: {0}")]
    Agreement(String),
}

impl From<Gap> for Trouble {
    fn from(Gap(what): Gap) -> Self {
        Self::Gap(what)
    }
}

/// One member.
pub struct Member<M = Registry> {
    settings: Settings,
    raft: RawNode<Log>,
    machine: M,
    applied: Position,
    now: Now,
    next_tick: Moment,
    writer: Writer,
    batches_count: u64,
    syncing: Option<Syncing>,
    outputs: VecDeque<Output>,
    waiting: Waiting,
    lead: Option<Lead>,
    /// Whether the members have changed since the last snapshot.
    has_new_members: bool,
    age: Age,
    trouble: Option<Trouble>,
}

impl<M: Machine> Member<M> {
    /// Starts a member of a new group. All its members must be founded with an equal registry,
    /// which names them.
    ///
    /// # Errors
    /// [`Trouble::Agreement`] if the settings are not sound.
    pub fn found(settings: Settings, machine: M, now: Now) -> Result<Self, Trouble> {
        let members = machine.registry().members.keys();
        let configured = ConfState {
            voters: members.map(|member| member.0).collect(),
            ..ConfState::default()
        };
        let mut snapshot = Snapshot {
            data: machine.encode().to_vec().into(),
            ..Snapshot::default()
        };
        let about = snapshot.mut_metadata();
        (about.index, about.term) = (1, 1);
        about.set_conf_state(configured);
        let mut log = Log::default();
        log.restore(snapshot);
        Self::start(settings, log, machine, now)
    }

    /// Starts a member that the others will add: it waits until they send it the registry.
    ///
    /// # Errors
    /// [`Trouble::Agreement`] if the settings are not sound.
    pub fn join(settings: Settings, machine: M, now: Now) -> Result<Self, Trouble> {
        Self::start(settings, Log::default(), machine, now)
    }

    /// Starts a member again from its journal.
    ///
    /// # Errors
    /// Any [`Trouble`]: a member whose journal is not sound must not be started.
    pub fn open(
        settings: Settings,
        journal: &Bytes,
        mut machine: M,
        now: Now,
    ) -> Result<Self, Trouble> {
        let log = Log::recover(journal::read(journal)?)?;
        let snapshot = log.snapshot();
        if !snapshot.is_empty() {
            let data = Bytes::copy_from_slice(&snapshot.data);
            let index = snapshot.get_metadata().index;
            let restored = machine.restore(data);
            restored.map_err(|error| Trouble::Unreadable { index, error })?;
        }
        Self::start(settings, log, machine, now)
    }

    fn start(settings: Settings, log: Log, machine: M, now: Now) -> Result<Self, Trouble> {
        let about = log.snapshot().get_metadata();
        let applied = Position {
            term: about.term,
            index: about.index,
        };
        let raft = agreement::node(&settings, log, applied.index)?;
        let mut member = Self {
            writer: Writer::new(settings.salt),
            raft,
            machine,
            applied,
            now,
            next_tick: now.moment + TICK,
            batches_count: 0,
            syncing: None,
            outputs: VecDeque::new(),
            waiting: Waiting::default(),
            lead: None,
            has_new_members: false,
            age: Age::default(),
            trouble: None,
            settings,
        };
        member.spread();
        // All is written anew: whatever a crash has torn is gone with it.
        member.persist_all();
        Ok(member)
    }

    /// Tells the member what time it is; to be called when [`Member::poll_timeout`] is reached.
    pub fn handle_timeout(&mut self, now: Now) {
        self.now = now;
        if now.moment >= self.next_tick {
            // However late: a member that was asleep must not believe that all others were.
            self.next_tick = now.moment + TICK;
            if self.is_running() && !self.is_restoring() {
                self.raft.tick();
            }
        }
        self.submit_waiting();
        self.pump();
    }

    /// Takes octets that came from another member over a connection that proves it.
    ///
    /// # Errors
    /// [`Error`] if they are not a message of that member to this one; nothing has changed then.
    pub fn handle_message(
        &mut self,
        now: Now,
        from: MemberId,
        octets: &Bytes,
    ) -> Result<(), Error> {
        self.now = now;
        let (address, freshness, body) = message::decode(octets)?;
        let expected = Address {
            group: self.settings.group,
            from,
            to: self.settings.id,
        };
        if address != expected {
            return Err(Error::Octets(model::Error::Unexpected {
                what: "message",
                expected: "of this group, from its sender to this member",
            }));
        }
        if !self.is_running() {
            return Ok(());
        }
        match body {
            Body::Agreement(_) if self.is_restoring() => {}
            Body::Agreement(message) => {
                let term = message.term;
                self.step(*message);
                self.hear(from, term, freshness);
            }
            Body::Forward(request) => self.handle_forwarded(&Request::decode(request)?),
        }
        self.pump();
        Ok(())
    }

    /// Takes a request of somebody whom this member has authenticated. The answer comes as
    /// [`Output::Answer`], within [`ANSWER_TIMEOUT`].
    ///
    /// # Errors
    /// [`Error`] if a field of the request is too long to be agreed on; nothing is done then, and
    /// no answer comes. Whoever asked must ask otherwise.
    pub fn handle_request(&mut self, now: Now, request: &Request) -> Result<Ticket, Error> {
        self.now = now;
        let digest = request.checked()?;
        let ticket = self.take(request, digest);
        self.pump();
        Ok(ticket)
    }

    /// Takes note that a batch is durable.
    pub fn handle_persisted(&mut self, now: Now, number: u64) {
        self.now = now;
        self.persisted(number);
        self.pump();
    }

    /// Takes note that what was sent to a member may not have come: there is a new connection to
    /// it. Without being told, a leader would wait for ever for a snapshot to come that was lost.
    pub fn handle_lost(&mut self, now: Now, to: MemberId) {
        self.now = now;
        if self.is_running() && !self.is_restoring() {
            self.raft.report_snapshot(to.0, SnapshotStatus::Failure);
            self.raft.report_unreachable(to.0);
        }
        self.pump();
    }

    /// The next thing to do, if there is one.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Member::handle_timeout`] is to be called next.
    pub fn poll_timeout(&self) -> Moment {
        self.next_tick
    }

    /// The registry as far as it is applied here. It is what was agreed on, and perhaps
    /// [old](Member::age).
    pub fn registry(&self) -> &Registry {
        self.machine.registry()
    }

    /// What the registry is kept in.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The last entry that is applied here.
    pub fn position(&self) -> Position {
        self.applied
    }

    /// Who leads, as far as is known here.
    pub fn leader(&self) -> Option<MemberId> {
        Some(MemberId(self.raft.raft.leader_id)).filter(|leader| leader.0 != 0)
    }

    /// Whether this member believes that it leads.
    pub fn is_leader(&self) -> bool {
        self.leader() == Some(self.settings.id)
    }

    /// Why the member has stopped, if it has.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Whether the member takes part.
    fn is_running(&self) -> bool {
        self.trouble.is_none() && !self.is_removed()
    }

    /// Whether the others have removed it.
    fn is_removed(&self) -> bool {
        let registry = self.registry();
        registry.former_members.contains(&self.settings.id)
    }
}
