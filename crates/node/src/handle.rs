//! A running node as its fronts in the same process see it: something that answers.
//!
//! Not here: sockets, and what an answer looks like outside the Handle protocol (room `web`).

use crate::answerer::fronts::again::{Call, OtherCall};
use crate::answerer::fronts::{Begun, SiteSignature};
use crate::answerer::{Answered, Answerer};
use crate::counters::Counted;
use crate::founding;
use crate::metrics::Transport;
use crate::reception::Reception;
use crate::visitor::{Source, Visitor};
use bytes::Bytes;
use engine::Origin;
use engine::authority::{Claim, Known, Unidentified};
use model::site;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::{Envelope, Identity, Message, Opcode, Packet};

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
        let source = Source::connected(address);
        pollster::block_on(self.answerer.identify(claim, source))
    }

    /// Has a front told from now on whose keys have changed, by a question that says whether an
    /// identity is among them: what the front believes because of an earlier proof must be believed
    /// no more when `tell` returns. The change is visible then, and not yet acknowledged.
    ///
    /// `tell` is called on the thread that makes changes durable, which waits for it, and must
    /// neither ask the node anything nor hold this handle.
    pub fn watch_keys(&self, tell: impl Fn(&dyn Fn(&Identity) -> bool) + Send + 'static) {
        self.answerer.watch_keys(Box::new(tell));
    }

    /// Answers a request for a list, which is told name by name until `tell` says it is enough.
    /// The message is the first of the answer, or a refusal.
    ///
    /// Takes time in proportion to the names that are told; a million take about a second.
    pub fn list(
        &self,
        address: IpAddr,
        request: &Message,
        known: Known,
        tell: impl FnMut(Bytes) -> ControlFlow<()>,
    ) -> Option<Message> {
        let started = Instant::now();
        let source = Source::connected(address);
        let answer = self.answerer.list(request, known, source, tell)?;
        self.note(address, request, &answer, started.elapsed());
        Some(answer)
    }

    /// Begins to carry out requests of one who has proven who they are, and waits for none of them.
    /// The requests must not depend on each other: no two about one identifier, none about a prefix
    /// with others under it. At most some thousands at a time: all of them are in memory.
    pub fn begin(&self, address: IpAddr, requests: Vec<Message>, known: &Known) -> Underway {
        self.begin_some(None, address, requests, known)
    }

    /// As [`Handle::begin`], for some of the requests of a call that may come again.
    pub fn begin_in(
        &self,
        call: &mut Call,
        address: IpAddr,
        requests: Vec<Message>,
        known: &Known,
    ) -> Underway {
        self.begin_some(Some(call), address, requests, known)
    }

    fn begin_some(
        &self,
        call: Option<&mut Call>,
        address: IpAddr,
        requests: Vec<Message>,
        known: &Known,
    ) -> Underway {
        let visitor = Visitor::connected(address, site::Transport::HTTP);
        Underway {
            address,
            started: Instant::now(),
            asked: requests.clone(),
            begun: self.answerer.begin_many(requests, known, visitor, call),
        }
    }

    /// Begins a call of many requests that may come again, for half a day at least: what was
    /// answered to each of them is kept with its change, and answered again if the same identity
    /// comes with the same `id` and the same requests, of which `digest` is a digest. Only one
    /// call with an id may be under way at a time; whoever calls this sees to that.
    ///
    /// # Errors
    /// The store cannot be read. Within: the id was used for another body.
    pub fn begin_call(
        &self,
        identity: &Identity,
        id: &str,
        digest: &[u8; 32],
    ) -> Result<Result<Call, OtherCall>, store::Error> {
        self.answerer.begin_call(identity, id, digest)
    }

    /// Ends a call, all of whose requests have been answered. Waits for the disk.
    pub fn end_call(&self, call: Call) {
        self.answerer.end_call(call);
    }

    /// Waits until what was begun is durable; the answers, in the order of the requests.
    pub fn finish(&self, underway: Underway) -> Vec<Message> {
        let Underway {
            address,
            started,
            asked,
            begun,
        } = underway;
        let answers = self.answerer.finish_many(begun);
        let took = started.elapsed();
        for (asked, answer) in asked.iter().zip(&answers) {
            self.note(address, asked, answer, took);
        }
        answers
    }

    /// Signs octets as the site does (RSA PKCS#1 v1.5 or DSA); none if it has no key, or if a
    /// source asks too often. Give it nothing that somebody else has chosen the beginning of:
    /// answers of the protocol are signed with the same key.
    pub fn sign(&self, address: IpAddr, octets: &[u8]) -> Option<SiteSignature> {
        self.answerer.sign(octets, Source::connected(address))
    }

    fn note(&self, address: IpAddr, asked: &Message, answer: &Message, took: Duration) {
        let (asked, answered) = (asked.to_packet(), answer.to_packet());
        self.reception
            .note(Transport::Http, address, &asked, &answered, took);
    }

    fn answer_to(&self, address: IpAddr, request: &Message, origin: &Origin) -> Option<Message> {
        let started = Instant::now();
        let visitor = Visitor::connected(address, site::Transport::HTTP);
        let answer = if request.header.opcode == Opcode::VERIFY_CHALLENGE {
            self.answerer.verify_for_front(request, visitor)?
        } else {
            self.answerer.answer_front(request, origin, visitor)?
        };
        self.note(address, request, &answer, started.elapsed());
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
        while let Some(Answered { packet, more, .. }) = next {
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

/// Requests that are being carried out together, until [`Handle::finish`] gives their answers.
pub struct Underway {
    address: IpAddr,
    started: Instant,
    asked: Vec<Message>,
    begun: Begun,
}
