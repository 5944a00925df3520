//! Collecting figures: the bureau's own workbooks, mapped without programming, judged, recorded,
//! led back to their cells, and taken back.
//!
//! ```text
//! octets ─ Workbook ─┬─ propose ── a person ── Mapping ─ keep
//!                    └─ Reading ─ judge ─┬─ take ── a batch, and each figure's cell ─ undo
//!                        │       Rules   └─ marked ── the same workbook, with what was found
//!                     Directory
//! Task ─ standings ─┬─ behind: counts for every region
//!                   └─ calls: who calls whom
//! ```
//!
//! | question | place |
//! | --- | --- |
//! | What does a workbook hold? | [`Workbook`], [`Limits`] |
//! | Which column tells which figure? | [`Mapping`], [`propose`], [`Fingerprint`] |
//! | What does it say? | [`Reading`] |
//! | What is wrong with it, and where? | [`Finding`], [`Rules`], [`judge()`] |
//! | How does it become known, and not known any more? | [`take`], [`undo`], [`Batch`] |
//! | From which cell is a figure? | [`source`] |
//! | How does it go back to who sent it? | [`marked()`] |
//! | Who owes what until when, and who is behind? | [`Task`], [`behind`], [`calls`] |
//!
//! Not here: sockets, files, the clock; who may send what.

mod arrival;
mod batch;
mod delimited;
mod directory;
mod error;
mod figure;
mod finding;
mod headings;
mod judge;
mod kept;
mod mapping;
mod marked;
mod octets;
mod place;
mod proposal;
mod reading;
mod rules;
mod task;
#[cfg(test)]
mod tests;
mod when;
mod wording;
mod workbook;
mod xlsx;

pub use arrival::{Arrival, Hold, find as arrival};
pub use batch::{
    Acceptance, Batch, BatchId, Source, Submission, Taken, Undone, batches, figures, find, of_file,
    source, take, undo,
};
pub use directory::Directory;
pub use error::Error;
pub use finding::{Finding, Severity, Spot};
pub use judge::{Sending, Verdict, judge};
pub use kept::{Kept, keep, names, newest, remember, remembered, version};
pub use mapping::{
    FigureMapping, Hidden, Mapping, ObjectKind, ObjectPlace, PeriodPlace, SheetMapping,
};
pub use marked::marked;
pub use place::{Area, NoPlace, Place};
pub use proposal::{Doubt, Fingerprint, Proposal, propose};
pub use reading::{DataRow, Entry, FINDINGS_MAX, Reading, Total};
pub use rules::{Base, Check, Exactly, Named, Rule, Rules};
pub use task::{
    Call, Chase, Count, Standing, State, Task, TaskSeries, Until, Who, behind, calls, region_of,
};
pub use workbook::{Content, FileDigest, Limits, Sheet, Workbook};
