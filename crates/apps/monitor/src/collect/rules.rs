//! Rules that figures are held to: data that a bureau writes, none built in.
//!
//! ```toml
//! name = "规上工业月报审核"
//! mappings = ["规上工业月报"]   # for workbooks of these mappings; of all if it names none
//!
//! [[rules]]
//! name = "产值 = 内销 + 出口"
//! severity = "error"          # or "warning", "note"
//! check = { parts = { whole = "output", parts = ["domestic", "export"], tolerance = "1" } }
//!
//! [[rules]]
//! name = "产值环比"
//! severity = "warning"
//! check = { growth = { indicator = "output", on = "previous", min = "-50", max = "100" } }
//! ```
//!
//! | check | holds if |
//! | --- | --- |
//! | `parts` | the whole is the sum of its parts, of the same objects and period |
//! | `at-most` | a part is not above its whole |
//! | `regions` | a region's figure is the sum of those of the regions directly in it |
//! | `totals` | rows that total others are their sums |
//! | `cumulation` | the year to date has grown by the figure of its last month |
//! | `ratio`, `range` | a ratio of two figures, or a figure, lies within bounds |
//! | `not-negative` | figures are not below zero |
//! | `growth` | a figure has grown by no more and no less per cent than that |
//! | `slip` | a figure is not about a power of ten of what it was: another unit |
//! | `comparable` | all who told the period before tell this one, and nobody else |
//!
//! Tolerances are in the unit that the figures are kept in. What a check needs is looked for in the
//! workbook, then in what is known; where it is nowhere the rule says nothing.
//!
//! Not here: carrying them out (`judge`).

mod chosen;

pub use chosen::{keep_rules, rules_for};

use super::Error;
use super::finding::Severity;
use super::mapping::spelled;
use codes::Number;
use facts::Indicator;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most rules of a set.
const RULES_MAX: usize = 1_000;

/// The most mappings of a set.
const MAPPINGS_MAX: usize = 100;

/// A set to begin with, marked as an example (示例): its limits are made up.
pub const EXAMPLE_RULES: &str = include_str!("../../rules/monthly-report.toml");

/// The most parts of a whole.
const PARTS_MAX: usize = 64;

/// The longest name, in octets.
const NAME_OCTETS_MAX: usize = 128;

/// A set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What the set is called.
    pub name: String,
    /// For workbooks of which mappings it is; of all others if it names none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<String>,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it is called: 1 to 128 octets. Findings name it.
    pub name: String,
    /// What it does if it does not hold.
    #[serde(with = "SeverityName")]
    pub severity: Severity,
    /// What must hold.
    pub check: Check,
}

/// How severities are spelled.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Severity", rename_all = "kebab-case")]
enum SeverityName {
    Note,
    Warning,
    Error,
}

/// A name of an indicator in rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Named(#[serde(with = "spelled")] pub Indicator);

/// A number in rules, written as text so that it stays exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Exactly(#[serde(with = "spelled")] pub Number);

/// What must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// The whole is the sum of its parts.
    Parts {
        /// The whole.
        whole: Named,
        /// Its parts; a part that is not told at all is nothing.
        parts: Vec<Named>,
        /// How far they may be apart.
        tolerance: Exactly,
    },
    /// A part is not above its whole.
    AtMost {
        /// The part.
        part: Named,
        /// The whole.
        whole: Named,
    },
    /// A region is the sum of the regions directly in it, where the workbook has any of them.
    Regions {
        /// Of which figure; growths do not add up.
        indicator: Named,
        /// How far they may be apart.
        tolerance: Exactly,
    },
    /// Rows that total others are their sums.
    Totals {
        /// How far they may be apart.
        tolerance: Exactly,
    },
    /// The year to date less that to the month before is the month.
    Cumulation {
        /// Of which figure.
        indicator: Named,
        /// How far they may be apart.
        tolerance: Exactly,
    },
    /// A ratio lies within bounds, both included.
    Ratio {
        /// What is divided.
        of: Named,
        /// By what; by zero there is no ratio, and the rule says nothing.
        to: Named,
        /// The least.
        min: Option<Exactly>,
        /// The most.
        max: Option<Exactly>,
    },
    /// A figure lies within bounds, both included.
    Range {
        /// Which figure.
        indicator: Named,
        /// The least.
        min: Option<Exactly>,
        /// The most.
        max: Option<Exactly>,
    },
    /// Figures that count something are not below zero.
    NotNegative {
        /// Which figures.
        indicators: Vec<Named>,
    },
    /// The growth on another period in per cent lies within bounds, both included.
    Growth {
        /// Of which figure.
        indicator: Named,
        /// On which period.
        on: Base,
        /// The least.
        min: Option<Exactly>,
        /// The most.
        max: Option<Exactly>,
    },
    /// A figure is not about so many times, or such a part of, what it was in the period before or
    /// in the year before: from half to twice that.
    Slip {
        /// Which figures.
        indicators: Vec<Named>,
        /// How many times, such as 10000.
        factors: Vec<u64>,
    },
    /// Who told the period before tells this one, and nobody else.
    Comparable {
        /// Which figure.
        indicator: Named,
    },
}

