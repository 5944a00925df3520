//! Sets of characters: what `[a-z&&[^x]]`, `\d` and `\p{Alpha}` stand for in Java.
//!
//! Not here: everything in a pattern that is more than one character.

use super::reader::Reader;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;

/// How deep classes may lie in each other. Beyond it: a problem.
const CLASSES_DEPTH_MAX: usize = 8;

/// A set of characters: ranges of code points in ascending order, which do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Set {
    ranges: Vec<(u32, u32)>,
}

impl Set {
    fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (from, to) in ranges {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self { ranges: merged }
    }

    /// One character, with its other case if case does not matter.
    pub(super) fn of(character: char, folds: bool) -> Self {
        Self::range(character.into(), character.into(), folds)
    }

    fn range(from: u32, to: u32, folds: bool) -> Self {
        let mut ranges = vec![(from, to)];
        if folds {
            ranges.extend(shifted(from, to, ('A', 'Z'), |letter| letter + 32));
            ranges.extend(shifted(from, to, ('a', 'z'), |letter| letter - 32));
        }
        Self::new(ranges)
    }

    fn ascii(letters: &[(u8, u8)]) -> Self {
        let wide = |&(from, to): &(u8, u8)| (from.into(), to.into());
        Self::new(letters.iter().map(wide).collect())
    }

    fn union(self, other: Self) -> Self {
        Self::new([self.ranges, other.ranges].concat())
    }

    fn negated(&self) -> Self {
        let mut next = 0;
        let mut ranges = Vec::new();
        for &(from, to) in &self.ranges {
            if next < from {
                ranges.push((next, from - 1));
            }
            next = to + 1;
        }
        if next <= char::MAX.into() {
            ranges.push((next, char::MAX.into()));
        }
        Self { ranges }
    }

    fn intersection(&self, other: &Self) -> Self {
        self.negated().union(other.negated()).negated()
    }

