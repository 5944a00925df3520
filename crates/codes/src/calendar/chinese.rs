//! How periods are written in Chinese documents and workbooks: `2022年1-2月`.
//!
//! The words leave open how often a figure is told: January to February may be a year to date or
//! the first of merged months. So who reads them says which it is.

use super::{Date, Frequency, Period};
use crate::{Error, text};

const THIRDS: [&str; 3] = ["上旬", "中旬", "下旬"];
const QUARTERS: [&str; 4] = ["一", "二", "三", "四"];

/// What stands between the first month and the last.
const DASHES: [char; 6] = ['-', '–', '—', '~', '至', '到'];

impl Period {
    /// How it is written in Chinese documents, such as `2022年1-2月`.
    pub fn chinese(self) -> String {
        let (year, number) = (self.year_number(), self.number_in_year());
        let day = self.first_day();
        match self.frequency() {
            Frequency::Day => format!("{year}年{}月{}日", day.month(), day.day()),
            Frequency::TenDays => {
                let third = THIRDS[self.ordinal() as usize % 3];
                format!("{year}年{}月{third}", day.month())
            }
            Frequency::Week => format!("{year}年第{number}周"),
            Frequency::MergedMonth if number == 2 => format!("{year}年1-2月"),
            Frequency::YearToDate if number > 1 => format!("{year}年1-{number}月"),
            Frequency::Month | Frequency::MergedMonth | Frequency::YearToDate => {
                format!("{year}年{number}月")
            }
            Frequency::Quarter => {
                let quarter = QUARTERS[self.ordinal() as usize % 4];
                format!("{year}年{quarter}季度")
            }
            Frequency::Year => format!("{year}年"),
        }
    }

    /// Reads what [`Period::chinese`] writes, as a period of a frequency; months and days may have
    /// a zero before them, quarters may be told in digits, and dashes are as people type them.
    ///
    /// ```
    /// use codes::{Frequency, Period};
    ///
    /// let merged = Period::from_chinese("2022年1—2月", Frequency::MergedMonth)?;
    /// assert_eq!(merged.to_string(), "2022-M02");
    /// let to_date = Period::from_chinese("2022年1-2月", Frequency::YearToDate)?;
    /// assert_eq!(to_date.to_string(), "2022-YTD02");
    /// # Ok::<(), codes::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::FullWidth`] of wide digits, [`Error::Unknown`] of what is none of the frequency.
    pub fn from_chinese(written: &str, frequency: Frequency) -> Result<Self, Error> {
        let written = text::read("a period", written, "", |_| true)?;
        let read = || {
            let (year, rest) = written.split_once('年')?;
            let year = digits(year).filter(|_| year.len() == 4)?;
            read(year, rest, frequency)
        };
        read().ok_or_else(|| Error::Unknown {
            what: "period",
            text: written.to_owned(),
            expected: expected(frequency),
        })
    }
}

fn read(year: u16, rest: &str, frequency: Frequency) -> Option<Period> {
    match frequency {
        Frequency::Year => rest.is_empty().then(|| Period::year(year))?,
        Frequency::Quarter => Period::quarter(year, quarter(rest)?),
        Frequency::Week => {
            let week = rest.strip_prefix('第')?.strip_suffix('周')?;
            Period::week(year, short(week)?)
        }
        Frequency::Month => Period::month(year, short(rest.strip_suffix('月')?)?),
        Frequency::MergedMonth => match months(rest)? {
            (1, 2) => Period::merged_month(year, 2),
            (from, to) if from == to && to > 2 => Period::merged_month(year, to),
            _ => None,
        },
        Frequency::YearToDate => match months(rest)? {
            (1, to) => Period::year_to_date(year, to),
            _ => None,
        },
        Frequency::TenDays => {
            let (month, third) = rest.split_once('月')?;
            let third = THIRDS.iter().position(|found| *found == third)?;
            Period::ten_days(year, short(month)?, u8::try_from(third).ok()? + 1)
        }
        Frequency::Day => {
            let (month, day) = rest.strip_suffix('日')?.split_once('月')?;
            let date = Date::new(year, short(month)?, short(day)?)?;
            Some(Period::containing(frequency, date))
        }
    }
}

