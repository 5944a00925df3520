//! What administrators want, drawn from the seed: who, how they ask, and one order after the other.

use super::cast::{self, Person};
use crate::chance::Chance;
use engine::administrator::Order;
use model::{Identifier, Value};
use std::time::Duration;

/// How many milliseconds somebody rests between orders: often less than an order takes.
const RESTS_MS: [usize; 3] = [5, 400, 8000];

/// How somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Over lines, a challenge for each order.
    Line,
    /// Over lines, in sessions.
    Session,
    /// In datagrams.
    Datagrams,
}

/// Somebody with orders.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Who it is.
    pub(crate) person: Person,
    /// Who he says that he is.
    pub(crate) claims: Person,
    pub(crate) way: Way,
    /// How many orders are in flight at most.
    pub(crate) window: usize,
    /// How far the clock is ahead of the node's first one, in seconds.
    pub(crate) clock_ahead_seconds: i32,
    /// Each order with the rest before it.
    pub(crate) orders: Vec<(Duration, Order)>,
}

/// Draws everybody.
pub(crate) fn plans(chance: &mut Chance) -> Vec<Plan> {
    let count = chance.between(3..=6);
    let mut plans: Vec<Plan> = (0..count).map(|_| plan(chance)).collect();
    if chance.happens(500) {
        plans.push(key_change(chance));
    }
    plans
}

fn plan(chance: &mut Chance) -> Plan {
    let claims = *chance.pick(&Person::REGISTERED);
    let is_honest = chance.happens(850);
    let person = if is_honest { claims } else { Person::Mallory };
    let count = chance.between(2..=7);
    let orders = (0..count).map(|_| (rest(chance), order(chance)));
    let orders = orders.collect();
    with(chance, person, claims, orders)
}

fn with(
    chance: &mut Chance,
    person: Person,
    claims: Person,
    orders: Vec<(Duration, Order)>,
) -> Plan {
    Plan {
        person,
        claims,
        way: *chance.pick(&[Way::Line, Way::Session, Way::Session, Way::Datagrams]),
        window: chance.between(1..=6),
        clock_ahead_seconds: chance.step(20),
        orders,
    }
}

fn rest(chance: &mut Chance) -> Duration {
    let most = *chance.pick(&RESTS_MS);
    Duration::from_millis(chance.between(1..=most) as u64)
}

/// Somebody's key is taken away, and perhaps given back.
fn key_change(chance: &mut Chance) -> Plan {
    let person = *chance.pick(&[Person::Ben, Person::Cleo, Person::Dora]);
    let record = person.identifier();
    let gone = match chance.below(3) {
        0 => Order::delete(&record),
        _ => Order::remove(&record, &[cast::KEY_INDEX]),
    };
    let mut orders = vec![(Duration::from_secs(3), gone)];
    if chance.happens(600) {
        let back = Order::add(&record, &[person.key()]);
        orders.push((Duration::from_secs(6), back));
    }
    with(chance, Person::Anna, Person::Anna, orders)
}

fn order(chance: &mut Chance) -> Order {
    let record = cast::record(chance.below(cast::RECORDS_COUNT));
    match chance.below(12) {
        0 | 1 => registration(chance, &record),
        2 | 3 => registration(chance, &record).overwriting(),
        4 => {
            let stem = "88.1/m-".parse().expect("a stem");
            Order::register(&stem, &cast::values(chance)).minting()
        }
        5 | 6 => Order::add(&record, &[value(chance)]),
        7 => Order::add(&record, &[value(chance)]).overwriting(),
        8 | 9 => Order::modify(&record, &[value(chance)]),
        10 => Order::remove(&record, &[*chance.pick(&[1, 2, 3, 101])]),
        _ => of_last_resort(chance, &record),
    }
}

fn registration(chance: &mut Chance, record: &Identifier) -> Order {
    Order::register(record, &cast::values(chance))
}

/// What others notice most: a record goes, or the group becomes another.
fn of_last_resort(chance: &mut Chance, record: &Identifier) -> Order {
    if chance.happens(700) {
        return Order::delete(record);
    }
    let group = cast::GROUP.parse().expect("the name of the group");
    let members = *chance.pick(&[Person::Ben, Person::Cleo, Person::Dora]);
    Order::modify(&group, &[cast::list(&[members])])
}

fn value(chance: &mut Chance) -> Value {
    if chance.happens(200) {
        let holder = chance.pick(&Person::REGISTERED).identity();
        return cast::admin(101, &holder, cast::some_permissions(chance));
    }
    let index = chance.between(1..=3) as u32;
    cast::text(index, chance)
}
