//! The answer to the operations that list identifiers: those under a prefix (105), derived
//! prefixes (106, not in the reference software), prefixes that the node is home to (302).
//!
//! Not here: the request ([`crate::identifier`]), and how many names a node puts in one message.

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_count, put_string};

/// The most identifiers in one message: as many empty ones as fit the longest message. Beyond it:
/// a protocol error; longer lists come in several messages, all but the last marked
/// [`OpFlags::CONTINUOUS`](crate::OpFlags::CONTINUOUS).
pub const LISTED_COUNT_MAX: usize = crate::envelope::MESSAGE_OCTETS_MAX / 4;

/// Answers with identifiers, or with some of them.
///
/// | octets | field |
/// | --- | --- |
/// | 4, 4 + n each | count of identifiers, identifiers |
///
/// ```
/// use wire::listing::ListingAnswer;
/// use wire::{Answer, Response};
///
/// let listing = ListingAnswer { identifiers: vec!["88/A".into(), "88/B".into()] };
/// assert_eq!(
///     &Response::new(None, Answer::Listing(listing)).encode()[..],
///     b"\0\0\0\x02\0\0\0\x0488/A\0\0\0\x0488/B"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingAnswer {
    /// The identifiers; servers of the field upper-case them.
    pub identifiers: Vec<Bytes>,
}

impl ListingAnswer {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let count = reader.count("identifiers", LISTED_COUNT_MAX, 4)?;
        let identifiers: Result<_, _> = (0..count).map(|_| reader.string("identifier")).collect();
        Ok(Self {
            identifiers: identifiers?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_count(out, self.identifiers.len());
        for identifier in &self.identifiers {
            put_string(out, identifier);
        }
    }
}
