//! Rows that total others, beside the rows.
//!
//! Not here: what a rule says of figures of single rows.

use super::{adds_up, apart_by};
use crate::collect::judge::Judge;
use crate::collect::reading::Total;
use crate::collect::rules::Rule;
use codes::Number;
use std::collections::{BTreeMap, BTreeSet};

impl<'g> Judge<'g> {
    /// Totals of a column beside the figures above, or since the last total; where there are none
    /// above, beside those below.
    pub(super) fn check_totals(&mut self, rule: &Rule, totals: &[Total], tolerance: Number) {
        let columns = self.columns_added_up(rule);
        let mut last: BTreeMap<(&str, u32), u32> = BTreeMap::new();
        for total in totals {
            let (Some(sheet), Some(row)) = (&total.spot.sheet, total.spot.row) else {
                continue;
            };
            let key = (sheet.as_str(), total.column);
            let since = last.insert(key, row).unwrap_or(0);
            let Some(running) = columns.get(&key) else {
                continue;
            };
            let apart = running.apart_by(total.number, [since, row], tolerance);
            if let Some(Some((sum, by))) = self.reckoned(rule, total.spot.clone(), apart) {
                let says = [
                    format!(
                        "the rows make {sum}, the total is {}: {by} apart",
                        total.number
                    ),
                    format!("各行之和为{sum}，合计为{}，相差{by}", total.number),
                ];
                self.fail(rule, total.spot.clone(), says);
            }
        }
    }

    /// The figures of each column added up from above, but of those that cannot be.
    fn columns_added_up(&mut self, rule: &Rule) -> BTreeMap<(&'g str, u32), Running> {
        let mut columns: BTreeMap<(&str, u32), Running> = BTreeMap::new();
        let mut beyond = BTreeSet::new();
        for entry in self.ground.entries.iter().filter(|entry| adds_up(entry)) {
            let key = (entry.sheet.as_str(), entry.place.column);
            if beyond.contains(&key) {
                continue;
            }
            let added = columns
                .entry(key)
                .or_default()
                .add(entry.place.row, entry.number);
            if self.reckoned(rule, entry.spot(), added).is_none() {
                columns.remove(&key);
                beyond.insert(key);
            }
        }
        columns
    }
}

/// The figures of a column added up from above.
#[derive(Default)]
struct Running {
    sums: Vec<(u32, Number)>,
}

impl Running {
    fn add(&mut self, row: u32, number: Number) -> Result<(), codes::Error> {
        let before = self.sums.last().map_or(Number::ZERO, |(_, sum)| *sum);
        self.sums.push((row, before.plus(number)?));
        Ok(())
    }

    /// The sum that a total stands for, and by how much that differs; `None` if it fits what is
    /// above it, or above it since the last.
    fn apart_by(
        &self,
        total: Number,
        [since, row]: [u32; 2],
        tolerance: Number,
    ) -> Result<Option<(Number, Number)>, codes::Error> {
        let [before, all] = [self.until(row), self.until(u32::MAX)];
        let [first, second] = if before == Number::ZERO {
            [all, all]
        } else {
            [before, before.minus(self.until(since))?]
        };
        if apart_by(total, first, tolerance)?.is_none() {
            return Ok(None);
        }
        Ok(apart_by(total, second, tolerance)?.map(|by| (second, by)))
    }

    /// The sum of what stands above a row.
    fn until(&self, row: u32) -> Number {
        let count = self.sums.partition_point(|(at, _)| *at < row);
        let last = count.checked_sub(1).and_then(|at| self.sums.get(at));
        last.map_or(Number::ZERO, |(_, sum)| *sum)
    }
}
