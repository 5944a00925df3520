//! What can be wrong with what is to be done later, and who must act.

/// Tells why a timer or a letter cannot be kept or read.
///
/// Whoever gave it must act, except on [`Error::Store`] and [`Error::Stored`], which are the
/// operator's.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    /// Something is longer than it may be, or empty where it must not be.
    #[error("{what} needs {octets_min} to {octets_max} octets")]
    Length {
        /// What it is.
        what: &'static str,
        /// The least octets.
        octets_min: usize,
        /// The most octets.
        octets_max: usize,
    },
    /// There is another of this name already.
    #[error("{what} '{name}' is there already, and it is another")]
    There {
        /// What it is.
        what: &'static str,
        /// What it is called.
        name: String,
    },
    /// There is no such thing.
    #[error("there is no {what} '{name}'")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// What it is called.
        name: String,
    },
    /// A schedule has no occurrence: it repeats without time going by, or lies beyond all clocks.
    #[error("the schedule of '{name}' never comes round")]
    Never {
        /// The timer.
        name: String,
    },
}
