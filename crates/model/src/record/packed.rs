//! Records as they rest in the tables: without what can be computed, and with hexadecimal digits
//! halved.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 2 |
//! | 1 | flags, those of the record: 1 every value is publicly readable, 2 a spelling follows |
//! | number | length of the record when it is unpacked |
//! | number | count of values |
//! | number + n | the spelling, if there is one |
//! | 4 | date of the first value, if there is one |
//! | each value | below |
//!
//! A value:
//!
//! | octets | field |
//! | --- | --- |
//! | number | index, less that of the value before |
//! | 1 | marks: 1 unusual, 2 other date, 4 and 8 digits; see below the table |
//! | 4 | the date, by mark 2 |
//! | 1 + 4 + 1 | kind of ttl, ttl, permissions, by mark 1 |
//! | number, each number + n + 4 | references, by mark 1 |
//! | number + n | type |
//! | number + n | data; by marks 4 and 8 two digits in an octet, and n counts these octets |
//!
//! Marks: 1 says that ttl, permissions or references are not the usual ones, 2 that the date is not
//! that of the first value, 4 that the data are lower-case hexadecimal digits, 8 upper-case ones.
//!
//! A *number* has seven bits an octet, the lowest first; the eighth says that more follow. Nothing
//! is packed that does not come back octet for octet; what cannot be packed is kept as it is.
//!
//! Not here: the compression of what repeats from record to record, which the tables do in blocks.

use super::{
    ALL_PUBLIC, FORMAT, HAS_SPELLING, HEAD_OCTETS, ROW_OCTETS, VALUES_COUNT_MAX, VALUES_OCTETS_MAX,
};
use crate::identifier::IDENTIFIER_OCTETS_MAX;
use crate::value::{REFERENCES_COUNT_MAX, TtlKind};
use crate::value_type::TypeId;
use crate::{Permissions, Ttl};
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// The first octet of a packed record. (That of any other record is its format too, and differs.)
pub const PACKED_FORMAT: u8 = 2;

const UNUSUAL: u8 = 1;
const OTHER_DATE: u8 = 2;
const LOWER_HEX: u8 = 4;
const UPPER_HEX: u8 = 8;

/// The longest record there is, unpacked: what a damaged length may make us set aside.
const RECORD_OCTETS_MAX: usize =
    HEAD_OCTETS + 2 + IDENTIFIER_OCTETS_MAX + VALUES_COUNT_MAX * ROW_OCTETS + VALUES_OCTETS_MAX;

/// Packs the octets of a record; `None` if they are none, or would not come back as they are.
pub fn pack(record: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(record.len() / 2);
    put_packed(record, &mut out)?;
    let is_lossless = unpack(&out).is_some_and(|unpacked| unpacked == record);
    is_lossless.then_some(out)
}

/// Unpacks what [`pack`] has made; `None` if it has not.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut from = Octets(packed);
    if from.one()? != PACKED_FORMAT {
        return None;
    }
    let flags = from.one()?;
    let octets = from.number()?;
    let count = from.number()?;
    if octets > RECORD_OCTETS_MAX || count > VALUES_COUNT_MAX {
        return None;
    }
    let mut record = Vec::with_capacity(octets);
    record.extend_from_slice(&[FORMAT, flags]);
    record.extend_from_slice(&(count as u16).to_be_bytes());
    if flags & HAS_SPELLING != 0 {
        let spelling = from.string()?;
        record.extend_from_slice(&u16::try_from(spelling.len()).ok()?.to_be_bytes());
        record.extend_from_slice(spelling);
    }
    unpack_values(&mut from, count, &mut record)?;
    (from.0.is_empty() && record.len() == octets).then_some(record)
}

fn put_packed(record: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut from = Octets(record);
    let [format, flags] = from.array()?;
    if format != FORMAT || flags & !(ALL_PUBLIC | HAS_SPELLING) != 0 {
        return None;
    }
    let count = usize::from(u16::from_be_bytes(from.array()?));
    out.extend_from_slice(&[PACKED_FORMAT, flags]);
    put_number(out, record.len());
    put_number(out, count);
    if flags & HAS_SPELLING != 0 {
        let octets = usize::from(u16::from_be_bytes(from.array()?));
        put_string(out, from.take(octets)?);
    }
    // The table is computed again.
    from.take(count * ROW_OCTETS)?;
    let mut before = Before::default();
    for _ in 0..count {
        put_value(&PlainValue::read(&mut from)?, &mut before, out)?;
    }
    from.0.is_empty().then_some(())
}

