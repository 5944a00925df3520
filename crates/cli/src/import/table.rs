//! A CSV file as rows of an identifier and its values. Not here: registering them.

use csv::{ByteRecord, Reader, ReaderBuilder};
use model::{Identifier, Value};
use std::fmt::{self, Display};
use std::io::Read;

#[cfg(test)]
mod tests;

/// An open CSV file whose columns are known.
pub(super) struct Table<R> {
    reader: Reader<QuoteWatch<R>>,
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
    /// Whether nothing after the row can be read either.
    pub(super) is_end: bool,
}

impl Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl Row {
    /// Says why this row is left out after all.
    pub(super) fn refuse(&self, reason: &dyn Display) -> RowError {
        RowError::new(self.line, reason.to_string())
    }
}

impl RowError {
    fn new(line: u64, reason: String) -> Self {
        let is_end = false;
        Self {
            line,
            reason,
            is_end,
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
        let mut reader = ReaderBuilder::new().from_reader(QuoteWatch::new(file));
        let header = reader
            .headers()
            .map_err(|error| HeaderError(reason(&error)))?
            .clone();
        let mut names = header.iter();
        if names
            .next()
            .is_none_or(|first| first.trim() != "identifier")
        {
            let text = "the first column must be named `identifier`, the others by value types";
            return Err(HeaderError(text.into()));
        }
        let columns: Result<Vec<Column>, _> = (1..)
            .zip(names)
            .map(|(at, name)| column(at, name))
            .collect();
        let columns = columns?;
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
                is_end: matches!(error.kind(), csv::ErrorKind::Io(_)),
            })),
        }
    }

    fn row(&self) -> Result<Row, RowError> {
        let line = self.record.position().map_or(0, csv::Position::line);
        let refuse = |reason: String| RowError::new(line, reason);
        if let Some(at) = self
            .record
            .iter()
            .position(|cell| std::str::from_utf8(cell).is_err())
        {
            return Err(refuse(format!(
                "cell {} is not UTF-8; save the file as UTF-8",
                at + 1
            )));
        }
        if self.ends_in_a_quote() {
            return Err(refuse("a quote is opened that is never closed".into()));
        }
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

    /// Whether the row at hand is the rest of the file, swallowed by a quote that nobody closed. In
    /// a file that is whole, quotes come in pairs.
    fn ends_in_a_quote(&self) -> bool {
        let spans_lines = self.record.iter().any(|cell| cell.contains(&b'\n'));
        let watch = self.reader.get_ref();
        spans_lines && watch.is_at_end && watch.is_odd
    }

    /// How much of the file has been read.
    pub(super) fn octets_read(&self) -> u64 {
        self.reader.position().byte()
    }
}

/// The column called `name` that is the `at`-th of the values: `TYPE` or `INDEX:TYPE`.
fn column(at: u32, name: &str) -> Result<Column, HeaderError> {
    let name = name.trim();
    let looks_numeric = |text: &str| text.trim_start_matches('-').parse::<u128>().is_ok();
    let (index, value_type) = match name.split_once(':') {
        Some((index, value_type)) if looks_numeric(index) => {
            let parsed = index.parse();
            let wrong = || HeaderError(format!("{index} is no index; they are 1 to 2147483647"));
            (parsed.map_err(|_| wrong())?, value_type)
        }
        _ => (at, name),
    };
    let value_type = value_type.to_owned();
    Ok(Column { index, value_type })
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
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8; save the file as UTF-8".into(),
        csv::ErrorKind::Io(error) => format!("the file cannot be read further: {error}"),
        _ => error.to_string(),
    }
}

/// Counts the quotes of a file while it is read.
struct QuoteWatch<R> {
    file: R,
    is_odd: bool,
    is_at_end: bool,
}

impl<R> QuoteWatch<R> {
    fn new(file: R) -> Self {
        Self {
            file,
            is_odd: false,
            is_at_end: false,
        }
    }
}

impl<R: Read> Read for QuoteWatch<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let octets = self.file.read(buffer)?;
        let quotes = buffer
            .iter()
            .take(octets)
            .filter(|&&octet| octet == b'"')
            .count();
        self.is_odd ^= quotes % 2 == 1;
        self.is_at_end |= octets == 0 && !buffer.is_empty();
        Ok(octets)
    }
}
