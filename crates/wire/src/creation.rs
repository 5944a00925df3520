//! The answer to the operation that registers an identifier (RFC 3652 section 3.6).
//!
//! Not here: the request, whose body is that of every operation that writes values
//! ([`crate::values`]).

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

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
