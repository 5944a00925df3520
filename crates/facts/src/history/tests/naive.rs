//! Many figures at once beside each by itself: what is found, what is recorded and what is said of
//! the rest is the same.

use super::*;
use crate::Change;

/// What becomes of reports when each is looked up, weighed and compared by itself.
fn one_by_one(view: &dyn View, known_at: Instant, reports: &[Report]) -> (Change, Recorded) {
    let ledger = Ledger::read(view).unwrap();
    let mut change = ledger.begin(known_at).unwrap();
    let mut recorded = Recorded::default();
    let mut told: Vec<&Report> = Vec::new();
    for (at, report) in reports.iter().enumerate() {
        let weighed = weigh(view, &ledger, known_at, report).and_then(|before| {
            let is_same = |of: &&&Report| of.series == report.series && of.period == report.period;
            match told.iter().find(is_same) {
                Some(first) if first.observation == report.observation => Ok(Some(true)),
                Some(_) => Err(Error::Twice {
                    period: report.period,
                }),
                None => {
                    told.push(report);
                    Ok(before.map(|before| before == report.observation))
                }
            }
        });
        match weighed {
            Ok(Some(true)) => recorded.unchanged += 1,
            Ok(before) => {
                recorded.new += 1;
                recorded.revisions += usize::from(before.is_some());
                change.writes.push(loaded(known_at, report).unwrap());
            }
            Err(error) => recorded.refused.push((at, error)),
        }
    }
    if recorded.new == 0 {
        change = Change::default();
    }
    (change, recorded)
}

/// What was told before of a report that may stand by itself.
fn weigh(
    view: &dyn View,
    ledger: &Ledger,
    known_at: Instant,
    report: &Report,
) -> Result<Option<Observation>, Error> {
    let period = report.period;
    check_frequency(&report.series, period)?;
    let (ends, today) = (period.last_day(), known_at.day_in_china().unwrap());
    if matches!(report.observation.content, Content::Reported(_)) && today <= ends {
        return Err(Error::BeforeItsEnd {
            period,
            ends,
            today,
        });
    }
    report.observation.encode()?;
    let told = revisions(view, &report.series, period)?;
    let before = told.into_iter().next().map(|known| known.observation);
    if before.as_ref() == Some(&report.observation) {
        return Ok(before);
    }
    if let Some(before) = &before
        && before.unit.dimension() != report.observation.unit.dimension()
    {
        return Err(Error::UnitChanged {
            before: before.unit,
            now: report.observation.unit,
        });
    }
    if ledger.is_frozen(period) && !report.is_revision {
        let until = ledger.frozen_until.unwrap();
        return Err(Error::Frozen { period, until });
    }
    Ok(before)
}

/// Reports of few series and periods, so that they meet, contradict each other, come too early, are
/// of another frequency, in another unit, or by nobody.
fn meeting_reports() -> impl Strategy<Value = Vec<Report>> {
    let objects = (0..4_u8, any::<bool>(), 0..12_u8);
    let period = prop_oneof![
        6 => (8..13_u8).prop_map(|month| Period::month(2022, month).unwrap()),
        1 => Just("2023-01".parse::<Period>().unwrap()),
        4 => (1..5_u8).prop_map(|quarter| format!("2022-Q{quarter}").parse().unwrap()),
    ];
    let content = prop_oneof![
        6 => (0..3_i32).prop_map(|number| Content::Reported(number.into())),
        2 => (0..2_i32).prop_map(|number| Content::Estimated(number.into())),
        1 => Just(Content::Missing(crate::Reason::NOT_YET)),
    ];
    let unit = prop_oneof![8 => Just(Unit::TON), 1 => Just(Unit::YUAN)];
    let reporter = prop_oneof![12 => Just("a"), 1 => Just("")];
    let report = (objects, period, content, unit, reporter, any::<bool>());
    let report = report.prop_map(|(of, period, content, unit, reporter, is_revision)| {
        let (object, is_other, odd) = of;
        let region = Object::region(format!("35{:02}", object + 1).parse().unwrap());
        let indicator = ["output", "output.of-new"][usize::from(is_other)];
        let frequency = if odd == 0 {
            Frequency::Year
        } else {
            period.frequency()
        };
        let indicator = indicator.parse().unwrap();
        Report {
            series: Series::new(indicator, [region], frequency, Form::Level).unwrap(),
            period,
            observation: Observation {
                content,
                ..Observation::reported(0.into(), unit, reporter, Instant(0))
            },
            is_revision,
        }
    });
    prop::collection::vec(report, 0..40)
}

fn written(change: &Change) -> BTreeMap<Key, Option<Bytes>> {
    let writes = change.writes.iter();
    writes
        .map(|write| (write.key.clone(), write.octets.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn many_at_once_are_recorded_as_each_by_itself(
        batches in prop::collection::vec((meeting_reports(), 0..4_u8), 1..5),
    ) {
        let (_folder, store) = stored::store();
        let moments = (0..).map(|number| Instant(AFTER_2022 + number * DAY_MS));
        for (moment, (reports, frozen)) in moments.zip(batches) {
            let view = store.view();
            let (expected, naive) = one_by_one(&*view, moment, &reports);
            let (change, recorded) = record(&*view, moment, &reports).unwrap();
            prop_assert_eq!(refusals(&recorded), refusals(&naive));
            prop_assert_eq!(
                (recorded.new, recorded.revisions, recorded.unchanged),
                (naive.new, naive.revisions, naive.unchanged)
            );
            prop_assert_eq!(&change.preconditions, &expected.preconditions);
            prop_assert_eq!(change.writes.len(), expected.writes.len());
            prop_assert_eq!(written(&change), written(&expected));
            if !change.is_empty() {
                store.commit(change).unwrap();
            }
            if frozen > 0 {
                let until = Date::new(2022, 8 + frozen, 30);
                let change = Ledger::read(&*store.view()).unwrap().freeze(until);
                store.commit(change).unwrap();
            }
        }
    }

    #[test]
    fn many_at_once_are_found_as_each_by_itself(
        batches in prop::collection::vec(meeting_reports(), 1..5),
        asked in meeting_reports(),
    ) {
        let (_folder, store) = stored::store();
        let moments = (0..).map(|number| Instant(AFTER_2022 + number * DAY_MS));
        for (moment, reports) in moments.clone().zip(&batches) {
            tell(&store, moment.0, reports);
        }
        let view = store.view();
        let last = std::iter::once(Instant::LAST);
        for at in moments.take(batches.len()).chain(last) {
            let figures = asked.iter().map(|report| (&report.series, report.period));
            let found = find(&*view, figures, at).unwrap();
            prop_assert_eq!(found.len(), asked.len());
            for (report, found) in asked.iter().zip(&found) {
                let one = one_as_known_at(&*view, &report.series, report.period, at);
                let said = |known: Result<Option<Known>, Error>| {
                    known.map_err(|error| error.to_string())
                };
                prop_assert_eq!(said(found.known()), said(one));
                let name = [&report.series.key()[..], &report.period.ordinal().to_be_bytes()];
                prop_assert_eq!(found.name(), name.concat());
            }
            for (one, other) in found.iter().zip(found.iter().skip(1)) {
                prop_assert_eq!(one.rank().cmp(&other.rank()), one.name().cmp(other.name()));
            }
        }
    }
}
