//! Telling figures: what may stand, and what becomes of the rest.
//!
//! Not here: figures from outside, and what rules say of them.

use super::{Found, Report, check_frequency, find, moment_octets};
use crate::ledger::Ledger;
use crate::{Content, Error, Instant, Observation};
use bytes::Bytes;
use model::change::Write;
use model::{Change, Key};
use store::View;

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
    let figures = reports.iter().map(|report| (&report.series, report.period));
    let found = find(view, figures, Instant::LAST)?;
    let told: Vec<_> = reports.iter().zip(&found).collect();
    record_found(view, known_at, &told)
}

/// The same, of figures that have been looked up already: in this view, as known at
/// [`Instant::LAST`], and together.
///
/// # Errors
/// As of [`record`].
pub fn record_found(
    view: &dyn View,
    known_at: Instant,
    told: &[(&Report, &Found)],
) -> Result<(Change, Recorded), Error> {
    let ledger = Ledger::read(view)?;
    let mut change = ledger.begin(known_at)?;
    let mut recorded = Recorded::default();
    let mut order: Vec<usize> = (0..told.len()).collect();
    // Stable: of one figure what was told first comes first.
    order.sort_by_key(|at| told[*at].1.rank());
    let mut first: Option<(usize, Bytes)> = None;
    for at in order {
        let (report, found) = told[at];
        let judged = judge(&ledger, known_at, report, found);
        match judged.and_then(|judged| not_twice(&mut first, report, found.rank(), judged)) {
            Ok((Before::Same, _)) => recorded.unchanged += 1,
            Ok((before, octets)) => {
                recorded.new += 1;
                recorded.revisions += usize::from(before == Before::Other);
                let key = [found.place(), &moment_octets(known_at)].concat();
                change.writes.push(Write {
                    key: Key::from_octets(key.into()),
                    octets: Some(octets),
                });
            }
            Err(error @ (Error::Store(_) | Error::Stored { .. })) => return Err(error),
            Err(error) => recorded.refused.push((at, error)),
        }
    }
    recorded.refused.sort_by_key(|(at, _)| *at);
    if recorded.new == 0 {
        return Ok((Change::default(), recorded));
    }
    Ok((change, recorded))
}

/// Says what was told before, in the store or in the same batch.
#[derive(PartialEq, Eq)]
enum Before {
    Nothing,
    Same,
    Other,
}

/// A report that may stand: what was told before, and its octets.
type Judged = (Before, Bytes);

/// Whether a report can be recorded.
fn judge(
    ledger: &Ledger,
    known_at: Instant,
    report: &Report,
    found: &Found,
) -> Result<Judged, Error> {
    check(known_at, report)?;
    let octets = report.observation.encode()?;
    let before = match found.newest() {
        None => Before::Nothing,
        Some(newest) if *newest == octets => Before::Same,
        Some(newest) => {
            check_unit(newest, &report.observation)?;
            Before::Other
        }
    };
    if before != Before::Same && ledger.is_frozen(report.period) && !report.is_revision {
        return Err(Error::Frozen {
            period: report.period,
            until: ledger.frozen_until.unwrap_or(report.period.last_day()),
        });
    }
    Ok((before, octets))
}

fn check(known_at: Instant, report: &Report) -> Result<(), Error> {
    let period = report.period;
    check_frequency(&report.series, period)?;
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
///
/// Reports of one figure follow one another; `first` is the one of them that may stand, with the
/// figure's rank.
fn not_twice(
    first: &mut Option<(usize, Bytes)>,
    report: &Report,
    rank: usize,
    (before, octets): Judged,
) -> Result<Judged, Error> {
    match first {
        Some((of, told)) if *of == rank && *told == octets => Ok((Before::Same, octets)),
        Some((of, _)) if *of == rank => Err(Error::Twice {
            period: report.period,
        }),
        _ => {
            *first = Some((rank, octets.clone()));
            Ok((before, octets))
        }
    }
}
