//! Cells asked at a node one after the other, and what was heard and done compared with what is
//! expected.
//!
//! Sessions that are proven, or not yet, are kept for the next cell that needs one like it. Not
//! here: messages ([`super::asking`]), rules ([`super::rules`]).

use super::asking::{self, Asking, Channel, Pairs, Seen, World, identifier, is_challenge};
use super::cells::{Cell, Condition, Operation, Way};
use super::people::{Keys, Who, administrator};
use super::rules;
use model::Value;
use std::collections::{BTreeSet, HashMap};
use wire::{Message, Packet, ResponseCode};

/// A node on which cells are tried.
pub(crate) struct Bench<'w> {
    world: &'w dyn World,
    keys: &'w Keys,
    sessions: HashMap<Standing, Channel<'w>>,
    number: u32,
}

/// A session by what is the same in all cells that share it.
type Standing = (super::cells::Carrier, Way, u8, Held);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Held {
    Proven(Who),
    Unproven,
}

/// A cell whose proof waits until it is late.
pub(crate) struct Waiting<'w> {
    cell: Cell,
    number: u32,
    channel: Channel<'w>,
    proof: Packet,
    changes: Option<u64>,
}

impl<'w> Bench<'w> {
    /// Makes everything ready that cells need.
    pub(crate) fn new(world: &'w dyn World, keys: &'w Keys) -> Self {
        for prefix in ["88.1", "88.4"] {
            world.home(prefix, true);
            world.put(&format!("0.NA/{prefix}"), Some(&[administrator()]));
        }
        for who in [Who::Administrator, Who::Guest] {
            world.put(who.name(), Some(&keys.values()));
        }
        for operation in Operation::ALL {
            make_ready(world, operation);
        }
        Self {
            world,
            keys,
            sessions: HashMap::new(),
            number: 0,
        }
    }

