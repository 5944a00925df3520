//! What text must pass before it is read as a code. Not here: the codes.

use crate::Error;
use std::borrow::Cow;

/// How far full-width forms lie from the ASCII characters that they stand for.
const FULL_WIDTH: u32 = 0xfee0;

/// The ASCII character that a full-width one stands for.
fn narrow(character: char) -> Option<char> {
    match character {
        '\u{3000}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - FULL_WIDTH),
        _ => None,
    }
}

/// Text in which full-width letters, digits and signs are replaced by the narrow ones.
///
/// ```
/// assert_eq!(codes::half_width("１２．５％"), "12.5%");
/// ```
pub fn half_width(text: &str) -> Cow<'_, str> {
    if text.chars().any(|character| narrow(character).is_some()) {
        let narrowed = text.chars().map(|found| narrow(found).unwrap_or(found));
        return Cow::Owned(narrowed.collect());
    }
    Cow::Borrowed(text)
}

/// Text without the white space around it; every character must be one that `is_allowed`.
///
/// # Errors
/// [`Error::Empty`], [`Error::FullWidth`], [`Error::Character`].
pub(crate) fn read<'t>(
    what: &'static str,
    text: &'t str,
    expected: &'static str,
    is_allowed: impl Fn(char) -> bool,
) -> Result<&'t str, Error> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Error::Empty { what });
    }
    for (at, found) in (1..).zip(trimmed.chars()) {
        if let Some(narrow) = narrow(found) {
            return Err(Error::FullWidth {
                what,
                at,
                found,
                narrow,
            });
        }
        if !is_allowed(found) {
            return Err(Error::Character {
                what,
                at,
                found,
                expected,
            });
        }
    }
    Ok(trimmed)
}

/// Digits alone, without the white space around them.
pub(crate) fn digits<'t>(what: &'static str, text: &'t str) -> Result<&'t str, Error> {
    read(what, text, "a digit", |found| found.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wide_is_told_with_its_place() {
        let error = digits("a code", " 35０1 ").unwrap_err();
        let said = "character 3 of a code is the full-width '０'; write '0'";
        assert_eq!(error.to_string(), said);
        let error = digits("a code", "3 5").unwrap_err();
        assert_eq!(
            error.to_string(),
            "character 2 of a code is ' ', expected a digit"
        );
        let error = digits("a code", "\u{3000} ").unwrap_err();
        assert_eq!(error, Error::Empty { what: "a code" });
    }

    #[test]
    fn what_is_narrow_already_is_not_copied() {
        assert!(matches!(half_width("万元 12"), Cow::Borrowed("万元 12")));
        assert_eq!(half_width("Ａ\u{3000}～！"), "A ~!");
    }
}
