//! Places in a workbook, as spreadsheets name them: `C7`, `A1:D2`. Not here: what is there.

use std::fmt;
use std::str::FromStr;

/// The most rows and columns that a spreadsheet of today has.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: u32 = 16_384;

/// A cell's place: row and column, counted from 0, printed as `C7`.
///
/// ```
/// use monitor::collect::Place;
///
/// let place: Place = "AB12".parse().unwrap();
/// assert_eq!(place, Place { row: 11, column: 27 });
/// assert_eq!(place.to_string(), "AB12");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The row, from 0.
    pub row: u32,
    /// The column, from 0.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", letters(self.column), self.row + 1)
    }
}

/// The letters of a column, counted from 0.
pub(crate) fn letters(column: u32) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The column that letters name, counted from 0.
pub(crate) fn column_of(letters: &str) -> Option<u32> {
    let mut column = 0_u32;
    for letter in letters.chars() {
        let digit = letter.to_ascii_uppercase().to_digit(36)?.checked_sub(9)?;
        column = column.checked_mul(26)?.checked_add(digit)?;
    }
    column.checked_sub(1).filter(|at| *at < COLUMNS_MAX)
}

/// Tells that text names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place of a sheet; a place is written as C7")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(written: &str) -> Result<Self, NoPlace> {
        let written = written.replace('$', "");
        let digits = written
            .find(|found: char| found.is_ascii_digit())
            .ok_or(NoPlace)?;
        let (letters, digits) = written.split_at(digits);
        if letters.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(NoPlace);
        }
        let row = digits
            .parse::<u32>()
            .ok()
            .and_then(|row| row.checked_sub(1));
        Ok(Self {
            row: row.filter(|row| *row < ROWS_MAX).ok_or(NoPlace)?,
            column: column_of(letters).ok_or(NoPlace)?,
        })
    }
}

/// A rectangle of cells, both corners included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The upper left corner.
    pub first: Place,
    /// The lower right corner.
    pub last: Place,
}

impl Area {
    /// Whether a place lies in it.
    pub fn contains(&self, place: Place) -> bool {
        (self.first.row..=self.last.row).contains(&place.row)
            && (self.first.column..=self.last.column).contains(&place.column)
    }

    /// How many columns it has.
    pub fn columns(&self) -> u32 {
        self.last.column - self.first.column + 1
    }
}

impl FromStr for Area {
    type Err = NoPlace;

    fn from_str(written: &str) -> Result<Self, NoPlace> {
        let (first, last) = written.split_once(':').unwrap_or((written, written));
        let [first, last]: [Place; 2] = [first.parse()?, last.parse()?];
        let is_sound = first.row <= last.row && first.column <= last.column;
        is_sound.then_some(Self { first, last }).ok_or(NoPlace)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_place_is_refused() {
        for written in [
            "", "A", "1", "A0", "1A", "A-1", "AAAA1", "XFE1", "A1048577", "Ä1", "A1B",
        ] {
            assert_eq!(written.parse::<Place>(), Err(NoPlace), "{written}");
        }
        assert_eq!(
            "XFD1048576".parse::<Place>().map(|at| at.column),
            Ok(16_383)
        );
        assert_eq!("B2:A1".parse::<Area>().err(), Some(NoPlace));
        assert_eq!(
            "$B$2".parse::<Place>().map(|at| at.to_string()),
            Ok("B2".into())
        );
    }

    proptest! {
        #[test]
        fn print_and_read_are_inverse(row in 0..ROWS_MAX, column in 0..COLUMNS_MAX) {
            let place = Place { row, column };
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }

        #[test]
        fn no_text_makes_it_fall_over(text in ".{0,12}") {
            let _ = text.parse::<Area>();
        }
    }
}
