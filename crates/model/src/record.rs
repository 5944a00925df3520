//! Records: the values of one identifier, checked, in the layout they are stored in.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | flags: 1 every value is publicly readable, 2 a spelling follows |
//! | 2 | count of values |
//! | 2 + n | the first spelling of the identifier, only if it differs from the canonical form |
//! | 15 each | table row: index 4, [type number](TypeId) 2, permissions 1, offset 4, length 4 |
//! | the rest | the encoded values by ascending index; offsets count from the first of them |
//!
//! A question is answered from the table and whole spans of octets; values are not taken apart.
//! Not here: who may see which value (room `engine`), where records lie (room `store`).

use crate::octets::Reader;
use crate::value_type::{AskedType, TypeId};
use crate::{EncodedValue, Error, Identifier, Permissions, SuffixCase, Value};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

pub mod packed;
#[cfg(test)]
mod tests;

/// The most values one record may have, as in the reference software.
///
/// Beyond it: [`Error::RecordTooLarge`].
pub const VALUES_COUNT_MAX: usize = 2048;

/// The most octets the encoded values of one record may have together.
///
/// So an answer with all of them, its header, identifier and signature fit one message of the
/// protocol (262,144 octets). Beyond it:
/// [`Error::RecordTooLarge`].
pub const VALUES_OCTETS_MAX: usize = 256_000;

const FORMAT: u8 = 1;
const ALL_PUBLIC: u8 = 1;
const HAS_SPELLING: u8 = 2;
/// Where a value's timestamp stands in its octets.
const TIMESTAMP: core::ops::Range<usize> = 4..8;
const HEAD_OCTETS: usize = 4;
const ROW_OCTETS: usize = 15;

/// The values of one identifier: unique indexes from 1, ascending. Cheap to clone.
///
/// ```
/// use model::{Record, Value};
///
/// let record = Record::new(&[
///     Value::public(2, "EMAIL", "pump@example.org"),
///     Value::public(1, "URL", "https://example.org/"),
/// ])?;
/// let types: Vec<_> = record.entries().map(|entry| entry.encoded.value().value_type).collect();
/// assert_eq!(types[0], model::ValueType::URL);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    octets: Bytes,
    table_at: usize,
    count: usize,
}

/// One value of a record with what the table says of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The value's index.
    pub index: u32,
    /// Who may read and write it.
    pub permissions: Permissions,
    /// The value itself.
    pub encoded: EncodedValue,
    type_id: TypeId,
}

impl Entry {
    /// Whether the value has the type that is asked for.
    pub fn has_type(&self, asked: &AskedType) -> bool {
        asked.finds(self.type_id, self.encoded.type_octets())
    }
}

impl Record {
    /// Makes a record of values in any order; none at all is allowed.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`], [`Error::IndexTwice`], or [`Error::RecordTooLarge`] for more
    /// than [`VALUES_COUNT_MAX`] values or [`VALUES_OCTETS_MAX`] octets.
    pub fn new(values: &[Value]) -> Result<Self, Error> {
        Self::build(values, &[])
    }

    /// Makes the record of `identifier` and keeps its spelling if that is not the canonical form.
    ///
    /// # Errors
    /// As [`Record::new`].
    pub fn spelled(
        values: &[Value],
        identifier: &Identifier,
        case: SuffixCase,
    ) -> Result<Self, Error> {
        let spelling = identifier.spelling();
        let differs = identifier.canonical(case) != *spelling;
        Self::build(values, if differs { spelling } else { &[] })
    }

    fn build(values: &[Value], spelling: &[u8]) -> Result<Self, Error> {
        check_limit("values", values.len(), VALUES_COUNT_MAX)?;
        let mut sorted: Vec<&Value> = values.iter().collect();
        sorted.sort_by_key(|value| value.index);
        check_indexes(&sorted)?;
        let encoded: Vec<EncodedValue> = sorted
            .iter()
            .map(|&value| EncodedValue::of(value))
            .collect();
        let values_octets = encoded.iter().map(|value| value.octets().len()).sum();
        check_limit("octets", values_octets, VALUES_OCTETS_MAX)?;
        let mut octets = Vec::new();
        put_head(&mut octets, &encoded, spelling);
        let table_at = octets.len();
        put_table(&mut octets, &encoded);
        for value in &encoded {
            octets.extend_from_slice(value.octets());
        }
        Ok(Self {
            octets: octets.into(),
            table_at,
            count: encoded.len(),
        })
    }

