//! Tests of what walks leave to those after them: it is bounded, whoever fills it.

use super::super::knowledge::{Knowledge, KnowledgeLimits, RecordKey};
use super::super::service::{Named, Scope};
use super::world::{DATE, site, sites};
use crate::Moment;
use alloc::vec::Vec;
use core::time::Duration;
use model::{EncodedValue, Value};

fn key(identifier: &str, is_certified: bool) -> RecordKey {
    RecordKey::new(&identifier.parse().unwrap(), Scope::Own, is_certified)
}

fn named(ports: &[u16]) -> Named {
    let all: Vec<_> = ports.iter().map(|port| site(*port)).collect();
    let values: Vec<_> = sites("HS_SITE", &all)
        .iter()
        .map(EncodedValue::of)
        .collect();
    Named::in_values(&values, Scope::Own, DATE)
}

#[test]
fn a_flood_of_prefixes_takes_no_more_than_the_room_there_is() {
    let limits = KnowledgeLimits {
        count_max: 100,
        octets_max: 100_000,
        life_max: Duration::from_mins(1),
    };
    let mut knowledge = Knowledge::new(limits);
    for number in 0..1000_u64 {
        knowledge.keep(
            key(&format!("0.NA/{number}"), true),
            &named(&[1]),
            Moment(number),
        );
        assert!(knowledge.records_count() <= 100);
        assert!(knowledge.octets() <= 100_000);
    }
    assert!(knowledge.records_count() >= 40, "what is new stays");
    assert!(
        knowledge
            .named(&key("0.NA/999", true), Moment(1000))
            .is_some()
    );
    assert!(
        knowledge
            .named(&key("0.NA/1", true), Moment(1000))
            .is_none()
    );
    // One that would take all the room is not kept.
    let ports: Vec<u16> = (1..100).collect();
    knowledge.keep(key("0.NA/huge", true), &named(&ports), Moment(1000));
    assert!(
        knowledge
            .named(&key("0.NA/huge", true), Moment(1000))
            .is_none()
    );
    // All is over after a minute.
    assert!(
        knowledge
            .named(&key("0.NA/999", true), Moment(61_000))
            .is_none()
    );
}

#[test]
fn what_is_used_stays_longer_than_what_is_not() {
    let limits = KnowledgeLimits {
        count_max: 10,
        ..KnowledgeLimits::default()
    };
    let mut knowledge = Knowledge::new(limits);
    for number in 0..50_u64 {
        let now = Moment(number);
        knowledge.keep(key(&format!("0.NA/{number}"), true), &named(&[1]), now);
        assert!(
            knowledge.named(&key("0.NA/0", true), now).is_some(),
            "{number}"
        );
    }
}

#[test]
fn what_is_forgotten_is_gone_however_it_was_learned() {
    let mut knowledge = Knowledge::default();
    for is_certified in [true, false] {
        knowledge.keep(key("0.NA/1", is_certified), &named(&[1]), Moment(0));
    }
    assert_eq!(knowledge.records_count(), 2);
    knowledge.forget(&key("0.NA/1", false));
    assert_eq!((knowledge.records_count(), knowledge.octets()), (0, 0));
}

/// A small site that came in a large message must not keep that in memory.
#[test]
fn what_is_kept_does_not_hold_on_to_the_message_it_came_in() {
    let mut values = sites("HS_SITE", &[site(1)]);
    values.push(Value::public(9, "DESC", alloc::vec![0; 100_000]));
    let encoded: Vec<u8> = values
        .iter()
        .flat_map(|value| EncodedValue::of(value).octets().to_vec())
        .collect();
    let message = bytes::Bytes::from(encoded);
    let mut reader = model::octets::Reader::new(message.clone());
    let value = EncodedValue::read(&mut reader).unwrap();
    drop(reader);
    let mut knowledge = Knowledge::default();
    let named = Named::in_values(&[value], Scope::Own, DATE);
    knowledge.keep(key("0.NA/1", true), &named, Moment(0));
    drop(named);
    assert!(
        message.is_unique(),
        "something still points into the message"
    );
}
