//! Batches: figures of a workbook recorded at once, led back to their cells, and taken back.
//!
//! | octets of a batch | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 32 | digest of the file (SHA-256) |
//! | 8 | when the reporter told it, in milliseconds since 1970 |
//! | 4, 4 | versions of the mapping and of the rules; 0 for none |
//! | 4, 4 | how many figures are in it, and how many were held back |
//! | 8 | the batch that takes this one back; 0 for none |
//! | 8 | the batch that this one takes back; 0 for none |
//! | 2 + n each | reporter, name of the file, of the mapping, of the rules |
//! | 2, 2 + n each | count of sheets, their names |
//!
//! A batch is never removed. To undo it is another batch, which tells again what was known without
//! it, or that nothing is told yet. Not here: what may stand (`judge`).

mod stored;
mod undo;

pub use stored::{batches, figures, find, of_file};
pub use undo::{Undone, undo};

use self::stored::{put, put_source, source_key};
use super::Error;
use super::arrival;
use super::error::unread;
use super::judge::{Sending, Told, Verdict, remarks, weigh};
use super::octets::{FILE, formatted, key, open, stored as cannot_be_read};
use super::place::Place;
use super::reading::Reading;
use super::rules::Rules;
use super::workbook::{FileDigest, Limits, Workbook};
use codes::{List, Region};
use facts::history::{Known, record_found};
use facts::{Instant, Series, View};
use model::Change;
use std::collections::BTreeSet;
use std::fmt;

const WHAT: &str = "batch";

/// The most figures of a batch: one change of the store holds no more.
const FIGURES_MAX: usize = 30_000;

/// The longest name of a file that is kept, in characters.
const NAME_CHARACTERS_MAX: usize = 200;

/// Names a batch: the moment at which it became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(pub Instant);

/// Prints the number of its milliseconds.
impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.0)
    }
}

/// A batch as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The digest of its file.
    pub digest: FileDigest,
    /// When the reporter told it.
    pub released_at: Instant,
    /// How many figures are in it.
    pub figures: u32,
    /// How many figures of the file were held back.
    pub held: u32,
    /// Which batch takes it back.
    pub undone_by: Option<BatchId>,
    /// Which batch it takes back.
    pub undoes: Option<BatchId>,
    /// Who sent it.
    pub reporter: String,
    /// What the file is called.
    pub file: String,
    /// By which mapping it was read: its name, and its version.
    pub mapping: (String, u32),
    /// By which rules it was judged, likewise.
    pub rules: (String, u32),
    /// The sheets of its file that have figures.
    pub sheets: Vec<String>,
}

/// Says how much is taken of a workbook in which something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// Nothing.
    AllOrNothing,
    /// The rows in which nothing is wrong.
    GoodRows,
}

/// A workbook that is to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'s> {
    /// The workbook.
    pub workbook: &'s Workbook,
    /// What it says.
    pub reading: &'s Reading,
    /// By which mapping it was read: its name, and its version, 0 if that is not kept.
    pub mapping: (&'s str, u32),
    /// The rules, and their version, 0 if they are not kept.
    pub rules: (&'s Rules, u32),
    /// The names of regions.
    pub regions: &'s List<Region>,
    /// What else is to be known of it.
    pub sending: &'s Sending,
    /// How much is taken if something is wrong.
    pub acceptance: Acceptance,
}

/// What has become of a submission.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The batch that it has become; `None` if nothing was recorded.
    pub batch: Option<BatchId>,
    /// What was found.
    pub verdict: Verdict,
}

