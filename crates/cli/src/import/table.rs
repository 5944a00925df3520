//! A CSV file as rows of an identifier and its values. Not here: registering them.

use csv::{ByteRecord, Reader, ReaderBuilder};
use model::{Identifier, Value};
use std::fmt::{self, Display};
use std::io::Read;

#[cfg(test)]
mod tests;

/// An open CSV file whose columns are known.
pub(super) struct Table<R> {
    reader: Reader<R>,
    columns: Vec<Column>,
    record: ByteRecord,
}

/// What a column of values holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    index: u32,
    value_type: String,
}

/// One row that could be read.
#[derive(Debug, Clone)]
pub(super) struct Row {
    line: u64,
    pub(super) identifier: Identifier,
    pub(super) values: Vec<Value>,
}

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowError {
    line: u64,
    reason: String,
}

impl Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl Row {
    /// Says why this row is left out after all.
    pub(super) fn refuse(&self, reason: &dyn Display) -> RowError {
        RowError {
            line: self.line,
            reason: reason.to_string(),
        }
    }
}

/// Why a file is no such table; nothing of it is read.
#[derive(Debug)]
pub(super) struct HeaderError(String);

impl Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line 1: {}", self.0)
    }
}

impl std::error::Error for HeaderError {}

impl<R: Read> Table<R> {
    /// Reads the first line, which names the columns.
    pub(super) fn open(file: R) -> Result<Self, HeaderError> {
        let mut reader = ReaderBuilder::new().from_reader(file);
        let header = reader
            .headers()
            .map_err(|error| HeaderError(error.to_string()))?
            .clone();
        let mut names = header.iter();
        if names
            .next()
            .is_none_or(|first| first.trim() != "identifier")
        {
            let text = "the first column must be named `identifier`, the others by value types";
            return Err(HeaderError(text.into()));
        }
        let columns: Vec<Column> = (1..)
            .zip(names)
            .map(|(at, name)| column(at, name))
            .collect();
        check(&columns)?;
        Ok(Self {
            reader,
            columns,
            record: ByteRecord::new(),
        })
    }

    /// The next row, or why it cannot be one; `None` at the end.
    pub(super) fn next_row(&mut self) -> Option<Result<Row, RowError>> {
        let before = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some(self.row()),
            Err(error) => Some(Err(RowError {
                line: error.position().map_or(before, csv::Position::line),
                reason: reason(&error),
            })),
        }
    }

    fn row(&self) -> Result<Row, RowError> {
        let line = self.record.position().map_or(0, csv::Position::line);
        let refuse = |reason: String| RowError { line, reason };
        let mut cells = self.record.iter();
        let spelling = cells.next().unwrap_or_default().trim_ascii();
        let identifier = Identifier::from_octets(spelling.to_vec().into())
            .map_err(|error| refuse(error.to_string()))?;
        let filled = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(_, cell)| !cell.is_empty());
        let values: Vec<Value> = filled
            .map(|(column, cell)| {
                Value::public(column.index, column.value_type.clone(), cell.to_vec())
            })
            .collect();
        if values.is_empty() {
            return Err(refuse("the row has no values".into()));
        }
        Ok(Row {
            line,
            identifier,
            values,
        })
    }

    /// How much of the file has been read.
    pub(super) fn octets_read(&self) -> u64 {
        self.reader.position().byte()
    }
}

/// The column called `name` that is the `at`-th of the values: `TYPE` or `INDEX:TYPE`.
fn column(at: u32, name: &str) -> Column {
    let name = name.trim();
    let with_index = name.split_once(':').and_then(|(index, value_type)| {
        let index = index.parse().ok()?;
        Some((index, value_type))
    });
    let (index, value_type) = with_index.unwrap_or((at, name));
    Column {
        index,
        value_type: value_type.to_owned(),
    }
}

/// Checks that values of these columns can stand in one record.
fn check(columns: &[Column]) -> Result<(), HeaderError> {
    if let Some(column) = columns.iter().find(|column| column.value_type.is_empty()) {
        return Err(HeaderError(format!(
            "the column for index {} names no type",
            column.index
        )));
    }
    let values: Vec<Value> = columns
        .iter()
        .map(|column| Value::public(column.index, "", ""))
        .collect();
    model::Record::new(&values).map_err(|error| HeaderError(error.to_string()))?;
    Ok(())
}

/// What is wrong with a line, without the place, which is told already.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("the row has {len} cells, the first line has {expected_len}"),
        _ => error.to_string(),
    }
}
