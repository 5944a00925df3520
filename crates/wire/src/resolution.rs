//! Bodies of the resolution operation (RFC 3652 section 3.2).

use crate::Error;
use crate::values::{put_indexes, put_values, read_indexes, read_values};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_count, put_string};

/// The most types one question may name. Each is compared with each value of the record, so this
/// bounds the work of an answer; nobody needs more. Beyond it: a protocol error.
pub const TYPES_ASKED_MAX: usize = 256;

/// Asks for the values of an identifier.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier |
/// | 4, 4 each | count of indexes, indexes |
/// | 4, 4 + n each | count of types, types |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionRequest {
    /// The identifier as spelled; not checked yet.
    pub identifier: Bytes,
    /// Values with these indexes are wanted …
    pub indexes: Vec<u32>,
    /// … and values of these types; if both lists are empty, all values.
    pub types: Vec<Bytes>,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl ResolutionRequest {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut, or names more than
    /// [`VALUES_COUNT_MAX`](model::record::VALUES_COUNT_MAX) indexes or [`TYPES_ASKED_MAX`] types.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let identifier = reader.string("identifier")?;
        let indexes = read_indexes(&mut reader)?;
        let types = reader.count("types", TYPES_ASKED_MAX, 4)?;
        let types: Result<_, _> = (0..types).map(|_| reader.string("type")).collect();
        Ok(Self {
            identifier,
            indexes,
            types: types?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.identifier);
        put_indexes(&mut out, &self.indexes);
        put_count(&mut out, self.types.len());
        for asked in &self.types {
            put_string(&mut out, asked);
        }
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// Answers with the values of an identifier.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier, as the asker spelled it |
/// | 4, n each | count of values, [values](model::value) |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionAnswer {
    /// The identifier, as the asker spelled it.
    pub identifier: Bytes,
    /// The values, by ascending index.
    pub values: Vec<EncodedValue>,
}

impl ResolutionAnswer {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            identifier: reader.string("identifier")?,
            values: read_values(reader)?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_string(out, &self.identifier);
        put_values(out, &self.values);
    }
}
