//! Challenges by example, and against a list that does the same slowly.

use super::*;
use crate::{Date, Question};
use alloc::vec::Vec;
use proptest::prelude::*;

const LIMITS: ChallengeLimits = ChallengeLimits {
    life: Duration::from_millis(100),
    count_max: 6,
    octets_max: 700,
    count_per_source_max: 3,
    octets_per_source_max: 300,
};

/// A request that counts for `octets` octets.
fn request(octets: usize) -> Message {
    let mut request = Question::about("88/x".parse().unwrap()).resolution(1, Date(9));
    let rest = octets - wire::header::HEADER_OCTETS - request.tail.len();
    request.body = alloc::vec![7; rest].into();
    request
}

fn chance(id: u32) -> Chance {
    Chance {
        id,
        nonce: [id as u8; NONCE_OCTETS],
    }
}

#[test]
fn a_challenge_is_taken_once_and_in_time() {
    let mut challenges = Challenges::new(LIMITS);
    let at = Moment(1000);
    let id = challenges
        .issue("a", &request(50), chance(0x8000_0005), at, |_| false)
        .unwrap();
    assert_eq!(id, 5, "positive for those who read signed numbers");
    let taken = challenges.take(id, Moment(1100)).unwrap();
    assert_eq!((taken.source, taken.request), ("a", request(50)));
    assert_eq!(taken.nonce, [5; NONCE_OCTETS]);
    assert_eq!(challenges.take(id, Moment(1100)), Err(NotPending::Unknown));

    let id = challenges
        .issue("a", &request(50), chance(0), at, |_| false)
        .unwrap();
    assert_eq!(id, 1, "0 means no session");
    let late = challenges.take(id, Moment(1101)).unwrap_err();
    assert!(matches!(late, NotPending::Expired(pending) if pending.request == request(50)));
    assert_eq!(challenges.take(id, Moment(1101)), Err(NotPending::Unknown));
    assert_eq!((challenges.count(), challenges.octets()), (0, 0));
}

#[test]
fn who_asks_for_too_many_loses_their_own_oldest() {
    let mut challenges = Challenges::new(LIMITS);
    let at = Moment(0);
    let other = challenges
        .issue("b", &request(50), chance(90), at, |_| false)
        .unwrap();
    let mut issue = |id| {
        challenges
            .issue("a", &request(50), chance(id), at, |_| false)
            .unwrap()
    };
    let ids: Vec<u32> = (1..=5).map(&mut issue).collect();
    assert!(challenges.take(other, at).is_ok());
    let taken: Vec<bool> = ids
        .iter()
        .map(|id| challenges.take(*id, at).is_ok())
        .collect();
    assert_eq!(taken, [false, false, true, true, true]);
}

/// A stranger with many addresses takes all room; somebody who comes later still gets some.
#[test]
fn whoever_has_most_makes_room() {
    let mut challenges = Challenges::new(LIMITS);
    let mut issue = |source, octets, id| {
        challenges
            .issue(source, &request(octets), chance(id), Moment(0), |_| false)
            .unwrap()
    };
    issue("greedy", 200, 1);
    issue("greedy", 90, 2);
    issue("a", 280, 3);
    issue("b", 60, 4);
    issue("c", 100, 5);
    let left: Vec<bool> = (1..=5)
        .map(|id| challenges.take(id, Moment(0)).is_ok())
        .collect();
    assert_eq!(left, [false, true, true, true, true]);
}

/// Somebody makes up addresses, one for each short request; whoever has a longer one is not the one
/// to make room: the oldest is.
#[test]
fn made_up_sources_make_room_for_each_other() {
    let mut challenges = Challenges::new(ChallengeLimits {
        octets_max: 1 << 20,
        ..LIMITS
    });
    let mut issue = |source, octets, id| {
        let issued = challenges.issue(source, &request(octets), chance(id), Moment(0), |_| false);
        issued.unwrap()
    };
    let sources = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let count = u32::try_from(LIMITS.count_max).unwrap();
    for (source, id) in sources.into_iter().zip(1..count) {
        issue(source, 50, id);
    }
    issue("honest", 200, count);
    issue("made up", 50, count + 1);
    assert!(challenges.take(1, Moment(0)).is_err());
    assert!(challenges.take(count, Moment(0)).is_ok());
}

#[test]
fn what_alone_is_too_long_is_not_kept() {
    let mut challenges = Challenges::new(LIMITS);
    assert_eq!(
        challenges.issue("a", &request(301), chance(1), Moment(0), |_| false),
        None
    );
    assert!(
        challenges
            .issue("a", &request(300), chance(1), Moment(0), |_| false)
            .is_some()
    );
}

#[derive(Debug, Clone)]
enum Deed {
    Issue { source: u8, octets: usize, id: u32 },
    Take { id: u32 },
    Wait { milliseconds: u64 },
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let issue = (0..4_u8, 40..310_usize, 0..12_u32).prop_map(|(source, octets, id)| Deed::Issue {
        source,
        octets,
        id,
    });
    let take = (0..14_u32).prop_map(|id| Deed::Take { id });
    let wait = (0..150_u64).prop_map(|milliseconds| Deed::Wait { milliseconds });
    proptest::collection::vec(prop_oneof![4 => issue, 2 => take, 1 => wait], 0..60)
}

proptest! {
    /// The limits hold after every deed, the sums are right, and what is taken is what was issued
    /// last under its id, by its source, not too long ago, and not taken since.
    #[test]
    fn limits_hold_and_what_is_taken_was_issued(deeds in deeds()) {
        let mut challenges = Challenges::new(LIMITS);
        let mut issued: BTreeMap<u32, (u8, usize, Moment)> = BTreeMap::new();
        let mut now = Moment(0);
        for deed in deeds {
            match deed {
                Deed::Wait { milliseconds } => now = now + Duration::from_millis(milliseconds),
                Deed::Issue { source, octets, id } => {
                    let request = request(octets);
                    let given = challenges.issue(source, &request, chance(id), now, |_| false);
                    prop_assert_eq!(given.is_some(), octets <= LIMITS.octets_per_source_max);
                    if let Some(id) = given {
                        prop_assert!(id > 0 && id < 1 << 31);
                        issued.insert(id, (source, octets, now));
                    }
                }
                Deed::Take { id } => match (challenges.take(id, now), issued.remove(&id)) {
                    (Ok(taken), Some((source, octets, at))) => {
                        prop_assert_eq!((taken.source, taken.request), (source, request(octets)));
                        prop_assert!(now <= at + LIMITS.life);
                    }
                    (Err(NotPending::Expired(_)), Some((_, _, at))) => {
                        prop_assert!(now > at + LIMITS.life);
                    }
                    (taken, _) => prop_assert_eq!(taken, Err(NotPending::Unknown)),
                },
            }
            let pending = challenges.pending.values();
            let octets: usize = pending.clone().map(|each| octets_of(&each.request)).sum();
            prop_assert_eq!(challenges.octets(), octets);
            prop_assert!(octets <= LIMITS.octets_max);
            prop_assert!(challenges.count() <= LIMITS.count_max);
            for source in 0..4 {
                let own = pending.clone().filter(|each| each.source == source);
                let octets: usize = own.clone().map(|each| octets_of(&each.request)).sum();
                prop_assert!(own.count() <= LIMITS.count_per_source_max);
                prop_assert!(octets <= LIMITS.octets_per_source_max);
            }
            prop_assert_eq!(challenges.order.len(), challenges.count());
        }
    }
}
