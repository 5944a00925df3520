//! What is put in for `${name}` and its like in the texts of templates.
//!
//! | written | put in |
//! | --- | --- |
//! | `${name}` | the parameter; nothing if there is none |
//! | `${name[2]}` | group 2 of the pattern that bound the parameter; `[0]` is the whole |
//! | `$2` | as `${extension[2]}` |
//! | `\x` | the letter x, whatever it is |
//!
//! Every other `$` means itself. Not here: which parameters there are.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::Chars;

/// A text with a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parameter {
    pub(super) text: String,
    /// The groups from 1 on of the pattern that the text has matched.
    pub(super) groups: Vec<String>,
}

impl Parameter {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            groups: Vec::new(),
        }
    }

    fn group(&self, number: usize) -> Option<&str> {
        match number.checked_sub(1) {
            None => Some(&self.text),
            Some(at) => self.groups.get(at).map(String::as_str),
        }
    }
}

/// The parameter whose groups `$1` to `$9` are.
const OF_NUMBERS: &str = "extension";

/// The text with everything put in; each piece is printed by `print`.
pub(super) fn replaced(
    text: &str,
    parameters: &BTreeMap<String, Parameter>,
    print: impl Fn(&str) -> String,
) -> String {
    let group = |name: &str, number| {
        let found = parameters.get(name).and_then(|found| found.group(number));
        print(found.unwrap_or_default())
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(rest.next().unwrap_or('\\')),
            '$' => match reference(&mut rest) {
                Some((name, number)) => out.push_str(&group(name, number)),
                None => out.push('$'),
            },
            _ => out.push(character),
        }
    }
    out
}

/// Takes what follows a `$`, if it names a parameter and a group.
fn reference<'t>(rest: &mut Chars<'t>) -> Option<(&'t str, usize)> {
    let text = rest.as_str();
    let first = text.chars().next()?;
    if let Some(digit) = first.to_digit(10) {
        rest.next();
        return Some((OF_NUMBERS, digit as usize));
    }
    let (inside, after) = text.strip_prefix('{')?.split_once('}')?;
    *rest = after.chars();
    Some(
        match inside.strip_suffix(']').and_then(|it| it.split_once('[')) {
            // A number that is none names no group: nothing is put in.
            Some((name, number)) => (name, number.trim().parse().unwrap_or(usize::MAX)),
            None => (inside, 0),
        },
    )
}
