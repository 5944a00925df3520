//! Targets that are set by people at a screen or a command: kept beside facts, versioned, each with
//! who set it. They go before those of a file.
//!
//! Not here: the file (room `cli`).

use crate::collect::{self, newest};
use crate::naming::object_named;
use codes::{Number, Period};
use facts::{Indicator, Instant, Object, View};
use model::Change;
use serde::{Deserialize, Serialize};

/// The most targets that are kept: a province's enterprises are set in the file.
const TARGETS_MAX: usize = 3000;

/// Under which name they are kept.
const NAME: &str = "targets";

/// Growths in per cent that nobody means: a slip of a unit or of a point.
const GROWTH_MAX: i32 = 1000;

/// A target as somebody has set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTarget {
    /// Whose.
    pub object: Object,
    /// Of which figure.
    pub indicator: Indicator,
    /// Of which year.
    pub year: u16,
    /// By how many per cent it is to grow.
    pub growth: Number,
    /// Who set it; empty of one that stands in a file.
    pub by: String,
}

impl SetTarget {
    /// Whether it is of the same object, figure and year as another.
    pub fn is_for_same(&self, other: &Self) -> bool {
        let of = |target: &Self| (target.object.clone(), target.year);
        of(self) == of(other) && self.indicator == other.indicator
    }
}

/// The targets that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSet {
    /// What the set is called.
    pub name: String,
    #[serde(default)]
    targets: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    object: String,
    indicator: String,
    year: u16,
    growth: String,
    by: String,
}

impl TargetSet {
    /// Reads targets in TOML.
    ///
    /// # Errors
    /// [`collect::Error::Unsound`].
    pub fn read(toml: &str) -> Result<Self, collect::Error> {
        let set: Self = toml::from_str(toml).map_err(|error| unsound(&error))?;
        set.targets()?;
        Ok(set)
    }

    /// The targets in TOML.
    ///
    /// # Errors
    /// [`collect::Error::Unsound`].
    pub fn toml(&self) -> Result<String, collect::Error> {
        toml::to_string(self).map_err(|error| unsound(&error))
    }

    /// What is in it.
    ///
    /// # Errors
    /// [`collect::Error::Unsound`].
    pub fn targets(&self) -> Result<Vec<SetTarget>, collect::Error> {
        self.targets.iter().map(Line::target).collect()
    }

    fn of(targets: &[SetTarget]) -> Self {
        Self {
            name: NAME.to_owned(),
            targets: targets.iter().map(Line::of).collect(),
        }
    }
}

impl Line {
    fn target(&self) -> Result<SetTarget, collect::Error> {
        let target = SetTarget {
            object: object_named(&self.object)?,
            indicator: self.indicator.parse()?,
            year: self.year,
            growth: self.growth.parse()?,
            by: self.by.clone(),
        };
        check(&target)?;
        Ok(target)
    }

    fn of(target: &SetTarget) -> Self {
        Self {
            object: target.object.id().to_owned(),
            indicator: target.indicator.to_string(),
            year: target.year,
            growth: target.growth.to_string(),
            by: target.by.clone(),
        }
    }
}

fn check(target: &SetTarget) -> Result<(), collect::Error> {
    let least = Number::from(-100);
    if target.growth <= least || target.growth > Number::from(GROWTH_MAX) {
        return Err(unsound("a growth is above -100 and at most 1000 per cent"));
    }
    if Period::year_to_date(target.year, 12).is_none() {
        return Err(unsound("there is no such year"));
    }
    let by = target.by.chars();
    if target.by.len() > 256 || by.into_iter().any(char::is_control) {
        return Err(unsound("who sets it has at most 256 octets of plain text"));
    }
    Ok(())
}

fn unsound(problem: &(impl ToString + ?Sized)) -> collect::Error {
    collect::Error::Unsound {
        what: "table of targets",
        problem: problem.to_string(),
    }
}

fn kept(view: &dyn View) -> Result<Vec<SetTarget>, collect::Error> {
    match newest::<TargetSet>(view, NAME)? {
        Some((_, set)) => set.targets(),
        None => Ok(Vec::new()),
    }
}

/// All targets: those that are kept, and of a file those that none of them replaces.
///
/// # Errors
/// [`collect::Error::Facts`] if they cannot be read.
pub fn all(view: &dyn View, of_file: &[SetTarget]) -> Result<Vec<SetTarget>, collect::Error> {
    let mut found = kept(view)?;
    let of_file = of_file.iter();
    let rest: Vec<_> = of_file
        .filter(|of| !found.iter().any(|kept| kept.is_for_same(of)))
        .cloned()
        .collect();
    found.extend(rest);
    Ok(found)
}

/// Plans to set a target, in the place of one for the same object, figure and year.
///
/// # Errors
/// [`collect::Error::Unsound`] of a growth or a year that nobody means, and if there are 3,000;
/// [`collect::Error::Facts`].
pub fn set(
    view: &dyn View,
    at: Instant,
    target: &SetTarget,
) -> Result<(Change, ()), collect::Error> {
    check(target)?;
    let mut all = kept(view)?;
    all.retain(|of| !of.is_for_same(target));
    if all.len() >= TARGETS_MAX {
        return Err(unsound("there are 3000; put more of them into the file"));
    }
    all.push(target.clone());
    let (change, _) = collect::keep(view, at, &TargetSet::of(&all))?;
    Ok((change, ()))
}

/// Plans to take a target back that was set: the file's holds again, if it has one.
///
/// # Errors
/// [`facts::Error::Missing`] if none was set; [`collect::Error::Facts`].
pub fn unset(
    view: &dyn View,
    at: Instant,
    target: &SetTarget,
) -> Result<(Change, ()), collect::Error> {
    let mut all = kept(view)?;
    let before = all.len();
    all.retain(|of| !of.is_for_same(target));
    if all.len() == before {
        return Err(collect::Error::Facts(facts::Error::Missing {
            what: "target that was set",
            name: target.object.id().to_owned(),
        }));
    }
    let (change, _) = collect::keep(view, at, &TargetSet::of(&all))?;
    Ok((change, ()))
}
