//! Java's patterns, as far as templates use them: the whole text must match.
//!
//! A pattern is read here by Java's rules (`java.util.regex`, without flags but for the case of
//! ASCII letters) and written for the library that runs it: every letter, escape and class becomes
//! a set of characters, so that nothing depends on where the two languages differ. What is read:
//! literals, `.`, classes with unions, intersections and negation, `\d \w \s \h \v` and their
//! opposites, the ASCII classes of `\p`, `\R`, `\Q…\E`, anchors, word boundaries, groups with
//! numbers or names, look-around, atomic groups, greedy, reluctant and possessive quantifiers,
//! back references, and the flags `i` and `s`. Not read, for want of Unicode's tables: `\p{Lu}`
//! and its like. Not here: sets of characters (`pattern/set.rs`).

use super::Problem;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use fancy_regex::{Regex, RegexBuilder};
use model::SuffixCase;
use reader::Reader;
use set::Set;

mod reader;
mod set;
#[cfg(test)]
mod tests;

/// The longest pattern, in octets: the field's have under a hundred. Beyond it: a problem.
const PATTERN_OCTETS_MAX: usize = 1024;

/// The longest text that is tested, in octets: twice the longest identifier. Beyond it: a problem.
const TESTED_OCTETS_MAX: usize = 4096;

/// How many different patterns one question may use: each is compiled, which costs up to a
/// millisecond. Beyond it: a problem.
const PATTERNS_COUNT_MAX: usize = 32;

/// How often the library may turn back in one test. Patterns in the field turn back some dozen
/// times, malicious ones without end. Beyond it: a problem.
const BACKTRACKS_MAX: usize = 2_000;

/// How many octets looked at count for one step: they take about as long, 10 µs.
const STEP_OCTETS: usize = 4096;

/// How much memory, in octets, one compiled pattern may take; a hundred times the usual.
const COMPILED_OCTETS_MAX: usize = 1 << 18;

/// The most instructions of a compiled pattern.
const PROGRAM_LENGTH_MAX: usize = 10_000;

/// The largest number in a quantifier. Beyond it: a problem.
const REPEATS_MAX: usize = 1000;

const WORD: &str = "0-9A-Z_a-z";
const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// How many steps it may take to look at the text: all of it from each of its places, once for the
/// pattern itself and once for each look-around, which are among what begins with `(?`. Each of
/// these is a step on an empty text too.
pub(super) fn looks(expression: &str, text: &str) -> usize {
    let around = expression.matches("(?").count();
    let octets = text.len().saturating_mul(text.len());
    around + octets.saturating_mul(around + 1) / STEP_OCTETS
}

/// The patterns of one question, each compiled once.
#[derive(Debug)]
pub(super) struct Patterns {
    case: SuffixCase,
    compiled: BTreeMap<String, Regex>,
}

impl Patterns {
    pub(super) fn new(case: SuffixCase) -> Self {
        Self {
            case,
            compiled: BTreeMap::new(),
        }
    }

    /// The groups from 1 on if the whole text matches; a group that took no part is empty.
    pub(super) fn groups(
        &mut self,
        expression: &str,
        text: &str,
    ) -> Result<Option<Vec<String>>, Problem> {
        let problem = |problem| Problem::Pattern {
            expression: expression.to_owned(),
            problem,
        };
        if text.len() > TESTED_OCTETS_MAX {
            return Err(problem("is tested on a text of more than 4096 octets"));
        }
        if !self.compiled.contains_key(expression) {
            if self.compiled.len() >= PATTERNS_COUNT_MAX {
                return Err(problem("is the 33rd of one question"));
            }
            let folds = self.case == SuffixCase::Insensitive;
            let compiled = compiled(expression, folds).map_err(problem)?;
            self.compiled.insert(expression.to_owned(), compiled);
        }
        let regex = self.compiled.get(expression).expect("just entered");
        let found = regex.captures(text);
        let found = found.map_err(|_| problem("turns back too often on this text"))?;
        Ok(found.map(|groups| {
            let group = |at| groups.get(at).map_or("", |group| group.as_str());
            (1..groups.len())
                .map(group)
                .map(ToOwned::to_owned)
                .collect()
        }))
    }
}

fn compiled(expression: &str, folds: bool) -> Result<Regex, &'static str> {
    if expression.len() > PATTERN_OCTETS_MAX {
        return Err("is longer than 1024 octets");
    }
    let written = Translation::new(expression, folds).run()?;
    RegexBuilder::new(&format!(r"\A(?:{written})\z"))
        .backtrack_limit(BACKTRACKS_MAX)
        .delegate_size_limit(COMPILED_OCTETS_MAX)
        .delegate_dfa_size_limit(COMPILED_OCTETS_MAX)
        .max_prog_size(PROGRAM_LENGTH_MAX)
        .build()
        .map_err(|_| "is none, or needs too much memory")
}

/// A pattern half way from one language to the other.
struct Translation<'p> {
    rest: Reader<'p>,
    out: String,
    flags: Flags,
    /// The flags outside of each open group.
    outside: Vec<Flags>,
}

