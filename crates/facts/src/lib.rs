//! Facts about identified objects: what was observed, how they are related, what happened, and
//! what is being done about it.
//!
//! Nothing is ever overwritten: a fact that turns out otherwise is recorded once more, and what was
//! known before can be asked for ([`Instant`]). Everything goes through the store's one committer:
//! functions here read a view and make a change, and [`commit()`] carries it out.
//!
//! | question | place |
//! | --- | --- |
//! | What is a figure about? | [`Series`], [`Object`] |
//! | What was known of it, and when? | [`history`] |
//! | When may a figure still be changed? | [`ledger`] |
//! | What lies in what, and since when? | [`relation`] |
//! | What happened? | [`event`] |
//! | Who is doing something about it, and until when? | [`case`] |
//! | What follows from figures? | [`derived`] |
//! | Which figures must not be shown? | [`disclosure`] |
//!
//! Not here: how figures come in and who may see them, pages, warnings; the clock (what it says is
//! an argument).

#![forbid(unsafe_code)]

pub mod case;
mod commit;
mod cursor;
pub mod derived;
pub mod disclosure;
mod error;
pub mod event;
mod fields;
#[cfg(test)]
mod golden;
pub mod history;
mod instant;
pub mod ledger;
mod object;
mod observation;
pub mod relation;
mod series;
#[cfg(test)]
mod stored;

pub use commit::{commit, commit_of};
pub use error::Error;
pub use instant::Instant;
/// What a plan comes to, which [`commit()`] carries out; plans of one moment may be joined.
pub use model::Change;
pub use object::{Object, Role};
pub use observation::{Content, Observation, Reason};
pub use series::{Form, Indicator, Series};
/// What facts are read from; applications need no more of the store.
pub use store::View;
