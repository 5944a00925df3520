//! What is wrong with the text of a rule, and where: told in English and in Chinese.
//!
//! Not here: what can be wrong with figures, which makes a rule unknown, not wrong (`unknown`).

use std::fmt;

/// A place in the text of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// Which character of the line, from 1.
    pub column: u32,
}

/// Tells why a text is no rule. Whoever wrote it must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {}", place.line, place.column, said[0])]
pub struct Complaint {
    /// Where.
    pub place: Place,
    /// What is wrong and what was expected, in English and in Chinese.
    pub said: [String; 2],
}

impl Complaint {
    /// A complaint about a place, in English and in Chinese.
    pub(super) fn at(place: Place, english: impl Into<String>, chinese: impl Into<String>) -> Self {
        let said = [english.into(), chinese.into()];
        Self { place, said }
    }

    /// A complaint about what was found instead of what was expected.
    pub(super) fn expected(place: Place, found: &str, expected: [&str; 2]) -> Self {
        let [english, chinese] = expected;
        Self::at(
            place,
            format!("found {found}, expected {english}"),
            format!("此处为 {found}，应为{chinese}"),
        )
    }

    /// The whole complaint in Chinese.
    pub fn chinese(&self) -> String {
        let Place { line, column } = self.place;
        format!("第 {line} 行第 {column} 列：{}", self.said[1])
    }
}

/// Prints it as editors read places.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
