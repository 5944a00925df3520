//! Industries by GB/T 4754-2017: a letter for the section, and up to four digits.
//!
//! | written | level |
//! | --- | --- |
//! | `C` | section (门类) |
//! | `C26` | division (大类) |
//! | `C261` | group (中类) |
//! | `C2614` | class (小类) |
//!
//! The digits alone say the section, so `2614` is read as `C2614`.
//!
//! Not here: names below the divisions, which are imported.

mod divisions;

use crate::list::{Code, List};
use crate::{Error, text};
use divisions::{DIVISIONS, SECTIONS};
use std::fmt;
use std::str::FromStr;

const WHAT: &str = "an industry code";

/// An industry, from a section down to a class.
///
/// Industries are in the order of their codes: what lies within one follows it.
///
/// ```
/// use codes::{Code, Industry, IndustryLevel};
///
/// let class: Industry = "2614".parse()?;
/// assert_eq!(class.to_string(), "C2614");
/// assert_eq!(class.level(), IndustryLevel::Class);
/// assert!(class.is_within("C26".parse()?));
/// assert!(class.is_industrial());
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Industry {
    /// The letter and the digits; zeros behind them.
    octets: [u8; 5],
}

/// Says how fine an industry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IndustryLevel {
    /// A letter (门类).
    Section,
    /// Two digits (大类).
    Division,
    /// Three digits (中类).
    Group,
    /// Four digits (小类).
    Class,
}

impl Industry {
    /// How fine it is.
    pub fn level(self) -> IndustryLevel {
        match self.count() {
            1 => IndustryLevel::Section,
            3 => IndustryLevel::Division,
            4 => IndustryLevel::Group,
            _ => IndustryLevel::Class,
        }
    }

    /// Whether it is of industry in the sense of industrial statistics: mining, manufacturing,
    /// and the supply of electricity, heat, gas and water (sections B, C and D).
    pub fn is_industrial(self) -> bool {
        matches!(self.octets[0], b'B'..=b'D')
    }

    /// Whether it is of manufacturing (section C).
    pub fn is_manufacturing(self) -> bool {
        self.octets[0] == b'C'
    }

    fn count(self) -> usize {
        self.octets.iter().filter(|octet| **octet != 0).count()
    }

    /// Of a letter and digits that belong together.
    fn of(section: u8, digits: &str) -> Self {
        let mut octets = [0; 5];
        let given = std::iter::once(section).chain(digits.bytes());
        for (octet, given) in octets.iter_mut().zip(given) {
            *octet = given;
        }
        Self { octets }
    }
}

impl Code for Industry {
    fn parent(self) -> Option<Self> {
        let keep = match self.level() {
            IndustryLevel::Section => return None,
            IndustryLevel::Division => 1,
            IndustryLevel::Group => 3,
            IndustryLevel::Class => 4,
        };
        let mut octets = self.octets;
        octets[keep..].fill(0);
        Some(Self { octets })
    }
}

/// Prints the letter and the digits.
impl fmt::Display for Industry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = &self.octets[..self.count()];
        f.write_str(std::str::from_utf8(octets).unwrap_or_default())
    }
}

/// Reads a letter, or two to four digits with or without their letter.
impl FromStr for Industry {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let expected = "a letter from A to T, then digits";
        let written = text::read(WHAT, written, expected, |found| {
            found.is_ascii_alphanumeric()
        })?;
        let (letter, digits) = match written.strip_prefix(|first: char| first.is_alphabetic()) {
            Some(digits) => (written.bytes().next(), digits),
            None => (None, written),
        };
        if let Some(at) = digits.find(|found: char| !found.is_ascii_digit()) {
            return Err(Error::Character {
                what: WHAT,
                at: at + 1 + usize::from(letter.is_some()),
                found: digits[at..].chars().next().unwrap_or_default(),
                expected,
            });
        }
        let letter = letter.map(|letter| letter.to_ascii_uppercase());
        let unknown = |expected| Error::Unknown {
            what: "industry",
            text: written.to_owned(),
            expected,
        };
        match (letter, digits.len()) {
            (Some(letter @ b'A'..=b'T'), 0) => Ok(Self::of(letter, "")),
            (Some(_), 0) => Err(unknown("sections are called A to T")),
            (letter, 2..=4) => {
                let section = section_of(&digits[..2]);
                let section = section.ok_or_else(|| unknown("divisions are numbered 01 to 97"))?;
                if letter.is_some_and(|letter| letter != section) {
                    return Err(unknown("the division is one of another section"));
                }
                Ok(Self::of(section, digits))
            }
            _ => Err(Error::Length {
                what: WHAT,
                counted: written.len(),
                expected: "a letter, or 2 to 4 digits, with or without their letter",
            }),
        }
    }
}

