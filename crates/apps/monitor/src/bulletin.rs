//! The bulletin of a region and a month: production, efficiency, investment and manufacturing's
//! share, ranks, who pulled up and who down, warnings, cases, measures.
//!
//! ```text
//! Order ── compose: facts as known at a moment ──▶ Bulletin: sentences, tables, sources
//!   └───── issue: frozen as octets, in events ◀────────┘ │
//!          receipt, correction                           └──▶ html · docx · xlsx · typst · json
//! ```
//!
//! A bulletin is composed of what was known at one moment ([`Order::at`]), so it comes out in the
//! same octets whenever it is made again ([`remake`]). Once issued its octets are kept: a later
//! revision changes none of them, and what was wrong is put right by another bulletin that names
//! the one that it corrects.
//!
//! Every figure names its source: the observation and its revision, or what it was reckoned from;
//! [`trace()`] finds the observations themselves. Words are by rule and say no causes. Sums of
//! enterprises pass disclosure control on their way in ([`crate::Board`]), and what it hides is
//! told as hidden.
//!
//! Not here: PDF (the Typst source is), who may issue, sending.

mod compose;
mod docx;
mod earlier;
mod families;
mod html;
mod issue;
mod model;
mod nameless;
mod pulls;
mod standing;
#[cfg(test)]
mod tests;
mod typst;
mod words;
mod xlsx;

pub use compose::{compose, remake};
pub use docx::{Languages, docx};
pub use html::html;
pub use issue::{
    Issued, Receipt, Traced, find, issue, issued, octets, receipts, receive, trace, without_receipt,
};
pub use model::{
    Bulletin, Cell, Figure, HIDDEN, How, MISSING, Origin, Paragraph, Piece, Section, Source, Table,
    Told,
};
pub use nameless::case_of;
pub use typst::typst;
pub use xlsx::xlsx;

use crate::cases::check_text;
use crate::cases::packed::{form, text};
use crate::warn;
use codes::{Date, Frequency, Number, Period, Region, Unit};
use facts::disclosure::Rule;
use facts::{Error, Form, Indicator, Instant, Object};
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

/// Says of which family figures are (B3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Industrial production.
    Production,
    /// Efficiency: profits.
    Efficiency,
    /// Investment.
    Investment,
    /// Manufacturing's share of value added.
    Share,
}

impl Kind {
    /// What its figure is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Production => ["industrial value added", "规模以上工业增加值"],
            Self::Efficiency => [
                "profits of industrial enterprises",
                "规模以上工业企业利润总额",
            ],
            Self::Investment => ["industrial investment", "工业投资"],
            Self::Share => ["manufacturing's share of value added", "制造业增加值占比"],
        }
    }
}

/// A family, and the series of regions that tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Which.
    pub kind: Kind,
    /// The indicator.
    #[serde(with = "text")]
    pub indicator: Indicator,
    /// A growth as it is told ([`Form::YearOnYear`]), or figures of which growth is reckoned; of a
    /// share its level.
    #[serde(with = "form")]
    pub form: Form,
}

impl Family {
    /// The four families, told by the indicators of [`crate::measures::catalogue`].
    ///
    /// # Errors
    /// [`Error::Code`] never: the names are ours.
    pub fn four() -> Result<Vec<Self>, Error> {
        let of = |kind, indicator: &str, form| {
            let indicator = indicator.parse()?;
            Ok::<_, Error>(Self {
                kind,
                indicator,
                form,
            })
        };
        Ok(vec![
            of(Kind::Production, "value-added-growth", Form::YearOnYear)?,
            of(Kind::Efficiency, "profit-growth", Form::YearOnYear)?,
            of(Kind::Investment, "investment-growth", Form::YearOnYear)?,
            of(Kind::Share, "manufacturing-share", Form::Level)?,
        ])
    }
}

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
    fn rule(&self) -> Result<Rule, Error> {
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

/// How bad a warning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningLevel {
    /// Worst.
    Red,
    /// Worse.
    Yellow,
    /// Bad.
    Blue,
}

impl WarningLevel {
    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Red => ["red", "红色"],
            Self::Yellow => ["yellow", "黄色"],
            Self::Blue => ["blue", "蓝色"],
        }
    }
}

/// A warning that is on, as the bulletin tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is called.
    pub name: String,
    /// How bad it is.
    pub level: WarningLevel,
    /// Of what, and what about it, in English and in Chinese; no single enterprise.
    pub title: [String; 2],
    /// Since when.
    #[serde(with = "text")]
    pub since: Date,
    /// Who answers for it; empty if nobody does yet.
    pub owner: String,
    /// The case that was opened for it.
    pub case: Option<String>,
}

impl Warning {
    /// A warning as it was raised, under a title that names no single enterprise, and the case that
    /// was opened for it. `None` of one that has ended, or tells only that something is unknown.
    ///
    /// Ladders are the user's: a level that is called red, yellow or blue, in either language, is
    /// that; of others the first is blue, the second yellow, and those above are red.
    pub fn of(
        raised: &warn::warning::Warning,
        title: [String; 2],
        case: Option<String>,
    ) -> Option<Self> {
        if raised.ended_at.is_some() || raised.level == 0 {
            return None;
        }
        let name = raised.level_name.to_lowercase();
        let called = |words: [&str; 2]| words.iter().any(|word| name.contains(word));
        let level = match raised.level {
            _ if called(["red", "红"]) => WarningLevel::Red,
            _ if called(["yellow", "黄"]) => WarningLevel::Yellow,
            _ if called(["blue", "蓝"]) => WarningLevel::Blue,
            1 => WarningLevel::Blue,
            2 => WarningLevel::Yellow,
            _ => WarningLevel::Red,
        };
        Some(Self {
            name: raised.name.clone(),
            level,
            title,
            since: raised.raised_at.day_in_china()?,
            owner: raised.owner.clone(),
            case,
        })
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

/// Says what objects are called; `None` where it is not known.
pub type Names<'n> = &'n dyn Fn(&Object) -> Option<String>;

/// The model as JSON, for programs; cases of warnings by their own names only if those go out.
pub fn json(bulletin: &Bulletin) -> String {
    let order = &bulletin.order;
    if !order.names_enterprises && order.warnings.iter().any(|of| of.case.is_some()) {
        let mut nameless = bulletin.clone();
        for warning in &mut nameless.order.warnings {
            warning.case = None;
        }
        return json(&nameless);
    }
    serde_json::to_string_pretty(bulletin).expect("structs of texts and counts are always JSON")
}
