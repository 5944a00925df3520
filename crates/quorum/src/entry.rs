//! An entry of the registry's log: a request, and when the leader took it.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8 | time of the registry, in microseconds |
//! | 8 | date, in microseconds since 1970 |
//! | n | the request |

use crate::field::format;
use crate::{Error, Request, Time};
use bytes::Bytes;
use model::octets::Reader;

const FORMAT: u8 = 1;

/// What stands before the request, in octets.
pub(crate) const HEAD_OCTETS: usize = 17;

/// A request in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, by the leader; the registry makes it later than that of the entry before.
    pub time: Time,
    /// The leader's date, in microseconds since 1970; the registry makes it rise, too.
    pub date_us: u64,
    /// What is asked.
    pub request: Request,
}

impl Entry {
    /// The octets of the entry.
    pub fn encode(&self) -> Bytes {
        let request = self.request.encode();
        let mut out = Vec::with_capacity(HEAD_OCTETS + request.len());
        out.push(FORMAT);
        out.extend_from_slice(&self.time.0.to_be_bytes());
        out.extend_from_slice(&self.date_us.to_be_bytes());
        out.extend_from_slice(&request);
        out.into()
    }

    /// Reads what [`Entry::encode`] has made, and nothing else.
    ///
    /// # Errors
    /// [`Error::Unknown`] of another format, else as of [`Request::decode`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        format(&mut reader, "entry format", FORMAT)?;
        Ok(Self {
            time: Time(reader.u64("entry time")?),
            date_us: reader.u64("entry date")?,
            request: Request::decode(reader.rest())?,
        })
    }
}
