//! A workbook is judged and recorded at once: beside a second way, figure by figure, each looked up
//! by itself. What is found, what may stand, what becomes known and where it stood are the same.

use super::*;
use crate::collect::reading::Entry;
use crate::collect::wording;
use codes::{Frequency, Unit};
use facts::history::{Report, one_as_known_at, record};
use facts::ledger::Ledger;
use facts::{Content, Form, Observation};
use model::change::Write;
use model::key::Subspace;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What a clerk has typed: of which enterprise, what, of which month, how much; and what is odd.
#[derive(Debug, Clone)]
struct Typed {
    enterprise: usize,
    what: usize,
    month: u8,
    number: i32,
    unit: Unit,
    is_estimate: bool,
    is_explained: bool,
}

fn typed() -> impl Strategy<Value = Typed> {
    let month = prop_oneof![1 => Just(10_u8), 8 => Just(11), 1 => Just(12)];
    let unit = prop_oneof![8 => Just(Unit::YUAN_10K), 2 => Just(Unit::YUAN), 1 => Just(Unit::TON)];
    let flags = (prop::bool::weighted(0.1), any::<bool>());
    // The sixth enterprise is not known.
    (0..6_usize, 0..3_usize, month, 0..3_i32, unit, flags).prop_map(
        |(enterprise, what, month, number, unit, (is_estimate, is_explained))| Typed {
            enterprise,
            what,
            month,
            number,
            unit,
            is_estimate,
            is_explained,
        },
    )
}

/// Three figures a row, on two sheets.
fn reading(all: &[Typed]) -> Reading {
    let entry = |(at, typed): (usize, &Typed)| {
        let month = Period::month(2022, typed.month).unwrap();
        let (period, form) = if typed.what == 2 {
            let to_date = Period::containing(Frequency::YearToDate, month.last_day());
            (to_date, Form::Cumulative)
        } else {
            (month, Form::Level)
        };
        let indicator = ["output", "output.new", "output"][typed.what]
            .parse()
            .unwrap();
        let objects = [enterprise(typed.enterprise)];
        let row = u32::try_from(at / 3).unwrap();
        let is_explained = all[at / 3 * 3].is_explained;
        Entry {
            series: Series::new(indicator, objects, period.frequency(), form).unwrap(),
            period,
            number: typed.number.into(),
            unit: typed.unit,
            is_estimate: typed.is_estimate,
            sheet: ["表一", "表二"][at / 3 % 2].to_owned(),
            place: Place {
                row,
                column: u32::try_from(at % 3).unwrap(),
            },
            explanation: is_explained.then(|| "已核实".to_owned()),
        }
    };
    Reading {
        entries: all.iter().enumerate().map(entry).collect(),
        ..Reading::default()
    }
}

fn content(entry: &Entry) -> Content {
    if entry.is_estimate {
        Content::Estimated(entry.number)
    } else {
        Content::Reported(entry.number)
    }
}

fn report(entry: &Entry, sending: &Sending, remark: &str) -> Report {
    Report {
        series: entry.series.clone(),
        period: entry.period,
        observation: Observation {
            content: content(entry),
            remark: remark.to_owned(),
            ..Observation::reported(0.into(), entry.unit, &sending.reporter, sending.released_at)
        },
        is_revision: sending.is_revision,
    }
}

/// What is found when each figure is looked at by itself.
#[derive(Default)]
struct Naive {
    findings: Vec<Finding>,
    /// Those that tell something new, whether or not they may stand.
    new: Vec<Entry>,
    unchanged: usize,
}

impl Naive {
    fn of(view: &dyn View, at: Instant, entries: &[Entry], sending: &Sending) -> Self {
        let mut naive = Self::default();
        for (number, entry) in entries.iter().enumerate() {
            let is_it = |of: &&Entry| of.series == entry.series && of.period == entry.period;
            match entries[..number].iter().find(is_it) {
                Some(first) => naive.twice(first, entry),
                None => naive.look(view, at, entry, sending),
            }
        }
        for finding in &mut naive.findings {
            let row = |of: &&Entry| {
                let spot = of.spot();
                spot.sheet == finding.spot.sheet && spot.row == finding.spot.row
            };
            if finding.severity == Severity::Warning {
                finding.explanation = entries.iter().find(row).unwrap().explanation.clone();
            }
        }
        naive
    }

