//! Rules that hold figures to those of other periods: cumulation, growth, slips, who is missing.
//!
//! Not here: rules within a period.

use super::{PLACES, adds_up, apart_by};
use crate::collect::Error;
use crate::collect::finding::Spot;
use crate::collect::judge::Judge;
use crate::collect::reading::Entry;
use crate::collect::rules::{Base, Exactly, Named, Rule};
use codes::{Code, Number, Period, Region};
use facts::history::series_of;
use facts::relation::{Kind, from_subjects};
use facts::{Form, Instant, Object, Series};
use std::collections::{BTreeMap, BTreeSet};

/// How many names are told of those who are missing.
const NAMES_TOLD: usize = 20;

impl Judge<'_> {
    pub(super) fn check_cumulation(
        &mut self,
        rule: &Rule,
        indicator: &Named,
        tolerance: Number,
    ) -> Result<(), Error> {
        let to_date = |entry: &&Entry| {
            entry.series.form() == Form::Cumulative
                && entry.period.frequency() == codes::Frequency::YearToDate
        };
        let entries: Vec<_> = self.of(indicator).into_iter().filter(to_date).collect();
        self.ground.look_up(entries.iter().flat_map(|entry| {
            let months = [codes::Frequency::Month, codes::Frequency::MergedMonth];
            let months = months.map(|frequency| Some(of_month(entry, frequency)));
            let before = entry.period.previous();
            let before = before.map(|before| (entry.series.clone(), before));
            months.into_iter().chain([before]).flatten()
        }))?;
        for entry in entries {
            let month = |frequency| {
                let (series, period) = of_month(entry, frequency);
                self.ground.number(&series, period, entry.unit)
            };
            let of_the_month = match month(codes::Frequency::Month)? {
                Some(number) => Some(number),
                None => month(codes::Frequency::MergedMonth)?,
            };
            let is_first = entry.period.last_day().month() == 1;
            let before = match (entry.period.previous(), is_first) {
                (_, true) => Some(Number::ZERO),
                (Some(before), false) => self.ground.number(&entry.series, before, entry.unit)?,
                (None, false) => None,
            };
            let (Some(of_month), Some(before)) = (of_the_month, before) else {
                continue;
            };
            let apart = before
                .plus(of_month)
                .and_then(|sum| Ok((sum, apart_by(entry.number, sum, tolerance)?)));
            if let Some((sum, Some(_))) = self.reckoned(rule, entry.spot(), apart) {
                let says = [
                    format!(
                        "{before} to the month before and {of_month} of the month make {sum}, \
                         not {}",
                        entry.number
                    ),
                    format!(
                        "上月累计{before}加本月{of_month}为{sum}，累计填报{}",
                        entry.number
                    ),
                ];
                self.fail(rule, entry.spot(), says);
            }
        }
        Ok(())
    }

    pub(super) fn check_growth(
        &mut self,
        rule: &Rule,
        indicator: &Named,
        on: Base,
        bounds: [Option<Exactly>; 2],
    ) -> Result<(), Error> {
        let base_of = |entry: &Entry| match on {
            Base::Previous => previous(entry),
            Base::YearBefore => entry.period.same_last_year(),
        };
        let mut entries = self.of(indicator);
        entries.retain(|entry| adds_up(entry));
        let bases = entries
            .iter()
            .filter_map(|entry| Some((entry.series.clone(), base_of(entry)?)));
        self.ground.look_up(bases)?;
        for entry in entries {
            let Some(before) = base_of(entry) else {
                continue;
            };
            let base = self.ground.number(&entry.series, before, entry.unit)?;
            // On nothing, or on a loss, there is no growth.
            let Some(base) = base.filter(|base| base.is_positive()) else {
                continue;
            };
            let growth = match facts::derived::growth(entry.number, base, PLACES) {
                Err(facts::Error::Code(error)) => Err(error),
                other => Ok(other?),
            };
            let Some(growth) = self.reckoned(rule, entry.spot(), growth) else {
                continue;
            };
            let what = [
                format!("the growth on {base} of {before} in per cent, "),
                format!("与{}的{base}相比，增速（%）", before.chinese()),
            ];
            let what = [what[0].as_str(), what[1].as_str()];
            self.check_bounds(rule, entry, growth, bounds, what);
        }
        Ok(())
    }

    pub(super) fn check_slip(
        &mut self,
        rule: &Rule,
        indicators: &[Named],
        factors: &[u64],
    ) -> Result<(), Error> {
        let entries: Vec<_> = indicators
            .iter()
            .flat_map(|indicator| self.of(indicator))
            .filter(|entry| adds_up(entry))
            .collect();
        self.ground.look_up(entries.iter().flat_map(|entry| {
            let periods = [previous(entry), entry.period.same_last_year()];
            let periods = periods.into_iter().flatten();
            periods.map(|before| (entry.series.clone(), before))
        }))?;
        for entry in entries {
            let periods = [previous(entry), entry.period.same_last_year()];
            for before in periods.into_iter().flatten() {
                let base = self.ground.known(&entry.series, before, entry.unit)?;
                let Some(base) = base else { continue };
                let slipped = factors
                    .iter()
                    .find(|factor| is_slip(entry.number, base, **factor));
                if let Some(factor) = slipped {
                    let says = [
                        format!(
                            "{} is about {factor} times, or that part of, {base} of {before}: is \
                             the unit right?",
                            entry.number
                        ),
                        format!(
                            "{}与{}的{base}相差约{factor}倍，计量单位是否有误？",
                            entry.number,
                            before.chinese()
                        ),
                    ];
                    self.fail(rule, entry.spot(), says);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Who told the period before in the region of the workbook, and who tells this one.
    pub(super) fn check_comparable(
        &mut self,
        rule: &Rule,
        indicator: &Named,
        within: Region,
    ) -> Result<(), Error> {
        let entries = self.of(indicator);
        let mut told: BTreeMap<(codes::Frequency, Form, Period), Vec<&Entry>> = BTreeMap::new();
        for entry in &entries {
            let key = (entry.series.frequency(), entry.series.form(), entry.period);
            told.entry(key).or_default().push(entry);
        }
        let known = series_of(self.ground.view, &indicator.0)?;
        for ((frequency, form, period), entries) in told {
            let (Some(first), Some(before)) = (entries.first(), period.previous()) else {
                continue;
            };
            let shape = shape(&first.series);
            let now: BTreeSet<&Series> = entries.iter().map(|entry| &entry.series).collect();
            let is_alike = |series: &&Series| {
                let is_told_so = series.frequency() == frequency && series.form() == form;
                is_told_so && self::shape(series) == shape
            };
            let alike: Vec<_> = known.iter().filter(is_alike).collect();
            let asked = alike.iter().map(|series| ((*series).clone(), before));
            self.ground.look_up(asked)?;
            let mut told = Vec::new();
            for series in alike {
                if self.ground.known(series, before, first.unit)?.is_some() {
                    told.push(series);
                }
            }
            let then = self.within(told, period, within)?;
            if then.is_empty() {
                // Nobody told anything before: there is nothing to compare.
                continue;
            }
            self.tell_gone(rule, first, &then, &now, before);
            for entry in entries {
                if !then.contains(&entry.series) {
                    let says = [
                        format!("who tells this told nothing of {before}"),
                        format!("{}没有上报，为新增对象", before.chinese()),
                    ];
                    self.fail(rule, entry.spot(), says);
                }
            }
        }
        Ok(())
    }

    /// The series whose objects lie in a region at the end of a period.
    fn within<'s>(
        &self,
        all: Vec<&'s Series>,
        period: Period,
        within: Region,
    ) -> Result<BTreeSet<&'s Series>, Error> {
        let objects = all.iter().flat_map(|series| series.objects());
        let mut objects: Vec<_> = objects.filter(|of| of.as_region().is_none()).collect();
        objects.sort();
        objects.dedup();
        let places = from_subjects(self.ground.view, Kind::LiesIn, &objects, Instant::LAST)?;
        let day = period.last_day();
        let region_of = |object: &Object| {
            object.as_region().or_else(|| {
                let places = places.get(objects.binary_search(&object).ok()?)?;
                let mut holding = places.iter().filter(|place| place.holds_on(day));
                holding.find_map(|place| place.object.as_region())
            })
        };
        let is_within = |series: &&Series| {
            // Who lies nowhere any more is missed by nobody.
            let region = series.objects().iter().find_map(region_of);
            region.is_some_and(|region| region.is_within(within))
        };
        Ok(all.into_iter().filter(is_within).collect())
    }

    fn tell_gone(
        &mut self,
        rule: &Rule,
        first: &Entry,
        then: &BTreeSet<&Series>,
        now: &BTreeSet<&Series>,
        before: Period,
    ) {
        let gone: Vec<_> = then.difference(now).collect();
        if gone.is_empty() {
            return;
        }
        let names = gone.iter().take(NAMES_TOLD).map(|series| {
            let ids: Vec<_> = series.objects().iter().map(Object::id).collect();
            ids.join("+")
        });
        let names: Vec<_> = names.collect();
        let more = if gone.len() > NAMES_TOLD { " …" } else { "" };
        let says = [
            format!(
                "{} who told of {before} are missing: {}{more}",
                gone.len(),
                names.join(", ")
            ),
            format!(
                "{}上报过的{}个对象本期缺报：{}{more}",
                before.chinese(),
                gone.len(),
                names.join("、")
            ),
        ];
        self.fail(rule, Spot::sheet(&first.sheet), says);
    }
}

/// The figure of the month with which a figure to date ends.
fn of_month(entry: &Entry, frequency: codes::Frequency) -> (Series, Period) {
    let period = Period::containing(frequency, entry.period.last_day());
    (entry.series.told(frequency, Form::Level), period)
}

/// The roles of what a series is of.
fn shape(series: &Series) -> Vec<facts::Role> {
    series.objects().iter().map(Object::role).collect()
}

/// The period before it of the same kind; a year to date begins anew each year.
fn previous(entry: &Entry) -> Option<Period> {
    let before = entry.period.previous()?;
    let is_to_date = entry.series.form() == Form::Cumulative;
    (!is_to_date || before.year_number() == entry.period.year_number()).then_some(before)
}

/// Whether one is from half to twice so many times the other.
fn is_slip(now: Number, before: Number, factor: u64) -> bool {
    let about = |large: Number, small: Number| {
        let [half, double] = [small.scaled(factor, 2), small.scaled(factor * 2, 1)];
        match (half, double) {
            (Ok(half), Ok(double)) => half <= large && large <= double,
            _ => false,
        }
    };
    now.is_positive() && before.is_positive() && (about(now, before) || about(before, now))
}
