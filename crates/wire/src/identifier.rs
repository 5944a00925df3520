//! The body of every operation that is asked with an identifier and nothing else.

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

/// What stands for no particular identifier.
pub const NO_IDENTIFIER: &[u8] = b"/";

/// Asks for something about one identifier, or about none: [`NO_IDENTIFIER`].
///
/// The one body of many operations; what is asked, their number says:
///
/// | operations | identifier |
/// | --- | --- |
/// | delete (101) | the one to delete |
/// | list identifiers (105), list derived prefixes (106) | the prefix, as `0.NA/88.156` |
/// | home (300), unhome (301) | the prefix, as `0.NA/88.156` |
/// | site info (2), list homed (302), terminate (401), next id (1000), backup (1003) | `/` |
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier |
///
/// ```
/// use wire::identifier::IdentifierRequest;
///
/// let request = IdentifierRequest::about("0.NA/88.156");
/// assert_eq!(request.encode(), &b"\0\0\0\x0b0.NA/88.156"[..]);
/// assert_eq!(IdentifierRequest::decode(request.encode()), Ok(request));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierRequest {
    /// The identifier as spelled; not checked yet.
    pub identifier: Bytes,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl IdentifierRequest {
    /// A request about an identifier.
    pub fn about(identifier: impl Into<Bytes>) -> Self {
        Self {
            identifier: identifier.into(),
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            identifier: reader.string("identifier")?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.identifier);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}
