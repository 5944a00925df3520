//! Statistical disclosure control: which figures must not be shown, because they tell of one
//! enterprise, or let it be reckoned.
//!
//! *Sensitive* are figures behind which there are too few, or one that is too large ([`Rule`]). To
//! hide these alone is not enough: whoever sees a total and the other parts subtracts. So others
//! are hidden with them, until nothing that is hidden can be reckoned from all that is shown
//! ([`Tables::protect`]).
//!
//! Why that is safe: what is shown leaves the hidden figures as unknowns of linear equations, one
//! for each sum. A hidden figure cannot be recovered if there is a change of hidden figures, none
//! of them zero and this among them, after which all sums still hold: a small enough part of that
//! change, added or taken away, leaves every figure above zero that was, and everything shown as it
//! is. Whether there is such a change is decided exactly, in integers (`elimination`).
//!
//! An enterprise that is alone behind a figure knows that one, and must not learn another's: so no
//! hidden figure may follow from all that is shown and what one enterprise knows for itself.
//!
//! Whoever shares figures with one other learns of him from their sum as well. So what of a total
//! is hidden must not be too few's as a whole, if it is told whose the figures are
//! ([`Tables::with_contributors`]).
//!
//! What is protected is the figure itself, not how near one can come to it. All tables that are
//! shown together, or were shown before ([`Behind::Published`]), must be in one [`Tables`].
//!
//! Not here: who may see hidden figures after all.

mod elimination;
mod remainder;
mod rule;
#[cfg(test)]
mod tests;

pub use rule::Rule;

use crate::Error;
use codes::Number;
use elimination::Direction;
use remainder::Contributors;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The most figures that are protected together: a province's cities by divisions have 588.
const CELLS_MAX: usize = 10_000;

/// The most sums. The time that is needed grows with their square times the hidden figures, the
/// memory with both.
const SUMS_MAX: usize = 600;

/// Figures that are shown together, and which of them are the sum of which others.
///
/// ```
/// use facts::disclosure::{Behind, Shown, Tables};
///
/// // Two cities by two divisions, with totals; one figure is sensitive.
/// let figures = [[5, 7, 12], [4, 9, 13], [9, 16, 25]];
/// let behind = |is_first| if is_first { Behind::Few } else { Behind::Enough };
/// let cell = |row: usize, column: usize| {
///     (figures[row][column].into(), behind((row, column) == (0, 0)))
/// };
/// let tables = Tables::grid(2, 2, cell)?;
/// let shown = tables.protect()?;
/// assert_eq!(shown[0], Shown::Sensitive);
/// // Its row, its column, and what closes the square; no total.
/// let hidden = shown.iter().filter(|shown| **shown == Shown::HiddenToo).count();
/// assert_eq!(hidden, 3);
/// # Ok::<(), facts::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Tables {
    cells: Vec<Cell>,
    sums: Vec<Vec<usize>>,
    contributors: Option<Contributors>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    value: Number,
    behind: Behind,
    is_total: bool,
}

impl Cell {
    fn is_sensitive(&self) -> bool {
        matches!(self.behind, Behind::Few | Behind::One(_))
    }

    fn is_published(&self) -> bool {
        self.behind == Behind::Published
    }
}

/// Says who is behind a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// So many that it may be shown.
    Enough,
    /// So few, or one so large, that it must not be: it is sensitive.
    Few,
    /// One alone, told apart from others by a number: it is sensitive, and this one knows it.
    One(usize),
    /// It does not matter any more: the figure has been shown already, everybody knows it, and it
    /// covers nothing.
    Published,
}

/// Says whether a figure may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It may be.
    Yes,
    /// It tells of one enterprise.
    Sensitive,
    /// It would let a sensitive one be reckoned.
    HiddenToo,
}

