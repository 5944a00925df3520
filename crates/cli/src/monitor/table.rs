//! Tables for people, in columns as wide as what is in them: a Chinese character is two wide.
//!
//! Not here: what is in the cells.

use crate::output::say;
use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;

/// On which side of its column text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// A table that is gathered row by row.
pub(super) struct Table {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(headings: &[(&str, Side)]) -> Self {
        let (row, sides) = headings
            .iter()
            .map(|(heading, side)| ((*heading).to_owned(), *side))
            .unzip();
        Self {
            sides,
            rows: vec![row],
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines of the table; the first are its headings.
    fn lines(&self) -> Vec<String> {
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..self.sides.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(widths.iter().zip(&self.sides));
            let cells: Vec<_> = cells
                .map(|(cell, (width, side))| padded(cell, *width, *side))
                .collect();
            cells.join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }

    /// Says it, with bold headings where somebody looks.
    pub(super) fn say(&self) {
        for (at, line) in self.lines().into_iter().enumerate() {
            if at == 0 {
                say(bold(&line));
            } else {
                say(line);
            }
        }
    }
}

fn padded(cell: &str, width: usize, side: Side) -> String {
    let spaces = " ".repeat(width.saturating_sub(cell.width()));
    match side {
        Side::Left => format!("{cell}{spaces}"),
        Side::Right => format!("{spaces}{cell}"),
    }
}

/// Text in bold, on a terminal that has it and whose owner wants it.
pub(super) fn bold(text: &str) -> String {
    if has_color() {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

fn has_color() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_keep_their_column() {
        let mut table = Table::new(&[("地区", Side::Left), ("%", Side::Right)]);
        table.row(vec!["甲".to_owned(), "-12.5".to_owned()]);
        table.row(vec!["city".to_owned(), "3".to_owned()]);
        assert_eq!(table.lines(), ["地区      %", "甲    -12.5", "city      3"]);
    }
}
