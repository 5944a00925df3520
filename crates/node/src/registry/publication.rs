//! What is published of the record of a prefix: the record itself, which requests made it what it
//! is, and what the audit trail says of the last. The registry keeps it without reading it.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | whether there is a record |
//! | 4 + n | the record as it is stored, if there is one |
//! | 2 | count of requests |
//! | 4 + n, 4 + n | of each: where it is remembered that it was answered, and how |
//! | 4 + n | the note of the last change; empty if there is none |
//!
//! Beside a record stands what the next change must know of it ([`Registered`]): its serial in four
//! octets, then the requests in the same form, then, if another site stands first in it than was
//! published, which values have changed places ([`Order`]). So a request that comes again to
//! another member, or to one that has slept through it, is answered as it was answered before.

use super::ordering::Order;
use bytes::Bytes;
use model::audit::{NOTE_OCTETS_MAX, Note};
use model::key::Subspace;
use model::octets::{Reader, put_string};
use model::{Error, Key};

/// How many requests about one prefix are remembered, each for at most a day. Beyond it the record
/// is not changed until one of them has expired.
pub(super) const REQUESTS_COUNT_MAX: usize = 128;

const FORMAT: u8 = 1;

/// An octet for the subspace, four for the date at which it expires, and the digest.
const REQUEST_KEY_OCTETS: usize = 37;

/// A request that was answered: where that is remembered, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) key: Key,
    pub(crate) octets: Bytes,
}

impl Request {
    /// Whether it has expired at a date, in seconds since 1970.
    pub(super) fn has_expired(&self, date: u32) -> bool {
        let expiration = self
            .key
            .octets()
            .get(1..5)
            .and_then(|it| it.try_into().ok());
        expiration.is_none_or(|it| u32::from_be_bytes(it) < date)
    }
}

/// What is published of one prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Publication {
    /// The record; none if it was deleted.
    pub(super) record: Option<Bytes>,
    pub(super) requests: Vec<Request>,
    pub(super) note: Option<Note>,
}

impl Publication {
    /// The octets.
    ///
    /// # Errors
    /// [`Error::AboveLimit`] if they are too long to be published, or the note is.
    pub(super) fn encode(&self) -> Result<Bytes, Error> {
        let mut out = vec![FORMAT, u8::from(self.record.is_some())];
        if let Some(record) = &self.record {
            put_string(&mut out, record);
        }
        put_requests(&mut out, &self.requests);
        let note = self.note.as_ref().map(Note::encode).transpose()?;
        put_string(&mut out, &note.unwrap_or_default());
        within(out.len(), quorum::PUBLICATION_OCTETS_MAX)?;
        Ok(out.into())
    }

    /// Reads what [`Publication::encode`] has made.
    ///
    /// # Errors
    /// [`Error`] if it is something else.
    pub(super) fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        if reader.u8("publication format")? != FORMAT {
            return Err(unexpected("of format 1"));
        }
        let record = match reader.u8("whether there is a record")? {
            0 => None,
            1 => Some(reader.string("record")?),
            _ => return Err(unexpected("with or without a record")),
        };
        let requests = read_requests(&mut reader)?;
        let note = reader.string("note")?;
        reader.finish("publication")?;
        within(note.len(), NOTE_OCTETS_MAX)?;
        let note = (!note.is_empty()).then(|| Note::decode(note)).transpose()?;
        Ok(Self {
            record,
            requests,
            note,
        })
    }
}

/// What stands beside a record: how often it was changed, and by which requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Registered {
    /// 0 of a record that never was.
    pub(crate) serial: u32,
    pub(crate) requests: Vec<Request>,
    /// How the record that stands there differs from what was published.
    pub(crate) order: Order,
}

impl Registered {
    pub(super) fn encode(&self) -> Bytes {
        let mut out = self.serial.to_be_bytes().to_vec();
        put_requests(&mut out, &self.requests);
        self.order.put(&mut out);
        out.into()
    }

