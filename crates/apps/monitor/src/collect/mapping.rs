//! Mappings: which column of which sheet tells which figure, as data that people confirm.
//!
//! ```toml
//! name = "规上工业企业月报"
//!
//! [[sheets]]
//! sheet = "产值表"            # numbers of years and months do not count; "*" is the first shown
//! headings = [3, 4]           # the lines of headings, counted from 1
//! period = "title"            # or "given", "headings", { column = "报告期" }
//! explanation = "说明"        # the column in which warnings are explained
//!
//! [[sheets.objects]]
//! kind = "credit-code"        # or "enterprise-name", "region", "industry", "object"
//! column = "统一社会信用代码"  # or cell = "B2", or is = "3501"
//!
//! [[sheets.figures]]
//! column = "工业总产值/本月"
//! indicator = "output"
//! form = "level"
//! frequency = "month"
//! unit = "万元"
//! ```
//!
//! A form in which indicators stand in rows names the column of their names (`label`), and each
//! figure its `row`. Not here: how it is used (`reading`), proposed (`proposal`) and kept (`kept`).

use super::Error;
use super::headings::plain;
use super::place::Place;
use codes::{Frequency, Unit};
use facts::{Form, Indicator};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most sheets of a mapping.
const SHEETS_MAX: usize = 64;

/// The most figures of a sheet of a mapping.
const FIGURES_MAX: usize = 1_000;

/// The most objects that a figure is of, as `facts` has it.
const OBJECTS_MAX: usize = 8;

/// The longest name, in octets.
const NAME_OCTETS_MAX: usize = 128;

/// What a workbook means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What it is called: 1 to 128 octets.
    pub name: String,
    /// What each sheet means; others are not read.
    pub sheets: Vec<SheetMapping>,
}

/// What a sheet means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetMapping {
    /// What the sheet is called; `*` is the first that is not hidden.
    pub sheet: String,
    /// The first and the last line of its headings, counted from 1.
    pub headings: [u32; 2],
    /// Where the period stands.
    pub period: PeriodPlace,
    /// The heading of the column that explains warnings of its row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The heading of the column that names indicators, where they stand in rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What becomes of what is hidden.
    #[serde(default)]
    pub hidden: Hidden,
    /// Of which objects the figures are; of all of them together.
    pub objects: Vec<ObjectPlace>,
    /// The figures.
    pub figures: Vec<FigureMapping>,
}

/// Where the period stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodPlace {
    /// Whoever sends the workbook says it.
    Given,
    /// Above the headings, in the name of the sheet or of the file.
    Title,
    /// In the headings of the figures.
    Headings,
    /// In the column with this heading.
    Column(String),
}

/// What becomes of hidden rows and columns that have figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hidden {
    /// They are read, with a warning that somebody must explain.
    #[default]
    Warn,
    /// They are read like all others, and noted.
    Read,
    /// They are passed over, and noted.
    Skip,
}

/// Says how an object is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// An enterprise by its unified social credit code.
    CreditCode,
    /// An enterprise by its name.
    EnterpriseName,
    /// A region by its code or its name.
    Region,
    /// An industry by its code or its name.
    Industry,
    /// A park by its identifier.
    Park,
    /// A product by its identifier.
    Product,
}

/// Where an object stands: in a column, in a cell, or it is always the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectPlace {
    /// How it is named.
    pub kind: ObjectKind,
    /// The heading of its column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Its cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// The object itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

/// What a column tells, or a column in one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FigureMapping {
    /// The heading of the column.
    pub column: String,
    /// The name of the indicator in the column of names, where indicators stand in rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Which figure it is.
    #[serde(with = "spelled")]
    pub indicator: Indicator,
    /// In which form.
    #[serde(with = "FormName")]
    pub form: Form,
    /// How often it is told.
    #[serde(with = "FrequencyName")]
    pub frequency: Frequency,
    /// In which unit it is told, and kept.
    #[serde(with = "spelled")]
    pub unit: Unit,
    /// How many years before the period of the sheet it is of: 1 for 上年同期.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub years_before: u8,
    /// Whether it is an estimate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_estimate: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(years: &u8) -> bool {
    *years == 0
}

