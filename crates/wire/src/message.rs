//! Whole messages: envelope fields, header, body and what follows the body.
//!
//! Not here: what a body says ([`crate::request`], [`crate::response`]).

use crate::header::HEADER_OCTETS;
use crate::{Envelope, EnvelopeFlags, Error, Header, Packet};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

pub mod fuzz;
#[cfg(test)]
mod tests;

/// The tail of a message without a credential: a length of zero.
pub const NO_CREDENTIAL: &[u8] = &[0; 4];

/// One message, not encrypted. Decoding and encoding are exact inverses.
///
/// ```
/// use wire::{Message, Opcode};
///
/// // A client of the field asks for all public values of 20.500.99999/abc.
/// let octets = b"\x02\x0b\x02\x0b\0\0\0\0\x01\x02\x03\x04\0\0\0\0\0\0\0\x38\
///     \0\0\0\x01\0\0\0\0\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\x1c\
///     \0\0\0\x1020.500.99999/abc\0\0\0\0\0\0\0\0\0\0\0\0";
/// let message = Message::decode(bytes::Bytes::from_static(octets))?;
/// assert_eq!(message.header.opcode, Opcode::RESOLUTION);
/// assert_eq!(message.encode(), &octets[..]);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The envelope; its length is set when the message is encoded.
    pub envelope: Envelope,
    /// The header.
    pub header: Header,
    /// The body.
    pub body: Bytes,
    /// What follows the body: the credential's length and octets, at least [`NO_CREDENTIAL`].
    pub tail: Bytes,
}

impl Message {
    /// Takes a packet's payload apart.
    ///
    /// # Errors
    /// [`Error::Compressed`], [`Error::Encrypted`], or [`Error::Field`] if the body is not all
    /// there.
    pub fn from_packet(packet: &Packet) -> Result<Self, Error> {
        if packet.envelope.flags.contains(EnvelopeFlags::COMPRESSED) {
            return Err(Error::Compressed);
        }
        if packet.envelope.flags.contains(EnvelopeFlags::ENCRYPTED) {
            return Err(Error::Encrypted);
        }
        let mut reader = Reader::new(packet.payload.clone());
        let (header, body_octets) = Header::read(&mut reader)?;
        Ok(Self {
            envelope: packet.envelope,
            header,
            body: reader.take("body", body_octets)?,
            tail: reader.rest(),
        })
    }

    /// Reads octets that are exactly one packet with one message.
    ///
    /// # Errors
    /// As [`Packet::decode`] and [`Message::from_packet`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        Self::from_packet(&Packet::decode(octets)?)
    }

    /// The message as a packet, whose envelope says how long it is.
    pub fn to_packet(&self) -> Packet {
        let mut payload = Vec::with_capacity(HEADER_OCTETS + self.body.len() + self.tail.len());
        self.header.put(&mut payload, self.body.len());
        payload.extend_from_slice(&self.body);
        payload.extend_from_slice(&self.tail);
        let envelope = Envelope {
            message_length: payload.len() as u32,
            ..self.envelope
        };
        Packet {
            envelope,
            payload: payload.into(),
        }
    }

    /// The message's octets, as one packet.
    pub fn encode(&self) -> Bytes {
        self.to_packet().encode()
    }

    /// The octets that a digest of this message covers: header and body as they came.
    pub fn digested_octets(&self) -> Bytes {
        self.to_packet()
            .payload
            .slice(..HEADER_OCTETS + self.body.len())
    }
}
