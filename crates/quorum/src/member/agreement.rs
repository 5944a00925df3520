//! How the library is driven: what is written before anything is sent, what is applied when.
//!
//! At most one batch is under way to the disk. What comes in meanwhile the library takes, but
//! nothing is taken out of it, so that nothing leaves before what it relies on is durable: simpler
//! than the library allows, and fast enough for what changes a few times a second.

use super::{
    Batch, ELECTION_TICKS, HEARTBEAT_TICKS, Machine, Member, Output, Position, Settings, Trouble,
};
use crate::journal::Kept;
use crate::log::Log;
use crate::message::{self, Address, Body};
use crate::{Entry, MemberId, Membership};
use bytes::Bytes;
use raft::eraftpb::{
    ConfChangeSingle, ConfChangeType, ConfChangeV2, Entry as Agreed, EntryType, Message,
    MessageType, Snapshot,
};
use raft::{Config, RawNode, StateRole};

/// How many octets of entries one message has at most, and how many entries nobody has agreed on
/// yet may have: one message per round trip carries all that is asked in it.
const MESSAGE_ENTRIES_OCTETS_MAX: u64 = 1 << 20;
const UNCOMMITTED_OCTETS_MAX: u64 = 8 << 20;

/// How many messages with entries are under way to a member.
const INFLIGHT_COUNT_MAX: usize = 64;

/// How many octets the entries since the last snapshot have at most, about. Beyond it the next
/// snapshot is made, whatever their number.
const LOG_OCTETS_MAX: usize = 16 << 20;

/// A batch that is under way to the disk, and what waits for it.
#[derive(Debug)]
pub(super) struct Syncing {
    number: u64,
    /// What the library calls it; none if it is ours alone.
    ready: Option<u64>,
    messages: Vec<Message>,
    snapshot: Option<Snapshot>,
}

/// The library, as we use it.
pub(super) fn node(settings: &Settings, log: Log, applied: u64) -> Result<RawNode<Log>, Trouble> {
    let config = Config {
        id: settings.id.0,
        election_tick: ELECTION_TICKS,
        heartbeat_tick: HEARTBEAT_TICKS,
        applied,
        max_size_per_msg: MESSAGE_ENTRIES_OCTETS_MAX,
        max_inflight_msgs: INFLIGHT_COUNT_MAX,
        max_uncommitted_size: UNCOMMITTED_OCTETS_MAX,
        // A leader that does not reach a majority stops leading, and a member that comes back from
        // nowhere asks before it disturbs anybody.
        check_quorum: true,
        pre_vote: true,
        ..Config::default()
    };
    // What it has to say is said by errors and by what it does.
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    RawNode::new(&config, log, &logger).map_err(|error| refused(&error))
}

fn refused(error: &raft::Error) -> Trouble {
    Trouble::Agreement(error.to_string())
}

impl<M: Machine> Member<M> {
    /// Chooses when this member wants to lead. The library would draw it by a randomness of its
    /// own; here a term and a member have one, so that a seed has one history.
    pub(super) fn spread(&mut self) {
        let (id, seed, term) = (self.settings.id.0, self.settings.seed, self.raft.raft.term);
        let mixed = mix(mix(mix(seed).wrapping_add(id)).wrapping_add(term));
        let ticks = ELECTION_TICKS + (mixed % ELECTION_TICKS as u64) as usize;
        self.raft.raft.set_randomized_election_timeout(ticks);
    }

    /// Gives the library a message of another member.
    pub(super) fn step(&mut self, message: Message) {
        let last = self.raft.store().last();
        let is_heartbeat = message.get_msg_type() == MessageType::MsgHeartbeat;
        let is_of_now = message.term >= self.raft.raft.term;
        let unstable = self.raft.raft.raft_log.last_index().max(last);
        if is_heartbeat && is_of_now && message.commit > unstable {
            self.stop(Trouble::Lost {
                index: message.commit,
            });
            return;
        }
        // An error means that the message is of no use now; it says nothing about this member.
        let _ = self.raft.step(message);
        self.spread();
    }

