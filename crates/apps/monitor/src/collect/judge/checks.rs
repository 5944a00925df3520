//! Carrying out the rules over the figures of a workbook.
//!
//! What cannot be reckoned, for it has too many digits, is told at its cell like what fails: one
//! absurd figure keeps nobody from reading the others.
//!
//! Not here: what rules there are (`rules`).

mod before;
mod totals;

use super::Judge;
use crate::collect::Error;
use crate::collect::finding::Spot;
use crate::collect::reading::{Entry, Total};
use crate::collect::rules::{Check, Exactly, Named, Rule, Rules};
use crate::collect::wording;
use codes::{Code, Number, Period, Region, Rounding};
use facts::{Form, Object, Series};
use std::collections::{BTreeMap, BTreeSet};

/// To how many places ratios and growths are told.
const PLACES: u32 = 2;

/// To how many places ratios are compared with their bounds.
const PLACES_COMPARED: u32 = 8;

impl<'g> Judge<'g> {
    pub(super) fn check_rules(
        &mut self,
        totals: &[Total],
        rules: &Rules,
        within: Region,
    ) -> Result<(), Error> {
        for rule in &rules.rules {
            self.check_rule(totals, rule, within)?;
        }
        Ok(())
    }

    fn fail(&mut self, rule: &Rule, spot: Spot, [english, chinese]: [String; 2]) {
        let says = [
            format!("{}: {english}", rule.name),
            format!("{}：{chinese}", rule.name),
        ];
        self.tell(rule.severity, &rule.name, spot, says);
    }

    /// What was reckoned; `None` of what cannot be, which is told.
    fn reckoned<T>(
        &mut self,
        rule: &Rule,
        spot: Spot,
        reckoned: Result<T, codes::Error>,
    ) -> Option<T> {
        match reckoned {
            Ok(reckoned) => Some(reckoned),
            Err(error) => {
                let says = [
                    format!("this cannot be reckoned with: {error}"),
                    format!("无法计算：{}", wording::of_codes(&error)),
                ];
                self.fail(rule, spot, says);
                None
            }
        }
    }