impl Tables {
    /// Adds a figure; gives its number, counted from 0.
    ///
    /// # Errors
    /// [`Error::Count`] if there are too many.
    pub fn cell(&mut self, value: Number, behind: Behind) -> Result<usize, Error> {
        check_count("figures in tables", self.cells.len(), CELLS_MAX)?;
        self.cells.push(Cell {
            value,
            behind,
            is_total: false,
        });
        Ok(self.cells.len() - 1)
    }

    /// Adds that one figure is the sum of others.
    ///
    /// # Errors
    /// [`Error::Parts`] if it is not, [`Error::Missing`] if there is no such figure,
    /// [`Error::Count`].
    pub fn sum(&mut self, total: usize, parts: &[usize]) -> Result<(), Error> {
        check_count("sums in tables", self.sums.len(), SUMS_MAX)?;
        let value = |at: usize| {
            let cell = self.cells.get(at).ok_or_else(|| Error::Missing {
                what: "figure",
                name: at.to_string(),
            });
            Ok::<_, Error>(cell?.value)
        };
        let whole = value(total)?;
        let values = parts
            .iter()
            .map(|at| value(*at))
            .collect::<Result<Vec<_>, _>>()?;
        let parts_sum = Number::sum(values)?;
        if parts_sum != whole {
            return Err(Error::Parts {
                parts: parts_sum,
                whole,
            });
        }
        self.cells[total].is_total = true;
        self.sums.push([&[total], parts].concat());
        Ok(())
    }

    /// A table of rows and columns with all totals: the row after the last holds the totals of the
    /// columns, the column after the last those of the rows. The figures are numbered row by row.
    ///
    /// # Errors
    /// As of [`Tables::cell`] and [`Tables::sum`].
    pub fn grid(
        rows: usize,
        columns: usize,
        mut cell: impl FnMut(usize, usize) -> (Number, Behind),
    ) -> Result<Self, Error> {
        let mut tables = Self::default();
        for row in 0..=rows {
            for column in 0..=columns {
                let (value, behind) = cell(row, column);
                tables.cell(value, behind)?;
            }
        }
        let at = |row: usize, column: usize| row * (columns + 1) + column;
        for row in 0..=rows {
            let parts: Vec<_> = (0..columns).map(|column| at(row, column)).collect();
            tables.sum(at(row, columns), &parts)?;
        }
        for column in 0..=columns {
            let parts: Vec<_> = (0..rows).map(|row| at(row, column)).collect();
            tables.sum(at(rows, column), &parts)?;
        }
        Ok(tables)
    }

    /// Says of every figure, in their order, whether it may be shown.
    ///
    /// Rather small figures are hidden than large ones, and parts than totals; none is hidden
    /// without need, that is, none could be shown again by itself. None that is published is.
    ///
    /// # Errors
    /// [`Error::Unprotected`] if something sensitive can be reckoned whatever else is hidden, as a
    /// total of parts that are all zero and not sensitive, or all published: nothing more of the
    /// tables can be shown then.
    pub fn protect(&self) -> Result<Vec<Shown>, Error> {
        let mut hidden: Vec<bool> = self.cells.iter().map(Cell::is_sensitive).collect();
        loop {
            let found = self.recoverable(&hidden)?;
            let thin = self.thin(&hidden)?;
            let is_sensitive = |at: &usize| self.cells[*at].is_sensitive();
            let told = found.iter().copied().find(is_sensitive);
            let in_thin = || {
                thin.iter()
                    .copied()
                    .flatten()
                    .copied()
                    .find(|at| hidden[*at])
            };
            let Some(told) = told.or_else(in_thin) else {
                break;
            };
            let mut is_same = true;
            for cell in &found {
                if let Some(also) = self.to_hide_for(*cell, &hidden) {
                    hidden[also] = true;
                    is_same = false;
                }
            }
            for sum in thin {
                if let Some(also) = self.to_hide_in(sum, &hidden) {
                    hidden[also] = true;
                    is_same = false;
                }
            }
            if is_same {
                return Err(Error::Unprotected { cell: told });
            }
        }
        self.show_what_can_be(&mut hidden)?;
        let shown = |(cell, is_hidden): (&Cell, &bool)| match (cell.is_sensitive(), is_hidden) {
            (true, _) => Shown::Sensitive,
            (false, true) => Shown::HiddenToo,
            (false, false) => Shown::Yes,
        };
        Ok(self.cells.iter().zip(&hidden).map(shown).collect())
    }

