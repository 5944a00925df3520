//! Which figures of a workbook may stand: beside what is known, and by the rules.
//!
//! Not here: reading them (`reading`), recording them (`batch`).

mod checks;

use super::Error;
use super::finding::{Finding, Severity, Spot};
use super::reading::{Entry, Reading};
use super::rules::Rules;
use super::wording;
use codes::{List, Number, Period, Region, Unit};
use facts::history::{Report, one_as_known_at, record};
use facts::ledger::Ledger;
use facts::relation::{Kind, from_subject};
use facts::{Content, Instant, Object, Observation, Role, Series, View};
use std::collections::{BTreeMap, BTreeSet};

/// The longest explanation, in octets: it becomes the remark of its figures.
const EXPLANATION_OCTETS_MAX: usize = 800;

/// What else is to be known of a workbook that is sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Who sends it: an identifier or a name, 1 to 256 octets.
    pub reporter: String,
    /// When it was told.
    pub released_at: Instant,
    /// Of which region it tells: who is missing is looked for there alone.
    pub within: Region,
    /// Whether it is meant to revise what is frozen.
    pub is_revision: bool,
    /// What warnings are explained with, by where they are and what they are.
    pub explanations: BTreeMap<(Spot, String), String>,
}

/// What has become of a workbook.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// The figures that may stand and tell something new.
    pub accepted: Vec<Entry>,
    /// How many figures are known already as they are told.
    pub unchanged: usize,
    /// How many figures are held back.
    pub held: usize,
    /// All that was found, by sheet, row and column.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether nothing is held back.
    pub fn is_clean(&self) -> bool {
        self.held == 0 && !self.findings.iter().any(Finding::holds_back)
    }
}

/// Judges what a workbook says at a moment.
///
/// An error, or a warning that nobody has explained, holds back what it is about: its row; the
/// figures of its column; all of its sheet; all.
///
/// # Errors
/// [`Error::Facts`] if what is known cannot be read.
pub fn judge(
    view: &dyn View,
    at: Instant,
    reading: &Reading,
    rules: &Rules,
    regions: &List<Region>,
    sending: &Sending,
) -> Result<Verdict, Error> {
    let mut judge = Judge {
        ground: Ground::of(view, reading)?,
        findings: reading.findings.clone(),
        regions,
    };
    let mut entries = judge.without_doubles(&reading.entries);
    judge.check_objects(&entries)?;
    let unchanged = judge.check_known(&mut entries, sending)?;
    judge.check_facts(at, &entries, sending)?;
    judge.check_rules(&reading.totals, rules, sending.within)?;
    let Judge { mut findings, .. } = judge;
    explain(&mut findings, &reading.entries, sending);
    findings.sort_by(|a, b| (&a.spot, b.severity, &a.code).cmp(&(&b.spot, a.severity, &b.code)));
    findings.dedup();
    let before = entries.len();
    let held = Held::by(&findings);
    entries.retain(|entry| !held.holds(entry));
    Ok(Verdict {
        held: before - entries.len(),
        accepted: entries.into_iter().cloned().collect(),
        unchanged,
        findings,
    })
}

/// What figures are compared with: those of the workbook, then what is known.
struct Ground<'g> {
    view: &'g dyn View,
    told: BTreeMap<(&'g Series, Period), &'g Entry>,
    entries: &'g [Entry],
}

impl<'g> Ground<'g> {
    fn of(view: &'g dyn View, reading: &'g Reading) -> Result<Self, Error> {
        // Surely the store can be read: better told at once than after all rules.
        Ledger::read(view)?;
        let told = reading.entries.iter().rev();
        Ok(Self {
            view,
            told: told
                .map(|entry| ((&entry.series, entry.period), entry))
                .collect(),
            entries: &reading.entries,
        })
    }

    /// The figure of a series in a unit, as the workbook tells it or else as it is known.
    fn number(&self, series: &Series, period: Period, unit: Unit) -> Result<Option<Number>, Error> {
        match self.told.get(&(series, period)) {
            Some(entry) => Ok(entry.unit.convert(entry.number, unit).ok()),
            None => self.known(series, period, unit),
        }
    }

    /// The figure of a series in a unit as it is known.
    fn known(&self, series: &Series, period: Period, unit: Unit) -> Result<Option<Number>, Error> {
        if series.frequency() != period.frequency() {
            return Ok(None);
        }
        let known = one_as_known_at(self.view, series, period, Instant::LAST)?;
        let number = known.and_then(|known| {
            let observation = known.observation;
            let number = observation.content.number()?;
            // What cannot be converted cannot be compared.
            observation.unit.convert(number, unit).ok()
        });
        Ok(number)
    }
}

