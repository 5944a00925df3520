//! Messages over UDP: cut into datagrams of at most 512 octets and put together again.
//!
//! RFC 3652 section 2.3: every fragment has an envelope of its own that differs only in its
//! sequence number; all but the last are full. Not here: how long to wait for a fragment, which
//! needs a clock (room `engine`).

use crate::envelope::ENVELOPE_OCTETS;
use crate::{Envelope, EnvelopeFlags, Error, Packet};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

#[cfg(test)]
mod tests;

/// The longest datagram that is sent.
pub const DATAGRAM_OCTETS_MAX: usize = 512;

/// How many octets of a message each datagram but the last carries.
pub const PIECE_OCTETS: usize = DATAGRAM_OCTETS_MAX - ENVELOPE_OCTETS;

/// Cuts a packet into datagrams: one, as it is, if it fits.
///
/// ```
/// # use wire::{Envelope, EnvelopeFlags, Packet, Version, datagram::fragments};
/// # let envelope = Envelope {
/// #     version: Version::NEWEST, flags: EnvelopeFlags::NONE, suggested: Version::NEWEST,
/// #     session_id: 0, request_id: 7, sequence: 0, message_length: 1000,
/// # };
/// let packet = Packet { envelope, payload: vec![0; 1000].into() };
/// let lengths: Vec<usize> = fragments(&packet).map(|datagram| datagram.len()).collect();
/// assert_eq!(lengths, [512, 512, 36]);
/// ```
pub fn fragments(packet: &Packet) -> impl Iterator<Item = Bytes> + '_ {
    let length = packet.payload.len();
    let flags = if length > PIECE_OCTETS {
        EnvelopeFlags(packet.envelope.flags.0 | EnvelopeFlags::FRAGMENT.0)
    } else {
        packet.envelope.flags
    };
    (0..pieces_count(length)).map(move |sequence| {
        let start = sequence * PIECE_OCTETS;
        let piece = packet
            .payload
            .slice(start..length.min(start + PIECE_OCTETS));
        let envelope = Envelope {
            flags,
            sequence: sequence as u32,
            ..packet.envelope
        };
        let mut out = Vec::with_capacity(DATAGRAM_OCTETS_MAX);
        envelope.put(&mut out);
        out.extend_from_slice(&piece);
        out.into()
    })
}

fn pieces_count(message_octets: usize) -> usize {
    message_octets.div_ceil(PIECE_OCTETS).max(1)
}

/// One datagram, read: a whole packet or a fragment of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datagram {
    /// The message is complete.
    Whole(Packet),
    /// A piece of a longer message.
    Fragment(Fragment),
}

/// One piece of a message, known to fit where it says it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    envelope: Envelope,
    piece: Bytes,
}

impl Datagram {
    /// Reads one datagram.
    ///
    /// That a message is cut shows from its announced length alone: peers before 9.3 of the
    /// reference software do not mark fragments.
    ///
    /// # Errors
    /// [`Error::MessageLength`], [`Error::PayloadLength`] if a short message is cut,
    /// [`Error::Fragment`] if a piece has the wrong length for its place.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let envelope = Envelope::read(&mut reader)?;
        let announced = envelope.checked_length()?;
        let piece = reader.rest();
        if envelope.sequence == 0 && piece.len() == announced {
            return Ok(Self::Whole(Packet {
                envelope: whole(envelope),
                payload: piece,
            }));
        }
        if announced <= PIECE_OCTETS {
            return Err(Error::PayloadLength {
                announced,
                received: piece.len(),
            });
        }
        let start = (envelope.sequence as usize).saturating_mul(PIECE_OCTETS);
        if start >= announced || piece.len() != PIECE_OCTETS.min(announced - start) {
            return Err(Error::Fragment {
                sequence: envelope.sequence,
                announced,
            });
        }
        Ok(Self::Fragment(Fragment { envelope, piece }))
    }
}

/// The envelope of the message that fragments with this envelope make up.
fn whole(envelope: Envelope) -> Envelope {
    Envelope {
        flags: EnvelopeFlags(envelope.flags.0 & !EnvelopeFlags::FRAGMENT.0),
        sequence: 0,
        ..envelope
    }
}

impl Fragment {
    /// The envelope as it came.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

/// A message of which some fragments have come.
#[derive(Debug, Clone)]
pub struct Assembly {
    envelope: Envelope,
    pieces: Vec<Option<Bytes>>,
    missing: usize,
}

impl Assembly {
    /// Starts with any fragment of the message.
    pub fn new(first: Fragment) -> Self {
        let count = pieces_count(first.envelope.message_length as usize);
        let mut assembly = Self {
            envelope: whole(first.envelope),
            pieces: vec![None; count],
            missing: count,
        };
        assembly.put(first);
        assembly
    }

    /// Adds a fragment; says whether it was new, for a second copy of one changes nothing.
    ///
    /// # Errors
    /// Gives the fragment back if its envelope is not that of the others.
    pub fn add(&mut self, fragment: Fragment) -> Result<bool, Box<Fragment>> {
        if whole(fragment.envelope) != self.envelope {
            return Err(Box::new(fragment));
        }
        Ok(self.put(fragment))
    }

    fn put(&mut self, fragment: Fragment) -> bool {
        let place = self.pieces.get_mut(fragment.envelope.sequence as usize);
        let Some(place @ None) = place else {
            return false;
        };
        *place = Some(fragment.piece);
        self.missing -= 1;
        true
    }

    /// The message, once every fragment has come.
    pub fn packet(&self) -> Option<Packet> {
        (self.missing == 0).then(|| {
            let pieces: Vec<&[u8]> = self.pieces.iter().flatten().map(AsRef::as_ref).collect();
            Packet {
                envelope: self.envelope,
                payload: pieces.concat().into(),
            }
        })
    }
}
