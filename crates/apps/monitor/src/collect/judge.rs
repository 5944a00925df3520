//! Which figures of a workbook may stand: beside what is known, and by the rules.
//!
//! Not here: reading them (`reading`), recording them (`batch`).

mod checks;
mod held;
mod known;

pub(super) use held::remarks;

use self::held::{Held, explain};
use super::Error;
use super::finding::{Finding, Severity, Spot};
use super::reading::{Entry, Reading};
use super::rules::Rules;
use codes::{List, Number, Period, Region, Unit};
use facts::history::{Found, Known, Report, find, one_as_known_at};
use facts::ledger::Ledger;
use facts::{Content, Instant, Observation, Series, View};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

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
    Ok(weigh(view, at, reading, rules, regions, sending)?.0)
}

/// A figure that may stand: how it is told, and what is known there.
pub(super) struct Told {
    pub(super) report: Report,
    pub(super) found: Found,
}

impl Told {
    pub(super) fn pair(&self) -> (&Report, &Found) {
        (&self.report, &self.found)
    }
}

/// Judges, and gives what may stand as it is to be recorded: in the order of
/// [`Verdict::accepted`], without remarks.
///
/// # Errors
/// As of [`judge`].
pub(super) fn weigh(
    view: &dyn View,
    at: Instant,
    reading: &Reading,
    rules: &Rules,
    regions: &List<Region>,
    sending: &Sending,
) -> Result<(Verdict, Vec<Told>), Error> {
    let mut judge = Judge {
        ground: Ground::of(view, reading)?,
        findings: reading.findings.clone(),
        regions,
    };
    let entries = judge.without_doubles(&reading.entries);
    judge.check_objects(&entries)?;
    let new = judge.check_known(&entries, sending)?;
    let unchanged = entries.len() - new.len();
    let mut told = judge.check_facts(at, new, sending)?;
    judge.check_rules(&reading.totals, rules, sending.within)?;
    let Judge { mut findings, .. } = judge;
    explain(&mut findings, &reading.entries, sending);
    findings.sort_by(|a, b| (&a.spot, b.severity, &a.code).cmp(&(&b.spot, a.severity, &b.code)));
    findings.dedup();
    let before = told.len();
    let held = Held::by(&findings);
    told.retain(|(entry, _)| !held.holds(entry));
    let verdict = Verdict {
        held: before - told.len(),
        accepted: told.iter().map(|(entry, _)| (*entry).clone()).collect(),
        unchanged,
        findings,
    };
    Ok((verdict, told.into_iter().map(|(_, told)| told).collect()))
}

/// The figures of places that were looked up; `None` where none was told.
type LookedUp = HashMap<(Series, Period), Option<(Number, Unit)>>;

/// What figures are compared with: those of the workbook, then what is known.
struct Ground<'g> {
    view: &'g dyn View,
    told: HashMap<(&'g Series, Period), &'g Entry>,
    entries: &'g [Entry],
    /// What is known of figures that were looked up together: in their units.
    known: RefCell<LookedUp>,
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
            known: RefCell::default(),
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
        let known = self.known_as_told(series, period)?;
        // What cannot be converted cannot be compared.
        Ok(known.and_then(|(number, as_told)| as_told.convert(number, unit).ok()))
    }

    /// The figure of a series as it is known, in the unit in which it was told.
    fn known_as_told(
        &self,
        series: &Series,
        period: Period,
    ) -> Result<Option<(Number, Unit)>, Error> {
        if let Some(known) = self.known.borrow().get(&(series.clone(), period)) {
            return Ok(*known);
        }
        let known = one_as_known_at(self.view, series, period, Instant::LAST)?;
        Ok(known.and_then(in_unit))
    }

    /// Looks up together what a rule is about to ask for: one by one it would cost a search each.
    fn look_up(&self, asked: impl IntoIterator<Item = (Series, Period)>) -> Result<(), Error> {
        let mut known = self.known.borrow_mut();
        let is_new = |of: &(Series, Period)| of.0.frequency() == of.1.frequency();
        let mut asked: Vec<_> = asked.into_iter().filter(is_new).collect();
        asked.retain(|of| !known.contains_key(of));
        let figures = asked.iter().map(|(series, period)| (series, *period));
        let found = find(self.view, figures, Instant::LAST)?;
        for (of, found) in asked.into_iter().zip(found) {
            known.insert(of, found.known()?.and_then(in_unit));
        }
        Ok(())
    }
}

fn in_unit(known: Known) -> Option<(Number, Unit)> {
    let observation = known.observation;
    Some((observation.content.number()?, observation.unit))
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

/// The report of a figure, without a remark.
fn report(entry: &Entry, sending: &Sending) -> Report {
    Report {
        series: entry.series.clone(),
        period: entry.period,
        observation: Observation {
            content: content_of(entry),
            unit: entry.unit,
            released_at: sending.released_at,
            reporter: sending.reporter.clone(),
            remark: String::new(),
        },
        is_revision: sending.is_revision,
    }
}