/// Values that are spelled as text.
pub(crate) mod spelled {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let written = String::deserialize(from)?;
        written.parse().map_err(D::Error::custom)
    }
}

/// How forms are spelled.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Form", rename_all = "kebab-case")]
pub(crate) enum FormName {
    Level,
    Cumulative,
    YearOnYear,
    PeriodOnPeriod,
}

/// How frequencies are spelled.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Frequency", rename_all = "kebab-case")]
pub(crate) enum FrequencyName {
    Day,
    TenDays,
    Week,
    Month,
    MergedMonth,
    Quarter,
    YearToDate,
    Year,
}

impl Mapping {
    /// Reads a mapping in TOML.
    ///
    /// # Errors
    /// [`Error::Unsound`] with the place in the text, or what does not go together.
    pub fn read(toml: &str) -> Result<Self, Error> {
        let mapping: Self = toml::from_str(toml).map_err(|error| unsound(&error))?;
        mapping.check()?;
        Ok(mapping)
    }

    /// The mapping in TOML, which [`Mapping::read`] reads.
    ///
    /// # Errors
    /// [`Error::Unsound`] if it is not sound.
    pub fn toml(&self) -> Result<String, Error> {
        self.check()?;
        toml::to_string(self).map_err(|error| unsound(&error))
    }

    fn check(&self) -> Result<(), Error> {
        if !(1..=NAME_OCTETS_MAX).contains(&self.name.len())
            || self.name.chars().any(char::is_control)
        {
            return Err(unsound("its name needs 1 to 128 octets of plain text"));
        }
        if !(1..=SHEETS_MAX).contains(&self.sheets.len()) {
            return Err(unsound("it needs 1 to 64 sheets"));
        }
        let mut names = BTreeSet::new();
        for sheet in &self.sheets {
            sheet.check()?;
            if !names.insert(plain(&sheet.sheet).0) {
                return Err(unsound(&format!("sheet '{}' is mapped twice", sheet.sheet)));
            }
        }
        Ok(())
    }
}

/// The refusal of a mapping.
fn unsound(problem: &(impl ToString + ?Sized)) -> Error {
    Error::Unsound {
        what: "mapping",
        problem: problem.to_string(),
    }
}

impl SheetMapping {
    /// The rows of its headings, counted from 0.
    pub(crate) fn heading_rows(&self) -> [u32; 2] {
        self.headings.map(|line| line.saturating_sub(1))
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |problem: &str| unsound(&format!("sheet '{}': {problem}", self.sheet));
        let [first, last] = self.headings;
        if first == 0 || last < first || last - first > 20 {
            return Err(wrong(
                "the lines of headings are two numbers from 1, at most 20 apart",
            ));
        }
        if !(1..=OBJECTS_MAX).contains(&self.objects.len()) {
            return Err(wrong("it needs 1 to 8 objects"));
        }
        if !(1..=FIGURES_MAX).contains(&self.figures.len()) {
            return Err(wrong("it needs 1 to 1000 figures"));
        }
        for object in &self.objects {
            let places = [&object.column, &object.cell, &object.is];
            if places.into_iter().flatten().count() != 1 {
                return Err(wrong("an object has one of column, cell and is"));
            }
            let is_cell = |cell: &String| cell.parse::<Place>().is_ok();
            if object.cell.as_ref().is_some_and(|cell| !is_cell(cell)) {
                return Err(wrong("the cell of an object is written as B2"));
            }
        }
        let mut places = BTreeSet::new();
        for figure in &self.figures {
            if figure.row.is_some() != self.label.is_some() {
                return Err(wrong(
                    "figures have a row where the sheet has a label, and only there",
                ));
            }
            let row = figure.row.as_deref().map(|row| plain(row).0);
            if !places.insert((plain(&figure.column).0, row)) {
                let problem = format!("column '{}' is mapped twice", figure.column);
                return Err(wrong(&problem));
            }
        }
        Ok(())
    }
}
