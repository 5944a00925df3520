//! Who asks the members for changes, and what for; and that they ask again when no answer comes.

use crate::chance::Chance;
use bytes::Bytes;
use engine::Moment;
use model::Reference;
use quorum::{
    Answer, Command, DataSetName, Function, MemberId, Outcome, Ownership, Registry, Request, Rights,
};
use std::time::Duration;

/// How many operators there are.
pub(super) const OPERATORS_COUNT: usize = 3;

/// How many holders of data sets there are.
pub(super) const WRITERS_COUNT: usize = 3;

/// How often the same is asked before an operator gives up.
const TRIES_COUNT_MAX: usize = 12;

/// How long an operator waits for an answer that may be lost.
const PATIENCE: Duration = Duration::from_millis(2600);

/// Who may everything.
pub(super) fn admin() -> Reference {
    person("0.NA/88")
}

/// Who may nothing.
fn stranger() -> Reference {
    person("88.999/nobody")
}

/// The holder with a number.
pub(super) fn writer(number: usize) -> Reference {
    person(&format!("88.{number}/site"))
}

fn person(identifier: &str) -> Reference {
    Reference {
        identifier: Bytes::copy_from_slice(identifier.as_bytes()),
        index: 300,
    }
}

/// The data set that needs leases.
pub(super) fn strict() -> DataSetName {
    DataSetName::of(&"88.118".parse().expect("a prefix"))
}

/// The data set that needs none.
fn sovereign() -> DataSetName {
    DataSetName::of(&"88.156.1".parse().expect("a prefix"))
}

/// Whoever asks for changes, one after the other.
pub(super) struct Operator {
    number: usize,
    /// How many requests are left.
    left: usize,
    pub(super) current: Option<Current>,
}

/// A request that is asked.
pub(super) struct Current {
    pub(super) request: Request,
    /// Which try it is, so that late answers to earlier ones are known.
    pub(super) attempt: u64,
    pub(super) tries: usize,
    /// When it is asked again.
    pub(super) until: Moment,
}

/// What an operator does when it has heard something.
pub(super) enum Next {
    /// Nothing: it was not meant.
    Ignore,
    /// It asks again after a while.
    Again(Duration),
    /// It is done with this request.
    Ended,
}

impl Operator {
    pub(super) fn new(number: usize, chance: &mut Chance) -> Self {
        Self {
            number,
            left: chance.between(4..=12),
            current: None,
        }
    }

    /// Asks for the next thing, on the view of somebody's registry; none if there is none.
    pub(super) fn begin(
        &mut self,
        now: Moment,
        view: &Registry,
        members_change: bool,
        chance: &mut Chance,
    ) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.current = None;
            return false;
        }
        let is_stranger = chance.happens(60);
        let (identity, command) = match of_a_holder(view, chance) {
            Some(asked) => asked,
            None => (
                if is_stranger { stranger() } else { admin() },
                self.command(view, members_change, chance),
            ),
        };
        let request = Request {
            mark: mark(chance),
            identity,
            command,
        };
        self.current = Some(Current {
            request,
            attempt: 0,
            tries: 0,
            until: now,
        });
        true
    }

    /// Takes note that it asks, for the so-manieth time.
    pub(super) fn asks(&mut self, now: Moment, attempt: u64) -> Option<Request> {
        let current = self.current.as_mut()?;
        if current.tries >= TRIES_COUNT_MAX {
            return None;
        }
        current.tries += 1;
        current.attempt = attempt;
        current.until = now + PATIENCE;
        Some(current.request.clone())
    }

    /// Hears what became of a try.
    pub(super) fn hears(&self, attempt: u64, outcome: Outcome, chance: &mut Chance) -> Next {
        match (&self.current, outcome) {
            (Some(current), Outcome::Answered(..)) if current.attempt == attempt => Next::Ended,
            (Some(current), _) if current.attempt == attempt => {
                Next::Again(Duration::from_millis(chance.between(20..=600) as u64))
            }
            _ => Next::Ignore,
        }
    }

    fn command(&self, view: &Registry, members_change: bool, chance: &mut Chance) -> Command {
        if self.number == 0 && !view.data_sets.contains_key(&strict()) {
            return Command::CreateDataSet {
                name: strict(),
                ownership: Ownership::Strict,
                is_automatic: false,
                holder: writer(chance.below(WRITERS_COUNT)),
            };
        }
        if self.number == 1 && !view.data_sets.contains_key(&sovereign()) {
            return create_sovereign(chance);
        }
        match chance.below(20) {
            0..=5 => delegation(view, chance),
            6 => Command::PutSites {
                name: Bytes::from_static(b"0.NA/88"),
                serial: chance.between(1..=9) as u32,
                octets: chance.octets(40).into(),
            },
            7 => rights(chance),
            8 if members_change => members(view, chance),
            9 => create_sovereign(chance),
            10..=14 => grant(view, chance),
            _ => take_over(view, chance),
        }
    }
}

