//! Expressions over series: quantities and conditions, as they are once they have been read.
//!
//! How much work an evaluation is, and how far back it reaches, follow from the expression alone;
//! the parser refuses what is too much. Not here: reading (`parser`), reckoning (`evaluation`).

use super::complaint::Place;
use codes::{Number, Unit};
use facts::Indicator;

/// Says which figure of an indicator is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Told {
    /// What was told of the period: `value`.
    Value,
    /// What was told since January: `cumulative`.
    Cumulative,
    /// Growth on the year before, in per cent: `yoy`.
    YearOnYear,
    /// Growth on the period before, in per cent: `mom`.
    PeriodOnPeriod,
    /// By how many points it pulls what it is a part of: `pull`.
    Pull,
}

impl Told {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Value,
        Self::Cumulative,
        Self::YearOnYear,
        Self::PeriodOnPeriod,
        Self::Pull,
    ];

    /// What it is called in a rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Cumulative => "cumulative",
            Self::YearOnYear => "yoy",
            Self::PeriodOnPeriod => "mom",
            Self::Pull => "pull",
        }
    }

    /// Whether it is told in a unit that the rule must name; the others are per cent and points.
    pub fn has_unit(self) -> bool {
        matches!(self, Self::Value | Self::Cumulative)
    }
}

/// Names a figure of whatever the rule is applied to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// Of which indicator.
    pub indicator: Indicator,
    /// Which of its figures.
    pub told: Told,
    /// Into which unit it is converted.
    pub unit: Unit,
}

/// Says what is done with two quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    By,
}

/// Says what is made of the quantities of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gathered {
    Average,
    Sum,
    Greatest,
    Least,
}

/// What has a number, or is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quantity {
    Constant(Number),
    /// A named threshold, by its number in the rule.
    Threshold(usize),
    Figure(Reference),
    Negated(Box<Self>),
    Absolute(Box<Self>),
    Two(Operator, Box<[Self; 2]>, Place),
    /// Over so many periods that end with this one.
    Window(Gathered, Box<Self>, u16, Place),
    /// So many periods before.
    Before(Box<Self>, u16),
}

/// Says how two quantities are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Comparison {
    /// Whether the one stands so to the other.
    pub(super) fn holds(self, one: Number, other: Number) -> bool {
        match self {
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
            Self::Equal => one == other,
            Self::NotEqual => one != other,
        }
    }
}

/// What holds, does not, or is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Compared(Comparison, Box<[Quantity; 2]>),
    Both(Box<[Self; 2]>),
    Either(Box<[Self; 2]>),
    Not(Box<Self>),
    /// Whether a quantity is unknown; never unknown itself.
    Missing(Box<Quantity>),
    /// In each of so many periods that end with this one.
    Consecutive(Box<Self>, u16),
}

/// How much an evaluation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Extent {
    /// How many nodes are visited for one period, windows counted as often as they are long.
    pub(super) work: u64,
    /// How many periods before this one are looked at.
    pub(super) reach: u32,
}

impl Extent {
    const ONE: Self = Self { work: 1, reach: 0 };

    fn and(self, other: Self) -> Self {
        Self {
            work: self.work.saturating_add(other.work),
            reach: self.reach.max(other.reach),
        }
    }

    fn repeated(self, count: u16) -> Self {
        Self {
            work: self.work.saturating_mul(count.into()),
            reach: self.reach.saturating_add(u32::from(count.max(1)) - 1),
        }
    }

    fn before(self, count: u16) -> Self {
        Self {
            reach: self.reach.saturating_add(count.into()),
            ..self
        }
    }
}

impl Quantity {
    pub(super) fn extent(&self) -> Extent {
        let inner = match self {
            Self::Constant(_) | Self::Threshold(_) | Self::Figure(_) => return Extent::ONE,
            Self::Negated(inner) | Self::Absolute(inner) => inner.extent(),
            Self::Two(_, two, _) => two[0].extent().and(two[1].extent()),
            Self::Window(_, inner, count, _) => inner.extent().repeated(*count),
            Self::Before(inner, count) => inner.extent().before(*count),
        };
        inner.and(Extent::ONE)
    }

    /// Calls back for every figure that is named.
    pub(super) fn each_reference<'q>(&'q self, told: &mut dyn FnMut(&'q Reference)) {
        match self {
            Self::Constant(_) | Self::Threshold(_) => (),
            Self::Figure(reference) => told(reference),
            Self::Negated(inner)
            | Self::Absolute(inner)
            | Self::Window(_, inner, _, _)
            | Self::Before(inner, _) => inner.each_reference(told),
            Self::Two(_, two, _) => two.iter().for_each(|one| one.each_reference(told)),
        }
    }
}

impl Condition {
    pub(super) fn extent(&self) -> Extent {
        let inner = match self {
            Self::Compared(_, two) => two[0].extent().and(two[1].extent()),
            Self::Both(two) | Self::Either(two) => two[0].extent().and(two[1].extent()),
            Self::Not(inner) => inner.extent(),
            Self::Missing(inner) => inner.extent(),
            Self::Consecutive(inner, count) => inner.extent().repeated(*count),
        };
        inner.and(Extent::ONE)
    }

    /// Calls back for every figure that is named.
    pub(super) fn each_reference<'c>(&'c self, told: &mut dyn FnMut(&'c Reference)) {
        match self {
            Self::Compared(_, two) => two.iter().for_each(|one| one.each_reference(told)),
            Self::Both(two) | Self::Either(two) => {
                two.iter().for_each(|one| one.each_reference(told));
            }
            Self::Not(inner) | Self::Consecutive(inner, _) => inner.each_reference(told),
            Self::Missing(inner) => inner.each_reference(told),
        }
    }
}
