//! Records in the language of batch files. Not here: what a block means (`import/language.rs`).

use super::Selection;
use super::writer::Writer;
use crate::import::ADMIN_ORDER;
use model::value::TtlKind;
use model::{Admin, Identifier, Value, ValueList};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write;

/// Writes a `CREATE` for each record.
pub(super) struct BatchWriter<'o> {
    out: &'o mut dyn Write,
}

impl<'o> BatchWriter<'o> {
    pub(super) fn begin(
        out: &'o mut dyn Write,
        selection: &Selection<'_>,
    ) -> Result<Self, Box<dyn Error>> {
        let homes = selection.homes()?;
        if !homes.is_empty() {
            writeln!(out, "HOME 127.0.0.1:2641:TCP")?;
            for prefix in homes {
                writeln!(out, "0.NA/{prefix}")?;
            }
            writeln!(out)?;
        }
        Ok(Self { out })
    }
}

impl Writer for BatchWriter<'_> {
    fn record(&mut self, identifier: &Identifier, values: &[Value]) -> Result<u64, Box<dyn Error>> {
        if !is_line(identifier.as_str()) {
            return Ok(values.len() as u64);
        }
        let lines: Vec<String> = values.iter().filter_map(line).collect();
        writeln!(self.out, "CREATE {identifier}")?;
        for line in &lines {
            writeln!(self.out, "{line}")?;
        }
        writeln!(self.out)?;
        Ok((values.len() - lines.len()) as u64)
    }
}

/// A value as a line, if it can be one.
fn line(value: &Value) -> Option<String> {
    let value_type = std::str::from_utf8(value.value_type.octets()).ok()?;
    let is_word = !value_type.is_empty() && !value_type.contains(char::is_whitespace);
    let is_plain = value.ttl.kind == TtlKind::RELATIVE && value.references.is_empty();
    let data = data(value)?;
    let (index, ttl, permissions) = (value.index, value.ttl.seconds, value.permissions);
    (is_word && is_plain).then(|| format!("{index} {value_type} {ttl} {permissions} {data}"))
}

/// The kind and the data.
fn data(value: &Value) -> Option<String> {
    let octets = &value.data;
    let is = |name: &[u8]| value.value_type.octets().eq_ignore_ascii_case(name);
    if is(b"HS_ADMIN") {
        return admin(&Admin::decode(octets.clone()).ok()?);
    }
    if is(b"HS_VLIST") {
        return list(&ValueList::decode(octets.clone()).ok()?);
    }
    let text = std::str::from_utf8(octets).ok()?;
    is_line(text).then(|| format!("UTF8 {text}"))
}

fn admin(admin: &Admin) -> Option<String> {
    let known = ADMIN_ORDER.iter().fold(0, |bits, one| bits | one.0);
    let identifier = std::str::from_utf8(&admin.identifier).ok()?;
    let is_plain = admin.permissions.0 & !known == 0 && !admin.has_legacy_end;
    if !is_plain || !is_line(identifier) {
        return None;
    }
    let digit = |one| {
        if admin.permissions.contains(one) {
            '1'
        } else {
            '0'
        }
    };
    let digits: String = ADMIN_ORDER.into_iter().map(digit).collect();
    Some(format!("ADMIN {}:{digits}:{identifier}", admin.index))
}

fn list(list: &ValueList) -> Option<String> {
    let mut text = "LIST ".to_owned();
    for reference in &list.0 {
        let identifier = std::str::from_utf8(&reference.identifier).ok()?;
        if !is_line(identifier) || identifier.contains(';') {
            return None;
        }
        write!(text, "{}:{identifier};", reference.index).ok()?;
    }
    Some(text)
}

/// Whether text comes back as it is when it is read from the rest of a line.
fn is_line(text: &str) -> bool {
    text == text.trim() && !text.contains(['\n', '\r'])
}