fn create_sovereign(chance: &mut Chance) -> Command {
    Command::CreateDataSet {
        name: sovereign(),
        ownership: Ownership::Sovereign {
            reserved: Bytes::from_static(b"E-"),
        },
        is_automatic: chance.happens(500),
        holder: writer(0),
    }
}

/// What no other request has.
pub(super) fn mark(chance: &mut Chance) -> [u8; 32] {
    chance.octets(32).try_into().expect("32 octets were drawn")
}

fn delegation(view: &Registry, chance: &mut Chance) -> Command {
    let prefix = Bytes::from(format!("88.{}", chance.below(3)));
    let before = view.delegations.get(&prefix).map_or(0, |it| it.serial);
    // One operator may have seen what another has not.
    let serial = before + chance.below(3) as u32;
    if chance.happens(200) {
        return Command::RemoveDelegation { prefix, serial };
    }
    Command::PutDelegation {
        prefix,
        serial,
        octets: chance.octets(60).into(),
    }
}

fn rights(chance: &mut Chance) -> Command {
    let admin = person("88.1/admin");
    if chance.happens(500) {
        return Command::RemoveAdmin { admin };
    }
    Command::PutAdmin {
        admin,
        rights: Rights(chance.number() as u8),
    }
}

fn members(view: &Registry, chance: &mut Chance) -> Command {
    let count = view.members.len();
    if chance.happens(500) || count <= 4 {
        return Command::AddMember {
            member: MemberId(super::MEMBERS_COUNT + 1 + chance.below(super::SPARES_COUNT) as u64),
            octets: Bytes::from_static(b"another"),
        };
    }
    let members: Vec<_> = view.members.keys().copied().collect();
    Command::RemoveMember {
        member: *chance.pick(&members),
    }
}

fn a_set(chance: &mut Chance) -> DataSetName {
    if chance.happens(700) {
        strict()
    } else {
        sovereign()
    }
}

fn epoch(view: &Registry, name: &DataSetName) -> u64 {
    view.data_sets.get(name).map_or(1, |set| set.epoch)
}

fn grant(view: &Registry, chance: &mut Chance) -> Command {
    let name = a_set(chance);
    let epoch = epoch(view, &name) + u64::from(!chance.happens(100));
    Command::Grant {
        name,
        epoch,
        holder: writer(chance.below(WRITERS_COUNT)),
        by_force: chance.happens(100),
    }
}

/// What somebody now and then does with the data set that needs no lease, who has it or a part of
/// it: hand it back, or pass it on.
fn of_a_holder(view: &Registry, chance: &mut Chance) -> Option<(Reference, Command)> {
    let set = view.data_sets.get(&sovereign())?;
    if !chance.happens(120) {
        return None;
    }
    let (name, epoch) = (sovereign(), set.epoch);
    let stand_in = set.emergency.clone().filter(|_| chance.happens(500));
    let is_passed_on = chance.happens(300);
    let command = if stand_in.is_none() && is_passed_on {
        Command::Grant {
            name,
            epoch: epoch + 1,
            holder: writer(chance.below(WRITERS_COUNT)),
            by_force: false,
        }
    } else {
        Command::HandBack { name, epoch }
    };
    Some((stand_in.unwrap_or_else(|| set.holder.clone()), command))
}

fn take_over(view: &Registry, chance: &mut Chance) -> Command {
    let name = a_set(chance);
    let epoch = epoch(view, &name);
    let function = *chance.pick(&Function::ALL);
    let to = writer(chance.below(WRITERS_COUNT));
    match chance.below(4) {
        0 => Command::WithdrawTakeOver {
            name,
            epoch,
            function,
        },
        1 => Command::ConfirmTakeOver {
            name,
            epoch,
            function,
        },
        _ => Command::ProposeTakeOver {
            name,
            epoch,
            function,
            to,
        },
    }
}

/// Whether an answer says that something was done.
pub(super) fn is_done(outcome: Outcome) -> Option<Answer> {
    match outcome {
        Outcome::Answered(answer, _) => Some(answer).filter(Answer::is_done),
        _ => None,
    }
}
