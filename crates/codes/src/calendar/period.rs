//! Periods: the stretches of time of each frequency, numbered one after the other.
//!
//! Not here: how they are written (`spelling`).

use super::{Date, Frequency, YEAR_MAX, YEAR_MIN};
use Frequency::{Day, MergedMonth, Month, Quarter, TenDays, Week, Year, YearToDate};

/// A stretch of time that a figure is told for.
///
/// Periods of one frequency are in the order of time; year to date by its end.
///
/// ```
/// use codes::{Frequency, Period};
///
/// let period: Period = "2022-M02".parse()?; // January and February
/// assert_eq!(period.chinese(), "2022年1-2月");
/// assert_eq!(period.next(), Some("2022-M03".parse()?));
/// assert_eq!(period.within(Frequency::Quarter), Some("2022-Q1".parse()?));
/// assert_eq!(period.first_day().to_string(), "2022-01-01");
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    frequency: Frequency,
    /// Counts the periods of the frequency; the year 0, or 0000-03-01, has the first.
    ordinal: u32,
}

impl Period {
    /// The period of a frequency that a day lies in; of year to date the shortest.
    pub fn containing(frequency: Frequency, date: Date) -> Self {
        let (year, month) = (u32::from(date.year()), u32::from(date.month()));
        let ordinal = match frequency {
            Day => date.number(),
            TenDays => {
                let third = (u32::from(date.day()) - 1) / 10;
                year * 36 + (month - 1) * 3 + third.min(2)
            }
            Week => week_of(date.number()),
            Month | YearToDate => year * 12 + month - 1,
            MergedMonth => year * 11 + month.max(2) - 2,
            Quarter => year * 4 + (month - 1) / 3,
            Year => year,
        };
        Self { frequency, ordinal }
    }

    /// The period with this number of its frequency; `None` if it is not within the known years.
    pub fn from_ordinal(frequency: Frequency, ordinal: u32) -> Option<Self> {
        let bounds = [Date::FIRST, Date::LAST].map(|date| Self::containing(frequency, date));
        let [first, last] = bounds.map(|period| period.ordinal);
        (first..=last)
            .contains(&ordinal)
            .then_some(Self { frequency, ordinal })
    }

    /// A month of a year, from 1.
    pub fn month(year: u16, month: u8) -> Option<Self> {
        Some(Self::containing(Month, Date::new(year, month, 1)?))
    }

    /// A month, from 2, of a year whose January and February are told as one, called 2.
    pub fn merged_month(year: u16, month: u8) -> Option<Self> {
        let is_told = month != 1;
        let date = Date::new(year, month, 1).filter(|_| is_told)?;
        Some(Self::containing(MergedMonth, date))
    }

    /// From January to the end of a month of a year.
    pub fn year_to_date(year: u16, month: u8) -> Option<Self> {
        Some(Self::containing(YearToDate, Date::new(year, month, 1)?))
    }

    /// A quarter of a year, from 1.
    pub fn quarter(year: u16, quarter: u8) -> Option<Self> {
        let month = quarter.checked_mul(3)?;
        Some(Self::containing(Quarter, Date::new(year, month, 1)?))
    }

    /// A whole year.
    pub fn year(year: u16) -> Option<Self> {
        Some(Self::containing(Year, Date::new(year, 1, 1)?))
    }

    /// Ten days of a month, 1 to 3; the third reaches to its end.
    pub fn ten_days(year: u16, month: u8, third: u8) -> Option<Self> {
        let day = third.checked_mul(10)?.checked_sub(9)?;
        let date = Date::new(year, month, day).filter(|_| third <= 3)?;
        Some(Self::containing(TenDays, date))
    }

    /// A week of a year as ISO 8601 counts them, from 1: the first has the year's first Thursday.
    pub fn week(year: u16, week: u8) -> Option<Self> {
        let fourth_of_january = Date::new(year, 1, 4)?.number();
        let ordinal = week_of(fourth_of_january) + u32::from(week.checked_sub(1)?);
        let period = Self::from_ordinal(Week, ordinal)?;
        (period.year_number() == year).then_some(period)
    }

    /// How often such figures are told.
    pub fn frequency(self) -> Frequency {
        self.frequency
    }

    /// Its number among the periods of its frequency.
    pub fn ordinal(self) -> u32 {
        self.ordinal
    }

    /// The year that it is counted to; of a week that of its Thursday.
    pub fn year_number(self) -> u16 {
        match self.frequency {
            Day => date(self.ordinal).year(),
            Week => date(thursday_of(self.ordinal)).year(),
            frequency => narrow(self.ordinal / periods_of_year(frequency)),
        }
    }

