//! A running node as its fronts in the same process see it: something that answers.
//!
//! Not here: sockets, and what an answer looks like outside the Handle protocol (room `web`).

use crate::answerer::Answerer;
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

    /// Answers a request of somebody on the network; `None` if it deserves no answer.
    ///
    /// May wait for the disk: call it where waiting is allowed.
    pub fn answer(&self, request: &Message) -> Option<Message> {
        self.answerer.answer(request, Origin::Network)
    }

    /// Answers a packet of somebody on the network, also one that is no message.
    pub fn answer_packet(&self, _peer: IpAddr, packet: &Packet) -> Option<Packet> {
        self.answerer.answer_packet(packet)
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
