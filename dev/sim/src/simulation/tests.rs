//! Tests of whole histories, and of the simulator itself by bugs that it must find.

use super::*;
use crate::workload::{Query, Questions};
use engine::exchange::TRY_TIMEOUTS;
use model::{SuffixCase, Value};
use wire::Version;

/// How many seeds each weather is tested with; with `NAMEPLATE_TEST_LONG` set, [`SEEDS_LONG`].
const SEEDS: u64 = 300;
const SEEDS_LONG: u64 = 20_000;

/// How many seeds a planted bug may survive.
const SEEDS_OF_A_BUG_MAX: u64 = 200;

fn seeds() -> std::ops::RangeInclusive<u64> {
    match std::env::var_os("NAMEPLATE_TEST_LONG") {
        None => 1..=SEEDS,
        Some(_) => 1..=SEEDS_LONG,
    }
}

fn in_weather(weather: Weather) -> Settings {
    Settings { weather, bug: None }
}

/// Runs all seeds in a weather; no invariant may break in any.
fn check(weather: Weather) -> Counts {
    let settings = in_weather(weather);
    let mut counts = Counts::default();
    for seed in seeds() {
        let report = run(seed, &settings);
        let tail = report.history.tail(40);
        assert_eq!(report.broken, None, "seed {seed} after\n{tail}");
        counts.add(&report.counts);
    }
    assert_eq!(counts.unanswered, 0, "a connection always brings an answer");
    assert!(counts.answered_in_datagrams > counts.answered_over_connection);
    assert!(counts.answered_over_connection > 0);
    counts
}

#[test]
fn in_calm_weather_all_invariants_hold() {
    assert_eq!(check(Weather::CALM).excused, 0);
}

#[test]
fn in_lossy_weather_all_invariants_hold() {
    assert_eq!(check(Weather::LOSSY).excused, 0);
}

/// Only here are octets changed on their way, and only therefore are wrong answers believed.
#[test]
fn in_a_storm_all_invariants_hold() {
    assert!(check(Weather::STORM).excused > 0);
}

#[test]
fn a_seed_is_one_history() {
    let settings = in_weather(Weather::STORM);
    for seed in 1..=20 {
        let (once, again) = (run(seed, &settings), run(seed, &settings));
        if let Some(difference) = once.history.first_difference(&again.history) {
            panic!("seed {seed}: {difference}");
        }
        assert_eq!(once.history.digest(), again.history.digest());
        assert_eq!((once.counts, once.lasted), (again.counts, again.lasted));
        let other = run(seed + 1, &settings);
        assert_ne!(once.history.digest(), other.history.digest());
    }
}

/// Plants a bug; one of the first seeds must find it, through the named invariant.
fn check_planted(bug: Bug, weather: Weather, invariant: &str) {
    let settings = Settings {
        weather,
        bug: Some(bug),
    };
    let mut reports = (1..=SEEDS_OF_A_BUG_MAX).map(|seed| run(seed, &settings));
    let found = reports.find_map(|report| Some((report.seed, report.broken?)));
    let (seed, violation) = found.expect("a planted bug is found");
    println!("{bug:?} is found by seed {seed}");
    assert_eq!(violation.invariant, invariant, "{bug:?}, seed {seed}");
}

#[test]
fn planted_bugs_that_make_answers_wrong_are_found() {
    let check = |bug| check_planted(bug, Weather::CALM, "believed_answers_are_right");
    check(Bug::SuffixCaseMistaken);
    check(Bug::PrivateValuesShown);
    check(Bug::ReplacementsLost);
}

#[test]
fn planted_bugs_against_the_protocol_are_found() {
    let check = |bug, invariant| check_planted(bug, Weather::LOSSY, invariant);
    check(Bug::AnswerUnderAnotherId, "answers_are_responses");
    check(Bug::ResponsesAnswered, "responses_are_not_answered");
    check(Bug::SpellingTidied, "answers_echo_their_question");
    check(Bug::AnythingBelieved, "answers_echo_their_question");
}

#[test]
fn planted_bugs_that_keep_somebody_waiting_are_found() {
    let check = |bug, invariant| check_planted(bug, Weather::LOSSY, invariant);
    check(Bug::InboxMixesPeers, "whole_first_tries_are_heard");
    check(Bug::TimersForgotten, "in_the_end_nobody_waits");
    check(Bug::AnswerFromMemory, "connections_bring_an_answer");
    check(Bug::InboxForgetsNothing, "inbox_forgets_in_time");
    let invariant = "long_answers_are_not_sent_in_datagrams";
    check(Bug::AnswersOfAnyLength, invariant);
}

/// A panic is the end of a history, not of the run: it has a seed too.
#[test]
fn a_panic_is_a_violation() {
    let mut workload = Workload::new(1, &Weather::CALM);
    let twice = workload.registrations[0].clone();
    let mut values = twice.values.clone();
    values.extend([Value::public(1, "A", ""), Value::public(1, "B", "")]);
    let registration = Registration { values, ..twice };
    let at = Moment(1);
    workload.revisions = vec![Revision { at, registration }];
    let report = run_workload(1, &in_weather(Weather::CALM), workload);
    assert_eq!(report.broken.unwrap().invariant, "nobody_panics");
}

/// A limit of the protocol that the workload steers around (see `workload::generation`).
///
/// Two tries have one request id, and nothing ties the fragments of an answer together. When the
/// record changes between the answers to two tries, or to two copies of one, their fragments can
/// make up an answer that was never sent. Only TCP or a signature keeps an asker from it.
#[test]
fn a_change_between_two_answers_can_tear_a_long_one() {
    let identifier: model::Identifier = "88.156.1/long".parse().unwrap();
    let registration = |filling: u8| Registration {
        identifier: identifier.clone(),
        values: vec![Value::public(1, "DESC", vec![filling; 1200])],
    };
    let revision = |number: u8| Revision {
        at: Moment(u64::from(number) * 200),
        registration: registration(number),
    };
    let query = Query {
        identifier: identifier.clone(),
        indexes: vec![],
        types: vec![],
        public_only: true,
        wants_digest: true,
        version: Version::NEWEST,
        request_id: 1,
    };
    let workload = || Workload {
        suffix_case: SuffixCase::Insensitive,
        registrations: vec![registration(0)],
        revisions: (1..=20).map(revision).collect(),
        askers: vec![Questions {
            clock_ahead_seconds: 0,
            queries: vec![(TRY_TIMEOUTS[0], query.clone())],
        }],
        strays: vec![],
        is_flooded: false,
    };
    let settings = in_weather(Weather::LOSSY);
    let broken = (1..=SEEDS).filter_map(|seed| run_workload(seed, &settings, workload()).broken);
    let is_wrong = |broken: &Violation| broken.invariant == "believed_answers_are_right";
    let torn = broken.filter(is_wrong).count();
    assert!(
        torn > 0,
        "no answer was torn: the workload may change long records now"
    );
}