    /// Takes octets that were stored before, and checks all of them.
    ///
    /// # Errors
    /// [`Error::RecordFormat`] or [`Error::RecordTable`]: the storage is damaged or newer.
    pub fn from_stored(octets: Bytes) -> Result<Self, Error> {
        let head = octets.first_chunk::<HEAD_OCTETS>().copied();
        let format = octets.first().copied().unwrap_or_default();
        if format != FORMAT {
            return Err(Error::RecordFormat { format });
        }
        let [_, flags, count_high, count_low] = head.ok_or(Error::RecordTable { row: 0 })?;
        if flags & !(ALL_PUBLIC | HAS_SPELLING) != 0 {
            return Err(Error::RecordTable { row: 0 });
        }
        let count = usize::from(u16::from_be_bytes([count_high, count_low]));
        let spelling = if flags & HAS_SPELLING == 0 {
            0
        } else {
            2 + spelling_octets(&octets)
        };
        let record = Self {
            table_at: HEAD_OCTETS + spelling,
            count,
            octets,
        };
        record.check_table()?;
        Ok(record)
    }

    /// Checks that table and flags say of the values what they are.
    fn check_table(&self) -> Result<(), Error> {
        let values = self
            .octets
            .get(self.values_at()..)
            .ok_or(Error::RecordTable { row: 0 })?;
        let mut reader = Reader::new(self.octets.slice_ref(values));
        let mut previous = 0;
        let mut all_public = true;
        for row in 0..self.count {
            let wrong = || Error::RecordTable { row };
            let value = EncodedValue::read(&mut reader).map_err(|_| wrong())?;
            let described = self
                .row(row)
                .is_some_and(|row| row.describes(&value, reader.at()));
            if !described || value.index() <= previous {
                return Err(wrong());
            }
            previous = value.index();
            all_public &= value.permissions().is_public_read();
        }
        if !reader.is_at_end() || all_public != self.is_all_public() {
            return Err(Error::RecordTable { row: self.count });
        }
        Ok(())
    }

    /// The same record with its dates in agreement with those of the record `before`: a value that
    /// is unchanged keeps its date, and no value is older than the one it replaces, whatever the
    /// clock says.
    #[must_use]
    pub fn dated_after(&self, before: &Self) -> Self {
        let mut octets = self.octets.to_vec();
        let mut at = self.values_at();
        for entry in self.entries() {
            let new = entry.encoded.octets();
            let old = before.entries().find(|old| old.index == entry.index);
            let place = octets.get_mut(at + TIMESTAMP.start..at + TIMESTAMP.end);
            if let (Some(place), Some(old)) = (place, old) {
                place.copy_from_slice(later_date(new, old.encoded.octets()));
            }
            at += new.len();
        }
        Self {
            octets: octets.into(),
            ..*self
        }
    }

    /// The octets as they are stored.
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the identifier exists without any value.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether anybody may read every value.
    pub fn is_all_public(&self) -> bool {
        self.octets
            .get(1)
            .is_some_and(|flags| flags & ALL_PUBLIC != 0)
    }

    /// How the identifier was spelled first, if that is not its canonical form.
    pub fn spelling(&self) -> Option<Bytes> {
        (self.table_at > HEAD_OCTETS).then(|| self.octets.slice(HEAD_OCTETS + 2..self.table_at))
    }