    /// The figures of an indicator.
    fn of(&self, indicator: &Named) -> Vec<&'g Entry> {
        let entries = self.ground.entries.iter();
        entries
            .filter(|entry| *entry.series.indicator() == indicator.0)
            .collect()
    }

    /// The figure of another indicator, of the same objects, period and form.
    fn beside(&self, entry: &Entry, indicator: &Named) -> Result<Option<Number>, Error> {
        let other = series_beside(entry, indicator)?;
        self.ground.number(&other, entry.period, entry.unit)
    }

    /// Looks up what is asked for beside figures, where the workbook does not tell it.
    fn look_up_beside(&self, entries: &[&Entry], indicators: &[Named]) -> Result<(), Error> {
        let mut asked = Vec::new();
        for entry in entries {
            for indicator in indicators {
                let other = series_beside(entry, indicator)?;
                if !self.ground.told.contains_key(&(&other, entry.period)) {
                    asked.push((other, entry.period));
                }
            }
        }
        self.ground.look_up(asked)
    }

    fn check_rule(&mut self, totals: &[Total], rule: &Rule, within: Region) -> Result<(), Error> {
        match &rule.check {
            Check::Parts {
                whole,
                parts,
                tolerance,
            } => self.check_parts(rule, whole, parts, tolerance.0),
            Check::AtMost { part, whole } => self.check_at_most(rule, part, whole),
            Check::Regions {
                indicator,
                tolerance,
            } => {
                self.check_regions(rule, indicator, tolerance.0);
                Ok(())
            }
            Check::Totals { tolerance } => {
                self.check_totals(rule, totals, tolerance.0);
                Ok(())
            }
            Check::Cumulation {
                indicator,
                tolerance,
            } => self.check_cumulation(rule, indicator, tolerance.0),
            Check::Ratio { of, to, min, max } => self.check_ratio(rule, [of, to], [*min, *max]),
            Check::Range {
                indicator,
                min,
                max,
            } => {
                for entry in self.of(indicator) {
                    self.check_bounds(rule, entry, entry.number, [*min, *max], ["", ""]);
                }
                Ok(())
            }
            Check::NotNegative { indicators } => {
                let of = indicators.iter().flat_map(|indicator| self.of(indicator));
                for entry in of.collect::<Vec<_>>() {
                    // Growths may well be below zero.
                    let is_amount = matches!(entry.series.form(), Form::Level | Form::Cumulative);
                    if is_amount && entry.number.is_negative() {
                        let says = [
                            format!("{} is below zero", entry.number),
                            format!("{}小于零", entry.number),
                        ];
                        self.fail(rule, entry.spot(), says);
                    }
                }
                Ok(())
            }
            Check::Growth {
                indicator,
                on,
                min,
                max,
            } => self.check_growth(rule, indicator, *on, [*min, *max]),
            Check::Slip {
                indicators,
                factors,
            } => self.check_slip(rule, indicators, factors),
            Check::Comparable { indicator } => self.check_comparable(rule, indicator, within),
        }
    }

    fn check_parts(
        &mut self,
        rule: &Rule,
        whole: &Named,
        parts: &[Named],
        tolerance: Number,
    ) -> Result<(), Error> {
        let entries = self.of(whole);
        self.look_up_beside(&entries, parts)?;
        for entry in entries.into_iter().filter(|entry| adds_up(entry)) {
            let mut told = Vec::new();
            for part in parts {
                told.extend(self.beside(entry, part)?);
            }
            if told.is_empty() {
                continue;
            }
            let apart = Number::sum(told)
                .and_then(|sum| Ok((sum, apart_by(entry.number, sum, tolerance)?)));
            if let Some((sum, Some(by))) = self.reckoned(rule, entry.spot(), apart) {
                let says = [
                    format!(
                        "the parts make {sum}, the whole is {}: {by} apart",
                        entry.number
                    ),
                    format!("分项之和为{sum}，总数为{}，相差{by}", entry.number),
                ];
                self.fail(rule, entry.spot(), says);
            }
        }
        Ok(())
    }

    fn check_at_most(&mut self, rule: &Rule, part: &Named, whole: &Named) -> Result<(), Error> {
        let entries = self.of(part);
        self.look_up_beside(&entries, std::slice::from_ref(whole))?;
        for entry in entries.into_iter().filter(|entry| adds_up(entry)) {
            if let Some(number) = self.beside(entry, whole)?
                && entry.number > number
            {
                let says = [
                    format!("{} of it is above the whole, {number}", entry.number),
                    format!("其中数{}大于总数{number}", entry.number),
                ];
                self.fail(rule, entry.spot(), says);
            }
        }
        Ok(())
    }

    /// A region beside those directly in it, whatever else the figures are of.
    fn check_regions(&mut self, rule: &Rule, indicator: &Named, tolerance: Number) {
        type Others<'o> = (Vec<&'o Object>, Period, Form);
        // Without a sum where there is none that could be reckoned.
        let mut sums: BTreeMap<(Region, Others), Option<Number>> = BTreeMap::new();
        let entries = self.of(indicator);
        let split = |entry: &'g Entry| -> Option<(Region, Others<'g>)> {
            let objects = entry.series.objects();
            let region = objects.iter().find_map(Object::as_region)?;
            let others = objects.iter().filter(|object| object.as_region().is_none());
            Some((
                region,
                (others.collect(), entry.period, entry.series.form()),
            ))
        };
        let told: BTreeSet<Region> = entries
            .iter()
            .flat_map(|entry| entry.series.objects().iter().filter_map(Object::as_region))
            .collect();
        for entry in entries.iter().copied().filter(|entry| adds_up(entry)) {
            if let Some((region, others)) = split(entry)
                && let Some(parent) = parent_told(&told, region)
            {
                let sum = sums.entry((parent, others)).or_insert(Some(Number::ZERO));
                if let Some(before) = *sum {
                    *sum = self.reckoned(rule, entry.spot(), before.plus(entry.number));
                }
            }
        }
        for entry in entries.iter().copied() {
            let Some(key) = split(entry) else { continue };
            let Some(Some(sum)) = sums.get(&key).copied() else {
                continue;
            };
            let apart = apart_by(entry.number, sum, tolerance);
            if let Some(Some(by)) = self.reckoned(rule, entry.spot(), apart) {
                let name = self.regions.name(key.0).unwrap_or_default().to_owned();
                let says = [
                    format!(
                        "its regions make {sum}, {} is {}: {by} apart",
                        key.0, entry.number
                    ),
                    format!("下级地区之和为{sum}，{name}为{}，相差{by}", entry.number),
                ];
                self.fail(rule, entry.spot(), says);
            }
        }
    }

    fn check_ratio(
        &mut self,
        rule: &Rule,
        [of, to]: [&Named; 2],
        bounds: [Option<Exactly>; 2],
    ) -> Result<(), Error> {
        let entries = self.of(of);
        self.look_up_beside(&entries, std::slice::from_ref(to))?;
        for entry in entries {
            let series = series_beside(entry, to)?;
            // Each in its own unit: yuan for a ton, kilowatt hours for a yuan.
            let other = if let Some(other) = self.ground.told.get(&(&series, entry.period)) {
                Some(other.number)
            } else {
                let known = self.ground.known_as_told(&series, entry.period)?;
                known.map(|(number, _)| number)
            };
            let by = other.filter(|other| *other != Number::ZERO);
            if let Some(by) = by {
                let number = entry.number;
                let ratio = number.divided_by(by, PLACES_COMPARED, Rounding::HalfAway);
                if let Some(ratio) = self.reckoned(rule, entry.spot(), ratio) {
                    self.check_bounds(rule, entry, ratio, bounds, ["the ratio ", "比值"]);
                }
            }
        }
        Ok(())
    }

    fn check_bounds(
        &mut self,
        rule: &Rule,
        entry: &Entry,
        number: Number,
        [min, max]: [Option<Exactly>; 2],
        [what, chinese]: [&str; 2],
    ) {
        if let Some(Exactly(min)) = min
            && number < min
        {
            let says = [
                format!("{what}{number} is below {min}"),
                format!("{chinese}{number}低于下限{min}"),
            ];
            self.fail(rule, entry.spot(), says);
        }
        if let Some(Exactly(max)) = max
            && number > max
        {
            let says = [
                format!("{what}{number} is above {max}"),
                format!("{chinese}{number}高于上限{max}"),
            ];
            self.fail(rule, entry.spot(), says);
        }
    }
}

/// The series of another indicator, of the same objects, frequency and form.
fn series_beside(entry: &Entry, indicator: &Named) -> Result<Series, Error> {
    let series = &entry.series;
    let objects = series.objects().iter().cloned();
    let indicator = indicator.0.clone();
    Ok(Series::new(
        indicator,
        objects,
        series.frequency(),
        series.form(),
    )?)
}

/// The next region above that the workbook tells of.
fn parent_told(told: &BTreeSet<Region>, region: Region) -> Option<Region> {
    let mut at = region.parent();
    while let Some(found) = at {
        if told.contains(&found) {
            return Some(found);
        }
        at = found.parent();
    }
    None
}

/// Whether figures can be added up: growths cannot.
fn adds_up(entry: &Entry) -> bool {
    matches!(entry.series.form(), Form::Level | Form::Cumulative)
}

/// By how much two differ; `None` if that is no more than the tolerance.
fn apart_by(one: Number, other: Number, tolerance: Number) -> Result<Option<Number>, codes::Error> {
    let by = one.minus(other)?;
    let size = if by.is_negative() {
        Number::ZERO.minus(by)?
    } else {
        by
    };
    Ok((size > tolerance).then_some(by))
}
