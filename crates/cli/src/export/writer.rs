//! What writes records, and the two forms of JSON, which lose nothing.

use super::Selection;
use model::{Identifier, Value};
use serde::Serialize;
use std::error::Error;
use std::io::Write;

/// Writes records one after the other.
pub(super) trait Writer {
    /// Writes a record; gives how many of its values the format cannot hold.
    fn record(&mut self, identifier: &Identifier, values: &[Value]) -> Result<u64, Box<dyn Error>>;

    /// Writes what stands after the last.
    fn end(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

/// A record as the HTTP API answers it.
#[derive(Serialize)]
struct RecordForm<'r> {
    handle: &'r str,
    values: &'r [Value],
}

impl<'r> RecordForm<'r> {
    fn of(identifier: &'r Identifier, values: &'r [Value]) -> Self {
        let handle = identifier.as_str();
        Self { handle, values }
    }
}

/// A record a line.
pub(super) struct JsonLines<'o> {
    pub(super) out: &'o mut dyn Write,
}

impl Writer for JsonLines<'_> {
    fn record(&mut self, identifier: &Identifier, values: &[Value]) -> Result<u64, Box<dyn Error>> {
        write_json(self.out, &RecordForm::of(identifier, values))?;
        writeln!(self.out)?;
        Ok(0)
    }
}

/// One object, as the reference server loads it.
pub(super) struct ReferenceJson<'o> {
    out: &'o mut dyn Write,
    has_some: bool,
}

impl<'o> ReferenceJson<'o> {
    pub(super) fn begin(
        out: &'o mut dyn Write,
        selection: &Selection<'_>,
    ) -> Result<Self, Box<dyn Error>> {
        write!(out, "{{\"homedPrefixes\":[")?;
        for (at, prefix) in selection.homes()?.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            writeln!(out, "{comma}")?;
            write_json(out, &format!("0.NA/{prefix}"))?;
        }
        write!(out, "],\n\"handleRecords\":{{")?;
        Ok(Self {
            out,
            has_some: false,
        })
    }
}

impl Writer for ReferenceJson<'_> {
    fn record(&mut self, identifier: &Identifier, values: &[Value]) -> Result<u64, Box<dyn Error>> {
        let comma = if self.has_some { "," } else { "" };
        self.has_some = true;
        writeln!(self.out, "{comma}")?;
        write_json(self.out, identifier.as_str())?;
        write!(self.out, ":")?;
        write_json(self.out, &RecordForm::of(identifier, values))?;
        Ok(0)
    }

    fn end(&mut self) -> Result<(), Box<dyn Error>> {
        writeln!(self.out, "}}}}")?;
        Ok(())
    }
}

/// Writes JSON; a failure of the writer stays what it is, so that a reader that went away shows.
fn write_json(out: &mut dyn Write, json: &(impl Serialize + ?Sized)) -> Result<(), Box<dyn Error>> {
    let octets = serde_json::to_vec(json)?;
    out.write_all(&octets)?;
    Ok(())
}
