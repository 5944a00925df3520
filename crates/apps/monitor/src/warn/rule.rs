//! Rules: what is warned of, by a ladder of levels over expressions.
//!
//! ```text
//! # 示例。Days are the user's: no threshold is built in.
//! rule cover "库存可用天数" "days of cover"
//! every month
//! of region material
//! let floor = 15
//! level blue "蓝色"   when value(stock, t) / value(use, t) < 1 until value(stock, t) > 2 for 2
//! level red "红色"    when avg(value(cover, d), 3) < floor for 2
//! missing raise blue after 2
//! inhibit below at red
//! escalate after 3
//! ```
//!
//! The text is the rule: it is what is stored, digested and shown. Not here: how it is read
//! (`clauses`, `parser`), how it is applied (`assessment`), whether it is live (`register`).

use super::clauses;
use super::complaint::Complaint;
use super::expression::{Condition, Extent, Reference};
use super::ladder::{Duration, Ladder, Missing};
use codes::{Frequency, Number};
use facts::Role;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A number that a rule compares with: the user's to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// What it is called in the rule.
    pub name: String,
    /// What it is.
    pub number: Number,
}

/// A level of a ladder, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// What it is called in the rule.
    pub name: String,
    /// What it is called on pages; the name if nothing else was said.
    pub title: String,
    pub(super) when: Condition,
    pub(super) until: Option<Condition>,
    pub(super) duration: Duration,
}

/// Says whose warnings let nobody be told of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inhibition {
    /// A warning of this rule from this level on lets nobody be told of those that lie below it: a
    /// province's of its cities'.
    Below {
        /// From which level on, from 1.
        level: u8,
    },
    /// A warning of another rule about the same, or about what it lies in, lets nobody be told of
    /// this rule's.
    By {
        /// The other rule.
        rule: String,
        /// From which of its levels on, by name.
        level: String,
    },
}

/// A rule as its text says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub(super) text: Arc<str>,
    pub(super) name: String,
    pub(super) titles: [String; 2],
    pub(super) frequency: Frequency,
    pub(super) roles: Vec<Role>,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) levels: Vec<Level>,
    pub(super) missing: Missing,
    pub(super) inhibitions: Vec<Inhibition>,
    pub(super) escalate_after_days: Option<u16>,
    pub(super) history: u16,
}

impl Rule {
    /// Reads the text of a rule.
    ///
    /// ```
    /// use monitor::warn::Rule;
    ///
    /// let text = "rule r every month of region level red when yoy(output) < -5";
    /// assert_eq!(Rule::read(text)?.name(), "r");
    /// let complaint = Rule::read("rule r every fortnight").unwrap_err();
    /// let told = complaint.to_string();
    /// assert!(told.starts_with("line 1, column 14: found 'fortnight', expected"));
    /// assert!(complaint.chinese().starts_with("第 1 行第 14 列："));
    /// # Ok::<(), monitor::warn::Complaint>(())
    /// ```
    ///
    /// # Errors
    /// The first thing that is wrong, at its place. Limits: 16 KiB of text, 400 parts and 32 levels
    /// of parentheses a condition, windows of 366 periods, 200,000 steps an evaluation.
    pub fn read(text: &str) -> Result<Self, Complaint> {
        clauses::read(text)
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is called: letters, digits, `.`, `-`, `_`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called on pages, in Chinese and in English.
    pub fn titles(&self) -> [&str; 2] {
        [&self.titles[0], &self.titles[1]]
    }

    /// For which periods it is evaluated.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// The roles of what it is applied to, in order.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Its thresholds, as they are written.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// Its levels, the lowest first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The title of a level by its number, from 1; `None` of 0 and of those it does not have.
    pub fn level(&self, number: u8) -> Option<&Level> {
        self.levels.get(usize::from(number).checked_sub(1)?)
    }

    /// What is done where figures are missing.
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// Whose warnings inhibit whose.
    pub fn inhibitions(&self) -> &[Inhibition] {
        &self.inhibitions
    }

    /// After how many days without an acknowledgement a warning goes a region up.
    pub fn escalate_after_days(&self) -> Option<u16> {
        self.escalate_after_days
    }

    /// How many periods an evaluation starts back, with nothing on.
    pub fn history(&self) -> u16 {
        self.history
    }

    /// Which figures it speaks of, each once.
    pub fn references(&self) -> BTreeSet<&Reference> {
        let mut found = BTreeSet::new();
        for level in &self.levels {
            for condition in [Some(&level.when), level.until.as_ref()]
                .into_iter()
                .flatten()
            {
                condition.each_reference(&mut |reference| {
                    found.insert(reference);
                });
            }
        }
        found
    }

    /// How many periods before the first that it is evaluated for it looks at.
    pub(super) fn reach(&self) -> u32 {
        let extents = extents(&self.levels);
        extents.map(|extent| extent.reach).max().unwrap_or(0)
    }

    /// How many steps an evaluation takes, all periods of its history included.
    pub(super) fn work(&self) -> u64 {
        let works = extents(&self.levels).map(|extent| extent.work);
        let once = works.fold(0, u64::saturating_add);
        once.saturating_mul(u64::from(self.history) + 1)
    }

    /// The same rule with another number for a threshold, to see what would become of it; `None` if
    /// there is no such threshold. Its text and digest stay, for it is no rule of its own: outside
    /// this module it could be tested, and pass for the rule whose text it has.
    pub(super) fn with_threshold(&self, name: &str, number: Number) -> Option<Self> {
        let mut rule = self.clone();
        let found = rule.thresholds.iter_mut().find(|one| one.name == name)?;
        found.number = number;
        Some(rule)
    }

    /// The digest of its text: what somebody has seen is that and nothing else.
    pub fn digest(&self) -> Digest {
        Digest::of(&[b"rule", self.text.as_bytes()])
    }

    /// Its ladder with nothing on.
    pub(super) fn ladder(&self) -> Ladder {
        let durations = self.levels.iter().map(|level| level.duration).collect();
        Ladder::new(durations, self.missing)
    }
}

/// How much each condition of a ladder is.
fn extents(levels: &[Level]) -> impl Iterator<Item = Extent> + '_ {
    let conditions = levels
        .iter()
        .flat_map(|level| [Some(&level.when), level.until.as_ref()]);
    conditions.flatten().map(Condition::extent)
}

/// SHA-256 of some octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of parts, each with its length before it, so that nothing can move from one to the next.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The first half of it in hexadecimal: long enough for names.
    pub fn short(&self) -> String {
        self.to_string()[..32].to_owned()
    }
}

/// Prints it in hexadecimal.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}
