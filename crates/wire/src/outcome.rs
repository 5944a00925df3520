//! Bodies that answer any operation without fulfilling it: failures and referrals.
//!
//! RFC 3652 section 3.3 with the layouts that became usual.

use crate::Error;
use crate::values::{put_values, read_values};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_string};

/// Says what went wrong.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | message; absent from some bodies, which are then empty |
///
/// The RFC lets a list of indexes follow, which nobody reads: it is the
/// [rest](crate::Response::rest) of the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A sentence for people, perhaps empty; `None` where the body is empty altogether.
    pub message: Option<Bytes>,
}

impl Failure {
    /// A failure with a sentence for people.
    pub fn new(message: impl Into<Bytes>) -> Self {
        let message = Some(message.into());
        Self { message }
    }

    /// The sentence for people, empty if there is none.
    pub fn text(&self) -> &[u8] {
        self.message.as_deref().unwrap_or_default()
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        if reader.is_at_end() {
            return Ok(Self { message: None });
        }
        Ok(Self::new(reader.string("message")?))
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        if let Some(message) = &self.message {
            put_string(out, message);
        }
    }
}

/// Says who else knows the answer.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | identifier whose values tell where to ask, perhaps empty |
/// | 4, n each | count of values, values; both absent if there are none |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// The identifier whose values tell where to ask, perhaps empty.
    pub identifier: Bytes,
    /// Values that tell where to ask; `None` where the list is absent.
    pub values: Option<Vec<EncodedValue>>,
}

impl Referral {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let identifier = reader.string("referral identifier")?;
        let values = if reader.is_at_end() {
            None
        } else {
            Some(read_values(reader)?)
        };
        Ok(Self { identifier, values })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_string(out, &self.identifier);
        if let Some(values) = &self.values {
            put_values(out, values);
        }
    }
}
