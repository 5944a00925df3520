//! The file that says which column of a table becomes what. Not here: reading the table.

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};
use serde::Deserialize;
use serde_json::Value as Json;

/// A mapping file (TOML). Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// How the table's text is encoded: `UTF-8` (default), `GBK` or `GB18030`.
    #[serde(default)]
    pub(super) encoding: TextEncoding,
    /// What stands between cells, one character of ASCII. Default: a comma.
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    /// Whether the first row names the columns (default). Without, columns are numbers from 1.
    #[serde(default = "yes")]
    pub(super) header: bool,
    /// Where the identifier is.
    pub(super) identifier: IdentifierMapping,
    /// When the values of a row were written; otherwise they are dated by the import.
    pub(super) timestamp: Option<DateMapping>,
    /// What becomes a value.
    #[serde(rename = "value")]
    pub(super) values: Vec<ValueMapping>,
}

/// Where the identifier of a row is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentifierMapping {
    /// The column with the identifier; with a prefix, the column with the suffix.
    pub(super) column: ColumnName,
    /// The prefix of all rows.
    pub(super) prefix: Option<String>,
    /// The column with the prefix.
    pub(super) prefix_column: Option<ColumnName>,
}

/// A column with a date.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DateMapping {
    /// Which column.
    pub(super) column: ColumnName,
    /// How it is written there, such as `%Y-%m-%d %H:%M:%S`; times are those of `offset_hours`.
    pub(super) date: String,
    /// How many hours the clocks there are ahead of UTC. Default: 8, as in China.
    #[serde(default = "eight")]
    pub(super) offset_hours: i8,
}

/// What becomes a value of a row. An empty cell is no value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueMapping {
    /// Its index, from 1.
    pub(super) index: u32,
    /// Its type.
    #[serde(rename = "type")]
    pub(super) value_type: String,
    /// The column with its data.
    pub(super) column: Option<ColumnName>,
    /// The data of every row, instead of a column: text, or what `format` needs.
    pub(super) constant: Option<Json>,
    /// What the data is: `string` (default), `hex`, `base64`, `admin`, `vlist`, `site`, `key`. In
    /// cells the last four are JSON, as in the HTTP API.
    #[serde(default = "string")]
    pub(super) format: String,
    /// How a date is written in the cell; it becomes `2026-11-22`, or `2026-11-22T08:00:00` if the
    /// pattern has an hour.
    pub(super) date: Option<String>,
    /// Its ttl in seconds. Default: a day.
    pub(super) ttl: Option<u32>,
    /// Its permissions. Default: `1110`, for `HS_SECKEY` `1100`.
    pub(super) permissions: Option<String>,
}

/// Names a column: by its name in the first row, or by its number from 1.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum ColumnName {
    Number(usize),
    Name(String),
}

/// Encodings whose separators are those of ASCII.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) enum TextEncoding {
    #[default]
    #[serde(rename = "UTF-8")]
    Utf8,
    #[serde(rename = "GBK")]
    Gbk,
    #[serde(rename = "GB18030")]
    Gb18030,
}

impl TextEncoding {
    pub(super) fn codec(self) -> &'static Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Gbk => GBK,
            Self::Gb18030 => GB18030,
        }
    }
}

impl Mapping {
    /// Reads a mapping file.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<(), String> {
        // Characters of two octets end in what could be one of ASCII, but never below '0'.
        let is_safe = self.delimiter == '\t' || (' '..'0').contains(&self.delimiter);
        let is_utf8 = matches!(self.encoding, TextEncoding::Utf8);
        if !self.delimiter.is_ascii() || self.delimiter == '"' || !(is_safe || is_utf8) {
            let delimiter = self.delimiter;
            return Err(format!(
                "delimiter {delimiter:?} cannot be used; use a comma or \\t"
            ));
        }
        if self.identifier.prefix.is_some() && self.identifier.prefix_column.is_some() {
            return Err("[identifier] has both prefix and prefix_column; keep one".into());
        }
        for value in &self.values {
            let index = value.index;
            if value.column.is_some() == value.constant.is_some() {
                return Err(format!("value {index} needs either column or constant"));
            }
            if value.date.is_some() && (value.constant.is_some() || value.format != "string") {
                return Err(format!(
                    "value {index}: only text from a column can be a date"
                ));
            }
        }
        Ok(())
    }
}

fn comma() -> char {
    ','
}

fn yes() -> bool {
    true
}

fn eight() -> i8 {
    8
}

fn string() -> String {
    "string".into()
}
