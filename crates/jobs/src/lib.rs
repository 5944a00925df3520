//! What is to be done later: timers that outlive a crash, and an outbox that delivers at least
//! once.
//!
//! ```text
//! tick ─ the clock went back? set timers anew        put ─ letter, in the change that caused it
//! due ── fired: do it, and commit `done` with it     due ─ deliver ─ settle: gone, again, or dead
//! ```
//!
//! Nothing here asks a clock or sends anything: moments are arguments, delivery is a trait
//! ([`Delivery`]). Functions read a view and make a change; a change that was caused by something
//! else is committed together with it ([`join`]), so that neither is there without the other. What
//! was due when the process died is due again when it starts: everything happens at least once, and
//! carries a key by which a second time is known.
//!
//! | question | place |
//! | --- | --- |
//! | When is something due, and when again? | [`Schedule`] |
//! | Which timers are due? | [`timer`] |
//! | What is to be sent, and what could not be? | [`outbox`] |
//! | What if the clock jumps? | [`tick()`] |
//!
//! Not here: what a letter says, who it is sent to.

#![forbid(unsafe_code)]

mod commit;
mod error;
mod fields;
#[cfg(test)]
mod golden;
pub mod outbox;
mod schedule;
mod tick;
pub mod timer;

pub use commit::{commit, join};
pub use error::Error;
pub use outbox::{Delivery, Letter, Retry};
pub use schedule::{Moment, Schedule, Unit};
pub use tick::{Tick, tick};
