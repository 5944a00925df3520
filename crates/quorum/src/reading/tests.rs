//! Tests of what is told: nothing is left out, nothing comes twice, octets are exact.

use super::*;
use crate::lease::Terms;
use crate::{Entry, Ownership, Time};

const ROOM: usize = 200;

fn reference(text: &str, index: u32) -> Reference {
    let identifier = text.to_owned().into();
    Reference { identifier, index }
}

fn registry() -> Registry {
    let members = (1..=7).map(|id| (MemberId(id), Bytes::from_static(b"described")));
    let rights = |index| (reference("0.NA/88", index), Rights(index as u8));
    let mut registry = Registry::found(Terms::USUAL, members, (1..=9).map(rights));
    let admins = reference("0.NA/88", Rights::DATA_SETS.0.into());
    for number in 0..30_u64 {
        let prefix = format!("88.{number}");
        let applied = registry.apply(&Entry {
            time: Time(1000 + number),
            date_us: 5,
            request: Request {
                mark: [number as u8; 32],
                identity: admins.clone(),
                command: Command::CreateDataSet {
                    name: DataSetName::of(&prefix.parse().unwrap()),
                    ownership: Ownership::Strict,
                    is_automatic: false,
                    holder: reference(&format!("0.NA/{prefix}"), 300),
                },
            },
        });
        assert!(applied.answer.is_done());
    }
    registry
}

#[test]
fn pages_have_everything_once_and_in_order() {
    let registry = registry();
    for (kind, count) in [(Kind::Members, 7), (Kind::Rights, 9), (Kind::DataSets, 30)] {
        let (mut names, mut after) = (Vec::new(), Bytes::new());
        loop {
            let page = registry.page(kind, b"", &after, ROOM);
            let octets: usize = page.things.iter().map(|it| it.encode().len()).sum();
            assert!(octets <= ROOM, "{octets}");
            names.extend(page.things.iter().map(Thing::name));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((names.len(), &names), (count, &sorted), "{kind:?}");
        // One thing is told though it is too long for a page.
        let page = registry.page(kind, b"", b"", 1);
        assert_eq!(page.things.len(), 1);
        assert_eq!(page.next.as_ref(), names.first());
    }
}

#[test]
fn one_thing_is_found_by_its_name_and_no_other() {
    let registry = registry();
    for kind in Kind::ALL {
        let all = registry.page(kind, b"", b"", usize::MAX);
        assert_eq!(all.next, None);
        for thing in all.things {
            let page = registry.page(kind, &thing.name(), b"", ROOM);
            assert_eq!(page.things, [thing]);
        }
        assert_eq!(registry.page(kind, b"records:88.1x", b"", ROOM).things, []);
        assert_eq!(registry.page(kind, b"\xff", b"", ROOM).things, []);
    }
}

#[test]
fn a_thing_is_read_as_it_was_written_and_nothing_else() {
    let registry = registry();
    for kind in Kind::ALL {
        let thing = registry.page(kind, b"", b"", 1).things.remove(0);
        let octets = thing.encode();
        assert_eq!(Thing::decode(kind, octets.clone()), Ok(thing));
        for end in 0..octets.len() {
            assert!(Thing::decode(kind, octets.slice(..end)).is_err(), "{end}");
        }
        let longer = [&octets[..], &[0]].concat();
        assert!(Thing::decode(kind, longer.into()).is_err());
        assert_eq!(Kind::of(kind as u8), Some(kind));
    }
    assert_eq!((Kind::of(0), Kind::of(4)), (None, None));
}

#[test]
fn who_has_no_right_is_told_of_single_data_sets_only() {
    let registry = registry();
    let admin = reference("0.NA/88", 1);
    let stranger = reference("0.NA/88.99", 300);
    for kind in Kind::ALL {
        assert!(registry.may_read(&admin, kind, b""));
        assert!(!registry.may_read(&stranger, kind, b""));
    }
    assert!(registry.may_read(&stranger, Kind::DataSets, b"records:88.3"));
    assert!(!registry.may_read(&stranger, Kind::Rights, b"records:88.3"));
    assert!(!registry.may_read(&stranger, Kind::Members, b"\0\0\0\0\0\0\0\x01"));
}

#[test]
fn strangers_are_refused_before_anything_is_agreed_on() {
    let registry = registry();
    let check = |who: Reference, command: Command, wanted: Option<Refusal>| {
        let request = Request {
            mark: [0; 32],
            identity: who,
            command,
        };
        assert_eq!(registry.refuses_stranger(&request), wanted);
    };
    let name: DataSetName = "records:88.3".parse().unwrap();
    let holder = || reference("0.NA/88.3", 300);
    let stranger = || reference("0.NA/88.4", 300);
    let renew = Command::Renew {
        name: name.clone(),
        epoch: 1,
    };
    check(holder(), renew.clone(), None);
    check(stranger(), renew, Some(Refusal::NotHolder));
    let grant = Command::Grant {
        name,
        epoch: 2,
        holder: stranger(),
        by_force: false,
    };
    check(holder(), grant.clone(), None);
    check(reference("0.NA/88", 1), grant.clone(), None);
    check(stranger(), grant, Some(Refusal::NotPermitted));
    let member = MemberId(3);
    let remove = Command::RemoveMember { member };
    check(stranger(), remove, Some(Refusal::NotPermitted));
    let as_seen = Command::PutDelegationAsSeen {
        prefix: "88".into(),
        serial: 1,
        octets: Bytes::new(),
        seen: Vec::new(),
    };
    check(stranger(), as_seen, None);
}
