//! Bodies with an identifier and values of it: to register, add and modify (RFC 3652 section 3.6),
//! and to remove.
//!
//! Not here: the answer to a registration ([`crate::creation`]); the other operations are answered
//! with nothing but success.

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_count, put_string};
use model::record::VALUES_COUNT_MAX;
use model::value::VALUE_OCTETS_MIN;

/// Asks to write values: the one body of create (100), add (102) and modify (104).
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier |
/// | 4, n each | count of values, [values](model::value) |
///
/// ```
/// use model::{EncodedValue, Value};
/// use wire::values::ValuesRequest;
///
/// let value = EncodedValue::of(&Value::public(1, "URL", "x:y"));
/// let request = ValuesRequest::new("88/a", vec![value]);
/// assert_eq!(
///     &request.encode()[..],
///     b"\0\0\0\x0488/a\0\0\0\x01\
///       \0\0\0\x01\0\0\0\0\0\0\x01\x51\x80\x0e\0\0\0\x03URL\0\0\0\x03x:y\0\0\0\0"
/// );
/// assert_eq!(ValuesRequest::decode(request.encode()), Ok(request));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesRequest {
    /// The identifier as spelled; not checked yet.
    pub identifier: Bytes,
    /// Its values; indexes are not checked yet.
    pub values: Vec<EncodedValue>,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl ValuesRequest {
    /// A request to write values of an identifier.
    pub fn new(identifier: impl Into<Bytes>, values: Vec<EncodedValue>) -> Self {
        Self {
            identifier: identifier.into(),
            values,
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut, a value is malformed, or there are more than [`VALUES_COUNT_MAX`].
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            identifier: reader.string("identifier")?,
            values: read_values(&mut reader)?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.identifier);
        put_values(&mut out, &self.values);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// Asks to remove values by their indexes (103).
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier |
/// | 4, 4 each | count of indexes, indexes |
///
/// ```
/// use wire::values::RemovalRequest;
///
/// let request = RemovalRequest::new("88/a", vec![5, 9]);
/// let octets = b"\0\0\0\x0488/a\0\0\0\x02\0\0\0\x05\0\0\0\x09";
/// assert_eq!(&request.encode()[..], octets);
/// assert_eq!(RemovalRequest::decode(request.encode()), Ok(request));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalRequest {
    /// The identifier as spelled; not checked yet.
    pub identifier: Bytes,
    /// The indexes of the values; one that is not there refuses the whole request.
    pub indexes: Vec<u32>,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl RemovalRequest {
    /// A request to remove values of an identifier.
    pub fn new(identifier: impl Into<Bytes>, indexes: Vec<u32>) -> Self {
        Self {
            identifier: identifier.into(),
            indexes,
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut, or names more than [`VALUES_COUNT_MAX`] indexes.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            identifier: reader.string("identifier")?,
            indexes: read_indexes(&mut reader)?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.identifier);
        put_indexes(&mut out, &self.indexes);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

pub(crate) fn read_values(reader: &mut Reader) -> Result<Vec<EncodedValue>, Error> {
    let count = reader.count("values", VALUES_COUNT_MAX, VALUE_OCTETS_MIN)?;
    let values: Result<_, model::Error> = (0..count).map(|_| EncodedValue::read(reader)).collect();
    Ok(values?)
}

pub(crate) fn put_values(out: &mut Vec<u8>, values: &[EncodedValue]) {
    put_count(out, values.len());
    for value in values {
        out.extend_from_slice(value.octets());
    }
}

pub(crate) fn read_indexes(reader: &mut Reader) -> Result<Vec<u32>, Error> {
    let count = reader.count("indexes", VALUES_COUNT_MAX, 4)?;
    let indexes: Result<_, model::Error> = (0..count).map(|_| reader.u32("index")).collect();
    Ok(indexes?)
}

pub(crate) fn put_indexes(out: &mut Vec<u8>, indexes: &[u32]) {
    put_count(out, indexes.len());
    for index in indexes {
        out.extend_from_slice(&index.to_be_bytes());
    }
}