    /// Whether a snapshot is under way to the disk. Until it is durable and applied the library
    /// must not go on: it would look for entries that the snapshot stands for.
    pub(super) fn is_restoring(&self) -> bool {
        let syncing = self.syncing.as_ref();
        syncing.is_some_and(|syncing| syncing.snapshot.is_some())
    }

    /// Stops for good: an operator must see to it.
    fn stop(&mut self, trouble: Trouble) {
        self.trouble.get_or_insert(trouble);
        self.answer_all_unknown();
    }

    /// Takes out of the library what it wants done, until there is nothing or the disk is busy.
    pub(super) fn pump(&mut self) {
        self.spread();
        while self.syncing.is_none() && self.trouble.is_none() && self.raft.has_ready() {
            self.pump_once();
            self.spread();
            self.notice_leadership();
        }
        if self.syncing.is_none() && self.trouble.is_none() {
            self.compact();
        }
    }

    fn pump_once(&mut self) {
        let mut ready = self.raft.ready();
        let number = ready.number();
        let must_sync = ready.must_sync();
        let snapshot = Some(ready.snapshot().clone()).filter(|it| !it.is_empty());
        let kept = Kept {
            hard: ready.hs().cloned(),
            snapshot: snapshot.clone(),
            before: None,
            entries: ready.entries().clone(),
        };
        let mut messages = ready.take_messages();
        messages.extend(ready.take_persisted_messages());
        let committed = ready.take_committed_entries();
        self.remember(&kept);
        self.raft.advance_append_async(ready);
        self.apply_all(committed);
        let syncing = Syncing {
            number: self.batches_count + 1,
            ready: Some(number),
            messages,
            snapshot,
        };
        if must_sync {
            let octets = self.writer.addition(&kept);
            self.persist(octets, false, syncing);
        } else {
            // How far was agreed need not be kept: it is found out again.
            self.finish(syncing);
        }
    }

    /// Brings what the library reads up to what is being written.
    fn remember(&mut self, kept: &Kept) {
        let log = self.raft.mut_store();
        if let Some(snapshot) = &kept.snapshot {
            log.restore(snapshot.clone());
        }
        let appended = log.append(kept.entries.clone());
        if let Some(hard) = &kept.hard {
            log.set_hard(hard.clone());
        }
        if let Err(gap) = appended {
            self.stop(gap.into());
        }
    }

    fn persist(&mut self, octets: Bytes, replaces: bool, syncing: Syncing) {
        self.batches_count += 1;
        self.outputs.push_back(Output::Persist(Batch {
            number: syncing.number,
            replaces,
            octets,
        }));
        self.syncing = Some(syncing);
    }

    /// Writes all that is remembered instead of what was written.
    pub(super) fn persist_all(&mut self) {
        let octets = self.writer.replacement(&self.raft.store().kept());
        let syncing = Syncing {
            number: self.batches_count + 1,
            ready: None,
            messages: Vec::new(),
            snapshot: None,
        };
        self.persist(octets, true, syncing);
    }

    pub(super) fn persisted(&mut self, number: u64) {
        if let Some(syncing) = self.syncing.take_if(|it| it.number == number) {
            self.finish(syncing);
        }
    }

    /// Does what had to wait until something was durable.
    fn finish(&mut self, syncing: Syncing) {
        if let Some(ready) = syncing.ready {
            self.raft.on_persist_ready(ready);
        }
        if let Some(snapshot) = syncing.snapshot {
            self.restore(&snapshot);
        }
        for message in syncing.messages {
            self.send(message);
        }
    }

    fn send(&mut self, message: Message) {
        let to = MemberId(message.to);
        let body = Body::Agreement(Box::new(message));
        self.send_body(to, &body);
    }

    pub(super) fn send_body(&mut self, to: MemberId, body: &Body) {
        let address = Address {
            group: self.settings.group,
            from: self.settings.id,
            to,
        };
        let octets = message::encode(address, self.freshness(), body);
        self.outputs.push_back(Output::Send { to, octets });
    }

