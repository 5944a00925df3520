//! Reading the industrial economy: who pulled it up or down, who is behind his target.
//!
//! ```text
//! facts, as known at a moment ── Snapshot ─┬─ Sheet: one level of a drill-down, opened by a click
//!                                          └─ Board: regions by industries, fit to be shown
//! targets, figures to date ────── lag
//! facts, a rule ───────────────── warn: what it makes of them, and what becomes of its warnings
//! ```
//!
//! What is done about it: [`cases`] of bottlenecks, the ledger of [`measures`]; and the
//! [`bulletin`] of a month, which tells all of it as it was known at one moment.
//!
//! A [`Sheet`] is for those who may see single enterprises. What leaves the house is a
//! [`Board`], in which disclosure control hides what tells of one.
//!
//! How figures come in is [`collect`]'s. [`province`] makes up a province to show and to test all
//! of it with.
//!
//! Not here: pages. Nothing here asks a clock.

#![forbid(unsafe_code)]

mod board;
pub mod bulletin;
pub mod cases;
pub mod collect;
pub mod measures;
mod naming;
pub mod province;
mod sheet;
mod snapshot;
pub mod targets;
#[cfg(test)]
mod tests;
pub mod warn;

pub use board::{Board, Figure};
pub use naming::object_named;
pub use sheet::{Level, Line, Sheet, ranks};
pub use snapshot::{Question, Row, Snapshot};
pub use targets::{Behind, lag};
