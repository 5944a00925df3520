//! Unified social credit codes (GB 32100-2015): what an enterprise is called everywhere.
//!
//! | characters | field |
//! | --- | --- |
//! | 1 | the authority that registered it |
//! | 1 | what kind of organisation it is |
//! | 6 | the division where it was registered (GB/T 2260) |
//! | 9 | its organisation code (GB 11714) |
//! | 1 | check character (GB/T 17710, modulo 31) |
//!
//! Not here: whether such an enterprise exists.

use crate::{Error, OrganisationCode, Region, text};
use std::fmt;
use std::str::FromStr;

/// The characters in the order of what they count: no I, O, S, V and Z, which look like others.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

const WHAT: &str = "a credit code";

/// Names an enterprise or another organisation; its check character is right.
///
/// ```
/// let code: codes::CreditCode = "91350100M000100Y43".parse()?;
/// assert_eq!(code.region()?, "350100".parse()?);
/// assert_eq!(code.organisation()?.to_string(), "M000100Y4");
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreditCode([u8; 18]);

impl CreditCode {
    /// Makes a code of its first seventeen characters, as whoever registers an organisation does.
    ///
    /// # Errors
    /// As of reading one.
    pub fn with_check(first: &str) -> Result<Self, Error> {
        let read = read(first)?;
        let octets = <[u8; 17]>::try_from(read.as_bytes());
        let octets = octets.map_err(|_| length(read.len(), "17"))?;
        let mut all = [check(&octets); 18];
        all[..17].copy_from_slice(&octets);
        Ok(Self(all))
    }

    /// The division where it was registered; it may have moved since.
    ///
    /// # Errors
    /// Its six digits are no division's.
    pub fn region(&self) -> Result<Region, Error> {
        self.part(2..8).parse()
    }

    /// The organisation code in it.
    ///
    /// # Errors
    /// Its own check character is wrong; the unified one does not say so.
    pub fn organisation(&self) -> Result<OrganisationCode, Error> {
        self.part(8..17).parse()
    }

    fn part(&self, range: std::ops::Range<usize>) -> &str {
        // Every octet of it was found in the alphabet.
        std::str::from_utf8(&self.0[range]).unwrap_or_default()
    }
}

/// Prints its eighteen characters.
impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part(0..18))
    }
}

/// Reads letters of either case.
impl FromStr for CreditCode {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let read = read(written)?;
        let octets = <[u8; 18]>::try_from(read.as_bytes());
        let octets = octets.map_err(|_| length(read.len(), "18"))?;
        let first = octets.first_chunk().map_or(0, check);
        let [found, expected] = [octets[17], first].map(char::from);
        if found != expected {
            return Err(Error::Check {
                what: WHAT,
                found,
                expected,
            });
        }
        Ok(Self(octets))
    }
}

fn read(written: &str) -> Result<String, Error> {
    let is_in_alphabet = |found: char| {
        u8::try_from(found.to_ascii_uppercase()).is_ok_and(|octet| ALPHABET.contains(&octet))
    };
    let expected = "a digit or a letter other than I, O, S, V and Z";
    Ok(text::read(WHAT, written, expected, is_in_alphabet)?.to_ascii_uppercase())
}

fn length(counted: usize, expected: &'static str) -> Error {
    Error::Length {
        what: WHAT,
        counted,
        expected,
    }
}

/// The check character that the first seventeen lead to: each counts for its place in the alphabet
/// times a power of 3.
fn check(octets: &[u8; 17]) -> u8 {
    let value = |octet: &u8| {
        ALPHABET
            .iter()
            .position(|found| found == octet)
            .unwrap_or(0)
    };
    let (sum, _) = octets.iter().fold((0, 1), |(sum, weight), octet| {
        (sum + value(octet) * weight, weight * 3 % 31)
    });
    ALPHABET[(31 - sum % 31) % 31]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_of_known_enterprises_are_sound() {
        for written in [
            "91350100M000100Y43",
            "9144030071526726XG",
            "914403001922038216",
            "91330100799655058B",
            "91310110666007217T",
        ] {
            let code: CreditCode = written.parse().unwrap();
            assert_eq!(code.to_string(), written);
            assert!(
                code.region().is_ok() && code.organisation().is_ok(),
                "{written}"
            );
            assert_eq!(CreditCode::with_check(&written[..17]), Ok(code));
        }
    }

    #[test]
    fn what_is_none_is_told() {
        let check = |written: &str, said: &str| {
            let error = written.parse::<CreditCode>().unwrap_err().to_string();
            assert!(error.contains(said), "{written}: {error}");
        };
        check(
            "9144030071526726XH",
            "ends with 'H', but its other characters lead to 'G'",
        );
        check("9144030071526726X", "has 17 characters, expected 18");
        check(
            "914403OO71526726XG",
            "character 7 of a credit code is 'O', expected a digit or",
        );
        check("９144030071526726XG", "full-width '９'; write '9'");
        check("", "a credit code is empty");
        let same = "9144030071526726xg".parse::<CreditCode>();
        assert_eq!(same, "9144030071526726XG".parse());
    }

    proptest! {
        /// A wrong character, and two neighbours that have changed places, are always noticed.
        #[test]
        fn slips_are_noticed(first in "9[1-3]35[0-9]{4}[0-9A-HJ-NPQRTUWXY]{9}", at in 0..17_usize,
            other in 0..31_usize) {
            let code = CreditCode::with_check(&first).unwrap();
            let mut slipped = code.0;
            slipped[at] = ALPHABET[other];
            let read = String::from_utf8_lossy(&slipped).parse::<CreditCode>();
            prop_assert_eq!(read.is_ok(), slipped == code.0);
            let mut swapped = code.0;
            swapped.swap(at, at + 1);
            let read = String::from_utf8_lossy(&swapped).parse::<CreditCode>();
            prop_assert_eq!(read.is_ok(), swapped == code.0);
        }
    }
}
