//! What the bureau tells of regions: growths of value added, profit and investment over what can be
//! compared, manufacturing's share. Not here: how the bulletin words it.

use super::Province;
use super::indicator::INDICATORS;
use super::report::{Told, moment};
use codes::{Code, Frequency, Number, Period, Region, Unit};
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

/// Sums of a year and of the year before.
type Sums = BTreeMap<Region, [(i64, i64); GROWTHS.len()]>;

impl Province {
    /// What the bureau tells of the province and its cities from January to the end of a month, and
    /// when it becomes known. Growths are told where there is a year before.
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
        Ok(told)
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