#[derive(Clone, Copy)]
struct Flags {
    /// Case of ASCII letters does not matter (`i`).
    folds: bool,
    /// `.` is any character (`s`).
    dot_all: bool,
}

impl<'p> Translation<'p> {
    fn new(expression: &'p str, folds: bool) -> Self {
        Self {
            rest: Reader::new(expression),
            out: String::new(),
            flags: Flags {
                folds,
                dot_all: false,
            },
            outside: Vec::new(),
        }
    }

    fn run(mut self) -> Result<String, &'static str> {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape()?,
                '[' => {
                    let set = Set::read(&mut self.rest, self.flags.folds)?;
                    set.print(&mut self.out);
                }
                '(' => self.open()?,
                ')' => {
                    self.flags = self
                        .outside
                        .pop()
                        .ok_or("closes a group that is not open")?;
                    self.out.push(')');
                }
                '{' => self.count()?,
                '.' => self.dot(),
                '^' => self.out.push_str(r"\A"),
                '$' => self.last_line_end(),
                '*' | '+' | '?' | '|' => self.out.push(character),
                _ => self.literal(character),
            }
        }
        if self.outside.is_empty() {
            Ok(self.out)
        } else {
            Err("has a group that is not closed")
        }
    }

    fn put(&mut self, pieces: fmt::Arguments<'_>) {
        let put = self.out.write_fmt(pieces);
        put.expect("a text takes everything");
    }

    fn literal(&mut self, character: char) {
        let set = Set::of(character, self.flags.folds);
        set.print(&mut self.out);
    }

    fn dot(&mut self) {
        if self.flags.dot_all {
            self.out.push_str("(?s:.)");
        } else {
            self.put(format_args!("[^{LINE_ENDS}]"));
        }
    }

    /// Java's `$`: the end, or before a line end that is the end.
    fn last_line_end(&mut self) {
        self.put(format_args!(r"(?=(?:\r\n|[{LINE_ENDS}])?\z)"));
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        if let Some(set) = Set::read_escape(&mut self.rest, self.flags.folds)? {
            set.print(&mut self.out);
            return Ok(());
        }
        let character = self.rest.next().ok_or("ends in a backslash")?;
        match character {
            'Q' => {
                for character in self.rest.until("\\E").chars() {
                    self.literal(character);
                }
            }
            'A' => self.out.push_str(r"\A"),
            'z' => self.out.push_str(r"\z"),
            'Z' => self.last_line_end(),
            'b' => self.put(format_args!(
                "(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"
            )),
            'B' => self.put(format_args!(
                "(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"
            )),
            'R' => self.put(format_args!(r"(?:\r\n|[\x0b\x0c{LINE_ENDS}])")),
            'k' => {
                let name = self.rest.name("<", ">")?;
                self.back_reference(&format!(r"\k<{name}>"));
            }
            '1'..='9' => self.back_reference(&format!(r"\{character}")),
            _ => return Err("has an escape that is not offered"),
        }
        Ok(())
    }

    fn back_reference(&mut self, reference: &str) {
        let flag = if self.flags.folds { "i" } else { "" };
        self.put(format_args!("(?{flag}:{reference})"));
    }

    /// Goes on after `(`.
    fn open(&mut self) -> Result<(), &'static str> {
        self.outside.push(self.flags);
        if !self.rest.take("?") {
            self.out.push('(');
            return Ok(());
        }
        for kind in [":", "=", "!", "<=", "<!", ">"] {
            if self.rest.take(kind) {
                self.out.push_str("(?");
                self.out.push_str(kind);
                return Ok(());
            }
        }
        if self.rest.peek() == Some('<') {
            let name = self.rest.name("<", ">")?;
            self.put(format_args!("(?<{name}>"));
            return Ok(());
        }
        self.set_flags()
    }

    /// Goes on after `(?` with flags, for the rest of the group outside or for one of their own.
    fn set_flags(&mut self) -> Result<(), &'static str> {
        let mut sets = true;
        loop {
            match self.rest.next() {
                Some('-') => sets = false,
                Some('i') => self.flags.folds = sets,
                Some('s') => self.flags.dot_all = sets,
                Some(':') => {
                    self.out.push_str("(?:");
                    return Ok(());
                }
                Some(')') => {
                    self.outside.pop();
                    self.out.push_str("(?:)");
                    return Ok(());
                }
                _ => return Err("has a group or a flag that is not offered"),
            }
        }
    }

    /// Goes on after `{` with `n}`, `n,}` or `n,m}`.
    fn count(&mut self) -> Result<(), &'static str> {
        let wrong = "has a `{` that begins no quantifier";
        let inside = self.rest.until("}");
        let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
        let is_number = |text: &str| {
            !text.is_empty() && text.len() < 5 && text.bytes().all(|octet| octet.is_ascii_digit())
        };
        if !is_number(least) || !(most.is_empty() || is_number(most)) {
            return Err(wrong);
        }
        let too_many = |text: &str| text.parse().is_ok_and(|number: usize| number > REPEATS_MAX);
        if too_many(least) || too_many(most) {
            return Err("repeats something more than 1000 times");
        }
        self.put(format_args!("{{{inside}}}"));
        Ok(())
    }
}
