//! The model within bounds that take seconds, within larger ones if `NAMEPLATE_TEST_LONG` is set,
//! and with mistakes that it must find.

use super::*;

/// A take-over, with a change on either side of it.
const TAKE_OVER: Bounds = Bounds {
    writes: 2,
    epochs: 2,
    crashes: 0,
    drifts: 0,
    states_max: 1_000_000,
};

/// A take-over and the hand-back.
const HAND_BACK: Bounds = Bounds {
    writes: 1,
    epochs: 3,
    ..TAKE_OVER
};

/// How much must happen until a planted bug is found.
fn bounds_of(bug: Bug) -> Bounds {
    Bounds {
        crashes: u8::from(bug == Bug::TailTakenTwice),
        drifts: u8::from(bug == Bug::LeaseCountedFromAnswer),
        ..TAKE_OVER
    }
}

/// Looks at everything within bounds, or within larger ones; no invariant may break.
fn check(kind: Kind, policy: Policy, bounds: Bounds) -> Seen {
    let bounds = match std::env::var_os("NAMEPLATE_TEST_LONG") {
        None => bounds,
        Some(_) => Bounds {
            writes: bounds.writes + 1,
            crashes: 1,
            drifts: 1,
            states_max: 12_000_000,
            ..bounds
        },
    };
    let settings = Settings {
        kind,
        policy,
        bounds,
        bug: None,
    };
    let (found, seen) = run(&settings);
    println!(
        "{kind:?}, {policy:?}: {} states, {} moves, {} deep; {seen:?}",
        found.states, found.moves, found.depth
    );
    assert_eq!(found.broken, None, "{kind:?}, {policy:?}");
    assert!(!found.is_cut, "{kind:?}, {policy:?}: {found:?}");
    seen
}

#[test]
fn a_strict_set_is_taken_over_and_nothing_is_lost() {
    let seen = check(Kind::Strict, Policy::Local, TAKE_OVER);
    assert!(seen.replayed && seen.reported, "{seen:?}");
    assert_eq!(seen.acknowledged_in, 2, "{seen:?}");
}

#[test]
fn a_strict_set_is_handed_back_and_nothing_is_lost() {
    let seen = check(Kind::Strict, Policy::Local, HAND_BACK);
    assert!(seen.replayed && seen.handed_back, "{seen:?}");
    assert_eq!(seen.acknowledged_in, 3, "{seen:?}");
}

#[test]
fn a_sovereign_set_changes_hands_and_nothing_is_lost() {
    let bounds = Bounds {
        epochs: 3,
        ..TAKE_OVER
    };
    let seen = check(Kind::Sovereign, Policy::Local, bounds);
    assert!(seen.stood_in && seen.handed_back, "{seen:?}");
    assert_eq!(seen.acknowledged_in, 3, "{seen:?}");
}

#[test]
fn what_a_copy_has_outlives_a_disk() {
    let seen = check(Kind::Sovereign, Policy::One, TAKE_OVER);
    assert!(seen.refilled, "{seen:?}");
}

#[test]
fn planted_bugs_are_found() {
    let mut amiss = Vec::new();
    for (bug, kind, policy, invariant) in Bug::ALL {
        let settings = Settings {
            kind,
            policy,
            bounds: bounds_of(bug),
            bug: Some(bug),
        };
        let (found, _) = run(&settings);
        let broken = found
            .broken
            .map(|(violation, way)| (violation.invariant, way));
        println!("{bug:?}, {} states: {broken:?}", found.states);
        if broken.is_none_or(|(found, _)| found != invariant) {
            amiss.push(bug);
        }
    }
    assert_eq!(amiss, [], "each is found, through its invariant");
}
