//! The note of one administrative change: who changed what, when, from where, and how that was
//! proved. All notes of a node in order are its audit trail.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | flags: 1 a spelling follows, 2 an identity, 4 the digest of the request |
//! | 8 | date in milliseconds since 1970 |
//! | 4 | number of the operation |
//! | 1 | means: how the identity was proved |
//! | 1 | transport |
//! | 2 + n | source: the address of whoever asked, as text |
//! | 2 + n | key of what was changed |
//! | 2 + n | spelling, by flag 1: only if it is not what the key says |
//! | 2 + n, 4 | identifier and index of the identity, by flag 2 |
//! | 32 | SHA-256 of the request, by flag 4 |
//!
//! Not here: how notes are chained and kept (room `store`), when one is written (room `engine`).

use crate::octets::Reader;
use crate::site::Transport;
use crate::{Error, Identifier, Key, Reference, key};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

#[cfg(test)]
mod tests;

/// The longest source, in octets: an IPv6 address with the name of an interface has 62.
pub const SOURCE_OCTETS_MAX: usize = 64;

/// The longest spelling, and the longest identifier of an identity, in octets: as of identifiers.
pub const SPELLING_OCTETS_MAX: usize = crate::identifier::IDENTIFIER_OCTETS_MAX;

/// The longest key, in octets. The store's keys have at most 4,096, and the index of the trail puts
/// ten octets more around this one.
pub const KEY_OCTETS_MAX: usize = 4086;

/// The longest note, in octets, when every field is as long as it may be.
pub const NOTE_OCTETS_MAX: usize = FIXED_OCTETS
    + (2 + SOURCE_OCTETS_MAX)
    + (2 + KEY_OCTETS_MAX)
    + (2 + SPELLING_OCTETS_MAX)
    + (2 + SPELLING_OCTETS_MAX + 4)
    + DIGEST_OCTETS;

/// How a request travelled that did not travel: the operator's own tools wrote.
pub const NO_TRANSPORT: Transport = Transport(0xff);

const FORMAT: u8 = 1;
const FIXED_OCTETS: usize = 16;
const DIGEST_OCTETS: usize = 32;
const HAS_SPELLING: u8 = 1;
const HAS_IDENTITY: u8 = 2;
const HAS_DIGEST: u8 = 4;
const FLAGS: u8 = HAS_SPELLING | HAS_IDENTITY | HAS_DIGEST;

/// Says how somebody proved to be who he says; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Means(pub u8);

/// One table makes the constants and their printed names, so that they cannot differ.
macro_rules! means {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $printed:literal;)*) => {
        impl Means {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// What it is called; `None` for numbers without a name here.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($printed),)*
                    _ => None,
                }
            }
        }
    };
}

means! {
    /// Nothing was proved: whoever may write to the data folder wrote.
    OPERATOR = 1, "local operator";
    /// A signature of the challenge, made with a private key.
    PUBLIC_KEY = 2, "public key";
    /// A MAC of the challenge, made with a secret that both know.
    SECRET_KEY = 3, "secret key";
    /// The MAC of a session that had been set up with one of the others.
    SESSION = 4, "session";
    /// A certificate that the client showed when the connection was made.
    CLIENT_CERTIFICATE = 5, "client certificate";
    /// A name and a secret in the head of a request over HTTPS.
    PASSWORD = 6, "password over HTTPS";
    /// A login, proven once for all that follows on its connection (operation 2001).
    LOGIN = 7, "login";
}

/// Prints the name, or the number.
impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "means {}", self.0),
        }
    }
}

