//! Where a member keeps what it must not forget: its votes, its log, its last snapshot.
//!
//! A journal is a head and then frames, each of one batch:
//!
//! | octets | field |
//! | --- | --- |
//! | 8 | of the head: `NPquorum` |
//! | 1 | of the head: format, 1 |
//! | 16 | of the head: salt, so that nobody else's octets ever look like a frame of this journal |
//! | 4 | of a frame: `NPqf` |
//! | 8 | number of the frame, from 1 |
//! | 4 | length of the payload |
//! | 8 | checksum: first octets of the SHA-256 of salt, number and payload |
//! | n | payload |
//!
//! A frame whose end is missing, with none after it, was torn by a crash: nobody was told of it,
//! and it is cut. Anything else that cannot be read is [`Damage`], and the member must not be
//! started: it may have promised something it cannot read any more. Not here: files.

use crate::message::{
    CHECKSUM_OCTETS, checksum, put_entry, put_snapshot, read_entry, read_snapshot,
};
use crate::{Error, field};
use bytes::Bytes;
use model::octets::{Reader, put_count};
use raft::eraftpb::{Entry, HardState, Snapshot};

mod memory;
#[cfg(test)]
mod tests;

pub use memory::MemoryJournal;

const MAGIC: &[u8; 8] = b"NPquorum";
const FRAME: &[u8; 4] = b"NPqf";
const FORMAT: u8 = 1;
const HEAD_OCTETS: usize = 25;
const FRAME_HEAD_OCTETS: usize = 16 + CHECKSUM_OCTETS;

/// How many entries a frame may have.
const ENTRIES_COUNT_MAX: usize = 1 << 20;

/// Octets that must be durable before anything that follows from them is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What [`crate::Member::handle_persisted`] is told when they are.
    pub number: u64,
    /// Whether they stand for all that was kept before. Replacing must be atomic: after a crash
    /// either all of the old is there or all of the new (a new file, synced, and renamed).
    pub replaces: bool,
    /// The octets; appended unless they replace.
    pub octets: Bytes,
}

/// A place that keeps octets over crashes: a file, or the memory of a simulator.
pub trait Journal {
    /// What can go wrong.
    type Error;

    /// All octets that were kept; none if nothing ever was.
    ///
    /// # Errors
    /// Those of the place.
    fn read(&mut self) -> Result<Bytes, Self::Error>;

    /// Keeps a batch: when this returns, it is durable.
    ///
    /// # Errors
    /// Those of the place. After one the member must be stopped: what is durable is not known.
    fn keep(&mut self, batch: &Batch) -> Result<(), Self::Error>;
}

/// Why a journal cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is damaged at octet {at}: {problem}")]
pub struct Damage {
    /// Where.
    pub at: usize,
    /// What is wrong.
    pub problem: &'static str,
}

/// What a batch says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Kept {
    pub(crate) hard: Option<HardState>,
    pub(crate) snapshot: Option<Snapshot>,
    /// Index and term of what came before the first entry, if all is said anew.
    pub(crate) before: Option<(u64, u64)>,
    /// In order; the first of them ends what was kept from its index on.
    pub(crate) entries: Vec<Entry>,
}

/// Writes batches.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    salt: [u8; 16],
    frames_count: u64,
}

impl Writer {
    pub(crate) fn new(salt: [u8; 16]) -> Self {
        let frames_count = 0;
        Self { salt, frames_count }
    }

    /// The octets of what is kept instead of all before.
    pub(crate) fn replacement(&mut self, kept: &Kept) -> Bytes {
        self.frames_count = 0;
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        out.extend_from_slice(&self.salt);
        self.put_frame(&mut out, kept);
        out.into()
    }

    /// The octets of what is kept in addition.
    pub(crate) fn addition(&mut self, kept: &Kept) -> Bytes {
        let mut out = Vec::new();
        self.put_frame(&mut out, kept);
        out.into()
    }

