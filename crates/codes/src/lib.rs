//! The codes that statistics speak: regions, industries, enterprises, units, periods, numbers.
//!
//! Text from outside becomes a checked type at the edge, or an [`Error`] that names the character
//! that is wrong. Digits that are as wide as Chinese characters are told as such, not taken in
//! silently: [`half_width`] is for those who want to.
//!
//! Which lists are here: the divisions of the first level of China and the sections and divisions
//! of GB/T 4754-2017. Finer levels are the user's data ([`List::import`]).
//!
//! Not here: what is observed about anything (room `facts`), files, the clock.

#![forbid(unsafe_code)]

pub mod calendar;
mod credit_code;
mod error;
mod industry;
mod list;
mod number;
mod organisation_code;
mod region;
mod text;
mod unit;

pub use calendar::{Date, Frequency, Period};
pub use credit_code::CreditCode;
pub use error::Error;
pub use industry::{Industry, IndustryLevel, industries};
pub use list::{Code, List};
pub use number::{Number, Rounding};
pub use organisation_code::OrganisationCode;
pub use region::{Region, RegionLevel, provinces};
pub use text::half_width;
pub use unit::{Dimension, Unit};
