//! What a workbook holds once it has been read: sheets, cells, what is merged and what is hidden.
//!
//! | limit | value | why |
//! | --- | --- | --- |
//! | octets | 32 MiB | the largest that a bureau mails |
//! | octets unpacked | 128 MiB | a bomb unpacks to a thousand times as much |
//! | sheets | 64 | |
//! | rows of a sheet | 200,000 | the enterprises of the largest province |
//! | columns of a sheet | 1,024 | |
//! | cells in all | 600,000 | |
//! | merged areas of a sheet | 2,000 | |
//! | characters of a cell | 32,767 | as spreadsheets have it |
//!
//! Not here: how files look (`xlsx`, `delimited`), what the cells mean (`reading`).

use super::place::{Area, Place};
use super::{Error, delimited, xlsx};
use codes::{Date, Number};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// How much a file may hold. The defaults are those of the table above.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Octets of the file.
    pub octets: u64,
    /// Octets of what it unpacks to.
    pub octets_unpacked: u64,
    /// Sheets.
    pub sheets: usize,
    /// Rows of a sheet.
    pub rows: u32,
    /// Columns of a sheet.
    pub columns: u32,
    /// Cells of all sheets.
    pub cells: usize,
    /// Merged areas of a sheet.
    pub merged: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            octets: 32 << 20,
            octets_unpacked: 128 << 20,
            sheets: 64,
            rows: 200_000,
            columns: 1_024,
            cells: 600_000,
            merged: 2_000,
        }
    }
}

/// The longest text of a cell, in characters.
const CHARACTERS_MAX: usize = 32_767;

impl Limits {
    /// The refusal of what is beyond one of them.
    pub(crate) fn beyond(what: &'static str, chinese: &'static str, max: u64) -> Error {
        Error::Limit { what, chinese, max }
    }

    pub(crate) fn check_place(&self, place: Place) -> Result<(), Error> {
        if place.row >= self.rows {
            return Err(Self::beyond(
                "rows in a sheet",
                "单表行数",
                self.rows.into(),
            ));
        }
        if place.column >= self.columns {
            let max = self.columns.into();
            return Err(Self::beyond("columns in a sheet", "单表列数", max));
        }
        Ok(())
    }

    pub(crate) fn check_cells(&self, count: usize) -> Result<(), Error> {
        if count <= self.cells {
            return Ok(());
        }
        Err(Self::beyond("cells", "单元格数", self.cells as u64))
    }
}

/// The digest of a file (SHA-256), by which it is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileDigest(pub [u8; 32]);

impl FileDigest {
    /// The digest of octets.
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }
}

/// Prints its 64 hexadecimal digits.
impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// What stands in a cell. Empty cells have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text as it was typed.
    Text(Arc<str>),
    /// A number; whether it is shown as a percentage, so that 0.065 is read as 6.5 %.
    Number {
        /// The number that the file holds.
        number: Number,
        /// Whether it is shown in per cent.
        is_per_cent: bool,
    },
    /// A day, which the file holds as a number that is shown as one.
    Day(Date),
    /// True or false.
    Truth(bool),
    /// What a formula could not reckon, such as `#DIV/0!`.
    Failure(Arc<str>),
    /// A number that cannot be kept exactly: too many digits.
    Beyond(Arc<str>),
}

/// Prints it as people see it.
impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Failure(text) | Self::Beyond(text) => f.write_str(text),
            Self::Number { number, .. } => write!(f, "{number}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Truth(truth) => f.write_str(if *truth { "TRUE" } else { "FALSE" }),
        }
    }
}

/// One sheet.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What it is called.
    pub name: String,
    /// Whether it is hidden.
    pub is_hidden: bool,
    cells: BTreeMap<Place, Content>,
    /// The merged areas of each column, from above.
    merged: BTreeMap<u32, Vec<Area>>,
    hidden_rows: BTreeSet<u32>,
    hidden_columns: Vec<[u32; 2]>,
}

impl Sheet {
    pub(crate) fn new(name: String, is_hidden: bool) -> Self {
        Self {
            name,
            is_hidden,
            ..Self::default()
        }
    }

    /// Takes in a cell; text that is white space alone is no content.
    ///
    /// # Errors
    /// [`Error::Long`] if it is longer than a cell may be: what would be cut off may be figures.
    pub(crate) fn put(&mut self, place: Place, content: Content) -> Result<(), Error> {
        if let Content::Text(text) = &content {
            if is_blank(text) {
                return Ok(());
            }
            if text.chars().nth(CHARACTERS_MAX).is_some() {
                return Err(Error::Long {
                    sheet: self.name.clone(),
                    place,
                    max: CHARACTERS_MAX,
                });
            }
        }
        self.cells.insert(place, content);
        Ok(())
    }

