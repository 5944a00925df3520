//! The registry of the model: the real one, asked by the real commands, behind a table of what it
//! did before.
//!
//! Time is told from now on: whenever it passes, every time in the registry moves back, as far as
//! it still decides anything. So registries that differ only in when things happened are one.

use super::Bug;
use bytes::Bytes;
use model::Reference;
use quorum::lease::Terms;
use quorum::{
    Answer, Command, DataSet, DataSetName, Entry, Function, MemberId, Ownership, Registry, Request,
    Rights, Time,
};
use std::collections::HashMap;
use std::time::Duration;

/// How long it is from one tick to the next.
const TICK: Duration = Duration::from_secs(1);

/// What the registry's clock always says.
const NOW: Time = Time(1_000_000_000);

/// How many ticks a lease lasts. More only make more states of the same kinds.
pub(super) const LEASE_TICKS: u8 = 1;

/// How many ticks an answer may take to leave.
pub(super) const ANSWER_TICKS: u8 = 1;

/// How leases are counted in the model: as in the field, in ticks.
const TERMS: Terms = Terms {
    lease: Duration::from_secs(LEASE_TICKS as u64),
    drift_bound: TICK,
    answer_delay_max: Duration::from_secs(ANSWER_TICKS as u64),
};

/// What is asked of the registry. The same order is the same request, however often it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Order {
    /// The holder wants a lease.
    Renew { by: u8, epoch: u8 },
    /// The holder, or who stands in for it, writes no more.
    HandBack { by: u8, epoch: u8 },
    /// Somebody shall take registration over.
    TakeOver { to: u8, epoch: u8 },
    /// The next epoch is granted.
    Grant { to: u8, epoch: u8, by_force: bool },
}

/// What anybody can see of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) epoch: u8,
    pub(super) holder: u8,
    pub(super) is_handed_back: bool,
    pub(super) emergency: Option<u8>,
}

/// Registries by number, and what they do.
pub(super) struct Desk {
    bug: Option<Bug>,
    registries: Vec<Registry>,
    numbers: HashMap<Bytes, u16>,
    done: HashMap<(u16, Order), (u16, Answer)>,
    later: HashMap<u16, u16>,
}

impl Desk {
    pub(super) fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            registries: Vec::new(),
            numbers: HashMap::new(),
            done: HashMap::new(),
            later: HashMap::new(),
        }
    }

    /// A registry with one data set, which the first node holds.
    pub(super) fn begin(&mut self, ownership: &Ownership) -> u16 {
        let mut registry = Registry::found(
            TERMS,
            [(MemberId(1), Bytes::from_static(b"member"))],
            [(operator(), Rights::ALL)],
        );
        let command = Command::CreateDataSet {
            name: name(),
            ownership: ownership.clone(),
            is_automatic: true,
            holder: node(0),
        };
        let answer = apply(&mut registry, operator(), command);
        assert!(answer.is_done(), "the data set is created: {answer:?}");
        self.number(registry)
    }

    /// What an order does to a registry, and how it is answered.
    pub(super) fn ask(&mut self, registry: u16, order: Order) -> (u16, Answer) {
        if let Some(done) = self.done.get(&(registry, order)) {
            return *done;
        }
        let mut after = self.registries[usize::from(registry)].clone();
        self.plant(&mut after, order, true);
        let (by, command) = asked(order);
        let answer = apply(&mut after, by, command);
        self.plant(&mut after, order, false);
        let done = (self.number(after), answer);
        self.done.insert((registry, order), done);
        done
    }

    /// The registry a tick later, by the leader's clock.
    pub(super) fn tick(&mut self, registry: u16) -> u16 {
        if let Some(later) = self.later.get(&registry) {
            return *later;
        }
        let mut after = self.registries[usize::from(registry)].clone();
        for set in after.data_sets.values_mut() {
            age(set);
        }
        let later = self.number(after);
        self.later.insert(registry, later);
        later
    }

    pub(super) fn sight(&self, registry: u16) -> Sight {
        let registry = &self.registries[usize::from(registry)];
        let set = &registry.data_sets[&name()];
        Sight {
            epoch: set.epoch as u8,
            holder: number_of(&set.holder),
            is_handed_back: set.is_handed_back,
            emergency: set.emergency.as_ref().map(number_of),
        }
    }

    /// Mistakes of the registry itself, before and after an order is carried out.
    fn plant(&self, registry: &mut Registry, order: Order, is_before: bool) {
        let is_grant = matches!(order, Order::Grant { .. } | Order::TakeOver { .. });
        let Some(set) = registry.data_sets.get_mut(&name()) else {
            return;
        };
        match self.bug {
            Some(Bug::LeaseIgnoredByGrant) if is_before && is_grant => {
                (set.leased_until, set.starts_at) = (None, Time(0));
            }
            Some(Bug::MarginForgotten) if is_before && is_grant => {
                let margin = TERMS.margin().as_micros() as u64;
                if let Some(until) = &mut set.leased_until {
                    until.0 -= margin;
                }
            }
            Some(Bug::EpochNotRaised) if !is_before && set.epoch > 1 => set.epoch = 1,
            _ => (),
        }
    }

    fn number(&mut self, registry: Registry) -> u16 {
        let octets = registry.encode();
        if let Some(number) = self.numbers.get(&octets) {
            return *number;
        }
        let number = u16::try_from(self.registries.len()).expect("registries are few");
        self.registries.push(registry);
        self.numbers.insert(octets, number);
        number
    }
}

/// Lets a tick pass for a data set; what has long passed is forgotten, for it decides nothing.
fn age(set: &mut DataSet) {
    let tick = TICK.as_micros() as u64;
    set.starts_at = Time((set.starts_at.0 - tick).max(NOW.0));
    set.leased_until = set
        .leased_until
        .map(|until| Time(until.0 - tick))
        .filter(|until| *until + TERMS.margin() > NOW);
}

fn apply(registry: &mut Registry, identity: Reference, command: Command) -> Answer {
    // Times within the registry are made to rise; here they all are now.
    registry.time = Time(NOW.0 - 1);
    let entry = Entry {
        time: NOW,
        date_us: 0,
        request: Request {
            mark: [0; 32],
            identity,
            command,
        },
    };
    let applied = registry.apply(&entry);
    registry.date_us = 0;
    applied.answer
}

fn asked(order: Order) -> (Reference, Command) {
    let name = name();
    match order {
        Order::Renew { by, epoch } => {
            let epoch = epoch.into();
            (node(by), Command::Renew { name, epoch })
        }
        Order::HandBack { by, epoch } => {
            let epoch = epoch.into();
            (node(by), Command::HandBack { name, epoch })
        }
        Order::TakeOver { to, epoch } => {
            let command = Command::ProposeTakeOver {
                name,
                epoch: epoch.into(),
                function: Function::Registration,
                to: node(to),
            };
            (operator(), command)
        }
        Order::Grant {
            to,
            epoch,
            by_force,
        } => {
            let command = Command::Grant {
                name,
                epoch: epoch.into(),
                holder: node(to),
                by_force,
            };
            (operator(), command)
        }
    }
}

fn name() -> DataSetName {
    DataSetName::of(&"88.118.7".parse().expect("a prefix"))
}

fn operator() -> Reference {
    Reference {
        identifier: Bytes::from_static(b"0.NA/88"),
        index: 300,
    }
}

fn node(number: u8) -> Reference {
    Reference {
        identifier: Bytes::from_static(b"88.118.7/site"),
        index: number.into(),
    }
}

fn number_of(node: &Reference) -> u8 {
    node.index as u8
}
