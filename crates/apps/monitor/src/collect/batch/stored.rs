//! How batches are kept, and which figures are in them.
//!
//! Not here: making them; the octets are told in the table of `batch`.

use super::{Batch, BatchId, WHAT};
use crate::collect::Error;
use crate::collect::error::unread;
use crate::collect::octets::{BATCH, FILE, FORMAT, SOURCE, key, open, put_text, stored, text};
use crate::collect::place::Place;
use crate::collect::workbook::FileDigest;
use bytes::Bytes;
use codes::Period;
use facts::{Instant, Series, View};
use model::Change;

/// The batch of a name.
///
/// # Errors
/// [`Error::Facts`] if it cannot be read.
pub fn find(view: &dyn View, id: BatchId) -> Result<Option<Batch>, Error> {
    let octets = view.get(&batch_key(id)).map_err(unread)?;
    octets.map(decode).transpose()
}

/// The batches from one moment to another, both included, the oldest first.
///
/// # Errors
/// [`Error::Facts`] if they cannot be read.
pub fn batches(view: &dyn View, [from, to]: [Instant; 2]) -> Result<Vec<(BatchId, Batch)>, Error> {
    let end = BatchId(Instant(to.0.saturating_add(1)));
    let mut found = Vec::new();
    for row in view.range(&batch_key(BatchId(from)), &batch_key(end)) {
        let (key, octets) = row.map_err(unread)?;
        let at = key.octets().last_chunk().copied().map(u64::from_be_bytes);
        let at = at.ok_or_else(|| stored(WHAT, "its key is too short"))?;
        found.push((BatchId(Instant(at)), decode(octets)?));
    }
    Ok(found)
}

/// The batch that a file became last.
///
/// # Errors
/// [`Error::Facts`] if it cannot be read.
pub fn of_file(view: &dyn View, digest: FileDigest) -> Result<Option<(BatchId, Batch)>, Error> {
    let octets = view.get(&key(FILE, &[&digest.0])).map_err(unread)?;
    let Some(octets) = octets else {
        return Ok(None);
    };
    let at = open(WHAT, octets)?.u64("moment");
    let id = BatchId(Instant(at.map_err(|error| stored(WHAT, &error))?));
    Ok(find(view, id)?.map(|batch| (id, batch)))
}

/// The figures of a batch: of which series and period they are.
///
/// # Errors
/// [`Error::Facts`] if they cannot be read.
pub fn figures(view: &dyn View, id: BatchId) -> Result<Vec<(Series, Period)>, Error> {
    let [from, to] = [id.0.0, id.0.0.saturating_add(1)].map(|at| key(SOURCE, &[&at.to_be_bytes()]));
    let mut found = Vec::new();
    for row in view.range(&from, &to) {
        let (key, _) = row.map_err(unread)?;
        let read = || {
            let (series, ordinal) = key.octets().get(10..)?.split_last_chunk()?;
            let series = Series::from_key(series)?;
            let ordinal = u32::from_be_bytes(*ordinal);
            let period = Period::from_ordinal(series.frequency(), ordinal)?;
            Some((series, period))
        };
        found.push(read().ok_or_else(|| stored(WHAT, "a figure of it is none"))?);
    }
    Ok(found)
}

fn batch_key(id: BatchId) -> model::Key {
    key(BATCH, &[&id.0.0.to_be_bytes()])
}

pub(super) fn source_key(id: BatchId, series: &Series, period: Period) -> model::Key {
    let name = [&series.key()[..], &period.ordinal().to_be_bytes()].concat();
    source_key_of(id, &name)
}

/// The key by the octets that name a figure: its series and its period.
fn source_key_of(id: BatchId, figure: &[u8]) -> model::Key {
    key(SOURCE, &[&id.0.0.to_be_bytes(), figure])
}

pub(super) fn put_source(
    change: &mut Change,
    id: BatchId,
    figure: &[u8],
    (sheet, place): (usize, Place),
) {
    let sheet = u16::try_from(sheet).unwrap_or(u16::MAX).to_be_bytes();
    let [row, column] = [place.row, place.column].map(u32::to_be_bytes);
    let octets = [&[FORMAT][..], &sheet, &row, &column].concat();
    change.put(source_key_of(id, figure), octets.into());
}

pub(super) fn put(change: &mut Change, id: BatchId, batch: &Batch) {
    change.put(batch_key(id), encode(batch));
}

fn encode(batch: &Batch) -> Bytes {
    let mut out = vec![FORMAT];
    out.extend_from_slice(&batch.digest.0);
    out.extend_from_slice(&batch.released_at.0.to_be_bytes());
    let counts = [batch.mapping.1, batch.rules.1, batch.figures, batch.held];
    out.extend(counts.into_iter().flat_map(u32::to_be_bytes));
    let others = [batch.undone_by, batch.undoes].map(|id| id.map_or(0, |id| id.0.0));
    out.extend(others.into_iter().flat_map(u64::to_be_bytes));
    for name in [
        &batch.reporter,
        &batch.file,
        &batch.mapping.0,
        &batch.rules.0,
    ] {
        put_text(&mut out, name);
    }
    let count = u16::try_from(batch.sheets.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    for name in batch.sheets.iter().take(count.into()) {
        put_text(&mut out, name);
    }
    out.into()
}

fn decode(octets: Bytes) -> Result<Batch, Error> {
    let wrong = |error: model::Error| stored(WHAT, &error);
    let mut reader = open(WHAT, octets)?;
    let digest = FileDigest(reader.array("digest").map_err(wrong)?);
    let released_at = Instant(reader.u64("time of release").map_err(wrong)?);
    let mut counts = [0; 4];
    for count in &mut counts {
        *count = reader.u32("count").map_err(wrong)?;
    }
    let mut others = [None; 2];
    for other in &mut others {
        let at = reader.u64("batch").map_err(wrong)?;
        *other = (at != 0).then_some(BatchId(Instant(at)));
    }
    let mut next = || text(&mut reader, WHAT);
    let [reporter, file, mapping, rules] = [next()?, next()?, next()?, next()?];
    let count = reader.u16("count of sheets").map_err(wrong)?;
    let sheets = (0..count)
        .map(|_| text(&mut reader, WHAT))
        .collect::<Result<_, _>>()?;
    reader.finish(WHAT).map_err(wrong)?;
    let [mapping_version, rules_version, figures, held] = counts;
    let [undone_by, undoes] = others;
    Ok(Batch {
        digest,
        released_at,
        figures,
        held,
        undone_by,
        undoes,
        reporter,
        file,
        mapping: (mapping, mapping_version),
        rules: (rules, rules_version),
        sheets,
    })
}
