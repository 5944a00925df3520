//! Requests that come again: who did not hear an answer asks again, and what was asked must not be
//! done twice.
//!
//! Every change by somebody who is known leaves a row under the digest of its request: who asked,
//! under which number, how the answer was, and what the record was then. If the request comes again
//! from the same identity, it is answered alike and nothing is done, provided that it has the same
//! number, or that the record is still as it was left: two requests that are made alike within one
//! second, with another between them, are two. Rows are for requests whose expiration is ahead, by
//! a day at most, and are removed when it has passed. Not here: removing them (room `node`).

use super::{Administration, Origin};
use crate::Date;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};
use model::{Change, Key};
use wire::OpFlags;

/// How far ahead an expiration may be, in seconds. The field writes twelve hours.
const AHEAD_SECONDS_MAX: u32 = 24 * 3600;

const FORMAT: u8 = 1;

/// What may have been answered before to the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resend {
    key: Key,
    request_id: u32,
    /// The row that is there.
    before: Option<Bytes>,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remembered {
    request_id: u32,
    identity: Bytes,
    index: u32,
    /// Whether something was overwritten.
    pub(super) overwrote: bool,
    /// The identifier that was registered, which may have been minted.
    pub(super) identifier: Bytes,
    /// The [mark](mark_of) of the record afterwards.
    after: u64,
}

impl Resend {
    /// Where a request is remembered; none if it is not.
    pub(super) fn of(
        request: &[u8; 32],
        request_id: u32,
        expiration: u32,
        now: Date,
    ) -> Option<Self> {
        let ahead = expiration.checked_sub(now.0)?;
        (1..=AHEAD_SECONDS_MAX).contains(&ahead).then(|| Self {
            key: Key::answered(expiration, request),
            request_id,
            before: None,
        })
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn found(&mut self, row: Option<Bytes>) {
        self.before = row;
    }

    /// What was answered before, if this is that request again, or may be as long as nobody knows
    /// who asks. `stored` is the record as it is now.
    pub(super) fn remembered(
        &self,
        origin: &Origin,
        identifier: &Bytes,
        stored: Option<&Bytes>,
    ) -> Option<Remembered> {
        let row = Remembered::read(self.before.clone()?)?;
        match origin {
            Origin::Network | Origin::Session => Some(row),
            Origin::Local => None,
            Origin::Known(known) => {
                let is_theirs =
                    known.identity.identifier == row.identity && known.identity.index == row.index;
                let is_as_left = row.identifier == *identifier && mark_of(stored) == row.after;
                let is_again = row.request_id == self.request_id || is_as_left;
                (is_theirs && is_again).then_some(row)
            }
        }
    }

    /// Adds the row to a change.
    pub(super) fn remember(
        &self,
        administration: &Administration,
        change: &mut Change,
        identifier: &Bytes,
        overwrote: bool,
        after: Option<&Bytes>,
    ) {
        let Origin::Known(known) = &administration.origin else {
            return;
        };
        let row = Remembered {
            request_id: self.request_id,
            identity: known.identity.identifier.clone(),
            index: known.identity.index,
            overwrote,
            identifier: identifier.clone(),
            after: mark_of(after),
        };
        change.expect(self.key.clone(), self.before.clone());
        change.put(self.key.clone(), row.octets());
    }
}

impl Remembered {
    fn read(octets: Bytes) -> Option<Self> {
        let mut reader = Reader::new(octets);
        (reader.u8("format").ok()? == FORMAT).then_some(())?;
        let row = Self {
            request_id: reader.u32("request id").ok()?,
            identity: reader.string("identity").ok()?,
            index: reader.u32("index").ok()?,
            overwrote: reader.u8("overwrote").ok()? != 0,
            identifier: reader.string("identifier").ok()?,
            after: reader.u64("mark").ok()?,
        };
        reader.finish("row").ok()?;
        Some(row)
    }

    fn octets(&self) -> Bytes {
        let mut out = Vec::new();
        out.push(FORMAT);
        out.extend_from_slice(&self.request_id.to_be_bytes());
        put_string(&mut out, &self.identity);
        out.extend_from_slice(&self.index.to_be_bytes());
        out.push(u8::from(self.overwrote));
        put_string(&mut out, &self.identifier);
        out.extend_from_slice(&self.after.to_be_bytes());
        out.into()
    }

    /// The flag of the answer.
    pub(super) fn flag(&self) -> OpFlags {
        if self.overwrote {
            OpFlags::OVERWRITE
        } else {
            OpFlags(0)
        }
    }
}

/// Tells records apart well enough to see whether one was changed: FNV-1a of its octets, 0 of none.
/// Whoever could make two alike may write both.
fn mark_of(record: Option<&Bytes>) -> u64 {
    let Some(octets) = record else { return 0 };
    let start = 0xcbf2_9ce4_8422_2325_u64;
    octets.iter().fold(start, |mark, octet| {
        (mark ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    })
}
