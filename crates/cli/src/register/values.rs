//! Values as they are given on a command line, or in a file.
//!
//! Not here: the JSON of values and of the data of reserved types (room `model`).

use clap::Args;
use model::record::{VALUES_COUNT_MAX, VALUES_OCTETS_MAX};
use model::value_type::matches;
use model::{Admin, Permissions, PublicKey, Site, Value, ValueList};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The longest file of values that is read: all octets of the largest record as hexadecimal digits.
const FILE_OCTETS_MAX: usize = 4 * VALUES_OCTETS_MAX;

#[derive(Args, Clone)]
pub(crate) struct ValueArguments {
    /// A value; may be repeated. Data of reserved types is JSON, as in
    /// `8 HS_VLIST [{"handle":"88/a","index":300}]`. A secret key (`HS_SECKEY`) is for
    /// administrators only to read, and better given in a file: a command line is seen by everybody
    /// on the machine.
    #[arg(long = "value", value_name = "INDEX TYPE DATA", value_parser = value)]
    single: Vec<Value>,
    /// A value whose data is in a file; may be repeated. Data of reserved types is JSON or the
    /// octets of the protocol, as in `1 HS_SITE siteinfo.json` and `300 HS_PUBKEY pubkey.bin`.
    #[arg(long = "value-file", value_name = "INDEX TYPE FILE", value_parser = value_of_file)]
    in_files: Vec<Value>,
    /// A file with values as JSON, as the HTTP API says them: an array, or an object with a member
    /// `values`. `-` is standard input.
    #[arg(long = "values", value_name = "FILE")]
    listed: Option<PathBuf>,
}

impl ValueArguments {
    /// All values; there may be none.
    pub(crate) fn read(&self) -> Result<Vec<Value>, String> {
        let mut values = [&self.single[..], &self.in_files[..]].concat();
        if let Some(path) = &self.listed {
            let name = path.display();
            values.extend(values_in(path).map_err(|error| format!("{name}: {error}"))?);
        }
        if values.len() > VALUES_COUNT_MAX {
            return Err(format!("a record has {VALUES_COUNT_MAX} values or fewer"));
        }
        Ok(values)
    }

    /// All values, at least one.
    pub(crate) fn read_some(&self) -> Result<Vec<Value>, String> {
        let values = self.read()?;
        if values.is_empty() {
            return Err("which values? Give --value 'INDEX TYPE DATA' or --values FILE".into());
        }
        Ok(values)
    }
}

/// `1 URL https://example.org`.
fn value(text: &str) -> Result<Value, String> {
    let (index, value_type, data) = parts(text)?;
    match Reserved::of(value_type).filter(|_| is_json(data.as_bytes())) {
        None => Ok(public(index, value_type, data.to_owned().into_bytes())),
        Some(reserved) => reserved.value(index, value_type, data.as_bytes()),
    }
}

/// `1 HS_PUBKEY pubkey.bin`, `1 HS_SITE siteinfo.json`.
fn value_of_file(text: &str) -> Result<Value, String> {
    let (index, value_type, path) = parts(text)?;
    if is_secret(value_type) {
        // As it is read when it proves something: without the line end.
        let secret = crate::passphrase::read(Path::new(path))?;
        return Ok(public(index, value_type, secret));
    }
    let at = |error: String| format!("{path}: {error}");
    let octets = read_file(Path::new(path)).map_err(at)?;
    match Reserved::of(value_type) {
        None => Ok(public(index, value_type, octets)),
        Some(reserved) if is_json(&octets) => {
            reserved.value(index, value_type, &octets).map_err(at)
        }
        Some(reserved) => {
            reserved.check(&octets).map_err(at)?;
            Ok(public(index, value_type, octets))
        }
    }
}

/// No data of a reserved type begins with either as octets: it begins with a length or a version,
/// and neither is that large.
fn is_json(data: &[u8]) -> bool {
    matches!(data.trim_ascii_start().first(), Some(b'{' | b'['))
}

fn parts(text: &str) -> Result<(u32, &str, &str), String> {
    let form = || "a value is an index, a type and data: '1 URL https://example.org'".to_owned();
    let (index, rest) = text.trim_start().split_once(' ').ok_or_else(form)?;
    let (value_type, data) = rest.trim_start().split_once(' ').ok_or_else(form)?;
    Ok((index.parse().map_err(|_| form())?, value_type, data))
}

/// A value that everybody may read, unless its type says that it is a secret.
fn public(index: u32, value_type: &str, data: Vec<u8>) -> Value {
    let value = Value::public(index, value_type.to_owned(), data);
    if is_secret(value_type) {
        let permissions = Permissions(0b1100);
        return Value {
            permissions,
            ..value
        };
    }
    value
}

fn is_secret(value_type: &str) -> bool {
    matches(b"HS_SECKEY", value_type.as_bytes())
}

/// What data of a reserved type must be.
#[derive(Clone, Copy)]
enum Reserved {
    Admin,
    List,
    Site,
    Key,
}

