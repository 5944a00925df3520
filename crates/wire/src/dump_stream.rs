//! The records of a dump as they follow the answer to operation 1002.
//!
//! Not in the RFC; the layout is the reference software's. A dump is a version and then records,
//! the last of which says so; how the octets are protected stands before it
//! ([`crate::replication_stream`]). No dump was there to compare with: the width of a record's
//! kind is that of the transaction log. Not here: what is dumped, and in which order.

use crate::Error;
use crate::replication_stream::{put_sized_values, read_sized_values};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_string};

#[cfg(test)]
mod tests;

/// The version of the layout that dumps are written in.
pub const DUMP_VERSION: u32 = 2;

/// One record of a dump. Reading and writing are exact inverses.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | kind: 0 this server, 1 identifier, 2 prefix, 3 and 4 dates, 5 other sites, 255 end |
/// | rest | as the variants say |
///
/// ```
/// use model::octets::Reader;
/// use wire::dump_stream::DumpRecord;
///
/// let record = DumpRecord::read(&mut Reader::new(b"\x02\0\0\0\x0688.156".as_slice().into()))?;
/// assert_eq!(record, DumpRecord::HomedPrefix { identifier: "88.156".into() });
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpRecord {
    /// Where the mirror goes on in the log of the dumping server: date (8, ms since 1970) and
    /// number of the last transaction (8).
    ThisServer {
        /// When the dump began, in milliseconds since 1970.
        date_ms: u64,
        /// The last transaction that is in the dump.
        last_txn: u64,
    },
    /// An identifier (4 + n) with its values: count (4), then length (4) and octets of each.
    Identifier {
        /// The identifier.
        identifier: Bytes,
        /// Its values.
        values: Vec<EncodedValue>,
    },
    /// A prefix (4 + n) that the site is home to.
    HomedPrefix {
        /// The prefix.
        identifier: Bytes,
    },
    /// When an identifier (4 + n) was last changed (8, ms since 1970), and the priority of the
    /// server that did (4).
    IdentifierDate(ChangeDate),
    /// The same of a prefix that was homed.
    PrefixDate(ChangeDate),
    /// What is known of the logs of other sites: text (4 + n) in the reference software's
    /// configuration language.
    OtherSites {
        /// The text.
        text: Bytes,
    },
    /// The dump is complete.
    End,
}

/// When something was last changed, and by whom; of two dates that are equal the larger priority
/// wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDate {
    /// What was changed.
    pub identifier: Bytes,
    /// When, in milliseconds since 1970.
    pub date_ms: u64,
    /// The priority of the server that changed it.
    pub priority: u32,
}

impl DumpRecord {
    const THIS_SERVER: u8 = 0;
    const IDENTIFIER: u8 = 1;
    const HOMED_PREFIX: u8 = 2;
    const IDENTIFIER_DATE: u8 = 3;
    const PREFIX_DATE: u8 = 4;
    const OTHER_SITES: u8 = 5;
    const END: u8 = 0xff;

    /// Reads one record.
    ///
    /// # Errors
    /// [`Error::StreamRecord`], a malformed value, or the octets are cut: then more must come.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(match reader.u8("kind of record")? {
            Self::THIS_SERVER => Self::ThisServer {
                date_ms: reader.u64("date of the dump")?,
                last_txn: reader.u64("last transaction")?,
            },
            Self::IDENTIFIER => Self::Identifier {
                identifier: reader.string("identifier")?,
                values: read_sized_values(reader)?,
            },
            Self::HOMED_PREFIX => Self::HomedPrefix {
                identifier: reader.string("prefix")?,
            },
            Self::IDENTIFIER_DATE => Self::IdentifierDate(ChangeDate::read(reader)?),
            Self::PREFIX_DATE => Self::PrefixDate(ChangeDate::read(reader)?),
            Self::OTHER_SITES => Self::OtherSites {
                text: reader.string("states of other sites")?,
            },
            Self::END => Self::End,
            code => return Err(Error::StreamRecord { code }),
        })
    }

    /// Appends the record.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.push(self.kind());
        match self {
            Self::ThisServer { date_ms, last_txn } => {
                out.extend_from_slice(&date_ms.to_be_bytes());
                out.extend_from_slice(&last_txn.to_be_bytes());
            }
            Self::Identifier { identifier, values } => {
                put_string(out, identifier);
                put_sized_values(out, values);
            }
            Self::HomedPrefix { identifier } => put_string(out, identifier),
            Self::IdentifierDate(date) | Self::PrefixDate(date) => date.put(out),
            Self::OtherSites { text } => put_string(out, text),
            Self::End => {}
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::ThisServer { .. } => Self::THIS_SERVER,
            Self::Identifier { .. } => Self::IDENTIFIER,
            Self::HomedPrefix { .. } => Self::HOMED_PREFIX,
            Self::IdentifierDate(_) => Self::IDENTIFIER_DATE,
            Self::PrefixDate(_) => Self::PREFIX_DATE,
            Self::OtherSites { .. } => Self::OTHER_SITES,
            Self::End => Self::END,
        }
    }
}

impl ChangeDate {
    fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            identifier: reader.string("identifier")?,
            date_ms: reader.u64("date of the change")?,
            priority: reader.u32("priority of the server")?,
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_string(out, &self.identifier);
        out.extend_from_slice(&self.date_ms.to_be_bytes());
        out.extend_from_slice(&self.priority.to_be_bytes());
    }
}