    /// Reads a class after its `[`.
    pub(super) fn read(rest: &mut Reader<'_>, folds: bool) -> Result<Self, &'static str> {
        Self::read_class(rest, folds, 1)
    }

    fn read_class(rest: &mut Reader<'_>, folds: bool, depth: usize) -> Result<Self, &'static str> {
        if depth > CLASSES_DEPTH_MAX {
            return Err("has classes that lie too deep in each other");
        }
        let is_negated = rest.take("^");
        let mut before: Option<Self> = None;
        let mut set = Self::default();
        let mut is_first = true;
        loop {
            if rest.take("&&") {
                before = Some(joined(before, set));
                set = Self::default();
                is_first = true;
                continue;
            }
            let part = match rest.peek() {
                None => return Err("has a class that is not closed"),
                Some(']') if !is_first => {
                    rest.next();
                    let set = joined(before, set);
                    return Ok(if is_negated { set.negated() } else { set });
                }
                Some(']') => return Err("has a class without characters"),
                Some('[') => {
                    rest.next();
                    Self::read_class(rest, folds, depth + 1)?
                }
                Some(_) => Self::read_range(rest, folds)?,
            };
            set = set.union(part);
            is_first = false;
        }
    }

    /// Reads a character, a set that an escape stands for, or a range of characters.
    fn read_range(rest: &mut Reader<'_>, folds: bool) -> Result<Self, &'static str> {
        let first = match Member::read(rest)? {
            Member::Set(set) => return Ok(set),
            Member::Character(character) => character,
        };
        let mut ahead = rest.clone();
        let is_range = ahead.take("-") && !matches!(ahead.peek(), Some(']' | '[') | None);
        if !is_range {
            return Ok(Self::range(first, first, folds));
        }
        *rest = ahead;
        match Member::read(rest)? {
            Member::Character(last) if first <= last => Ok(Self::range(first, last, folds)),
            _ => Err("has a range that does not ascend"),
        }
    }

    /// Reads after a backslash what stands for one character, if it does; nothing is taken if not.
    pub(super) fn read_escape(
        rest: &mut Reader<'_>,
        folds: bool,
    ) -> Result<Option<Self>, &'static str> {
        Ok(escaped(rest)?.map(|member| match member {
            Member::Set(set) => set,
            Member::Character(character) => Self::range(character, character, folds),
        }))
    }

    /// Prints the set for the library that runs patterns. Half characters are in no text.
    pub(super) fn print(&self, out: &mut String) {
        let halves = Self::new(vec![(0xd800, 0xdfff)]);
        let whole = self.intersection(&halves.negated());
        out.push('[');
        if whole.ranges.is_empty() {
            // Nothing matches: everything, negated.
            out.push_str(r"^\x{0}-\x{10ffff}");
        }
        for (from, to) in whole.ranges {
            let put = write!(out, "\\x{{{from:x}}}-\\x{{{to:x}}}");
            put.expect("a text takes everything");
        }
        out.push(']');
    }
}

/// The letters of a range that are within `letters`, in their other case.
fn shifted(
    from: u32,
    to: u32,
    letters: (char, char),
    shift: impl Fn(u32) -> u32,
) -> Option<(u32, u32)> {
    let (from, to) = (from.max(letters.0.into()), to.min(letters.1.into()));
    (from <= to).then(|| (shift(from), shift(to)))
}

fn joined(before: Option<Set>, set: Set) -> Set {
    match before {
        Some(before) => before.intersection(&set),
        None => set,
    }
}

/// What one sign in a class stands for.
enum Member {
    Character(u32),
    Set(Set),
}

impl Member {
    fn read(rest: &mut Reader<'_>) -> Result<Self, &'static str> {
        match rest.next() {
            Some('\\') => escaped(rest)?.ok_or("has an escape in a class that is not offered"),
            Some(character) => Ok(Self::Character(character.into())),
            None => Err("has a class that is not closed"),
        }
    }
}

/// Reads after a backslash what stands for one character; nothing is taken if it does not.
fn escaped(rest: &mut Reader<'_>) -> Result<Option<Member>, &'static str> {
    let before = rest.clone();
    let Some(letter) = rest.next() else {
        return Ok(None);
    };
    if let Some(set) = class_of(letter) {
        return Ok(Some(Member::Set(set)));
    }
    let character = match letter {
        't' => 0x09,
        'n' => 0x0a,
        'r' => 0x0d,
        'f' => 0x0c,
        'a' => 0x07,
        'e' => 0x1b,
        'c' => rest.next().map_or(0, u32::from) ^ 64,
        '0' => rest
            .number(8, 3)
            .ok_or("has an octal escape without digits")?,
        'x' if rest.take("{") => {
            let number = rest.number(16, 6);
            let is_closed = rest.take("}");
            number
                .filter(|_| is_closed)
                .ok_or("has an escape `\\x{` that is not closed")?
        }
        'x' => rest
            .number(16, 2)
            .ok_or("has an escape `\\x` without digits")?,
        'u' => rest
            .number(16, 4)
            .ok_or("has an escape `\\u` without digits")?,
        'p' | 'P' => return property(rest, letter == 'P').map(Some),
        _ if letter.is_ascii_alphanumeric() => {
            *rest = before;
            return Ok(None);
        }
        _ => letter.into(),
    };
    if character > char::MAX.into() {
        return Err("has an escape beyond the last character");
    }
    Ok(Some(Member::Character(character)))
}

fn class_of(letter: char) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        'd' => Set::ascii(&[(b'0', b'9')]),
        'w' => Set::ascii(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]),
        's' => Set::ascii(&[(9, 13), (32, 32)]),
        'h' => Set::new(vec![
            (9, 9),
            (0x20, 0x20),
            (0xa0, 0xa0),
            (0x1680, 0x1680),
            (0x180e, 0x180e),
            (0x2000, 0x200a),
            (0x202f, 0x202f),
            (0x205f, 0x205f),
            (0x3000, 0x3000),
        ]),
        'v' => Set::new(vec![(10, 13), (0x85, 0x85), (0x2028, 0x2029)]),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() {
        set.negated()
    } else {
        set
    })
}

/// Reads a property after `\p`: those of ASCII, whose names say what they are.
fn property(rest: &mut Reader<'_>, is_negated: bool) -> Result<Member, &'static str> {
    let unknown = "names a property of characters other than those of ASCII";
    if !rest.take("{") {
        return Err(unknown);
    }
    let upper = (b'A', b'Z');
    let lower = (b'a', b'z');
    let digit = (b'0', b'9');
    let set = match rest.until("}") {
        "Lower" => Set::ascii(&[lower]),
        "Upper" => Set::ascii(&[upper]),
        "ASCII" => Set::ascii(&[(0, 127)]),
        "Alpha" => Set::ascii(&[upper, lower]),
        "Digit" => Set::ascii(&[digit]),
        "Alnum" => Set::ascii(&[digit, upper, lower]),
        "Punct" => Set::ascii(&[(33, 47), (58, 64), (91, 96), (123, 126)]),
        "Graph" => Set::ascii(&[(33, 126)]),
        "Print" => Set::ascii(&[(32, 126)]),
        "Blank" => Set::ascii(&[(9, 9), (32, 32)]),
        "Cntrl" => Set::ascii(&[(0, 31), (127, 127)]),
        "XDigit" => Set::ascii(&[digit, (b'A', b'F'), (b'a', b'f')]),
        "Space" => Set::ascii(&[(9, 13), (32, 32)]),
        _ => return Err(unknown),
    };
    Ok(Member::Set(if is_negated { set.negated() } else { set }))
}
