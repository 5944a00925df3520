//! What a file of any format says: items to carry out, and refusals of what is none.

use model::{Identifier, Prefix, Value};
use std::fmt::{self, Display};
use zeroize::Zeroizing;

/// A file that is read item by item.
pub(super) trait Source {
    /// The next item, or why there is none at its place; `None` at the end of the file.
    ///
    /// # Errors
    /// Nothing after this can be read either.
    fn next_item(&mut self) -> Result<Option<Result<Item, Refusal>>, Refusal>;
}

/// One thing to carry out, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) action: Action,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// An identifier has these values; what was there before is replaced or kept as asked for.
    Register(Identifier, Vec<Value>),
    /// The same, in a file that lists the prefixes to be home to by itself.
    RegisterOnly(Identifier, Vec<Value>),
    /// A new identifier.
    Create(Identifier, Vec<Value>),
    /// More values of an identifier.
    Add(Identifier, Vec<Value>),
    /// Other values under indexes that are there.
    Modify(Identifier, Vec<Value>),
    /// No such identifier any more.
    Delete(Identifier),
    /// No values under these indexes any more.
    Remove(Identifier, Vec<u32>),
    /// The node answers for a prefix.
    Home(Prefix),
    /// It no longer does.
    Unhome(Prefix),
    /// Somebody else asks from here on, where a node is asked.
    Authenticate(Login),
    /// The next blocks are for a server, as a batch file says it.
    At(String),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// Who asks, as a batch file says it; not looked into, for a folder of one's own needs none.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    /// What stands behind `AUTHENTICATE`: `SECKEY:301:0.NA/88.1`.
    pub(super) who: String,
    /// The line below it: a secret, or the file of a key.
    pub(super) shown: Zeroizing<String>,
}

/// Shows no secret.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

impl Action {
    /// The identifier, or the prefix, that it is about.
    pub(super) fn subject(&self) -> Option<&str> {
        match self {
            Self::Register(identifier, _)
            | Self::RegisterOnly(identifier, _)
            | Self::Create(identifier, _)
            | Self::Add(identifier, _)
            | Self::Modify(identifier, _)
            | Self::Delete(identifier)
            | Self::Remove(identifier, _) => Some(identifier.as_str()),
            Self::Home(prefix) | Self::Unhome(prefix) => Some(prefix.as_str()),
            Self::Authenticate(_) | Self::At(_) | Self::Nothing(_) => None,
        }
    }
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line, counted from 1.
    Line(u64),
    /// A member of a JSON object or array, counted from 1 over the file.
    Record(u64),
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Record(record) => write!(f, "record {record}"),
        }
    }
}

/// How many characters of an identifier are told; the reason stands behind it.
const SUBJECT_SHOWN_MAX: usize = 100;

/// Why something is not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) place: Place,
    /// What it was about, if that could be read.
    pub(super) subject: Option<String>,
    pub(super) reason: String,
}

impl Refusal {
    pub(super) fn new(place: Place, reason: impl Display) -> Self {
        Self {
            place,
            subject: None,
            reason: reason.to_string(),
        }
    }

    #[must_use]
    pub(super) fn about(mut self, subject: Option<&str>) -> Self {
        self.subject = subject.map(str::to_owned);
        self
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(subject) = &self.subject {
            let more = if subject.chars().nth(SUBJECT_SHOWN_MAX).is_some() {
                "…"
            } else {
                ""
            };
            write!(f, "{subject:.SUBJECT_SHOWN_MAX$}{more}: ")?;
        }
        f.write_str(&self.reason)
    }
}
