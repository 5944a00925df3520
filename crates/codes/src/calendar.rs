//! The calendar of statistics: which stretches of time figures are told for.
//!
//! | frequency | written | Chinese |
//! | --- | --- | --- |
//! | day | `2022-03-05` | 2022年3月5日 |
//! | ten days | `2022-03-T1` | 2022年3月上旬 |
//! | week of ISO 8601 | `2022-W09` | 2022年第9周 |
//! | month | `2022-03` | 2022年3月 |
//! | month, January and February merged | `2022-M02`, `2022-M03` | 2022年1-2月, 2022年3月 |
//! | quarter | `2022-Q1` | 2022年一季度 |
//! | year to date | `2022-YTD03` | 2022年1-3月 |
//! | year | `2022` | 2022年 |
//!
//! The Spring Festival falls into January or February, so these two are often told as one: a year
//! of merged months has eleven, the first of them called by its last month.
//!
//! Years are 1900 to 2299: one whole cycle of the Gregorian calendar, which begins on a Monday and
//! ends on a Sunday, so that no week hangs over either end.
//!
//! Not here: holidays and days of work, which change by decree every year.

mod chinese;
mod date;
mod period;
mod spelling;
#[cfg(test)]
mod tests;

pub use date::Date;
pub use period::Period;

/// The first year that is known.
pub const YEAR_MIN: u16 = 1900;

/// The last year that is known.
pub const YEAR_MAX: u16 = 2299;

/// Says how often a figure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Frequency {
    /// Every day.
    Day,
    /// Three times a month: 上旬, 中旬, 下旬; the last has 8 to 11 days.
    TenDays,
    /// Every week, Monday to Sunday, as ISO 8601 numbers them.
    Week,
    /// Every month.
    Month,
    /// Every month but January, which is told together with February.
    MergedMonth,
    /// Every quarter.
    Quarter,
    /// From the first of January to the end of a month.
    YearToDate,
    /// Every year.
    Year,
}

impl Frequency {
    /// All of them, from the finest.
    pub const ALL: [Self; 8] = [
        Self::Day,
        Self::TenDays,
        Self::Week,
        Self::Month,
        Self::MergedMonth,
        Self::Quarter,
        Self::YearToDate,
        Self::Year,
    ];

    /// Its number in keys; the finer, the smaller.
    pub fn number(self) -> u8 {
        match self {
            Self::Day => 1,
            Self::TenDays => 2,
            Self::Week => 3,
            Self::Month => 4,
            Self::MergedMonth => 5,
            Self::Quarter => 6,
            Self::YearToDate => 7,
            Self::Year => 8,
        }
    }

    /// The frequency with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|frequency| frequency.number() == number)
    }

    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Day => ["day", "日"],
            Self::TenDays => ["ten days", "旬"],
            Self::Week => ["week", "周"],
            Self::Month => ["month", "月"],
            Self::MergedMonth => ["month, January and February merged", "月（1-2月合并）"],
            Self::Quarter => ["quarter", "季"],
            Self::YearToDate => ["year to date", "累计"],
            Self::Year => ["year", "年"],
        }
    }
}
