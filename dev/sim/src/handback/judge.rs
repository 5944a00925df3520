//! What must be so in every state, and when something is acknowledged or granted.

use super::desk::Sight;
use super::planted::{CURRENT, KEPT, ONCE, ONE_WRITER, ORDER, PREFIX, RISE};
use super::state::{Clients, Kind as Did, Leaving, Log, Role, State};
use crate::invariants::{Kept, keep};

/// What was seen in any state: without it nothing would be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is seen or not, apart from the others"
)]
pub struct Seen {
    /// An entry of a tail was replayed, and is durable at who returned as well.
    pub replayed: bool,
    /// One was reported.
    pub reported: bool,
    /// The highest epoch in which something was acknowledged.
    pub acknowledged_in: u8,
    /// Somebody who returned holds the data set again, in a third epoch.
    pub handed_back: bool,
    /// A stand-in registered something that is with the holder by now.
    pub stood_in: bool,
    /// A disk was lost, and its node is a copy again.
    pub refilled: bool,
}

impl Seen {
    /// Takes note of a state.
    pub(super) fn look(&mut self, state: &State) {
        let is_everywhere = |did: Did| {
            let has = |log: &Log| log.durable().iter().any(|entry| entry.kind == did);
            state.nodes.iter().all(|node| has(&node.log))
        };
        let [first, second] = &state.nodes;
        self.replayed |= is_everywhere(Did::Replayed);
        self.reported |= is_everywhere(Did::Reported);
        let epochs = state.clients.last.iter().flatten().map(|(epoch, _)| *epoch);
        self.acknowledged_in = epochs.fold(self.acknowledged_in, u8::max);
        self.handed_back |= first.role == Role::Writer && first.epoch == 3;
        self.stood_in |= second.has_stood_in && first.taken > 0;
        self.refilled |= [first, second]
            .iter()
            .any(|it| it.forgotten > 0 && it.role == Role::Copy);
    }
}

/// An answer has left: per identifier nobody else has acknowledged anything in this epoch, and
/// nobody in a later one. What is held under a lease has one writer altogether.
pub(super) fn acknowledged(
    clients: &mut Clients,
    by: u8,
    leaving: Leaving,
    is_strict: bool,
) -> Kept {
    let identifier = usize::from(clients.identifier(leaving.write));
    let now = (leaving.epoch, by);
    let is_next = |before: &Option<(u8, u8)>| {
        before.is_none_or(|before| before == now || before.0 < leaving.epoch)
    };
    let is_alone = if is_strict {
        clients.last.iter().all(is_next)
    } else {
        is_next(&clients.last[identifier])
    };
    keep(is_alone, ONE_WRITER, || {
        let last = clients.last;
        format!("node {by} in epoch {}, after {last:?}", leaving.epoch)
    })?;
    clients.last[identifier] = Some(now);
    clients.acknowledge(leaving.write);
    Ok(())
}

/// The registry has carried out an order.
pub(super) fn ordered(before: Sight, after: Sight) -> Kept {
    let has_changed = before.holder != after.holder;
    let is_risen = after.epoch > before.epoch || !has_changed && after.epoch == before.epoch;
    keep(is_risen, RISE, || format!("{after:?} after {before:?}"))
}

/// What must be so in every state.
pub(super) fn judge(state: &State, sight: Sight) -> Kept {
    for write in (0..state.clients.writes).filter(|it| state.clients.is_acknowledged(*it)) {
        let has = |log: &Log| log.durable().iter().any(|entry| entry.write == write);
        let is_kept = state.nodes.iter().any(|it| has(&it.log) || has(&it.own));
        keep(is_kept, KEPT, || format!("{write} is nowhere: {state:?}"))?;
    }
    for (at, node) in state.nodes.iter().enumerate() {
        keep(node.epoch <= sight.epoch, RISE, || {
            format!("node {at} is in epoch {}: {sight:?}", node.epoch)
        })?;
        log(&node.log, &state.clients)?;
    }
    let [first, second] = &state.nodes;
    for (copy, writer) in [(first, second), (second, first)] {
        let follows = copy.role == Role::Copy && writer.leads() && copy.epoch == writer.epoch;
        let is_prefix = writer.log.durable().starts_with(copy.log.all());
        keep(!follows || is_prefix, PREFIX, || {
            format!("{:?} follows {:?}", copy.log, writer.log)
        })?;
    }
    Ok(())
}

/// What must be so of a log: each change once, epochs in order, and in an epoch nothing of a tail
/// over what clients have changed.
fn log(log: &Log, clients: &Clients) -> Kept {
    let entries = log.all();
    for (at, entry) in entries.iter().enumerate() {
        let before = &entries[..at];
        keep(
            before.iter().all(|it| it.write != entry.write),
            ONCE,
            || format!("{entry:?} comes twice in {log:?}"),
        )?;
        keep(
            before.iter().all(|it| it.epoch <= entry.epoch),
            ORDER,
            || format!("{entry:?} comes late in {log:?}"),
        )?;
        let identifier = clients.identifier(entry.write);
        let is_over = before.iter().any(|it| {
            let is_same = clients.identifier(it.write) == identifier;
            is_same && it.kind == Did::Written && it.epoch == entry.epoch
        });
        keep(entry.kind != Did::Replayed || !is_over, CURRENT, || {
            format!("{entry:?} is over what came before in {log:?}")
        })?;
    }
    Ok(())
}
