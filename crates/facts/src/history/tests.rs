//! Is the past what it was? A list that is searched from end to end is the second opinion.

mod naive;

use super::*;
use crate::ledger::Ledger;
use crate::observation::tests::any_observation;
use crate::series::tests::any_series;
use crate::stored::{self, DAY_MS};
use crate::{Content, Form, Indicator, Object};
use codes::{Date, Frequency, Number, Unit};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::Store;

/// 2023-01-01 in China.
const AFTER_2022: u64 = 1_672_502_400_000;

fn series(indicator: &str, frequency: Frequency) -> Series {
    let region = Object::region("35".parse().unwrap());
    Series::new(indicator.parse().unwrap(), [region], frequency, Form::Level).unwrap()
}

fn report(series: &Series, period: &str, number: i32) -> Report {
    Report {
        series: series.clone(),
        period: period.parse().unwrap(),
        observation: Observation::reported(number.into(), Unit::TON, "350000", Instant(0)),
        is_revision: false,
    }
}

fn tell(store: &Store, at: u64, reports: &[Report]) -> Recorded {
    crate::commit(store, Instant(at), |view, at| record(view, at, reports)).unwrap()
}

fn refusals(recorded: &Recorded) -> Vec<String> {
    let said = recorded.refused.iter();
    said.map(|(at, error)| format!("{at}: {error}")).collect()
}

fn numbers(store: &Store, series: &Series, at: Instant) -> Vec<(String, Option<Number>)> {
    let all = [Date::FIRST, Date::LAST].map(|day| Period::containing(series.frequency(), day));
    let known = as_known_at(&*store.view(), series, all, at).unwrap();
    let number = |known: Known| (known.period.to_string(), known.observation.content.number());
    known.into_iter().map(number).collect()
}

#[test]
fn what_was_known_can_be_asked_for() {
    let (_folder, store) = stored::store();
    let series = series("output", Frequency::MergedMonth);
    let [first, second] = [AFTER_2022, AFTER_2022 + 9];
    let figures = |february| {
        [
            report(&series, "2022-M02", february),
            report(&series, "2022-M03", 5),
        ]
    };
    let told = tell(&store, first, &figures(7));
    assert_eq!((told.new, told.revisions, told.unchanged), (2, 0, 0));
    let told = tell(&store, second, &figures(8));
    assert_eq!((told.new, told.revisions, told.unchanged), (1, 1, 1));

    let expected = |february: i32| {
        vec![
            ("2022-M02".to_owned(), Some(february.into())),
            ("2022-M03".to_owned(), Some(5.into())),
        ]
    };
    assert_eq!(numbers(&store, &series, Instant(first - 1)), []);
    assert_eq!(numbers(&store, &series, Instant(first)), expected(7));
    assert_eq!(numbers(&store, &series, Instant(second - 1)), expected(7));
    assert_eq!(numbers(&store, &series, Instant::LAST), expected(8));
    let february = "2022-M02".parse().unwrap();
    let view = store.view();
    let all = revisions(&*view, &series, february).unwrap();
    assert_eq!(
        all.iter().map(|known| known.at.0).collect::<Vec<_>>(),
        [second, first]
    );
    let then = one_as_known_at(&*view, &series, february, Instant(first)).unwrap();
    assert_eq!(all.last(), then.as_ref());
}

#[test]
fn what_is_refused_keeps_nothing_else_out() {
    let (_folder, store) = stored::store();
    let monthly = series("output", Frequency::Month);
    tell(&store, AFTER_2022 - 9, &[report(&monthly, "2022-09", 1)]);
    let mut in_yuan = report(&monthly, "2022-09", 1);
    in_yuan.observation.unit = Unit::YUAN;
    let mut estimate = report(&monthly, "2022-12", 3);
    estimate.observation.content = Content::Estimated(3.into());
    let mut nobody = report(&monthly, "2022-07", 3);
    nobody.observation.reporter.clear();
    let reports = [
        report(&monthly, "2022-Q1", 1),
        report(&monthly, "2022-12", 1),
        in_yuan,
        report(&monthly, "2022-11", 2),
        report(&monthly, "2022-11", 3),
        report(&monthly, "2022-11", 2),
        estimate,
        nobody,
    ];
    let recorded = tell(&store, AFTER_2022 - 1, &reports);
    let expected = [
        "0: 2022-Q1 is no period of the series, whose frequency is month",
        "1: 2022-12 ends with 2022-12-31, and it is 2022-12-31: only an estimate can be told of it \
         yet",
        "2: it was told in t before, and yuan measures something else",
        "4: two different figures are told of 2022-11 at once",
        "7: a reporter needs 1 to 256 octets of text without control characters",
    ];
    assert_eq!(refusals(&recorded), expected);
    assert_eq!((recorded.new, recorded.unchanged), (2, 1));
    let now = numbers(&store, &monthly, Instant::LAST);
    let now: Vec<_> = now.iter().map(|(_, number)| *number).collect();
    assert_eq!(now, [1, 2, 3].map(|number| Some(number.into())));
}

