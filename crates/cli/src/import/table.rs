//! A CSV file as items. Not here: what the columns become (`columns.rs`).

use super::columns::Columns;
use super::item::{Action, Item, Place, Refusal, Source};
use super::mapping::Mapping;
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::io::{self, Read};

#[cfg(test)]
mod tests;

/// The longest row; more than any record takes. Beyond it nothing more of the file is read: mostly
/// a quote is open that nobody closed.
const ROW_OCTETS_MAX: usize = 8 << 20;

/// An open CSV file whose columns are known.
pub(super) struct Table<R> {
    reader: Reader<QuoteWatch<R>>,
    columns: Columns,
    record: ByteRecord,
}

impl<R: Read> Table<R> {
    /// Reads the first line, which names the columns unless a mapping says that it does not.
    ///
    /// # Errors
    /// Why the file is no such table; nothing of it is read.
    pub(super) fn open(file: R, mapping: Option<Mapping>) -> Result<Self, String> {
        let mut builder = ReaderBuilder::new();
        if let Some(mapping) = &mapping {
            let delimiter = u8::try_from(mapping.delimiter).expect("checked to be ASCII");
            builder.delimiter(delimiter).has_headers(mapping.header);
        }
        let mut reader = builder.from_reader(QuoteWatch::new(file));
        let first_line = |reason: String| format!("line 1: {reason}");
        let columns = match mapping {
            None => reader
                .headers()
                .map_err(|error| reason(&error))
                .and_then(Columns::of_header)
                .map_err(first_line)?,
            Some(mapping) => {
                let header = if mapping.header {
                    let header = reader.byte_headers();
                    Some(header.map_err(|error| first_line(reason(&error)))?)
                } else {
                    None
                };
                Columns::of_mapping(mapping, header)
                    .map_err(|reason| format!("mapping: {reason}"))?
            }
        };
        Ok(Self {
            reader,
            columns,
            record: ByteRecord::new(),
        })
    }

    fn item(&self, line: u64) -> Result<Item, Refusal> {
        let place = Place::Line(line);
        let refuse = |reason: String| Refusal::new(place, reason);
        if self.ends_in_a_quote() {
            return Err(refuse("a quote is opened that is never closed".into()));
        }
        let identifier = self.columns.identifier(&self.record).map_err(refuse)?;
        let values = self.columns.values(&self.record);
        let values = values.map_err(|reason| refuse(reason).about(Some(identifier.as_str())))?;
        let action = Action::Register(identifier, values);
        Ok(Item { place, action })
    }

    /// Whether the row at hand is the rest of the file, swallowed by a quote that nobody closed. In
    /// a file that is whole, quotes come in pairs.
    fn ends_in_a_quote(&self) -> bool {
        let spans_lines = self.record.iter().any(|cell| cell.contains(&b'\n'));
        let watch = self.reader.get_ref();
        spans_lines && watch.is_at_end && watch.is_odd
    }
}

impl<R: Read> Source for Table<R> {
    fn next_item(&mut self) -> Result<Option<Result<Item, Refusal>>, Refusal> {
        let before = self.reader.position().line();
        self.reader.get_mut().row_octets = 0;
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = self.record.position().map_or(before, csv::Position::line);
                Ok(Some(self.item(line)))
            }
            Err(error) => {
                let line = error.position().map_or(before, csv::Position::line);
                let refusal = Refusal::new(Place::Line(line), reason(&error));
                match error.kind() {
                    csv::ErrorKind::Io(_) => Err(refusal),
                    _ => Ok(Some(Err(refusal))),
                }
            }
        }
    }
}

/// What is wrong with a line, without the place, which is told already.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("the row has {len} cells, the first line has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => {
            "it is not UTF-8; save the file as UTF-8, or name its encoding with --mapping".into()
        }
        csv::ErrorKind::Io(error) => format!("the file cannot be read further: {error}"),
        _ => error.to_string(),
    }
}

/// Counts the quotes of a file while it is read, and the octets since a row began.
struct QuoteWatch<R> {
    file: R,
    is_odd: bool,
    is_at_end: bool,
    row_octets: usize,
}

impl<R> QuoteWatch<R> {
    fn new(file: R) -> Self {
        Self {
            file,
            is_odd: false,
            is_at_end: false,
            row_octets: 0,
        }
    }
}

impl<R: Read> Read for QuoteWatch<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.row_octets > ROW_OCTETS_MAX {
            let text = format!(
                "the row has more than {ROW_OCTETS_MAX} octets; is a quote opened that is never \
                 closed?"
            );
            return Err(io::Error::other(text));
        }
        let octets = self.file.read(buffer)?;
        let quotes = buffer
            .iter()
            .take(octets)
            .filter(|&&octet| octet == b'"')
            .count();
        self.is_odd ^= quotes % 2 == 1;
        self.is_at_end |= octets == 0 && !buffer.is_empty();
        self.row_octets += octets;
        Ok(octets)
    }
}
