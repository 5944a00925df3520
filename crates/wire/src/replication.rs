//! Bodies of the operations with which a mirror copies a site: the transaction log (1001), a dump
//! of everything (1002).
//!
//! Not in the RFC; the layouts are the reference software's. What is asked for does not come in
//! messages: it follows the first one on the connection, as [`crate::replication_stream`] begins
//! it. Operation 1000, the next number, is asked with an [identifier](crate::identifier).

use crate::{Error, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

/// Says which part of a site's identifiers a mirror's server holds, so that it gets no others.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | what is hashed: 0 prefix, 1 suffix, 2 whole identifier |
/// | 4 | how many servers the mirror has |
/// | 4 | which of them asks, from 0 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MirrorShare {
    /// What is hashed to choose a server, as in the mirror's site information.
    pub hash_option: u8,
    /// How many servers the mirror's site has; not checked, may be 0.
    pub servers_count: u32,
    /// Which of them asks, from 0; not checked.
    pub server: u32,
}

impl MirrorShare {
    /// What a mirror with a single server asks for: everything.
    pub const WHOLE: Self = Self {
        hash_option: 2,
        servers_count: 1,
        server: 0,
    };

    fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            hash_option: reader.u8("hash option")?,
            servers_count: reader.u32("count of servers")?,
            server: reader.u32("number of the server")?,
        })
    }

    fn put(self, out: &mut Vec<u8>) {
        out.push(self.hash_option);
        out.extend_from_slice(&self.servers_count.to_be_bytes());
        out.extend_from_slice(&self.server.to_be_bytes());
    }
}

/// Asks for the transactions that a mirror has not seen (1001).
///
/// | octets | field |
/// | --- | --- |
/// | 1 | since 2.9: 0 for own transactions, 1 for those of all servers |
/// | 8, 8 | own: last transaction seen, when it was asked for (ms since 1970) |
/// | 4 + n | of all: JSON of what was seen of each server |
/// | 9 | [share](MirrorShare) |
///
/// ```
/// use wire::Version;
/// use wire::replication::{MirrorShare, Seen, TxnLogRequest};
///
/// let octets = b"\0\0\0\0\0\0\0\x04\xd2\0\0\x01\x8b\xcf\xe5\x68\x7b\x02\0\0\0\x01\0\0\0\0";
/// let request = TxnLogRequest::decode(octets.as_slice().into(), Version::NEWEST)?;
/// let seen = Seen::Own { last_txn: 1234, asked_at_ms: 1_700_000_000_123 };
/// assert_eq!(request, TxnLogRequest::new(seen, MirrorShare::WHOLE));
/// assert_eq!(&request.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxnLogRequest {
    /// What the mirror has seen.
    pub seen: Seen,
    /// What it holds.
    pub share: MirrorShare,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

/// Says what a mirror has seen of a transaction log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Of the asked server alone, in a message before 2.9.
    OwnBefore2_9 {
        /// The last transaction.
        last_txn: u64,
        /// When it was asked for, in milliseconds since 1970.
        asked_at_ms: u64,
    },
    /// Of the asked server alone.
    Own {
        /// The last transaction.
        last_txn: u64,
        /// When it was asked for, in milliseconds since 1970.
        asked_at_ms: u64,
    },
    /// Of every server whose transactions the asked one passes on: JSON, not read here.
    Everyone(Bytes),
}

impl Seen {
    const OWN: u8 = 0;
    const EVERYONE: u8 = 1;

