//! Does a back-test know only what was known then, and does it count as one would by hand?

use super::*;
use crate::warn::synthetic::{World, days_after, period, region};
use codes::Frequency;
use proptest::prelude::*;

const RULE: &str = "rule r every month of region let floor = 10\n\
                    level low when value(x, t) < floor until value(x, t) > floor + 2";

fn trial(subjects: &[Subject], episodes: Vec<Episode>) -> Trial {
    Trial {
        subjects: subjects.to_vec(),
        periods: [period("2021-01"), period("2021-12")],
        episodes,
        level: 1,
        lead_max: 3,
        grace: 0,
        costs: Costs {
            miss: 10.into(),
            false_alarm: 1.into(),
        },
        sweep: None,
    }
}

fn episode(subject: &Subject, text: &str) -> Episode {
    Episode {
        subject: subject.clone(),
        periods: [period(text); 2],
        label: text.to_owned(),
    }
}

fn shown(run: &Run) -> String {
    let level = |point: &Point| char::from(b'0' + point.standing.level);
    run.points.iter().map(level).collect()
}

fn run(world: &World, text: &str, trial: &Trial) -> BackTest {
    let rule = Rule::read(text).unwrap();
    BackTest::run(&*world.store.view(), &rule, trial).unwrap()
}

#[test]
fn hits_misses_and_false_alarms_are_counted() {
    let world = World::new(Frequency::Month);
    let city = region("3501");
    let figures = [20, 9, 11, 13, 20, 20, 9, 20, 20, 20, 20, 9].map(|number| number.to_string());
    let figures: Vec<_> = figures.iter().map(|number| Some(number.as_str())).collect();
    world.tell_all("x", &city, period("2021-01"), &figures);
    let episodes = vec![
        episode(&city, "2021-04"),
        episode(&city, "2021-10"),
        episode(&city, "2021-05"),
    ];
    let other = region("3502");
    let mut trial = trial(&[city.clone(), other.clone()], episodes);
    trial.episodes.push(episode(&other, "2021-03"));
    let found = run(&world, RULE, &trial);
    assert_eq!(shown(&found.runs[0]), "011000100001");
    assert_eq!(found.runs[1].points, []);
    let leads: Vec<_> = found.outcomes.iter().map(|outcome| outcome.lead).collect();
    // The alarm of February is for April, and for May; that of July for October.
    assert_eq!(leads, [Some(2), Some(3), Some(3), None]);
    let score = found.score;
    assert_eq!((score.hits, score.misses, score.false_alarms), (3, 1, 1));
    assert_eq!((score.periods_in_alarm, score.periods), (4, 12));
    assert_eq!(score.lead_mean(), Some("2.67".parse().unwrap()));
    assert_eq!(score.cost, 11.into());
    // The same again is the same to the octet; another score has another digest.
    assert_eq!(run(&world, RULE, &trial).digest(), found.digest());
    trial.costs.miss = 11.into();
    assert_ne!(run(&world, RULE, &trial).digest(), found.digest());
}

#[test]
fn what_was_revised_later_was_not_known_then() {
    let world = World::new(Frequency::Month);
    let city = region("3501");
    let (january, february) = (period("2021-01"), period("2021-02"));
    world.tell("x", &city, january, Some("20"), days_after(january, 10));
    world.tell("x", &city, february, Some("20"), days_after(february, 10));
    // Long after, January turns out to have been low.
    let much_later = days_after(period("2021-08"), 0);
    world.tell("x", &city, january, Some("5"), much_later);
    let trial = trial(std::slice::from_ref(&city), vec![episode(&city, "2021-02")]);
    let found = run(&world, RULE, &trial);
    assert_eq!(shown(&found.runs[0]), "00");
    assert_eq!(found.runs[0].points[0].at, days_after(january, 10));
    assert_eq!(found.score.misses, 1);
    // By what is known now there would have been an alarm.
    let rule = Rule::read(RULE).unwrap();
    let now = crate::warn::assess(&*world.store.view(), &rule, &city, january, Instant::LAST);
    assert_eq!(now.unwrap().standing.level, 1);
}

#[test]
fn a_late_figure_is_judged_no_later_than_the_next_period() {
    let world = World::new(Frequency::Month);
    let city = region("3501");
    let [january, february, march] = ["2021-01", "2021-02", "2021-03"].map(period);
    // January is told after February, March not at all, and then April.
    world.tell("x", &city, february, Some("20"), days_after(february, 10));
    world.tell("x", &city, january, Some("5"), days_after(february, 20));
    let april = march.next().unwrap();
    world.tell("x", &city, april, Some("5"), days_after(april, 10));
    let text = format!("{RULE} missing unknown");
    let found = run(&world, &text, &trial(&[city], vec![]));
    let points = &found.runs[0].points;
    let at: Vec<_> = points.iter().map(|point| point.at).collect();
    let [second, fourth] = [days_after(february, 10), days_after(april, 10)];
    assert_eq!(at, [second, second, fourth, fourth]);
    let unknown: Vec<_> = points
        .iter()
        .map(|point| point.standing.is_unknown)
        .collect();
    assert_eq!(unknown, [true, false, true, false]);
}

