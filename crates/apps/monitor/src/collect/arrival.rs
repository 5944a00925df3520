//! What came in and was held back: who has to send it again.
//!
//! | octets stored | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8 | when it came in, in milliseconds since 1970 |
//! | 1 | 1: waits for an explanation, 2: has errors, 0: nothing is held back any more |
//! | 32 | digest of the file (SHA-256) |
//!
//! Not here: what is due (`task`).

use super::Error;
use super::error::unread;
use super::finding::{Finding, Severity};
use super::judge::Verdict;
use super::octets::{ARRIVAL, FORMAT, key, open, stored};
use super::reading::Reading;
use super::workbook::FileDigest;
use codes::Date;
use facts::{Instant, Object, View};
use model::Change;
use std::collections::BTreeMap;

const WHAT: &str = "arrival";

/// Why rows are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// A warning waits for an explanation; or others of the workbook are wrong.
    Waits,
    /// Something in it is wrong.
    Wrong,
}

/// What came in last of some objects for a period, if it was held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it came in.
    pub at: Instant,
    /// Why it was held back; `None` if it was not.
    pub hold: Option<Hold>,
    /// The digest of the file.
    pub digest: FileDigest,
}

/// The objects and the last days of rows, and whether they are held back.
pub(super) type Arrivals = BTreeMap<(Vec<Object>, Date), (Option<Hold>, FileDigest)>;

/// What is held back of a workbook, row by row.
pub(super) fn of(
    reading: &Reading,
    verdict: &Verdict,
    is_refused: bool,
    digest: FileDigest,
) -> Arrivals {
    let mut arrivals = Arrivals::new();
    let hold_of = |finding: &Finding| match finding.severity {
        Severity::Error => Hold::Wrong,
        _ => Hold::Waits,
    };
    let mut rows: BTreeMap<(&str, u32), Hold> = BTreeMap::new();
    let mut sheets: BTreeMap<&str, Hold> = BTreeMap::new();
    let mut all = is_refused.then_some(Hold::Waits);
    for finding in verdict
        .findings
        .iter()
        .filter(|finding| finding.holds_back())
    {
        let hold = hold_of(finding);
        match (finding.spot.sheet.as_deref(), finding.spot.row) {
            (None, _) => all = all.max(Some(hold)),
            (Some(sheet), Some(row)) => {
                let of_row = rows.entry((sheet, row)).or_insert(hold);
                *of_row = hold.max(*of_row);
            }
            (Some(sheet), None) => {
                let of_sheet = sheets.entry(sheet).or_insert(hold);
                *of_sheet = hold.max(*of_sheet);
            }
        }
    }
    for row in &reading.rows {
        let sheet = row.sheet.as_str();
        let hold = [
            all,
            sheets.get(sheet).copied(),
            rows.get(&(sheet, row.row)).copied(),
        ];
        let hold = hold.into_iter().max().flatten();
        let mut objects = row.objects.clone();
        objects.sort();
        let of_objects = arrivals
            .entry((objects, row.period.last_day()))
            .or_insert((hold, digest));
        of_objects.0 = of_objects.0.max(hold);
    }
    arrivals
}

pub(super) fn put(change: &mut Change, at: Instant, arrivals: &Arrivals) {
    for ((objects, day), (hold, digest)) in arrivals {
        let hold = match hold {
            None => 0,
            Some(Hold::Waits) => 1,
            Some(Hold::Wrong) => 2,
        };
        let octets = [&[FORMAT][..], &at.0.to_be_bytes(), &[hold], &digest.0].concat();
        change.put(arrival_key(objects, *day), octets.into());
    }
}

/// What came in last of some objects for what ends on a day.
///
/// # Errors
/// [`Error::Facts`] if it cannot be read.
pub fn find(view: &dyn View, objects: &[Object], day: Date) -> Result<Option<Arrival>, Error> {
    let Some(octets) = view.get(&arrival_key(objects, day)).map_err(unread)? else {
        return Ok(None);
    };
    let mut reader = open(WHAT, octets)?;
    let mut read = || {
        let at = Instant(reader.u64("moment")?);
        let hold = reader.u8("why it is held back")?;
        Ok::<_, model::Error>((at, hold, FileDigest(reader.array("digest")?)))
    };
    let (at, hold, digest) = read().map_err(|error| stored(WHAT, &error))?;
    let hold = match hold {
        0 => None,
        1 => Some(Hold::Waits),
        2 => Some(Hold::Wrong),
        _ => return Err(stored(WHAT, "why it is held back is not known")),
    };
    Ok(Some(Arrival { at, hold, digest }))
}

/// No identifier has a 0 in it, so that no list of objects begins with another.
fn arrival_key(objects: &[Object], day: Date) -> model::Key {
    let mut octets = Vec::new();
    for object in objects {
        octets.push(object.role().number());
        octets.extend_from_slice(object.id().as_bytes());
        octets.push(0);
    }
    octets.push(0);
    key(ARRIVAL, &[&octets, &day.number().to_be_bytes()])
}