    /// The hidden figures of which it is not certain that whoever sees all others, and knows that
    /// none is below zero and perhaps his own, cannot reckon them.
    ///
    /// # Errors
    /// [`Error::Code`] if the equations need larger integers than there are.
    fn recoverable(&self, hidden: &[bool]) -> Result<BTreeSet<usize>, Error> {
        // A zero cannot become less, so no change of others may rely on one.
        let can_move = |at: &usize| hidden[*at] && self.cells[*at].value != Number::ZERO;
        let moving: Vec<usize> = (0..self.cells.len()).filter(can_move).collect();
        let mut found = self.told(&moving)?;
        let zeros = (0..self.cells.len()).filter(|at| hidden[*at] && !can_move(at));
        for zero in zeros {
            // It can become more, and with it its own totals, should they be zero too.
            let rising = self.rising_with(zero, hidden);
            if self.told(&[&moving[..], &rising].concat())?.contains(&zero) {
                found.insert(zero);
            }
        }
        Ok(found)
    }

    /// A hidden zero and the hidden totals that are zero because all their parts are, through
    /// however many sums: they rise with it, whatever else does not.
    fn rising_with(&self, zero: usize, hidden: &[bool]) -> Vec<usize> {
        let mut rising = vec![zero];
        let mut at = 0;
        while let Some(part) = rising.get(at).copied() {
            for total in self.zero_totals_of(part) {
                if hidden[total] && !rising.contains(&total) {
                    rising.push(total);
                }
            }
            at += 1;
        }
        rising
    }

    /// The totals of a figure that are zero because all their parts are.
    fn zero_totals_of(&self, part: usize) -> impl Iterator<Item = usize> {
        let is_zero =
            |sum: &&Vec<usize>| sum.iter().all(|at| self.cells[*at].value == Number::ZERO);
        let with_part = move |sum: &&Vec<usize>| sum.iter().skip(1).any(|at| *at == part);
        let sums = self.sums.iter().filter(with_part).filter(is_zero);
        sums.filter_map(|sum| sum.first().copied())
    }

    /// Those of the unknown that the sums tell to everybody, and the sensitive ones that they tell
    /// to somebody who knows his own.
    fn told(&self, unknown: &[usize]) -> Result<BTreeSet<usize>, Error> {
        let directions = elimination::directions(&self.sums, unknown)?;
        let cells = || unknown.iter().copied().zip(&directions);
        let told = cells().filter(|(_, direction)| direction.is_empty());
        let mut told: BTreeSet<_> = told.map(|(cell, _)| cell).collect();
        let mut owned: BTreeMap<usize, BTreeSet<&Direction>> = BTreeMap::new();
        for (cell, direction) in cells().filter(|(_, direction)| !direction.is_empty()) {
            if let Behind::One(who) = self.cells[cell].behind {
                owned.entry(who).or_default().insert(direction);
            }
        }
        for (who, known) in owned {
            let is_others = |cell: &usize| self.cells[*cell].behind != Behind::One(who);
            let is_secret = |cell: &usize| self.cells[*cell].is_sensitive() && is_others(cell);
            if known.len() == 1 {
                let tied = cells().filter(|(_, direction)| known.contains(direction));
                told.extend(tied.map(|(cell, _)| cell).filter(is_secret));
            } else {
                let others: Vec<_> = unknown.iter().copied().filter(is_others).collect();
                let follow = elimination::determined(&self.sums, &others)?;
                told.extend(follow.into_iter().filter(is_secret));
            }
        }
        Ok(told)
    }

