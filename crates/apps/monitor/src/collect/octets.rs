//! How what is collected is stored: keys, and the fields of what is under them.
//!
//! | octets of the key | stored |
//! | --- | --- |
//! | `k`, 1, batch 8 | the batch (`batch`) |
//! | `k`, 2, digest of a file 32 | 1 format, 8 the batch that it became last |
//! | `k`, 3, batch 8, series n, period 4 | 1 format, 2 sheet, 4 row, 4 column: where it stood |
//! | `k`, 4, kind 1, name n, 0, version 4 | 1 format, and text: what is kept (`kept`) |
//! | `k`, 5, fingerprint 32 | 1 format, and the name of a mapping (`kept`) |
//! | `k`, 6, objects (role 1, n, 0), 0, last day 4 | what was held back of them (`arrival`) |
//! | `k`, 7, credit code | 1 format, and a name (`roll`) |
//!
//! A batch is called by when it became known, in milliseconds since 1970: no two facts become known
//! at one moment. Integers are big-endian; a *text* is a two-octet length and UTF-8.

use super::Error;
use bytes::Bytes;
use model::Key;
use model::key::Subspace;
use model::octets::Reader;

/// The format of everything that is stored here.
pub(super) const FORMAT: u8 = 1;

pub(super) const BATCH: u8 = 1;
pub(super) const FILE: u8 = 2;
pub(super) const SOURCE: u8 = 3;
pub(super) const KEPT: u8 = 4;
pub(super) const FINGERPRINT: u8 = 5;
pub(super) const ARRIVAL: u8 = 6;
pub(super) const ROLL: u8 = 7;

pub(super) fn key(part: u8, rest: &[&[u8]]) -> Key {
    let length: usize = rest.iter().map(|octets| octets.len()).sum();
    let mut octets = Vec::with_capacity(2 + length);
    octets.extend_from_slice(&[Subspace::COLLECTED.0, part]);
    for part in rest {
        octets.extend_from_slice(part);
    }
    Key::from_octets(octets.into())
}

/// Takes the format off stored octets.
pub(super) fn open(what: &'static str, octets: Bytes) -> Result<Reader, Error> {
    let mut reader = Reader::new(octets);
    match reader.u8("format") {
        Ok(FORMAT) => Ok(reader),
        Ok(format) => Err(stored(
            what,
            &format!("it has format {format}, this version reads 1"),
        )),
        Err(error) => Err(stored(what, &error)),
    }
}

/// What to say of stored octets that cannot be read.
pub(super) fn stored(what: &'static str, problem: &(impl ToString + ?Sized)) -> Error {
    Error::Facts(facts::Error::Stored {
        what,
        problem: problem.to_string(),
    })
}

/// Appends text; what is longer than its length can say is cut, which nothing here is.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(usize::from(u16::MAX));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    out.extend_from_slice(&(end as u16).to_be_bytes());
    out.extend_from_slice(text.get(..end).unwrap_or_default().as_bytes());
}

/// Takes text.
pub(super) fn text(reader: &mut Reader, what: &'static str) -> Result<String, Error> {
    let length = reader.u16(what).map_err(|error| stored(what, &error))?;
    let octets = reader.take(what, length.into());
    let octets = octets.map_err(|error| stored(what, &error))?;
    String::from_utf8(octets.into()).map_err(|error| stored(what, &error))
}

/// All that is left, as text.
pub(super) fn rest(mut reader: Reader, what: &'static str) -> Result<String, Error> {
    String::from_utf8(reader.rest().into()).map_err(|error| stored(what, &error))
}

/// Octets with the format before them.
pub(super) fn formatted(octets: &[u8]) -> Bytes {
    [&[FORMAT], octets].concat().into()
}
