//! The fields that requests, answers and the registry are written with: short strings, references,
//! flags. Integers are big-endian; octets of a length come after it.
//!
//! Not here: which fields follow each other (each thing's own file).

use crate::Error;
use bytes::Bytes;
use model::Reference;
use model::octets::Reader;

/// The longest identifier of an identity, in octets: as of identifiers.
pub(crate) const IDENTITY_OCTETS_MAX: usize = model::identifier::IDENTIFIER_OCTETS_MAX;

/// Appends a length in two octets, then the octets. All limits are lower than what a length can
/// say: what is longer is written as what nobody reads.
pub(crate) fn put_short(out: &mut Vec<u8>, octets: &[u8]) {
    let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(octets);
}

/// Appends a length in four octets, then the octets.
pub(crate) fn put_long(out: &mut Vec<u8>, octets: &[u8]) {
    model::octets::put_string(out, octets);
}

pub(crate) fn put_reference(out: &mut Vec<u8>, reference: &Reference) {
    put_short(out, &reference.identifier);
    out.extend_from_slice(&reference.index.to_be_bytes());
}

/// Appends whether something is there, and if so what it is.
pub(crate) fn put_option<T>(
    out: &mut Vec<u8>,
    option: Option<&T>,
    put: impl FnOnce(&mut Vec<u8>, &T),
) {
    out.push(u8::from(option.is_some()));
    if let Some(it) = option {
        put(out, it);
    }
}

/// Takes a string of [`put_short`] of at most so many octets.
pub(crate) fn short(
    reader: &mut Reader,
    what: &'static str,
    limit: usize,
) -> Result<Bytes, model::Error> {
    let at = reader.at();
    let counted = usize::from(reader.u16(what)?);
    within(what, at, counted, limit)?;
    reader.take(what, counted)
}

/// Takes a string of [`put_long`] of at most so many octets.
pub(crate) fn long(
    reader: &mut Reader,
    what: &'static str,
    limit: usize,
) -> Result<Bytes, model::Error> {
    let octets = reader.count(what, limit, 1)?;
    reader.take(what, octets)
}

pub(crate) fn within(
    what: &'static str,
    at: usize,
    counted: usize,
    limit: usize,
) -> Result<(), model::Error> {
    if counted <= limit {
        return Ok(());
    }
    Err(model::Error::AboveLimit {
        what,
        at,
        counted,
        limit,
    })
}

pub(crate) fn reference(
    reader: &mut Reader,
    what: &'static str,
) -> Result<Reference, model::Error> {
    let identifier = short(reader, what, IDENTITY_OCTETS_MAX)?;
    let index = reader.u32(what)?;
    Ok(Reference { identifier, index })
}

/// Takes an octet that is 0 or 1: another would be a second form of one thing.
pub(crate) fn flag(reader: &mut Reader, what: &'static str) -> Result<bool, Error> {
    match reader.u8(what)? {
        0 => Ok(false),
        1 => Ok(true),
        number => Err(Error::Unknown {
            what,
            number: number.into(),
        }),
    }
}

/// Takes what [`put_option`] has written.
pub(crate) fn option<T>(
    reader: &mut Reader,
    what: &'static str,
    take: impl FnOnce(&mut Reader) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    flag(reader, what)?.then(|| take(reader)).transpose()
}

/// Takes the first octet of a thing, which says how the rest is written.
pub(crate) fn format(reader: &mut Reader, what: &'static str, known: u8) -> Result<(), Error> {
    let number = reader.u8(what)?;
    if number == known {
        return Ok(());
    }
    Err(Error::Unknown {
        what,
        number: number.into(),
    })
}
