//! Puts fragments from many peers together, within limits of number, memory and time.
//!
//! Not here: what a fragment looks like (`wire::datagram`).

use crate::Moment;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use core::time::Duration;
use model::octets::Reader;
use wire::datagram::{Assembly, Datagram, Fragment};
use wire::{Envelope, Error, Packet};

#[cfg(test)]
mod tests;

/// How many messages of one peer may be incomplete at a time.
///
/// A client of the field has one or two. Beyond it the peer's oldest is forgotten.
pub const ASSEMBLIES_PER_PEER_MAX: usize = 4;

/// How many messages of all peers together may be incomplete at a time.
///
/// Each may grow to 256 KiB, so all hold 64 MiB at most. Beyond it the oldest is forgotten.
pub const ASSEMBLIES_COUNT_MAX: usize = 256;

/// How long a message may wait for its next fragment: all leave together, so a missing one is
/// lost. Beyond it the message is forgotten; its sender asks again by its own timers.
pub const ASSEMBLY_AGE_MAX: Duration = Duration::from_secs(2);

/// The messages that are not complete yet, by peer and request id. `P` names a peer.
#[derive(Debug)]
pub struct Inbox<P> {
    waiting: BTreeMap<(P, u32), Waiting>,
}

#[derive(Debug)]
struct Waiting {
    assembly: Assembly,
    /// When the last piece came that was new.
    since: Moment,
}

impl Waiting {
    fn new(now: Moment, fragment: Fragment) -> Self {
        Self {
            assembly: Assembly::new(fragment),
            since: now,
        }
    }
}

/// Why a datagram was refused, and whom to tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    /// The datagram's envelope; `None` if it had not even that: then nobody can be told.
    pub envelope: Option<Envelope>,
    /// What is wrong with it.
    pub error: Error,
}

impl<P: Ord + Clone> Inbox<P> {
    /// An inbox that waits for nothing.
    pub fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
        }
    }

    /// Takes a datagram; gives the message that it completes, if it does.
    ///
    /// # Errors
    /// [`Refused`] if the octets are no datagram.
    pub fn handle_datagram(
        &mut self,
        now: Moment,
        peer: P,
        octets: &Bytes,
    ) -> Result<Option<Packet>, Refused> {
        let refused = |error| Refused {
            envelope: Envelope::read(&mut Reader::new(octets.clone())).ok(),
            error,
        };
        match Datagram::decode(octets.clone()).map_err(refused)? {
            Datagram::Whole(packet) => Ok(Some(packet)),
            Datagram::Fragment(fragment) => Ok(self.handle_fragment(now, peer, fragment)),
        }
    }

    fn handle_fragment(&mut self, now: Moment, peer: P, fragment: Fragment) -> Option<Packet> {
        self.handle_timeout(now);
        let key = (peer, fragment.envelope().request_id);
        self.add(now, &key, fragment);
        let packet = self.waiting.get(&key)?.assembly.packet()?;
        self.waiting.remove(&key);
        Some(packet)
    }

    fn add(&mut self, now: Moment, key: &(P, u32), fragment: Fragment) {
        let Some(waiting) = self.waiting.get_mut(key) else {
            self.make_room(&key.0);
            self.waiting
                .insert(key.clone(), Waiting::new(now, fragment));
            return;
        };
        match waiting.assembly.add(fragment) {
            Ok(true) => waiting.since = now,
            Ok(false) => (),
            // One of the two was changed on its way, or the message was written anew between two
            // tries: the newer counts, lest one bad fragment spoil all that follow.
            Err(newer) => *waiting = Waiting::new(now, *newer),
        }
    }

    /// Forgets the oldest messages until one more of `peer` is within the limits.
    fn make_room(&mut self, peer: &P) {
        let of_peer = self
            .waiting
            .keys()
            .filter(|(other, _)| other == peer)
            .count();
        if of_peer >= ASSEMBLIES_PER_PEER_MAX {
            self.forget_oldest(|(other, _)| other == peer);
        }
        if self.waiting.len() >= ASSEMBLIES_COUNT_MAX {
            self.forget_oldest(|_| true);
        }
    }

    fn forget_oldest(&mut self, among: impl Fn(&(P, u32)) -> bool) {
        let candidates = self.waiting.iter().filter(|(key, _)| among(key));
        let oldest = candidates.min_by_key(|(_, waiting)| waiting.since);
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            self.waiting.remove(&key);
        }
    }

    /// When [`Inbox::handle_timeout`] has something to do, if ever.
    pub fn poll_timeout(&self) -> Option<Moment> {
        let oldest = self.waiting.values().map(|waiting| waiting.since).min();
        oldest.map(|since| since + ASSEMBLY_AGE_MAX)
    }

    /// Forgets what has been incomplete for too long.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.waiting
            .retain(|_, waiting| waiting.since + ASSEMBLY_AGE_MAX > now);
    }

    /// The request ids that are waited for, by peer; for those who count.
    pub fn waiting(&self) -> Vec<(P, u32)> {
        self.waiting.keys().cloned().collect()
    }
}

impl<P: Ord + Clone> Default for Inbox<P> {
    fn default() -> Self {
        Self::new()
    }
}
