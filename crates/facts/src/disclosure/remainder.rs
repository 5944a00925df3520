//! Which totals leave too few behind what of them is hidden: a total less the parts that are shown
//! is a figure too, though nobody wrote it down.
//!
//! Not here: what follows from several sums at once, unless it is a single figure.

use super::{Rule, Tables, elimination};
use crate::Error;
use codes::Number;
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// Whose the figures of tables are: of each cell in order the numbers of those behind it, and what
/// is theirs.
#[derive(Debug, Clone)]
pub(super) struct Contributors {
    rule: Rule,
    of: Vec<Vec<(usize, Number)>>,
}

impl Tables {
    /// Tells whose the figures are: of each in order the numbers of those behind it, and what is
    /// theirs. What of a total is hidden is then held to the rule as a whole: two who are behind
    /// two hidden figures learn of each other from their sum, be the figures themselves safe.
    ///
    /// # Errors
    /// [`Error::Count`] unless there are as many as figures, [`Error::Parts`] if they do not add up
    /// to them.
    pub fn with_contributors(
        mut self,
        rule: Rule,
        of: Vec<Vec<(usize, Number)>>,
    ) -> Result<Self, Error> {
        if of.len() != self.cells.len() {
            return Err(Error::Count {
                what: "figures with contributors",
                counted: of.len(),
                expected: "as many as figures",
            });
        }
        for (of, cell) in of.iter().zip(&self.cells) {
            let parts = Number::sum(of.iter().map(|(_, number)| *number))?;
            if parts != cell.value {
                let whole = cell.value;
                return Err(Error::Parts { parts, whole });
            }
        }
        self.contributors = Some(Contributors { rule, of });
        Ok(self)
    }

    /// The sums whose total is known and whose hidden parts together tell of too few.
    pub(super) fn thin(&self, hidden: &[bool]) -> Result<Vec<&[usize]>, Error> {
        let Some(contributors) = &self.contributors else {
            return Ok(Vec::new());
        };
        // What can be reckoned is as good as shown.
        let mut unknown = hidden.to_vec();
        let all: Vec<usize> = (0..hidden.len()).filter(|at| hidden[*at]).collect();
        for at in elimination::determined(&self.sums, &all)? {
            unknown[at] = false;
        }
        let mut thin = Vec::new();
        for sum in &self.sums {
            if self.is_thin(contributors, sum, &unknown)? {
                thin.push(&sum[..]);
            }
        }
        Ok(thin)
    }

    fn is_thin(
        &self,
        Contributors { rule, of }: &Contributors,
        sum: &[usize],
        unknown: &[bool],
    ) -> Result<bool, Error> {
        let Some((total, parts)) = sum.split_first() else {
            return Ok(false);
        };
        // If nothing is subtracted it is the total, which is judged by itself.
        let is_subtracted = |at: &usize| !unknown[*at] && self.cells[*at].value != Number::ZERO;
        if unknown[*total] || !parts.iter().any(is_subtracted) {
            return Ok(false);
        }
        let mut together: BTreeMap<usize, Number> = BTreeMap::new();
        for part in parts.iter().filter(|at| unknown[**at]) {
            for (who, number) in &of[*part] {
                let his = together.entry(*who).or_default();
                *his = his.plus(*number)?;
            }
        }
        rule.is_sensitive(&together.into_values().collect::<Vec<_>>())
    }

    /// The cheapest figure of a sum that can be hidden beside those that are.
    pub(super) fn to_hide_in(&self, sum: &[usize], hidden: &[bool]) -> Option<usize> {
        let beside = sum.iter().copied().find(|at| hidden[*at])?;
        let free = sum.iter().copied().filter(|at| self.is_free(*at, hidden));
        free.min_by_key(|at| self.price(*at, beside))
    }
}
