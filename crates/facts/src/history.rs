//! What is known of series, and what was known at any moment.
//!
//! | octets of the key | field |
//! | --- | --- |
//! | 1 | `o` |
//! | n | the series |
//! | 4 | number of the period |
//! | 8 | when it became known, subtracted from 2^64 - 1: the newest comes first |
//!
//! A revision is one more row. So one moment's figures of a series are those rows of one stretch
//! of keys of which none newer was known: read in order, each period's first that counts.
//!
//! Not here: where figures come from, which of them may be shown (`disclosure`).

use crate::ledger::Ledger;
use crate::{Content, Error, Instant, Observation, Series};
use bytes::Bytes;
use codes::Period;
use model::change::Write;
use model::key::Subspace;
use model::{Change, Key};
use std::collections::BTreeMap;
use store::View;

#[cfg(test)]
mod tests;

/// What is told of a series for one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of which figure.
    pub series: Series,
    /// For which period.
    pub period: Period,
    /// What is told.
    pub observation: Observation,
    /// Whether it is meant to revise a figure that is frozen.
    pub is_revision: bool,
}

/// A figure and when it became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// For which period.
    pub period: Period,
    /// Since when it is known.
    pub at: Instant,
    /// What was told.
    pub observation: Observation,
}

/// What becomes of reports: nothing that is refused keeps the others out.
#[derive(Debug, Default)]
pub struct Recorded {
    /// How many are recorded.
    pub new: usize,
    /// How many of these tell otherwise what was told before.
    pub revisions: usize,
    /// How many tell what is known already.
    pub unchanged: usize,
    /// Which of them are refused, counted from 0, and why.
    pub refused: Vec<(usize, Error)>,
}

/// Plans to record reports, which become known at one moment.
///
/// Whoever wants all or nothing looks at [`Recorded::refused`] before the change is committed.
///
/// # Errors
/// [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn record(
    view: &dyn View,
    known_at: Instant,
    reports: &[Report],
) -> Result<(Change, Recorded), Error> {
    let ledger = Ledger::read(view)?;
    let mut change = ledger.begin(known_at)?;
    let mut recorded = Recorded::default();
    let mut told = BTreeMap::new();
    for (at, report) in reports.iter().enumerate() {
        let judged = judge(view, &ledger, known_at, report);
        let judged = judged.and_then(|judged| not_twice(&mut told, report, judged));
        match judged {
            Ok(Judged {
                before: Before::Same,
                ..
            }) => recorded.unchanged += 1,
            Ok(Judged {
                key,
                octets,
                before,
            }) => {
                recorded.new += 1;
                recorded.revisions += usize::from(before == Before::Other);
                let octets = Some(octets);
                change.writes.push(Write { key, octets });
            }
            Err(error @ (Error::Store(_) | Error::Stored { .. })) => return Err(error),
            Err(error) => recorded.refused.push((at, error)),
        }
    }
    if recorded.new == 0 {
        return Ok((Change::default(), recorded));
    }
    Ok((change, recorded))
}

/// A report that may stand: where and what, and what was told there before.
struct Judged {
    key: Key,
    octets: Bytes,
    before: Before,
}

/// Says what was told before, in the store or in the same batch.
#[derive(PartialEq, Eq)]
enum Before {
    Nothing,
    Same,
    Other,
}

/// Whether a report can be recorded.
fn judge(
    view: &dyn View,
    ledger: &Ledger,
    known_at: Instant,
    report: &Report,
) -> Result<Judged, Error> {
    check(known_at, report)?;
    let octets = report.observation.encode()?;
    let bounds = bounds(&report.series, report.period, report.period);
    let newest = view.range(&bounds[0], &bounds[1]).next().transpose()?;
    let before = match newest {
        None => Before::Nothing,
        Some((_, newest)) if newest == octets => Before::Same,
        Some((_, newest)) => {
            check_unit(&newest, &report.observation)?;
            Before::Other
        }
    };
    if before != Before::Same && ledger.is_frozen(report.period) && !report.is_revision {
        return Err(Error::Frozen {
            period: report.period,
            until: ledger.frozen_until.unwrap_or(report.period.last_day()),
        });
    }
    Ok(Judged {
        key: key(&report.series, report.period, known_at),
        octets,
        before,
    })
}

