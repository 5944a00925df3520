//! What can happen, one step at a time, and what is so afterwards.
//!
//! Between a writer and who returns: `returning`.

use super::desk::{ANSWER_TICKS, Desk, LEASE_TICKS, Order};
use super::judge::{self, Seen};
use super::returning::offer;
use super::search::Model;
use super::state::{Asking, Entry, Faults, Kind as Did, Leaving, Node, RESERVED, Role, State};
use super::{Bug, Kind, Policy, Settings};
use crate::invariants::{Kept, Violation};
use bytes::Bytes;
use quorum::{Answer, Ownership};

/// One thing that happens; the number is the node's that it happens at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// A tick of every clock.
    Tick,
    /// A tick of the registry's clock alone: it is the faster one.
    Drift,
    /// A client's change of an identifier is taken.
    Write(u8, u8),
    /// What was taken becomes durable.
    Sync(u8),
    /// The lease is checked, and an answer is decided on.
    Check(u8),
    /// The answer leaves.
    Leave(u8),
    /// A lease is asked for.
    Ask(u8),
    /// The registry hears of it, for the first time or again.
    Arrive(u8),
    /// What the registry said is heard.
    Hear(u8),
    /// A node looks at the registry.
    Learn(u8),
    /// The registry lets a node take registration over.
    TakeOver(u8),
    /// The registry grants a node the epoch after one that was handed back.
    Grant(u8),
    /// The same against a holder that is no more.
    Force(u8),
    /// The holder writes no more.
    Rest(u8),
    /// The stand-in writes no more.
    RestInPart(u8),
    /// The registry hears of either, for the first time or again.
    HandBack(u8),
    /// A copy takes the next entry.
    Pull(u8),
    /// Who returns sends its tail; a stand-in what it registered.
    Offer(u8),
    /// The writer takes an entry of it.
    Take(u8),
    /// Who sent it hears that all was taken.
    Told(u8),
    /// Who returns without a tail becomes a copy.
    Rejoin(u8),
    /// A node stops and starts again.
    Crash(u8),
    /// A node's disk is replaced.
    LoseDisk(u8),
}

/// The model.
pub(super) struct Tree {
    pub(super) settings: Settings,
    pub(super) desk: Desk,
    /// What was seen in any state.
    pub(super) seen: Seen,
}

impl Model for Tree {
    type State = State;
    type Move = Move;

    fn begin(&mut self) -> State {
        let ownership = match self.settings.kind {
            Kind::Strict => Ownership::Strict,
            Kind::Sovereign => Ownership::Sovereign {
                reserved: Bytes::from_static(b"E-"),
            },
        };
        let registry = self.desk.begin(&ownership);
        let faults = Faults {
            crashes: self.settings.bounds.crashes,
            disks: u8::from(self.settings.policy == Policy::One),
            drifts: self.settings.bounds.drifts,
        };
        State::new(registry, faults)
    }

    fn moves(&self) -> Vec<Move> {
        let of_a_node = |node| {
            [
                Move::Write(node, 0),
                Move::Write(node, RESERVED),
                Move::Sync(node),
                Move::Check(node),
                Move::Leave(node),
                Move::Ask(node),
                Move::Arrive(node),
                Move::Hear(node),
                Move::Learn(node),
                Move::TakeOver(node),
                Move::Grant(node),
                Move::Force(node),
                Move::Rest(node),
                Move::RestInPart(node),
                Move::HandBack(node),
                Move::Pull(node),
                Move::Offer(node),
                Move::Take(node),
                Move::Told(node),
                Move::Rejoin(node),
                Move::Crash(node),
                Move::LoseDisk(node),
            ]
        };
        let nodes = [0, 1].into_iter().flat_map(of_a_node);
        nodes.chain([Move::Tick, Move::Drift]).collect()
    }