#[test]
fn a_rule_that_cannot_be_meant_is_told_so() {
    let world = World::new(Frequency::Month);
    let city = region("3501");
    world.tell_all(
        "x",
        &city,
        period("2021-01"),
        &[Some("1"), Some("2"), Some("3")],
    );
    let check = |condition: &str, expected: &[&str]| {
        let text = format!("rule r every month of region {condition}");
        let trial = trial(std::slice::from_ref(&city), vec![episode(&city, "2021-01")]);
        let found = run(&world, &text, &trial);
        let said: Vec<_> = found.findings.iter().map(Finding::said).collect();
        assert_eq!(said.len(), expected.len(), "{condition}: {said:?}");
        for ([english, chinese], expected) in said.iter().zip(expected) {
            assert!(english.contains(expected), "{condition}: {english}");
            assert!(!chinese.is_empty());
        }
    };
    check("level a when value(x, t) > 2", &[]);
    check("level a when value(x, t) > 3", &["never fires"]);
    check("level a when value(x, t) > 0", &["in every period"]);
    check(
        "level a when value(x, t) > 2 level b when value(x, t) > 3",
        &["'b' was never shown"],
    );
    check(
        "level a when 1 / (value(x, t) - value(x, t)) > 1",
        &[
            "divides by zero: 2021-01: divided by zero at 1:45",
            "never fires",
        ],
    );
    check("level a when value(y, t) > 1", &["nothing was told"]);
    check(
        "level a when value(x, t) + value(y, t) > 1",
        &["no period could be judged", "never fires"],
    );
    check(
        "level a when value(x, t) > 2 until value(x, t) > 1",
        &["in 2021-03 'a' held and was to fall back"],
    );
    let none = run(&world, RULE, &trial(&[city], vec![]));
    assert_eq!(none.findings[0], Finding::NoEpisodes);
}

#[test]
fn a_trial_that_is_too_large_or_empty_is_refused() {
    let world = World::new(Frequency::Month);
    let city = region("3501");
    let rule = Rule::read(RULE).unwrap();
    let base = trial(std::slice::from_ref(&city), vec![]);
    let check = |change: fn(&mut Trial), expected: &str| {
        let mut trial = base.clone();
        change(&mut trial);
        let found = BackTest::run(&*world.store.view(), &rule, &trial).unwrap_err();
        assert!(found.to_string().contains(expected), "{found}");
    };
    check(|trial| trial.subjects.clear(), "0 subjects");
    check(
        |trial| trial.subjects = vec![trial.subjects[0].clone(); 1001],
        "subjects",
    );
    check(|trial| trial.periods.reverse(), "0 periods");
    check(
        |trial| trial.periods[0] = period("1990-01"),
        "periods of a back-test",
    );
    check(
        |trial| trial.periods[0] = period("2021-Q1"),
        "no period of the series",
    );
    check(|trial| trial.level = 2, "no level of the rule '2'");
    check(|trial| trial.level = 0, "no level of the rule '0'");
    check(
        |trial| trial.sweep = Some(("none".into(), vec![1.into()])),
        "'none'",
    );
    check(
        |trial| trial.sweep = Some(("floor".into(), vec![])),
        "0 numbers",
    );
    check(
        |trial| {
            trial.sweep = Some(("floor".into(), vec![1.into(); 50]));
            trial.subjects = vec![trial.subjects[0].clone(); 1000];
        },
        "judgements",
    );
    check(
        |trial| {
            let subject = trial.subjects[0].clone();
            trial.episodes = vec![episode(&subject, "2021")];
        },
        "no period of the series",
    );
}

#[test]
fn what_happened_is_read_from_events() {
    let world = World::new(Frequency::Month);
    let city = region("3501");
    let at = days_after(period("2021-03"), 3);
    world.happened("e1", &city, "shortage", at);
    world.happened("e2", &city, "holiday", Instant(at.0 + 1));
    let rule = Rule::read(RULE).unwrap();
    let found = episodes(
        &*world.store.view(),
        &rule,
        std::slice::from_ref(&city),
        "shortage",
    )
    .unwrap();
    let expected = Episode {
        label: "e1".to_owned(),
        ..episode(&city, "2021-04")
    };
    assert_eq!(found, [expected]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// With a higher threshold there is an alarm wherever there was one with a lower: hits and
    /// periods in alarm only grow, misses only become fewer.
    #[test]
    fn scores_are_monotone_in_the_swept_threshold(
        figures in prop::collection::vec(prop::option::weighted(0.9, 0..30_i32), 12),
    ) {
        let world = World::new(Frequency::Month);
        let city = region("3501");
        let printed = |number: &Option<i32>| number.map(|number| number.to_string());
        let figures: Vec<_> = figures.iter().map(printed).collect();
        let figures: Vec<_> = figures.iter().map(Option::as_deref).collect();
        world.tell_all("x", &city, period("2021-01"), &figures);
        let episodes = ["2021-06", "2021-09"].map(|began| episode(&city, began));
        let mut trial = trial(std::slice::from_ref(&city), episodes.to_vec());
        trial.sweep = Some(("floor".to_owned(), (0..30).step_by(3).map(Number::from).collect()));
        let found = run(&world, RULE, &trial);
        let (name, points) = found.curve.unwrap();
        prop_assert_eq!(name, "floor");
        prop_assert_eq!(points.len(), 10);
        for two in points.windows(2) {
            let [(_, low), (_, high)] = two else { unreachable!() };
            prop_assert!(low.periods_in_alarm <= high.periods_in_alarm);
            prop_assert!(low.hits <= high.hits && low.misses >= high.misses);
            prop_assert_eq!(low.hits + low.misses, 2);
        }
    }
}
