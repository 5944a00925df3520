//! Tests of whole histories of members, and of the simulation by bugs that it must find.

use super::*;

/// How many seeds are tested with each kind of faults; with `NAMEPLATE_TEST_LONG` set,
/// [`SEEDS_LONG`].
const SEEDS: u64 = 40;
const SEEDS_LONG: u64 = 5000;

/// How many seeds a planted bug may survive.
const SEEDS_OF_A_BUG_MAX: u64 = 10_000;

fn seeds() -> std::ops::RangeInclusive<u64> {
    match std::env::var_os("NAMEPLATE_TEST_LONG") {
        None => 1..=SEEDS,
        Some(_) => 1..=SEEDS_LONG,
    }
}

/// Runs all seeds; no invariant may break in any.
fn check(faults: Faults) -> Counts {
    let settings = Settings { faults, bug: None };
    let mut counts = Counts::default();
    for seed in seeds() {
        let report = run(seed, &settings);
        let tail = report.history.tail(60);
        assert_eq!(report.broken, None, "seed {seed} after\n{tail}");
        counts.add(&report.counts);
    }
    counts
}

#[test]
fn where_all_goes_well_everybody_is_answered() {
    let counts = check(Faults::NONE);
    assert_eq!((counts.unanswered, counts.crashes), (0, 0));
    assert!(counts.answered > 5 * SEEDS, "{counts:?}");
    assert!(counts.acknowledged > 5 * SEEDS, "{counts:?}");
    assert!(counts.epochs > 2 * SEEDS, "{counts:?}");
}

#[test]
fn where_members_crash_and_are_cut_off_all_invariants_hold() {
    let counts = check(Faults::USUAL);
    assert!(counts.crashes > SEEDS, "{counts:?}");
    assert!(counts.answered > 3 * SEEDS, "{counts:?}");
    assert!(counts.acknowledged > 3 * SEEDS, "{counts:?}");
    assert!(counts.epochs > SEEDS, "{counts:?}");
}

#[test]
fn in_a_storm_all_invariants_hold() {
    let counts = check(Faults::STORM);
    assert!(counts.answered > SEEDS, "{counts:?}");
}

#[test]
fn a_seed_is_one_history() {
    let settings = Settings {
        faults: Faults::STORM,
        bug: None,
    };
    for seed in 1..=5 {
        let (once, again) = (run(seed, &settings), run(seed, &settings));
        if let Some(difference) = once.history.first_difference(&again.history) {
            panic!("seed {seed}: {difference}");
        }
        assert_eq!((once.counts, once.lasted), (again.counts, again.lasted));
        let other = run(seed + 1, &settings);
        assert_ne!(once.history.digest(), other.history.digest());
    }
}

/// Plants a bug; one of the first seeds must find it, through one of the named invariants.
fn check_planted(bug: Bug, invariants: &[&str]) {
    let settings = Settings {
        faults: Faults::USUAL,
        bug: Some(bug),
    };
    let mut reports = (1..=SEEDS_OF_A_BUG_MAX).map(|seed| run(seed, &settings));
    let found = reports.find_map(|report| Some((report.seed, report.broken?)));
    let (seed, violation) = found.expect("a planted bug is found");
    println!("{bug:?} is found by seed {seed}: {violation}");
    let is_named = invariants.contains(&violation.invariant);
    assert!(is_named, "{bug:?}, seed {seed}: {violation}");
}

/// Members that contradict each other are found by whichever of these is looked at first; where
/// they contradict the library, it stops by itself.
const AGREEMENT: [&str; 9] = [
    "members_apply_the_same",
    "members_are_prefixes_of_each_other",
    "what_is_answered_is_agreed",
    "what_is_asked_later_comes_later",
    "what_is_shown_is_as_new_as_said",
    "members_do_not_stop",
    "a_member_starts_again",
    "a_member_votes_once_in_a_term",
    "nobody_panics",
];

#[test]
fn planted_bugs_of_disks_are_found() {
    check_planted(Bug::PersistedBeforeSync, &AGREEMENT);
    // Every journal is sound, so it is found by the votes alone.
    let votes = ["a_member_votes_once_in_a_term"];
    check_planted(Bug::VotesForgotten, &votes);
    check_planted(Bug::JournalReplacedInPlace, &AGREEMENT);
    check_planted(Bug::MemberInState, &AGREEMENT);
}

#[test]
fn planted_bugs_of_requests_are_found() {
    let twice = ["nothing_is_done_twice", "a_request_has_one_answer"];
    check_planted(Bug::ResendsExecuted, &twice);
    let snapshot = [&AGREEMENT[..2], &twice].concat();
    check_planted(Bug::SnapshotLosesAnswers, &snapshot);
    check_planted(Bug::SerialsFall, &["serials_only_rise"]);
    check_planted(Bug::PermissionsIgnored, &["changes_are_permitted"]);
    let busy = ["busy_means_that_nothing_was_done"];
    check_planted(Bug::BusyThoughUnknown, &busy);
    check_planted(Bug::AgesHidden, &["what_is_shown_is_as_new_as_said"]);
}

#[test]
fn planted_bugs_of_leases_are_found() {
    // With another epoch in it, it is another request when it comes again.
    let rise = [
        "epochs_rise_by_one",
        "old_epochs_get_nothing",
        "nothing_is_done_twice",
    ];
    check_planted(Bug::StaleEpochAccepted, &rise);
    let apart = [
        "the_next_epoch_waits_for_the_lease",
        "nothing_is_acknowledged_in_two_epochs",
        "an_epoch_has_a_start",
    ];
    for bug in [Bug::LeaseIgnored, Bug::MarginForgotten, Bug::StartForgotten] {
        check_planted(bug, &apart);
    }
    check_planted(Bug::SovereignGranted, &["a_sovereign_holder_is_asked"]);
    let handed_on = ["the_reserved_part_is_handed_on"];
    check_planted(Bug::ReservedPartTaken, &handed_on);
    check_planted(Bug::LeaseCountedFromAnswer, &apart[1..2]);
    check_planted(Bug::LeaseUncheckedAfterSync, &apart[1..2]);
    // Ages are counted by that clock as well.
    let clock = ["what_is_shown_is_as_new_as_said", apart[1]];
    check_planted(Bug::WallClockBelieved, &clock);
}
