//! A running node as its fronts in the same process see it: something that answers.
//!
//! Not here: sockets, and what an answer looks like outside the Handle protocol (room `web`).

use crate::answerer::{Answered, Answerer, Source, Visitor};
use crate::counters::Counted;
use crate::founding;
use crate::metrics::Transport;
use crate::reception::Reception;
use engine::Origin;
use engine::authority::{Claim, Known, Unidentified};
use model::site;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use wire::{Envelope, Message, Packet};

/// How long a list may be that is answered through HTTP, in octets: some 600,000 identifiers. It is
/// held in memory; over TCP, lists of any length come piece by piece.
const LISTED_OCTETS_MAX: usize = 16 << 20;

/// Asks the node without a socket between. Cheap to clone; a node that has stopped no longer
/// closes its store by itself while one of these is held.
#[derive(Clone)]
pub struct Handle {
    answerer: Arc<Answerer>,
    reception: Arc<Reception>,
}

impl Handle {
    pub(crate) fn new(answerer: &Arc<Answerer>, reception: &Arc<Reception>) -> Self {
        Self {
            answerer: Arc::clone(answerer),
            reception: Arc::clone(reception),
        }
    }

    /// Whether somebody may ask one more question now; if so, it counts. Ask this once for every
    /// question, with the address of who asks and not of a proxy between.
    pub fn admits(&self, peer: IpAddr) -> bool {
        self.reception.admits(Transport::Http, peer)
    }

    /// Answers a request of somebody at an address; `None` if it deserves no answer. The answer is
    /// not signed, and a challenge cannot be answered.
    ///
    /// May wait for the disk: call it where waiting is allowed.
    pub fn answer(&self, address: IpAddr, request: &Message) -> Option<Message> {
        self.answer_to(address, request, &Origin::Network)
    }

    /// Answers a request of somebody at an address who has proven who they are.
    pub fn answer_known(
        &self,
        address: IpAddr,
        request: &Message,
        known: Known,
    ) -> Option<Message> {
        self.answer_to(address, request, &Origin::Known(known))
    }

    /// Finds out whether somebody at an address is who they claim to be. Costs some milliseconds
    /// of work if they show a secret, and may ask other nodes.
    ///
    /// # Errors
    /// What to tell them, and the code of the Handle protocol for it.
    pub fn identify(&self, address: IpAddr, claim: Claim) -> Result<Known, Unidentified> {
        self.answerer.identify(claim, Source::connected(address))
    }

    fn answer_to(&self, address: IpAddr, request: &Message, origin: &Origin) -> Option<Message> {
        let started = Instant::now();
        let visitor = Visitor::connected(address, site::Transport::HTTP);
        let answer = self.answerer.answer_front(request, origin, visitor)?;
        let (asked, answered) = (request.to_packet(), answer.to_packet());
        let took = started.elapsed();
        self.reception
            .note(Transport::Http, address, &asked, &answered, took);
        Some(answer)
    }

    /// Answers a packet of somebody at an address, also one that is no message: with one packet, or
    /// with several for a long list, whose payloads have at most 16 MiB
    /// together; of a longer one the first.
    pub fn answer_packet(&self, address: IpAddr, packet: &Packet) -> Vec<Packet> {
        let answering = self.reception.answer(Transport::Http, address, packet);
        let mut next = pollster::block_on(answering);
        let mut packets = Vec::new();
        let mut octets = 0;
        while let Some(Answered { packet, more }) = next {
            octets += packet.payload.len();
            packets.push(packet);
            let more = more.filter(|_| octets < LISTED_OCTETS_MAX);
            next = more.and_then(|more| self.reception.more(more));
        }
        packets
    }

    /// Answers that there is no time for a packet of somebody at an address who was not
    /// [admitted](Self::admits); nothing is done.
    pub fn turn_away(&self, address: IpAddr, packet: &Packet) -> Option<Packet> {
        self.reception.turn_away(Transport::Http, address, packet)
    }

    /// Answers octets of somebody at an address that are no packet, whose envelope could be read.
    pub fn refuse(&self, address: IpAddr, envelope: &Envelope, error: &wire::Error) -> Packet {
        let transport = Transport::Http;
        self.reception.refuse(transport, address, envelope, error)
    }

    /// Counts octets of somebody at an address that should be a packet and have not even an
    /// envelope.
    pub fn ignore(&self, address: IpAddr) {
        self.reception.ignore(Transport::Http, address);
    }

    /// Whether the node can answer: it does not stop, and its store can be read.
    pub fn is_ready(&self) -> bool {
        let key = founding::root_home();
        !self.reception.is_stopping() && self.answerer.store().view().get(&key).is_ok()
    }

    /// The node's numbers as Prometheus reads them (`OpenMetrics` text).
    pub fn metrics(&self) -> String {
        self.reception.metrics()
    }

    /// What has happened so far.
    pub fn counted(&self) -> Counted {
        self.answerer.counters().read()
    }
}
