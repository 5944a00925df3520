//! What was acknowledged before somebody else took over, and is not current because that one had
//! changed the same: a line of the report to the owner.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | flags: 1 something was written, and not deleted; 2 a note follows |
//! | 8 | date, microseconds since 1970, by the clock of who wrote it |
//! | 4 + n | key |
//! | 4 + n | what was written, by flag 1 |
//! | 4 + n | the note, by flag 2 |

use super::super::standing::expect_format;
use super::Offered;
use alloc::vec::Vec;
use bytes::Bytes;
use model::Key;
use model::audit::Note;
use model::change::Write;
use model::octets::{Reader, put_string};
use wire::copy_stream::RECORD_OCTETS_MAX;

const FORMAT: u8 = 1;
const IS_WRITTEN: u8 = 1;
const HAS_NOTE: u8 = 2;

/// A write that was acknowledged and is not current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// When, in microseconds since 1970, by the clock of who wrote it.
    pub date_us: u64,
    /// Where.
    pub key: Key,
    /// What; none if it was deleted.
    pub octets: Option<Bytes>,
    /// Who did, if that is known.
    pub note: Option<Note>,
}

impl Conflict {
    pub(super) fn of(offered: &Offered, write: &Write) -> Self {
        Self {
            date_us: offered.date_us,
            key: write.key.clone(),
            octets: write.octets.clone(),
            note: offered.note.clone(),
        }
    }

    /// Reads what is stored.
    ///
    /// # Errors
    /// [`model::Error`]: it is damaged, or of a newer version.
    pub fn read(octets: Bytes) -> Result<Self, model::Error> {
        let mut reader = Reader::new(octets);
        expect_format(&mut reader, FORMAT)?;
        let flags = reader.u8("flags")?;
        let date_us = reader.u64("date")?;
        let key = Key::from_octets(reader.string("key")?);
        let mut string = |flag, what| {
            let is_there = flags & flag != 0;
            is_there.then(|| long_string(&mut reader, what)).transpose()
        };
        let octets = string(IS_WRITTEN, "what was written")?;
        let note = string(HAS_NOTE, "note")?;
        reader.finish("conflict")?;
        Ok(Self {
            date_us,
            key,
            octets,
            note: note.map(Note::decode).transpose()?,
        })
    }

    /// What is stored. A note that is no note, which nobody lets through, is left out.
    pub fn octets(&self) -> Bytes {
        let note = self.note.as_ref().and_then(|note| note.encode().ok());
        let flag = |is_there, flag| if is_there { flag } else { 0 };
        let flags = flag(self.octets.is_some(), IS_WRITTEN) | flag(note.is_some(), HAS_NOTE);
        let mut out = Vec::new();
        out.extend_from_slice(&[FORMAT, flags]);
        out.extend_from_slice(&self.date_us.to_be_bytes());
        put_string(&mut out, self.key.octets());
        for string in self.octets.iter().chain(&note) {
            put_string(&mut out, string);
        }
        out.into()
    }
}

/// A row may be longer than a string of a message.
fn long_string(reader: &mut Reader, what: &'static str) -> Result<Bytes, model::Error> {
    let octets = reader.count(what, RECORD_OCTETS_MAX, 1)?;
    reader.take(what, octets)
}
