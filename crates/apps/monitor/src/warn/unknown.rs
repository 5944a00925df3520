//! Why something is unknown: a figure is missing, or nothing can be reckoned from it.
//!
//! Unknown is neither true nor false; who warns must say why he cannot. Not here: what is wrong
//! with the text of a rule (`complaint`).

use super::complaint::Place;
use codes::{Period, Unit};
use facts::{Object, Reason, Series};
use std::fmt;
use std::sync::Arc;

/// Says why a quantity is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing was told of the period.
    Untold {
        /// Of which series.
        series: Arc<Series>,
        /// Which period.
        period: Period,
    },
    /// It was told that there is no figure.
    Missing {
        /// Of which series.
        series: Arc<Series>,
        /// Of which period.
        period: Period,
        /// Why there is none.
        reason: Reason,
    },
    /// The figure is kept from us.
    Suppressed {
        /// Of which series.
        series: Arc<Series>,
        /// Of which period.
        period: Period,
    },
    /// The figure is told in a unit that does not convert into the one that the rule names.
    Unit {
        /// Of which series.
        series: Arc<Series>,
        /// Of which period.
        period: Period,
        /// The unit that it is told in.
        told: Unit,
        /// The unit that the rule names.
        wanted: Unit,
    },
    /// There is no growth, for the base is not above zero.
    Base {
        /// Of which series.
        series: Arc<Series>,
        /// The period of the base.
        period: Period,
    },
    /// Something is divided by zero.
    ByZero {
        /// Where in the rule.
        place: Place,
        /// When.
        period: Period,
    },
    /// What comes out has more digits than are kept.
    Digits {
        /// Where in the rule, if it is there.
        place: Option<Place>,
        /// When.
        period: Period,
    },
    /// There is no such period, as a year before 29 February.
    NoPeriod {
        /// The period that was gone back from.
        from: Period,
    },
    /// Nothing is known that it could be a part of.
    NoWhole {
        /// Of what.
        objects: Vec<Object>,
    },
}

impl Unknown {
    /// Whether it is the rule that cannot be reckoned, not a figure that is missing.
    pub fn is_of_the_rule(&self) -> bool {
        matches!(self, Self::ByZero { .. } | Self::Digits { .. })
    }

    /// The reason in Chinese.
    pub fn chinese(&self) -> String {
        match self {
            Self::Untold { series, period } => {
                format!("{} {}尚无数据", series.indicator(), period.chinese())
            }
            Self::Missing {
                series,
                period,
                reason,
            } => {
                let why = reason.names().map_or("原因不明", |[_, chinese]| chinese);
                format!("{} {}缺数：{why}", series.indicator(), period.chinese())
            }
            Self::Suppressed { series, period } => {
                format!("{} {}数据不公开", series.indicator(), period.chinese())
            }
            Self::Unit {
                series,
                period,
                told,
                wanted,
            } => format!(
                "{} {}的单位“{}”不能换算为“{}”",
                series.indicator(),
                period.chinese(),
                told.chinese(),
                wanted.chinese()
            ),
            Self::Base { series, period } => {
                format!(
                    "{} {}基数不大于零，无法计算增速",
                    series.indicator(),
                    period.chinese()
                )
            }
            Self::ByZero { place, period } => {
                format!(
                    "{}：规则第 {} 行第 {} 列除数为零",
                    period.chinese(),
                    place.line,
                    place.column
                )
            }
            Self::Digits { period, .. } => format!("{}：计算结果位数过多", period.chinese()),
            Self::NoPeriod { from } => format!("{}没有可比的期间", from.chinese()),
            Self::NoWhole { .. } => "不知道所属的整体，无法计算拉动".to_owned(),
        }
    }
}

/// Prints the reason in English.
impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold { series, period } => write!(f, "{series}: nothing told of {period}"),
            Self::Missing {
                series,
                period,
                reason,
            } => {
                let why = reason
                    .names()
                    .map_or("for reasons unknown", |[english, _]| english);
                write!(f, "{series}: missing for {period}, {why}")
            }
            Self::Suppressed { series, period } => {
                write!(f, "{series}: kept from us for {period}")
            }
            Self::Unit {
                series,
                period,
                told,
                wanted,
            } => {
                write!(
                    f,
                    "{series}: told in {told} for {period}, which is never {wanted}"
                )
            }
            Self::Base { series, period } => {
                write!(
                    f,
                    "{series}: no growth on {period}, which is not above zero"
                )
            }
            Self::ByZero { place, period } => write!(f, "{period}: divided by zero at {place}"),
            Self::Digits {
                place: Some(place),
                period,
            } => {
                write!(f, "{period}: too many digits at {place}")
            }
            Self::Digits {
                place: None,
                period,
            } => write!(f, "{period}: too many digits"),
            Self::NoPeriod { from } => write!(f, "there is nothing to compare {from} with"),
            Self::NoWhole { objects } => {
                f.write_str("nothing is known of which it would be a part:")?;
                objects.iter().try_for_each(|object| write!(f, " {object}"))
            }
        }
    }
}
