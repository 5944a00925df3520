//! What can be wrong with a code, a number or a period. Whoever wrote it must act.

/// Tells why text is not the code that it should be, or why numbers cannot be reckoned with.
///
/// Characters are counted from 1, as people count them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing.
    #[error("{what} is empty")]
    Empty {
        /// What was read.
        what: &'static str,
    },
    /// A character is as wide as a Chinese one, as input methods write digits and letters.
    #[error("character {at} of {what} is the full-width '{found}'; write '{narrow}'")]
    FullWidth {
        /// What was read.
        what: &'static str,
        /// Which character, from 1.
        at: usize,
        /// The character.
        found: char,
        /// The one that is meant.
        narrow: char,
    },
    /// A character cannot be there.
    #[error("character {at} of {what} is '{found}', expected {expected}")]
    Character {
        /// What was read.
        what: &'static str,
        /// Which character, from 1.
        at: usize,
        /// The character.
        found: char,
        /// What could be there.
        expected: &'static str,
    },
    /// There are too many characters or too few.
    #[error("{what} has {counted} characters, expected {expected}")]
    Length {
        /// What was read.
        what: &'static str,
        /// How many there are.
        counted: usize,
        /// How many there may be.
        expected: &'static str,
    },
    /// The check character is not the one that the others lead to: one of them is mistyped.
    #[error("{what} ends with '{found}', but its other characters lead to '{expected}'")]
    Check {
        /// What was read.
        what: &'static str,
        /// Its check character.
        found: char,
        /// What the check character would have to be.
        expected: char,
    },
    /// It is well formed, but there is no such thing.
    #[error("there is no {what} '{text}': {expected}")]
    Unknown {
        /// What was read.
        what: &'static str,
        /// As it was written.
        text: String,
        /// What there is.
        expected: &'static str,
    },
    /// A row of an imported list cannot be taken.
    #[error("line {line}: {source}")]
    Row {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// An imported list is no table of codes and names.
    #[error("line {line}: {problem}")]
    Table {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A number, or what comes of two, has more digits than are kept.
    #[error("{what} has more digits than are kept: {places_max} after the point, 27 in all")]
    TooManyDigits {
        /// What was read or reckoned.
        what: &'static str,
        /// How many there may be after the point.
        places_max: u32,
    },
    /// Something was to be divided by zero.
    #[error("{what} cannot be divided by zero")]
    ByZero {
        /// What was to be divided.
        what: &'static str,
    },
    /// A conversion does not come out even: it would have to be rounded.
    #[error("{number} times {numerator}/{denominator} has no end in decimals; round it")]
    Endless {
        /// What was converted.
        number: crate::Number,
        /// What it was multiplied by.
        numerator: u64,
        /// What it was divided by.
        denominator: u64,
    },
    /// Units measure different things.
    #[error("{from} cannot be converted into {to}: they measure different things")]
    Units {
        /// The unit that is there.
        from: &'static str,
        /// The unit that is wanted.
        to: &'static str,
    },
}
