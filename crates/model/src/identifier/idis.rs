//! Prefixes as IDIS gives them out: `88.156.0042`, a checked form above any other prefix.
//!
//! YD/T 4495-2023; the lengths are those of CAICT's `did:cn` draft. Not here: who holds a prefix.

use super::Prefix;
use crate::Error;
use core::fmt;

/// Digits in the code of an issuer, such as `86` or `88`.
const ISSUER_DIGITS: core::ops::RangeInclusive<usize> = 2..=2;

/// Digits in the code of an industry, which is that of a second-level node.
const INDUSTRY_DIGITS: core::ops::RangeInclusive<usize> = 3..=5;

/// Digits in the code of an enterprise.
const ENTERPRISE_DIGITS: core::ops::RangeInclusive<usize> = 1..=128;

/// A prefix of one to three codes in digits with dots between them: issuer (2 digits), industry
/// (3 to 5), enterprise (1 to 128).
///
/// Leading zeros are significant: the codes are texts, never numbers. The Handle System allows many
/// more prefixes, which [`Prefix`] takes.
///
/// ```
/// use model::identifier::IdisPrefix;
///
/// let prefix: IdisPrefix = "88.101.0042".parse()?;
/// assert_eq!((prefix.issuer(), prefix.industry()), ("88", Some("101")));
/// assert_eq!(prefix.enterprise(), Some("0042"));
/// assert_ne!(prefix, "88.101.42".parse()?);
/// assert_eq!("88.104".parse::<IdisPrefix>()?.enterprise(), None);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdisPrefix(Prefix);

impl IdisPrefix {
    /// Checks a prefix.
    ///
    /// # Errors
    /// [`Error::Unexpected`] with the code that is wrong.
    pub fn new(prefix: Prefix) -> Result<Self, Error> {
        let mut codes = prefix.as_str().split('.');
        check_code(codes.next(), ISSUER_DIGITS, ISSUER)?;
        check_code(codes.next(), INDUSTRY_DIGITS, INDUSTRY)?;
        check_code(codes.next(), ENTERPRISE_DIGITS, ENTERPRISE)?;
        match codes.next() {
            Some(_) => Err(TOO_MANY),
            None => Ok(Self(prefix)),
        }
    }

    /// The prefix.
    pub fn prefix(&self) -> &Prefix {
        &self.0
    }

    /// Who gives out prefixes: `86` or `88` in China.
    pub fn issuer(&self) -> &str {
        self.code(0).unwrap_or_default()
    }

    /// The second-level node, for an industry or a region; none in the prefix of an issuer.
    pub fn industry(&self) -> Option<&str> {
        self.code(1)
    }

    /// The enterprise; none in the prefix of a second-level node.
    pub fn enterprise(&self) -> Option<&str> {
        self.code(2)
    }

    fn code(&self, place: usize) -> Option<&str> {
        self.0.as_str().split('.').nth(place)
    }
}

impl core::str::FromStr for IdisPrefix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text.parse()?)
    }
}

impl fmt::Display for IdisPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const ISSUER: Error = Error::Unexpected {
    what: "issuer of the prefix",
    expected: "2 digits",
};
const INDUSTRY: Error = Error::Unexpected {
    what: "industry of the prefix",
    expected: "3 to 5 digits",
};
const ENTERPRISE: Error = Error::Unexpected {
    what: "enterprise of the prefix",
    expected: "1 to 128 digits",
};
const TOO_MANY: Error = Error::Unexpected {
    what: "prefix",
    expected: "issuer, industry and enterprise with dots between them",
};

/// A code that is there must have so many digits; only the first must be there, and always is.
fn check_code(
    code: Option<&str>,
    digits: core::ops::RangeInclusive<usize>,
    error: Error,
) -> Result<(), Error> {
    let is_code = |code: &str| {
        digits.contains(&code.len()) && code.bytes().all(|octet| octet.is_ascii_digit())
    };
    match code {
        Some(code) if !is_code(code) => Err(error),
        _ => Ok(()),
    }
}
