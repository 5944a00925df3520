//! Bodies of the operation that registers an identifier (RFC 3652 section 3.6.1).

use crate::Error;
use crate::resolution::{put_values, read_values};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_string};

/// Asks to register an identifier with values.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier |
/// | 4, n each | count of values, [values](model::value) |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationRequest {
    /// The identifier as spelled; not checked yet.
    pub identifier: Bytes,
    /// Its values; indexes are not checked yet.
    pub values: Vec<EncodedValue>,
}

impl CreationRequest {
    /// Reads the body of a request; octets that follow it are ignored.
    ///
    /// # Errors
    /// The body is cut, a value is malformed, or there are too many.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            identifier: reader.string("identifier")?,
            values: read_values(&mut reader)?,
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.identifier);
        put_values(&mut out, &self.values);
        out.into()
    }
}

/// Answers with the identifier that was registered.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier; servers older than 9 of the reference software leave it out |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationAnswer {
    /// The identifier; `None` where an old server left it out.
    pub identifier: Option<Bytes>,
}

impl CreationAnswer {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        if reader.is_at_end() {
            return Ok(Self { identifier: None });
        }
        let identifier = Some(reader.string("identifier")?);
        Ok(Self { identifier })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        if let Some(identifier) = &self.identifier {
            put_string(out, identifier);
        }
    }
}
