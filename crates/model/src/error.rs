//! What can be wrong with identifiers, values and records. Not here: what is wrong with messages.

use alloc::string::String;

/// Tells why octets or text are not the thing they should be, and where.
///
/// The sender of the octets must act on every variant but [`Error::RecordFormat`] and
/// [`Error::RecordTable`], which mean that this node's own storage cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The octets end inside a field.
    #[error("{what} at octet {at} needs {needed} octets, {left} are left")]
    Truncated {
        /// The field that was being read.
        what: &'static str,
        /// Its position from the start of what is decoded, in octets.
        at: usize,
        /// How many octets it needs.
        needed: usize,
        /// How many there were.
        left: usize,
    },
    /// A length or count is above its limit.
    #[error("{what} at octet {at} says {counted}, the limit is {limit}")]
    AboveLimit {
        /// The field whose length or count it is.
        what: &'static str,
        /// Its position from the start of what is decoded, in octets.
        at: usize,
        /// What it says.
        counted: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// Octets follow where the thing should end.
    #[error("{extra} octets follow the end of {what}")]
    Trailing {
        /// The thing that had ended.
        what: &'static str,
        /// How many octets follow.
        extra: usize,
    },
    /// Text or octets do not have the form that is expected of them.
    #[error("{what} is not {expected}")]
    Unexpected {
        /// The thing that was read.
        what: &'static str,
        /// The form it should have.
        expected: &'static str,
    },
    /// A text is not XML.
    #[error("{what} is not well-formed XML: {problem}")]
    Xml {
        /// What was read.
        what: &'static str,
        /// What is wrong, and at which line and column.
        problem: String,
    },
    /// An element of XML cannot be understood.
    #[error("{what}: <{element}> at line {line}, column {column} {problem}")]
    Element {
        /// What was read.
        what: &'static str,
        /// The name of the element.
        element: String,
        /// Its line, from 1.
        line: u32,
        /// Its column, from 1.
        column: u32,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An identifier has no octets at all.
    #[error("the identifier is empty")]
    IdentifierEmpty,
    /// An identifier starts with `/`.
    #[error("the identifier has no prefix before its first '/'")]
    PrefixEmpty,
    /// A prefix contains `/`.
    #[error("the prefix contains '/' at octet {at}; what follows it would be a suffix")]
    PrefixHasSlash {
        /// Where the slash is.
        at: usize,
    },
    /// An identifier is longer than [`crate::identifier::IDENTIFIER_OCTETS_MAX`].
    #[error("the identifier has {octets} octets, the limit is {limit}")]
    IdentifierTooLong {
        /// Its length.
        octets: usize,
        /// The limit.
        limit: usize,
    },
    /// An identifier is not UTF-8.
    #[error("the identifier is not UTF-8 at octet {at}")]
    IdentifierNotUtf8 {
        /// The first octet that cannot be part of UTF-8 text.
        at: usize,
    },
    /// A value index is outside 1 to 2,147,483,647.
    #[error("value index {index} is not in 1 to 2147483647")]
    IndexOutOfRange {
        /// The index, as the unsigned number on the wire.
        index: u32,
    },
    /// Two values of one record have the same index.
    #[error("value index {index} is used twice")]
    IndexTwice {
        /// The index.
        index: u32,
    },
    /// A record has more values or octets than one may have.
    #[error("the record has {counted} {what}, the limit is {limit}")]
    RecordTooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        counted: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A stored record has a format this version does not know.
    #[error("stored record has format {format}, this version reads 1")]
    RecordFormat {
        /// Its first octet.
        format: u8,
    },
    /// A stored record's table does not describe its values.
    #[error("stored record's table row {row} does not match its values")]
    RecordTable {
        /// The first row that is wrong, from 0.
        row: usize,
    },
}
