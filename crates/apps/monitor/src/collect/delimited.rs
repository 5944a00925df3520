//! Text with separators (.csv) as a sheet, and the same text with columns appended.
//!
//! The encoding is what the octets say: a byte order mark, else UTF-8, else GBK (GB 18030, which
//! has all of it). The separator is that of comma, semicolon and tab which most lines begin with.
//! Quotation marks hold separators and ends of lines, and stand for one where they are doubled. One
//! that takes in several lines and is not closed where its field ends is refused: those lines would
//! be lost.
//!
//! Not here: what the cells mean.

#[cfg(test)]
mod tests;

use super::Error;
use super::place::Place;
use super::workbook::{Content, Limits, Sheet};
use codes::Number;
use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// How the text was written, so that it is given back likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8 { has_mark: bool },
    Utf16 { is_little: bool },
    Gbk,
}

/// A line of the text, which may span several.
struct Record {
    fields: Vec<String>,
    /// Where it ends in the text, before the end of its line.
    end: usize,
}

struct Table {
    encoding: Encoding,
    separator: char,
    text: String,
    records: Vec<Record>,
}

/// Reads the text as one sheet, called as the file is, without what follows the last point.
pub(super) fn read(name: &str, octets: &[u8], limits: &Limits) -> Result<Sheet, Error> {
    let table = Table::read(octets, limits)?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut sheet = Sheet::new(stem.to_owned(), false);
    for (row, record) in (0..).zip(&table.records) {
        for (column, field) in (0..).zip(&record.fields) {
            sheet.put(Place { row, column }, content(field))?;
        }
    }
    Ok(sheet)
}

/// A field that is a number and could be nothing else is one; codes keep their zeros.
fn content(field: &str) -> Content {
    let trimmed = field.trim();
    let digits = trimmed.strip_prefix('-').unwrap_or(trimmed);
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    match trimmed.parse::<Number>() {
        Ok(number) if !has_leading_zero && digits.len() <= 16 => Content::Number {
            number,
            is_per_cent: false,
        },
        _ => Content::Text(field.into()),
    }
}

/// The same text with fields appended to each row, row by row; rows that are missing get none.
pub(super) fn append(
    octets: &[u8],
    limits: &Limits,
    fields: impl Fn(u32) -> Vec<String>,
) -> Result<Vec<u8>, Error> {
    let table = Table::read(octets, limits)?;
    let widest = table.records.iter().map(|record| record.fields.len()).max();
    let mut out = String::with_capacity(table.text.len() * 2);
    let mut from = 0;
    for (row, record) in (0..).zip(&table.records) {
        out.push_str(table.text.get(from..record.end).unwrap_or_default());
        from = record.end;
        let appended = fields(row);
        if appended.is_empty() {
            continue;
        }
        // What is appended stands in one column, however short the row is.
        for _ in record.fields.len()..widest.unwrap_or(0) {
            out.push(table.separator);
        }
        for field in appended {
            out.push(table.separator);
            out.push_str(&quoted(&field, table.separator));
        }
    }
    out.push_str(table.text.get(from..).unwrap_or_default());
    Ok(table.encoding.encode(&out))
}

