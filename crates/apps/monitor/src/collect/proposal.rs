//! A mapping proposed from a workbook, which a person confirms; and by what the workbook is known
//! again.
//!
//! What is found: the lines of headings, the columns of objects by their headings and by what
//! stands in them, figures by words that headings use for them. What is not sure is a doubt.
//!
//! Not here: how a mapping is kept (`kept`) and used (`reading`).

mod words;

use super::headings::{Heading, headings, plain, unit_of_sheet};
use super::mapping::{
    FigureMapping, Hidden, Mapping, ObjectKind, ObjectPlace, PeriodPlace, SheetMapping,
};
use super::place::Place;
use super::reading::is_aside;
use super::when;
use super::workbook::{Content, Sheet, Workbook};
use codes::CreditCode;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// How many rows are looked at for headings.
const HEADING_ROWS_MAX: u32 = 30;

/// The most lines of headings.
const HEADING_LINES_MAX: u32 = 6;

/// What is the same of next month's workbook: a digest of its sheets and headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a workbook: the names of the sheets that are shown and their headings, without what
    /// changes every month.
    pub fn of(workbook: &Workbook) -> Self {
        let mut digest = Sha256::new();
        for sheet in workbook.sheets.iter().filter(|sheet| !sheet.is_hidden) {
            // A file of text names its only sheet after itself.
            if workbook.sheets.len() > 1 {
                digest.update(plain(&sheet.name).0);
            }
            digest.update([0]);
            let found = heading_rows(sheet).map(|rows| headings(sheet, rows));
            for heading in found.unwrap_or_default() {
                digest.update(heading.path);
                digest.update([1]);
            }
        }
        Self(digest.finalize().into())
    }
}

/// Prints its first 16 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first @ .., _] = &self.0;
        first
            .iter()
            .take(8)
            .try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Something that a person must look at before the mapping is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// On which sheet.
    pub sheet: String,
    /// Which column, by its heading; empty of the whole sheet.
    pub column: String,
    /// What is in doubt, in English and in Chinese.
    pub says: [String; 2],
}

/// A mapping that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The mapping; `None` if not one figure was found.
    pub mapping: Option<Mapping>,
    /// What is in doubt.
    pub doubts: Vec<Doubt>,
}

/// Proposes a mapping for a workbook.
pub fn propose(workbook: &Workbook) -> Proposal {
    let stem = workbook.name.rsplit_once('.');
    let stem = stem.map_or(workbook.name.as_str(), |(stem, _)| stem);
    let name: String = stem
        .chars()
        .filter(|found| !found.is_control())
        .take(40)
        .collect();
    let mut proposer = Proposer { doubts: Vec::new() };
    let mut sheets = Vec::new();
    for sheet in workbook.sheets.iter().filter(|sheet| !sheet.is_hidden) {
        sheets.extend(proposer.sheet(workbook, sheet));
    }
    let name = if name.is_empty() {
        "mapping".to_owned()
    } else {
        name
    };
    let mapping = Mapping { name, sheets };
    Proposal {
        // What could not be read again is no proposal.
        mapping: Some(mapping).filter(|mapping| mapping.toml().is_ok()),
        doubts: proposer.doubts,
    }
}

