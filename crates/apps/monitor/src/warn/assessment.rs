//! How a rule judges a subject in a period, by what was known at a moment.
//!
//! The ladder starts some periods back with nothing on ([`Rule::history`]), or where the figures
//! begin, and is gone up and down anew each time. So the same rule, period and moment always give
//! the same, whatever was judged before: a revision of a figure a year ago counts as it would have
//! then. Not here: what becomes of a warning (`warning`).

use super::evaluation::{Evaluation, Trace};
use super::figures::{Figures, KnownFigures, Source};
use super::ladder::{Signal, Standing};
use super::rule::Rule;
use super::subject::Subject;
use super::truth::Truth;
use super::unknown::Unknown;
use codes::{Date, Number, Period};
use facts::{Error, Instant, View};

/// What a rule makes of a subject in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Of which period.
    pub period: Period,
    /// By what was known then.
    pub at: Instant,
    /// What its ladder shows.
    pub standing: Standing,
    /// What it showed in the periods before, as far as it was gone back; this one is the last.
    pub standings: Vec<(Period, Standing)>,
    /// What each level was asked in this period, the lowest first.
    pub signals: Vec<Signal>,
    /// Why something was unknown, if it was: the first reason.
    pub why: Option<Unknown>,
    /// Every figure that the rule spoke of in this period, and which revision of it was known.
    pub sources: Vec<Source>,
}

/// Judges a subject by a rule.
///
/// # Errors
/// [`Error::Frequency`] if the period is none of the rule's; [`Error::Missing`] if the subject has
/// not the roles that the rule is of; [`Error::Store`], [`Error::Stored`].
pub fn assess(
    view: &dyn View,
    rule: &Rule,
    subject: &Subject,
    period: Period,
    at: Instant,
) -> Result<Assessment, Error> {
    check_subject(rule, subject)?;
    let mut figures = known_figures(view, rule, subject, period, at)?;
    assess_by(rule, &mut figures, period, at)
}

pub(super) fn check_subject(rule: &Rule, subject: &Subject) -> Result<(), Error> {
    if subject.roles().eq(rule.roles().iter().copied()) {
        return Ok(());
    }
    Err(Error::Missing {
        what: "subject of the roles that the rule is of",
        name: subject.to_string(),
    })
}

/// The figures that judging a period may need.
pub(super) fn known_figures<'v>(
    view: &'v dyn View,
    rule: &Rule,
    subject: &Subject,
    period: Period,
    at: Instant,
) -> Result<KnownFigures<'v>, Error> {
    if period.frequency() != rule.frequency() {
        let [frequency, _] = rule.frequency().names();
        return Err(Error::Frequency { period, frequency });
    }
    let back = u32::from(rule.history()) + rule.reach();
    let back = i32::try_from(back).unwrap_or(i32::MAX);
    let first = Period::containing(rule.frequency(), Date::FIRST);
    let from = period.plus(-back).unwrap_or(first);
    Ok(KnownFigures::new(view, subject, [from, period], at))
}

/// Judges by figures that are at hand, known at a moment.
pub(super) fn assess_by(
    rule: &Rule,
    figures: &mut dyn Figures,
    period: Period,
    at: Instant,
) -> Result<Assessment, Error> {
    let thresholds: Vec<Number> = rule.thresholds().iter().map(|one| one.number).collect();
    let mut ladder = rule.ladder();
    let mut standings = Vec::with_capacity(usize::from(rule.history()) + 1);
    for before in history(rule, figures, period)? {
        let mut evaluation = Evaluation::new(figures, &thresholds, None);
        let signals = signals(rule, &mut evaluation, before)?;
        standings.push((before, ladder.step(&signals)));
    }
    let mut trace = Trace::default();
    let mut evaluation = Evaluation::new(figures, &thresholds, Some(&mut trace));
    let signals = signals(rule, &mut evaluation, period)?;
    let standing = ladder.step(&signals);
    standings.push((period, standing));
    Ok(Assessment {
        period,
        at,
        standing,
        standings,
        signals,
        why: trace.why.take(),
        sources: trace.into_sources(),
    })
}

/// The periods that the ladder is gone along before the last: from the first of which anything was
/// told, for what was never begun is not missing. All of them if nothing was told of any.
fn history(rule: &Rule, figures: &mut dyn Figures, period: Period) -> Result<Vec<Period>, Error> {
    let back = (1..=i32::from(rule.history())).rev();
    let mut all: Vec<Period> = back.filter_map(|back| period.plus(-back)).collect();
    let references = rule.references();
    for (at, before) in all.iter().copied().chain([period]).enumerate() {
        for reference in &references {
            let figure = figures.figure(reference, before)?;
            let is_told = |source: &Source| {
                source.known.is_some() && source.period.last_day() == before.last_day()
            };
            if figure.value.is_ok() || figure.sources.iter().any(is_told) {
                all.drain(..at);
                return Ok(all);
            }
        }
    }
    Ok(all)
}

fn signals(
    rule: &Rule,
    evaluation: &mut Evaluation<'_>,
    period: Period,
) -> Result<Vec<Signal>, Error> {
    let signal = |level: &super::rule::Level| -> Result<Signal, Error> {
        let when: Truth = evaluation.condition(&level.when, period)?;
        let until = match &level.until {
            Some(until) => evaluation.condition(until, period)?,
            None => !when,
        };
        Ok(Signal { when, until })
    };
    rule.levels().iter().map(signal).collect()
}