fn check(known_at: Instant, report: &Report) -> Result<(), Error> {
    let period = report.period;
    let frequency = report.series.frequency();
    if period.frequency() != frequency {
        let [frequency, _] = frequency.names();
        return Err(Error::Frequency { period, frequency });
    }
    let (ends, today) = (period.last_day(), known_at.day_in_china());
    // What is told early is told wrongly, or of another period.
    if let (Content::Reported(_), Some(today)) = (report.observation.content, today)
        && today <= ends
    {
        return Err(Error::BeforeItsEnd {
            period,
            ends,
            today,
        });
    }
    Ok(())
}

fn check_unit(before: &Bytes, now: &Observation) -> Result<(), Error> {
    let before = Observation::decode(before.clone())?.unit;
    if before.dimension() == now.unit.dimension() {
        return Ok(());
    }
    Err(Error::UnitChanged {
        before,
        now: now.unit,
    })
}

/// Of two equal reports in one batch the second is passed over; of two different ones it is
/// refused, even if one of them tells what is known already: which is meant nobody can say.
fn not_twice(
    told: &mut BTreeMap<Key, Bytes>,
    report: &Report,
    judged: Judged,
) -> Result<Judged, Error> {
    match told.get(&judged.key) {
        Some(octets) if *octets == judged.octets => Ok(Judged {
            before: Before::Same,
            ..judged
        }),
        Some(_) => Err(Error::Twice {
            period: report.period,
        }),
        None => {
            told.insert(judged.key.clone(), judged.octets.clone());
            Ok(judged)
        }
    }
}

/// The write of a report that nobody judges: for loads of what has been judged elsewhere, with
/// [`store::Store::load`], into a folder that has nothing of these series yet.
///
/// A load does not touch the ledger. Whoever loads commits [`Ledger::begin`] afterwards, with the
/// latest moment that he has loaded, lest something become known before it.
///
/// # Errors
/// [`Error::Text`], [`Error::Frequency`].
pub fn loaded(known_at: Instant, report: &Report) -> Result<Write, Error> {
    if report.period.frequency() != report.series.frequency() {
        let [frequency, _] = report.series.frequency().names();
        return Err(Error::Frequency {
            period: report.period,
            frequency,
        });
    }
    Ok(Write {
        key: key(&report.series, report.period, known_at),
        octets: Some(report.observation.encode()?),
    })
}

/// The figures of a series from one period to another, both included, as known at a moment.
///
/// The answer stays for ever if the moment is not after [`Ledger::newest`] of the view; until then
/// a fact may still become known before it.
///
/// # Errors
/// [`Error::Frequency`], [`Error::Store`], [`Error::Stored`].
pub fn as_known_at(
    view: &dyn View,
    series: &Series,
    [from, to]: [Period; 2],
    at: Instant,
) -> Result<Vec<Known>, Error> {
    let mut known: Vec<Known> = Vec::new();
    let mut newest = None;
    for row in rows(view, series, [from, to])? {
        let (period, moment, octets) = row?;
        // Newest first: what follows of this period was known before.
        if moment > at || newest == Some(period) {
            continue;
        }
        newest = Some(period);
        known.push(Known {
            period,
            at: moment,
            observation: Observation::decode(octets)?,
        });
    }
    Ok(known)
}

/// The figure of one period as known at a moment.
///
/// # Errors
/// As of [`as_known_at`].
pub fn one_as_known_at(
    view: &dyn View,
    series: &Series,
    period: Period,
    at: Instant,
) -> Result<Option<Known>, Error> {
    check_frequency(series, period)?;
    // The first row that is not newer: one step in the tables, however many revisions there are.
    let [_, end] = bounds(series, period, period);
    let Some(row) = view.range(&key(series, period, at), &end).next() else {
        return Ok(None);
    };
    let (key, octets) = row?;
    let (period, at) = period_and_moment(series, &key)?;
    let observation = Observation::decode(octets)?;
    Ok(Some(Known {
        period,
        at,
        observation,
    }))
}