    fn read(reader: &mut Reader, version: Version) -> Result<Self, Error> {
        if !version.knows(Version::TXN_LAYOUTS) {
            return Ok(Self::OwnBefore2_9 {
                last_txn: reader.u64("last transaction")?,
                asked_at_ms: reader.u64("time of the last query")?,
            });
        }
        match reader.u8("layout of the request")? {
            Self::OWN => Ok(Self::Own {
                last_txn: reader.u64("last transaction")?,
                asked_at_ms: reader.u64("time of the last query")?,
            }),
            Self::EVERYONE => Ok(Self::Everyone(reader.string("states of servers")?)),
            code => Err(Error::TxnLogLayout { code }),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::OwnBefore2_9 { .. } => {}
            Self::Own { .. } => out.push(Self::OWN),
            Self::Everyone(_) => out.push(Self::EVERYONE),
        }
        match self {
            Self::OwnBefore2_9 {
                last_txn,
                asked_at_ms,
            }
            | Self::Own {
                last_txn,
                asked_at_ms,
            } => {
                out.extend_from_slice(&last_txn.to_be_bytes());
                out.extend_from_slice(&asked_at_ms.to_be_bytes());
            }
            Self::Everyone(states) => put_string(out, states),
        }
    }
}

impl TxnLogRequest {
    /// A request for what a mirror has not seen.
    pub fn new(seen: Seen, share: MirrorShare) -> Self {
        Self {
            seen,
            share,
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request in a message of `version`.
    ///
    /// # Errors
    /// [`Error::TxnLogLayout`], or the body is cut.
    pub fn decode(body: Bytes, version: Version) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            seen: Seen::read(&mut reader, version)?,
            share: MirrorShare::read(&mut reader)?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.seen.put(&mut out);
        self.share.put(&mut out);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// Answers that transactions will follow on the connection (1001).
///
/// | octets | field |
/// | --- | --- |
/// | 1 | flags: 1 if blocks without transactions keep the connection alive; others are kept |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxnLogAnswer {
    /// The flags as they came.
    pub flags: u8,
}

impl TxnLogAnswer {
    /// The flag that blocks without transactions keep the connection alive.
    pub const KEEPS_ALIVE: u8 = 1;

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let flags = reader.u8("flags of the transaction log")?;
        Ok(Self { flags })
    }
}

/// Asks for everything that a site holds (1002).
///
/// | octets | field |
/// | --- | --- |
/// | 9 | [share](MirrorShare) |
/// | 4 + n, 4 | to go on with a broken dump: identifier to start with, table it is in |
///
/// ```
/// use wire::replication::{DumpRequest, DumpStart, DumpTable, MirrorShare};
///
/// let octets = b"\x02\0\0\0\x01\0\0\0\0\0\0\0\x0488/A\0\0\0\x02";
/// let request = DumpRequest::decode(octets.as_slice().into())?;
/// assert_eq!(request.share, MirrorShare::WHOLE);
/// let start = DumpStart { identifier: "88/A".into(), table: DumpTable::IDENTIFIERS };
/// assert_eq!(request.start, Some(start));
/// assert_eq!(&request.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpRequest {
    /// What the mirror holds.
    pub share: MirrorShare,
    /// Where to go on; `None` for a dump from its beginning.
    pub start: Option<DumpStart>,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

/// Where a broken dump goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpStart {
    /// The identifier to start with.
    pub identifier: Bytes,
    /// The table it is in.
    pub table: DumpTable,
}

/// Names a table of a site, in the order of a dump; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DumpTable(pub u32);

impl DumpTable {
    /// When identifiers were last changed, and by which server.
    pub const IDENTIFIER_DATES: Self = Self(0);
    /// When prefixes were last homed, and by which server.
    pub const PREFIX_DATES: Self = Self(1);
    /// Identifiers with their values.
    pub const IDENTIFIERS: Self = Self(2);
    /// Prefixes that the site is home to.
    pub const PREFIXES: Self = Self(3);
}

impl DumpRequest {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            share: MirrorShare::read(&mut reader)?,
            start: DumpStart::read(&mut reader)?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.share.put(&mut out);
        if let Some(start) = &self.start {
            put_string(&mut out, &start.identifier);
            out.extend_from_slice(&start.table.0.to_be_bytes());
        }
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

impl DumpStart {
    fn read(reader: &mut Reader) -> Result<Option<Self>, Error> {
        if reader.is_at_end() {
            return Ok(None);
        }
        Ok(Some(Self {
            identifier: reader.string("identifier to start with")?,
            table: DumpTable(reader.u32("table to start in")?),
        }))
    }
}
