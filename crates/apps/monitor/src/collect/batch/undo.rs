//! Taking a batch back: what only it has said is not said any more.
//!
//! Not here: recording one.

use super::{Batch, BatchId, figures, find, put};
use crate::collect::Error;
use codes::Period;
use facts::history::{Known, Report, record, revisions};
use facts::ledger::Ledger;
use facts::{Content, Instant, Observation, Reason, Series, View};
use model::Change;

/// What has become of the figures of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undone {
    /// The batch that takes the other back; `None` if nothing of it could be, for all is frozen.
    pub batch: Option<BatchId>,
    /// How many figures are again what they were before.
    pub restored: usize,
    /// How many figures are not told any more, for nothing was told before.
    pub emptied: usize,
    /// Figures that something later tells otherwise: they stay as they are.
    pub later: Vec<(Series, Period)>,
    /// Figures that are frozen: they stay as they are.
    pub frozen: Vec<(Series, Period)>,
}

/// Plans to undo a batch, on somebody's word.
///
/// # Errors
/// [`facts::Error::Missing`] if there is no such batch, or it has been undone, or it undoes
/// another; [`Error::Facts`] otherwise.
pub fn undo(
    view: &dyn View,
    at: Instant,
    id: BatchId,
    reporter: &str,
    reason: &str,
) -> Result<(Change, Undone), Error> {
    let missing = |what| {
        Error::Facts(facts::Error::Missing {
            what,
            name: id.to_string(),
        })
    };
    let batch = find(view, id)?.ok_or_else(|| missing("batch"))?;
    if batch.undone_by.is_some() || batch.undoes.is_some() {
        return Err(missing("batch that could be undone"));
    }
    let ledger = Ledger::read(view)?;
    let mut undone = Undone::default();
    let mut reports = Vec::new();
    for (series, period) in figures(view, id)? {
        let now = standing(view, &series, period, |_| true)?;
        let Some(now) = now.filter(|known| known.at == id.0) else {
            undone.later.push((series, period));
            continue;
        };
        if ledger.is_frozen(period) {
            undone.frozen.push((series, period));
            continue;
        }
        let before = standing(view, &series, period, |known| known.at != id.0)?;
        let observation = if let Some(before) = before {
            undone.restored += 1;
            before.observation
        } else {
            undone.emptied += 1;
            Observation {
                content: Content::Missing(Reason::NOT_YET),
                unit: now.observation.unit,
                released_at: at,
                reporter: reporter.to_owned(),
                remark: reason.to_owned(),
            }
        };
        reports.push(Report {
            series,
            period,
            observation,
            is_revision: false,
        });
    }
    if reports.is_empty() && undone.later.is_empty() {
        // All is frozen: the batch says what it said.
        return Ok((Change::default(), undone));
    }
    // Where something later tells all of it, nothing changes now; but what the batch said must not
    // come back when that is undone.
    let (mut change, recorded) = record(view, at, &reports)?;
    if let Some((_, error)) = recorded.refused.into_iter().next() {
        return Err(error.into());
    }
    if change.is_empty() {
        // All is as it was: only the batches say so.
        change = ledger.begin(at)?;
    }
    let by = BatchId(at);
    let taking_back = Batch {
        undoes: Some(id),
        figures: u32::try_from(reports.len()).unwrap_or(u32::MAX),
        held: 0,
        reporter: reporter.to_owned(),
        released_at: at,
        sheets: Vec::new(),
        ..batch.clone()
    };
    put(&mut change, by, &taking_back);
    put(
        &mut change,
        id,
        &Batch {
            undone_by: Some(by),
            ..batch
        },
    );
    undone.batch = Some(by);
    Ok((change, undone))
}

/// What stands of a figure: the newest that is told by no batch which is undone or undoes another,
/// among those that are asked for.
fn standing(
    view: &dyn View,
    series: &Series,
    period: Period,
    is_asked: impl Fn(&Known) -> bool,
) -> Result<Option<Known>, Error> {
    for known in revisions(view, series, period)? {
        let by_batch = find(view, BatchId(known.at))?;
        let stands =
            by_batch.is_none_or(|batch| batch.undone_by.is_none() && batch.undoes.is_none());
        if stands && is_asked(&known) {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// What stood of a figure when a batch that undoes another told it again.
pub(super) fn standing_before(
    view: &dyn View,
    series: &Series,
    period: Period,
    at: Instant,
) -> Result<Option<Known>, Error> {
    let told = revisions(view, series, period)?;
    let mut now = None;
    for known in &told {
        if known.at == at {
            now = Some(known.observation.clone());
        } else if known.at < at && now.as_ref() == Some(&known.observation) {
            let by_batch = find(view, BatchId(known.at))?;
            if by_batch.is_none_or(|batch| batch.undoes.is_none()) {
                return Ok(Some(known.clone()));
            }
        }
    }
    Ok(None)
}