    fn tell(&mut self, severity: Severity, code: &str, spot: Spot, says: [String; 2]) {
        self.findings.push(Finding::new(severity, code, spot, says));
    }

    fn twice(&mut self, first: &Entry, entry: &Entry) {
        let equal = |one: &Entry, other: &Entry| {
            one.unit.convert(one.number, other.unit).ok() == Some(other.number)
        };
        let is_same = equal(first, entry) || equal(entry, first);
        let says = |other: &Entry| {
            let other = other.spot();
            [
                format!("the same figure stands in {other}, too"),
                format!("与{other}重复（同一对象、同一指标、同一期）"),
            ]
        };
        if is_same {
            return self.tell(Severity::Note, "twice", entry.spot(), says(first));
        }
        for (entry, other) in [(entry, first), (first, entry)] {
            self.tell(
                Severity::Error,
                "twice-differently",
                entry.spot(),
                says(other),
            );
        }
    }

    fn look(&mut self, view: &dyn View, at: Instant, entry: &Entry, sending: &Sending) {
        let enterprise = &entry.series.objects()[0];
        let places = relation::from_subject(view, Kind::LiesIn, enterprise, Instant::LAST);
        if places.unwrap().is_empty() {
            let id = enterprise.id();
            let says = [
                format!("enterprise {id} is not known: register it first"),
                format!("企业{id}不在名录中，请先登记"),
            ];
            let spot = Spot::row(&entry.sheet, entry.place.row);
            let is_told = |found: &Finding| found.code == "unknown-object" && found.spot == spot;
            if !self.findings.iter().any(is_told) {
                self.tell(Severity::Error, "unknown-object", spot, says);
            }
        }
        let known = one_as_known_at(view, &entry.series, entry.period, Instant::LAST).unwrap();
        let number = entry.number;
        match known.map(|known| (known.observation.content, known.observation.unit)) {
            Some((Content::Reported(before), unit))
                if !entry.is_estimate && unit.convert(before, entry.unit).ok() == Some(number) =>
            {
                return self.unchanged(entry);
            }
            Some((Content::Estimated(before), unit))
                if entry.is_estimate && unit.convert(before, entry.unit).ok() == Some(number) =>
            {
                return self.unchanged(entry);
            }
            Some((Content::Reported(before), unit)) => {
                let severity = if sending.is_revision {
                    Severity::Note
                } else {
                    Severity::Warning
                };
                let says = [
                    format!("{number} revises {before} {unit} of before"),
                    format!("{number}修订了此前上报的{before}{}", unit.chinese()),
                ];
                self.tell(severity, "revision", entry.spot(), says);
            }
            _ => (),
        }
        self.new.push(entry.clone());
        let (_, recorded) = record(view, at, &[report(entry, sending, "")]).unwrap();
        for (_, error) in recorded.refused {
            let code = match error {
                facts::Error::BeforeItsEnd { .. } => "before-its-end",
                facts::Error::Frozen { .. } => "frozen",
                facts::Error::UnitChanged { .. } => "unit",
                _ => "refused",
            };
            let says = [error.to_string(), wording::of_facts(&error)];
            self.tell(Severity::Error, code, entry.spot(), says);
        }
    }

    fn unchanged(&mut self, entry: &Entry) {
        let number = entry.number;
        let says = [
            format!("{number} was told before, and is as it was"),
            format!("{number}此前已上报，未变"),
        ];
        self.unchanged += 1;
        self.tell(Severity::Note, "told-before", entry.spot(), says);
    }

    /// What may stand: nothing in a row that is held back, and each with the row's explanation if
    /// it explains anything.
    fn standing(&self) -> Vec<(&Entry, &str)> {
        let in_row = |entry: &Entry, is_asked: fn(&Finding) -> bool| {
            let spot = entry.spot();
            let row = |of: &&Finding| of.spot.sheet == spot.sheet && of.spot.row == spot.row;
            self.findings.iter().filter(row).any(is_asked)
        };
        let standing = self
            .new
            .iter()
            .filter(|of| !in_row(of, Finding::holds_back));
        let with_remark = standing.map(|entry| {
            let is_explained = in_row(entry, |finding| finding.explanation.is_some());
            (entry, if is_explained { "已核实" } else { "" })
        });
        with_remark.collect()
    }
}

