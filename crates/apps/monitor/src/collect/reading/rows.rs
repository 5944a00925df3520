//! The rows of a sheet: of which objects and periods they are, and their figures.
//!
//! Not here: what the columns mean (`columns`).

use super::columns::Column;
use super::layout::{self, Layout};
use super::{DataRow, Entry, Reader, Total};
use crate::collect::figure::{self, Figure};
use crate::collect::finding::{Severity, Spot};
use crate::collect::headings::plain;
use crate::collect::mapping::{Hidden, ObjectPlace};
use crate::collect::place::Place;
use crate::collect::workbook::Content;
use crate::collect::{when, wording};
use codes::{Number, Period};
use facts::{Object, Series};
use std::collections::BTreeSet;

impl Reader<'_> {
    pub(super) fn read_row(
        &mut self,
        layout: &Layout,
        columns: &[Column],
        row: u32,
        spoken: Option<Period>,
    ) {
        let sheet = self.sheet;
        let cell = |column: &Column| {
            sheet.cell(Place {
                row,
                column: column.at,
            })
        };
        let is_number =
            |column: &Column| matches!(figure::read(cell(column)), Figure::Number { .. });
        let has_numbers = columns.iter().any(is_number);
        let label = layout.label.map(|column| self.label(row, column));
        let wanted: Vec<&Column> = columns
            .iter()
            .filter(|column| match &label {
                None => true,
                Some(label) => column.figure.row.as_deref().map(|row| plain(row).0) == *label,
            })
            .collect();
        // Somebody or something that is called like a remark is none: 打印设备制造.
        let is_named = self.names_object(layout, row) || (label.is_some() && !wanted.is_empty());
        if layout::is_remark(sheet, row) && !has_numbers && !is_named {
            return;
        }
        if let Some(Some(label)) = &label
            && wanted.is_empty()
            && has_numbers
            && !self.is_total(layout, row)
        {
            self.tell_row(row, label);
        }
        let figures: Vec<_> = wanted
            .into_iter()
            .map(|column| (column, figure::read(cell(column))))
            .filter(|(_, figure)| *figure != Figure::Blank)
            .collect();
        if figures.is_empty() {
            return;
        }
        if sheet.is_row_hidden(row) {
            self.tell_hidden("hidden-row", Spot::row(&sheet.name, row), ["row", "行"]);
            if self.mapping.hidden == Hidden::Skip {
                return;
            }
        }
        if self.is_total(layout, row) {
            return self.read_total(row, figures);
        }
        let Some(objects) = self.objects(layout, row) else {
            return;
        };
        let spoken = match layout.period {
            None => spoken,
            Some(column) => match self.period_in(Place { row, column }) {
                Some(period) => Some(period),
                None => return,
            },
        };
        let of_row = spoken.or_else(|| figures.iter().find_map(|(column, _)| column.period));
        self.reading.rows.extend(of_row.map(|period| DataRow {
            sheet: sheet.name.clone(),
            row,
            objects: objects.clone(),
            period,
        }));
        let explanation = layout.explanation.and_then(|column| {
            let said = sheet.seen(Place { row, column })?.to_string();
            let said: String = said.chars().filter(|found| !found.is_control()).collect();
            Some(said.trim().to_owned()).filter(|said| !said.is_empty())
        });
        for (column, figure) in figures {
            let spot = Place {
                row,
                column: column.at,
            };
            let number = self.number(column, spot, figure);
            let period = column.period.or(spoken);
            let (Some(number), Some(spoken)) = (number, period) else {
                continue;
            };
            self.add(column, spot, number, spoken, &objects, explanation.clone());
        }
    }

    /// What a row is called where indicators stand in rows; noted, so that it is known which do
    /// not.
    fn label(&mut self, row: u32, column: u32) -> Option<String> {
        let label = self.sheet.seen(Place { row, column })?;
        let label = plain(&label.to_string()).0;
        self.labels.insert(label.clone());
        Some(label)
    }

    /// Whether a column of objects names one that is known.
    fn names_object(&self, layout: &Layout, row: u32) -> bool {
        let mut places = self.mapping.objects.iter().zip(&layout.objects);
        places.any(|(place, column)| {
            let content = column.and_then(|column| self.sheet.seen(Place { row, column }));
            content.is_some_and(|content| self.directory.find(place.kind, content).is_ok())
        })
    }

    fn tell_row(&mut self, row: u32, label: &str) {
        let says = [
            format!("row '{label}' is not mapped and not read"),
            format!("行“{label}”未配置，不读取"),
        ];
        let spot = Spot::row(&self.sheet.name, row);
        self.tell(Severity::Note, "row-not-mapped", spot, says);
    }

    /// Tells which rows of the mapping stand nowhere: their names may have changed.
    pub(super) fn tell_rows_missing(&mut self) {
        let mut told = BTreeSet::new();
        for row in self.mapping.figures.iter().filter_map(|of| of.row.as_ref()) {
            if self.labels.contains(&plain(row).0) || !told.insert(row) {
                continue;
            }
            let says = [format!("there is no row '{row}'"), format!("缺少行“{row}”")];
            self.tell(Severity::Warning, "row-missing", self.at_sheet(), says);
        }
    }

    /// Whether the row totals others: it says so where the object should be.
    fn is_total(&self, layout: &Layout, row: u32) -> bool {
        let mut columns = layout.objects.iter().flatten().copied().chain([0]);
        columns.any(|column| {
            let content = self.sheet.cell(Place { row, column });
            content.is_some_and(|content| layout::is_total(&content.to_string()))
        })
    }

    fn read_total(&mut self, row: u32, figures: Vec<(&Column, Figure)>) {
        for (column, figure) in figures {
            let place = Place {
                row,
                column: column.at,
            };
            if let Some(number) = self.number(column, place, figure) {
                self.reading.totals.push(Total {
                    column: column.at,
                    number,
                    unit: column.figure.unit,
                    spot: Spot::cell(&self.sheet.name, place),
                });
            }
        }
    }

    /// The objects of a row; `None` if one of them is not named, which is told.
    fn objects(&mut self, layout: &Layout, row: u32) -> Option<Vec<Object>> {
        let mut objects = Vec::new();
        let mut is_whole = true;
        for (place, column) in self.mapping.objects.iter().zip(&layout.objects) {
            match self.object(place, *column, row) {
                Some(object) => objects.push(object),
                None => is_whole = false,
            }
        }
        is_whole.then_some(objects)
    }

    fn object(&mut self, place: &ObjectPlace, column: Option<u32>, row: u32) -> Option<Object> {
        let sheet = self.sheet;
        let (content, spot) = match (column, &place.cell, &place.is) {
            (Some(column), ..) => {
                let at = Place { row, column };
                (sheet.seen(at).cloned(), Spot::cell(&sheet.name, at))
            }
            (None, Some(cell), _) => {
                let at: Place = cell.parse().ok()?;
                (sheet.seen(at).cloned(), Spot::cell(&sheet.name, at))
            }
            (None, None, Some(is)) => {
                let content = Content::Text(is.as_str().into());
                (Some(content), Spot::row(&sheet.name, row))
            }
            // The heading of its column is missing, which has been told.
            (None, None, None) => return None,
        };
        let says = match content.map(|content| self.directory.find(place.kind, &content)) {
            Some(Ok(object)) => return Some(object),
            Some(Err(says)) => says,
            None => [
                "there are figures here, but it is not told of what".to_owned(),
                "这里有数，但没有注明属于哪个对象".to_owned(),
            ],
        };
        self.tell(Severity::Error, "object", spot, says);
        None
    }

    fn period_in(&mut self, place: Place) -> Option<Period> {
        let content = self.sheet.seen(place);
        let found = content.and_then(|content| match content {
            Content::Day(day) => Some(Period::containing(codes::Frequency::Day, *day)),
            content => {
                let written = content.to_string();
                let as_programs_do = written.trim().parse().ok();
                as_programs_do.or_else(|| match self.given {
                    Some(given) => when::find_in_year(&written, given.year_number()),
                    None => when::find(&written),
                })
            }
        });
        if found.is_none() {
            let written = content.map(ToString::to_string).unwrap_or_default();
            let says = [
                format!("'{written}' is no period"),
                format!("“{written}”不是报告期"),
            ];
            self.tell(
                Severity::Error,
                "period",
                Spot::cell(&self.sheet.name, place),
                says,
            );
        }
        found
    }

    /// The number of a figure in the unit of its mapping; `None` of what is none, which is told.
    fn number(&mut self, column: &Column, place: Place, figure: Figure) -> Option<Number> {
        let spot = Spot::cell(&self.sheet.name, place);
        if let Some(area) = self.sheet.merged_at(place)
            && area.first != area.last
        {
            let says = [
                format!("one figure stands for the merged cells {area}: of which is it?"),
                format!("合并单元格{area}只有一个数，不知属于哪一格"),
            ];
            self.tell(Severity::Error, "merged", spot, says);
            return None;
        }
        let (number, unit, is_odd) = match figure {
            Figure::Blank => return None,
            Figure::Wrong(code, says) => {
                self.tell(Severity::Error, code, spot, says);
                return None;
            }
            Figure::Number {
                number,
                unit,
                is_odd,
            } => (number, unit, is_odd),
        };
        let kept = column.figure.unit;
        match unit.unwrap_or(column.unit).convert(number, kept) {
            Ok(converted) => {
                if is_odd {
                    let says = [
                        format!("text is read as {number}"),
                        format!("文本已按数值{number}读取"),
                    ];
                    self.tell(Severity::Note, "text-number", spot, says);
                }
                Some(converted)
            }
            Err(error) => {
                let says = [error.to_string(), wording::of_codes(&error)];
                self.tell(Severity::Error, "unit", spot, says);
                None
            }
        }
    }

    fn add(
        &mut self,
        column: &Column,
        place: Place,
        number: Number,
        spoken: Period,
        objects: &[Object],
        explanation: Option<String>,
    ) {
        let figure = column.figure;
        let spot = Spot::cell(&self.sheet.name, place);
        let mut period = when::as_told(spoken, figure.frequency);
        for _ in 0..figure.years_before {
            period = period.and_then(Period::same_last_year);
        }
        let Some(period) = period else {
            let [english, chinese] = figure.frequency.names();
            let says = [
                format!("{spoken} is not the end of a {english}"),
                format!("{}不是“{chinese}”频度的期末", spoken.chinese()),
            ];
            return self.tell(Severity::Error, "period", spot, says);
        };
        let objects = objects.iter().cloned();
        let series = Series::new(
            figure.indicator.clone(),
            objects,
            figure.frequency,
            figure.form,
        );
        match series {
            Ok(series) => self.reading.entries.push(Entry {
                series,
                period,
                number,
                unit: figure.unit,
                is_estimate: figure.is_estimate,
                sheet: self.sheet.name.clone(),
                place,
                explanation,
            }),
            Err(error) => {
                let says = [error.to_string(), wording::of_facts(&error)];
                self.tell(Severity::Error, "object", spot, says);
            }
        }
    }
}