    fn put_frame(&mut self, out: &mut Vec<u8>, kept: &Kept) {
        self.frames_count += 1;
        let number = self.frames_count.to_be_bytes();
        let payload = kept.encode();
        out.extend_from_slice(FRAME);
        out.extend_from_slice(&number);
        put_count(out, payload.len());
        out.extend_from_slice(&checksum(&[&self.salt, &number, &payload]));
        out.extend_from_slice(&payload);
    }
}

impl Kept {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        field::put_option(&mut out, self.hard.as_ref(), |out, hard| {
            for number in [hard.term, hard.vote, hard.commit] {
                out.extend_from_slice(&number.to_be_bytes());
            }
        });
        field::put_option(&mut out, self.snapshot.as_ref(), put_snapshot);
        field::put_option(&mut out, self.before.as_ref(), |out, (index, term)| {
            out.extend_from_slice(&index.to_be_bytes());
            out.extend_from_slice(&term.to_be_bytes());
        });
        put_count(&mut out, self.entries.len());
        for entry in &self.entries {
            put_entry(&mut out, entry);
        }
        out
    }

    fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let hard = field::option(&mut reader, "vote", |reader| {
            Ok(HardState {
                term: reader.u64("term")?,
                vote: reader.u64("vote")?,
                commit: reader.u64("committed")?,
                ..HardState::default()
            })
        })?;
        let snapshot = field::option(&mut reader, "snapshot", read_snapshot)?;
        let before = field::option(&mut reader, "what came before", |reader| {
            Ok((reader.u64("index")?, reader.u64("term")?))
        })?;
        let count = reader.count("entries", ENTRIES_COUNT_MAX, 25)?;
        let entries: Result<_, Error> = (0..count).map(|_| read_entry(&mut reader)).collect();
        reader.finish("frame")?;
        Ok(Self {
            hard,
            snapshot,
            before,
            entries: entries?,
        })
    }
}

/// Reads all that was kept, in order; what was torn is left out.
pub(crate) fn read(octets: &Bytes) -> Result<Vec<Kept>, Damage> {
    let damage = |at, problem| Err(Damage { at, problem });
    let Some(head) = octets.get(..HEAD_OCTETS) else {
        return damage(0, "it has no head");
    };
    if !head.starts_with(MAGIC) {
        return damage(0, "it is none of ours");
    }
    if head[MAGIC.len()] != FORMAT {
        return damage(MAGIC.len(), "its format is not known");
    }
    let salt = &head[MAGIC.len() + 1..];
    let mut kept = Vec::new();
    let mut at = HEAD_OCTETS;
    while at < octets.len() {
        let number = kept.len() as u64 + 1;
        match frame(&octets[at..], salt) {
            Some((found, payload)) if found == number => {
                let payload = octets.slice_ref(payload);
                at += FRAME_HEAD_OCTETS + payload.len();
                match Kept::decode(payload) {
                    Ok(it) => kept.push(it),
                    Err(_) => return damage(at, "a frame says what this version does not know"),
                }
            }
            Some(_) => return damage(at, "a frame is missing"),
            None if has_frame(&octets[at + 1..], salt) => {
                return damage(at, "a frame in its middle cannot be read");
            }
            None => break,
        }
    }
    if kept.is_empty() {
        // The first frame comes with the head, as one.
        return damage(at, "its first frame cannot be read");
    }
    Ok(kept)
}

/// The number and the payload of the frame that octets begin with, if they do.
fn frame<'a>(octets: &'a [u8], salt: &[u8]) -> Option<(u64, &'a [u8])> {
    let rest = octets.strip_prefix(FRAME)?;
    let (number, rest) = rest.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<CHECKSUM_OCTETS>()?;
    let payload = rest.get(..u32::from_be_bytes(*length) as usize)?;
    let is_intact = checksum(&[salt, number, payload]) == *sum;
    is_intact.then_some((u64::from_be_bytes(*number), payload))
}

/// Whether an intact frame begins anywhere.
fn has_frame(octets: &[u8], salt: &[u8]) -> bool {
    let starts = octets.windows(FRAME.len()).enumerate();
    let mut starts = starts.filter(|(_, window)| window == FRAME);
    starts.any(|(at, _)| frame(&octets[at..], salt).is_some())
}
