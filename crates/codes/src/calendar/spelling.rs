//! How periods are written for programs. Not here: for people (`chinese`).

use super::{Date, Frequency, Period};
use crate::{Error, text};
use std::fmt;
use std::str::FromStr;

/// Prints the form of the table in [`crate::calendar`].
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, number) = (self.year_number(), self.number_in_year());
        match self.frequency() {
            Frequency::Day => fmt::Display::fmt(&self.first_day(), f),
            Frequency::TenDays => {
                let month = self.first_day().month();
                write!(f, "{year:04}-{month:02}-T{}", self.ordinal() % 3 + 1)
            }
            Frequency::Week => write!(f, "{year:04}-W{number:02}"),
            Frequency::Month => write!(f, "{year:04}-{number:02}"),
            Frequency::MergedMonth => write!(f, "{year:04}-M{number:02}"),
            Frequency::Quarter => write!(f, "{year:04}-Q{number}"),
            Frequency::YearToDate => write!(f, "{year:04}-YTD{number:02}"),
            Frequency::Year => write!(f, "{year:04}"),
        }
    }
}

impl FromStr for Period {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        const EXPECTED: &str = "a digit, '-' or one of T W M Q YTD, as in 2022-03 or 2022-M02";
        let allowed = |found: char| found.is_ascii_digit() || "-TWMQYD".contains(found);
        let written = text::read("a period", written, EXPECTED, allowed)?;
        read(written).ok_or_else(|| Error::Unknown {
            what: "period",
            text: written.to_owned(),
            expected: expected(written),
        })
    }
}

/// What to say of what cannot be read.
fn expected(written: &str) -> &'static str {
    if written.ends_with("-M01") {
        return "where January and February are merged they are told as M02";
    }
    "a period of 1900 to 2299, as in 2022, 2022-Q1, 2022-03, 2022-M02, 2022-YTD03, 2022-W09, \
     2022-03-T1 or 2022-03-05"
}

fn read(written: &str) -> Option<Period> {
    let (year, rest) = written.split_at_checked(4)?;
    let year = digits(year, 4)?;
    if rest.is_empty() {
        return Period::year(year);
    }
    let rest = rest.strip_prefix('-')?;
    let narrow = |number: u16| u8::try_from(number).ok();
    let tagged = |tag, count| narrow(digits(rest.strip_prefix(tag)?, count)?);
    if let Some(week) = tagged("W", 2) {
        return Period::week(year, week);
    }
    if let Some(quarter) = tagged("Q", 1) {
        return Period::quarter(year, quarter);
    }
    if let Some(month) = tagged("M", 2) {
        return Period::merged_month(year, month);
    }
    if let Some(month) = tagged("YTD", 2) {
        return Period::year_to_date(year, month);
    }
    let (month, rest) = rest.split_at_checked(2)?;
    let month = narrow(digits(month, 2)?)?;
    let Some(rest) = rest.strip_prefix('-') else {
        return rest.is_empty().then(|| Period::month(year, month))?;
    };
    if let Some(third) = rest.strip_prefix('T') {
        return Period::ten_days(year, month, narrow(digits(third, 1)?)?);
    }
    let date = Date::new(year, month, narrow(digits(rest, 2)?)?)?;
    Some(Period::containing(Frequency::Day, date))
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u16> {
    let is_number = text.len() == count && text.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}
