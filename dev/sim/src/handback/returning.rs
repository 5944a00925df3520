//! What happens between a writer and its copy, and between a writer and who was it before.

use super::Bug;
use super::moves::Tree;
use super::state::{Entry, Kind as Did, Log, Offer, Role, State};

impl Tree {
    /// A copy takes the next durable entry of its writer; streams of earlier epochs it refuses.
    pub(super) fn pull(&self, state: &mut State, at: u8) -> Option<()> {
        let (node, other) = state.pair(at);
        if self.has(Bug::StaleStreamTaken) && node.role == Role::Writer {
            let entry = other.log.durable().get(usize::from(node.base)).copied()?;
            let is_stale = other.role == Role::Writer && other.epoch < node.epoch;
            if !is_stale || node.log.has(entry.write) {
                return None;
            }
            return state.node(at).log.push(entry);
        }
        let is_fresh = node.role == Role::Fresh;
        let follows = is_fresh || node.role == Role::Copy && node.epoch == other.epoch;
        if !follows || !other.leads() {
            return None;
        }
        let next = other
            .log
            .durable()
            .get(usize::from(node.log.len()))
            .copied();
        let (is_whole, epoch) = (node.log.is_synced(), other.epoch);
        let node = state.node(at);
        match next {
            Some(entry) => node.log.push(entry),
            None if is_fresh && is_whole => {
                node.role = Role::Copy;
                node.epoch = epoch;
                Some(())
            }
            None => None,
        }
    }

    /// The writer takes the next entry of a tail: replayed if nobody has changed the identifier in
    /// this epoch, reported otherwise.
    pub(super) fn take(&self, state: &mut State, at: u8) -> Option<()> {
        let node = &state.nodes[usize::from(at)];
        let offer = state.offer?;
        if node.role != Role::Writer || offer.from == at || offer.epoch != node.epoch {
            return None;
        }
        let entry = *offer.tail.all().get(usize::from(node.taken))?;
        let identifier = state.clients.identifier(entry.write);
        let is_change = |it: &Entry| {
            it.kind == Did::Written && state.clients.identifier(it.write) == identifier
        };
        let is_changed = node.log.after(node.base).iter().any(is_change);
        let kind = if is_changed && !self.has(Bug::TailOverwrites) {
            Did::Reported
        } else {
            Did::Replayed
        };
        let epoch = node.epoch;
        let is_dropped = kind == Did::Reported && self.has(Bug::ConflictUnreported);
        let node = state.node(at);
        node.taken += 1;
        if is_dropped {
            return Some(());
        }
        node.log.push(Entry {
            epoch,
            kind,
            ..entry
        })
    }

    /// Who offered a tail hears that it was taken, durably: it is a copy now. A stand-in that has
    /// left forgets what it registered when it has that as a copy.
    pub(super) fn told(&self, state: &mut State, at: u8) -> Option<()> {
        let offer = state.offer.filter(|offer| offer.from == at)?;
        let (node, other) = state.pair(at);
        let is_durable = other.log.is_synced() || self.has(Bug::TailTakenBeforeSync);
        let is_taken = other.leads() && other.epoch == offer.epoch;
        if !is_taken || !is_durable || other.taken < offer.tail.len() {
            return None;
        }
        let (base, epoch) = (other.base, other.epoch);
        if node.role == Role::Returned {
            become_copy(state, at, base, epoch);
            return Some(());
        }
        let has_it = |entry: &Entry| node.log.durable().iter().any(|it| it.write == entry.write);
        let is_whole = node.own.len() == offer.tail.len() && node.own.all().iter().all(has_it);
        if node.stands_in || !is_whole {
            return None;
        }
        state.node(at).own.truncate(0);
        Some(())
    }

    /// Who returns and has nothing beyond what the new writer had copied becomes a copy.
    pub(super) fn rejoin(&self, state: &mut State, at: u8) -> Option<()> {
        let (node, other) = state.pair(at);
        let is_follower = node.role == Role::Returned && other.leads() && other.epoch > node.epoch;
        let has_tail = node.log.len() > other.base || !node.log.is_synced();
        if !is_follower || has_tail && !self.has(Bug::TailDropped) {
            return None;
        }
        let (base, epoch) = (other.base, other.epoch);
        become_copy(state, at, base, epoch);
        Some(())
    }
}

fn become_copy(state: &mut State, at: u8, base: u8, epoch: u8) {
    let node = state.node(at);
    node.log.truncate(base);
    node.role = Role::Copy;
    node.epoch = epoch;
    (node.base, node.taken) = (0, 0);
    node.has_stood_in = false;
}

/// Who returns sends what it has beyond the position at which the new epoch began; a stand-in
/// sends what it has registered.
pub(super) fn offer(state: &mut State, at: u8) -> Option<()> {
    let (node, other) = state.pair(at);
    if other.role != Role::Writer {
        return None;
    }
    let is_returned = node.role == Role::Returned && other.epoch > node.epoch;
    let is_stand_in = node.role == Role::Copy && other.epoch == node.epoch;
    let tail = if is_returned && node.log.is_synced() {
        node.log.after(other.base)
    } else if is_stand_in {
        node.own.durable()
    } else {
        return None;
    };
    if tail.is_empty() {
        return None;
    }
    let mut offer = Offer {
        from: at,
        epoch: other.epoch,
        tail: Log::EMPTY,
    };
    for entry in tail {
        offer.tail.push(*entry)?;
    }
    state.offer = Some(offer);
    Some(())
}
