//! The columns of a sheet that have figures: their units, their periods, what is hidden of them.
//!
//! Not here: the rows (`rows`).

use super::Reader;
use super::layout::Layout;
use crate::collect::finding::{Severity, Spot};
use crate::collect::headings::{plain, unit_of_sheet};
use crate::collect::mapping::{FigureMapping, Hidden, PeriodPlace};
use crate::collect::when;
use codes::{Period, Unit};
use std::collections::BTreeSet;

/// A column of figures.
pub(super) struct Column<'m> {
    pub(super) at: u32,
    pub(super) figure: &'m FigureMapping,
    /// The unit that the sheet tells it in.
    pub(super) unit: Unit,
    /// The period that its heading speaks of.
    pub(super) period: Option<Period>,
}

impl<'r> Reader<'r> {
    /// The columns that have figures, with their units.
    pub(super) fn columns(&mut self, layout: &Layout) -> Vec<Column<'r>> {
        let of_sheet = unit_of_sheet(self.sheet, layout.rows[0]);
        let mapping = self.mapping;
        let mut columns = Vec::new();
        let mut told = BTreeSet::new();
        for figure in &mapping.figures {
            let path = plain(&figure.column).0;
            let found: Vec<_> = layout.of_path(&path).collect();
            let is_once = mapping.period != PeriodPlace::Headings;
            if found.is_empty() || (found.len() > 1 && is_once) {
                if told.insert(path) {
                    self.tell_column(&figure.column, found.len());
                }
                continue;
            }
            for heading in found {
                let is_needed = mapping.period == PeriodPlace::Headings;
                let period = is_needed.then(|| self.period_of(&heading.lines)).flatten();
                if is_needed && period.is_none() {
                    self.tell_no_period(heading.column, &heading.lines.join("/"));
                    continue;
                }
                let unit = self.unit(figure, heading.column, heading.unit, of_sheet);
                if let Some(unit) = unit {
                    columns.push(Column {
                        at: heading.column,
                        figure,
                        unit,
                        period,
                    });
                }
            }
        }
        self.tell_hidden_columns(&columns);
        if mapping.hidden == Hidden::Skip {
            columns.retain(|column| !self.sheet.is_column_hidden(column.at));
        }
        columns
    }

    fn period_of(&self, lines: &[String]) -> Option<Period> {
        let title = self
            .given
            .or_else(|| self.title(self.mapping.heading_rows()[1]));
        when::find_in_lines(lines, title.map(Period::year_number))
    }

    pub(super) fn tell_column(&mut self, column: &str, count: usize) {
        let (code, says) = if count == 0 {
            (
                "heading-missing",
                [
                    format!("there is no column '{column}'"),
                    format!("缺少列“{column}”"),
                ],
            )
        } else {
            (
                "heading-twice",
                [
                    format!("there are {count} columns '{column}'"),
                    format!("列“{column}”出现{count}次"),
                ],
            )
        };
        self.tell(Severity::Error, code, self.at_sheet(), says);
    }

    fn tell_no_period(&mut self, column: u32, heading: &str) {
        let says = [
            format!("the heading '{heading}' does not say of which period its figures are"),
            format!("列标题“{heading}”未注明报告期"),
        ];
        let spot = Spot::column(&self.sheet.name, column);
        self.tell(Severity::Error, "period-missing", spot, says);
    }

    /// The unit of a column: its heading's, else the sheet's where that measures the same, else
    /// the mapping's. Another than the mapping's is told.
    fn unit(
        &mut self,
        figure: &FigureMapping,
        column: u32,
        of_heading: Option<Unit>,
        of_sheet: Option<Unit>,
    ) -> Option<Unit> {
        let mapped = figure.unit;
        let of_sheet = of_sheet.filter(|unit| unit.dimension() == mapped.dimension());
        let told = of_heading.or(of_sheet).unwrap_or(mapped);
        let names = [mapped.chinese(), told.chinese()];
        let spot = Spot::column(&self.sheet.name, column);
        if told.dimension() != mapped.dimension() {
            let says = [
                format!("the unit is {told}, and {mapped} measures something else"),
                format!(
                    "计量单位是“{}”，与“{}”计量的不是同一种量",
                    names[1], names[0]
                ),
            ];
            self.tell(Severity::Error, "unit", spot, says);
            return None;
        }
        if told != mapped {
            let says = [
                format!("the unit is {told}, not {mapped} as before: figures are converted"),
                format!(
                    "计量单位由“{}”改为“{}”，已按新单位折算，请核对",
                    names[0], names[1]
                ),
            ];
            self.tell(Severity::Warning, "unit-changed", spot, says);
        }
        Some(told)
    }

    fn tell_hidden_columns(&mut self, columns: &[Column]) {
        let hidden: BTreeSet<u32> = columns
            .iter()
            .map(|column| column.at)
            .filter(|column| self.sheet.is_column_hidden(*column))
            .collect();
        for column in hidden {
            let spot = Spot::column(&self.sheet.name, column);
            self.tell_hidden("hidden-column", spot, ["column", "列"]);
        }
    }

    pub(super) fn tell_hidden(&mut self, code: &str, spot: Spot, [what, chinese]: [&str; 2]) {
        let (severity, says) = match self.mapping.hidden {
            Hidden::Warn => (
                Severity::Warning,
                [
                    format!("this {what} is hidden, and its figures are read"),
                    format!("该{chinese}被隐藏，其中的数仍会读取"),
                ],
            ),
            Hidden::Read => (
                Severity::Note,
                [
                    format!("this {what} is hidden, and its figures are read"),
                    format!("该{chinese}被隐藏，其中的数仍会读取"),
                ],
            ),
            Hidden::Skip => (
                Severity::Note,
                [
                    format!("this {what} is hidden, and passed over"),
                    format!("该{chinese}被隐藏，已跳过"),
                ],
            ),
        };
        self.tell(severity, code, spot, says);
    }
}
