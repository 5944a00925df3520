//! Values and their one encoding, the same on the wire, in the log and in the tables.
//!
//! RFC 3651 section 3.1 gives the fields. The order of the octets:
//!
//! | octets | field |
//! | --- | --- |
//! | 4 | index |
//! | 4 | timestamp, seconds since 1970 |
//! | 1 | kind of ttl: 0 relative, 1 absolute |
//! | 4 | ttl, seconds |
//! | 1 | permissions |
//! | 4 + n | type |
//! | 4 + n | data |
//! | 4 | count of references, each an identifier (4 + n) and an index (4) |
//!
//! Beside it: [`Value`] as JSON (`value_json.rs`). Not here: what the data of a type means, and how
//! values make up a [record](crate::record).

use crate::octets::{Reader, put_count, put_string};
use crate::value_json::ValueForm;
use crate::{Error, ValueType};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use serde::{Deserialize, Serialize};

pub use crate::value_json::{date_text, seconds_of_date};

#[cfg(test)]
pub(crate) mod tests;

/// The most references one value may have; with 8 octets each they fit any message.
///
/// Beyond it: [`Error::AboveLimit`].
pub const REFERENCES_COUNT_MAX: usize = 32_768;

/// The shortest encoded value: empty type, data and references.
pub const VALUE_OCTETS_MIN: usize = 26;

const PERMISSIONS_AT: usize = 13;
const TYPE_AT: usize = 18;

/// One value of a record, taken apart.
///
/// ```
/// use model::{EncodedValue, Value};
///
/// let octets = EncodedValue::of(&Value::public(1, "URL", "https://example.org/"));
/// assert_eq!(
///     &octets.octets()[..],
///     b"\0\0\0\x01\0\0\0\0\0\0\x01\x51\x80\x0e\0\0\0\x03URL\
///       \0\0\0\x14https://example.org/\0\0\0\0"
/// );
/// assert_eq!(octets.value().data, "https://example.org/");
/// ```
///
/// As JSON it is what the reference software's HTTP API writes and reads:
///
/// ```
/// use model::Value;
///
/// let json = r#"{"index":1,"type":"URL","data":{"format":"string","value":"https://example.org/"},
///   "ttl":86400,"timestamp":"2026-11-22T08:00:00Z"}"#;
/// let value: Value = serde_json::from_str(json)?;
/// assert_eq!(value.timestamp, 1_795_334_400);
/// let compact: String = json.split_whitespace().collect();
/// assert_eq!(serde_json::to_string(&value)?, compact);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ValueForm", try_from = "ValueForm")]
pub struct Value {
    /// Names the value within its record. Records hold 1 to 2,147,483,647; the wire may say more.
    pub index: u32,
    /// When the value was last written, in seconds since 1970; set by the node.
    pub timestamp: u32,
    /// How long an answer may be kept.
    pub ttl: Ttl,
    /// Who may read and write it.
    pub permissions: Permissions,
    /// What the data means.
    pub value_type: ValueType,
    /// The data, any octets.
    pub data: Bytes,
    /// Values elsewhere that this one refers to; nearly always none.
    pub references: Vec<Reference>,
}

impl Value {
    /// A publicly readable value with the usual settings: a day's ttl, no references, undated.
    pub fn public(index: u32, value_type: impl Into<Bytes>, data: impl Into<Bytes>) -> Self {
        Self {
            index,
            timestamp: 0,
            ttl: Ttl::DAY,
            permissions: Permissions::DEFAULT,
            value_type: ValueType::new(value_type),
            data: data.into(),
            references: Vec::new(),
        }
    }

    fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            index: reader.u32("value index")?,
            timestamp: reader.u32("value timestamp")?,
            ttl: Ttl {
                kind: TtlKind(reader.u8("value ttl kind")?),
                seconds: reader.u32("value ttl")?,
            },
            permissions: Permissions(reader.u8("value permissions")?),
            value_type: ValueType::new(reader.string("value type")?),
            data: reader.string("value data")?,
            references: read_references(reader)?,
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.push(self.ttl.kind.0);
        out.extend_from_slice(&self.ttl.seconds.to_be_bytes());
        out.push(self.permissions.0);
        put_string(out, self.value_type.octets());
        put_string(out, &self.data);
        put_references(out, &self.references);
    }
}

