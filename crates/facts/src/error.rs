//! What can be wrong with facts, and who must act.

use crate::{Instant, Object};
use codes::{Date, Period};

/// Tells why a fact cannot be recorded, reckoned or read.
///
/// Whoever sent the fact must act, except on [`Error::Store`] and [`Error::Stored`], which are the
/// operator's.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A code or number is none.
    #[error(transparent)]
    Code(#[from] codes::Error),
    /// An identifier is none.
    #[error(transparent)]
    Identifier(#[from] model::Error),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What is stored cannot be read; the data folder should be verified.
    #[error("a stored {what} cannot be read: {problem}")]
    Stored {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Others wrote again and again between reading and writing; try later.
    #[error("others kept changing what this change relies on, {tries} times; try again")]
    Busy {
        /// How often it was tried.
        tries: u32,
    },
    /// A text is longer than it may be, empty where it must not be, or has characters that cannot
    /// be there.
    #[error("{what} needs {octets_min} to {octets_max} octets of text without control characters")]
    Text {
        /// What it is.
        what: &'static str,
        /// The least octets.
        octets_min: usize,
        /// The most octets.
        octets_max: usize,
    },
    /// There are more of something than there may be, or fewer.
    #[error("there are {counted} {what}, expected {expected}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        counted: usize,
        /// How many there may be.
        expected: &'static str,
    },
    /// A period is of another frequency than its series.
    #[error("{period} is no period of the series, whose frequency is {frequency}")]
    Frequency {
        /// The period.
        period: Period,
        /// What the frequency of the series is called.
        frequency: &'static str,
    },
    /// A figure is reported of a period that has not ended; before that it can be estimated.
    #[error("{period} ends with {ends}, and it is {today}: only an estimate can be told of it yet")]
    BeforeItsEnd {
        /// The period.
        period: Period,
        /// Its last day.
        ends: Date,
        /// The day it is, in China.
        today: Date,
    },
    /// A figure belongs to a period that is frozen; a revision must be called one.
    #[error("{period} is frozen, as is everything until {until}; it can only be revised as such")]
    Frozen {
        /// The period.
        period: Period,
        /// The last day that is frozen.
        until: Date,
    },
    /// A fact is to be known at a moment beyond the years that are known: the clock is wrong.
    #[error("facts cannot become known at {at}, beyond the known years; look at the clock")]
    Beyond {
        /// When it was to be known.
        at: Instant,
    },
    /// A fact is to be known no later than another that is there already: the past would change.
    #[error("known at {at}, but facts known at {newest} are recorded; the past stays as it was")]
    Past {
        /// When the fact is to be known.
        at: Instant,
        /// When the newest fact became known.
        newest: Instant,
    },
    /// Two different figures of one period are told at once.
    #[error("two different figures are told of {period} at once")]
    Twice {
        /// The period.
        period: Period,
    },
    /// A figure is told in a unit that measures something else than before.
    #[error("it was told in {before} before, and {now} measures something else")]
    UnitChanged {
        /// The unit before.
        before: codes::Unit,
        /// The unit now.
        now: codes::Unit,
    },
    /// A relation or a stretch of time ends before it begins.
    #[error("it ends on {to}, before it begins on {from}")]
    EndsBefore {
        /// Its first day.
        from: Date,
        /// The day on which it is over.
        to: Date,
    },
    /// A relation would let something lie in itself.
    #[error("{subject} would lie in itself: {through} lies in it already")]
    Circle {
        /// What would lie in itself.
        subject: Object,
        /// Through what.
        through: Object,
    },
    /// Something would have two of which it can have one: it would be counted twice.
    #[error("{subject} has {other} already for some of these days; end that first")]
    Overlaps {
        /// What has it.
        subject: Object,
        /// What it has already.
        other: Object,
    },
    /// Roles do not fit the kind of a relation.
    #[error("{kind} is no relation of {subject} to {object}")]
    Roles {
        /// What the relation is called.
        kind: &'static str,
        /// The one.
        subject: Object,
        /// The other.
        object: Object,
    },
    /// There is no such thing.
    #[error("there is no {what} '{name}'")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// What it is called.
        name: String,
    },
    /// There is such a thing already, and it is another.
    #[error("{what} '{name}' is there already, and it is another")]
    There {
        /// What it is.
        what: &'static str,
        /// What it is called.
        name: String,
    },
    /// A table of states and messages is no sound machine.
    #[error("the table of states is not sound: {problem}")]
    Machine {
        /// What is wrong with it.
        problem: String,
    },
    /// A case takes no such message in its state, or not from this role.
    #[error("a case that is '{state}' takes no '{message}' from {role}: {expected}")]
    Message {
        /// The state.
        state: String,
        /// The message.
        message: String,
        /// Who sent it.
        role: String,
        /// What it would take.
        expected: String,
    },
    /// A growth has no meaning.
    #[error("there is no growth: the base is {base}, and must be above zero")]
    Base {
        /// The base.
        base: codes::Number,
    },
    /// Parts are not the whole.
    #[error("the parts make {parts}, the whole is {whole}; tell the rest as a part of its own")]
    Parts {
        /// The sum of the parts.
        parts: codes::Number,
        /// The whole.
        whole: codes::Number,
    },
    /// A figure cannot be known because another is missing.
    #[error("it cannot be reckoned without {period}, which is missing")]
    Gap {
        /// What is missing.
        period: Period,
    },
    /// A confidential figure cannot be hidden whatever else is; nothing of this can be shown.
    #[error("cell {cell} stays recoverable whatever else is suppressed; show none of the tables")]
    Unprotected {
        /// Which cell, from 0.
        cell: usize,
    },
}
