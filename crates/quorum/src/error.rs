//! What can be wrong with octets that members keep and send, and who must act on it.

/// Tells why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Octets are not what they should be: whoever sent them must act.
    #[error(transparent)]
    Octets(#[from] model::Error),
    /// A number says something that this version does not know: whoever sent it is newer, or
    /// wrong.
    #[error("{what} {number} is not known")]
    Unknown {
        /// What the number names.
        what: &'static str,
        /// The number.
        number: u64,
    },
    /// The checksum is another: the octets were changed on their way.
    #[error("{what} was changed on its way")]
    Checksum {
        /// What was read.
        what: &'static str,
    },
}
