//! The one bounded reader, and its writer: every length from outside goes through here.
//!
//! Integers are big-endian; a *string* is a four-octet length and that many octets
//! (RFC 3652 section 2.1). Not here: the layout of any particular thing.

use crate::Error;
use alloc::vec::Vec;
use bytes::{Buf, Bytes};

#[cfg(test)]
mod tests;

/// The longest string that is read, in octets.
///
/// The reference software rejects longer ones too; it bounds what one length field can make us
/// hold. Beyond it: [`Error::AboveLimit`].
pub const STRING_OCTETS_MAX: usize = 1_048_576;

/// Reads fields one after the other and never past the end.
///
/// Strings are windows into the octets given to [`Reader::new`], not copies.
///
/// ```
/// use model::octets::Reader;
///
/// let mut reader = Reader::new(bytes::Bytes::from_static(b"\x00\x07\x00\x00\x00\x03URL"));
/// assert_eq!(reader.u16("number")?, 7);
/// assert_eq!(reader.string("type")?, "URL");
/// assert!(reader.u8("one more").is_err());
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader {
    left: Bytes,
    at: usize,
}

impl Reader {
    /// Starts at the first of `octets`.
    pub fn new(octets: Bytes) -> Self {
        Self {
            left: octets,
            at: 0,
        }
    }

    /// Takes the next `count` octets for the field called `what`.
    ///
    /// # Errors
    /// [`Error::Truncated`] if fewer are left; nothing is consumed then.
    pub fn take(&mut self, what: &'static str, count: usize) -> Result<Bytes, Error> {
        if count > self.left.len() {
            return Err(self.truncated(what, count));
        }
        self.at += count;
        Ok(self.left.split_to(count))
    }

    fn truncated(&self, what: &'static str, needed: usize) -> Error {
        Error::Truncated {
            what,
            at: self.at,
            needed,
            left: self.left.len(),
        }
    }

    /// Takes a fixed number of octets as an array.
    ///
    /// # Errors
    /// [`Error::Truncated`] if fewer are left.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        // Not by `take`: sharing the octets and letting go of them again costs more than they do.
        let array = self.left.first_chunk().copied();
        let array = array.ok_or_else(|| self.truncated(what, N))?;
        self.left.advance(N);
        self.at += N;
        Ok(array)
    }

    /// Takes one octet.
    ///
    /// # Errors
    /// [`Error::Truncated`] at the end.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, Error> {
        self.array(what).map(u8::from_be_bytes)
    }

    /// Takes a two-octet integer.
    ///
    /// # Errors
    /// [`Error::Truncated`] if fewer are left.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, Error> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Takes a four-octet integer.
    ///
    /// # Errors
    /// [`Error::Truncated`] if fewer are left.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, Error> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Takes an eight-octet integer.
    ///
    /// # Errors
    /// [`Error::Truncated`] if fewer are left.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, Error> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// Takes a string of at most [`STRING_OCTETS_MAX`] octets.
    ///
    /// # Errors
    /// [`Error::AboveLimit`] if its length says more (a negative length does),
    /// [`Error::Truncated`] if fewer octets are left than it says.
    pub fn string(&mut self, what: &'static str) -> Result<Bytes, Error> {
        let octets = self.count(what, STRING_OCTETS_MAX, 1)?;
        self.take(what, octets)
    }

    /// Takes a count of items that follow, each at least `item_octets_min` long.
    ///
    /// The count is checked against what is left, so that no memory is set aside for items that
    /// cannot be there.
    ///
    /// # Errors
    /// [`Error::AboveLimit`] above `limit`, [`Error::Truncated`] if so many items cannot follow.
    pub fn count(
        &mut self,
        what: &'static str,
        limit: usize,
        item_octets_min: usize,
    ) -> Result<usize, Error> {
        let at = self.at;
        let counted = self.u32(what)? as usize;
        if counted > limit {
            return Err(Error::AboveLimit {
                what,
                at,
                counted,
                limit,
            });
        }
        let needed = counted.saturating_mul(item_octets_min);
        if needed > self.left.len() {
            return Err(Error::Truncated {
                what,
                at,
                needed,
                left: self.left.len(),
            });
        }
        Ok(counted)
    }

    /// Where the next field starts, in octets from the start.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether every octet has been taken.
    pub fn is_at_end(&self) -> bool {
        self.left.is_empty()
    }

    /// The next `count` octets, or as many as there are, without taking them.
    pub fn peek(&self, count: usize) -> Bytes {
        self.left.slice(..count.min(self.left.len()))
    }

    /// Takes all that is left, perhaps nothing.
    pub fn rest(&mut self) -> Bytes {
        self.at += self.left.len();
        core::mem::take(&mut self.left)
    }

    /// Ends the reading of `what`, which must have no octets left.
    ///
    /// # Errors
    /// [`Error::Trailing`] if octets are left.
    pub fn finish(self, what: &'static str) -> Result<(), Error> {
        match self.left.len() {
            0 => Ok(()),
            extra => Err(Error::Trailing { what, extra }),
        }
    }
}

/// Appends `octets` as a string: their length, then themselves.
///
/// Lengths on the wire have 32 bits; nothing longer than [`STRING_OCTETS_MAX`] is ever built.
pub fn put_string(out: &mut Vec<u8>, octets: &[u8]) {
    put_count(out, octets.len());
    out.extend_from_slice(octets);
}

/// Appends the count of the items that will follow.
pub fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("messages and records are far shorter than 4 GiB");
    out.extend_from_slice(&count.to_be_bytes());
}