/// The rows of the headings, from 0: those above the first row of data, up to a title.
fn heading_rows(sheet: &Sheet) -> Option<[u32; 2]> {
    let rows = sheet.rows();
    let is_data = |row: &&u32| {
        let cells: Vec<_> = sheet.row(**row).collect();
        let numbers = cells
            .iter()
            .filter(|(_, content)| matches!(content, Content::Number { .. }))
            .count();
        cells.len() >= 2 && numbers >= 1 && !is_aside(sheet, **row) && !is_years(&cells)
    };
    let near = rows.iter().take_while(|row| **row < HEADING_ROWS_MAX);
    let data = *near.clone().find(is_data)?;
    let mut above = rows.iter().rev().filter(|row| **row < data);
    let is_heading = |row: u32| {
        let count = sheet.row(row).count();
        // A title, or a line that only tells the unit, stands alone.
        let is_alone = count == 1 && sheet.last_column() > 0;
        let is_of_sheet = sheet
            .row(row)
            .any(|(_, content)| content.to_string().contains("单位："));
        let is_wide = sheet.row(row).next().is_some_and(|(place, _)| {
            let area = sheet.merged_at(place);
            area.is_some_and(|area| area.columns() > 2 && area.columns() > sheet.last_column() / 2)
        });
        !is_aside(sheet, row)
            && !(is_alone && (is_wide || place_is_first(sheet, row)) || is_of_sheet)
    };
    let last = above.by_ref().copied().find(|row| !is_aside(sheet, *row))?;
    if !is_heading(last) {
        return None;
    }
    let mut first = last;
    for row in above.copied() {
        let is_near = first - row == 1 && last - row < HEADING_LINES_MAX;
        if !is_near || !is_heading(row) {
            break;
        }
        first = row;
    }
    Some([first, last])
}

/// Whether the only cell of a row stands in the first column, as titles do.
fn place_is_first(sheet: &Sheet, row: u32) -> bool {
    let mut cells = sheet.row(row);
    cells.next().is_some_and(|(place, _)| place.column == 0)
}

/// Whether the numbers of a row are years: headings of columns.
fn is_years(cells: &[(Place, &Content)]) -> bool {
    cells.iter().all(|(_, content)| match content {
        Content::Number { number, .. } => {
            number.places() == 0 && (1990..2100).contains(&number.mantissa())
        }
        _ => true,
    })
}

struct Proposer {
    doubts: Vec<Doubt>,
}

impl Proposer {
    fn doubt(&mut self, sheet: &Sheet, column: &str, [english, chinese]: [&str; 2]) {
        self.doubts.push(Doubt {
            sheet: sheet.name.clone(),
            column: column.to_owned(),
            says: [english.to_owned(), chinese.to_owned()],
        });
    }

    fn sheet(&mut self, workbook: &Workbook, sheet: &Sheet) -> Option<SheetMapping> {
        let Some(rows) = heading_rows(sheet) else {
            self.doubt(sheet, "", ["no headings were found", "没有找到列标题"]);
            return None;
        };
        let found = headings(sheet, rows);
        let of_sheet = unit_of_sheet(sheet, rows[0]);
        let data: Vec<u32> = sheet
            .rows()
            .into_iter()
            .filter(|row| *row > rows[1] && !is_aside(sheet, *row))
            .take(50)
            .collect();
        let title = {
            let above = sheet.cells().take_while(|(place, _)| place.row < rows[0]);
            let mut above = above.filter_map(|(_, content)| when::find(&content.to_string()));
            let in_names = || when::find(&sheet.name).or_else(|| when::find(&workbook.name));
            above.next().or_else(in_names)
        };
        let mut mapping = SheetMapping {
            sheet: match workbook.sheets.len() {
                1 => "*".to_owned(),
                _ => sheet.name.clone(),
            },
            headings: rows.map(|row| row + 1),
            period: PeriodPlace::Given,
            explanation: None,
            label: None,
            hidden: Hidden::Warn,
            objects: self.objects(sheet, &found, &data),
            figures: Vec::new(),
        };
        for heading in &found {
            if words::is_explanation(&heading.path) {
                mapping.explanation = Some(heading.path.clone());
            } else if words::is_period(&heading.path) {
                mapping.period = PeriodPlace::Column(heading.path.clone());
            } else if !words::is_object(&heading.path) {
                let figure = self.figure(sheet, heading, of_sheet, title);
                let is_new = |figure: &FigureMapping| {
                    !mapping
                        .figures
                        .iter()
                        .any(|other| other.column == figure.column)
                };
                mapping.figures.extend(figure.filter(is_new));
            }
        }
        if title.is_some() && mapping.period == PeriodPlace::Given {
            mapping.period = PeriodPlace::Title;
        }
        if mapping.figures.is_empty() {
            self.doubt(sheet, "", ["no figures were found", "没有找到指标列"]);
            return None;
        }
        if mapping.objects.is_empty() {
            let says = [
                "no column says what the figures are of",
                "没有找到说明数据属于哪个对象的列",
            ];
            self.doubt(sheet, "", says);
            return None;
        }
        Some(mapping)
    }