    fn after(&mut self, state: &State, by: Move) -> Result<Option<State>, Violation> {
        let mut after = *state;
        let happened = match by {
            Move::Leave(node) => return self.leave(after, node),
            Move::TakeOver(_) | Move::Grant(_) | Move::Force(_) | Move::HandBack(_) => {
                return self.order(after, by);
            }
            Move::Tick => self.tick(&mut after),
            Move::Drift => self.drift(&mut after),
            Move::Write(node, identifier) => self.write(&mut after, node, identifier),
            Move::Sync(node) => {
                after.node(node).sync();
                Some(())
            }
            Move::Check(node) => self.check(&mut after, node),
            Move::Ask(node) => self.ask(after.node(node)),
            Move::Arrive(node) => self.arrive(&mut after, node),
            Move::Hear(node) => self.hear(after.node(node)),
            Move::Learn(node) => self.learn(&mut after, node),
            Move::Rest(node) => self.rest(after.node(node)),
            Move::RestInPart(node) => rest_in_part(after.node(node)),
            Move::Pull(node) => self.pull(&mut after, node),
            Move::Offer(node) => offer(&mut after, node),
            Move::Take(node) => self.take(&mut after, node),
            Move::Told(node) => self.told(&mut after, node),
            Move::Rejoin(node) => self.rejoin(&mut after, node),
            Move::Crash(node) => self.crash(&mut after, node),
            Move::LoseDisk(node) => self.lose_disk(&mut after, node),
        };
        Ok(happened.map(|()| after).filter(|after| after != state))
    }

    fn judge(&mut self, state: &State) -> Kept {
        self.seen.look(state);
        judge::judge(state, self.desk.sight(state.registry))
    }
}