    pub(super) fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let serial = reader.u32("serial")?;
        let requests = read_requests(&mut reader)?;
        let order = Order::read(&mut reader)?;
        reader.finish("what stands beside a record")?;
        Ok(Self {
            serial,
            requests,
            order,
        })
    }
}

fn put_requests(out: &mut Vec<u8>, requests: &[Request]) {
    // There are never more than REQUESTS_COUNT_MAX.
    out.extend_from_slice(
        &u16::try_from(requests.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    for request in requests {
        put_string(out, request.key.octets());
        put_string(out, &request.octets);
    }
}

fn read_requests(reader: &mut Reader) -> Result<Vec<Request>, Error> {
    let count = usize::from(reader.u16("count of requests")?);
    within(count, REQUESTS_COUNT_MAX)?;
    let mut requests = Vec::with_capacity(count);
    for _ in 0..count {
        let key = Key::from_octets(reader.string("where a request is remembered")?);
        let is_one =
            key.subspace() == Some(Subspace::ANSWERED) && key.octets().len() == REQUEST_KEY_OCTETS;
        if !is_one {
            return Err(unexpected("with keys of requests"));
        }
        let octets = reader.string("how a request was answered")?;
        requests.push(Request { key, octets });
    }
    Ok(requests)
}

fn unexpected(expected: &'static str) -> Error {
    Error::Unexpected {
        what: "publication",
        expected,
    }
}

fn within(counted: usize, limit: usize) -> Result<(), Error> {
    if counted <= limit {
        return Ok(());
    }
    Err(Error::AboveLimit {
        what: "publication",
        at: 0,
        counted,
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::SuffixCase;

    fn request(expiration: u32) -> Request {
        Request {
            key: Key::answered(expiration, &[7; 32]),
            octets: Bytes::from_static(b"done"),
        }
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let identifier = "0.NA/88.118".parse().unwrap();
        let note = Note::of(&identifier, SuffixCase::Insensitive, 100, 1_795_000_000_000);
        let whole = Publication {
            record: Some(Bytes::from_static(b"record")),
            requests: vec![request(1), request(2)],
            note: Some(note),
        };
        for publication in [whole, Publication::default()] {
            let octets = publication.encode().unwrap();
            assert_eq!(Publication::decode(octets.clone()), Ok(publication));
            for end in 0..octets.len() {
                assert!(Publication::decode(octets.slice(..end)).is_err(), "{end}");
            }
            let longer = [&octets[..], &[0]].concat();
            assert!(Publication::decode(longer.into()).is_err());
        }
        let empty = Publication::default().encode().unwrap();
        assert_eq!(empty[..], *b"\x01\0\0\0\0\0\0\0");
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let too_long = Publication {
            record: Some(vec![0; quorum::PUBLICATION_OCTETS_MAX].into()),
            ..Publication::default()
        };
        assert!(too_long.encode().is_err());
        let mut octets = vec![FORMAT, 0];
        put_requests(&mut octets, &vec![request(1); REQUESTS_COUNT_MAX + 1]);
        put_string(&mut octets, b"");
        assert!(Publication::decode(octets.into()).is_err());
    }

    #[test]
    fn only_keys_of_requests_stand_where_those_do() {
        let stray = Request {
            key: Key::record(&"88/a".parse().unwrap(), SuffixCase::Insensitive),
            octets: Bytes::new(),
        };
        let requests = vec![stray];
        let octets = Registered {
            serial: 1,
            requests,
            order: Order::default(),
        }
        .encode();
        assert!(Registered::decode(octets).is_err());
        let registered = Registered {
            serial: 258,
            requests: vec![request(9)],
            order: Order::default(),
        };
        let octets = registered.encode();
        assert_eq!(octets[..6], *b"\0\0\x01\x02\0\x01");
        assert_eq!(Registered::decode(octets), Ok(registered));
        assert!(request(9).has_expired(10) && !request(9).has_expired(9));
    }
}
