//! The fields that stored rules and warnings are made of.
//!
//! Integers are big-endian; a *text* is a two-octet length and UTF-8. Not here: which fields there
//! are (`register`, `warning`, `silence`).

use super::rule::Digest;
use super::subject::Subject;
use bytes::Bytes;
use codes::{Frequency, Period};
use facts::{Error, Instant, Object, Role};
use model::Key;
use model::key::Subspace;
use model::octets::Reader;

/// The format of everything that is stored here.
const FORMAT: u8 = 1;

/// What is stored under the octet after the subspace.
pub(super) const VERSION: u8 = 1;
pub(super) const OPEN: u8 = 2;
pub(super) const ENDED: u8 = 3;
pub(super) const SILENCE: u8 = 4;
pub(super) const JUDGED: u8 = 5;
pub(super) const HELD: u8 = 6;

/// A key of warnings.
pub(super) fn key(part: u8, rest: &[&[u8]]) -> Key {
    let head: &[u8] = &[Subspace::WARNINGS.0, part];
    Key::from_octets([&[head], rest].concat().concat().into())
}

/// Writes fields.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Begins with the format.
    pub(super) fn new() -> Self {
        Self(vec![FORMAT])
    }

    pub(super) fn u8(&mut self, number: u8) -> &mut Self {
        self.0.push(number);
        self
    }

    pub(super) fn u16(&mut self, number: u16) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn instant(&mut self, moment: Instant) -> &mut Self {
        self.0.extend_from_slice(&moment.0.to_be_bytes());
        self
    }

    /// Texts are checked to be far shorter than 64 KiB.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.octets(text.as_bytes())
    }

    pub(super) fn octets(&mut self, octets: &[u8]) -> &mut Self {
        let length = u16::try_from(octets.len()).expect("fields are checked to be far shorter");
        self.u16(length);
        self.0.extend_from_slice(octets);
        self
    }

    pub(super) fn digest(&mut self, digest: Digest) -> &mut Self {
        self.0.extend_from_slice(&digest.0);
        self
    }

    pub(super) fn period(&mut self, period: Period) -> &mut Self {
        self.u8(period.frequency().number()).u32(period.ordinal())
    }

    /// Whether there is something, and that.
    pub(super) fn option<T>(&mut self, of: Option<T>, put: impl FnOnce(&mut Self, T)) -> &mut Self {
        self.u8(u8::from(of.is_some()));
        if let Some(of) = of {
            put(self, of);
        }
        self
    }

    pub(super) fn subject(&mut self, subject: &Subject) -> &mut Self {
        // At most eight.
        self.u8(subject.objects().len() as u8);
        for object in subject.objects() {
            self.u8(object.role().number()).text(object.id());
        }
        self
    }

    pub(super) fn finish(self) -> Bytes {
        self.0.into()
    }
}

/// Reads fields of something that is called `what` in errors.
pub(super) struct Fields {
    reader: Reader,
    what: &'static str,
}

impl Fields {
    pub(super) fn open(what: &'static str, octets: Bytes) -> Result<Self, Error> {
        let reader = Reader::new(octets);
        let mut fields = Self { reader, what };
        match fields.u8()? {
            FORMAT => Ok(fields),
            format => Err(fields.wrong(&format!("it has format {format}, this version reads 1"))),
        }
    }

    pub(super) fn wrong(&self, problem: &(impl ToString + ?Sized)) -> Error {
        Error::Stored {
            what: self.what,
            problem: problem.to_string(),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let read = self.reader.array(self.what);
        read.map_err(|error| self.wrong(&error))
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn instant(&mut self) -> Result<Instant, Error> {
        Ok(Instant(u64::from_be_bytes(self.array()?)))
    }

    pub(super) fn digest(&mut self) -> Result<Digest, Error> {
        self.array().map(Digest)
    }

    pub(super) fn octets(&mut self) -> Result<Bytes, Error> {
        let length = usize::from(self.u16()?);
        let taken = self.reader.take(self.what, length);
        taken.map_err(|error| self.wrong(&error))
    }

    pub(super) fn text(&mut self) -> Result<String, Error> {
        let octets = self.octets()?;
        String::from_utf8(octets.into()).map_err(|error| self.wrong(&error))
    }

    pub(super) fn period(&mut self) -> Result<Period, Error> {
        let (frequency, ordinal) = (self.u8()?, self.u32()?);
        let frequency = Frequency::from_number(frequency);
        let period = frequency.and_then(|frequency| Period::from_ordinal(frequency, ordinal));
        period.ok_or_else(|| self.wrong("it names no period"))
    }

    pub(super) fn option<T>(
        &mut self,
        take: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.u8()? {
            0 => Ok(None),
            1 => take(self).map(Some),
            other => Err(self.wrong(&format!("{other} is neither 0 nor 1"))),
        }
    }

    pub(super) fn subject(&mut self) -> Result<Subject, Error> {
        let count = self.u8()?;
        let mut objects = Vec::new();
        for _ in 0..count {
            let (role, id) = (self.u8()?, self.text()?);
            let role = Role::from_number(role).ok_or_else(|| self.wrong("0 is no role"))?;
            let object = Object::new(role, &id).map_err(|error| self.wrong(&error))?;
            objects.push(object);
        }
        Subject::new(objects).map_err(|error| self.wrong(&error))
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        let Self { reader, what } = self;
        reader.finish(what).map_err(|error| Error::Stored {
            what,
            problem: error.to_string(),
        })
    }
}

/// Text that came from outside: so many octets, and nothing that moves a cursor.
pub(super) fn check_text(
    what: &'static str,
    text: &str,
    [octets_min, octets_max]: [usize; 2],
) -> Result<(), Error> {
    let fits = text.len() <= octets_max && text.trim().len() >= octets_min;
    if fits && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::Text {
        what,
        octets_min,
        octets_max,
    })
}
