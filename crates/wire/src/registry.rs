//! Bodies of the two operations of our own: commands to the registry that the top-level sites agree
//! on, and questions about it. No standard has them; other software answers code 5.
//!
//! Any of the sites takes an order; who asks is authenticated as for every operation of
//! administration. Not here: what commands, answers and things are (room `quorum`), who may (there,
//! in the order of the registry's log).

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_count, put_string};

#[cfg(test)]
mod tests;

/// How many octets tell one order from every other.
pub const MARK_OCTETS: usize = 16;

/// The most things in one answer: as many empty ones as fit the longest message. Nodes say far
/// fewer, and where to go on.
pub const THINGS_COUNT_MAX: usize = crate::envelope::MESSAGE_OCTETS_MAX / 4;

/// The age of what is of unknown age.
pub const AGE_UNKNOWN: u64 = u64::MAX;

/// Asks the registry for something.
///
/// | octets | field |
/// | --- | --- |
/// | 16 | mark |
/// | 4 + n | command |
///
/// Whoever has not been answered sends the same body again, to the same site or another: it is
/// done once and answered alike.
///
/// ```
/// use wire::registry::OrderRequest;
///
/// let octets = b"0123456789abcdef\0\0\0\x07command";
/// let order = OrderRequest::decode(octets.as_slice().into())?;
/// assert_eq!(order, OrderRequest::new(*b"0123456789abcdef", "command"));
/// assert_eq!(&order.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// What tells this order from every other: drawn by whoever asks.
    pub mark: [u8; MARK_OCTETS],
    /// The command; not read here.
    pub command: Bytes,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl OrderRequest {
    /// An order.
    pub fn new(mark: [u8; MARK_OCTETS], command: impl Into<Bytes>) -> Self {
        Self {
            mark,
            command: command.into(),
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            mark: reader.array("mark of the order")?,
            command: reader.string("command")?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(MARK_OCTETS + 4 + self.command.len());
        out.extend_from_slice(&self.mark);
        put_string(&mut out, &self.command);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// Answers what became of an order: also that it is refused, for that was agreed on, too.
///
/// | octets | field |
/// | --- | --- |
/// | 8, 8 | [place](Place) at which it was judged |
/// | 4 + n | answer |
///
/// ```
/// use wire::registry::{OrderAnswer, Place};
/// use wire::{Answer, Response};
///
/// let place = Place { term: 2, index: 258 };
/// let answer = OrderAnswer { place, answer: "done".into() };
/// assert_eq!(
///     &Response::new(None, Answer::RegistryOrder(answer)).encode()[..],
///     b"\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01\x02\0\0\0\x04done"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderAnswer {
    /// Where it was judged, or what is shown is of a later place if it was judged before.
    pub place: Place,
    /// The answer; not read here.
    pub answer: Bytes,
}

/// A place in the registry's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which leader's.
    pub term: u64,
    /// The number of the entry; it only rises.
    pub index: u64,
}

impl Place {
    fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            term: reader.u64("term")?,
            index: reader.u64("index")?,
        })
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.term.to_be_bytes());
        out.extend_from_slice(&self.index.to_be_bytes());
    }
}

impl OrderAnswer {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            place: Place::read(reader)?,
            answer: reader.string("answer of the registry")?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        self.place.put(out);
        put_string(out, &self.answer);
    }
}

/// Which things of the registry a question is about; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Things(pub u8);

impl Things {
    /// The members that agree on it.
    pub const MEMBERS: Self = Self(1);
    /// Who may ask for what.
    pub const RIGHTS: Self = Self(2);
    /// The data sets: who holds them, in which epoch, until when, and what is proposed.
    pub const DATA_SETS: Self = Self(3);
}

/// Asks what the registry says.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | [which things](Things) |
/// | 4 + n | name of the only one that is wanted; empty for all |
/// | 4 + n | name after which to go on; empty to begin |
///
/// ```
/// use wire::registry::{ReadingRequest, Things};
///
/// let octets = b"\x03\0\0\0\0\0\0\0\x0arecords:88";
/// let request = ReadingRequest::decode(octets.as_slice().into())?;
/// assert_eq!(request, ReadingRequest::of(Things::DATA_SETS).after("records:88"));
/// assert_eq!(&request.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRequest {
    /// Which things.
    pub things: Things,
    /// The name of the only one that is wanted; empty for all.
    pub only: Bytes,
    /// The name after which to go on; empty to begin.
    pub after: Bytes,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl ReadingRequest {
    /// A question about all things of a kind.
    pub fn of(things: Things) -> Self {
        Self {
            things,
            only: Bytes::new(),
            after: Bytes::new(),
            rest: Bytes::new(),
        }
    }

    /// The same about one of them.
    #[must_use]
    pub fn only(self, name: impl Into<Bytes>) -> Self {
        Self {
            only: name.into(),
            ..self
        }
    }

    /// The same about those that follow one.
    #[must_use]
    pub fn after(self, name: impl Into<Bytes>) -> Self {
        Self {
            after: name.into(),
            ..self
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            things: Things(reader.u8("which things")?),
            only: reader.string("name of a thing")?,
            after: reader.string("name before")?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(9 + self.only.len() + self.after.len());
        out.push(self.things.0);
        put_string(&mut out, &self.only);
        put_string(&mut out, &self.after);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// Answers what the registry says, as far as the asked site has applied it.
///
/// | octets | field |
/// | --- | --- |
/// | 8, 8 | [place](Place) up to which it is applied |
/// | 8 | the registry's time there, in microseconds |
/// | 8 | for how long it may have been out of date at most, in microseconds |
/// | 4, 4 + n each | count of things, things |
/// | 4 + n | name after which to go on; empty if this is all |
///
/// ```
/// use wire::registry::{AGE_UNKNOWN, Place, ReadingAnswer};
/// use wire::{Answer, Response};
///
/// let answer = ReadingAnswer {
///     place: Place { term: 1, index: 7 },
///     time_us: 16,
///     age_us: AGE_UNKNOWN,
///     things: vec!["one".into()],
///     next: "1".into(),
/// };
/// assert_eq!(
///     &Response::new(None, Answer::RegistryReading(answer)).encode()[..],
///     b"\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x10\xff\xff\xff\xff\xff\xff\xff\xff\
///         \0\0\0\x01\0\0\0\x03one\0\0\0\x011"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingAnswer {
    /// Up to where the registry is applied.
    pub place: Place,
    /// The registry's time there, in microseconds since it was founded. It stands still between two
    /// entries: a lease that ends later may be over by now.
    pub time_us: u64,
    /// For how long this may have been out of date, in microseconds; [`AGE_UNKNOWN`] if that is not
    /// known.
    pub age_us: u64,
    /// The things, in the order of their names; not read here.
    pub things: Vec<Bytes>,
    /// The name after which to go on; empty if this is all.
    pub next: Bytes,
}

impl ReadingAnswer {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let place = Place::read(reader)?;
        let time_us = reader.u64("time of the registry")?;
        let age_us = reader.u64("age")?;
        let count = reader.count("things", THINGS_COUNT_MAX, 4)?;
        let things: Result<_, _> = (0..count).map(|_| reader.string("thing")).collect();
        Ok(Self {
            place,
            time_us,
            age_us,
            things: things?,
            next: reader.string("name after which to go on")?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        self.place.put(out);
        out.extend_from_slice(&self.time_us.to_be_bytes());
        out.extend_from_slice(&self.age_us.to_be_bytes());
        put_count(out, self.things.len());
        for thing in &self.things {
            put_string(out, thing);
        }
        put_string(out, &self.next);
    }
}
