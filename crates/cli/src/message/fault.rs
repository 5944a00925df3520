//! What is wrong with the input of a conversion, and where. Not here: how it is shown.

use serde_json::{Value as Json, json};
use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What, in a sentence without a full stop.
    pub(crate) what: String,
    /// Where.
    pub(crate) place: Place,
}

/// A place in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// An octet, counted from 0.
    Octet(usize),
    /// A member of the JSON, such as `body.values[0].ttl`; empty for the whole.
    Member(String),
}

impl Fault {
    /// Something wrong with octets.
    pub(crate) fn octet(at: usize, what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            place: Place::Octet(at),
        }
    }

    /// Something wrong with a member of the JSON.
    pub(crate) fn member(path: &str, what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            place: Place::Member(path.to_owned()),
        }
    }

    /// What is wrong with octets that start at `base` and end before `end`.
    pub(crate) fn of_wire(error: &wire::Error, base: usize, end: usize) -> Self {
        match error {
            wire::Error::Field(error) => Self::of_model(error, base, end),
            _ => Self::octet(base, error),
        }
    }

    /// What is wrong with octets that start at `base` and end before `end`; the positions that
    /// the error tells count from `base`.
    pub(crate) fn of_model(error: &model::Error, base: usize, end: usize) -> Self {
        match *error {
            model::Error::Truncated {
                what,
                at,
                needed,
                left,
            } => Self::octet(
                base + at,
                format_args!("{what} needs {needed} octets, {left} are left"),
            ),
            model::Error::AboveLimit {
                what,
                at,
                counted,
                limit,
            } => Self::octet(
                base + at,
                format_args!("{what} says {counted}, the limit is {limit}"),
            ),
            model::Error::Trailing { extra, .. } => Self::octet(end - extra.min(end), error),
            _ => Self::octet(base, error),
        }
    }

    /// `{"what":…,"where":…}`: an offset in octets, or the path of a member.
    pub(crate) fn to_json(&self) -> Json {
        match &self.place {
            Place::Octet(at) => json!({"what": self.what, "where": at}),
            Place::Member(path) => json!({"what": self.what, "where": path}),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Octet(at) => write!(f, "octet {at}: {}", self.what),
            Place::Member(path) if path.is_empty() => f.write_str(&self.what),
            Place::Member(path) => write!(f, "{path}: {}", self.what),
        }
    }
}

impl std::error::Error for Fault {}
