//! What the columns of a table become, found before the first row and used for every one.
//!
//! Not here: the mapping file, the rows.

use super::mapping::{ColumnName, DateMapping, Mapping, TextEncoding, ValueMapping};
use bytes::Bytes;
use csv::{ByteRecord, StringRecord};
use encoding_rs::Encoding;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::Offset;
use model::{Identifier, Permissions, Ttl, Value};
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// Columns by their positions.
pub(super) struct Columns {
    codec: &'static Encoding,
    identifier: usize,
    prefix: PrefixFrom,
    timestamp: Option<(usize, DateMapping)>,
    values: Vec<ValueColumn>,
}

/// Where the prefix is.
enum PrefixFrom {
    Identifier,
    Constant(String),
    Cell(usize),
}

/// What becomes a value.
struct ValueColumn {
    /// The value with everything but data from a cell.
    model: Value,
    from: DataFrom,
}

enum DataFrom {
    /// The data stands in the model.
    Constant,
    Text(usize),
    Date(usize, String),
    /// In a format of the HTTP API.
    Formatted(usize, String),
}

impl Columns {
    /// Columns as a header says: `identifier`, then `TYPE` or `INDEX:TYPE`.
    pub(super) fn of_header(header: &StringRecord) -> Result<Self, String> {
        let mut names = header.iter();
        if names
            .next()
            .is_none_or(|first| first.trim() != "identifier")
        {
            return Err(
                "the first column must be named `identifier`, the others by value types \
                        (or say with --mapping what the columns are)"
                    .into(),
            );
        }
        let values: Result<Vec<ValueColumn>, String> = (1..)
            .zip(names)
            .map(|(at, name)| value_column(at, name))
            .collect();
        let columns = Self {
            codec: TextEncoding::Utf8.codec(),
            identifier: 0,
            prefix: PrefixFrom::Identifier,
            timestamp: None,
            values: values?,
        };
        columns.check()?;
        Ok(columns)
    }

    /// Columns as a mapping says, whose names are those of the header if there is one.
    pub(super) fn of_mapping(
        mapping: Mapping,
        header: Option<&ByteRecord>,
    ) -> Result<Self, String> {
        let codec = mapping.encoding.codec();
        let find = |name: &ColumnName| position(name, header, codec);
        let prefix = match (mapping.identifier.prefix, &mapping.identifier.prefix_column) {
            (Some(prefix), _) => PrefixFrom::Constant(prefix),
            (None, Some(column)) => PrefixFrom::Cell(find(column)?),
            (None, None) => PrefixFrom::Identifier,
        };
        let timestamp = match mapping.timestamp {
            Some(date) => Some((find(&date.column)?, date)),
            None => None,
        };
        let values: Result<Vec<ValueColumn>, String> = mapping
            .values
            .into_iter()
            .map(|value| mapped_column(value, &find))
            .collect();
        let columns = Self {
            codec,
            identifier: find(&mapping.identifier.column)?,
            prefix,
            timestamp,
            values: values?,
        };
        columns.check()?;
        Ok(columns)
    }

    /// Checks what can be wrong with every row alike.
    fn check(&self) -> Result<(), String> {
        for column in &self.values {
            let value = &column.model;
            if value.value_type.octets().is_empty() {
                return Err(format!(
                    "the column for index {} names no type",
                    value.index
                ));
            }
            model::Record::new(std::slice::from_ref(value)).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The identifier of a row.
    pub(super) fn identifier(&self, row: &ByteRecord) -> Result<Identifier, String> {
        let text = self.text(row, self.identifier)?;
        let text = text.trim_ascii();
        let prefix = match &self.prefix {
            PrefixFrom::Identifier => None,
            PrefixFrom::Constant(prefix) => Some(Cow::Borrowed(prefix.as_str())),
            PrefixFrom::Cell(at) => Some(self.text(row, *at)?),
        };
        let spelling = match prefix {
            None => text.to_owned(),
            Some(_) if text.is_empty() => return Err("the suffix is empty".into()),
            Some(prefix) => format!("{}/{text}", prefix.trim_ascii()),
        };
        spelling
            .parse()
            .map_err(|error: model::Error| error.to_string())
    }

    /// The values of a row; those without data are left out.
    pub(super) fn values(&self, row: &ByteRecord) -> Result<Vec<Value>, String> {
        let timestamp = match &self.timestamp {
            Some((at, date)) => self.seconds(row, *at, date)?,
            None => 0,
        };
        let mut values = Vec::with_capacity(self.values.len());
        for column in &self.values {
            if let Some(data) = self.data(row, column)? {
                let model = column.model.clone();
                values.push(Value {
                    timestamp,
                    data,
                    ..model
                });
            }
        }
        if values.is_empty() {
            return Err("the row has no values".into());
        }
        Ok(values)
    }

    fn data(&self, row: &ByteRecord, column: &ValueColumn) -> Result<Option<Bytes>, String> {
        let at = match &column.from {
            DataFrom::Constant => return Ok(Some(column.model.data.clone())),
            DataFrom::Text(at) | DataFrom::Date(at, _) | DataFrom::Formatted(at, _) => *at,
        };
        let text = self.text(row, at)?;
        if text.is_empty() {
            return Ok(None);
        }
        let data = match &column.from {
            DataFrom::Date(_, pattern) => iso_date(pattern, text.trim()).map(Bytes::from),
            DataFrom::Formatted(_, format) => formatted(format, &text),
            _ => return Ok(Some(Bytes::from(text.into_owned()))),
        };
        data.map(Some)
            .map_err(|error| format!("cell {}: {error}", at + 1))
    }

    fn seconds(&self, row: &ByteRecord, at: usize, date: &DateMapping) -> Result<u32, String> {
        let text = self.text(row, at)?;
        if text.trim().is_empty() {
            return Ok(0);
        }
        let read = || {
            let time = broken_down(&date.date, text.trim())?;
            let civil: DateTime = time.to_datetime().or_else(|_| {
                let day: Date = time.to_date()?;
                Ok::<_, jiff::Error>(day.at(0, 0, 0, 0))
            })?;
            let offset = Offset::from_hours(date.offset_hours)?;
            offset.to_timestamp(civil)
        };
        let seconds = read().map_err(|error| format!("cell {}: {error}", at + 1))?;
        u32::try_from(seconds.as_second())
            .map_err(|_| format!("cell {}: the date is not within 1970 to 2106", at + 1))
    }

    /// The text of a cell; an octet that is no text is an error.
    fn text<'r>(&self, row: &'r ByteRecord, at: usize) -> Result<Cow<'r, str>, String> {
        let cell = row.get(at).unwrap_or_default();
        self.codec
            .decode_without_bom_handling_and_without_replacement(cell)
            .ok_or_else(|| not_text(at, self.codec))
    }
}