#[test]
fn a_batch_that_contradicts_itself_is_told_so_whatever_is_known() {
    let (_folder, store) = stored::store();
    let series = series("output", Frequency::Month);
    let told = |at: u64, numbers: &[i32]| {
        let reports: Vec<_> = numbers
            .iter()
            .map(|number| report(&series, "2022-01", *number))
            .collect();
        let told = tell(&store, at, &reports);
        let refused = told.refused.iter();
        let refused: Vec<_> = refused
            .map(|(at, error)| {
                assert!(matches!(error, Error::Twice { .. }), "{error}");
                *at
            })
            .collect();
        (told.new, told.unchanged, refused)
    };
    assert_eq!(told(AFTER_2022, &[5]), (1, 0, vec![]));
    // One of the two is known already, and which of them comes first is luck.
    assert_eq!(told(AFTER_2022 + 1, &[5, 7, 5, 7]), (0, 2, vec![1, 3]));
    assert_eq!(told(AFTER_2022 + 2, &[7, 5, 7]), (1, 1, vec![1]));
}

#[test]
fn the_past_cannot_be_told_otherwise() {
    let (_folder, store) = stored::store();
    let series = series("output", Frequency::Month);
    tell(&store, AFTER_2022, &[report(&series, "2022-01", 1)]);
    for at in [0, AFTER_2022 - 1, AFTER_2022].map(Instant) {
        let early = record(&*store.view(), at, &[report(&series, "2022-02", 1)]);
        assert!(matches!(early, Err(Error::Past { .. })), "{early:?}");
    }
    let never = record(
        &*store.view(),
        Instant::LAST,
        &[report(&series, "2022-02", 1)],
    );
    assert!(matches!(never, Err(Error::Beyond { .. })), "{never:?}");
    // A clock that is behind does not keep anybody from telling.
    assert_eq!(tell(&store, 0, &[report(&series, "2022-01", 2)]).new, 1);
    let view = store.view();
    let all = revisions(&*view, &series, "2022-01".parse().unwrap()).unwrap();
    assert_eq!(all[0].at, Instant(AFTER_2022 + 1));
}

#[test]
fn a_frozen_month_is_revised_only_as_such() {
    let (_folder, store) = stored::store();
    let series = series("output", Frequency::Month);
    tell(&store, AFTER_2022, &[report(&series, "2022-01", 1)]);
    let freeze = |until: Option<Date>| {
        crate::commit(&store, Instant(0), |view, _| {
            Ok((Ledger::read(view)?.freeze(until), ()))
        })
        .unwrap();
    };
    freeze(Some("2022-02-28".parse().unwrap()));
    let mut late = report(&series, "2022-02", 2);
    let others = [report(&series, "2022-03", 1), report(&series, "2022-01", 1)];
    let reports = [&[late.clone()], &others[..]].concat();
    let recorded = tell(&store, AFTER_2022 + 1, &reports);
    let said = "0: 2022-02 is frozen, as is everything until 2022-02-28; it can only be revised as \
                such";
    assert_eq!(refusals(&recorded), [said]);
    assert_eq!((recorded.new, recorded.unchanged), (1, 1));
    late.is_revision = true;
    assert_eq!(tell(&store, AFTER_2022 + 2, &[late]).new, 1);
    freeze(None);
    assert_eq!(
        tell(&store, AFTER_2022 + 3, &[report(&series, "2022-01", 9)]).revisions,
        1
    );
}

