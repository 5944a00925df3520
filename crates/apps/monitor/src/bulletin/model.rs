//! What a bulletin is made of: sentences and tables whose every figure names its source.
//!
//! Figures stand in no words: whoever wants to know where one comes from follows its number into
//! the list of sources, and from there to the observation and its revision ([`super::trace`]).
//!
//! Not here: how it comes about (`compose`), how it looks (`html`, `docx`, `xlsx`, `typst`).

use super::Order;
use crate::cases::packed::text;
use codes::{Number, Period};
use facts::{Error, Form, Instant, Object, Role, Series};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A bulletin as it is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// What was asked for: with it, it can be made again.
    pub order: Order,
    /// Its title in English and in Chinese.
    pub title: [String; 2],
    /// What the objects in it were called, by role and identifier.
    pub names: BTreeMap<String, String>,
    /// What it says.
    pub sections: Vec<Section>,
    /// Where its figures come from; a figure's source is its place in here.
    pub sources: Vec<Source>,
    /// The earlier bulletins of the same sums, by name: together with them single enterprises are
    /// protected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
}

/// A part under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The heading in English and in Chinese.
    pub heading: [String; 2],
    /// Sentences.
    pub paragraphs: Vec<Paragraph>,
    /// Tables behind them.
    pub tables: Vec<Table>,
}

/// The same in two languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Paragraph {
    /// In English.
    pub english: Vec<Piece>,
    /// In Chinese.
    pub chinese: Vec<Piece>,
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Words by rule, without a digit.
    Words(String),
    /// The name of an object, a body, a period or a day.
    Name(String),
    /// A figure.
    Figure(Figure),
}

/// A figure as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Its digits, rounded; the unit stands in the words or in the head of the column.
    pub text: String,
    /// Its source, counted from 0.
    pub source: usize,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows, in English and in Chinese.
    pub caption: [String; 2],
    /// The heads of its columns, likewise.
    pub head: Vec<[String; 2]>,
    /// Its rows, as wide as the head.
    pub rows: Vec<Vec<Cell>>,
}

/// A place of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Words or a name, in English and in Chinese.
    Words([String; 2]),
    /// A figure.
    Figure(Figure),
    /// A figure that must not be shown.
    Hidden,
    /// There is none.
    Missing,
}

/// What is put where a figure must not be shown.
pub const HIDDEN: &str = "***";

/// What is put where there is no figure.
pub const MISSING: &str = "…";

impl Cell {
    /// A name, the same in both languages.
    pub(super) fn name(name: &str) -> Self {
        Self::Words([name.to_owned(), name.to_owned()])
    }

    /// What stands in it, in English (0) or Chinese (1).
    pub fn text(&self, language: usize) -> &str {
        match self {
            Self::Words(words) => words.get(language).map_or("", String::as_str),
            Self::Figure(figure) => &figure.text,
            Self::Hidden => HIDDEN,
            Self::Missing => MISSING,
        }
    }

    /// The source of what stands in it.
    pub fn source(&self) -> Option<usize> {
        match self {
            Self::Figure(figure) => Some(figure.source),
            _ => None,
        }
    }
}

impl Piece {
    /// What it says.
    pub fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::Name(text) => text,
            Self::Figure(figure) => &figure.text,
        }
    }

    /// The source of what it says.
    pub fn source(&self) -> Option<usize> {
        match self {
            Self::Figure(figure) => Some(figure.source),
            _ => None,
        }
    }
}

impl Paragraph {
    /// Its pieces in English (0) or Chinese (1).
    pub fn pieces(&self, language: usize) -> &[Piece] {
        if language == 0 {
            &self.english
        } else {
            &self.chinese
        }
    }
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// One observation.
    Told(Told),
    /// The sum of what enterprises told that can be compared with the year before. Which they are
    /// is not told here, for a bulletin goes out of the house; whoever may see them asks
    /// [`super::trace`].
    Sum {
        /// Of which region; its code.
        region: String,
        /// Of which industry; its code.
        industry: Option<String>,
        /// For which period.
        #[serde(with = "text")]
        period: Period,
        /// How many enterprises.
        enterprises: usize,
        /// When the newest of their figures became known.
        known_at: u64,
        /// The sum, in the unit of the order.
        #[serde(with = "text")]
        value: Number,
    },
    /// Reckoned from others.
    Reckoned {
        /// How.
        how: How,
        /// From which, by their places in the list. Of ranks the first is what is ranked.
        of: Vec<usize>,
        /// The result.
        #[serde(with = "text")]
        value: Number,
    },
    /// Counted.
    Counted {
        /// What was counted.
        what: String,
        /// What was counted, by name.
        of: Vec<String>,
    },
    /// Told of a case, a task or a warning: its name.
    Record {
        /// Which.
        name: String,
    },
}