/// What a growth is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// The period before.
    Previous,
    /// The same period of the year before.
    YearBefore,
}

impl Rules {
    /// Reads rules in TOML.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    pub fn read(toml: &str) -> Result<Self, Error> {
        let rules: Self = toml::from_str(toml).map_err(|error| unsound(&error))?;
        rules.check()?;
        Ok(rules)
    }

    /// The rules in TOML, which [`Rules::read`] reads.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    pub fn toml(&self) -> Result<String, Error> {
        self.check()?;
        toml::to_string(self).map_err(|error| unsound(&error))
    }

    fn check(&self) -> Result<(), Error> {
        if self.rules.len() > RULES_MAX {
            return Err(unsound("there are more than 1000"));
        }
        if self.mappings.len() > MAPPINGS_MAX {
            return Err(unsound("it is for at most 100 mappings"));
        }
        let is_plain = |name: &str| {
            (1..=NAME_OCTETS_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
        };
        if !is_plain(&self.name) {
            return Err(unsound("its name needs 1 to 128 octets of plain text"));
        }
        let mut names = BTreeSet::new();
        for rule in &self.rules {
            if !is_plain(&rule.name) {
                return Err(unsound(
                    "the name of a rule needs 1 to 128 octets of plain text",
                ));
            }
            if !names.insert(&rule.name) {
                return Err(unsound(&format!("'{}' is there twice", rule.name)));
            }
            if let Some(problem) = rule.check.problem() {
                return Err(unsound(&format!("'{}': {problem}", rule.name)));
            }
        }
        Ok(())
    }
}

fn unsound(problem: &(impl ToString + ?Sized)) -> Error {
    Error::Unsound {
        what: "set of rules",
        problem: problem.to_string(),
    }
}

impl Check {
    /// Why it could never hold, or never fail.
    fn problem(&self) -> Option<&'static str> {
        let bounds = |min: &Option<Exactly>, max: &Option<Exactly>| match (min, max) {
            (None, None) => Some("it has no bounds, and would never fail"),
            (Some(min), Some(max)) if min.0 > max.0 => {
                Some("its least is above its most, and it would never hold")
            }
            _ => None,
        };
        let tolerance = |tolerance: &Exactly| {
            let is_negative = tolerance.0.is_negative();
            is_negative.then_some("its tolerance is below zero, and it would never hold")
        };
        match self {
            Self::Parts {
                parts,
                tolerance: by,
                whole,
            } => {
                let is_sound = (1..=PARTS_MAX).contains(&parts.len()) && !parts.contains(whole);
                let of_parts = "it needs 1 to 64 parts, and the whole is none of them";
                (!is_sound).then_some(of_parts).or_else(|| tolerance(by))
            }
            Self::AtMost { part, whole } => {
                (part == whole).then_some("the part is the whole, and it would never fail")
            }
            Self::Regions { tolerance: by, .. }
            | Self::Totals { tolerance: by }
            | Self::Cumulation { tolerance: by, .. } => tolerance(by),
            Self::Ratio { min, max, .. }
            | Self::Range { min, max, .. }
            | Self::Growth { min, max, .. } => bounds(min, max),
            Self::NotNegative { indicators } => indicators
                .is_empty()
                .then_some("it names no figure, and would never fail"),
            Self::Slip {
                indicators,
                factors,
            } => {
                let is_sound = !indicators.is_empty()
                    && !factors.is_empty()
                    && factors.iter().all(|factor| *factor >= 5);
                (!is_sound).then_some("it needs figures, and factors from 5")
            }
            Self::Comparable { .. } => None,
        }
    }
}