    /// Takes in a merged area as far as there may be columns.
    pub(crate) fn merge(&mut self, area: Area, limits: &Limits) {
        for column in area.first.column..=area.last.column.min(limits.columns) {
            let of_column = self.merged.entry(column).or_default();
            let at = of_column.partition_point(|other| other.first.row < area.first.row);
            of_column.insert(at, area);
        }
    }

    pub(crate) fn hide_row(&mut self, row: u32) {
        self.hidden_rows.insert(row);
    }

    pub(crate) fn hide_columns(&mut self, columns: [u32; 2]) {
        self.hidden_columns.push(columns);
    }

    /// What stands in a place itself.
    pub fn cell(&self, place: Place) -> Option<&Content> {
        self.cells.get(&place)
    }

    /// What a reader sees in a place: what stands there, or in the corner of what is merged there.
    pub fn seen(&self, place: Place) -> Option<&Content> {
        self.cell(place)
            .or_else(|| self.cell(self.merged_at(place)?.first))
    }

    /// The merged area that a place lies in.
    pub fn merged_at(&self, place: Place) -> Option<Area> {
        let of_column = self.merged.get(&place.column)?;
        let after = of_column.partition_point(|area| area.first.row <= place.row);
        let found = of_column.get(after.checked_sub(1)?)?;
        found.contains(place).then_some(*found)
    }

    /// All cells that have content, row by row.
    pub fn cells(&self) -> impl Iterator<Item = (Place, &Content)> {
        self.cells.iter().map(|(place, content)| (*place, content))
    }

    /// How many cells have content.
    pub fn count(&self) -> usize {
        self.cells.len()
    }

    /// The cells of a row that have content.
    pub fn row(&self, row: u32) -> impl Iterator<Item = (Place, &Content)> {
        let end = |column| Place { row, column };
        let cells = self.cells.range(end(0)..=end(u32::MAX));
        cells.map(|(place, content)| (*place, content))
    }

    /// The rows that have content, in order.
    pub fn rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.cells.keys().map(|place| place.row).collect();
        rows.dedup();
        rows
    }

    /// The last column that has content.
    pub fn last_column(&self) -> u32 {
        let columns = self.cells.keys().map(|place| place.column);
        columns.max().unwrap_or(0)
    }

    /// Whether a row is hidden.
    pub fn is_row_hidden(&self, row: u32) -> bool {
        self.hidden_rows.contains(&row)
    }

    /// Whether a column is hidden.
    pub fn is_column_hidden(&self, column: u32) -> bool {
        let mut hidden = self.hidden_columns.iter();
        hidden.any(|[first, last]| (*first..=*last).contains(&column))
    }
}

/// Whether text is nothing but white space, of whatever width.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|found| found.is_whitespace() || found == '\u{200b}' || found == '\u{feff}')
}

/// A workbook that has been read.
#[derive(Debug, Clone)]
pub struct Workbook {
    /// What the file is called.
    pub name: String,
    /// By which it is known again.
    pub digest: FileDigest,
    /// Its sheets, in order.
    pub sheets: Vec<Sheet>,
}

impl Workbook {
    /// Reads a file: .xlsx, or .csv in UTF-8, UTF-16 or GBK. What it is, its octets say.
    ///
    /// # Errors
    /// [`Error::Limit`], [`Error::Old`], [`Error::Broken`], [`Error::Encoding`].
    pub fn read(name: &str, octets: &[u8], limits: &Limits) -> Result<Self, Error> {
        if octets.len() as u64 > limits.octets {
            return Err(Limits::beyond("octets", "字节数", limits.octets));
        }
        let sheets = match Form::of(octets) {
            Form::Xlsx => xlsx::read(octets, limits)?,
            Form::Old => return Err(Error::Old),
            Form::Delimited => vec![delimited::read(name, octets, limits)?],
        };
        Ok(Self {
            name: name.to_owned(),
            digest: FileDigest::of(octets),
            sheets,
        })
    }

    /// The sheet of a name.
    pub fn sheet(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name == name)
    }
}

/// What octets are, by how they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A package of Office Open XML.
    Xlsx,
    /// A compound file: an old workbook, or one behind a password.
    Old,
    /// Text with separators.
    Delimited,
}

impl Form {
    pub(crate) fn of(octets: &[u8]) -> Self {
        if octets.starts_with(b"PK\x03\x04") || octets.starts_with(b"PK\x05\x06") {
            Self::Xlsx
        } else if octets.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            Self::Old
        } else {
            Self::Delimited
        }
    }
}
