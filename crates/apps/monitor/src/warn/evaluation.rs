//! Reckons expressions for one period: exact, three-valued, and with every source kept.
//!
//! Both sides of `and` and `or` are reckoned even if one decides, so that the account of a warning
//! names every figure that the rule speaks of. Quotients and averages have eight places, rounded to
//! the nearer. How deep this goes and how much it does is bounded by the parser.

use super::complaint::Place;
use super::expression::{Condition, Gathered, Operator, Quantity};
use super::figures::{Figures, Source};
use super::truth::Truth;
use super::unknown::Unknown;
use codes::{Number, Period, Rounding};
use facts::{Error, Series};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many places a quotient has.
const QUOTIENT_PLACES: u32 = 8;

/// To how many places factors are rounded whose exact product has too many.
const FACTOR_PLACES: u32 = 6;

/// The most sources that are kept of one evaluation: windows of daily figures have as many.
const SOURCES_MAX: usize = 1000;

type Value = Result<Number, Unknown>;

/// What evaluations of one period have come upon.
#[derive(Debug, Default)]
pub(super) struct Trace {
    sources: BTreeMap<(Arc<Series>, Period), Source>,
    /// Why a quantity was unknown: the first such.
    pub(super) why: Option<Unknown>,
}

impl Trace {
    /// The sources, by series and period.
    pub(super) fn into_sources(self) -> Vec<Source> {
        self.sources.into_values().collect()
    }

    fn add(&mut self, sources: &[Source]) {
        for source in sources {
            if self.sources.len() >= SOURCES_MAX {
                return;
            }
            let key = (Arc::clone(&source.series), source.period);
            self.sources.entry(key).or_insert_with(|| source.clone());
        }
    }
}

/// Reckons expressions with the thresholds of a rule.
pub(super) struct Evaluation<'e> {
    figures: &'e mut dyn Figures,
    thresholds: &'e [Number],
    /// `None` where nobody asks.
    trace: Option<&'e mut Trace>,
}

impl<'e> Evaluation<'e> {
    pub(super) fn new(
        figures: &'e mut dyn Figures,
        thresholds: &'e [Number],
        trace: Option<&'e mut Trace>,
    ) -> Self {
        Self {
            figures,
            thresholds,
            trace,
        }
    }

    /// Whether a condition holds in a period.
    pub(super) fn condition(
        &mut self,
        condition: &Condition,
        period: Period,
    ) -> Result<Truth, Error> {
        Ok(match condition {
            Condition::Compared(comparison, two) => {
                let one = self.quantity(&two[0], period)?;
                let other = self.quantity(&two[1], period)?;
                match (one, other) {
                    (Ok(one), Ok(other)) => comparison.holds(one, other).into(),
                    (Err(why), _) | (_, Err(why)) => self.unknown(why),
                }
            }
            Condition::Both(two) => {
                let one = self.condition(&two[0], period)?;
                one.and(self.condition(&two[1], period)?)
            }
            Condition::Either(two) => {
                let one = self.condition(&two[0], period)?;
                one.or(self.condition(&two[1], period)?)
            }
            Condition::Not(inner) => !self.condition(inner, period)?,
            Condition::Missing(inner) => self.quantity(inner, period)?.is_err().into(),
            Condition::Consecutive(inner, count) => {
                let mut all = Truth::Yes;
                for back in 0..*count {
                    let found = match before(period, back) {
                        Some(period) => self.condition(inner, period)?,
                        None => self.unknown(Unknown::NoPeriod { from: period }),
                    };
                    all = all.and(found);
                }
                all
            }
        })
    }

    fn unknown(&mut self, why: Unknown) -> Truth {
        if let Some(trace) = &mut self.trace {
            trace.why.get_or_insert(why);
        }
        Truth::Unknown
    }

    pub(super) fn quantity(&mut self, quantity: &Quantity, period: Period) -> Result<Value, Error> {
        Ok(match quantity {
            Quantity::Constant(number) => Ok(*number),
            Quantity::Threshold(at) => Ok(self.thresholds.get(*at).copied().unwrap_or_default()),
            Quantity::Figure(reference) => {
                let figure = self.figures.figure(reference, period)?;
                if let Some(trace) = &mut self.trace {
                    trace.add(&figure.sources);
                }
                figure.value
            }
            Quantity::Negated(inner) => self.quantity(inner, period)?.map(negated),
            Quantity::Absolute(inner) => self.quantity(inner, period)?.map(|number| {
                if number.is_negative() {
                    negated(number)
                } else {
                    number
                }
            }),
            Quantity::Two(operator, two, place) => {
                let one = self.quantity(&two[0], period)?;
                let other = self.quantity(&two[1], period)?;
                match (one, other) {
                    (Ok(one), Ok(other)) => reckoned(*operator, [one, other], *place, period),
                    (Err(why), _) | (_, Err(why)) => Err(why),
                }
            }
            Quantity::Window(gathered, inner, count, place) => {
                self.window((*gathered, inner, *count), *place, period)?
            }
            Quantity::Before(inner, count) => match before(period, *count) {
                Some(period) => self.quantity(inner, period)?,
                None => Err(Unknown::NoPeriod { from: period }),
            },
        })
    }

    fn window(
        &mut self,
        (gathered, inner, count): (Gathered, &Quantity, u16),
        place: Place,
        period: Period,
    ) -> Result<Value, Error> {
        let mut made: Option<Value> = None;
        for back in 0..count {
            let next = match before(period, back) {
                Some(period) => self.quantity(inner, period)?,
                None => Err(Unknown::NoPeriod { from: period }),
            };
            made = Some(match (made, next) {
                (None, next) => next,
                (Some(Ok(one)), Ok(next)) => gather(gathered, one, next, place, period),
                (Some(Err(why)), _) | (_, Err(why)) => Err(why),
            });
        }
        let made = made.unwrap_or(Ok(Number::ZERO));
        if gathered != Gathered::Average {
            return Ok(made);
        }
        let by = Number::from(i32::from(count));
        Ok(made.and_then(|sum| reckoned(Operator::By, [sum, by], place, period)))
    }
}

fn before(period: Period, count: u16) -> Option<Period> {
    period.plus(-i32::from(count))
}

fn negated(number: Number) -> Number {
    // It has as many digits as before.
    Number::ZERO.minus(number).unwrap_or(number)
}

fn gather(gathered: Gathered, one: Number, next: Number, place: Place, period: Period) -> Value {
    match gathered {
        Gathered::Average | Gathered::Sum => reckoned(Operator::Plus, [one, next], place, period),
        Gathered::Greatest => Ok(one.max(next)),
        Gathered::Least => Ok(one.min(next)),
    }
}

fn reckoned(operator: Operator, [one, other]: [Number; 2], place: Place, period: Period) -> Value {
    let made = match operator {
        Operator::Plus => one.plus(other),
        Operator::Minus => one.minus(other),
        Operator::Times => one.times(other).or_else(|_| {
            let round = |number: Number| number.rounded(FACTOR_PLACES, Rounding::HalfAway);
            round(one)?.times(round(other)?)
        }),
        Operator::By => one.divided_by(other, QUOTIENT_PLACES, Rounding::HalfAway),
    };
    made.map_err(|error| match error {
        codes::Error::ByZero { .. } => Unknown::ByZero { place, period },
        _ => Unknown::Digits {
            place: Some(place),
            period,
        },
    })
}