    /// Tries a cell, but for one whose proof shall be late: that goes on with [`Bench::end`] when
    /// enough time has passed.
    ///
    /// # Errors
    /// What is not as expected.
    pub(crate) fn begin(&mut self, cell: Cell) -> Result<Option<Waiting<'w>>, String> {
        self.number += 1;
        let (number, changes) = (self.number, self.world.changes());
        let (channel, proof) = match cell.way {
            Way::Each(_) => self.ask_each(cell),
            Way::Session(_) => self.ask_in_session(cell),
            Way::Login(_) => self.ask_logging_in(cell),
        };
        match proof {
            Some(proof) => Ok(Some(Waiting {
                cell,
                number,
                channel,
                proof,
                changes,
            })),
            None => self.judge(cell, channel, changes).map(|()| None),
        }
    }

    /// Goes on with a cell whose proof is late now.
    ///
    /// # Errors
    /// What is not as expected.
    pub(crate) fn end(&mut self, waiting: Waiting<'w>) -> Result<(), String> {
        let Waiting {
            cell,
            number,
            mut channel,
            proof,
            changes,
        } = waiting;
        channel.send(&proof);
        if matches!(cell.way, Way::Login(_)) {
            let request = self.asking_of(cell, number).request();
            channel.ask(&request);
        }
        self.judge(cell, channel, changes)
    }

    fn asking(&self, cell: Cell) -> Asking<'w> {
        self.asking_of(cell, self.number)
    }

    fn asking_of(&self, cell: Cell, number: u32) -> Asking<'w> {
        Asking {
            cell,
            keys: self.keys,
            date: self.world.date(),
            number,
        }
    }

    fn ask_each(&self, cell: Cell) -> (Channel<'w>, Option<Packet>) {
        let mut channel = Channel::new(self.world.asker(cell.carrier));
        let asking = self.asking(cell);
        let request = asking.request();
        let proof = prove(&asking, &mut channel, &request);
        if proof.is_some() && cell.condition == Condition::Late {
            return (channel, proof);
        }
        if let Some(proof) = &proof {
            channel.send(proof);
        }
        match (cell.condition, &proof) {
            (Condition::Replayed, Some(proof)) => {
                channel.send(proof);
            }
            (Condition::Replayed, None) => {
                channel.ask(&request);
            }
            (Condition::Resent, _) => {
                let again = prove(&asking, &mut channel, &request);
                if let Some(proof) = again {
                    channel.send(&proof);
                }
            }
            _ => {}
        }
        (channel, None)
    }

    fn ask_in_session(&mut self, cell: Cell) -> (Channel<'w>, Option<Packet>) {
        let asking = self.asking(cell);
        let mut channel = self.session(cell);
        let request = asking.request();
        if cell.condition == Condition::Tampered {
            channel.ask_tampered(&request);
            return (channel, None);
        }
        let packet = channel.sealed(&request);
        let answer = channel.send(&packet);
        if is_challenge(&answer) {
            let proof = asking.proof(&request, &answer);
            if cell.condition == Condition::Late {
                return (channel, Some(proof));
            }
            channel.send(&proof);
        } else if cell.condition == Condition::Replayed {
            channel.send(&packet);
        } else if cell.condition == Condition::Resent {
            // With a number of its own.
            channel.ask(&request);
        }
        (channel, None)
    }

    /// A session like the one that a cell needs.
    fn session(&mut self, cell: Cell) -> Channel<'w> {
        if let Some(channel) = self.sessions.remove(&standing(cell)) {
            return channel;
        }
        let mut channel = self.asking(cell).set_up(self.world.asker(cell.carrier));
        if let Held::Proven(who) = held(cell) {
            let condition = match who {
                Who::Administrator => Condition::Permitted,
                Who::Guest => Condition::Forbidden,
            };
            let first = self.asking(Cell {
                condition,
                operation: Operation::ReadPrivate,
                ..cell
            });
            if let Some(proof) = prove(&first, &mut channel, &first.request()) {
                channel.send(&proof);
            }
            channel.take_seen();
        }
        channel
    }

    fn ask_logging_in(&self, cell: Cell) -> (Channel<'w>, Option<Packet>) {
        let mut channel = Channel::new(self.world.asker(cell.carrier));
        let asking = self.asking(cell);
        let Some(proof) = prove(&asking, &mut channel, &asking.login()) else {
            return (channel, None);
        };
        if cell.condition == Condition::Late {
            return (channel, Some(proof));
        }
        channel.send(&proof);
        if cell.condition == Condition::Replayed {
            channel.send(&proof);
        }
        let request = asking.request();
        let answer = channel.ask(&request);
        if cell.condition == Condition::Resent && !is_challenge(&answer) {
            channel.ask(&request);
        }
        (channel, None)
    }

    /// Compares what was heard and done with what is expected.
    fn judge(
        &mut self,
        cell: Cell,
        mut channel: Channel<'w>,
        changes: Option<u64>,
    ) -> Result<(), String> {
        let made = changes.and_then(|before| Some(self.world.changes()? - before));
        let seen = channel.take_seen();
        // Who shows wrong proofs too often, or in a form that is not taken, is heard no more.
        let is_wrong = seen.codes.contains(&ResponseCode::INVALID_CREDENTIAL.0)
            || cell.condition == Condition::WrongKey;
        let is_suspect = is_wrong && !self.world.forgives();
        if asking::is_in_session(cell) && !is_suspect {
            self.sessions.insert(standing(cell), channel);
        }
        let expected = rules::expected(cell);
        let done = is_done(self.world, cell.operation, &seen);
        if done.as_ref().map_or(true, |done| *done) {
            make_ready(self.world, cell.operation);
        }
        if seen.codes != expected.codes {
            return Err(format!(
                "{cell:?}: heard {:?}, not {:?}",
                seen.codes, expected.codes
            ));
        }
        let done = done.map_err(|state| format!("{cell:?}: left {state}"))?;
        if done != expected.is_done {
            return Err(format!("{cell:?}: {} been done", has(done)));
        }
        // What is left is alike after once and twice.
        if made.is_some_and(|made| made != u64::from(done)) {
            return Err(format!("{cell:?}: {made:?} changes were made"));
        }
        check_told(self.world, cell, &seen)?;
        if cell.operation == Operation::Verify {
            let right = vec![rules::is_right(cell); seen.verdicts.len()];
            if seen.verdicts != right {
                return Err(format!("{cell:?}: the verdict is {:?}", seen.verdicts));
            }
        }
        if seen.minted.windows(2).any(|two| two[0] != two[1]) {
            return Err(format!("{cell:?}: registered twice, {:?}", seen.minted));
        }
        Ok(())
    }
}

