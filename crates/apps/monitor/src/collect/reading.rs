//! From cells to figures: a workbook is read as its mapping says.
//!
//! What can be read with care is read and told; what cannot is told and left out; nothing else is
//! lost. Not here: whether a figure may stand (`judge`).

mod layout;

use super::directory::Directory;
use super::figure::{self, Figure};
use super::finding::{Finding, Severity, Spot};
use super::headings::{plain, unit_of_sheet};
use super::mapping::{FigureMapping, Hidden, Mapping, ObjectPlace, PeriodPlace, SheetMapping};
use super::place::Place;
use super::when;
use super::workbook::{Content, Sheet, Workbook};
use codes::{Number, Period, Unit};
use facts::{Object, Series};
use layout::Layout;
use std::collections::BTreeSet;

/// The most findings that are told of a workbook; then one more says that there are others.
pub const FINDINGS_MAX: usize = 20_000;

/// A figure of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of which series.
    pub series: Series,
    /// For which period.
    pub period: Period,
    /// The figure.
    pub number: Number,
    /// In which unit.
    pub unit: Unit,
    /// Whether it is an estimate.
    pub is_estimate: bool,
    /// On which sheet it stands.
    pub sheet: String,
    /// In which cell.
    pub place: Place,
    /// What the row explains warnings with.
    pub explanation: Option<String>,
}

impl Entry {
    /// The cell.
    pub fn spot(&self) -> Spot {
        Spot::cell(&self.sheet, self.place)
    }
}

/// A figure of a row that totals others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// What is totalled: the figures of the sheet for this period of this column.
    pub column: u32,
    /// The figure.
    pub number: Number,
    /// In which unit.
    pub unit: Unit,
    /// Where it stands.
    pub spot: Spot,
}

/// A row of data, whether or not its figures could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataRow {
    /// The sheet.
    pub sheet: String,
    /// The row, from 0.
    pub row: u32,
    /// Of what it tells.
    pub objects: Vec<Object>,
    /// Of which period.
    pub period: Period,
}

/// What a workbook says.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The rows that tell of objects.
    pub rows: Vec<DataRow>,
    /// Its figures, in the order of sheets and rows.
    pub entries: Vec<Entry>,
    /// Its totals.
    pub totals: Vec<Total>,
    /// What was found while reading.
    pub findings: Vec<Finding>,
}

impl Reading {
    /// Reads a workbook as a mapping says; of which period it is where the mapping leaves that to
    /// whoever sends it.
    pub fn of(
        workbook: &Workbook,
        mapping: &Mapping,
        directory: &Directory,
        given: Option<Period>,
    ) -> Self {
        let mut reading = Self::default();
        for of_sheet in &mapping.sheets {
            let Some(sheet) = find_sheet(workbook, &of_sheet.sheet) else {
                let wanted = &of_sheet.sheet;
                reading.findings.push(Finding::error(
                    "sheet-missing",
                    Spot::default(),
                    [
                        format!("there is no sheet '{wanted}'"),
                        format!("缺少工作表“{wanted}”"),
                    ],
                ));
                continue;
            };
            let mut reader = Reader {
                workbook,
                sheet,
                mapping: of_sheet,
                directory,
                given,
                reading: &mut reading,
            };
            reader.read();
        }
        reading.limit_findings();
        reading
    }

    fn limit_findings(&mut self) {
        if self.findings.len() > FINDINGS_MAX {
            // Errors first, so that none of them is beyond the end.
            self.findings
                .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            self.findings.truncate(FINDINGS_MAX);
            self.findings.push(Finding::error(
                "too-many-findings",
                Spot::default(),
                [
                    format!("there are more than {FINDINGS_MAX}; the others are not told"),
                    format!("问题超过{FINDINGS_MAX}条，其余未列出"),
                ],
            ));
        }
    }
}

/// The sheet that a mapping means: called so, or so but for numbers of months.
pub(crate) fn find_sheet<'w>(workbook: &'w Workbook, wanted: &str) -> Option<&'w Sheet> {
    if wanted == "*" {
        let mut sheets = workbook.sheets.iter();
        return sheets.find(|sheet| !sheet.is_hidden && sheet.count() > 0);
    }
    let wanted_plain = plain(wanted).0;
    let similar = || {
        let mut sheets = workbook.sheets.iter();
        sheets.find(|sheet| plain(&sheet.name).0 == wanted_plain)
    };
    workbook.sheet(wanted).or_else(similar)
}

/// A column of figures.
struct Column<'m> {
    at: u32,
    figure: &'m FigureMapping,
    /// The unit that the sheet tells it in.
    unit: Unit,
    /// The period that its heading speaks of.
    period: Option<Period>,
}

struct Reader<'r> {
    workbook: &'r Workbook,
    sheet: &'r Sheet,
    mapping: &'r SheetMapping,
    directory: &'r Directory<'r>,
    given: Option<Period>,
    reading: &'r mut Reading,
}

impl<'r> Reader<'r> {
    fn tell(&mut self, severity: Severity, code: &str, spot: Spot, says: [String; 2]) {
        let finding = Finding::new(severity, code, spot, says);
        self.reading.findings.push(finding);
    }

    fn at_sheet(&self) -> Spot {
        Spot::sheet(&self.sheet.name)
    }