impl Tree {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            desk: Desk::new(settings.bug),
            seen: Seen::default(),
        }
    }

    pub(super) fn has(&self, bug: Bug) -> bool {
        self.settings.bug == Some(bug)
    }

    fn is_strict(&self) -> bool {
        self.settings.kind == Kind::Strict
    }

    /// Whether a node may acknowledge now, as far as it knows.
    fn may_write(&self, node: &Node) -> bool {
        let is_writer = match node.role {
            Role::Writer => true,
            Role::Resting => self.has(Bug::WritesAfterHandBack),
            _ => false,
        };
        is_writer && (!self.is_strict() || node.lease > 0 || self.has(Bug::LeaseIgnored))
    }

    fn tick(&mut self, state: &mut State) -> Option<()> {
        if !self.is_strict() {
            return None;
        }
        state.registry = self.desk.tick(state.registry);
        let is_late = self.has(Bug::AnswerLate);
        for node in &mut state.nodes {
            node.lease = node.lease.saturating_sub(1);
            node.asking = node.asking.and_then(|it| {
                let age = it.age + 1;
                (age <= LEASE_TICKS).then_some(Asking { age, ..it })
            });
            node.leaving = node.leaving.and_then(|it| {
                let age = it.age + 1;
                if age > ANSWER_TICKS {
                    return is_late.then_some(it);
                }
                Some(Leaving { age, ..it })
            });
        }
        Some(())
    }

    fn drift(&mut self, state: &mut State) -> Option<()> {
        if !self.is_strict() {
            return None;
        }
        state.faults.drifts = state.faults.drifts.checked_sub(1)?;
        state.registry = self.desk.tick(state.registry);
        Some(())
    }

    fn write(&self, state: &mut State, at: u8, identifier: u8) -> Option<()> {
        if state.clients.writes >= self.settings.bounds.writes {
            return None;
        }
        let node = state.nodes[usize::from(at)];
        let is_reserved = !self.is_strict() && identifier == RESERVED;
        let epoch = node.epoch;
        let kind = Did::Written;
        if self.may_write(&node) && (!is_reserved || self.has(Bug::ReservedPartIgnored)) {
            let write = state.clients.write(identifier);
            let log = &mut state.node(at).log;
            return log.push(Entry { write, epoch, kind });
        }
        if node.stands_in && (is_reserved || self.has(Bug::StandInAnywhere)) {
            let write = state.clients.write(identifier);
            let own = &mut state.node(at).own;
            return own.push(Entry { write, epoch, kind });
        }
        None
    }

    /// Decides on an answer to the first change that is not acknowledged.
    fn check(&self, state: &mut State, at: u8) -> Option<()> {
        let (node, other) = state.pair(at);
        if node.leaving.is_some() {
            return None;
        }
        let log = if self.may_write(node) {
            &node.log
        } else if node.stands_in {
            &node.own
        } else {
            return None;
        };
        let durable = if self.has(Bug::AcknowledgedBeforeSync) {
            log.all()
        } else {
            log.durable()
        };
        let is_due = |entry: &&Entry| {
            let is_new = entry.kind == Did::Written && entry.epoch == node.epoch;
            is_new && !state.clients.is_acknowledged(entry.write)
        };
        let write = durable.iter().find(is_due)?.write;
        let has_it = |entry: &Entry| entry.write == write;
        let is_copied = self.settings.policy == Policy::Local
            || self.has(Bug::AcknowledgedBeforeCopy)
            || other.log.durable().iter().any(has_it);
        if !is_copied {
            return None;
        }
        let epoch = node.epoch;
        state.node(at).leaving = Some(Leaving {
            write,
            epoch,
            age: 0,
        });
        Some(())
    }

    fn leave(&self, mut state: State, at: u8) -> Result<Option<State>, Violation> {
        let Some(leaving) = state.node(at).leaving.take() else {
            return Ok(None);
        };
        judge::acknowledged(&mut state.clients, at, leaving, self.is_strict())?;
        Ok(Some(state))
    }

    fn ask(&self, node: &mut Node) -> Option<()> {
        let wants = self.is_strict() && node.role == Role::Writer && node.lease < LEASE_TICKS;
        if !wants || node.asking.is_some() {
            return None;
        }
        node.asking = Some(Asking {
            age: 0,
            is_given: false,
        });
        Some(())
    }

    fn arrive(&mut self, state: &mut State, at: u8) -> Option<()> {
        let node = state.node(at);
        let asking = node.asking?;
        let order = Order::Renew {
            by: at,
            epoch: node.epoch,
        };
        let (registry, answer) = self.desk.ask(state.registry, order);
        state.registry = registry;
        let is_given = matches!(answer, Answer::Leased { .. }) || asking.is_given;
        state.node(at).asking = is_given.then_some(Asking { is_given, ..asking });
        Some(())
    }

    fn hear(&self, node: &mut Node) -> Option<()> {
        let asking = node.asking.take_if(|it| it.is_given)?;
        let age = if self.has(Bug::LeaseCountedFromAnswer) {
            0
        } else {
            asking.age
        };
        node.lease = node.lease.max(LEASE_TICKS.saturating_sub(age));
        Some(())
    }

    /// Lets an operator, or who hands back, tell the registry something.
    fn order(&mut self, mut state: State, by: Move) -> Result<Option<State>, Violation> {
        let Some(order) = self.order_of(&state, by) else {
            return Ok(None);
        };
        let before = self.desk.sight(state.registry);
        let (registry, _) = self.desk.ask(state.registry, order);
        judge::ordered(before, self.desk.sight(registry))?;
        let has_changed = registry != state.registry;
        state.registry = registry;
        Ok(has_changed.then_some(state))
    }

    /// What is asked, if whoever would ask sees reason to: an operator chooses a copy of the epoch
    /// in force, and grants an epoch that was handed back to a copy that has all of it.
    fn order_of(&self, state: &State, by: Move) -> Option<Order> {
        let sight = self.desk.sight(state.registry);
        let epoch = sight.epoch;
        if let Move::HandBack(by) = by {
            let node = &state.nodes[usize::from(by)];
            let has_left = node.role == Role::Resting || node.has_stood_in;
            let epoch = node.epoch;
            return has_left.then_some(Order::HandBack { by, epoch });
        }
        let (Move::TakeOver(to) | Move::Grant(to) | Move::Force(to)) = by else {
            return None;
        };
        let (node, other) = state.pair(to);
        let is_copy = node.role == Role::Copy && node.epoch == epoch && sight.holder != to;
        let is_next = epoch < self.settings.bounds.epochs;
        if !is_copy {
            return None;
        }
        let granted = |by_force| Order::Grant {
            to,
            epoch: epoch + 1,
            by_force,
        };
        match by {
            Move::TakeOver(_) if self.is_strict() => {
                is_next.then_some(Order::TakeOver { to, epoch })
            }
            Move::TakeOver(_) => (!node.has_stood_in).then_some(Order::TakeOver { to, epoch }),
            Move::Grant(_) => {
                let has_all = node.log.is_synced() && node.log == other.log;
                (is_next && has_all && sight.is_handed_back).then(|| granted(false))
            }
            _ => (is_next && other.role == Role::Fresh).then(|| granted(true)),
        }
    }

    /// A node sees whether it holds the data set, or stands in, or does not any more.
    fn learn(&self, state: &mut State, at: u8) -> Option<()> {
        let sight = self.desk.sight(state.registry);
        let node = state.node(at);
        let is_synced = node.log.is_synced() && node.own.is_synced();
        let is_next = (node.epoch..=node.epoch + 1).contains(&sight.epoch);
        let is_known = sight.epoch > node.forgotten;
        if sight.holder == at && node.role == Role::Copy && is_next && is_known && is_synced {
            return begin_epoch(node, sight.epoch);
        }
        if sight.holder != at && sight.epoch > node.epoch && node.leads() {
            node.role = Role::Returned;
            node.lease = 0;
            node.asking = None;
            return Some(());
        }
        let is_copy = node.role == Role::Copy && node.epoch == sight.epoch;
        if sight.emergency == Some(at) && is_copy && is_known && !node.has_stood_in {
            node.stands_in = true;
            return Some(());
        }
        None
    }

    fn rest(&self, node: &mut Node) -> Option<()> {
        let is_free = node.role == Role::Writer && node.leaving.is_none() && node.log.is_synced();
        if !is_free {
            return None;
        }
        node.role = Role::Resting;
        if !self.has(Bug::WritesAfterHandBack) {
            node.lease = 0;
        }
        node.asking = None;
        Some(())
    }

    fn crash(&self, state: &mut State, at: u8) -> Option<()> {
        let node = state.node(at);
        let before = *node;
        node.crash();
        if self.has(Bug::TailTakenTwice) {
            node.taken = 0;
        }
        if *node == before {
            return None;
        }
        state.faults.crashes = state.faults.crashes.checked_sub(1)?;
        Some(())
    }

    fn lose_disk(&self, state: &mut State, at: u8) -> Option<()> {
        state.faults.disks = state.faults.disks.checked_sub(1)?;
        let epoch = self.desk.sight(state.registry).epoch;
        *state.node(at) = Node::fresh(epoch);
        Some(())
    }
}

/// A copy begins an epoch of its own, with what it registered as a stand-in.
fn begin_epoch(node: &mut Node, epoch: u8) -> Option<()> {
    let own = node.own;
    for entry in own.all() {
        let kind = Did::Replayed;
        if !node.log.has(entry.write) {
            node.log.push(Entry { kind, ..*entry })?;
        }
    }
    node.log.sync();
    node.own.truncate(0);
    (node.stands_in, node.has_stood_in) = (false, false);
    node.role = Role::Writer;
    node.epoch = epoch;
    node.base = node.log.len();
    node.taken = 0;
    Some(())
}

fn rest_in_part(node: &mut Node) -> Option<()> {
    if !node.stands_in || node.leaving.is_some() {
        return None;
    }
    (node.stands_in, node.has_stood_in) = (false, true);
    Some(())
}