struct Judge<'g> {
    ground: Ground<'g>,
    findings: Vec<Finding>,
    regions: &'g List<Region>,
}

impl<'g> Judge<'g> {
    fn tell(&mut self, severity: Severity, code: &str, spot: Spot, says: [String; 2]) {
        self.findings.push(Finding::new(severity, code, spot, says));
    }

    /// The figures without those that are told again; of two that differ both are held back.
    fn without_doubles(&mut self, entries: &'g [Entry]) -> Vec<&'g Entry> {
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            let first = self.ground.told[&(&entry.series, entry.period)];
            if std::ptr::eq(first, entry) {
                kept.push(entry);
                continue;
            }
            let (severity, codes) = if is_same(first, entry) {
                (Severity::Note, "twice")
            } else {
                (Severity::Error, "twice-differently")
            };
            for (entry, other) in [(entry, first), (first, entry)] {
                let other = other.spot();
                let says = [
                    format!("the same figure stands in {other}, too"),
                    format!("与{other}重复（同一对象、同一指标、同一期）"),
                ];
                self.tell(severity, codes, entry.spot(), says);
                if severity == Severity::Note {
                    break;
                }
            }
        }
        kept
    }

    /// Enterprises that lie nowhere are not known.
    fn check_objects(&mut self, entries: &[&Entry]) -> Result<(), Error> {
        let mut known: BTreeMap<&Object, bool> = BTreeMap::new();
        let mut told: BTreeSet<(&str, u32)> = BTreeSet::new();
        for entry in entries {
            for object in entry.series.objects() {
                if object.role() != Role::ENTERPRISE {
                    continue;
                }
                let is_known = if let Some(is_known) = known.get(object) {
                    *is_known
                } else {
                    let places =
                        from_subject(self.ground.view, Kind::LiesIn, object, Instant::LAST)?;
                    known.insert(object, !places.is_empty());
                    !places.is_empty()
                };
                if !is_known && told.insert((entry.sheet.as_str(), entry.place.row)) {
                    let id = object.id();
                    let says = [
                        format!("enterprise {id} is not known: register it first"),
                        format!("企业{id}不在名录中，请先登记"),
                    ];
                    let spot = Spot::row(&entry.sheet, entry.place.row);
                    self.tell(Severity::Error, "unknown-object", spot, says);
                }
            }
        }
        Ok(())
    }

    /// What is known already is told or passed over; gives how many are as they were.
    fn check_known(
        &mut self,
        entries: &mut Vec<&Entry>,
        sending: &Sending,
    ) -> Result<usize, Error> {
        let mut new = Vec::with_capacity(entries.len());
        let before = entries.len();
        for entry in entries.iter().copied() {
            let known =
                one_as_known_at(self.ground.view, &entry.series, entry.period, Instant::LAST)?;
            let Some(known) = known else {
                new.push(entry);
                continue;
            };
            let observation = known.observation;
            let content = content_of(entry);
            let is_same = match (observation.content, content) {
                (Content::Reported(before), Content::Reported(now))
                | (Content::Estimated(before), Content::Estimated(now)) => {
                    observation.unit.convert(before, entry.unit).ok() == Some(now)
                }
                _ => false,
            };
            if is_same {
                let says = [
                    format!("{} was told before, and is as it was", entry.number),
                    format!("{}此前已上报，未变", entry.number),
                ];
                self.tell(Severity::Note, "told-before", entry.spot(), says);
                continue;
            }
            // An estimate is there to be replaced, and nothing to be filled.
            if let Content::Reported(before) = observation.content {
                let unit = observation.unit;
                let severity = if sending.is_revision {
                    Severity::Note
                } else {
                    Severity::Warning
                };
                let says = [
                    format!("{} revises {before} {unit} of before", entry.number),
                    format!("{}修订了此前上报的{before}{}", entry.number, unit.chinese()),
                ];
                self.tell(severity, "revision", entry.spot(), says);
            }
            new.push(entry);
        }
        *entries = new;
        Ok(before - entries.len())
    }

    /// What facts refuse: before its end, frozen, another kind of unit.
    fn check_facts(
        &mut self,
        at: Instant,
        entries: &[&Entry],
        sending: &Sending,
    ) -> Result<(), Error> {
        let reports: Vec<_> = entries
            .iter()
            .map(|entry| report(entry, sending, None))
            .collect();
        // Whoever only looks may have a clock that is behind.
        let at = Ledger::read(self.ground.view)?.next(at);
        let (_, recorded) = record(self.ground.view, at, &reports)?;
        for (number, error) in recorded.refused {
            let code = match error {
                facts::Error::BeforeItsEnd { .. } => "before-its-end",
                facts::Error::Frozen { .. } => "frozen",
                facts::Error::UnitChanged { .. } => "unit",
                _ => "refused",
            };
            let says = [error.to_string(), wording::of_facts(&error)];
            if let Some(entry) = entries.get(number) {
                self.tell(Severity::Error, code, entry.spot(), says);
            }
        }
        Ok(())
    }
}

