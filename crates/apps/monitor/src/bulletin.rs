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
mod order;
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
pub use order::{Numerals, Order, Output, Protection};
pub use typst::typst;
pub use xlsx::xlsx;

use crate::cases::packed::{form, text};
use crate::warn;
use codes::Date;
use facts::{Error, Form, Indicator, Object};
use serde::{Deserialize, Serialize};

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
