//! Warning: rules over figures, what they would have done, and what becomes of their warnings.
//!
//! ```text
//! text ── Rule ──┬─ BackTest: as known then, beside what happened ── somebody looks at it ──┐
//!                └─ assess: one subject, one period ── judge ◄── the live version ◄─────────┘
//!                                                       │
//!                                  Warning, its account ┴─ notice: to whom, or why to nobody
//! ```
//!
//! | question | place |
//! | --- | --- |
//! | What can a rule say? | [`Rule`], [`Complaint`] |
//! | What if figures are missing? | [`Missing`], [`Unknown`], [`Truth`] |
//! | What does a rule make of somebody now, or then? | [`assess`] |
//! | How would it have done? | [`back_test`], drawn by [`plot`] |
//! | Which versions are there, and which one warns? | [`register`] |
//! | What is warned of, since when, why, and who sees to it? | [`warning`] |
//! | Who is told? | [`notice()`], [`silence`]; later, of what was muted: [`hold`], [`release`] |
//!
//! Everything is pure: moments and views are arguments, plans are carried out by
//! [`facts::commit()`]. No threshold is built in. Not here: sending notices and waking up (room
//! `jobs`), pages.

mod assessment;
pub mod back_test;
mod clauses;
mod complaint;
mod evaluation;
pub mod example;
mod expression;
mod figures;
#[cfg(test)]
mod golden;
mod ladder;
mod notice;
mod octets;
mod parser;
pub mod plot;
pub mod register;
mod rule;
pub mod silence;
mod subject;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod tests;
mod token;
mod truth;
mod unknown;
pub mod warning;

pub use assessment::{Assessment, assess};
pub use complaint::{Complaint, Place};
pub use expression::{Reference, Told};
pub use figures::{Figure, Figures, KnownFigures, Source};
pub use ladder::{Duration, Ladder, Missing, Signal, Standing};
pub use notice::{Muted, Notice, hold, notice, release};
pub use rule::{Digest, Inhibition, Level, Rule, Threshold};
pub use subject::Subject;
pub use truth::Truth;
pub use unknown::Unknown;