/// All that was ever told of one period, the newest first.
///
/// # Errors
/// As of [`as_known_at`].
pub fn revisions(view: &dyn View, series: &Series, period: Period) -> Result<Vec<Known>, Error> {
    let known = |row: Result<(Period, Instant, Bytes), Error>| {
        let (period, at, octets) = row?;
        let observation = Observation::decode(octets)?;
        Ok(Known {
            period,
            at,
            observation,
        })
    };
    rows(view, series, [period, period])?.map(known).collect()
}

type Row = Result<(Period, Instant, Bytes), Error>;

fn rows<'v>(
    view: &'v dyn View,
    series: &'v Series,
    [from, to]: [Period; 2],
) -> Result<impl Iterator<Item = Row> + 'v, Error> {
    check_frequency(series, from)?;
    check_frequency(series, to)?;
    let bounds = bounds(series, from, to);
    let length = bounds[0].octets().len();
    let frequency = series.frequency();
    Ok(view.range(&bounds[0], &bounds[1]).map(move |row| {
        let (key, octets) = row?;
        // The series is what the bounds have in common; only what follows it need be read.
        let tail = key.octets().get(length - 4..).unwrap_or_default();
        let (period, moment) = tail_of(frequency, tail)?;
        Ok((period, moment, octets))
    }))
}

fn check_frequency(series: &Series, period: Period) -> Result<(), Error> {
    if period.frequency() == series.frequency() {
        return Ok(());
    }
    let [frequency, _] = series.frequency().names();
    Err(Error::Frequency { period, frequency })
}

fn period_and_moment(series: &Series, key: &Key) -> Result<(Period, Instant), Error> {
    let tail = key.octets().len().checked_sub(12);
    let tail = tail
        .and_then(|at| key.octets().get(at..))
        .unwrap_or_default();
    tail_of(series.frequency(), tail)
}

/// The period and the moment at the end of a key.
fn tail_of(frequency: codes::Frequency, tail: &[u8]) -> Result<(Period, Instant), Error> {
    let read = || {
        let (ordinal, moment) = tail.split_first_chunk()?;
        let period = Period::from_ordinal(frequency, u32::from_be_bytes(*ordinal))?;
        let moment = u64::from_be_bytes(moment.try_into().ok()?);
        Some((period, Instant(u64::MAX - moment)))
    };
    read().ok_or_else(|| crate::fields::stored("key of an observation", "it names no period"))
}

fn key(series: &Series, period: Period, known_at: Instant) -> Key {
    let mut key = prefix(series, period.ordinal());
    key.extend_from_slice(&(u64::MAX - known_at.0).to_be_bytes());
    Key::from_octets(key.into())
}

/// Around all rows of a series from one period to another.
fn bounds(series: &Series, from: Period, to: Period) -> [Key; 2] {
    // Numbers of periods stay far below 2^32.
    [from.ordinal(), to.ordinal() + 1].map(|at| Key::from_octets(prefix(series, at).into()))
}

fn prefix(series: &Series, ordinal: u32) -> Vec<u8> {
    let mut key = vec![Subspace::OBSERVATIONS.0];
    key.extend_from_slice(&series.key());
    key.extend_from_slice(&ordinal.to_be_bytes());
    key
}

/// All series of an indicator, in order, that have any figure.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn series_of(view: &dyn View, indicator: &crate::Indicator) -> Result<Vec<Series>, Error> {
    let mut found: Vec<Series> = Vec::new();
    let head = [
        &[Subspace::OBSERVATIONS.0][..],
        indicator.to_string().as_bytes(),
    ]
    .concat();
    let [mut from, end] =
        [0, 1].map(|octet| Key::from_octets([&head[..], &[octet]].concat().into()));
    // From each series straight to the next, not through its figures.
    while let Some(row) = view.range(&from, &end).next() {
        let (key, _) = row?;
        let mut rest = key.octets().get(1..).unwrap_or_default();
        let series = Series::take_from_key(&mut rest);
        let series = series
            .ok_or_else(|| crate::fields::stored("key of an observation", "it names no series"))?;
        from = Key::from_octets(prefix(&series, u32::MAX).into());
        found.push(series);
    }
    Ok(found)
}
