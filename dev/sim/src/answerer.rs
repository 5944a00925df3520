//! The node: from octets to octets as the real one does it, with a map for its storage.
//!
//! Not here: what to answer (`engine::Authority`), the network between.

use crate::planted::{Bug, Planted};
use crate::workload::Registration;
use crate::world::Host;
use bytes::Bytes;
use engine::authority::{OwnSite, Settings, refuse};
use engine::challenges::{ChallengeLimits, Chance};
use engine::inbox::Refused;
use engine::question::creation;
use engine::{Answer, Authority, Challenges, Date, Inbox, Moment, Origin, Step};
use model::{Change, Key, SuffixCase};
use std::collections::BTreeMap;
use wire::datagram::PIECE_OCTETS;
use wire::stream::PacketStream;
use wire::{Message, OpFlags, Packet, ResponseCode};

/// The longest answer that is sent over UDP: three full datagrams.
///
/// Beyond it nothing is sent, and the asker's timers take it to TCP: a stranger who writes
/// somebody else's address under a question has little sent to him.
pub(crate) const UDP_ANSWER_OCTETS_MAX: usize = 3 * PIECE_OCTETS;

/// The one node of the simulation.
pub(crate) struct Answerer {
    authority: Authority<crypto::Provider>,
    challenges: Challenges<Host>,
    stored: BTreeMap<Key, Bytes>,
    inbox: Inbox<Host>,
    connections: BTreeMap<Host, PacketStream>,
    planted: Planted,
}

/// What the node made of a packet that was all there.
#[derive(Debug)]
pub(crate) struct Handled {
    /// The message it was; `None` if it was none.
    pub(crate) request: Option<Message>,
    /// The message that answers it, if one does.
    pub(crate) answer: Option<Message>,
    /// What the answer had to change in the records first.
    pub(crate) change: Change,
}

impl Answerer {
    /// A node without records.
    pub(crate) fn new(suffix_case: SuffixCase, bug: Option<Bug>) -> Self {
        Self {
            authority: Authority {
                digests: crypto::Provider,
                settings: Settings {
                    suffix_case,
                    site: OwnSite::without_record(7, true),
                    ..Settings::default()
                },
            },
            challenges: Challenges::new(ChallengeLimits::default()),
            stored: BTreeMap::new(),
            inbox: Inbox::new(),
            connections: BTreeMap::new(),
            planted: Planted::new(bug),
        }
    }

    /// Registers an identifier, or replaces what is registered, as the operator does it.
    pub(crate) fn register(&mut self, registration: &Registration, date: Date) -> ResponseCode {
        let Registration { identifier, values } = registration;
        let request = creation(identifier, values, OpFlags::OVERWRITE, 0, date);
        let step = self.authority.start(&request, Origin::Local, date);
        let answer = drive(step, |key| self.stored.get(key).cloned());
        answer.map_or(ResponseCode::REQUEST, |answer| {
            self.carry_out(&answer.change);
            answer.message.header.response_code
        })
    }

    /// One thread reads and writes, so nothing can come between a plan and its change.
    fn carry_out(&mut self, change: &Change) {
        for precondition in &change.preconditions {
            let stored = self.stored.get(&precondition.key);
            assert_eq!(stored, precondition.seen.as_ref(), "nobody else writes");
        }
        for write in &change.writes {
            if !self.planted.writes(self.stored.contains_key(&write.key)) {
                continue;
            }
            match &write.octets {
                Some(octets) => self.stored.insert(write.key.clone(), octets.clone()),
                None => self.stored.remove(&write.key),
            };
        }
    }