    /// Becomes what a snapshot says.
    fn restore(&mut self, snapshot: &Snapshot) {
        let about = snapshot.get_metadata();
        let (index, term) = (about.index, about.term);
        let data = Bytes::copy_from_slice(&snapshot.data);
        if let Err(error) = self.machine.restore(data) {
            self.stop(Trouble::Unreadable { index, error });
            return;
        }
        self.applied = Position { term, index };
        self.raft.advance_apply_to(index);
        self.catch_up();
        self.answer_remembered();
    }

    fn apply_all(&mut self, committed: Vec<Agreed>) {
        for agreed in committed {
            if self.trouble.is_some() {
                return;
            }
            let position = Position {
                term: agreed.term,
                index: agreed.index,
            };
            if let Err(trouble) = self.apply(agreed, position) {
                self.stop(trouble);
                return;
            }
            self.applied = position;
            self.raft.advance_apply_to(position.index);
            self.catch_up();
            self.begin_to_lead(position);
        }
    }

    fn apply(&mut self, agreed: Agreed, position: Position) -> Result<(), Trouble> {
        let octets = match agreed.get_entry_type() {
            EntryType::EntryNormal => agreed.data,
            _ => agreed.context,
        };
        if octets.is_empty() {
            return Ok(());
        }
        let index = position.index;
        let entry = Entry::decode(Bytes::from(octets.to_vec()));
        let entry = entry.map_err(|error| Trouble::Unreadable { index, error })?;
        let applied = self.machine.apply(&entry);
        if let Some(membership) = applied.membership {
            let configured = self.raft.apply_conf_change(&change(membership));
            let configured = configured.map_err(|error| refused(&error))?;
            self.raft.mut_store().set_configured(configured);
            self.has_new_members = true;
        }
        self.answer(&entry.request, applied.answer, position);
        Ok(())
    }

    /// Makes a snapshot if many entries have followed the last.
    fn compact(&mut self) {
        let log = self.raft.store();
        let since = self
            .applied
            .index
            .saturating_sub(log.snapshot().get_metadata().index);
        let is_heavy = log.octets() > LOG_OCTETS_MAX;
        // A member that joins takes no snapshot that does not name it.
        let is_due = is_heavy || self.has_new_members;
        if since == 0 || (since < self.settings.entries_count_max && !is_due) {
            return;
        }
        self.has_new_members = false;
        let data = self.machine.encode().to_vec();
        // Heavy ones are not kept: a snapshot is lighter then.
        let kept = if is_heavy {
            0
        } else {
            self.settings.entries_kept_count
        };
        let index = self.applied.index;
        self.raft.mut_store().compact(index, data, kept);
        self.persist_all();
    }

    /// Asks the library to agree on an entry; whether it will try.
    pub(super) fn propose(&mut self, entry: &Entry) -> bool {
        let octets = entry.encode().to_vec();
        let proposed = match Membership::of(&entry.request.command) {
            None => self.raft.propose(Vec::new(), octets),
            Some(membership) => self.raft.propose_conf_change(octets, change(membership)),
        };
        proposed.is_ok()
    }

    /// Whether this member leads, as the library says.
    pub(super) fn leads(&self) -> bool {
        self.raft.raft.state == StateRole::Leader
    }
}

/// A change of the members as the library has it: one at a time needs no step between.
fn change(membership: Membership) -> ConfChangeV2 {
    let mut single = ConfChangeSingle::default();
    let (kind, member) = match membership {
        Membership::Add(member) => (ConfChangeType::AddNode, member),
        Membership::Remove(member) => (ConfChangeType::RemoveNode, member),
    };
    single.set_change_type(kind);
    single.node_id = member.0;
    let mut change = ConfChangeV2::default();
    change.set_changes(vec![single].into());
    change
}

/// Spreads numbers that are close to each other (the finaliser of `SplitMix64`).
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
