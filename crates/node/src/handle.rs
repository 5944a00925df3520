//! A running node as its fronts in the same process see it: something that answers.
//!
//! Not here: sockets, and what an answer looks like outside the Handle protocol (room `web`).

use crate::answerer::{Answerer, Source};
use crate::counters::Counted;
use engine::Origin;
use std::net::IpAddr;
use std::sync::Arc;
use wire::{Envelope, Message, Packet};

/// Asks the node without a socket between. Cheap to clone; a node that has stopped no longer
/// closes its store by itself while one of these is held.
#[derive(Clone)]
pub struct Handle {
    answerer: Arc<Answerer>,
}

impl Handle {
    pub(crate) fn new(answerer: &Arc<Answerer>) -> Self {
        Self {
            answerer: Arc::clone(answerer),
        }
    }

    /// Answers a request of somebody at an address; `None` if it deserves no answer.
    ///
    /// Signatures and challenges, which cost something, are limited for each address. May wait for
    /// the disk: call it where waiting is allowed.
    pub fn answer(&self, address: IpAddr, request: &Message) -> Option<Message> {
        let source = Source::of(address);
        self.answerer.answer(request, Origin::Network, source)
    }

    /// Answers a packet of somebody at an address, also one that is no message.
    pub fn answer_packet(&self, address: IpAddr, packet: &Packet) -> Option<Packet> {
        self.answerer.answer_packet(packet, Source::of(address))
    }

    /// Answers octets that are no packet, whose envelope could be read.
    pub fn refuse(&self, envelope: &Envelope, error: &wire::Error) -> Packet {
        self.answerer.refuse(envelope, error).to_packet()
    }

    /// What has happened so far.
    pub fn counted(&self) -> Counted {
        self.answerer.counters().read()
    }
}