    /// Its number in its year, from 1; of merged months that of the month.
    pub(super) fn number_in_year(self) -> u32 {
        match self.frequency {
            Week => (thursday_of(self.ordinal) - january_first(self.year_number())) / 7 + 1,
            Day => self.ordinal - january_first(self.year_number()) + 1,
            MergedMonth => self.ordinal % 11 + 2,
            frequency => self.ordinal % periods_of_year(frequency) + 1,
        }
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        let year = self.year_number();
        let first_of = |month: u32| first_of_month(year, month);
        match self.frequency {
            Day => date(self.ordinal),
            Week => date(monday_of(self.ordinal)),
            TenDays => {
                let third = self.ordinal % 3;
                let first = first_of(self.ordinal / 3 % 12 + 1).number();
                date(first + third * 10)
            }
            MergedMonth if self.number_in_year() == 2 => first_of(1),
            Month | MergedMonth => first_of(self.number_in_year()),
            Quarter => first_of(self.ordinal % 4 * 3 + 1),
            YearToDate | Year => first_of(1),
        }
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        match self.frequency {
            Day => date(self.ordinal),
            Week => date(monday_of(self.ordinal) + 6),
            TenDays if self.ordinal % 3 < 2 => date(self.first_day().number() + 9),
            TenDays => {
                let first = self.first_day();
                Date::end_of_month(first.year(), first.month())
            }
            _ => Date::end_of_month(self.year_number(), self.last_month()),
        }
    }

    /// The last month of a month and of what is longer.
    pub(super) fn last_month(self) -> u8 {
        let number = self.number_in_year();
        let month = match self.frequency {
            Quarter => number * 3,
            Year => 12,
            _ => number,
        };
        u8::try_from(month).unwrap_or(12)
    }

    /// The period so many later, or before; `None` beyond the known years.
    pub fn plus(self, count: i32) -> Option<Self> {
        Self::from_ordinal(self.frequency, self.ordinal.checked_add_signed(count)?)
    }

    /// The one after it. Of year to date: to the end of the next month.
    pub fn next(self) -> Option<Self> {
        self.plus(1)
    }

    /// The one before it.
    pub fn previous(self) -> Option<Self> {
        self.plus(-1)
    }

    /// What it is compared with year on year.
    ///
    /// `None` of 29 February and of a 53rd week, if the year before has none.
    pub fn same_last_year(self) -> Option<Self> {
        match self.frequency {
            Day => {
                let day = self.last_day();
                let then = Date::new(day.year() - 1, day.month(), day.day())?;
                Some(Self::containing(Day, then))
            }
            Week => {
                let week = u8::try_from(self.number_in_year()).ok()?;
                Self::week(self.year_number() - 1, week)
            }
            frequency => self.plus(-i32::try_from(periods_of_year(frequency)).ok()?),
        }
    }

    /// The period of another frequency that it lies in as a whole; of year to date the shortest.
    ///
    /// `None` if there is none: a week lies in no month whose end it passes.
    pub fn within(self, frequency: Frequency) -> Option<Self> {
        let found = Self::containing(frequency, self.last_day());
        (found.first_day() <= self.first_day() && self.last_day() <= found.last_day())
            .then_some(found)
    }

    /// The periods of a finer frequency that fill it, in order; `None` if they do not.
    ///
    /// Weeks fill no month, and years to date fill nothing: each holds the one before it.
    pub fn parts(self, frequency: Frequency) -> Option<impl Iterator<Item = Self>> {
        let first = Self::containing(frequency, self.first_day());
        let last = Self::containing(frequency, self.last_day());
        let fill = frequency != YearToDate
            && first.first_day() == self.first_day()
            && last.last_day() == self.last_day();
        let part = move |ordinal| Self { frequency, ordinal };
        fill.then(|| (first.ordinal..=last.ordinal).map(part))
    }
}

/// How many periods a year has; of days and weeks it differs from year to year.
fn periods_of_year(frequency: Frequency) -> u32 {
    match frequency {
        Day => 366,
        Week => 53,
        TenDays => 36,
        Month | YearToDate => 12,
        MergedMonth => 11,
        Quarter => 4,
        Year => 1,
    }
}

/// 0000-03-01 was a Wednesday: two days on from a Monday.
fn week_of(day: u32) -> u32 {
    (day + 2) / 7
}

fn monday_of(week: u32) -> u32 {
    week * 7 - 2
}

fn thursday_of(week: u32) -> u32 {
    monday_of(week) + 3
}

fn january_first(year: u16) -> u32 {
    first_of_month(year, 1).number()
}

fn first_of_month(year: u16, month: u32) -> Date {
    let month = u8::try_from(month).unwrap_or(12);
    Date::new(year, month, 1).expect("a period lies within the known years")
}

fn date(number: u32) -> Date {
    Date::from_number(number).expect("a period lies within the known years")
}

fn narrow(year: u32) -> u16 {
    u16::try_from(year).unwrap_or(YEAR_MAX).max(YEAR_MIN)
}