/// What the values before say of the next one.
#[derive(Default)]
struct Before {
    index: u32,
    /// The date of the first value.
    date: Option<[u8; 4]>,
}

/// A value of a record, its fields as they are encoded.
struct PlainValue<'r> {
    index: u32,
    date: [u8; 4],
    ttl: [u8; 5],
    permissions: u8,
    value_type: &'r [u8],
    data: &'r [u8],
    references: Vec<(&'r [u8], [u8; 4])>,
}

const USUAL_TTL: [u8; 5] = {
    let [a, b, c, d] = Ttl::DAY.seconds.to_be_bytes();
    [TtlKind::RELATIVE.0, a, b, c, d]
};

impl<'r> PlainValue<'r> {
    /// Reads a value as a record holds it.
    fn read(from: &mut Octets<'r>) -> Option<Self> {
        Some(Self {
            index: u32::from_be_bytes(from.array()?),
            date: from.array()?,
            ttl: from.array()?,
            permissions: from.one()?,
            value_type: from.long_string()?,
            data: from.long_string()?,
            references: {
                let count = u32::from_be_bytes(from.array()?) as usize;
                let read = |_| Some((from.long_string()?, from.array()?));
                (0..count).map(read).collect::<Option<_>>()?
            },
        })
    }

    fn is_usual(&self) -> bool {
        self.ttl == USUAL_TTL
            && self.permissions == Permissions::DEFAULT.0
            && self.references.is_empty()
    }
}

fn put_value(value: &PlainValue<'_>, before: &mut Before, out: &mut Vec<u8>) -> Option<()> {
    let first_date = *before.date.get_or_insert_with(|| {
        out.extend_from_slice(&value.date);
        value.date
    });
    put_number(out, value.index.checked_sub(before.index)? as usize);
    before.index = value.index;
    let unusual = u8::from(!value.is_usual()) * UNUSUAL;
    let other_date = u8::from(value.date != first_date) * OTHER_DATE;
    let case = HexCase::of(value.data);
    out.push(unusual | other_date | case.map_or(0, HexCase::mark));
    if other_date != 0 {
        out.extend_from_slice(&value.date);
    }
    if unusual != 0 {
        out.extend_from_slice(&value.ttl);
        out.push(value.permissions);
        put_number(out, value.references.len());
        for (identifier, index) in &value.references {
            put_string(out, identifier);
            out.extend_from_slice(index);
        }
    }
    put_string(out, value.value_type);
    if case.is_some() {
        put_number(out, value.data.len() / 2);
        out.extend(value.data.chunks_exact(2).map(HexCase::octet));
    } else {
        put_string(out, value.data);
    }
    Some(())
}

/// Appends the table and the values.
fn unpack_values(from: &mut Octets<'_>, count: usize, record: &mut Vec<u8>) -> Option<()> {
    let table_at = record.len();
    let values_at = table_at + count * ROW_OCTETS;
    record.resize(values_at, 0);
    let first_date = if count == 0 { [0; 4] } else { from.array()? };
    let mut index = 0_u32;
    for row_at in (table_at..values_at).step_by(ROW_OCTETS) {
        index = index.checked_add(u32::try_from(from.number()?).ok()?)?;
        let offset = record.len() - values_at;
        let about = unpack_value(from, index, first_date, record)?;
        let length = record.len() - values_at - offset;
        let row = record.get_mut(row_at..row_at + ROW_OCTETS)?;
        let row: &mut [u8; ROW_OCTETS] = row.try_into().ok()?;
        row[..4].copy_from_slice(&index.to_be_bytes());
        row[4..6].copy_from_slice(&about.type_id.0.to_be_bytes());
        row[6] = about.permissions;
        row[7..11].copy_from_slice(&(offset as u32).to_be_bytes());
        row[11..].copy_from_slice(&(length as u32).to_be_bytes());
    }
    Some(())
}

/// What the table says of a value, but for its place.
struct About {
    type_id: TypeId,
    permissions: u8,
}