/// What a finding says.
type Said = (Spot, Severity, String, [String; 2], Option<String>);

/// The findings as a set: one that is made twice is told once.
fn said(findings: &[Finding]) -> BTreeSet<Said> {
    let said = findings.iter().cloned().map(|finding| {
        let says = [finding.english, finding.chinese];
        (
            finding.spot,
            finding.severity,
            finding.code,
            says,
            finding.explanation,
        )
    });
    said.collect()
}

fn observations(change: &model::Change) -> Vec<Write> {
    let writes = change.writes.iter();
    let observed = writes.filter(|write| write.key.octets()[0] == Subspace::OBSERVATIONS.0);
    let mut observed: Vec<_> = observed.cloned().collect();
    observed.sort_by(|a, b| a.key.cmp(&b.key));
    observed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_workbook_at_once_is_as_its_figures_one_by_one(
        books in prop::collection::vec(
            (prop::collection::vec(typed(), 1..40), any::<bool>(), any::<bool>()),
            1..5,
        ),
        is_frozen: bool,
    ) {
        let bureau = Bureau::new();
        for (number, (typed, is_revision, takes_good_rows)) in books.iter().enumerate() {
            let reading = reading(typed);
            let name = format!("报表{number}.csv");
            let csv = format!("代码\n{number}\n");
            let workbook = Workbook::read(&name, csv.as_bytes(), &Limits::default()).unwrap();
            let sending = Sending {
                is_revision: *is_revision,
                ..Bureau::sending()
            };
            let acceptance = if *takes_good_rows {
                Acceptance::GoodRows
            } else {
                Acceptance::AllOrNothing
            };
            let submission = Submission {
                workbook: &workbook,
                reading: &reading,
                mapping: ("m", 1),
                rules: (&bureau.rules, 0),
                regions: &bureau.regions,
                sending: &sending,
                acceptance,
            };
            let view = bureau.store.view();
            let at = Ledger::read(&*view).unwrap().next(NOW);
            let naive = Naive::of(&*view, at, &reading.entries, &sending);
            let standing = naive.standing();

            let (change, taken) = take(&*view, at, &submission).unwrap();
            let verdict = &taken.verdict;
            prop_assert_eq!(said(&verdict.findings), said(&naive.findings));
            prop_assert_eq!(verdict.unchanged, naive.unchanged);
            prop_assert_eq!(verdict.held, naive.new.len() - standing.len());
            let accepted: Vec<&Entry> = standing.iter().map(|(entry, _)| *entry).collect();
            prop_assert_eq!(verdict.accepted.iter().collect::<Vec<_>>(), accepted);

            let is_taken = *takes_good_rows || verdict.is_clean();
            let mut expected = Vec::new();
            for (entry, remark) in standing.iter().filter(|_| is_taken) {
                let reports = [report(entry, &sending, remark)];
                let (change, recorded) = record(&*view, at, &reports).unwrap();
                prop_assert!(recorded.refused.is_empty());
                expected.extend(observations(&change));
            }
            expected.sort_by(|a, b| a.key.cmp(&b.key));
            prop_assert_eq!(observations(&change), expected);
            drop(view);
            bureau.carry_out(|view, at| take(view, at, &submission)).unwrap();

            let view = bureau.store.view();
            for (entry, _) in standing.iter().filter(|_| is_taken) {
                let known = one_as_known_at(&*view, &entry.series, entry.period, at).unwrap();
                let source = source(&*view, &entry.series, &known.unwrap()).unwrap().unwrap();
                prop_assert_eq!((&source.sheet, source.place), (&entry.sheet, entry.place));
                prop_assert_eq!(Some(source.id), taken.batch);
            }
            if is_frozen && number == 0 {
                let until = Date::new(2022, 11, 30);
                let change = Ledger::read(&*view).unwrap().freeze(until);
                bureau.store.commit(change).unwrap();
            }
        }
    }
}