    /// The columns of objects: an enterprise by its code rather than by its name; else a region, an
    /// industry, or both.
    fn objects(&mut self, sheet: &Sheet, found: &[Heading], data: &[u32]) -> Vec<ObjectPlace> {
        let texts = |heading: &Heading| -> Vec<String> {
            let column = heading.column;
            let cells = data
                .iter()
                .filter_map(|row| sheet.seen(Place { row: *row, column }));
            cells.map(ToString::to_string).collect()
        };
        let are_codes = |heading: &&Heading| {
            let texts = texts(heading);
            let codes = texts
                .iter()
                .filter(|text| text.trim().parse::<CreditCode>().is_ok());
            !texts.is_empty() && codes.count() * 2 > texts.len()
        };
        let place = |kind, heading: &Heading| ObjectPlace {
            kind,
            column: Some(heading.path.clone()),
            cell: None,
            is: None,
        };
        let called = |kind| {
            let mut headings = found.iter();
            headings.find(|heading| words::object(&heading.path) == Some(kind))
        };
        let by_code = found
            .iter()
            .find(are_codes)
            .or_else(|| called(ObjectKind::CreditCode));
        if let Some(heading) = by_code {
            return vec![place(ObjectKind::CreditCode, heading)];
        }
        if let Some(heading) = called(ObjectKind::EnterpriseName) {
            let says = [
                "enterprises are told by name alone: names must be known, and may change",
                "只有企业名称没有信用代码：名称须已登记，且可能变更",
            ];
            self.doubt(sheet, &heading.path, says);
            return vec![place(ObjectKind::EnterpriseName, heading)];
        }
        [ObjectKind::Region, ObjectKind::Industry]
            .into_iter()
            .filter_map(|kind| called(kind).map(|heading| place(kind, heading)))
            .collect()
    }

    fn figure(
        &mut self,
        sheet: &Sheet,
        heading: &Heading,
        of_sheet: Option<codes::Unit>,
        title: Option<codes::Period>,
    ) -> Option<FigureMapping> {
        let path = &heading.path;
        let Some(indicator) = words::indicator(path) else {
            let says = [
                "it is not known which figure this is",
                "不认识的指标，请指定",
            ];
            self.doubt(sheet, path, says);
            return None;
        };
        let told = words::told(path, title);
        let unit = heading.unit.or_else(|| told.unit()).or_else(|| {
            let usual = words::unit(indicator)?;
            of_sheet.filter(|unit| unit.dimension() == usual.dimension())
        });
        let unit = match (unit, words::unit(indicator)) {
            (Some(unit), _) => unit,
            (None, Some(usual)) => {
                let says = [
                    "its unit is not told; the usual one is proposed",
                    "没有注明计量单位，按常用单位提出，请核对",
                ];
                self.doubt(sheet, path, says);
                usual
            }
            (None, None) => {
                let says = ["its unit is not told", "没有注明计量单位"];
                self.doubt(sheet, path, says);
                return None;
            }
        };
        if told.is_guess {
            let says = [
                "it is not told whether this is of the month or to date; the month is proposed",
                "没有注明是本期还是累计，按本期提出，请核对",
            ];
            self.doubt(sheet, path, says);
        }
        Some(FigureMapping {
            column: path.clone(),
            row: None,
            indicator: indicator.parse().ok()?,
            form: told.form,
            frequency: told.frequency,
            unit,
            years_before: told.years_before,
            is_estimate: false,
        })
    }
}
