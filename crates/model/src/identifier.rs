//! Identifiers of the Handle System: `prefix/suffix`, their spelling and their canonical form.
//!
//! RFC 3651 section 3 gives the syntax. The spelling is kept as it came; two spellings are the
//! same identifier when their [keys](crate::Key) are equal. Beside it: `identifier/idis.rs`, the
//! prefixes that IDIS gives out. Not here: values and records.

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

mod idis;
#[cfg(test)]
mod tests;

pub use idis::IdisPrefix;

/// The longest identifier, in octets of UTF-8; the reference software has the same limit.
///
/// Beyond it: [`Error::IdentifierTooLong`].
pub const IDENTIFIER_OCTETS_MAX: usize = 2048;

/// The prefix under which prefixes themselves are recorded: `0.NA/88.156` describes `88.156`.
pub const PREFIX_OF_PREFIXES: &str = "0.NA";

/// Says whether suffixes that differ only in ASCII case are one identifier or two.
///
/// Fixed when a data folder is created. Prefixes never depend on case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SuffixCase {
    /// `88.156.1/abc` and `88.156.1/ABC` are one identifier (the default, as in the field).
    #[default]
    Insensitive,
    /// They are two.
    Sensitive,
}

/// An identifier as somebody spelled it: 1 to 2,048 octets of UTF-8 with a non-empty prefix.
///
/// The first `/` splits prefix from suffix; the suffix may be empty and may hold anything, more
/// slashes included. Text without a slash names a prefix and stands for `0.NA/` and that text.
///
/// ```
/// use model::Identifier;
///
/// let part: Identifier = "88.156.1/泵-0007".parse()?;
/// assert_eq!((part.prefix().as_str(), part.suffix()), ("88.156.1", "泵-0007"));
///
/// let prefix: Identifier = "88.156".parse()?;
/// assert_eq!((prefix.prefix().as_str(), prefix.suffix()), ("0.NA", "88.156"));
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    spelling: Bytes,
    slash: Option<usize>,
}

impl Identifier {
    /// Checks octets from the wire; they are shared, not copied.
    ///
    /// # Errors
    /// Empty, too long, not UTF-8, or nothing before the first slash.
    pub fn from_octets(octets: Bytes) -> Result<Self, Error> {
        if octets.is_empty() {
            return Err(Error::IdentifierEmpty);
        }
        check_length(&octets)?;
        check_utf8(&octets)?;
        let slash = octets.iter().position(|&octet| octet == b'/');
        if slash == Some(0) {
            return Err(Error::PrefixEmpty);
        }
        Ok(Self {
            spelling: octets,
            slash,
        })
    }

    /// The octets as they were spelled.
    pub fn spelling(&self) -> &Bytes {
        &self.spelling
    }

    /// The text as it was spelled.
    pub fn as_str(&self) -> &str {
        as_text(&self.spelling)
    }

    /// The prefix: what is before the first slash, or `0.NA` where there is none.
    pub fn prefix(&self) -> Prefix {
        Prefix(match self.slash {
            Some(slash) => self.spelling.slice(..slash),
            None => Bytes::from_static(PREFIX_OF_PREFIXES.as_bytes()),
        })
    }

    /// The suffix: what is after the first slash, or the whole text where there is none.
    pub fn suffix(&self) -> &str {
        match self.slash {
            Some(slash) => as_text(self.spelling.get(slash + 1..).unwrap_or_default()),
            None => self.as_str(),
        }
    }

    /// Whether the identifier belongs to the root: it has no slash, or starts with `0.` or `0/`.
    pub fn is_global(&self) -> bool {
        self.slash.is_none() || self.spelling.starts_with(b"0.") || self.spelling.starts_with(b"0/")
    }

    /// The canonical octets: equal for all spellings of one identifier, ordered as keys are.
    ///
    /// ASCII letters of the prefix are upper-cased, those of the suffix too unless `case` is
    /// [`SuffixCase::Sensitive`]; identifiers that belong to the root are upper-cased whole.
    /// Octets beyond ASCII stay as they are. Leading zeros stay.
    ///
    /// `.` and `/` are neighbours in ASCII, so what is under a prefix lies together: all of
    /// `88.156`, with its derived prefixes, is the range from `88.156.` to before `88.1560`.
    pub fn canonical(&self, case: SuffixCase) -> Vec<u8> {
        self.canonical_after(&[], case)
    }

    /// The canonical octets after others.
    pub(crate) fn canonical_after(&self, head: &[u8], case: SuffixCase) -> Vec<u8> {
        let added = self.slash.map_or(PREFIX_OF_PREFIXES.len() + 1, |_| 0);
        let mut octets = Vec::with_capacity(head.len() + added + self.spelling.len());
        octets.extend_from_slice(head);
        if self.slash.is_none() {
            octets.extend_from_slice(PREFIX_OF_PREFIXES.as_bytes());
            octets.push(b'/');
        }
        octets.extend_from_slice(&self.spelling);
        let folded = if case == SuffixCase::Insensitive || self.is_global() {
            octets.get_mut(head.len()..)
        } else {
            octets.get_mut(head.len()..head.len() + self.slash.unwrap_or_default())
        };
        folded.unwrap_or_default().make_ascii_uppercase();
        octets
    }
}

impl core::str::FromStr for Identifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_octets(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A prefix, such as `88.156.1`: not empty, UTF-8, without a slash. Leading zeros are significant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prefix(Bytes);

impl Prefix {
    /// The text as it was spelled.
    pub fn as_str(&self) -> &str {
        as_text(&self.0)
    }

    /// The canonical octets: ASCII letters upper-cased.
    pub fn canonical(&self) -> Vec<u8> {
        self.canonical_after(&[])
    }

    /// The canonical octets after others.
    pub(crate) fn canonical_after(&self, head: &[u8]) -> Vec<u8> {
        let mut octets = [head, &self.0].concat();
        let folded = octets.get_mut(head.len()..);
        folded.unwrap_or_default().make_ascii_uppercase();
        octets
    }
}

impl core::str::FromStr for Prefix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        check_length(text.as_bytes())?;
        if text.is_empty() {
            return Err(Error::PrefixEmpty);
        }
        match text.find('/') {
            Some(at) => Err(Error::PrefixHasSlash { at }),
            None => Ok(Self(Bytes::copy_from_slice(text.as_bytes()))),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn check_length(octets: &[u8]) -> Result<(), Error> {
    if octets.len() > IDENTIFIER_OCTETS_MAX {
        return Err(Error::IdentifierTooLong {
            octets: octets.len(),
            limit: IDENTIFIER_OCTETS_MAX,
        });
    }
    Ok(())
}

fn check_utf8(octets: &[u8]) -> Result<(), Error> {
    match core::str::from_utf8(octets) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::IdentifierNotUtf8 {
            at: error.valid_up_to(),
        }),
    }
}

fn as_text(octets: &[u8]) -> &str {
    core::str::from_utf8(octets).expect("checked when made, and cut only at an ASCII slash")
}
