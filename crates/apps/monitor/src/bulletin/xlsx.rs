//! The bulletin's data as a workbook: a sheet for each table, and one with all sources.
//!
//! Figures are numbers that can be reckoned with, and text where they have more digits than a
//! spreadsheet keeps; the number of the source stands beside each
//! table, in the same place of a second block, so that a figure and its source are found by one
//! look.
//!
//! Not here: workbooks that come in.

use super::model::{Bulletin, Cell, Source, Table};
use facts::Error;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// The most digits of a number: spreadsheets keep no more, and would make the others zeros.
const DIGITS_MAX: usize = 15;

/// The longest name of a sheet, in characters: Excel has no longer ones.
const SHEET_CHARACTERS_MAX: usize = 31;

/// The widest column, in characters.
const COLUMN_CHARACTERS_MAX: usize = 60;

/// The bulletin's data as an .xlsx.
///
/// # Errors
/// [`Error::Stored`] if the workbook cannot be made, which the limits of bulletins do not let
/// happen.
pub fn xlsx(bulletin: &Bulletin) -> Result<Vec<u8>, Error> {
    written(bulletin).map_err(|error| Error::Stored {
        what: "bulletin",
        problem: error.to_string(),
    })
}

fn written(bulletin: &Bulletin) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let day = bulletin.order.issued;
    let (month, day_of_month) = (day.month(), day.day());
    // Without it the library would ask the clock, and no two workbooks would be the same.
    let created = ExcelDateTime::from_ymd(day.year(), month, day_of_month)?;
    let properties = DocProperties::new()
        .set_title(&bulletin.title[1])
        .set_author(&bulletin.order.issuer[1])
        .set_creation_datetime(&created);
    workbook.set_properties(&properties);
    let tables = bulletin.sections.iter().flat_map(|section| &section.tables);
    for (number, table) in (1..).zip(tables) {
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(number, &table.caption[1]))?;
        put_table(sheet, bulletin, table)?;
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name("来源 Sources")?;
    put_sources(sheet, bulletin)?;
    workbook.save_to_buffer()
}

/// A name without what sheets' names must not have, and no two the same.
fn sheet_name(number: usize, caption: &str) -> String {
    let allowed = caption
        .chars()
        .filter(|found| !"[]:*?/\\'".contains(*found));
    let name: String = allowed.collect();
    format!("{number} {name}")
        .chars()
        .take(SHEET_CHARACTERS_MAX)
        .collect()
}

fn put_table(sheet: &mut Worksheet, bulletin: &Bulletin, table: &Table) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_text_wrap();
    let caption = format!("{} {}", table.caption[1], table.caption[0]);
    sheet.write_with_format(0, 0, &caption, &bold)?;
    sheet.write(1, 0, &bulletin.title[1])?;
    sheet.write(1, 3, &bulletin.order.mark)?;
    let width = table.head.len();
    // The figures, a column between, and their sources in the same order.
    for (at, [english, chinese]) in table.head.iter().enumerate() {
        let column = column(at);
        sheet.write_with_format(2, column, format!("{chinese}\n{english}"), &bold)?;
        sheet.set_column_width(column, 16)?;
        let beside = self::column(width + 1 + at);
        sheet.write_with_format(2, beside, format!("来源\nSource: {english}"), &bold)?;
    }
    for (row, cells) in (3..).zip(&table.rows) {
        for (at, cell) in cells.iter().enumerate() {
            put_cell(sheet, row, column(at), cell)?;
            if let Some(source) = cell.source() {
                let number = u32::try_from(source + 1).unwrap_or(u32::MAX);
                sheet.write_number(row, column(width + 1 + at), number)?;
            }
        }
    }
    sheet.set_freeze_panes(3, 1)?;
    Ok(())
}

/// Tables have a few columns.
fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn put_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
    // What is no plain number, such as +0.5pp, or has more digits than are kept, stays text; texts
    // are never taken for formulas.
    let is_kept = |text: &str| {
        let digits = text.trim_start_matches(['-', '0', '.']);
        digits.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX
    };
    match (cell, cell.text(1).parse::<f64>()) {
        (Cell::Figure(figure), Ok(number)) if is_kept(&figure.text) => {
            let places = figure
                .text
                .split_once('.')
                .map_or(0, |(_, places)| places.len());
            let zeros = "0".repeat(places);
            let point = if places == 0 { "" } else { "." };
            let format = Format::new().set_num_format(format!("0{point}{zeros}"));
            sheet.write_number_with_format(row, column, number, &format)?;
        }
        _ => {
            sheet.write_string(row, column, cell.text(1))?;
        }
    }
    Ok(())
}

fn put_sources(sheet: &mut Worksheet, bulletin: &Bulletin) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let head = [
        "编号 No.",
        "来源 Source",
        "获知时间 Known since",
        "上报 Reporter",
        "说明 Remark",
        "单元格与批次 Cell and batch",
    ];
    for (at, head) in head.iter().enumerate() {
        sheet.write_with_format(0, column(at), *head, &bold)?;
    }
    for (row, source) in (1..).zip(&bulletin.sources) {
        sheet.write_number(row, 0, row)?;
        sheet.write_string(
            row,
            1,
            source.line(1).chars().take(32_000).collect::<String>(),
        )?;
        if let Source::Told(told) = source {
            sheet.write_string(row, 2, told.known_at().to_string())?;
            sheet.write_string(row, 3, &told.reporter)?;
            sheet.write_string(row, 4, &told.remark)?;
            let cell = told.cell.as_ref().map(ToString::to_string);
            sheet.write_string(row, 5, cell.unwrap_or_default())?;
        }
    }
    let width = u32::try_from(COLUMN_CHARACTERS_MAX).unwrap_or(60);
    sheet.set_column_width(1, width)?;
    Ok(())
}