#[test]
fn many_writers_get_through_one_after_the_other() {
    let (_folder, store) = stored::store();
    let name = |writer: i32| format!("writer-{writer}");
    std::thread::scope(|scope| {
        // No two clocks agree, and whoever loses a race has a moment that is past by then.
        for (ahead, writer) in (0..).zip(0..4) {
            let store = &store;
            scope.spawn(move || {
                let series = series(&name(writer), Frequency::Month);
                for month in 1..=9 {
                    let report = report(&series, &format!("2022-0{month}"), writer);
                    assert_eq!(tell(store, AFTER_2022 + ahead, &[report]).new, 1);
                }
            });
        }
    });
    // Each change has a moment of its own, so that each moment's past stays as it was.
    let mut moments = BTreeSet::new();
    for writer in 0..4 {
        let series = series(&name(writer), Frequency::Month);
        let year = ["2022-01", "2022-12"].map(|period| period.parse().unwrap());
        let known = as_known_at(&*store.view(), &series, year, Instant::LAST).unwrap();
        moments.extend(known.iter().map(|known| known.at));
    }
    assert_eq!(moments.len(), 4 * 9);
}

#[test]
fn series_are_listed_without_reading_their_figures() {
    let (_folder, store) = stored::store();
    let [a, b] = [Frequency::Month, Frequency::Quarter].map(|frequency| series("a", frequency));
    let other = series("a.b", Frequency::Month);
    let reports = [
        report(&b, "2022-Q1", 1),
        report(&a, "2022-01", 1),
        report(&a, "2022-02", 1),
        report(&other, "2022-02", 1),
    ];
    tell(&store, AFTER_2022, &reports);
    let listed = |name: &str| {
        let indicator: Indicator = name.parse().unwrap();
        series_of(&*store.view(), &indicator).unwrap()
    };
    assert_eq!(listed("a"), [a, b]);
    assert_eq!(listed("a.b"), [other]);
    assert_eq!(listed("a."), []);
}

/// One told thing of the naive history.
type Told = (Series, Period, Instant, Observation);

/// What the second opinion says of a series at a moment: every line is looked at.
fn naive(told: &[Told], series: &Series, at: Instant) -> Vec<Known> {
    let mut newest: BTreeMap<Period, Known> = BTreeMap::new();
    for (of, period, known_at, observation) in told {
        if of == series && *known_at <= at {
            let known = Known {
                period: *period,
                at: *known_at,
                observation: observation.clone(),
            };
            newest.insert(*period, known);
        }
    }
    newest.into_values().collect()
}

/// Reports of few series and periods, so that they meet; of each figure one.
fn any_reports() -> impl Strategy<Value = Vec<Report>> {
    let report =
        (any_series(), 0..3_u8, any_observation()).prop_map(|(series, at, observation)| Report {
            series: series.told(Frequency::Month, Form::Level),
            period: Period::month(2020, at + 1).unwrap(),
            observation,
            is_revision: false,
        });
    prop::collection::vec(report, 1..6).prop_map(|mut reports| {
        let mut seen = BTreeSet::new();
        reports.retain(|report| seen.insert((report.series.clone(), report.period)));
        reports
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_past_is_what_it_was(batches in prop::collection::vec(any_reports(), 1..6)) {
        let (_folder, store) = stored::store();
        let mut told: Vec<Told> = Vec::new();
        for (moment, batch) in (0..).map(|number| AFTER_2022 + number * DAY_MS).zip(batches) {
            let recorded = tell(&store, moment, &batch);
            prop_assert!(recorded.refused.is_empty());
            for Report { series, period, observation, .. } in batch {
                let known = naive(&told, &series, Instant::LAST);
                let known = known.iter().find(|known| known.period == period);
                if known.is_none_or(|known| known.observation != observation) {
                    told.push((series, period, Instant(moment), observation));
                }
            }
        }
        let view = store.view();
        for (series, period, moment, _) in &told {
            let year = ["2020-01", "2020-12"].map(|period| period.parse().unwrap());
            for at in [moment.0 - 1, moment.0, moment.0 + 1].map(Instant) {
                let expected = naive(&told, series, at);
                let found = as_known_at(&*view, series, year, at).unwrap();
                prop_assert_eq!(&found, &expected);
                let one = one_as_known_at(&*view, series, *period, at).unwrap();
                let expected = expected.into_iter().find(|known| known.period == *period);
                prop_assert_eq!(one, expected);
            }
        }
    }
}
