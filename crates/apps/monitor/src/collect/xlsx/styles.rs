//! Which cells are shown as days or in per cent (ECMA-376 part 1, 18.8.30: number formats).
//!
//! Not here: any other look of cells.

use super::{attribute, child, children, parse};
use crate::collect::Error;
use std::collections::BTreeMap;

/// How a number is to be understood by the way it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shown {
    /// As it is.
    #[default]
    Plain,
    /// As a day, perhaps with a time.
    Day,
    /// In hundredths.
    PerCent,
}

/// How the cells of each style are shown.
#[derive(Debug, Default)]
pub(super) struct Styles {
    formats: Vec<Shown>,
}

impl Styles {
    pub(super) fn read(text: &str, path: &str) -> Result<Self, Error> {
        let document = parse(text, path)?;
        let root = document.root_element();
        let mut codes = BTreeMap::new();
        if let Some(formats) = child(root, "numFmts") {
            for node in children(formats, "numFmt") {
                let id = attribute(node, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                codes.extend(id.zip(attribute(node, "formatCode")));
            }
        }
        let shown = |id: u32| match codes.get(&id) {
            Some(code) => by_code(code),
            None => built_in(id),
        };
        let mut formats = Vec::new();
        if let Some(cells) = child(root, "cellXfs") {
            let id = |node| attribute(node, "numFmtId").and_then(|id| id.parse().ok());
            formats.extend(children(cells, "xf").map(|node| shown(id(node).unwrap_or(0))));
        }
        Ok(Self { formats })
    }

    /// How cells of a style are shown.
    pub(super) fn shown(&self, style: Option<&str>) -> Shown {
        let style = style.and_then(|style| style.parse::<usize>().ok());
        let found = self.formats.get(style.unwrap_or(0));
        found.copied().unwrap_or_default()
    }
}

/// Formats that are known by number; 27 to 36 and 50 to 58 are days in Chinese.
fn built_in(id: u32) -> Shown {
    match id {
        9 | 10 => Shown::PerCent,
        14..=17 | 22 | 27..=31 | 34..=36 | 50..=54 | 57..=58 => Shown::Day,
        _ => Shown::Plain,
    }
}

/// What a code of a format says, without what it quotes, escapes or puts in brackets.
fn by_code(code: &str) -> Shown {
    let mut plain = String::new();
    let mut characters = code.chars();
    while let Some(found) = characters.next() {
        match found {
            '"' => drop(characters.by_ref().find(|next| *next == '"')),
            '[' => drop(characters.by_ref().find(|next| *next == ']')),
            '\\' | '_' | '*' | '!' => drop(characters.next()),
            // Only the first section: for what is above zero.
            ';' => break,
            found => plain.push(found.to_ascii_lowercase()),
        }
    }
    let is_number = plain.contains(['0', '#', '?']);
    let has_day = plain.contains(['y', 'd', 'e']);
    // Without a day or an hour beside it m is a month, else it may be a minute.
    let has_month = plain.contains('m') && !plain.contains(['h', 's']);
    if plain.contains("general") {
        Shown::Plain
    } else if (has_day || has_month) && !is_number {
        Shown::Day
    } else if plain.contains('%') {
        Shown::PerCent
    } else {
        Shown::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_say_what_a_number_is() {
        let check = |code, expected| assert_eq!(by_code(code), expected, "{code}");
        check("yyyy\"年\"m\"月\"", Shown::Day);
        check("[$-804]yyyy/m/d;@", Shown::Day);
        check("mmm", Shown::Day);
        check("0.00%", Shown::PerCent);
        check("#,##0.00\"元/day\"", Shown::Plain);
        check("0.00E+00", Shown::Plain);
        check("General", Shown::Plain);
        check("[Red]0.0_);(0.0)", Shown::Plain);
        check("h:mm", Shown::Plain);
        check("\"open", Shown::Plain);
        assert_eq!(
            [built_in(14), built_in(10), built_in(2)],
            [Shown::Day, Shown::PerCent, Shown::Plain]
        );
    }
}
