//! The envelope in front of every message, and the packet they make (RFC 3652 section 2.2.1).
//!
//! | octets | field |
//! | --- | --- |
//! | 1, 1 | version, major and minor |
//! | 1 | three flags, then five bits of the suggested major version |
//! | 1 | suggested minor version |
//! | 4 | session id, 0 for none |
//! | 4 | request id, chosen by the asker and copied into the answer |
//! | 4 | sequence number of a fragment |
//! | 4 | length of the whole message without envelopes |
//!
//! Not here: the cutting into datagrams ([`crate::datagram`]) and out of a connection
//! ([`crate::stream`]).

use crate::{Error, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

/// The length of an envelope.
pub const ENVELOPE_OCTETS: usize = 20;

/// The longest message, header to credential, without its envelope.
///
/// The reference software accepts no longer one. Beyond it: [`Error::MessageLength`].
pub const MESSAGE_OCTETS_MAX: usize = 262_144;

/// The shortest message: a header. The credential's length may be missing in old ones.
pub const MESSAGE_OCTETS_MIN: usize = crate::header::HEADER_OCTETS;

/// What every packet starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// The version the message is written in.
    pub version: Version,
    /// Compressed, encrypted, a fragment.
    pub flags: EnvelopeFlags,
    /// The newest version the sender would like; major 0 if it has no wish. Five bits of major.
    pub suggested: Version,
    /// The session or challenge the message belongs to, 0 for none.
    pub session_id: u32,
    /// Pairs answers with requests.
    pub request_id: u32,
    /// The fragment's number from 0; 0 in whole messages.
    pub sequence: u32,
    /// The length of the whole message in octets, also in each of its fragments.
    pub message_length: u32,
}

/// The flags of an envelope: three bits, the others belong to the suggested version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeFlags(pub u8);

impl EnvelopeFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The message is compressed; never defined, always refused.
    pub const COMPRESSED: Self = Self(0x80);
    /// The message is encrypted with the session's key.
    pub const ENCRYPTED: Self = Self(0x40);
    /// The packet is one fragment of a message.
    pub const FRAGMENT: Self = Self(0x20);

    const ALL: u8 = 0xe0;

    /// Whether the flag is set.
    pub fn contains(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

impl Envelope {
    /// Reads an envelope; any octets are one.
    ///
    /// # Errors
    /// Fewer than [`ENVELOPE_OCTETS`] are left.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        let version = Version::new(reader.u8("major version")?, reader.u8("minor version")?);
        let mixed = reader.u8("envelope flags")?;
        Ok(Self {
            version,
            flags: EnvelopeFlags(mixed & EnvelopeFlags::ALL),
            suggested: Version::new(mixed & !EnvelopeFlags::ALL, reader.u8("suggested minor")?),
            session_id: reader.u32("session id")?,
            request_id: reader.u32("request id")?,
            sequence: reader.u32("sequence number")?,
            message_length: reader.u32("message length")?,
        })
    }

    /// Appends the envelope's octets.
    pub fn put(&self, out: &mut Vec<u8>) {
        let mixed = self.flags.0 | self.suggested.major & !EnvelopeFlags::ALL;
        out.extend_from_slice(&[self.version.major, self.version.minor]);
        out.extend_from_slice(&[mixed, self.suggested.minor]);
        out.extend_from_slice(&self.session_id.to_be_bytes());
        out.extend_from_slice(&self.request_id.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.message_length.to_be_bytes());
    }

    /// The announced length of the whole message, if it is within the limits.
    ///
    /// # Errors
    /// [`Error::MessageLength`].
    pub fn checked_length(&self) -> Result<usize, Error> {
        self.length_up_to(MESSAGE_OCTETS_MAX)
    }

    /// The announced length of the whole message, if it is at most `max`.
    ///
    /// # Errors
    /// [`Error::MessageLength`].
    pub fn length_up_to(&self, max: usize) -> Result<usize, Error> {
        let octets = self.message_length as usize;
        if (MESSAGE_OCTETS_MIN..=max).contains(&octets) {
            return Ok(octets);
        }
        Err(Error::MessageLength {
            octets,
            min: MESSAGE_OCTETS_MIN,
            max,
        })
    }
}

/// One whole message as it travels: an envelope and as many octets as it announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The envelope, with its length equal to the payload's.
    pub envelope: Envelope,
    /// Header, body and credential, perhaps encrypted.
    pub payload: Bytes,
}

impl Packet {
    /// Reads octets that are exactly one packet.
    ///
    /// # Errors
    /// [`Error::MessageLength`] outside the limits, [`Error::PayloadLength`] if the payload is not
    /// as long as announced, [`Error::Field`] if there is no whole envelope.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let envelope = Envelope::read(&mut reader)?;
        let announced = envelope.checked_length()?;
        let payload = reader.rest();
        if payload.len() != announced {
            return Err(Error::PayloadLength {
                announced,
                received: payload.len(),
            });
        }
        Ok(Self { envelope, payload })
    }

    /// The packet's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(ENVELOPE_OCTETS + self.payload.len());
        self.envelope.put(&mut out);
        out.extend_from_slice(&self.payload);
        out.into()
    }
}
