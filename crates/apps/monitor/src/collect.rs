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
//! | Held to which rules, and what if a warning is right? | [`rules_for`], [`explanations`] |
//! | How does it become known, and not known any more? | [`take`], [`undo`], [`Batch`] |
//! | From which cell is a figure? | [`source`] |
//! | How does it go back to who sent it? | [`marked()`] |
//! | Who is there, where does each lie, and what is it of? | [`Roll`], [`enrol`] |
//! | Who owes what until when, and who is behind? | [`Task`], [`behind`], [`calls`] |
//!
//! Not here: sockets, files, the clock; who may send what.

mod arrival;
mod batch;
mod delimited;
mod directory;
mod error;
mod explanation;
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
mod roll;
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
pub use explanation::{Explanation, explanations};
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
pub use roll::{
    ENROLLED_PER_CHANGE, Enrolled, Enrolment, Roll, begin as enrol, end as end_before_enrolling,
    roll_names,
};
pub use rules::{Base, Check, EXAMPLE_RULES, Exactly, Named, Rule, Rules, keep_rules, rules_for};
pub use task::{
    Call, Chase, Count, Standing, State, Task, TaskSeries, Until, Who, behind, calls, region_of,
    tasks,
};
pub use workbook::{Content, FileDigest, Limits, Sheet, Workbook};
