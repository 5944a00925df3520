//! A county's month as a clerk would send it: a title, headings, a row for each enterprise.
//!
//! Not here: reading workbooks, .xlsx.

use super::indicator::{INDICATORS, OUTPUT};
use super::{Enterprise, MARK, Province, name};
use codes::{Frequency, Number, Period, Region};
use std::fmt::Write as _;

/// A table that somebody sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workbook {
    /// What the file is called, without its end.
    pub name: String,
    /// What stands above the table.
    pub title: String,
    /// The headings of its columns.
    pub headings: Vec<String>,
    /// A row for each enterprise: its code, its name, its figures in the order of the headings.
    pub rows: Vec<(Enterprise, Vec<Number>)>,
}

/// How many columns stand before the figures.
const BEFORE: usize = 2;

impl Province {
    /// What the enterprises of a region tell of a period; those that tell nothing are not in it.
    pub fn workbook(&self, region: Region, period: Period) -> Workbook {
        let to_date = Period::containing(Frequency::YearToDate, period.last_day());
        let is_here = |of: &&Enterprise| codes::Code::is_within(of.county, region);
        let row = |of: &Enterprise| {
            let mut numbers = Vec::with_capacity(INDICATORS.len() + 1);
            for (at, indicator) in INDICATORS.iter().enumerate() {
                numbers.push(self.figure(of, at, period)?);
                if indicator.code == OUTPUT {
                    numbers.push(self.to_date(of, at, to_date)?);
                }
            }
            Some((of.clone(), numbers))
        };
        let here = self.enterprises().iter().filter(is_here);
        let place = name::of_region(region);
        let month = period.chinese();
        Workbook {
            name: format!("{place}{month}规模以上工业企业月报"),
            title: format!("{place}{month}规模以上工业企业月报（{MARK}）"),
            headings: headings(),
            rows: here.filter_map(row).collect(),
        }
    }
}

fn headings() -> Vec<String> {
    let mut headings = ["统一社会信用代码", "企业名称"].map(str::to_owned).to_vec();
    for indicator in &INDICATORS {
        let (name, unit) = (indicator.names[1], indicator.unit.chinese());
        if indicator.code == OUTPUT {
            headings.push(format!("{name}本期（{unit}）"));
            headings.push(format!("{name}累计（{unit}）"));
        } else {
            headings.push(format!("{name}（{unit}）"));
        }
    }
    headings.push("说明".to_owned());
    headings
}

impl Workbook {
    /// How many figures are in it.
    pub fn figures(&self) -> usize {
        self.rows.iter().map(|(_, numbers)| numbers.len()).sum()
    }

    /// It as CSV in UTF-8, with the mark that tells spreadsheets so.
    pub fn csv(&self) -> String {
        // Writing to text cannot fail.
        let mut out = format!("\u{feff}{}\n{}\n", self.title, self.headings.join(","));
        for (enterprise, numbers) in &self.rows {
            let _ = write!(out, "{},{}", enterprise.code, enterprise.name);
            for number in numbers {
                let _ = write!(out, ",{number}");
            }
            out.push_str(",\n");
        }
        out
    }

    /// What its columns mean, as the collecting of workbooks reads it (TOML).
    pub fn mapping() -> String {
        let mut out = format!(
            "name = \"合成月报\"\n\n[[sheets]]\nsheet = \"*\"\nheadings = [2, 2]\n\
             period = \"title\"\nexplanation = \"说明\"\n\n\
             [[sheets.objects]]\nkind = \"credit-code\"\ncolumn = \"{}\"\n",
            headings()[0]
        );
        let columns = headings();
        let mut columns = columns.iter().skip(BEFORE);
        let mut put = |code: &str, form: &str, frequency: &str, unit: &str| {
            let column = columns.next().map_or("", String::as_str);
            let column = column.split('（').next().unwrap_or_default();
            let _ = write!(
                out,
                "\n[[sheets.figures]]\ncolumn = \"{column}\"\nindicator = \"{code}\"\n\
                 form = \"{form}\"\nfrequency = \"{frequency}\"\nunit = \"{unit}\"\n"
            );
        };
        for indicator in &INDICATORS {
            let unit = indicator.unit.chinese();
            put(indicator.code, "level", "merged-month", unit);
            if indicator.code == OUTPUT {
                put(indicator.code, "cumulative", "year-to-date", unit);
            }
        }
        out
    }
}