/// One observation, and since when it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The indicator.
    pub indicator: String,
    /// The objects, each the number of its role and its identifier.
    pub objects: Vec<(u8, String)>,
    /// The number of the frequency.
    pub frequency: u8,
    /// The number of the form.
    pub form: u8,
    /// The period.
    #[serde(with = "text")]
    pub period: Period,
    /// The revision: when it became known, in milliseconds since 1970.
    pub known_at: u64,
    /// Whether it was estimated.
    pub is_estimate: bool,
    /// Who told it.
    pub reporter: String,
    /// When they told it.
    pub released_at: u64,
    /// What else they said; empty unless the order names enterprises.
    pub remark: String,
    /// Where it stood in the workbook that it came in with, if it came in with one.
    pub cell: Option<Origin>,
    /// The figure as told.
    #[serde(with = "text")]
    pub value: Number,
    /// Its unit.
    pub unit: String,
}

/// A cell of a workbook that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The batch, by its moment in milliseconds since 1970.
    pub batch: u64,
    /// What the file is called; empty unless the order names enterprises.
    pub file: String,
    /// The sheet, likewise.
    pub sheet: String,
    /// The cell, such as `C7`.
    pub cell: String,
}

/// Prints the file, the sheet, the cell and the batch.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            return write!(f, "{} #{}", self.cell, self.batch);
        }
        write!(
            f,
            "{} {}!{} #{}",
            self.file, self.sheet, self.cell, self.batch
        )
    }
}

impl Told {
    /// The series that it is of.
    ///
    /// # Errors
    /// [`Error::Stored`] if there is no such series.
    pub fn series(&self) -> Result<Series, Error> {
        let wrong = |problem: String| Error::Stored {
            what: "source of a bulletin",
            problem,
        };
        let form = Form::ALL
            .into_iter()
            .find(|form| form.number() == self.form);
        let frequency = codes::Frequency::from_number(self.frequency);
        let (Some(form), Some(frequency)) = (form, frequency) else {
            return Err(wrong("its form or frequency is not known".to_owned()));
        };
        let mut objects = Vec::new();
        for (role, id) in &self.objects {
            let role = Role::from_number(*role).ok_or_else(|| wrong("a role is 0".to_owned()))?;
            objects.push(Object::new(role, id)?);
        }
        Series::new(self.indicator.parse()?, objects, frequency, form)
    }

    /// When it became known.
    pub fn known_at(&self) -> Instant {
        Instant(self.known_at)
    }
}

/// Says how a figure is reckoned from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// The first less the second.
    Difference,
    /// By how many per cent the first is more than the second.
    Growth,
    /// By how many points a part pulls the whole: of part and whole, now and a year before each.
    Pull,
    /// How many per cent of the whole's growth are the part's, likewise.
    Rate,
    /// The place of the first among all.
    Rank,
    /// What is left of the first two, now and a year before, less all others.
    Rest,
    /// The same in another unit.
    Converted,
}

impl How {
    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Difference => ["difference", "差额"],
            Self::Growth => ["growth", "增速"],
            Self::Pull => ["pull", "拉动"],
            Self::Rate => ["contribution", "贡献率"],
            Self::Rank => ["rank", "位次"],
            Self::Rest => ["rest", "其余合计"],
            Self::Converted => ["in another unit", "单位换算"],
        }
    }
}

impl Source {
    /// A line about it in English (0) or Chinese (1).
    pub fn line(&self, language: usize) -> String {
        let is_english = language == 0;
        match self {
            Self::Told(told) => {
                let objects: Vec<_> = told.objects.iter().map(|(_, id)| id.as_str()).collect();
                let (objects, at) = (objects.join(" "), told.known_at());
                let Told {
                    indicator,
                    period,
                    reporter,
                    remark,
                    value,
                    unit,
                    ..
                } = told;
                let kind = match (told.is_estimate, is_english) {
                    (false, true) => "reported",
                    (false, false) => "上报",
                    (true, true) => "estimated",
                    (true, false) => "预计",
                };
                let head = format!("{indicator} · {objects} · {period} = {value} {unit}");
                let mut more = String::new();
                if !remark.is_empty() {
                    more = format!(" · {remark}");
                }
                if let Some(cell) = &told.cell {
                    more = format!("{more} · {cell}");
                }
                if is_english {
                    format!("{head}; {kind} by {reporter}, known since {at}{more}")
                } else {
                    format!("{head}；{reporter}{kind}，获知于 {at}{more}")
                }
            }
            Self::Sum {
                region,
                industry,
                period,
                enterprises,
                known_at,
                value,
            } => {
                let industry = industry.as_deref().unwrap_or("");
                let at = Instant(*known_at);
                let head = format!("{region} {industry} · {period} = {value}");
                if is_english {
                    format!("{head}; sum of {enterprises} enterprises, newest known since {at}")
                } else {
                    format!("{head}；{enterprises} 家可比企业合计，最新获知于 {at}")
                }
            }
            Self::Reckoned { how, of, value } => {
                let of: Vec<_> = of.iter().map(|at| format!("[{}]", at + 1)).collect();
                let name = how.names()[language.min(1)];
                format!("{name} {value} ← {}", of.join(" "))
            }
            Self::Counted { what, of } => format!("{what}: {}", of.join(", ")),
            Self::Record { name } => name.clone(),
        }
    }
}
