//! The fields that stored timers and letters are made of, and their keys.
//!
//! | octets of the key | stored |
//! | --- | --- |
//! | `j`, 1, name | a timer |
//! | `j`, 2, when due 8, name | nothing: the timer is due then |
//! | `j`, 3, key | a letter |
//! | `j`, 4, when to try 8, key | nothing: the letter waits until then |
//! | `j`, 5, when it died 8, key | nothing: the letter could not be delivered |
//! | `j`, 6, when it was delivered 8, key | nothing: the letter is delivered |
//! | `j`, 7 | the latest moment that was seen, 8 |
//!
//! Integers are big-endian. Not here: which fields there are.

use crate::{Error, Moment};
use bytes::Bytes;
use model::Key;
use model::change::Write;
use model::key::Subspace;
use model::octets::Reader;

/// The format of everything that is stored here.
const FORMAT: u8 = 1;

pub(crate) const TIMER: u8 = 1;
pub(crate) const TIMER_DUE: u8 = 2;
pub(crate) const LETTER: u8 = 3;
pub(crate) const WAITING: u8 = 4;
pub(crate) const DEAD: u8 = 5;
pub(crate) const DELIVERED: u8 = 6;
pub(crate) const CLOCK: u8 = 7;

/// A key of this room.
pub(crate) fn key(part: u8, rest: &[&[u8]]) -> Key {
    let head: &[u8] = &[Subspace::JOBS.0, part];
    Key::from_octets([&[head], rest].concat().concat().into())
}

/// The key that says when something is so.
pub(crate) fn at_key(part: u8, at: Moment, name: &str) -> Key {
    key(part, &[&at.0.to_be_bytes(), name.as_bytes()])
}

/// The moment and the name in a key of [`at_key`].
pub(crate) fn at_and_name(key: &Key) -> Result<(Moment, String), Error> {
    let read = || {
        let (at, name) = key.octets().get(2..)?.split_first_chunk()?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        Some((Moment(u64::from_be_bytes(*at)), name))
    };
    read().ok_or_else(|| stored("key of a job", "it names nothing"))
}

/// The name in a key of [`key`].
pub(crate) fn name_of(key: &Key) -> Result<String, Error> {
    let name = key.octets().get(2..).unwrap_or_default();
    let name = std::str::from_utf8(name).map(str::to_owned);
    name.map_err(|error| stored("key of a job", &error))
}

pub(crate) fn deleted(key: Key) -> Write {
    Write { key, octets: None }
}

pub(crate) fn stored(what: &'static str, problem: &(impl ToString + ?Sized)) -> Error {
    Error::Stored {
        what,
        problem: problem.to_string(),
    }
}

/// Octets that came from outside.
pub(crate) fn check_length(
    what: &'static str,
    octets: &[u8],
    [octets_min, octets_max]: [usize; 2],
) -> Result<(), Error> {
    if (octets_min..=octets_max).contains(&octets.len()) {
        return Ok(());
    }
    Err(Error::Length {
        what,
        octets_min,
        octets_max,
    })
}

/// Writes fields, the format first.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(vec![FORMAT])
    }

    pub(crate) fn u8(&mut self, number: u8) -> &mut Self {
        self.0.push(number);
        self
    }

    pub(crate) fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn u64(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Lengths are checked to be far below 2^32.
    pub(crate) fn octets(&mut self, octets: &[u8]) -> &mut Self {
        self.u32(u32::try_from(octets.len()).expect("lengths are checked to be far shorter"));
        self.0.extend_from_slice(octets);
        self
    }

    pub(crate) fn finish(self) -> Bytes {
        self.0.into()
    }
}

/// Reads fields.
pub(crate) struct Fields {
    reader: Reader,
    what: &'static str,
}

impl Fields {
    pub(crate) fn open(what: &'static str, octets: Bytes) -> Result<Self, Error> {
        let reader = Reader::new(octets);
        let mut fields = Self { reader, what };
        match fields.u8()? {
            FORMAT => Ok(fields),
            format => {
                let problem = format!("it has format {format}, this version reads 1");
                Err(stored(what, &problem))
            }
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let read = self.reader.array(self.what);
        read.map_err(|error| stored(self.what, &error))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn octets(&mut self) -> Result<Bytes, Error> {
        let taken = self.reader.string(self.what);
        taken.map_err(|error| stored(self.what, &error))
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        let octets = self.octets()?;
        String::from_utf8(octets.into()).map_err(|error| stored(self.what, &error))
    }

    pub(crate) fn finish(self) -> Result<(), Error> {
        let Self { reader, what } = self;
        reader.finish(what).map_err(|error| stored(what, &error))
    }
}