    /// The values by ascending index.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        let values_at = self.values_at();
        (0..self.count).filter_map(move |row| {
            let row = self.row(row)?;
            let span = values_at + row.offset..values_at + row.end();
            Some(Entry {
                index: row.index,
                permissions: row.permissions,
                encoded: EncodedValue::checked(self.octets.slice(span)),
                type_id: row.type_id,
            })
        })
    }

    fn values_at(&self) -> usize {
        self.table_at + self.count * ROW_OCTETS
    }

    fn row(&self, row: usize) -> Option<Row> {
        let at = self.table_at + row * ROW_OCTETS;
        let octets = self.octets.get(at..)?.first_chunk::<ROW_OCTETS>()?;
        let &[
            i0,
            i1,
            i2,
            i3,
            t0,
            t1,
            permissions,
            o0,
            o1,
            o2,
            o3,
            l0,
            l1,
            l2,
            l3,
        ] = octets;
        Some(Row {
            index: u32::from_be_bytes([i0, i1, i2, i3]),
            type_id: TypeId(u16::from_be_bytes([t0, t1])),
            permissions: Permissions(permissions),
            offset: u32::from_be_bytes([o0, o1, o2, o3]) as usize,
            length: u32::from_be_bytes([l0, l1, l2, l3]) as usize,
        })
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.entries().map(|entry| entry.encoded))
            .finish()
    }
}

struct Row {
    index: u32,
    type_id: TypeId,
    permissions: Permissions,
    offset: usize,
    length: usize,
}

impl Row {
    /// Whether this is the row of a value that ends at `end`.
    fn describes(&self, value: &EncodedValue, end: usize) -> bool {
        self.index == value.index()
            && self.permissions == value.permissions()
            && self.type_id == TypeId::of(value.type_octets())
            && self.length == value.octets().len()
            && self.end() == end
    }

    fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }
}

/// The date of a value that replaces another, as octets. (Dates order as their octets do.)
fn later_date<'v>(new: &'v [u8], old: &'v [u8]) -> &'v [u8] {
    let date = |value: &'v [u8]| value.get(TIMESTAMP).unwrap_or_default();
    if new.get(TIMESTAMP.end..) == old.get(TIMESTAMP.end..) {
        date(old)
    } else {
        date(new).max(date(old))
    }
}

fn spelling_octets(octets: &[u8]) -> usize {
    let length = octets.get(HEAD_OCTETS..).and_then(<[u8]>::first_chunk);
    length.map_or(0, |length| usize::from(u16::from_be_bytes(*length)))
}

fn check_limit(what: &'static str, counted: usize, limit: usize) -> Result<(), Error> {
    if counted > limit {
        return Err(Error::RecordTooLarge {
            what,
            counted,
            limit,
        });
    }
    Ok(())
}

fn check_indexes(sorted: &[&Value]) -> Result<(), Error> {
    let mut previous = 0;
    for value in sorted {
        let index = value.index;
        if index == 0 || i32::try_from(index).is_err() {
            return Err(Error::IndexOutOfRange { index });
        }
        if index == previous {
            return Err(Error::IndexTwice { index });
        }
        previous = index;
    }
    Ok(())
}

fn put_head(out: &mut Vec<u8>, values: &[EncodedValue], spelling: &[u8]) {
    let all_public = values
        .iter()
        .all(|value| value.permissions().is_public_read());
    let spelling_flag = if spelling.is_empty() { 0 } else { HAS_SPELLING };
    out.push(FORMAT);
    out.push((u8::from(all_public) * ALL_PUBLIC) | spelling_flag);
    // At most VALUES_COUNT_MAX, and an identifier has at most 2,048 octets: both fit two octets.
    out.extend_from_slice(&(values.len() as u16).to_be_bytes());
    if !spelling.is_empty() {
        out.extend_from_slice(&(spelling.len() as u16).to_be_bytes());
        out.extend_from_slice(spelling);
    }
}

fn put_table(out: &mut Vec<u8>, values: &[EncodedValue]) {
    let mut offset = 0_u32;
    for value in values {
        let length = value.octets().len() as u32;
        out.extend_from_slice(&value.index().to_be_bytes());
        out.extend_from_slice(&TypeId::of(value.type_octets()).0.to_be_bytes());
        out.push(value.permissions().0);
        out.extend_from_slice(&offset.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        offset += length;
    }
}
