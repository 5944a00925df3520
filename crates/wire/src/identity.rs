//! The identity on whose behalf somebody acts: an identifier and the index of its key.
//!
//! Not here: whether the identity may do what it asks (room `engine`).

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

/// Names a key: an identifier and the index of the value that holds it there.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier |
/// | 4 | index |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The identifier as spelled; not checked yet.
    pub identifier: Bytes,
    /// The index of the value; 0 may stand for every key of the identifier.
    pub index: u32,
}

impl Identity {
    /// Nobody: what sets up a session without an identity.
    pub const ANONYMOUS: Self = Self {
        identifier: Bytes::new(),
        index: u32::MAX,
    };

    /// An identity from its parts.
    pub fn new(identifier: impl Into<Bytes>, index: u32) -> Self {
        Self {
            identifier: identifier.into(),
            index,
        }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            identifier: reader.string("identity")?,
            index: reader.u32("index of the identity")?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_string(out, &self.identifier);
        out.extend_from_slice(&self.index.to_be_bytes());
    }
}