/// The first month and the last.
fn months(rest: &str) -> Option<(u8, u8)> {
    let months = rest.strip_suffix('月')?;
    match months.split_once(DASHES) {
        Some((from, to)) => Some((short(from)?, short(to)?)),
        None => short(months).map(|month| (month, month)),
    }
}

fn quarter(rest: &str) -> Option<u8> {
    let quarter = rest.strip_suffix("季度")?;
    let quarter = quarter.strip_prefix('第').unwrap_or(quarter);
    let at = QUARTERS.iter().position(|found| *found == quarter);
    at.map_or_else(|| short(quarter), |at| u8::try_from(at + 1).ok())
}

/// A number of one or two digits.
fn short(text: &str) -> Option<u8> {
    let number = digits(text).filter(|_| text.len() <= 2)?;
    u8::try_from(number).ok()
}

fn digits(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn expected(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Day => "a day, as in 2022年3月5日",
        Frequency::TenDays => "ten days, as in 2022年3月上旬",
        Frequency::Week => "a week, as in 2022年第9周",
        Frequency::Month => "a month, as in 2022年3月",
        Frequency::MergedMonth => "a month from March, or January and February as in 2022年1-2月",
        Frequency::Quarter => "a quarter, as in 2022年一季度",
        Frequency::YearToDate => "the year to the end of a month, as in 2022年1-3月",
        Frequency::Year => "a year, as in 2022年",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_type_is_read() {
        let check = |written: &str, frequency, expected: &str| {
            let read = Period::from_chinese(written, frequency);
            assert_eq!(read.unwrap().to_string(), expected, "{written}");
        };
        for written in [
            "2022年1-11月",
            "2022年01—11月",
            " 2022年1至11月 ",
            "2022年1~11月",
        ] {
            check(written, Frequency::YearToDate, "2022-YTD11");
        }
        check("2022年1月", Frequency::YearToDate, "2022-YTD01");
        check("2022年03月05日", Frequency::Day, "2022-03-05");
        check("2022年第4季度", Frequency::Quarter, "2022-Q4");
        check("2022年四季度", Frequency::Quarter, "2022-Q4");
        check("2022年3月", Frequency::MergedMonth, "2022-M03");
    }

    #[test]
    fn what_is_none_is_told() {
        let check = |written: &str, frequency, said: &str| {
            let error = Period::from_chinese(written, frequency)
                .unwrap_err()
                .to_string();
            assert!(error.contains(said), "{written}: {error}");
        };
        check("２022年3月", Frequency::Month, "full-width '２'; write '2'");
        check("2022年1月", Frequency::MergedMonth, "as in 2022年1-2月");
        check("2022年3-4月", Frequency::MergedMonth, "there is no period");
        check("2022年2-3月", Frequency::YearToDate, "as in 2022年1-3月");
        check("2022年3月", Frequency::YearToDate, "as in 2022年1-3月");
        check("2022年13月", Frequency::Month, "there is no period");
        check("2022年003月", Frequency::Month, "there is no period");
        check("22年3月", Frequency::Month, "there is no period");
        check("2022年五季度", Frequency::Quarter, "as in 2022年一季度");
        check("2022年2月30日", Frequency::Day, "as in 2022年3月5日");
        check("", Frequency::Day, "a period is empty");
    }

    proptest! {
        #[test]
        fn print_and_read_are_inverse(number in Date::FIRST.number()..Date::LAST.number(),
            at in 0..8_usize) {
            let frequency = Frequency::ALL[at];
            let period = Period::containing(frequency, Date::from_number(number).unwrap());
            prop_assert_eq!(Period::from_chinese(&period.chinese(), frequency), Ok(period));
        }

        #[test]
        fn no_text_makes_it_fall_over(text in "[0-9年月日第周季度一上旬—-]{0,12}", at in 0..8_usize)
        {
            let _ = Period::from_chinese(&text, Frequency::ALL[at]);
        }
    }
}
