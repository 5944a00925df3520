//! Tests of whole histories of administrators, and of the simulation by bugs that it must find.

use super::*;
use crate::network::Weather;

/// How many seeds each weather is tested with; with `NAMEPLATE_TEST_LONG` set, [`SEEDS_LONG`].
const SEEDS: u64 = 200;
const SEEDS_LONG: u64 = 5000;

/// How many seeds a planted bug may survive.
const SEEDS_OF_A_BUG_MAX: u64 = 10_000;

fn seeds() -> std::ops::RangeInclusive<u64> {
    match std::env::var_os("NAMEPLATE_TEST_LONG") {
        None => 1..=SEEDS,
        Some(_) => 1..=SEEDS_LONG,
    }
}

fn settings(weather: Weather, trouble: Trouble) -> Settings {
    let bug = None;
    Settings {
        weather,
        trouble,
        bug,
    }
}

/// Runs all seeds; no invariant may break in any.
fn check(weather: Weather, trouble: Trouble) -> Counts {
    let settings = settings(weather, trouble);
    let mut counts = Counts::default();
    for seed in seeds() {
        let report = run(seed, &settings);
        let tail = report.history.tail(60);
        assert_eq!(report.broken, None, "seed {seed} after\n{tail}");
        counts.add(&report.counts);
    }
    assert!(counts.acknowledged > 3 * SEEDS, "{counts:?}");
    assert!(counts.changes > 3 * SEEDS, "{counts:?}");
    counts
}

#[test]
fn where_all_goes_well_every_outcome_is_known() {
    let counts = check(Weather::CALM, Trouble::NONE);
    assert_eq!((counts.unknown, counts.crashes), (0, 0));
    assert!(counts.orders > counts.acknowledged, "some are refused");
}

#[test]
fn where_lines_break_and_the_node_crashes_all_invariants_hold() {
    let counts = check(Weather::LOSSY, Trouble::USUAL);
    assert!(counts.crashes > SEEDS, "{counts:?}");
    assert!(counts.changes > counts.acknowledged / 2, "{counts:?}");
}

#[test]
fn in_a_storm_all_invariants_hold() {
    let counts = check(Weather::STORM, Trouble::USUAL);
    assert!(counts.unknown > 0, "{counts:?}");
}

#[test]
fn a_seed_is_one_history() {
    let settings = settings(Weather::STORM, Trouble::USUAL);
    for seed in 1..=10 {
        let (once, again) = (run(seed, &settings), run(seed, &settings));
        if let Some(difference) = once.history.first_difference(&again.history) {
            panic!("seed {seed}: {difference}");
        }
        assert_eq!((once.counts, once.lasted), (again.counts, again.lasted));
        let other = run(seed + 1, &settings);
        assert_ne!(once.history.digest(), other.history.digest());
    }
}

/// Plants a bug; one of the first seeds must find it, through the named invariant.
fn check_planted(bug: Bug, invariant: &str) {
    let settings = Settings {
        bug: Some(bug),
        ..settings(Weather::LOSSY, Trouble::USUAL)
    };
    let mut reports = (1..=SEEDS_OF_A_BUG_MAX).map(|seed| run(seed, &settings));
    let found = reports.find_map(|report| Some((report.seed, report.broken?)));
    let (seed, violation) = found.expect("a planted bug is found");
    println!("{bug:?} is found by seed {seed}: {violation}");
    assert_eq!(violation.invariant, invariant, "{bug:?}, seed {seed}");
}

#[test]
fn planted_bugs_of_durability_are_found() {
    check_planted(
        Bug::AcknowledgedBeforeSync,
        "what_is_acknowledged_is_durable",
    );
    check_planted(Bug::PublishedBeforeSync, "readers_see_what_is_durable");
    check_planted(Bug::PreconditionsIgnored, "changes_do_what_was_asked");
    check_planted(Bug::DatesStepBack, "dates_never_go_back");
    check_planted(
        Bug::RefusedThoughDone,
        "a_refusal_means_that_nothing_was_done",
    );
}

#[test]
fn planted_bugs_of_what_comes_again_are_found() {
    for bug in [
        Bug::ResendsExecuted,
        Bug::ResendsForgottenInCrash,
        Bug::ResendsForgottenEarly,
        Bug::ResendsForgottenWithRecord,
    ] {
        check_planted(bug, "nothing_is_done_twice");
    }
    check_planted(Bug::ResendsAnsweredOtherwise, "a_request_has_one_answer");
}

#[test]
fn planted_bugs_of_who_somebody_is_are_found() {
    check_planted(Bug::ChallengesTakenAgain, "a_challenge_is_taken_once");
    check_planted(Bug::ChallengesNotBound, "changes_are_by_who_asked");
    check_planted(Bug::AnybodyBelieved, "changes_are_by_who_asked");
    check_planted(Bug::PermissionsIgnored, "changes_are_permitted");
    check_planted(
        Bug::NumbersTakenAgain,
        "a_message_of_a_session_is_taken_once",
    );
    check_planted(Bug::SessionsOutliveKeys, "changes_need_a_key");
}
