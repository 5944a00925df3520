//! The history of a run as text: one line an event, equal for equal seeds.
//!
//! It is what a bug is found in and what two runs are compared by. Not here: what is written into
//! it (each event is noted where it happens).

use engine::{Digests, Moment};
use std::fmt::{self, Write};

/// What happened, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct History {
    text: String,
}

/// Where two histories part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The first line that differs, counted from 1.
    pub line: usize,
    /// The line in one history; empty if it has ended.
    pub one: String,
    /// The line in the other.
    pub other: String,
}

impl History {
    /// Adds a line with the moment it happened at.
    pub(crate) fn note(&mut self, now: Moment, what: fmt::Arguments<'_>) {
        let (seconds, milliseconds) = (now.0 / 1000, now.0 % 1000);
        writeln!(self.text, "{seconds:>4}.{milliseconds:03} {what}")
            .expect("writing to a text cannot fail");
    }

    /// All lines.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The last lines, `lines` at most.
    pub fn tail(&self, lines: usize) -> &str {
        let mut ends = self.text.rmatch_indices('\n').map(|(at, _)| at + 1);
        let start = ends.nth(lines).unwrap_or_default();
        &self.text[start..]
    }

    /// The first octets of the text's SHA-256: equal histories have equal ones.
    pub fn digest(&self) -> String {
        let digest = crypto::Provider.sha256(self.text.as_bytes());
        hex::encode(&digest[..8])
    }

    /// The first line in which two histories differ, if any does.
    pub fn first_difference(&self, other: &Self) -> Option<Difference> {
        let mut ones = self.text.lines();
        let mut others = other.text.lines();
        for line in 1.. {
            let (one, other) = (ones.next(), others.next());
            if one != other {
                return Some(Difference {
                    line,
                    one: one.unwrap_or_default().to_owned(),
                    other: other.unwrap_or_default().to_owned(),
                });
            }
            if one.is_none() {
                break;
            }
        }
        None
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, one, other } = self;
        write!(f, "line {line} differs:\n  {one}\n  {other}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str]) -> History {
        let mut history = History::default();
        for line in lines {
            history.note(Moment(1_234), format_args!("{line}"));
        }
        history
    }

    #[test]
    fn lines_carry_their_moment() {
        assert_eq!(history(&["a", "b"]).text(), "   1.234 a\n   1.234 b\n");
        assert_eq!(
            history(&["a", "b", "c"]).tail(2),
            "   1.234 b\n   1.234 c\n"
        );
        assert_eq!(history(&["a"]).tail(2), "   1.234 a\n");
    }

    #[test]
    fn the_first_difference_is_shown() {
        let one = history(&["a", "b", "c"]);
        assert_eq!(one.first_difference(&one), None);
        let difference = one.first_difference(&history(&["a", "x", "c"])).unwrap();
        assert_eq!(
            difference.to_string(),
            "line 2 differs:\n     1.234 b\n     1.234 x"
        );
        let shorter = history(&["a", "b"]);
        assert_eq!(shorter.first_difference(&one).unwrap().one, "");
        assert_ne!(one.digest(), shorter.digest());
    }
}