/// What is said of a cell that is in another encoding.
fn not_text(at: usize, codec: &'static Encoding) -> String {
    let cell = at + 1;
    match codec.name() {
        "UTF-8" => format!(
            "cell {cell} is not UTF-8; save the file as UTF-8, or name its encoding with --mapping"
        ),
        name => format!("cell {cell} is not {name}"),
    }
}

/// The column called `name` that is the `at`-th of the values: `TYPE` or `INDEX:TYPE`.
fn value_column(at: u32, name: &str) -> Result<ValueColumn, String> {
    let name = name.trim();
    let looks_numeric = |text: &str| text.trim_start_matches('-').parse::<u128>().is_ok();
    let (index, value_type) = match name.split_once(':') {
        Some((index, value_type)) if looks_numeric(index) => {
            let wrong = |_| format!("{index} is no index; they are 1 to 2147483647");
            (index.parse().map_err(wrong)?, value_type)
        }
        _ => (at, name),
    };
    Ok(ValueColumn {
        model: Value::public(index, value_type.to_owned(), ""),
        from: DataFrom::Text(at as usize),
    })
}

fn mapped_column(
    mapping: ValueMapping,
    find: &impl Fn(&ColumnName) -> Result<usize, String>,
) -> Result<ValueColumn, String> {
    let index = mapping.index;
    let named = |error: &dyn std::fmt::Display| format!("value {index}: {error}");
    let permissions = match (mapping.permissions, &*mapping.value_type) {
        (Some(text), _) => text.parse().map_err(|error: model::Error| named(&error))?,
        (None, "HS_SECKEY") => Permissions(0b1100),
        (None, _) => Permissions::DEFAULT,
    };
    let mut model = Value {
        permissions,
        ..Value::public(index, mapping.value_type, "")
    };
    if let Some(seconds) = mapping.ttl {
        model.ttl = Ttl {
            seconds,
            ..Ttl::DAY
        };
    }
    let from = match (mapping.column, mapping.constant, mapping.date) {
        (Some(column), _, Some(pattern)) => DataFrom::Date(find(&column)?, pattern),
        (Some(column), _, None) if mapping.format == "string" => DataFrom::Text(find(&column)?),
        (Some(column), _, None) => DataFrom::Formatted(find(&column)?, mapping.format),
        (None, constant, _) => {
            let constant = constant.unwrap_or_default();
            model.data = data_of(&mapping.format, &constant).map_err(|error| named(&error))?;
            DataFrom::Constant
        }
    };
    Ok(ValueColumn { model, from })
}

/// Where a column is, from 0.
fn position(
    name: &ColumnName,
    header: Option<&ByteRecord>,
    codec: &'static Encoding,
) -> Result<usize, String> {
    match (name, header) {
        (ColumnName::Number(0), _) => Err("columns are counted from 1".into()),
        (ColumnName::Number(number), _) => Ok(number - 1),
        (ColumnName::Name(name), None) => Err(format!(
            "the table has no header that could name a column {name:?}; give its number"
        )),
        (ColumnName::Name(name), Some(header)) => header
            .iter()
            .position(|cell| codec.decode_without_bom_handling(cell).0.trim() == name)
            .ok_or_else(|| format!("no column of the table is named {name:?}")),
    }
}

fn formatted(format: &str, text: &str) -> Result<Bytes, String> {
    let json = match format {
        "hex" | "base64" => Json::from(text.trim()),
        _ => serde_json::from_str(text).map_err(|error| error.to_string())?,
    };
    data_of(format, &json)
}

/// The octets of data in a format of the HTTP API.
fn data_of(format: &str, data: &Json) -> Result<Bytes, String> {
    let value = json!({"index": 1, "type": "", "data": {"format": format, "value": data}});
    let value: Result<Value, _> = serde_json::from_value(value);
    Ok(value.map_err(|error| error.to_string())?.data)
}

fn broken_down(pattern: &str, text: &str) -> Result<strtime::BrokenDownTime, jiff::Error> {
    strtime::parse(pattern, text)
}

/// A date in the form of ISO 8601.
fn iso_date(pattern: &str, text: &str) -> Result<String, String> {
    let time = broken_down(pattern, text).map_err(|error| error.to_string())?;
    if time.hour().is_some() {
        let moment = time.to_datetime().map_err(|error| error.to_string())?;
        return Ok(moment.to_string());
    }
    let day = time.to_date().map_err(|error| error.to_string())?;
    Ok(day.to_string())
}