    fn read(&mut self) {
        if self.sheet.is_hidden {
            self.tell_hidden("hidden-sheet", self.at_sheet(), ["sheet", "工作表"]);
            if self.mapping.hidden == Hidden::Skip {
                return;
            }
        }
        let Some(layout) = Layout::find(self.sheet, self.mapping) else {
            let says = [
                "none of the mapped headings stands where the headings should be".to_owned(),
                "应在的行上没有一个已配置的列标题".to_owned(),
            ];
            return self.tell(Severity::Error, "headings-missing", self.at_sheet(), says);
        };
        self.tell_layout(&layout);
        let spoken = match self.mapping.period {
            PeriodPlace::Given => self.given,
            PeriodPlace::Title => self.title(layout.rows[0]),
            PeriodPlace::Headings | PeriodPlace::Column(_) => None,
        };
        let needs_one = matches!(self.mapping.period, PeriodPlace::Given | PeriodPlace::Title);
        if needs_one && spoken.is_none() {
            let says = [
                "it is not told which period the sheet is of".to_owned(),
                "没有注明报告期".to_owned(),
            ];
            return self.tell(Severity::Error, "period-missing", self.at_sheet(), says);
        }
        self.compare_given(spoken);
        let columns = self.columns(&layout);
        for row in self.sheet.rows() {
            if row > layout.rows[1] {
                self.read_row(&layout, &columns, row, spoken);
            }
        }
    }

    fn tell_layout(&mut self, layout: &Layout) {
        // Those of figures are told with their columns.
        for name in layout::named_beside_figures(self.mapping) {
            if layout.of_path(&plain(name).0).next().is_none() {
                self.tell_column(name, 0);
            }
        }
        if layout.rows != self.mapping.heading_rows() {
            let line = layout.rows[0] + 1;
            let says = [
                format!("the headings begin in line {line}, not where they did"),
                format!("列标题从第{line}行开始，与以往不同"),
            ];
            self.tell(Severity::Note, "headings-moved", self.at_sheet(), says);
        }
        for heading in &layout.not_mapped {
            let path = &heading.path;
            let says = [
                format!("column '{path}' is not mapped and not read"),
                format!("列“{path}”未配置，不读取"),
            ];
            let spot = Spot::column(&self.sheet.name, heading.column);
            self.tell(Severity::Note, "column-not-mapped", spot, says);
        }
    }

    /// The period that stands above the headings, in the name of the sheet or of the file.
    fn title(&self, before: u32) -> Option<Period> {
        let above = self
            .sheet
            .cells()
            .take_while(|(place, _)| place.row < before);
        let mut above = above.filter_map(|(_, content)| match content {
            Content::Day(day) => Some(Period::containing(codes::Frequency::Day, *day)),
            content => when::find(&content.to_string()),
        });
        let in_names = || when::find(&self.sheet.name).or_else(|| when::find(&self.workbook.name));
        above.next().or_else(in_names)
    }

    /// Whoever says which month it is, and sends another, has taken the wrong file.
    fn compare_given(&mut self, spoken: Option<Period>) {
        if let (Some(given), Some(spoken)) = (self.given, spoken)
            && given.last_day() != spoken.last_day()
        {
            let says = [
                format!("the sheet is of {spoken}, not of {given}: is it the right file?"),
                format!(
                    "表内报告期是{}，不是{}：文件是否选错？",
                    spoken.chinese(),
                    given.chinese()
                ),
            ];
            self.tell(Severity::Error, "another-period", self.at_sheet(), says);
        }
    }

    /// The columns that have figures, with their units.
    fn columns(&mut self, layout: &Layout) -> Vec<Column<'r>> {
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
                let period = is_needed
                    .then(|| self.period_of(&heading.written))
                    .flatten();
                if is_needed && period.is_none() {
                    self.tell_no_period(heading.column, &heading.written);
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

    fn period_of(&self, heading: &str) -> Option<Period> {
        let title = self
            .given
            .or_else(|| self.title(self.mapping.heading_rows()[1]));
        match title {
            Some(title) => when::find_in_year(heading, title.year_number()),
            None => when::find(heading),
        }
    }

    fn tell_column(&mut self, column: &str, count: usize) {
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

    fn tell_hidden(&mut self, code: &str, spot: Spot, [what, chinese]: [&str; 2]) {
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

    fn read_row(&mut self, layout: &Layout, columns: &[Column], row: u32, spoken: Option<Period>) {
        let sheet = self.sheet;
        let cell = |column: &Column| {
            sheet.cell(Place {
                row,
                column: column.at,
            })
        };
        let is_number =
            |column: &Column| matches!(figure::read(cell(column)), Figure::Number { .. });
        let is_remark = layout::is_remark(sheet, row) && !columns.iter().any(is_number);
        if is_remark || layout::is_numbering(sheet, row) {
            return;
        }
        let wanted: Vec<&Column> = match layout.label {
            None => columns.iter().collect(),
            Some(label) => {
                let name = sheet.seen(Place { row, column: label });
                let name = name.map(|name| plain(&name.to_string()).0);
                let is_of =
                    |column: &&Column| column.figure.row.as_deref().map(|row| plain(row).0) == name;
                columns.iter().filter(is_of).collect()
            }
        };
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
        let found = content.and_then(|content| match (content, self.given) {
            (Content::Day(day), _) => Some(Period::containing(codes::Frequency::Day, *day)),
            (content, Some(given)) => when::find_in_year(&content.to_string(), given.year_number()),
            (content, None) => {
                let written = content.to_string();
                written.trim().parse().ok().or_else(|| when::find(&written))
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
                let says = [error.to_string(), super::wording::of_codes(&error)];
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
                let says = [error.to_string(), super::wording::of_facts(&error)];
                self.tell(Severity::Error, "object", spot, says);
            }
        }
    }
}

/// Whether a row is no data whatever its mapping says: it numbers columns or remarks on them.
pub(crate) fn is_aside(sheet: &Sheet, row: u32) -> bool {
    layout::is_numbering(sheet, row) || layout::is_remark(sheet, row)
}