/// Appends a value as a record holds it.
fn unpack_value(
    from: &mut Octets<'_>,
    index: u32,
    first_date: [u8; 4],
    out: &mut Vec<u8>,
) -> Option<About> {
    let marks = from.one()?;
    let is = |mark| marks & mark != 0;
    let date = if is(OTHER_DATE) {
        from.array()?
    } else {
        first_date
    };
    let (ttl, permissions) = if is(UNUSUAL) {
        (from.array()?, from.one()?)
    } else {
        (USUAL_TTL, Permissions::DEFAULT.0)
    };
    let references = if is(UNUSUAL) {
        unpack_references(from)?
    } else {
        Vec::new()
    };
    out.extend_from_slice(&index.to_be_bytes());
    out.extend_from_slice(&date);
    out.extend_from_slice(&ttl);
    out.push(permissions);
    let value_type = from.string()?;
    put_length(out, value_type.len());
    out.extend_from_slice(value_type);
    let kept = from.string()?;
    if let Some(case) = HexCase::marked(marks) {
        put_length(out, kept.len() * 2);
        out.extend(kept.iter().flat_map(|&octet| case.digits(octet)));
    } else {
        put_length(out, kept.len());
        out.extend_from_slice(kept);
    }
    put_length(out, references.len());
    for (identifier, index) in references {
        put_length(out, identifier.len());
        out.extend_from_slice(identifier);
        out.extend_from_slice(&index);
    }
    let type_id = TypeId::of(value_type);
    Some(About {
        type_id,
        permissions,
    })
}

fn unpack_references<'p>(from: &mut Octets<'p>) -> Option<Vec<(&'p [u8], [u8; 4])>> {
    let count = from.number()?;
    if count > REFERENCES_COUNT_MAX {
        return None;
    }
    (0..count)
        .map(|_| Some((from.string()?, from.array()?)))
        .collect()
}

/// How hexadecimal digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HexCase {
    Lower,
    Upper,
}

/// Fewer digits are not worth it: they repeat more often as text.
const HEX_DIGITS_MIN: usize = 16;

impl HexCase {
    /// How the octets are written if they are an even count of hexadecimal digits. Decimal ones
    /// alone stay as they are: serial numbers repeat from record to record.
    fn of(octets: &[u8]) -> Option<Self> {
        if octets.len() < HEX_DIGITS_MIN || !octets.len().is_multiple_of(2) {
            return None;
        }
        let are_all = |is: fn(&u8) -> bool| octets.iter().all(is);
        if are_all(u8::is_ascii_digit) {
            None
        } else if are_all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f')) {
            Some(Self::Lower)
        } else if are_all(|octet| matches!(octet, b'0'..=b'9' | b'A'..=b'F')) {
            Some(Self::Upper)
        } else {
            None
        }
    }

    fn mark(self) -> u8 {
        match self {
            Self::Lower => LOWER_HEX,
            Self::Upper => UPPER_HEX,
        }
    }

    fn marked(marks: u8) -> Option<Self> {
        if marks & LOWER_HEX != 0 {
            Some(Self::Lower)
        } else {
            (marks & UPPER_HEX != 0).then_some(Self::Upper)
        }
    }

    /// The octet that two digits stand for.
    fn octet(digits: &[u8]) -> u8 {
        let value = |digit: &u8| match digit {
            b'0'..=b'9' => digit - b'0',
            // The letters of both cases have the same lower four bits, from 1.
            letter => (letter & 0x0f) + 9,
        };
        digits
            .iter()
            .fold(0, |octet, digit| octet << 4 | value(digit))
    }

    /// The two digits of an octet.
    fn digits(self, octet: u8) -> [u8; 2] {
        let letters = match self {
            Self::Lower => b'a' - 10,
            Self::Upper => b'A' - 10,
        };
        [octet >> 4, octet & 0x0f].map(|value| value + if value < 10 { b'0' } else { letters })
    }
}

/// Octets that are read from the front, never past the end.
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn one(&mut self) -> Option<u8> {
        self.array().map(|[octet]| octet)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        // Five octets hold 32 bits and more; no number here is longer.
        for shift in (0..35).step_by(7) {
            let octet = self.one()?;
            number |= usize::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A string after its length as a number.
    fn string(&mut self) -> Option<&'a [u8]> {
        let octets = self.number()?;
        self.take(octets)
    }

    /// A string after its length in four octets.
    fn long_string(&mut self) -> Option<&'a [u8]> {
        let octets = u32::from_be_bytes(self.array()?);
        self.take(octets as usize)
    }
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_string(out: &mut Vec<u8>, octets: &[u8]) {
    put_number(out, octets.len());
    out.extend_from_slice(octets);
}

/// Appends a length as records hold it. (It is far shorter than 4 GiB: a record's octets bound it.)
fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&(length as u32).to_be_bytes());
}
