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
//! Not here: telling figures (`recording`), where they come from, which of them may be shown
//! (`disclosure`).

mod found;
mod recording;
#[cfg(test)]
mod tests;

pub use found::{Found, find};
pub use recording::{Recorded, record, record_found};

use crate::cursor::Cursor;
use crate::{Error, Instant, Observation, Series};
use bytes::Bytes;
use codes::{Frequency, Period};
use model::Key;
use model::change::Write;
use model::key::Subspace;
use store::View;

/// How many octets of a key say when a figure became known.
const MOMENT_OCTETS: usize = 8;

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

/// The write of a report that nobody judges: for loads of what has been judged elsewhere, with
/// [`store::Store::load`], into a folder that has nothing of these series yet.
///
/// A load does not touch the ledger. Whoever loads commits [`crate::ledger::Ledger::begin`]
/// afterwards, with the latest moment that he has loaded, lest something become known before it.
///
/// # Errors
/// [`Error::Text`], [`Error::Frequency`].
pub fn loaded(known_at: Instant, report: &Report) -> Result<Write, Error> {
    check_frequency(&report.series, report.period)?;
    Ok(Write {
        key: key(&report.series, report.period, known_at),
        octets: Some(report.observation.encode()?),
    })
}

/// The figures of a series from one period to another, both included, as known at a moment.
///
/// The answer stays for ever if the moment is not after [`crate::ledger::Ledger::newest`] of the
/// view; until then a fact may still become known before it.
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
    check_frequency_of(series.frequency(), period)
}

fn check_frequency_of(frequency: Frequency, period: Period) -> Result<(), Error> {
    if period.frequency() == frequency {
        return Ok(());
    }
    let [frequency, _] = frequency.names();
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
fn tail_of(frequency: Frequency, tail: &[u8]) -> Result<(Period, Instant), Error> {
    let read = || {
        let (ordinal, moment) = tail.split_first_chunk()?;
        let period = Period::from_ordinal(frequency, u32::from_be_bytes(*ordinal))?;
        let moment = u64::from_be_bytes(moment.try_into().ok()?);
        Some((period, Instant(u64::MAX - moment)))
    };
    read().ok_or_else(|| crate::fields::stored("key of an observation", "it names no period"))
}

fn key(series: &Series, period: Period, known_at: Instant) -> Key {
    Key::from_octets(key_octets(series, period, known_at).into())
}

fn key_octets(series: &Series, period: Period, known_at: Instant) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + series.key_length() + 4 + MOMENT_OCTETS);
    put_place(&mut key, series, period.ordinal());
    key.extend_from_slice(&moment_octets(known_at));
    key
}

/// The newest order first.
fn moment_octets(known_at: Instant) -> [u8; MOMENT_OCTETS] {
    (u64::MAX - known_at.0).to_be_bytes()
}

/// Around all rows of a series from one period to another.
fn bounds(series: &Series, from: Period, to: Period) -> [Key; 2] {
    // Numbers of periods stay far below 2^32.
    [from.ordinal(), to.ordinal() + 1].map(|at| Key::from_octets(place(series, at).into()))
}

fn place(series: &Series, ordinal: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + series.key_length() + 4);
    put_place(&mut key, series, ordinal);
    key
}

fn put_place(key: &mut Vec<u8>, series: &Series, ordinal: u32) {
    key.push(Subspace::OBSERVATIONS.0);
    series.put_in_key(key);
    key.extend_from_slice(&ordinal.to_be_bytes());
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
    let [from, end] = [0, 1].map(|octet| Key::from_octets([&head[..], &[octet]].concat().into()));
    // From each series on to the next; where there are many figures, not through them.
    let mut cursor = Cursor::new(view, end);
    let mut next = from.octets().to_vec();
    while let Some((key, _)) = cursor.seek(&next)? {
        let mut rest = key.octets().get(1..).unwrap_or_default();
        let series = Series::take_from_key(&mut rest);
        let series = series
            .ok_or_else(|| crate::fields::stored("key of an observation", "it names no series"))?;
        next = place(&series, u32::MAX);
        found.push(series);
    }
    Ok(found)
}
