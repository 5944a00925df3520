//! The data of `HS_VLIST` values: a list of values elsewhere, such as a group of administrators.
//!
//! RFC 3651 section 3.2.6.
//!
//! | octets | field |
//! | --- | --- |
//! | 4 | count of references |
//! | 4 + n, 4 each | identifier, index |
//!
//! Not here: following the references (room `engine`).

use crate::octets::Reader;
use crate::value::{put_references, read_references};
use crate::{Error, Reference};
use alloc::vec::Vec;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// A list of values elsewhere, at most [`crate::value::REFERENCES_COUNT_MAX`].
///
/// ```
/// use bytes::Bytes;
/// use model::vlist::ValueList;
///
/// let octets = Bytes::from_static(b"\0\0\0\x01\0\0\0\x0888.156/1\0\0\x01\x2c");
/// let list = ValueList::decode(octets.clone())?;
/// assert_eq!(list.0[0].index, 300);
/// assert_eq!(list.encode(), octets);
///
/// let json = r#"[{"handle":"88.156/1","index":300}]"#;
/// assert_eq!(serde_json::to_string(&list).unwrap(), json);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValueList(pub Vec<Reference>);

impl ValueList {
    /// Reads the data of a value.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::AboveLimit`] or [`Error::Trailing`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let references = read_references(&mut reader)?;
        reader.finish("value list")?;
        Ok(Self(references))
    }

    /// The octets, equal to those it was read from.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_references(&mut out, &self.0);
        out.into()
    }
}