/// Tells of one administrative change.
///
/// ```
/// use model::audit::{Means, Note};
/// use model::{Reference, SuffixCase, site::Transport};
///
/// let identifier = "88.156.1/pump".parse()?;
/// let mut note = Note::of(&identifier, SuffixCase::Insensitive, 100, 1_700_000_000_000);
/// note.identity = Some(Reference { identifier: "0.NA/88.156.1".into(), index: 300 });
/// note.means = Means::PUBLIC_KEY;
/// note.source = "192.0.2.1".into();
/// note.transport = Transport::TCP;
/// let octets = note.encode()?;
/// assert_eq!(octets[..16], *b"\x01\x03\0\0\x01\x8b\xcf\xe5\x68\0\0\0\0\x64\x02\x01");
/// assert_eq!(octets[16..45], *b"\0\x09192.0.2.1\0\x0fR\x0188.156.1/PUMP\0");
/// assert_eq!(Note::decode(octets)?, note);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The operation, as the protocol numbers it.
    pub opcode: u32,
    /// The key of what was changed: under it the note is found again.
    pub key: Key,
    /// What was changed, as whoever asked spelled it.
    pub spelling: Bytes,
    /// In whose name: the identifier as spelled and the index of the key. None of the node's own
    /// operator.
    pub identity: Option<Reference>,
    /// How that was proved.
    pub means: Means,
    /// Where the request came from, such as `192.0.2.1`; empty if from nowhere else.
    pub source: Bytes,
    /// How the request travelled; [`NO_TRANSPORT`] if it did not.
    pub transport: Transport,
    /// The SHA-256 of the request's octets, where there were any.
    pub request: Option<[u8; DIGEST_OCTETS]>,
    /// When it was decided, by the node's clock, in milliseconds since 1970.
    pub date_ms: u64,
}

impl Note {
    /// A note that the node's own operator changed the record of an identifier.
    pub fn of(identifier: &Identifier, case: crate::SuffixCase, opcode: u32, date_ms: u64) -> Self {
        let key = Key::record(identifier, case);
        Self::by_operator(key, identifier.spelling().clone(), opcode, date_ms)
    }

    /// A note that the node's own operator changed what is under a key.
    pub fn by_operator(key: Key, spelling: Bytes, opcode: u32, date_ms: u64) -> Self {
        Self {
            opcode,
            key,
            spelling,
            identity: None,
            means: Means::OPERATOR,
            source: Bytes::new(),
            transport: NO_TRANSPORT,
            request: None,
            date_ms,
        }
    }

    /// The octets, equal to those it was read from.
    ///
    /// # Errors
    /// [`Error::AboveLimit`] if the source, the key, the spelling or the identity is too long.
    pub fn encode(&self) -> Result<Bytes, Error> {
        let spelling = (self.spelling != spelling_of(&self.key)).then_some(&self.spelling);
        let flags = [
            (spelling.is_some(), HAS_SPELLING),
            (self.identity.is_some(), HAS_IDENTITY),
            (self.request.is_some(), HAS_DIGEST),
        ];
        let flags = flags.iter().filter(|(is_there, _)| *is_there);
        let mut out = Vec::with_capacity(self.octets_max());
        out.push(FORMAT);
        out.push(flags.fold(0, |all, (_, flag)| all | flag));
        out.extend_from_slice(&self.date_ms.to_be_bytes());
        out.extend_from_slice(&self.opcode.to_be_bytes());
        out.extend_from_slice(&[self.means.0, self.transport.0]);
        put(&mut out, "note source", &self.source, SOURCE_OCTETS_MAX)?;
        put(&mut out, "note key", self.key.octets(), KEY_OCTETS_MAX)?;
        if let Some(spelling) = spelling {
            put(&mut out, "note spelling", spelling, SPELLING_OCTETS_MAX)?;
        }
        if let Some(Reference { identifier, index }) = &self.identity {
            put(&mut out, "note identity", identifier, SPELLING_OCTETS_MAX)?;
            out.extend_from_slice(&index.to_be_bytes());
        }
        out.extend_from_slice(self.request.as_ref().map_or(&[][..], |digest| digest));
        Ok(out.into())
    }