/// A field as it is written: what a spreadsheet would take for a formula is kept from being one.
fn quoted(field: &str, separator: char) -> String {
    let is_formula = field.starts_with(['=', '+', '@', '\t', '\r']);
    let field = if is_formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([separator, '"', '\n', '\r']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}

impl Encoding {
    fn decode(octets: &[u8]) -> Result<(Self, String), Error> {
        let (encoding, found, rest) = match octets {
            [0xef, 0xbb, 0xbf, rest @ ..] => (Self::Utf8 { has_mark: true }, UTF_8, rest),
            [0xff, 0xfe, rest @ ..] => (Self::Utf16 { is_little: true }, UTF_16LE, rest),
            [0xfe, 0xff, rest @ ..] => (Self::Utf16 { is_little: false }, UTF_16BE, rest),
            rest if std::str::from_utf8(rest).is_ok() => {
                (Self::Utf8 { has_mark: false }, UTF_8, rest)
            }
            rest => (Self::Gbk, GB18030, rest),
        };
        let text = found.decode_without_bom_handling_and_without_replacement(rest);
        match text {
            // No text has zeros in it; what is read as such is something else.
            Some(text) if !text.contains('\0') => Ok((encoding, text.into_owned())),
            _ => Err(Error::Encoding {
                line: first_bad_line(found, rest),
            }),
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 { has_mark: false } => text.as_bytes().to_vec(),
            Self::Utf8 { has_mark: true } => [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
            Self::Utf16 { is_little } => {
                let octets = |unit: u16| {
                    if is_little {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                };
                let marked = "\u{feff}".encode_utf16().chain(text.encode_utf16());
                marked.flat_map(octets).collect()
            }
            Self::Gbk => GB18030.encode(text).0.into_owned(),
        }
    }
}

fn first_bad_line(encoding: &'static encoding_rs::Encoding, octets: &[u8]) -> usize {
    let is_bad = |line: &&[u8]| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(line);
        text.is_none_or(|text| text.contains('\0'))
    };
    let mut lines = octets.split(|octet| *octet == b'\n');
    lines.position(|line| is_bad(&line)).map_or(1, |at| at + 1)
}

impl Table {
    fn read(octets: &[u8], limits: &Limits) -> Result<Self, Error> {
        let (encoding, text) = Encoding::decode(octets)?;
        let separator = separator_of(&text);
        let records = records(&text, separator, limits)?;
        Ok(Self {
            encoding,
            separator,
            text,
            records,
        })
    }
}

/// How many lines are looked at to tell the separator.
const LINES_LOOKED_AT: usize = 20;

fn separator_of(text: &str) -> char {
    let count = |separator: char| -> usize {
        let lines = text.lines().take(LINES_LOOKED_AT);
        lines.map(|line| line.matches(separator).count()).sum()
    };
    let separators = [',', '\t', ';'];
    // Of equals the first: the comma.
    let best = separators
        .into_iter()
        .rev()
        .max_by_key(|found| count(*found));
    best.unwrap_or(',')
}

fn records(text: &str, separator: char, limits: &Limits) -> Result<Vec<Record>, Error> {
    let mut splitter = Splitter {
        limits,
        records: Vec::new(),
        fields: Vec::new(),
        field: String::new(),
        cells: 0,
    };
    let mut quotes = Quotes::None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, found)) = characters.next() {
        match (quotes, found) {
            (Quotes::Open(_), '"') if characters.next_if(|(_, next)| *next == '"').is_some() => {
                splitter.field.push('"');
            }
            (Quotes::Open(opened), '"') => {
                let has_lines = splitter.field.contains(['\r', '\n']);
                quotes = Quotes::Closed(opened, has_lines);
            }
            (Quotes::Open(_), found) => splitter.field.push(found),
            (Quotes::None, '"') if splitter.field.is_empty() => quotes = Quotes::Open(at),
            (_, '\r' | '\n') => {
                if found == '\r' {
                    characters.next_if(|(_, next)| *next == '\n');
                }
                splitter.end_record(at)?;
                quotes = Quotes::None;
            }
            (_, found) if found == separator => {
                splitter.end_field()?;
                quotes = Quotes::None;
            }
            // What stands between the mark and the end of the field is its text, as spreadsheets
            // have it; but behind several lines the mark was another field's.
            (Quotes::Closed(opened, true), found) if !found.is_whitespace() => {
                return Err(unclosed(text, opened));
            }
            (_, found) => splitter.field.push(found),
        }
    }
    if let Quotes::Open(opened) = quotes {
        return Err(unclosed(text, opened));
    }
    let has_more = !splitter.fields.is_empty() || !splitter.field.is_empty();
    if has_more {
        splitter.end_record(text.len())?;
    }
    Ok(splitter.records)
}

/// Where a field stands with its quotation marks: where the first of them is in the text, and
/// whether there are several lines between them.
#[derive(Debug, Clone, Copy)]
enum Quotes {
    None,
    Open(usize),
    Closed(usize, bool),
}

/// The refusal of a quotation mark at a place of the text.
fn unclosed(text: &str, opened: usize) -> Error {
    let before = text.get(..opened).unwrap_or_default();
    // Of the two octets that end a line the second counts, and a first alone.
    let ends = before.matches('\n').count() + before.matches('\r').count();
    let line = 1 + ends - before.matches("\r\n").count();
    Error::Unclosed { line }
}

struct Splitter<'l> {
    limits: &'l Limits,
    records: Vec<Record>,
    fields: Vec<String>,
    field: String,
    cells: usize,
}

impl Splitter<'_> {
    fn end_field(&mut self) -> Result<(), Error> {
        let place = Place {
            row: u32::try_from(self.records.len()).unwrap_or(u32::MAX),
            column: u32::try_from(self.fields.len()).unwrap_or(u32::MAX),
        };
        self.limits.check_place(place)?;
        self.cells += usize::from(!self.field.is_empty());
        self.limits.check_cells(self.cells)?;
        self.fields.push(std::mem::take(&mut self.field));
        Ok(())
    }

    fn end_record(&mut self, end: usize) -> Result<(), Error> {
        self.end_field()?;
        let fields = std::mem::take(&mut self.fields);
        self.records.push(Record { fields, end });
        Ok(())
    }
}
