//! From cells to figures: a workbook is read as its mapping says.
//!
//! What can be read with care is read and told; what cannot is told and left out; nothing else is
//! lost. Not here: whether a figure may stand (`judge`).

mod columns;
mod layout;
mod rows;
mod sheets;

use super::directory::Directory;
use super::finding::{Finding, Severity, Spot};
use super::headings::plain;
use super::mapping::{Hidden, Mapping, PeriodPlace, SheetMapping};
use super::place::Place;
use super::when;
use super::workbook::{Content, Sheet, Workbook};
use codes::{Frequency, Number, Period, Unit};
use facts::{Object, Series};
use layout::Layout;
use sheets::find_sheet;
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
            let sheet = match find_sheet(workbook, &of_sheet.sheet, given) {
                Ok(sheet) => sheet,
                Err(finding) => {
                    reading.findings.push(*finding);
                    continue;
                }
            };
            let mut reader = Reader {
                workbook,
                sheet,
                mapping: of_sheet,
                directory,
                given,
                labels: BTreeSet::new(),
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

struct Reader<'r> {
    workbook: &'r Workbook,
    sheet: &'r Sheet,
    mapping: &'r SheetMapping,
    directory: &'r Directory<'r>,
    given: Option<Period>,
    /// What the rows are called that have been read, where indicators stand in rows.
    labels: BTreeSet<String>,
    reading: &'r mut Reading,
}

impl Reader<'_> {
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
        match self.mapping.period {
            PeriodPlace::Given => {
                self.compare_given(self.mentioned(layout.rows[0]), Severity::Warning);
            }
            _ => self.compare_given(spoken, Severity::Error),
        }
        let columns = self.columns(&layout);
        let mut rows = self.sheet.rows();
        rows.retain(|row| *row > layout.rows[1]);
        let mut others = rows.iter().skip(1);
        let has_more = others.any(|row| !layout::is_remark(self.sheet, *row));
        for (at, row) in rows.iter().enumerate() {
            // The numbers of columns stand once, above data; elsewhere 1, 2, 3 are figures.
            let is_above = at == 0 && has_more;
            let is_numbering = layout::is_numbering(self.sheet, *row);
            if !is_numbering || !(is_above || layout::has_marks(self.sheet, *row)) {
                self.read_row(&layout, &columns, *row, spoken);
            }
        }
        if layout.label.is_some() {
            self.tell_rows_missing();
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
            Content::Day(day) => Some(Period::containing(Frequency::Day, *day)),
            content => when::find(&content.to_string()),
        });
        let in_names = || when::find(&self.sheet.name).or_else(|| when::find(&self.workbook.name));
        above.next().or_else(in_names)
    }

    /// A period that the sheet mentions where titles stand, though whoever sends it says which it
    /// is of: with his year where it names none. Days are of signatures, and years of systems of
    /// reporting; neither is what a month's sheet is of.
    fn mentioned(&self, before: u32) -> Option<Period> {
        let given = self.given?;
        let is_compared = |spoken: &Period| {
            let frequency = spoken.frequency();
            frequency == given.frequency()
                || matches!(
                    frequency,
                    Frequency::Month
                        | Frequency::MergedMonth
                        | Frequency::Quarter
                        | Frequency::YearToDate
                )
        };
        let cells = self.sheet.cells();
        let above = cells.take_while(|(place, _)| place.row < before);
        let texts = above.map(|(_, content)| content.to_string());
        let names = [self.sheet.name.clone(), self.workbook.name.clone()];
        let mut found = texts
            .chain(names)
            .filter_map(|text| when::find_in_year(&text, given.year_number()));
        found.find(is_compared)
    }

    /// Whoever says which month it is, and sends another, has taken the wrong file.
    fn compare_given(&mut self, spoken: Option<Period>, severity: Severity) {
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
            self.tell(severity, "another-period", self.at_sheet(), says);
        }
    }
}

/// Whether a row is no data whatever its mapping says: it numbers columns or remarks on them.
pub(crate) fn is_aside(sheet: &Sheet, row: u32) -> bool {
    layout::is_numbering(sheet, row) || layout::is_remark(sheet, row)
}
