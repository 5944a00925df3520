//! The octets of a group of entries.
//!
//! | octets | field |
//! | --- | --- |
//! | 8 | `NPgroup1` |
//! | 16 | id of the log |
//! | 8 | position of the first entry |
//! | 4 | length of the payload |
//! | 32 | digest of the group before; zeros for the first |
//! | 32 | digest: SHA-256 of all the other octets of this group |
//! | n | payload: 4 octets for the count of entries, then the entries |
//!
//! An entry: 8 octets for its date in microseconds since 1970, 4 for the count of its writes, then
//! each write: 1 octet, 0 to delete or 1 to put, the key (4 + n), and if put the octets (4 + n).
//!
//! The id keeps octets that somebody else chose, such as a registered value, from ever looking
//! like a group; the digest covers the head, so that a wrong length is noticed.

use crate::{Error, Position};
use bytes::Bytes;
use model::change::Write;
use model::octets::{Reader, put_count, put_string};
use model::{Error as ModelError, Key};
use sha2::{Digest, Sha256};
use std::fmt;

/// The most octets of the payload of one group.
///
/// A group is held in memory more than once while it is written. One change must fit: beyond it
/// [`Error::TooLarge`].
pub(crate) const GROUP_OCTETS_MAX: usize = 16 << 20;

/// The longest key. Twice what the longest identifier needs; the tree takes 65,535 octets.
pub(crate) const KEY_OCTETS_MAX: usize = 4096;

/// The length of what precedes the payload.
pub(crate) const HEAD_OCTETS: usize = 100;

const MAGIC: &[u8; 8] = b"NPgroup1";
const DIGEST_AT: usize = HEAD_OCTETS - 32;
const DELETE: u8 = 0;
const PUT: u8 = 1;

/// Tells one folder's log from every other: random, and never shown to strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LogId(pub(crate) [u8; 16]);

impl LogId {
    pub(crate) fn random() -> std::io::Result<Self> {
        let mut octets = [0; 16];
        getrandom::fill(&mut octets).map_err(std::io::Error::other)?;
        Ok(Self(octets))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut octets = [0; 16];
        hex::decode_to_slice(text, &mut octets).ok()?;
        Some(Self(octets))
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The digest of a group, which the next one holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Chain(pub(crate) [u8; 32]);

/// One change as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When it was committed, in microseconds since 1970; later than every earlier entry.
    pub(crate) date_us: u64,
    /// What it writes.
    pub(crate) writes: Vec<Write>,
}

impl Entry {
    /// How long the entry for these writes is at most, encoded.
    pub(crate) fn octets(writes: &[Write]) -> usize {
        let write = |write: &Write| {
            9 + write.key.octets().len() + write.octets.as_ref().map_or(0, Bytes::len)
        };
        12 + writes.iter().map(write).sum::<usize>()
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.date_us.to_be_bytes());
        put_count(out, self.writes.len());
        for write in &self.writes {
            out.push(if write.octets.is_some() { PUT } else { DELETE });
            put_string(out, write.key.octets());
            if let Some(octets) = &write.octets {
                put_string(out, octets);
            }
        }
    }

    fn read(reader: &mut Reader) -> Result<Self, ModelError> {
        let date_us = reader.u64("entry date")?;
        let count = reader.count("entry writes", GROUP_OCTETS_MAX, 5)?;
        let writes: Result<_, _> = (0..count).map(|_| read_write(reader)).collect();
        Ok(Self {
            date_us,
            writes: writes?,
        })
    }
}

fn read_write(reader: &mut Reader) -> Result<Write, ModelError> {
    let kind = reader.u8("write kind")?;
    let key = Key::from_octets(read_string(reader, "key")?);
    let octets = match kind {
        DELETE => None,
        PUT => Some(read_string(reader, "octets")?),
        _ => {
            return Err(ModelError::AboveLimit {
                what: "write kind",
                at: reader.at(),
                counted: kind.into(),
                limit: PUT.into(),
            });
        }
    };
    Ok(Write { key, octets })
}

/// A string of the log may be longer than one of a message: as long as a group.
fn read_string(reader: &mut Reader, what: &'static str) -> Result<Bytes, ModelError> {
    let octets = reader.count(what, GROUP_OCTETS_MAX, 1)?;
    reader.take(what, octets)
}

