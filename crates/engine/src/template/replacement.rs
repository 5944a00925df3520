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

/// The text with everything put in; each piece is printed by `print`. It ends early, with the
/// piece that makes it longer than `octets_max`: a short text can name a long one many times.
pub(super) fn replaced(
    text: &str,
    parameters: &BTreeMap<String, Parameter>,
    octets_max: usize,
    print: impl Fn(&str) -> String,
) -> String {
    let group = |name: &str, number| {
        let found = parameters.get(name).and_then(|found| found.group(number));
        print(found.unwrap_or_default())
    };
    // Looking for a `}` that does not come, at each of many `${`, is looking at all for each.
    let unclosed = text.len() - text.rfind('}').unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if out.len() > octets_max {
            break;
        }
        match character {
            '\\' => out.push(rest.next().unwrap_or('\\')),
            '$' => match reference(&mut rest, unclosed) {
                Some((name, number)) => out.push_str(&group(name, number)),
                None => out.push('$'),
            },
            _ => out.push(character),
        }
    }
    out
}

/// Takes what follows a `$`, if it names a parameter and a group. No `}` is in the last `unclosed`
/// octets, but perhaps as the first of them.
fn reference<'t>(rest: &mut Chars<'t>, unclosed: usize) -> Option<(&'t str, usize)> {
    let text = rest.as_str();
    let first = text.chars().next()?;
    if let Some(digit) = first.to_digit(10) {
        rest.next();
        return Some((OF_NUMBERS, digit as usize));
    }
    if text.len() < unclosed {
        return None;
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
