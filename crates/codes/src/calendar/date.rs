//! Days of the Gregorian calendar. Not here: longer stretches (`period`).

use super::{YEAR_MAX, YEAR_MIN};
use crate::{Error, text};
use std::fmt;
use std::str::FromStr;

/// A day from 1900-01-01 to 2299-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The first day that is known, a Monday.
    pub const FIRST: Self = Self {
        year: YEAR_MIN,
        month: 1,
        day: 1,
    };

    /// The last day that is known, a Sunday.
    pub const LAST: Self = Self {
        year: YEAR_MAX,
        month: 12,
        day: 31,
    };

    /// A day by its numbers; `None` if there is none.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_there = (YEAR_MIN..=YEAR_MAX).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        is_there.then_some(Self { year, month, day })
    }

    /// The last day of a month that is there.
    pub(super) fn end_of_month(year: u16, month: u8) -> Self {
        let day = days_of_month(year, month);
        Self { year, month, day }
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }

    /// How many days it is after 0000-03-01: the year begins with March, so that the day that is
    /// not always there is its last.
    pub fn number(self) -> u32 {
        let is_before_march = self.month < 3;
        let year = u32::from(self.year) - u32::from(is_before_march);
        let month = (u32::from(self.month) + 9) % 12;
        let before_month = (153 * month + 2) / 5;
        year * 365 + year / 4 - year / 100 + year / 400 + before_month + u32::from(self.day) - 1
    }

    /// The day that is so many days after 0000-03-01; `None` if it is not known.
    ///
    /// Leap days are told by the years before: see "`chrono`-Compatible Low-Level Date Algorithms"
    /// (Hinnant), whose arithmetic this is.
    pub fn from_number(number: u32) -> Option<Self> {
        let (era, day) = (number / 146_097, number % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era.checked_mul(400)? + year + u32::from(month < 3);
        let year = u16::try_from(year).ok()?;
        Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// The day so many days later, or before.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        Self::from_number(self.number().checked_add_signed(days)?)
    }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Prints it as `2022-03-05`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Reads `2022-03-05` and nothing else: a day that is written otherwise may be a month elsewhere.
impl FromStr for Date {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let expected = "a digit or '-', as in 2022-03-05";
        let allowed = |found: char| found.is_ascii_digit() || found == '-';
        let written = text::read("a date", written, expected, allowed)?;
        let numbers = || {
            let [year, month, day] = fields(written)?;
            Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
        };
        numbers().ok_or_else(|| Error::Unknown {
            what: "date",
            text: written.to_owned(),
            expected: "a day of 1900 to 2299, as in 2022-03-05",
        })
    }
}

fn fields(written: &str) -> Option<[u16; 3]> {
    let (year, rest) = written.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let field = |text: &str, count: usize| (text.len() == count).then(|| text.parse().ok())?;
    Some([field(year, 4)?, field(month, 2)?, field(day, 2)?])
}