impl Reserved {
    fn of(value_type: &str) -> Option<Self> {
        let types: [(&[u8], Self); 5] = [
            (b"HS_ADMIN", Self::Admin),
            (b"HS_VLIST", Self::List),
            (b"HS_SITE.", Self::Site),
            (b"HS_NA_DELEGATE", Self::Site),
            (b"HS_PUBKEY", Self::Key),
        ];
        let mut types = types.into_iter();
        types
            .find(|(reserved, _)| matches(reserved, value_type.as_bytes()))
            .map(|(_, reserved)| reserved)
    }

    /// Its format in JSON.
    fn format(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::List => "vlist",
            Self::Site => "site",
            Self::Key => "key",
        }
    }

    /// From JSON: what it is, or that with its format.
    fn value(self, index: u32, value_type: &str, data: &[u8]) -> Result<Value, String> {
        let data: Json = serde_json::from_slice(data)
            .map_err(|error| format!("the data of {value_type}: {error}"))?;
        let is_whole = data.get("format").is_some();
        let data = if is_whole {
            data
        } else {
            json!({ "format": self.format(), "value": data })
        };
        let value = json!({ "index": index, "type": value_type, "data": data });
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    /// Whether these octets are what the type says: nobody could use others.
    fn check(self, octets: &[u8]) -> Result<(), String> {
        let octets = octets.to_vec().into();
        let read = match self {
            Self::Admin => Admin::decode(octets).map(drop),
            Self::List => ValueList::decode(octets).map(drop),
            Self::Site => Site::decode(octets).map(drop),
            Self::Key => PublicKey::decode(octets).map(drop),
        };
        read.map_err(|error| error.to_string())
    }
}

/// A file of values.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "no array of values, and no object with a member \"values\""
)]
enum ValuesForm {
    Bare(Vec<Json>),
    Record { values: Vec<Json> },
}

fn values_in(path: &Path) -> Result<Vec<Value>, String> {
    let octets = read_file(path)?;
    let form: ValuesForm = serde_json::from_slice(&octets).map_err(|error| error.to_string())?;
    let (ValuesForm::Bare(values) | ValuesForm::Record { values }) = form;
    let numbered = (1..).zip(values);
    let values = numbered.map(|(number, json)| {
        serde_json::from_value(json).map_err(|error| format!("value {number}: {error}"))
    });
    values.collect()
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let limit = FILE_OCTETS_MAX as u64 + 1;
    let read = if path.as_os_str() == "-" {
        io::stdin().take(limit).read_to_end(&mut octets)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut octets))
    };
    read.map_err(|error| error.to_string())?;
    if octets.len() > FILE_OCTETS_MAX {
        return Err(format!("has more than {FILE_OCTETS_MAX} octets"));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_the_rest_of_the_text() {
        let read = value("1 URL https://e.org/a b").unwrap();
        assert_eq!(read, Value::public(1, "URL", "https://e.org/a b"));
        assert_eq!(value("2 NOTE {\"a\":1}").unwrap().data, "{\"a\":1}");
        for wrong in ["", "1", "1 URL", "x URL y"] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reserved_types_are_json() {
        let admin = r#"{"handle":"0.NA/88","index":300,"permissions":"111111111111"}"#;
        let read = value(&format!("100 HS_ADMIN {admin}")).unwrap();
        let read = Admin::decode(read.data).unwrap();
        assert_eq!((&read.identifier[..], read.index), (&b"0.NA/88"[..], 300));
        let whole = format!(r#"100 HS_ADMIN {{"format":"admin","value":{admin}}}"#);
        assert_eq!(value(&whole).unwrap().data, read.encode());
        assert!(value("100 HS_ADMIN {\"index\":1}").is_err());
    }

    /// What a node writes for others, `siteinfo.json` and `pubkey.bin`, is taken as it is.
    #[test]
    fn files_of_reserved_types_are_json_or_octets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let of = |value_type: &str, content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            value_of_file(&format!("2 {value_type} {}", path.display()))
        };
        let json = br#" [{"handle":"88/a","index":300}]"#;
        let octets = of("HS_VLIST", json).unwrap().data;
        assert_eq!(ValueList::decode(octets.clone()).unwrap().encode(), octets);
        assert_eq!(of("HS_VLIST", &octets).unwrap().data, octets);
        let wrong: [&[u8]; 3] = [
            br#"{"handle":7,"servers":7,"kty":7}"#,
            b"no such thing",
            b"",
        ];
        for reserved in "HS_ADMIN HS_VLIST HS_SITE.PREFIX HS_NA_DELEGATE HS_PUBKEY".split(' ') {
            for wrong in wrong {
                let error = of(reserved, wrong).unwrap_err();
                assert!(
                    error.starts_with(&*path.to_string_lossy()),
                    "{reserved}: {error}"
                );
            }
        }
        assert_eq!(of("NOTE", json).unwrap().data, &json[..]);
    }

    #[test]
    fn a_secret_is_not_for_everybody() {
        let read = value("301 HS_SECKEY hunter2").unwrap();
        assert!(!read.permissions.is_public_read());
    }
}
