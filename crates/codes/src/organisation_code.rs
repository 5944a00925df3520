//! Organisation codes (GB 11714): eight letters or digits and a check character.
//!
//! Not here: the unified code that one is part of (`credit_code`).

use crate::{Error, text};
use std::fmt;
use std::str::FromStr;

/// What the first eight characters count for.
const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

const WHAT: &str = "an organisation code";

/// Names an organisation; its check character is right.
///
/// ```
/// let code: codes::OrganisationCode = "71526726-X".parse()?;
/// assert_eq!(code.to_string(), "71526726X");
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationCode([u8; 9]);

/// Prints it without the hyphen, as databases have it.
impl fmt::Display for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|octet| fmt::Write::write_char(f, char::from(*octet)))
    }
}

/// Reads it with or without a hyphen before the check character; letters of either case.
impl FromStr for OrganisationCode {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let expected = "a letter, a digit, or '-' before the last";
        let allowed = |found: char| found.is_ascii_alphanumeric() || found == '-';
        let written = text::read(WHAT, written, expected, allowed)?;
        let code = match written.split_once('-') {
            Some((body, check)) if body.len() == 8 => format!("{body}{check}"),
            _ => written.to_owned(),
        };
        let code = code.to_ascii_uppercase();
        let octets = <[u8; 9]>::try_from(code.as_bytes()).map_err(|_| Error::Length {
            what: WHAT,
            counted: code.len(),
            expected: "9",
        })?;
        if let Some(at) = octets.iter().position(|octet| *octet == b'-') {
            return Err(Error::Character {
                what: WHAT,
                at: at + 1,
                found: '-',
                expected,
            });
        }
        let [found, expected] = [octets[8], check(&octets)].map(char::from);
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

/// The check character that the first eight lead to: 11 less their weighted sum modulo 11.
fn check(octets: &[u8; 9]) -> u8 {
    let value = |octet: &u8| char::from(*octet).to_digit(36).unwrap_or_default();
    let products = octets
        .iter()
        .zip(WEIGHTS)
        .map(|(octet, weight)| value(octet) * weight);
    match (11 - products.sum::<u32>() % 11) % 11 {
        10 => b'X',
        number => b"0123456789"[number as usize],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_known_organisations_are_sound() {
        for (written, printed) in [
            ("71526726X", "71526726X"),
            ("19220382-1", "192203821"),
            ("79965505-8", "799655058"),
            ("m0001 00y4", ""),
            ("m000100y4", "M000100Y4"),
        ] {
            let read = written.parse::<OrganisationCode>();
            assert_eq!(read.map_or(String::new(), |code| code.to_string()), printed);
        }
    }

    #[test]
    fn what_is_none_is_told() {
        let check = |written: &str, said: &str| {
            let error = written.parse::<OrganisationCode>().unwrap_err().to_string();
            assert!(error.contains(said), "{written}: {error}");
        };
        check(
            "715267269",
            "ends with '9', but its other characters lead to 'X'",
        );
        check("715-26726", "character 4 of an organisation code is '-'");
        check("71526726-X9", "has 10 characters, expected 9");
        check("7152６726X", "full-width '６'");
        check("-71526726", "character 1");
    }
}
