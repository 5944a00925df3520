//! Messages over TCP: one packet after the other, never cut (RFC 3652 section 2.3).
//!
//! Not here: reading the socket.

use crate::envelope::{ENVELOPE_OCTETS, MESSAGE_OCTETS_MAX};
use crate::{Envelope, Error, Packet};
use bytes::{Bytes, BytesMut};
use model::octets::Reader;

#[cfg(test)]
mod tests;

/// Cuts the octets of a connection into packets, however they arrive.
///
/// Holds at most one announced packet and what was pushed beyond it.
#[derive(Debug)]
pub struct PacketStream {
    octets: BytesMut,
    message_octets_max: usize,
}

/// Packets of at most [`MESSAGE_OCTETS_MAX`], as everywhere in the field.
impl Default for PacketStream {
    fn default() -> Self {
        Self::up_to(MESSAGE_OCTETS_MAX)
    }
}

impl PacketStream {
    /// Packets of messages of at most so many octets without their envelopes. Some clients send
    /// longer ones than [`MESSAGE_OCTETS_MAX`], to those who are told to take them.
    pub fn up_to(message_octets_max: usize) -> Self {
        Self {
            octets: BytesMut::new(),
            message_octets_max,
        }
    }

    /// Adds octets as they came.
    pub fn push(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Takes the next packet if all of it is there.
    ///
    /// # Errors
    /// [`Error::MessageLength`]: where the next packet would start cannot be known, so the
    /// connection is of no more use.
    pub fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        let Some(envelope) = self.octets.first_chunk::<ENVELOPE_OCTETS>() else {
            return Ok(None);
        };
        let head = Bytes::copy_from_slice(envelope);
        let envelope = Envelope::read(&mut Reader::new(head))?;
        let octets = ENVELOPE_OCTETS + envelope.length_up_to(self.message_octets_max)?;
        if self.octets.len() < octets {
            return Ok(None);
        }
        let packet = self.octets.split_to(octets).freeze();
        Ok(Some(Packet {
            envelope,
            payload: packet.slice(ENVELOPE_OCTETS..),
        }))
    }

    /// Whether the octets so far end between two packets.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The octets behind the last packet: of a stream that follows it on the connection.
    pub fn into_rest(self) -> Bytes {
        self.octets.freeze()
    }

    /// What is wrong if nothing more comes: a message that has begun lacks its end. `None` if none
    /// has, as far as that can be known without its envelope.
    pub fn cut_off(&self) -> Option<Error> {
        let envelope = self.envelope()?;
        Some(Error::PayloadLength {
            announced: envelope.message_length as usize,
            received: self.octets.len().saturating_sub(ENVELOPE_OCTETS),
        })
    }

    /// The envelope at the front, if it is all there; it tells whom to answer when
    /// [`PacketStream::next_packet`] has failed.
    pub fn envelope(&self) -> Option<Envelope> {
        let head = self.octets.first_chunk::<ENVELOPE_OCTETS>()?;
        Envelope::read(&mut Reader::new(Bytes::copy_from_slice(head))).ok()
    }
}