/// Plans to take a workbook: judges it by what is known, and records what may stand.
///
/// What is held back is noted with its objects, so that it is known who has to send it again.
///
/// # Errors
/// [`Error::Again`] if the same file is a batch already and tells nothing that may stand and is not
/// known: one that was held back before may, as may one that is sent of another period now;
/// [`Error::Limit`] if it has more than 30,000 figures; [`Error::Facts`].
pub fn take(
    view: &dyn View,
    at: Instant,
    submission: &Submission,
) -> Result<(Change, Taken), Error> {
    let digest = submission.workbook.digest;
    let Submission {
        reading,
        rules,
        sending,
        regions,
        ..
    } = *submission;
    let (verdict, mut told) = weigh(view, at, reading, rules.0, regions, sending)?;
    if let Some((batch, found)) = of_file(view, digest)?
        && found.undone_by.is_none()
        && verdict.accepted.is_empty()
    {
        return Err(Error::Again { batch });
    }
    let is_refused = submission.acceptance == Acceptance::AllOrNothing && !verdict.is_clean();
    if is_refused {
        told.clear();
    }
    let entries = if is_refused {
        &[][..]
    } else {
        &verdict.accepted[..]
    };
    if entries.len() > FIGURES_MAX {
        let max = FIGURES_MAX as u64;
        return Err(Limits::beyond("new figures", "新增数据个数", max));
    }
    let remarks = remarks(&verdict.findings);
    if !remarks.is_empty() {
        for (entry, told) in entries.iter().zip(&mut told) {
            let row = (entry.sheet.clone(), entry.place.row);
            let remark = remarks.get(&row).cloned().unwrap_or_default();
            told.report.observation.remark = remark;
        }
    }
    let reports: Vec<_> = told.iter().map(Told::pair).collect();
    let (mut change, recorded) = record_found(view, at, &reports)?;
    if let Some((_, error)) = recorded.refused.into_iter().next() {
        // It was judged by the same view.
        return Err(error.into());
    }
    let arrivals = arrival::of(reading, &verdict, is_refused, digest);
    if change.is_empty() && !arrivals.is_empty() {
        change = facts::ledger::Ledger::read(view)?.begin(at)?;
    }
    arrival::put(&mut change, at, &arrivals);
    if reports.is_empty() {
        let taken = Taken {
            batch: None,
            verdict,
        };
        return Ok((change, taken));
    }
    let sheets: BTreeSet<&str> = entries.iter().map(|entry| entry.sheet.as_str()).collect();
    let batch = Batch {
        digest,
        released_at: sending.released_at,
        figures: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        // What could not be read at all counts as one.
        held: if verdict.is_clean() {
            0
        } else {
            u32::try_from(verdict.held.max(1)).unwrap_or(u32::MAX)
        },
        undone_by: None,
        undoes: None,
        reporter: sending.reporter.clone(),
        file: short_name(&submission.workbook.name),
        mapping: (submission.mapping.0.to_owned(), submission.mapping.1),
        rules: (rules.0.name.clone(), rules.1),
        sheets: sheets.into_iter().map(str::to_owned).collect(),
    };
    let id = BatchId(at);
    // In the order of keys, as the figures themselves.
    let mut sources: Vec<_> = entries.iter().zip(&told).collect();
    sources.sort_by_key(|(_, told)| told.found.rank());
    for (entry, told) in sources {
        let sheet = batch.sheets.partition_point(|sheet| *sheet < entry.sheet);
        put_source(&mut change, id, told.found.name(), (sheet, entry.place));
    }
    put(&mut change, id, &batch);
    change.put(key(FILE, &[&digest.0]), formatted(&id.0.0.to_be_bytes()));
    let batch = Some(id);
    Ok((change, Taken { batch, verdict }))
}

fn short_name(name: &str) -> String {
    let plain = name.chars().filter(|found| !found.is_control());
    plain.take(NAME_CHARACTERS_MAX).collect()
}

/// Where a figure of a batch stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The batch.
    pub id: BatchId,
    /// The same, as it is recorded.
    pub batch: Batch,
    /// The sheet.
    pub sheet: String,
    /// The cell.
    pub place: Place,
}

/// Where a figure came from; `None` if it came in by no workbook.
///
/// A figure that was told again because a later batch was undone is led back to its own cell.
///
/// # Errors
/// [`Error::Facts`] if that cannot be read.
pub fn source(view: &dyn View, series: &Series, known: &Known) -> Result<Option<Source>, Error> {
    let mut id = BatchId(known.at);
    let Some(mut batch) = find(view, id)? else {
        return Ok(None);
    };
    if batch.undoes.is_some() {
        let before = undo::standing_before(view, series, known.period, known.at)?;
        let Some(before) = before else {
            return Ok(None);
        };
        id = BatchId(before.at);
        match find(view, id)? {
            Some(found) => batch = found,
            None => return Ok(None),
        }
    }
    let octets = view.get(&source_key(id, series, known.period));
    let Some(octets) = octets.map_err(unread)? else {
        return Ok(None);
    };
    let mut reader = open("source of a figure", octets)?;
    let mut read = || {
        let sheet = usize::from(reader.u16("sheet")?);
        let [row, column] = [reader.u32("row")?, reader.u32("column")?];
        Ok::<_, model::Error>((sheet, Place { row, column }))
    };
    let (sheet, place) = read().map_err(|error| cannot_be_read("source of a figure", &error))?;
    let sheet = batch.sheets.get(sheet).cloned();
    let sheet =
        sheet.ok_or_else(|| cannot_be_read("source of a figure", "its sheet is not listed"))?;
    Ok(Some(Source {
        id,
        batch,
        sheet,
        place,
    }))
}
