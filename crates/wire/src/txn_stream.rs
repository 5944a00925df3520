//! The records of a transaction log as they follow the answer to operation 1001.
//!
//! Not in the RFC; the layout is the reference software's. A log is a [head](TxnHead) and then
//! [records](TxnRecord) until the mirror has heard enough; how the octets are protected stands
//! before it ([`crate::replication_stream`]). Not here: which transactions a mirror gets.

use crate::Error;
use crate::replication_stream::{put_sized_values, read_sized_values};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_string};

#[cfg(test)]
mod tests;

/// How a log begins.
///
/// | octets | field |
/// | --- | --- |
/// | 4 | version of the layout, 1 or 2 |
/// | 4 | status |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxnHead {
    /// 1, or 2 where the transactions of several servers follow in queues.
    pub version: u32,
    /// Whether transactions follow.
    pub status: TxnStatus,
}

/// The end of a log in version 2, where each queue has said its own date: only the kind.
pub const END_OF_QUEUES: &[u8] = &[TxnRecord::END];

/// Says whether transactions follow; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxnStatus(pub u32);

impl TxnStatus {
    /// The log does not reach back far enough: the mirror must copy everything (1002).
    pub const NEEDS_DUMP: Self = Self(1);
    /// Transactions follow.
    pub const SENDING: Self = Self(2);

    /// What the status is called; `None` for numbers without a meaning.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::NEEDS_DUMP => Some("needs dump"),
            Self::SENDING => Some("sending"),
            _ => None,
        }
    }
}

impl TxnHead {
    /// Reads the head.
    ///
    /// # Errors
    /// The octets are cut: then more must come.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            version: reader.u32("version of the transaction log")?,
            status: TxnStatus(reader.u32("status of the transaction log")?),
        })
    }

    /// Appends the head.
    pub fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.status.0.to_be_bytes());
    }
}

/// One record of a log. Reading and writing are exact inverses.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | kind: 0 end, 1 transaction, 2 queue, 3 end of a queue |
/// | rest | as the variants say |
///
/// ```
/// use model::octets::Reader;
/// use wire::txn_stream::{TxnAction, TxnRecord};
///
/// let octets = b"\x01\0\0\0\0\0\0\0\x07\0\0\0\x0488/A\x02\0\0\x01\x8b\xcf\xe5\x68\0";
/// let record = TxnRecord::read(&mut Reader::new(octets.as_slice().into()))?;
/// let TxnRecord::Transaction { number: 7, action: TxnAction::DELETE, .. } = &record else {
///     panic!("{record:?}");
/// };
/// let mut out = Vec::new();
/// record.put(&mut out);
/// assert_eq!(out, octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TxnRecord {
    /// Nothing more for now.
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 8 | date, ms since 1970 |
    End {
        /// When the log was read, in milliseconds since 1970.
        date_ms: u64,
    },
    /// One transaction.
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 8 | number |
    /// | 4 + n | identifier |
    /// | 1 | action |
    /// | 8 | date, ms since 1970 |
    /// | 4, (4, n) each | create and update: count of values; length and octets of each |
    Transaction {
        /// The number of the transaction, rising from 1.
        number: u64,
        /// What it is about.
        identifier: Bytes,
        /// What happened.
        action: TxnAction,
        /// When, in milliseconds since 1970.
        date_ms: u64,
        /// The values that the identifier has now, after a creation or an update; `None` after
        /// anything else.
        values: Option<Vec<EncodedValue>>,
    },
    /// The transactions that follow come from this server (version 2).
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 4 + n | name |
    Queue {
        /// Whose transactions follow.
        name: Bytes,
    },
    /// The transactions of that server end (version 2).
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 8 | date, ms since 1970 |
    QueueEnd {
        /// When its log was read, in milliseconds since 1970.
        date_ms: u64,
    },
}

/// Says what a transaction did; other octets survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxnAction(pub u8);

impl TxnAction {
    /// Nothing: it holds a place.
    pub const PLACEHOLDER: Self = Self(0);
    /// The identifier was registered.
    pub const CREATE: Self = Self(1);
    /// The identifier was deleted.
    pub const DELETE: Self = Self(2);
    /// Its values were changed.
    pub const UPDATE: Self = Self(3);
    /// The server became home to the prefix.
    pub const HOME: Self = Self(4);
    /// The server ceased to be home to the prefix.
    pub const UNHOME: Self = Self(5);
    /// Everything was deleted.
    pub const DELETE_ALL: Self = Self(6);

    /// What the action is called; `None` for octets without a meaning.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::PLACEHOLDER => "placeholder",
            Self::CREATE => "create",
            Self::DELETE => "delete",
            Self::UPDATE => "update",
            Self::HOME => "home",
            Self::UNHOME => "unhome",
            Self::DELETE_ALL => "delete all",
            _ => return None,
        })
    }

    /// Whether the values of the identifier follow.
    pub fn has_values(self) -> bool {
        matches!(self, Self::CREATE | Self::UPDATE)
    }
}

impl TxnRecord {
    const END: u8 = 0;
    const TRANSACTION: u8 = 1;
    const QUEUE: u8 = 2;
    const QUEUE_END: u8 = 3;

    /// Reads one record.
    ///
    /// # Errors
    /// [`Error::StreamRecord`], a malformed value, or the octets are cut: then more must come.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(match reader.u8("kind of record")? {
            Self::END => Self::End {
                date_ms: reader.u64("date of the end")?,
            },
            Self::TRANSACTION => Self::read_transaction(reader)?,
            Self::QUEUE => Self::Queue {
                name: reader.string("name of the queue")?,
            },
            Self::QUEUE_END => Self::QueueEnd {
                date_ms: reader.u64("date of the queue's end")?,
            },
            code => return Err(Error::StreamRecord { code }),
        })
    }

    fn read_transaction(reader: &mut Reader) -> Result<Self, Error> {
        let number = reader.u64("number of the transaction")?;
        let identifier = reader.string("identifier")?;
        let action = TxnAction(reader.u8("action")?);
        let date_ms = reader.u64("date of the transaction")?;
        let values = action.has_values().then(|| read_sized_values(reader));
        Ok(Self::Transaction {
            number,
            identifier,
            action,
            date_ms,
            values: values.transpose()?,
        })
    }

    /// Appends the record.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::End { date_ms } => {
                out.push(Self::END);
                out.extend_from_slice(&date_ms.to_be_bytes());
            }
            Self::Transaction {
                number,
                identifier,
                action,
                date_ms,
                values,
            } => {
                out.push(Self::TRANSACTION);
                out.extend_from_slice(&number.to_be_bytes());
                put_string(out, identifier);
                out.push(action.0);
                out.extend_from_slice(&date_ms.to_be_bytes());
                if let Some(values) = values {
                    put_sized_values(out, values);
                }
            }
            Self::Queue { name } => {
                out.push(Self::QUEUE);
                put_string(out, name);
            }
            Self::QueueEnd { date_ms } => {
                out.push(Self::QUEUE_END);
                out.extend_from_slice(&date_ms.to_be_bytes());
            }
        }
    }
}