    /// How long it is, encoded; a little less if the key says the spelling too.
    fn octets_max(&self) -> usize {
        let identity = self.identity.as_ref();
        FIXED_OCTETS
            + (2 + self.source.len())
            + (2 + self.key.octets().len())
            + (2 + self.spelling.len())
            + identity.map_or(0, |identity| 6 + identity.identifier.len())
            + self.request.map_or(0, |digest| digest.len())
    }

    /// Reads what [`Note::encode`] has made, and nothing else.
    ///
    /// # Errors
    /// [`Error::Unexpected`] of another format, and for a spelling that need not be there;
    /// [`Error::AboveLimit`] for flags without a meaning and for what is too long;
    /// [`Error::Truncated`], [`Error::Trailing`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let format = reader.u8("note format")?;
        if format != FORMAT {
            return Err(Error::Unexpected {
                what: "note",
                expected: "of format 1",
            });
        }
        let flags = read_flags(&mut reader)?;
        let date_ms = reader.u64("note date")?;
        let opcode = reader.u32("note operation")?;
        let means = Means(reader.u8("note means")?);
        let transport = Transport(reader.u8("note transport")?);
        let source = take(&mut reader, "note source", SOURCE_OCTETS_MAX)?;
        let key = Key::from_octets(take(&mut reader, "note key", KEY_OCTETS_MAX)?);
        let spelling = read_spelling(&mut reader, &key, flags & HAS_SPELLING != 0)?;
        let identity = (flags & HAS_IDENTITY != 0).then(|| read_identity(&mut reader));
        let request = (flags & HAS_DIGEST != 0).then(|| reader.array("note request"));
        let (identity, request) = (identity.transpose()?, request.transpose()?);
        reader.finish("note")?;
        Ok(Self {
            opcode,
            key,
            spelling,
            identity,
            means,
            source,
            transport,
            request,
            date_ms,
        })
    }
}

fn read_flags(reader: &mut Reader) -> Result<u8, Error> {
    let at = reader.at();
    let flags = reader.u8("note flags")?;
    if flags & !FLAGS != 0 {
        return Err(Error::AboveLimit {
            what: "note flags",
            at,
            counted: flags.into(),
            limit: FLAGS.into(),
        });
    }
    Ok(flags)
}

fn read_spelling(reader: &mut Reader, key: &Key, is_there: bool) -> Result<Bytes, Error> {
    let said = spelling_of(key);
    if !is_there {
        return Ok(said);
    }
    let spelling = take(reader, "note spelling", SPELLING_OCTETS_MAX)?;
    if spelling == said {
        // Two forms of one note would have two digests.
        return Err(Error::Unexpected {
            what: "note spelling",
            expected: "another than that of the key",
        });
    }
    Ok(spelling)
}

fn read_identity(reader: &mut Reader) -> Result<Reference, Error> {
    let identifier = take(reader, "note identity", SPELLING_OCTETS_MAX)?;
    let index = reader.u32("note identity index")?;
    Ok(Reference { identifier, index })
}

/// What a key says by itself, without what tells whose it is.
fn spelling_of(key: &Key) -> Bytes {
    let octets = key.octets();
    let head = match octets.first() {
        Some(&subspace) if subspace == key::Subspace::RECORDS.0 => 2,
        _ => 1,
    };
    octets.slice(head.min(octets.len())..)
}

/// Appends the length in two octets, then the octets.
fn put(out: &mut Vec<u8>, what: &'static str, octets: &[u8], limit: usize) -> Result<(), Error> {
    let length = u16::try_from(octets.len()).ok();
    match length.filter(|_| octets.len() <= limit) {
        Some(length) => {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(octets);
            Ok(())
        }
        None => Err(Error::AboveLimit {
            what,
            at: out.len(),
            counted: octets.len(),
            limit,
        }),
    }
}

fn take(reader: &mut Reader, what: &'static str, limit: usize) -> Result<Bytes, Error> {
    let at = reader.at();
    let counted = usize::from(reader.u16(what)?);
    if counted > limit {
        return Err(Error::AboveLimit {
            what,
            at,
            counted,
            limit,
        });
    }
    reader.take(what, counted)
}