/// Reads a count and so many references; positions in errors are the reader's.
pub(crate) fn read_references(reader: &mut Reader) -> Result<Vec<Reference>, Error> {
    let count = reader.count("value references", REFERENCES_COUNT_MAX, 8)?;
    (0..count)
        .map(|_| {
            Ok(Reference {
                identifier: reader.string("reference identifier")?,
                index: reader.u32("reference index")?,
            })
        })
        .collect()
}

/// Appends a count and the references.
pub(crate) fn put_references(out: &mut Vec<u8>, references: &[Reference]) {
    put_count(out, references.len());
    for reference in references {
        put_string(out, &reference.identifier);
        out.extend_from_slice(&reference.index.to_be_bytes());
    }
}

/// How long an answer that holds the value may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl {
    /// Whether the seconds count from the answer or from 1970.
    pub kind: TtlKind,
    /// The seconds.
    pub seconds: u32,
}

impl Ttl {
    /// A day from the answer, the default in the field.
    pub const DAY: Self = Self {
        kind: TtlKind::RELATIVE,
        seconds: 86_400,
    };
}

/// Says how a ttl counts (RFC 3651 section 3.1); other octets survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TtlKind(pub u8);

impl TtlKind {
    /// Seconds from the answer.
    pub const RELATIVE: Self = Self(0);
    /// Seconds since 1970.
    pub const ABSOLUTE: Self = Self(1);
}

/// Who may read and write a value (RFC 3651 section 3.1): four bits, others survive a round trip.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Permissions(pub u8);

impl Permissions {
    /// Administrators may read it.
    pub const ADMIN_READ: Self = Self(8);
    /// Administrators may write it.
    pub const ADMIN_WRITE: Self = Self(4);
    /// Anybody may read it.
    pub const PUBLIC_READ: Self = Self(2);
    /// Anybody may write it.
    pub const PUBLIC_WRITE: Self = Self(1);
    /// Anybody reads, administrators write: what most values have.
    pub const DEFAULT: Self = Self(0b1110);

    /// Whether all bits of `other` are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether anybody may read the value.
    pub fn is_public_read(self) -> bool {
        self.contains(Self::PUBLIC_READ)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({self})")
    }
}

/// Prints the four bits as `1110`: admin read, admin write, public read, public write.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04b}", self.0)
    }
}

/// Points at a value of another record; in JSON `{"handle":"88.156/1","index":300}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The identifier as spelled; not checked, for nobody follows it here.
    #[serde(rename = "handle", with = "crate::json::text")]
    pub identifier: Bytes,
    /// The value's index there; 0 may stand for all.
    #[serde(with = "crate::json::number")]
    pub index: u32,
}

/// One value as octets that have been checked to be exactly a value.
///
/// Cheap to clone, and answers what most code asks without taking the value apart.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedValue(Bytes);

impl EncodedValue {
    /// Encodes a value.
    pub fn of(value: &Value) -> Self {
        let mut out = Vec::with_capacity(VALUE_OCTETS_MIN + value.data.len() + 16);
        value.put(&mut out);
        Self(out.into())
    }

    /// Takes one value from a reader.
    ///
    /// # Errors
    /// What is wrong with the octets, by field; positions count from the reader's start.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        let before = reader.clone();
        Value::read(reader)?;
        let octets = reader.at() - before.at();
        Ok(Self(before.peek(octets)))
    }

    /// Takes octets that have been checked to be exactly a value.
    pub(crate) fn checked(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The octets.
    pub fn octets(&self) -> &Bytes {
        &self.0
    }

    /// The value, taken apart; its strings are windows into these octets.
    pub fn value(&self) -> Value {
        Value::read(&mut Reader::new(self.0.clone())).expect("checked when made")
    }

    /// The index.
    pub fn index(&self) -> u32 {
        let octets = self.0.first_chunk().copied().unwrap_or_default();
        u32::from_be_bytes(octets)
    }

    /// The permissions.
    pub fn permissions(&self) -> Permissions {
        Permissions(self.0.get(PERMISSIONS_AT).copied().unwrap_or_default())
    }

    /// The octets of the type.
    pub fn type_octets(&self) -> &[u8] {
        let length = self.0.get(TYPE_AT - 4..).and_then(<[u8]>::first_chunk);
        let length = length.map_or(0, |octets| u32::from_be_bytes(*octets) as usize);
        self.0.get(TYPE_AT..TYPE_AT + length).unwrap_or_default()
    }
}

impl fmt::Debug for EncodedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}