    /// Takes a datagram; what it completes is answered.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Moment,
        date: Date,
        peer: Host,
        octets: &Bytes,
    ) -> Option<Handled> {
        let now = self.planted.inbox_moment(now);
        let peer = self.planted.peer(peer);
        match self.inbox.handle_datagram(now, peer, octets) {
            Ok(None) => None,
            Ok(Some(packet)) => Some(self.answer(&packet, peer, date)),
            Err(Refused { envelope, error }) => {
                let refusal = refuse(&envelope?, &error, date);
                Some(Handled::refused(refusal))
            }
        }
    }

    /// Takes octets of a connection; each packet they complete is answered. What cannot be a
    /// packet ends the connection.
    pub(crate) fn handle_chunk(&mut self, date: Date, peer: Host, octets: &[u8]) -> Vec<Handled> {
        let mut stream = self.connections.remove(&peer).unwrap_or_default();
        stream.push(octets);
        let mut handled = Vec::new();
        loop {
            match stream.next_packet() {
                Ok(Some(packet)) => handled.push(self.answer(&packet, peer, date)),
                Ok(None) => break,
                Err(error) => {
                    let refuse = |envelope| refuse(&envelope, &error, date);
                    let refusal = stream.envelope().map(refuse);
                    handled.extend(refusal.map(Handled::refused));
                    return handled;
                }
            }
        }
        self.connections.insert(peer, stream);
        handled
    }

    fn answer(&mut self, packet: &Packet, peer: Host, date: Date) -> Handled {
        let request = match Message::from_packet(packet) {
            Ok(request) => request,
            Err(error) => {
                let refusal = refuse(&packet.envelope, &error, date);
                return Handled::refused(refusal);
            }
        };
        let mut asked = self.authority.clone();
        let suffix_case = asked.settings.suffix_case;
        asked.settings.suffix_case = self.planted.suffix_case(suffix_case);
        let shown = self.planted.request(request.clone());
        let step = asked.start(&shown, Origin::Network, date);
        let fetch = |key: &Key| {
            let stored = self.stored.get(key).cloned();
            stored.map(|octets| self.planted.found(octets))
        };
        let Some(Answer {
            mut message,
            change,
            is_challenge,
            ..
        }) = drive(step, fetch)
        else {
            return Handled::ignored(request);
        };
        if is_challenge && let Some(challenge) = self.challenge(&shown, peer, date) {
            message = challenge;
        }
        self.carry_out(&change);
        Handled {
            answer: Some(self.planted.answer(&request, message)),
            request: Some(request),
            change,
        }
    }

    /// Challenges a question, as every node does; the chance in it is that of the question.
    fn challenge(&mut self, request: &Message, peer: Host, date: Date) -> Option<Message> {
        let chance = Chance {
            id: request.envelope.request_id,
            nonce: [7; wire::challenge::NONCE_OCTETS],
        };
        let now = Moment(u64::from(date.0) * 1000);
        let id = self
            .challenges
            .issue(peer, request, chance, now, |_| false)?;
        Some(self.authority.challenge(request, id, &chance.nonce, date))
    }

    /// When [`Answerer::handle_timeout`] has something to do, if ever.
    pub(crate) fn poll_timeout(&self) -> Option<Moment> {
        self.inbox.poll_timeout()
    }

    /// Forgets messages that have been incomplete for too long.
    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        self.inbox.handle_timeout(self.planted.inbox_moment(now));
    }

    /// Whether a message is short enough to be sent over UDP.
    pub(crate) fn fits_datagrams(&self, message: &Message) -> bool {
        message.to_packet().payload.len() <= self.planted.udp_answer_octets_max()
    }

    /// The messages that are incomplete, for those who count.
    pub(crate) fn waiting(&self) -> Vec<(Host, u32)> {
        self.inbox.waiting()
    }
}

impl Handled {
    fn refused(refusal: Message) -> Self {
        Self {
            request: None,
            answer: Some(refusal),
            change: Change::default(),
        }
    }

    fn ignored(request: Message) -> Self {
        Self {
            request: Some(request),
            answer: None,
            change: Change::default(),
        }
    }
}

/// Drives a plan to its end, as every node does; `None` if it deserves no answer.
fn drive(mut step: Step, fetch: impl Fn(&Key) -> Option<Bytes>) -> Option<Answer> {
    loop {
        match step {
            Step::Fetch(plan) => {
                let found = plan.keys().iter().map(&fetch).collect();
                step = plan.resume(found);
            }
            Step::Answer(answer) => return Some(*answer),
            // Nobody administers here yet, so of the others none comes.
            Step::Ignore(_) | Step::Scan(_) | Step::Ask(_) | Step::Identified(_) => return None,
        }
    }
}