/// Encodes entries as the group that begins at `first` and follows `before`.
pub(crate) fn encode_group(
    id: &LogId,
    first: Position,
    before: &Chain,
    entries: &[Entry],
) -> (Vec<u8>, Chain) {
    let payload: usize = entries
        .iter()
        .map(|entry| Entry::octets(&entry.writes))
        .sum();
    let mut out = Vec::with_capacity(HEAD_OCTETS + 4 + payload);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&id.0);
    out.extend_from_slice(&first.0.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&before.0);
    out.extend_from_slice(&[0; 32]);
    put_count(&mut out, entries.len());
    for entry in entries {
        entry.put(&mut out);
    }
    let payload = (out.len() - HEAD_OCTETS) as u32;
    out[32..36].copy_from_slice(&payload.to_be_bytes());
    let chain = digest(&out);
    out[DIGEST_AT..HEAD_OCTETS].copy_from_slice(&chain.0);
    (out, chain)
}

/// The digest of a whole group, over everything but the place of the digest.
fn digest(group: &[u8]) -> Chain {
    let mut digest = Sha256::new();
    digest.update(&group[..DIGEST_AT]);
    digest.update(&group[HEAD_OCTETS..]);
    Chain(digest.finalize().into())
}

/// A group that was read and whose digest is right.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) first: Position,
    pub(crate) before: Chain,
    pub(crate) chain: Chain,
    pub(crate) entries: Vec<Entry>,
    /// Its length in the file.
    pub(crate) octets: usize,
}

impl Group {
    /// Reads the group at the start of `octets`; `None` if there is none whose digest is right.
    ///
    /// # Errors
    /// The digest is right, but the payload is not what this version writes.
    pub(crate) fn read(octets: &Bytes, id: &LogId) -> Option<Result<Self, ModelError>> {
        let mut reader = Reader::new(octets.clone());
        if reader.array("magic").ok()? != *MAGIC || reader.array("log id").ok()? != id.0 {
            return None;
        }
        let first = Position(reader.u64("position").ok()?);
        let payload = reader.u32("payload length").ok()? as usize;
        let before = Chain(reader.array("chain").ok()?);
        let chain = Chain(reader.array("digest").ok()?);
        let length = HEAD_OCTETS.checked_add(payload)?;
        if length > octets.len() || digest(&octets[..length]) != chain {
            return None;
        }
        let entries = read_entries(octets.slice(HEAD_OCTETS..length));
        Some(entries.map(|entries| Self {
            first,
            before,
            chain,
            entries,
            octets: length,
        }))
    }

    /// The position of the last entry.
    pub(crate) fn last(&self) -> Position {
        Position(self.first.0 + self.entries.len() as u64 - 1)
    }

    /// Where in `octets` a whole group stands next, if anywhere.
    pub(crate) fn find(octets: &Bytes, id: &LogId) -> Option<usize> {
        let mark = [MAGIC.as_slice(), &id.0].concat();
        let mut starts = octets.windows(mark.len()).enumerate();
        let is_whole = |at| Self::read(&octets.slice(at..), id).is_some();
        starts.find_map(|(at, window)| (*window == mark && is_whole(at)).then_some(at))
    }
}

fn read_entries(payload: Bytes) -> Result<Vec<Entry>, ModelError> {
    let mut reader = Reader::new(payload);
    let count = reader.count("entries", GROUP_OCTETS_MAX, 12)?;
    (0..count).map(|_| Entry::read(&mut reader)).collect()
}

/// Checks that the log and the tables can hold what one change writes, and read it back; so many
/// octets come beside it.
pub(crate) fn check_fits(writes: &[Write], beside: usize) -> Result<(), Error> {
    let octets = 4 + Entry::octets(writes) + beside;
    if octets > GROUP_OCTETS_MAX {
        return Err(Error::TooLarge {
            octets,
            limit: GROUP_OCTETS_MAX,
        });
    }
    for Write { key, .. } in writes {
        let is_reserved = key.octets().first().is_none_or(|&subspace| subspace == 0);
        if is_reserved || key.octets().len() > KEY_OCTETS_MAX {
            return Err(Error::Key { key: key.clone() });
        }
    }
    Ok(())
}
