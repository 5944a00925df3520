//! What bulletin is wanted: of which region and month, by what was known when, to whom, and what
//! protects single enterprises in it.
//!
//! Not here: what it says then.

use super::{Family, Warning};
use crate::cases::check_text;
use crate::cases::packed::{form, text};
use codes::{Date, Frequency, Number, Period, Region, Unit};
use facts::disclosure::Rule;
use facts::{Error, Form, Indicator, Instant};
use serde::{Deserialize, Serialize};

/// The most parts of a region: a country has 34, a province 21 cities, a city 20 counties.
const PARTS_MAX: usize = 100;

/// The most families of figures.
const FAMILIES_MAX: usize = 8;

/// The most warnings of one bulletin.
const WARNINGS_MAX: usize = 500;

/// The most addressees, and the most who get a copy.
const ADDRESSEES_MAX: usize = 100;

/// The longest short text, in octets.
const TEXT_OCTETS_MAX: usize = 256;

/// What enterprises tell that pulls are reckoned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The indicator.
    #[serde(with = "text")]
    pub indicator: Indicator,
    /// Its form: figures that can be added up.
    #[serde(with = "form")]
    pub form: Form,
    /// In which unit it is added up.
    #[serde(with = "text")]
    pub unit: Unit,
    /// What it is called in English and in Chinese.
    pub names: [String; 2],
}

/// What protects single enterprises: see [`Rule`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// How many there must be at least behind a figure; never fewer than [`Rule::default`] wants.
    pub least: usize,
    /// (n, k): the n largest together must not have more than k per cent.
    pub dominance: Option<(usize, String)>,
    /// p: nobody must come nearer than p per cent to the largest by subtracting himself.
    pub nearness: Option<String>,
}

impl Protection {
    pub(super) fn rule(&self) -> Result<Rule, Error> {
        let number = |text: &String| Ok::<Number, Error>(text.parse()?);
        let dominance = self.dominance.as_ref();
        let dominance = dominance.map(|(count, of)| Ok::<_, Error>((*count, number(of)?)));
        Ok(Rule {
            least: self.least,
            dominance: dominance.transpose()?,
            nearness: self.nearness.as_ref().map(number).transpose()?,
        })
    }
}

impl From<Rule> for Protection {
    fn from(rule: Rule) -> Self {
        let dominance = rule.dominance;
        Self {
            least: rule.least,
            dominance: dominance.map(|(count, of)| (count, of.to_string())),
            nearness: rule.nearness.map(|of| of.to_string()),
        }
    }
}

/// Says in which numerals the day of issue is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numerals {
    /// 二〇二二年十二月五日.
    #[default]
    Chinese,
    /// 2022年12月5日, as GB/T 9704-2012 has it.
    Arabic,
}

/// What bulletin is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it is called: 1 to 24 small letters, digits, '-', '.', '_'.
    pub name: String,
    /// The bulletin that it corrects, of the same region.
    pub corrects: Option<String>,
    /// Its number among the issuer's documents, such as 工信运行〔2022〕12号; may be empty.
    pub number: String,
    /// Who issues it, in English and in Chinese.
    pub issuer: [String; 2],
    /// To whom.
    pub addressees: Vec<String>,
    /// Who gets a copy.
    pub copies: Vec<String>,
    /// What must stand on every page, such as 合成数据 of a demonstration; may be empty.
    pub mark: String,
    /// The day of issue.
    #[serde(with = "text")]
    pub issued: Date,
    /// In which numerals that is written.
    pub numerals: Numerals,
    /// The region.
    #[serde(with = "text")]
    pub region: Region,
    /// Its parts, of one level, in the order in which they are told.
    #[serde(with = "crate::cases::packed::texts")]
    pub parts: Vec<Region>,
    /// From January to the end of the month.
    #[serde(with = "text")]
    pub period: Period,
    /// As known at which moment, in milliseconds since 1970.
    pub at: u64,
    /// The families of figures.
    pub families: Vec<Family>,
    /// What pulls are reckoned from; `None` if enterprises are not asked.
    pub output: Option<Output>,
    /// What protects single enterprises.
    pub protection: Protection,
    /// The warnings that are on.
    pub warnings: Vec<Warning>,
    /// The document whose measures are told of.
    pub document: Option<String>,
    /// Whether what may name enterprises is told: the names and titles of cases and whom their
    /// enterprises asked for, remarks on figures, and the files and sheets that they came in with.
    pub names_enterprises: bool,
}

impl Order {
    /// The moment.
    pub fn at(&self) -> Instant {
        Instant(self.at)
    }

    /// The day of the moment, by which lamps are told.
    pub(crate) fn today(&self) -> Result<Date, Error> {
        let at = self.at();
        at.day_in_china().ok_or(Error::Beyond { at })
    }

    /// # Errors
    /// [`Error::Frequency`], [`Error::Count`], [`Error::Text`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.period.frequency() != Frequency::YearToDate {
            return Err(Error::Frequency {
                period: self.period,
                frequency: Frequency::YearToDate.names()[0],
            });
        }
        let counts = [
            (
                "parts of a region",
                self.parts.len(),
                PARTS_MAX,
                "at most 100",
            ),
            ("families", self.families.len(), FAMILIES_MAX, "at most 8"),
            ("warnings", self.warnings.len(), WARNINGS_MAX, "at most 500"),
            (
                "addressees",
                self.addressees.len(),
                ADDRESSEES_MAX,
                "at most 100",
            ),
            ("copies", self.copies.len(), ADDRESSEES_MAX, "at most 100"),
        ];
        let least = self.protection.least;
        if least < Rule::default().least {
            return Err(Error::Count {
                what: "enterprises that must be behind a figure",
                counted: least,
                expected: "at least 3",
            });
        }
        for (what, counted, most, expected) in counts {
            if counted > most {
                return Err(Error::Count {
                    what,
                    counted,
                    expected,
                });
            }
        }
        let names = self
            .addressees
            .iter()
            .chain(&self.copies)
            .chain(&self.issuer);
        for text in names {
            check_text("an issuer or addressee", text, 1, TEXT_OCTETS_MAX)?;
        }
        for text in [&self.number, &self.mark] {
            check_text("a number or mark", text, 0, TEXT_OCTETS_MAX)?;
        }
        for warning in &self.warnings {
            let texts = warning.title.iter().chain([&warning.name]);
            for text in texts {
                check_text("a warning", text, 1, TEXT_OCTETS_MAX)?;
            }
            check_text("an owner", &warning.owner, 0, TEXT_OCTETS_MAX)?;
        }
        Ok(())
    }
}