/// The letter of the section that a division, two digits, is one of.
fn section_of(division: &str) -> Option<u8> {
    let number: usize = division.parse().ok()?;
    let (section, _) = DIVISIONS.get(number.checked_sub(1)?)?;
    Some(*section)
}

/// The 20 sections and 97 divisions of GB/T 4754-2017 by their Chinese names.
pub fn industries() -> List<Industry> {
    let sections = SECTIONS.map(|(letter, name)| (Industry::of(letter, ""), name));
    let division = |(number, (section, name)): (usize, &(u8, &'static str))| {
        (Industry::of(*section, &format!("{number:02}")), *name)
    };
    let divisions = (1..).zip(&DIVISIONS).map(division);
    List::of(sections.into_iter().chain(divisions))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn there_are_20_sections_97_divisions_and_41_of_industry() {
        let list = industries();
        let at = |level| list.iter().filter(move |(code, _)| code.level() == level);
        assert_eq!(at(IndustryLevel::Section).count(), 20);
        assert_eq!(at(IndustryLevel::Division).count(), 97);
        let industrial = at(IndustryLevel::Division).filter(|(code, _)| code.is_industrial());
        assert_eq!(industrial.count(), 41);
        let made = at(IndustryLevel::Division).filter(|(code, _)| code.is_manufacturing());
        assert_eq!(made.count(), 31);
        assert_eq!(list.orphans().count(), 0);
        let check = |written: &str, name| assert_eq!(list.name(written.parse().unwrap()), name);
        check("C", Some("制造业"));
        check("01", Some("农业"));
        check("30", Some("非金属矿物制品业"));
        check("C39", Some("计算机、通信和其他电子设备制造业"));
        check("97", Some("国际组织"));
        check("C3041", None);
        assert_eq!(list.children("D".parse().unwrap()).count(), 3);
    }

    #[test]
    fn what_is_no_industry_is_told() {
        let check = |written: &str, said: &str| {
            let error = written.parse::<Industry>().unwrap_err().to_string();
            assert!(error.contains(said), "{written}: {error}");
        };
        check("", "an industry code is empty");
        check("２6", "full-width '２'; write '2'");
        check("制造业", "character 1 of an industry code is '制'");
        check("U", "sections are called A to T");
        check("98", "divisions are numbered 01 to 97");
        check("00", "divisions are numbered 01 to 97");
        check("B26", "the division is one of another section");
        check("C2", "has 2 characters");
        check("26140", "has 5 characters");
        check("CC26", "character 2 of an industry code is 'C'");
        check("26C", "character 3 of an industry code is 'C'");
    }

    #[test]
    fn a_code_says_what_it_lies_in() {
        let class: Industry = "c2614".parse().unwrap();
        let mut above = std::iter::successors(Some(class), |code| code.parent());
        let above: Vec<_> = above.by_ref().map(|code| code.to_string()).collect();
        assert_eq!(above, ["C2614", "C261", "C26", "C"]);
        assert!(
            !"C27"
                .parse::<Industry>()
                .unwrap()
                .is_within("C26".parse().unwrap())
        );
    }

    proptest! {
        #[test]
        fn print_and_parse_are_inverse_and_keep_the_order(
            a in "(0[1-9]|[1-8][0-9]|9[0-7])[0-9]{0,2}", b in "(0[1-9]|[1-8][0-9])[0-9]{0,2}",
        ) {
            let [a, b] = [a, b].map(|text| text.parse::<Industry>().unwrap());
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a < b, a.to_string() < b.to_string());
            prop_assert!(a.parent().is_some_and(|parent| parent < a && a.is_within(parent)));
        }
    }
}
