//! What a node sends a copy of its own kind after the answers to operations 1001 and 1002, if the
//! copy has asked for it: the writes of its log as they are, not only the names of what changed.
//!
//! A request asks for it behind its last field, where others look at nothing: operation 1001 with
//! a [`Mark`], operation 1002 by the table that it goes on in ([`ROWS`]). Who does not know that
//! answers in the layouts of [`crate::txn_stream`] and [`crate::dump_stream`]; the version in front
//! of the stream says which it is. In the other direction the copy sends numbers of eight octets:
//! up to which transaction what it got is durable with it.
//!
//! Not here: how the octets are protected ([`crate::replication_stream`]), which writes travel.

use crate::Error;
use crate::replication::DumpTable;
use alloc::vec::Vec;
use bytes::Bytes;
use model::Key;
use model::change::Write;
use model::octets::{Reader, put_count, put_string};

#[cfg(test)]
mod tests;

/// The version of a stream in this layout: `NPc` and 1.
pub const VERSION: u32 = u32::from_be_bytes(*b"NPc\x01");

/// The table of all rows, by which operation 1002 asks for this layout: the identifier to start
/// with is the key of the last row that came, or empty.
pub const ROWS: DumpTable = DumpTable(VERSION);

/// The longest record, in octets: an entry of the log has 16 MiB at most, and a head.
pub const RECORD_OCTETS_MAX: usize = (16 << 20) + 1024;

/// How many octets say up to where a copy has what it got.
pub const CONFIRMATION_OCTETS: usize = 8;

const MARK: &[u8; 8] = b"NPcopy-1";

/// Stands behind a request for a log, and says which epoch the copy has followed.
///
/// | octets | field |
/// | --- | --- |
/// | 8 | `NPcopy-1` |
/// | 8 | epoch, 0 before the first |
///
/// ```
/// use wire::copy_stream::Mark;
///
/// let mark = Mark { epoch: 3 };
/// assert_eq!(&mark.octets()[..], b"NPcopy-1\0\0\0\0\0\0\0\x03");
/// assert_eq!(Mark::read(mark.octets()), Some(mark));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The epoch.
    pub epoch: u64,
}

impl Mark {
    /// The mark behind a request; none if something else stands there.
    pub fn read(rest: Bytes) -> Option<Self> {
        let mut reader = Reader::new(rest);
        let is_one = reader.array("mark").ok()? == *MARK;
        let epoch = reader.u64("epoch").ok()?;
        is_one.then_some(Self { epoch })
    }

    /// Its octets.
    pub fn octets(self) -> Bytes {
        [&MARK[..], &self.epoch.to_be_bytes()].concat().into()
    }
}

/// One record: its length in four octets, one for its kind, and the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyRecord {
    /// Where the source stands (kind 0). The first record of every stream, and now and then after
    /// that, so that a silent source can be told from a lost one. In a dump: where the copy goes on
    /// in the log.
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 8 | epoch |
    /// | 8 | number of its last transaction |
    /// | 8 | date of that, microseconds since 1970 |
    Source {
        /// The epoch of its numbers; rises when another node becomes the writer.
        epoch: u64,
        /// The number of its last transaction.
        txn: u64,
        /// The date of that, in microseconds since 1970.
        date_us: u64,
    },
    /// One transaction (kind 1).
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 8 | number |
    /// | 8 | date, microseconds since 1970 |
    /// | 4 | count of writes |
    /// | 1, 4 + n, 4 + n each | 0 deletes and has no octets, 1 puts; key; octets |
    Entry {
        /// Its number.
        txn: u64,
        /// Its date, in microseconds since 1970.
        date_us: u64,
        /// What it wrote.
        writes: Vec<Write>,
    },
    /// Rows of a dump (kind 2), in the order of their keys, laid out as puts.
    Rows(Vec<Write>),
    /// The dump is complete (kind 3).
    End,
}

impl CopyRecord {
    const SOURCE: u8 = 0;
    const ENTRY: u8 = 1;
    const ROWS: u8 = 2;
    const END: u8 = 3;

    /// Reads one record.
    ///
    /// # Errors
    /// [`Error::StreamRecord`], a malformed record, or the octets are cut: then more must come.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        let length = reader.count("record of a copy", RECORD_OCTETS_MAX, 1)?;
        let mut inside = Reader::new(reader.take("record of a copy", length)?);
        // What is cut within a whole record is cut for good.
        let read = Self::read_inside(&mut inside).map_err(malformed)?;
        inside.finish("record of a copy")?;
        Ok(read)
    }

    fn read_inside(reader: &mut Reader) -> Result<Self, Error> {
        Ok(match reader.u8("kind of record")? {
            Self::SOURCE => Self::Source {
                epoch: reader.u64("epoch")?,
                txn: reader.u64("last transaction")?,
                date_us: reader.u64("date of the transaction")?,
            },
            Self::ENTRY => Self::Entry {
                txn: reader.u64("transaction")?,
                date_us: reader.u64("date of the transaction")?,
                writes: read_writes(reader)?,
            },
            Self::ROWS => Self::Rows(read_writes(reader)?),
            Self::END => Self::End,
            code => return Err(Error::StreamRecord { code }),
        })
    }

    /// Appends the record.
    pub fn put(&self, out: &mut Vec<u8>) {
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        match self {
            Self::Source {
                epoch,
                txn,
                date_us,
            } => {
                out.push(Self::SOURCE);
                out.extend_from_slice(&epoch.to_be_bytes());
                out.extend_from_slice(&txn.to_be_bytes());
                out.extend_from_slice(&date_us.to_be_bytes());
            }
            Self::Entry {
                txn,
                date_us,
                writes,
            } => {
                out.push(Self::ENTRY);
                out.extend_from_slice(&txn.to_be_bytes());
                out.extend_from_slice(&date_us.to_be_bytes());
                put_writes(out, writes);
            }
            Self::Rows(rows) => {
                out.push(Self::ROWS);
                put_writes(out, rows);
            }
            Self::End => out.push(Self::END),
        }
        let length = out.len().saturating_sub(at + 4) as u32;
        if let Some(place) = out.get_mut(at..at + 4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }
}

/// A record that is whole and yet too short is no record: more octets would not help.
fn malformed(error: Error) -> Error {
    match error {
        Error::Field(model::Error::Truncated { what, .. }) => {
            Error::Field(model::Error::Unexpected {
                what,
                expected: "within its record",
            })
        }
        other => other,
    }
}

fn read_writes(reader: &mut Reader) -> Result<Vec<Write>, Error> {
    let count = reader.count("writes", RECORD_OCTETS_MAX, 5)?;
    (0..count).map(|_| read_write(reader)).collect()
}

fn read_write(reader: &mut Reader) -> Result<Write, Error> {
    let puts = match reader.u8("kind of write")? {
        0 => false,
        1 => true,
        code => return Err(Error::StreamRecord { code }),
    };
    let key = Key::from_octets(long_string(reader, "key")?);
    let octets = puts.then(|| long_string(reader, "octets")).transpose()?;
    Ok(Write { key, octets })
}

/// A row may be longer than a string of a message.
fn long_string(reader: &mut Reader, what: &'static str) -> Result<Bytes, Error> {
    let octets = reader.count(what, RECORD_OCTETS_MAX, 1)?;
    Ok(reader.take(what, octets)?)
}

fn put_writes(out: &mut Vec<u8>, writes: &[Write]) {
    put_count(out, writes.len());
    for Write { key, octets } in writes {
        out.push(u8::from(octets.is_some()));
        put_string(out, key.octets());
        if let Some(octets) = octets {
            put_string(out, octets);
        }
    }
}
