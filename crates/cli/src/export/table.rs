//! Records as a table: a column for each index and type that there is.

use super::Selection;
use super::writer::Writer;
use model::{Identifier, Permissions, Value};
use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;

/// The most columns a table may have; spreadsheets open more, but nobody reads them.
const COLUMNS_COUNT_MAX: usize = 1000;

type Column = (u32, String);

/// Writes a row for each record.
pub(super) struct TableWriter<'o> {
    writer: csv::Writer<&'o mut dyn Write>,
    columns: Vec<Column>,
}

impl<'o> TableWriter<'o> {
    /// Goes through all records once to find the columns, and writes the first line.
    pub(super) fn begin(
        out: &'o mut dyn Write,
        selection: &Selection<'_>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut columns = BTreeSet::new();
        selection.each(|_, values, _| {
            columns.extend(values.iter().filter_map(column));
            if columns.len() > COLUMNS_COUNT_MAX {
                return Err(format!(
                    "the table would have more than {COLUMNS_COUNT_MAX} columns; choose a --prefix \
                     or --format jsonl"
                )
                .into());
            }
            Ok(())
        })?;
        let mut writer = csv::Writer::from_writer(out);
        let names = columns
            .iter()
            .map(|(index, value_type)| format!("{index}:{value_type}"));
        writer.write_record(std::iter::once("identifier".to_owned()).chain(names))?;
        Ok(Self {
            writer,
            columns: columns.into_iter().collect(),
        })
    }
}

impl Writer for TableWriter<'_> {
    fn record(&mut self, identifier: &Identifier, values: &[Value]) -> Result<u64, Box<dyn Error>> {
        let mut row = vec![identifier.as_str(); 1 + self.columns.len()];
        let cells = row.iter_mut().skip(1);
        let mut kept = 0;
        for (cell, wanted) in cells.zip(&self.columns) {
            let value = values
                .iter()
                .find(|value| column(value).as_ref() == Some(wanted));
            kept += u64::from(value.is_some());
            *cell = value.and_then(text).unwrap_or_default();
        }
        if kept > 0 {
            self.writer.write_record(row)?;
        }
        Ok(values.len() as u64 - kept)
    }

    fn end(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.writer.flush()?)
    }
}

/// The column of a value, if a cell can hold it.
fn column(value: &Value) -> Option<Column> {
    let value_type = std::str::from_utf8(value.value_type.octets()).ok()?;
    let is_plain = value.permissions == Permissions::DEFAULT && value.references.is_empty();
    let is_named = !value_type.is_empty() && value_type == value_type.trim();
    (is_plain && is_named && text(value).is_some()).then(|| (value.index, value_type.to_owned()))
}

/// Text that comes back from a cell: an empty one would be no value.
fn text(value: &Value) -> Option<&str> {
    let text = std::str::from_utf8(&value.data).ok()?;
    let is_text =
        !text.is_empty() && !text.contains(|c: char| c.is_control() && !c.is_whitespace());
    is_text.then_some(text)
}
