//! The head: how far the log has been acknowledged.
//!
//! A file of two slots, written in turn after every sync of the log and before anybody is
//! answered. It is not synced itself: a power cut may leave it behind the log, never before it.
//! Each slot has a sector of its own:
//!
//! | octets | field |
//! | --- | --- |
//! | 8 | `NPhead-1` |
//! | 16 | id of the log |
//! | 8 | position of the last acknowledged entry |
//! | 32 | digest of its group |
//! | 32 | SHA-256 of the octets before |

use super::group::{Chain, LogId};
use crate::disk::{Disk, DiskFile};
use crate::{Error, Position};
use bytes::Bytes;
use model::octets::Reader;
use sha2::{Digest, Sha256};
use std::io;

/// The name of the file, beside those of the log.
pub(crate) const FILE: &str = "head";

const MAGIC: &[u8; 8] = b"NPhead-1";
const SLOT_STRIDE: u64 = 4096;
const CHECKED_OCTETS: usize = 64;
const SLOT_OCTETS: usize = 96;

/// How far the log was acknowledged when it was last marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Acknowledged {
    pub(crate) position: Position,
    pub(crate) digest: [u8; 32],
}

/// The open file.
pub(crate) struct Head {
    file: Box<dyn DiskFile>,
    id: LogId,
    next_slot: u64,
}

impl Head {
    /// Makes the head of a new log.
    pub(crate) fn create(disk: &dyn Disk, id: &LogId) -> Result<(), Error> {
        let mut head = Self {
            file: disk.open(FILE).map_err(Error::io("open", FILE))?,
            id: *id,
            next_slot: 0,
        };
        head.make().map_err(Error::io("write", FILE))
    }

    /// Opens the head and reads it.
    pub(crate) fn open(disk: &dyn Disk, id: &LogId) -> Result<(Self, Acknowledged), Error> {
        let (slots, newest) = read(disk, id)?;
        let head = Self {
            file: disk.open(FILE).map_err(Error::io("open", FILE))?,
            id: *id,
            // The slot that holds the newest stays.
            next_slot: u64::from(slots[0] == Some(newest)),
        };
        Ok((head, newest))
    }

    /// Reads the head without opening it for writing.
    pub(crate) fn read(disk: &dyn Disk, id: &LogId) -> Result<Acknowledged, Error> {
        read(disk, id).map(|(_, newest)| newest)
    }

    /// Writes both slots, so that marking never needs more room on the disk.
    fn make(&mut self) -> io::Result<()> {
        self.mark(Position::START, &Chain::default())?;
        self.mark(Position::START, &Chain::default())?;
        self.sync()
    }

    /// Says that everything up to `position` is durable.
    pub(crate) fn mark(&mut self, position: Position, chain: &Chain) -> io::Result<()> {
        let mut slot = Vec::with_capacity(SLOT_OCTETS);
        slot.extend_from_slice(MAGIC);
        slot.extend_from_slice(&self.id.0);
        slot.extend_from_slice(&position.0.to_be_bytes());
        slot.extend_from_slice(&chain.0);
        let checksum: [u8; 32] = Sha256::digest(&slot).into();
        slot.extend_from_slice(&checksum);
        self.file.write_at(self.next_slot * SLOT_STRIDE, &slot)?;
        self.next_slot = 1 - self.next_slot;
        Ok(())
    }

    /// Makes the marks durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

type Slots = [Option<Acknowledged>; 2];

/// Both slots and the newest.
fn read(disk: &dyn Disk, id: &LogId) -> Result<(Slots, Acknowledged), Error> {
    let octets = match disk.read(FILE) {
        Ok(octets) => Bytes::from(octets),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Bytes::new(),
        Err(error) => return Err(Error::io("read", FILE)(error)),
    };
    let slots = read_slots(&octets, id);
    let newest = slots.iter().flatten().max().copied();
    let newest = newest.ok_or_else(|| Error::Corrupted {
        file: FILE.into(),
        at: 0,
        extent: octets.len() as u64,
        reason: "neither of its two slots can be read".into(),
    })?;
    Ok((slots, newest))
}

fn read_slots(octets: &Bytes, id: &LogId) -> Slots {
    [0, SLOT_STRIDE as usize].map(|at| {
        let slot = octets.get(at..at + SLOT_OCTETS)?;
        read_slot(octets.slice_ref(slot), id)
    })
}

fn read_slot(slot: Bytes, id: &LogId) -> Option<Acknowledged> {
    let expected: [u8; 32] = Sha256::digest(slot.get(..CHECKED_OCTETS)?).into();
    let mut reader = Reader::new(slot);
    let is_ours = reader.array("magic").ok()? == *MAGIC && reader.array("log id").ok()? == id.0;
    let position = Position(reader.u64("position").ok()?);
    let digest = reader.array("digest").ok()?;
    let checksum: [u8; 32] = reader.array("checksum").ok()?;
    (is_ours && checksum == expected).then_some(Acknowledged { position, digest })
}
