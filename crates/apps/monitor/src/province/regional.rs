//! What the bureau tells of regions: growths of value added, profit and investment over what can be
//! compared, manufacturing's share; of each city's divisions their output and its growth.
//!
//! Not here: how the bulletin words it.

use super::Province;
use super::indicator::{INDICATORS, OUTPUT};
use super::report::{MERGED_MONTHS, Told, moment};
use codes::{Code, Frequency, Industry, Number, Period, Region, Unit};
use facts::derived::growth;
use facts::history::Report;
use facts::{Error, Form, Object, Observation, Series};
use std::collections::BTreeMap;

/// On which day of the next month the bureau tells them: after the last county.
const DAY: i32 = 17;

/// Who tells them.
const BUREAU: &str = "合成省工业和信息化厅";

/// The growths, and what each is of.
const GROWTHS: [(&str, &str); 3] = [
    ("value-added-growth", "value-added"),
    ("profit-growth", "profit"),
    ("investment-growth", "investment"),
];

const SHARE: &str = "manufacturing-share";

/// What a division of a city made in a month.
#[derive(Default)]
struct Made {
    /// All its enterprises.
    sum: i128,
    /// Those that can be compared, now and a year before.
    both: [i128; 2],
}

/// Sums of a year and of the year before.
type Sums = BTreeMap<Region, [(i64, i64); GROWTHS.len()]>;

impl Province {
    /// What the bureau tells of the province and its cities from January to the end of a month, and
    /// of the divisions of each city what they made in the month and its growth, with the moment at
    /// which it becomes known. Growths are told where there is a year before.
    ///
    /// # Errors
    /// [`Error::Code`] if a figure has too many digits, which no plan leads to.
    pub fn regional(&self, period: Period) -> Result<Vec<Told>, Error> {
        let period = Period::containing(Frequency::YearToDate, period.last_day());
        let at = moment(period, DAY);
        let mut told = Vec::new();
        let mut tell = |region: Region, indicator: &str, form, number: Number| {
            let objects = [Object::region(region)];
            let series = Series::new(indicator.parse()?, objects, Frequency::YearToDate, form)?;
            let observation = Observation::reported(number, Unit::PER_CENT, BUREAU, at);
            told.push((
                at,
                Report {
                    series,
                    period,
                    observation,
                    is_revision: false,
                },
            ));
            Ok::<_, Error>(())
        };
        for (region, sums) in self.sums(period) {
            for ((indicator, _), (now, base)) in GROWTHS.iter().zip(sums) {
                let [now, base] = [now, base].map(|sum| Number::new(sum.into(), 0));
                match growth(now?, base?, 1) {
                    Ok(number) => tell(region, indicator, Form::YearOnYear, number)?,
                    // Of losses there is no growth; it is not told.
                    Err(Error::Base { .. }) => (),
                    Err(error) => return Err(error),
                }
            }
            let share = Number::new(self.share(region, period).into(), 2)?;
            tell(region, SHARE, Form::Level, share)?;
        }
        let month = Period::containing(MERGED_MONTHS, period.last_day());
        for ((city, division), made) in self.outputs(month) {
            let mut tell = |form, number, unit| {
                let objects = [Object::region(city), Object::industry(division)];
                let series = Series::new(OUTPUT.parse()?, objects, MERGED_MONTHS, form)?;
                let observation = Observation::reported(number, unit, BUREAU, at);
                let report = Report {
                    series,
                    period: month,
                    observation,
                    is_revision: false,
                };
                told.push((at, report));
                Ok::<_, Error>(())
            };
            tell(Form::Level, Number::new(made.sum, 0)?, Unit::YUAN_1K)?;
            let [now, base] = made.both.map(|sum| Number::new(sum, 0));
            if let Ok(number) = growth(now?, base?, 1) {
                tell(Form::YearOnYear, number, Unit::PER_CENT)?;
            }
        }
        Ok(told)
    }

    /// What the enterprises of each city's divisions made in a month, in 10^3 yuan.
    fn outputs(&self, month: Period) -> BTreeMap<(Region, Industry), Made> {
        let mut all: BTreeMap<_, Made> = BTreeMap::new();
        let before = month.same_last_year();
        for enterprise in self.enterprises() {
            let output = |period| self.figure(enterprise, 0, period)?.at(0).ok();
            let Some(now) = output(month) else {
                continue;
            };
            let city = enterprise.county.parent().unwrap_or(enterprise.county);
            let made = all.entry((city, enterprise.division)).or_default();
            made.sum += now;
            if let Some(base) = before.and_then(output) {
                made.both[0] += now;
                made.both[1] += base;
            }
        }
        all
    }

    /// The sums of all regions over the enterprises that tell of both years; of none if there is no
    /// year before.
    fn sums(&self, period: Period) -> Sums {
        let at = |code: &str| INDICATORS.iter().position(|of| of.code == code);
        let indicators = GROWTHS.map(|(_, of)| at(of).unwrap_or(0));
        let mut sums = Sums::new();
        let regions = std::iter::once(self.region()).chain(self.cities());
        sums.extend(regions.map(|region| (region, [(0, 0); GROWTHS.len()])));
        let Some(before) = period.same_last_year() else {
            return sums;
        };
        for enterprise in self.enterprises() {
            let of = indicators.map(|at| {
                let sum = |period| self.sum_to_date(enterprise, at, period);
                sum(period).zip(sum(before)).unwrap_or((0, 0))
            });
            let city = enterprise.county.parent().unwrap_or(enterprise.county);
            for region in [city, self.region()] {
                let sums = sums.entry(region).or_default();
                for (sum, more) in sums.iter_mut().zip(of) {
                    *sum = (sum.0 + more.0, sum.1 + more.1);
                }
            }
        }
        sums
    }
}