    /// What else to hide so that a hidden figure may become hard to reckon.
    fn to_hide_for(&self, cell: usize, hidden: &[bool]) -> Option<usize> {
        // A total of zero says that all its parts are zero.
        let rising = self.rising_with(cell, hidden);
        let mut totals = rising.iter().flat_map(|part| self.zero_totals_of(*part));
        if let Some(total) = totals.find(|at| !hidden[*at] && !self.cells[*at].is_published()) {
            return Some(total);
        }
        let is_free = |at: &usize| self.is_free(*at, hidden);
        let of = |sums: &[&Vec<usize>]| {
            let free = sums
                .iter()
                .flat_map(|sum| sum.iter())
                .copied()
                .filter(is_free);
            free.min_by_key(|at| self.price(*at, cell))
        };
        let with_cell: Vec<_> = self.sums.iter().filter(|sum| sum.contains(&cell)).collect();
        let is_alone = |sum: &&&Vec<usize>| sum.iter().filter(|at| hidden[**at]).count() == 1;
        let alone: Vec<_> = with_cell.iter().filter(is_alone).copied().collect();
        // Where it is alone something must be hidden; else near it; else anywhere, lest it be
        // reckoned over several sums.
        let all: Vec<_> = self.sums.iter().collect();
        of(&alone).or_else(|| of(&with_cell)).or_else(|| of(&all))
    }

    /// Whether a figure could be hidden for another.
    fn is_free(&self, at: usize, hidden: &[bool]) -> bool {
        let cell = self.cells[at];
        !hidden[at] && !cell.is_published() && cell.value != Number::ZERO
    }

    /// What it costs to hide a figure for another: totals most; and what is less than the other
    /// says much of it.
    fn price(&self, at: usize, cell: usize) -> impl Ord + use<> {
        let [found, hidden] = [self.cells[at], self.cells[cell]];
        let size = |value: Number| value.max(Number::ZERO.minus(value).unwrap_or(value));
        let (found_size, hidden_size) = (size(found.value), size(hidden.value));
        let is_less = found_size < hidden_size;
        let less = is_less.then_some(Reverse(found_size));
        (found.is_total, is_less, less, found_size)
    }

    /// Shows again what was hidden beside the sensitive figures without need, the largest first.
    fn show_what_can_be(&self, hidden: &mut Vec<bool>) -> Result<(), Error> {
        let is_spare = |at: &usize| hidden[*at] && !self.cells[*at].is_sensitive();
        let mut spare: Vec<usize> = (0..self.cells.len()).filter(is_spare).collect();
        spare.sort_by_key(|at| Reverse((self.cells[*at].is_total, self.cells[*at].value)));
        self.show_recoverable(hidden)?;
        for at in spare {
            let mut without = hidden.clone();
            without[at] = false;
            if self.show_recoverable(&mut without)? {
                *hidden = without;
            }
        }
        Ok(())
    }

    /// Shows what can be reckoned anyway, which tells nobody anything; false if that is sensitive.
    fn show_recoverable(&self, hidden: &mut [bool]) -> Result<bool, Error> {
        let is_sensitive = |at: &usize| self.cells[*at].is_sensitive();
        if self.recoverable(hidden)?.iter().any(is_sensitive) || !self.thin(hidden)?.is_empty() {
            return Ok(false);
        }
        // By the sums alone: that a hidden figure is zero nobody else knows.
        let all: Vec<usize> = (0..self.cells.len()).filter(|at| hidden[*at]).collect();
        for at in elimination::determined(&self.sums, &all)? {
            hidden[at] = is_sensitive(&at);
        }
        Ok(true)
    }
}

fn check_count(what: &'static str, counted: usize, max: usize) -> Result<(), Error> {
    if counted < max {
        return Ok(());
    }
    Err(Error::Count {
        what,
        counted: counted + 1,
        expected: "fewer",
    })
}