/// Compares what was heard of records and identifiers with what there is.
fn check_told(world: &dyn World, cell: Cell, seen: &Seen) -> Result<(), String> {
    let answers = rules::answers(cell);
    let before = pairs(&asking::values_before());
    let (values, names) = match cell.operation {
        Operation::ReadPublic => (vec![before[..1].to_vec(); answers], vec![]),
        Operation::ReadPrivate => (vec![before; answers], vec![]),
        Operation::List => (vec![], vec![registered(world); answers]),
        Operation::ListHomed => (vec![], vec![homed(world); answers]),
        _ => (vec![], vec![]),
    };
    if seen.values != values {
        return Err(format!("{cell:?}: heard the values {:?}", seen.values));
    }
    if seen.names != names {
        return Err(format!("{cell:?}: heard the names {:?}", seen.names));
    }
    Ok(())
}

/// The identifiers under the prefix that is listed.
fn registered(world: &dyn World) -> BTreeSet<String> {
    let names = Operation::ALL.into_iter().map(identifier);
    let names = names.chain([Who::Administrator, Who::Guest].map(|who| who.name().to_owned()));
    let names = names.filter(|name| name.starts_with("88.1/") && world.values(name).is_some());
    names.map(|name| name.to_uppercase()).collect()
}

fn homed(world: &dyn World) -> BTreeSet<String> {
    let prefixes = ["88.1", asking::HOMED_LATER, asking::UNHOMED, "88.4"];
    let homed = prefixes.into_iter().filter(|prefix| world.is_home(prefix));
    homed.map(|prefix| format!("0.NA/{prefix}")).collect()
}

fn has(done: bool) -> &'static str {
    if done { "it has" } else { "it has not" }
}

/// Asks, and makes the proof if one is asked for.
fn prove(asking: &Asking<'_>, channel: &mut Channel<'_>, request: &Message) -> Option<Packet> {
    let answer = channel.ask(request);
    is_challenge(&answer).then(|| asking.proof(request, &answer))
}

fn standing(cell: Cell) -> Standing {
    (cell.carrier, cell.way, cell.minor, held(cell))
}

/// Who has been proven in the session of a cell, before the cell is asked.
fn held(cell: Cell) -> Held {
    match cell.condition {
        Condition::Permitted | Condition::Replayed | Condition::Resent => {
            Held::Proven(Who::Administrator)
        }
        Condition::Forbidden => Held::Proven(Who::Guest),
        Condition::WrongKey | Condition::Late | Condition::Over | Condition::Tampered => {
            Held::Unproven
        }
    }
}

/// Leaves what an operation is about as it shall find it.
pub(crate) fn make_ready(world: &dyn World, operation: Operation) {
    match operation {
        Operation::Home => world.home(asking::HOMED_LATER, false),
        Operation::Unhome => world.home(asking::UNHOMED, true),
        Operation::Create => world.put(&identifier(operation), None),
        Operation::Mint | Operation::List | Operation::ListHomed | Operation::Verify => {}
        _ => world.put(&identifier(operation), Some(&asking::values_before())),
    }
}

/// Whether an operation has been carried out.
///
/// # Errors
/// What is neither as before nor as it should be afterwards.
pub(crate) fn is_done(
    world: &dyn World,
    operation: Operation,
    seen: &Seen,
) -> Result<bool, String> {
    match operation {
        Operation::Home => return Ok(world.is_home(asking::HOMED_LATER)),
        Operation::Unhome => return Ok(!world.is_home(asking::UNHOMED)),
        Operation::List | Operation::ListHomed | Operation::Verify => return Ok(false),
        Operation::Mint => {
            let Some(name) = seen.minted.first() else {
                return Ok(false);
            };
            let is_there = world.values(name).is_some();
            world.put(name, None);
            return Ok(is_there);
        }
        _ => {}
    }
    let is = world.values(&identifier(operation));
    let before = (operation != Operation::Create).then(|| pairs(&asking::values_before()));
    if is == before {
        return Ok(false);
    }
    let [one, two] = [(1, "after"), (2, "private")].map(|(at, text)| (at, text.into()));
    let after = match operation {
        Operation::Create | Operation::Replace => Some(vec![one]),
        Operation::Delete => None,
        Operation::Add => Some(vec![(1, "before".into()), two, (5, "after".into())]),
        Operation::AddOver | Operation::Modify => Some(vec![one, two]),
        Operation::Remove => Some(vec![two]),
        _ => before,
    };
    if is == after {
        Ok(true)
    } else {
        Err(format!("{is:?}"))
    }
}

/// Values as [`World::values`] gives them.
pub(crate) fn pairs(values: &[Value]) -> Pairs {
    let mut pairs: Vec<_> = values
        .iter()
        .filter(|value| value.index != 100)
        .map(|value| (value.index, value.data.to_vec()))
        .collect();
    pairs.sort();
    pairs
}
