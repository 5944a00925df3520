//! What enterprises have told, and when it became known: most in time, some late, some otherwise a
//! month later.
//!
//! Output is told of each month and from January on, all else of each month; January with February.
//! Not here: what they tell (`enterprise`), workbooks.

use super::indicator::{INDICATORS, OUTPUT};
use super::{Enterprise, Province};
use codes::{Date, Frequency, Number, Period, Unit};
use facts::history::Report;
use facts::{Error, Form, Instant, Observation, Series};

/// How often enterprises tell: January and February at once.
pub const MERGED_MONTHS: Frequency = Frequency::MergedMonth;

/// On which day of the next month the first county sends; the others on the days after it.
const DAY: i32 = 8;
const DAYS: u8 = 5;

/// How many days later the late ones are.
const LATE_DAYS: i32 = 11;

/// After how many days what was told wrongly is put right.
const REVISED_DAYS: i32 = 31;

/// How many of 256 are late in a month, and how many are wrong at first.
const LATE: u8 = 8;
const REVISED: u8 = 4;

/// How wrong they are, in per mille.
const WRONG: u64 = 40;

/// What is told of an enterprise, and since when it is known.
pub(super) type Told = (Instant, Report);

impl Province {
    /// The periods of which enterprises tell, the first first: months, and January with February.
    pub fn periods(&self) -> Vec<Period> {
        let merged = |month: &Period| {
            let period = Period::containing(MERGED_MONTHS, month.last_day());
            let ends = period.last_day() == month.last_day();
            (ends && self.month_numbers(period).is_some()).then_some(period)
        };
        self.months().iter().filter_map(merged).collect()
    }

    /// When the county of an enterprise sends what it tells of a period.
    pub fn told_at(&self, enterprise: &Enterprise, period: Period) -> Instant {
        moment(period, DAY + i32::from(enterprise.county_at % DAYS))
    }

    /// All that an enterprise told of some periods, with the moment at which each became known.
    ///
    /// # Errors
    /// [`Error::Count`] never: a series has one object.
    pub fn reports(&self, of: &Enterprise, periods: &[Period]) -> Result<Vec<Told>, Error> {
        let mut reports = Vec::new();
        for (at, indicator) in INDICATORS.iter().enumerate() {
            let code: facts::Indicator = indicator.code.parse()?;
            let series =
                |frequency, form| Series::new(code.clone(), [of.object()], frequency, form);
            let level = series(MERGED_MONTHS, Form::Level)?;
            let cumulative = series(Frequency::YearToDate, Form::Cumulative)?;
            for period in periods {
                let Some(number) = self.figure(of, at, *period) else {
                    continue;
                };
                let mut tell = |series: &Series, period, number| {
                    self.tell(&mut reports, of, (series, period), (number, indicator.unit))
                };
                tell(&level, *period, number)?;
                let to_date = Period::containing(Frequency::YearToDate, period.last_day());
                if let Some(number) = self
                    .to_date(of, at, to_date)
                    .filter(|_| indicator.code == OUTPUT)
                {
                    tell(&cumulative, to_date, number)?;
                }
            }
        }
        Ok(reports)
    }

    /// Tells a figure once, or wrongly at first and then rightly.
    fn tell(
        &self,
        reports: &mut Vec<Told>,
        of: &Enterprise,
        (series, period): (&Series, Period),
        (number, unit): (Number, Unit),
    ) -> Result<(), Error> {
        let month = self.month_numbers(period).map_or(0, |(_, last)| last);
        let fate = of.fates.get(month).copied().unwrap_or(u8::MAX);
        let in_time = self.told_at(of, period);
        let days = |days: i32| moment(period, days);
        let mut report = |at: Instant, number, remark: &str| {
            let mut observation = Observation::reported(number, unit, &of.name, at);
            remark.clone_into(&mut observation.remark);
            reports.push((
                at,
                Report {
                    series: series.clone(),
                    period,
                    observation,
                    is_revision: false,
                },
            ));
        };
        let is_last = month + 1 == self.months().len();
        match fate {
            fate if fate < LATE => report(days(DAY + LATE_DAYS), number, "逾期上报"),
            fate if fate < LATE + REVISED && !is_last => {
                let wrong = number.scaled(1000 + WRONG, 1000)?;
                report(in_time, wrong, "");
                report(days(DAY + REVISED_DAYS), number, "企业更正上期数据");
            }
            _ => report(in_time, number, ""),
        }
        Ok(())
    }
}

/// So many days after a period, at ten in China.
pub(super) fn moment(period: Period, days: i32) -> Instant {
    let day = period.last_day().plus_days(days).unwrap_or(Date::LAST);
    let epoch = Date::new(1970, 1, 1).map_or(0, Date::number);
    let hours = u64::from(day.number() - epoch) * 24 + 2;
    Instant(hours * 3_600_000)
}
