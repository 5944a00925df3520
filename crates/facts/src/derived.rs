//! What follows from figures: pure functions, exact until they are asked to round.
//!
//! | question | place |
//! | --- | --- |
//! | How much more than a year, or a month, ago? | [`growth()`], [`comparable`] |
//! | What is it from the beginning of the year, and back? | [`cumulated`], [`single`] |
//! | Which part of the growth is whose? | [`contributions`], [`pulls`] |
//! | What is missing to the target, and how fast must the rest of the year be? | [`Target`] |
//!
//! Rounding: to the nearer, from the middle away from zero (四舍五入), unless said otherwise.
//! Growth from a base that is not above zero has no meaning and is refused, not told as something.
//!
//! Not here: where figures come from (`history`), which of them may be shown (`disclosure`).

mod contribution;
mod cumulation;
mod growth;
mod target;

pub use contribution::{Contribution, Part, contributions, pulls};
pub use cumulation::{cumulated, single};
pub use growth::{Compared, comparable, growth};
pub use target::{Target, Way};