/// Whether two figures are one, in whatever unit each is told.
fn is_same(one: &Entry, other: &Entry) -> bool {
    let converts = |from: &Entry, into: &Entry| {
        let converted = from.unit.convert(from.number, into.unit);
        converted.is_ok_and(|number| number == into.number)
    };
    // What comes out even one way may not do so the other.
    converts(one, other) || converts(other, one)
}

fn content_of(entry: &Entry) -> Content {
    if entry.is_estimate {
        Content::Estimated(entry.number)
    } else {
        Content::Reported(entry.number)
    }
}

/// The report of a figure, with the explanation of its row.
pub(super) fn report(entry: &Entry, sending: &Sending, remark: Option<&str>) -> Report {
    Report {
        series: entry.series.clone(),
        period: entry.period,
        observation: Observation {
            content: content_of(entry),
            unit: entry.unit,
            released_at: sending.released_at,
            reporter: sending.reporter.clone(),
            remark: remark.unwrap_or_default().to_owned(),
        },
        is_revision: sending.is_revision,
    }
}

/// Gives warnings the explanations of whoever sends the workbook, or of their rows.
fn explain(findings: &mut [Finding], entries: &[Entry], sending: &Sending) {
    let mut of_rows: BTreeMap<(&str, u32), &str> = BTreeMap::new();
    for entry in entries {
        let row = (entry.sheet.as_str(), entry.place.row);
        of_rows.extend(entry.explanation.as_deref().map(|said| (row, said)));
    }
    for finding in findings {
        if finding.severity != Severity::Warning {
            continue;
        }
        let key = (finding.spot.clone(), finding.code.clone());
        let sheet = finding.spot.sheet.as_deref();
        let of_row = sheet
            .zip(finding.spot.row)
            .and_then(|row| of_rows.get(&row).copied());
        let given = sending
            .explanations
            .get(&key)
            .map(String::as_str)
            .or(of_row);
        finding.explanation = given.map(shortened).filter(|said| !said.is_empty());
    }
}

/// An explanation as it can be kept.
fn shortened(said: &str) -> String {
    let plain: String = said.chars().filter(|found| !found.is_control()).collect();
    let mut end = plain.trim().len().min(EXPLANATION_OCTETS_MAX);
    let plain = plain.trim();
    while !plain.is_char_boundary(end) {
        end -= 1;
    }
    plain.get(..end).unwrap_or_default().to_owned()
}

/// What findings hold back.
#[derive(Default)]
struct Held {
    all: bool,
    sheets: BTreeSet<String>,
    columns: BTreeSet<(String, u32)>,
    rows: BTreeSet<(String, u32)>,
}

impl Held {
    fn by(findings: &[Finding]) -> Self {
        let mut held = Self::default();
        for finding in findings.iter().filter(|finding| finding.holds_back()) {
            let spot = &finding.spot;
            match (spot.sheet.clone(), spot.row, spot.column) {
                (None, ..) => held.all = true,
                (Some(sheet), Some(row), _) => drop(held.rows.insert((sheet, row))),
                (Some(sheet), None, Some(column)) => drop(held.columns.insert((sheet, column))),
                (Some(sheet), None, None) => drop(held.sheets.insert(sheet)),
            }
        }
        held
    }

    fn holds(&self, entry: &Entry) -> bool {
        let sheet = &entry.sheet;
        self.all
            || self.sheets.contains(sheet)
            || self.columns.contains(&(sheet.clone(), entry.place.column))
            || self.rows.contains(&(sheet.clone(), entry.place.row))
    }
}

/// What the remark of a figure says: the explanations of what was found at it.
pub(super) fn remarks(findings: &[Finding]) -> BTreeMap<(String, u32), String> {
    let mut remarks: BTreeMap<(String, u32), String> = BTreeMap::new();
    for finding in findings {
        let spot = &finding.spot;
        if let (Some(sheet), Some(row), Some(said)) = (&spot.sheet, spot.row, &finding.explanation)
        {
            let remark = remarks.entry((sheet.clone(), row)).or_default();
            let is_new = !remark.contains(said.as_str());
            if is_new && remark.len() + said.len() < EXPLANATION_OCTETS_MAX {
                if !remark.is_empty() {
                    remark.push('；');
                }
                remark.push_str(said);
            }
        }
    }
    remarks
}
