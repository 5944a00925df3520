//! Somebody who asks in datagrams: again after a while, and from the beginning with the same
//! request when a challenge is no longer known.

use super::{Act, Outcome};
use crate::administration::cryptography::{Pen, Seeded};
use crate::administration::orders::Plan;
use bytes::Bytes;
use engine::administrator::{Means, Order};
use engine::exchange::{Answered, Channel, TRY_TIMEOUTS, believe};
use engine::proofs::{covered, prove_by_key, prove_by_secret};
use engine::question::MESSAGE_LIFE_SECONDS;
use engine::{Cryptography, Date, Inbox, Moment};
use std::collections::VecDeque;
use std::time::Duration;
use wire::challenge::ChallengeResponse;
use wire::datagram::fragments;
use wire::{Answer, Identity, Message, OpFlags, Opcode, ResponseCode};

/// How often somebody begins with an order before he gives up.
const ATTEMPTS_COUNT_MAX: usize = 6;

/// Somebody without a line.
pub(crate) struct Sender {
    provider: Seeded,
    identity: Identity,
    means: Means<Pen>,
    orders: VecDeque<(Duration, Order)>,
    next: Option<Moment>,
    asking: Option<Asking>,
    inbox: Inbox<()>,
    clock_ahead_seconds: i32,
}

struct Asking {
    request: Message,
    /// The answer to its challenge, once there was one.
    proof: Option<Message>,
    attempts: usize,
    tries: usize,
    deadline: Moment,
}

impl Sender {
    pub(crate) fn new(plan: Plan, provider: Seeded) -> Self {
        let orders: VecDeque<_> = plan.orders.into();
        Self {
            provider,
            identity: plan.claims.identity(),
            means: plan.person.means(plan.claims),
            next: orders.front().map(|(rest, _)| Moment(0) + *rest),
            orders,
            asking: None,
            inbox: Inbox::new(),
            clock_ahead_seconds: plan.clock_ahead_seconds,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Moment> {
        match &self.asking {
            Some(asking) => Some(asking.deadline),
            None => self.next,
        }
    }

    fn own(&self, date: Date) -> Date {
        Date(date.0.saturating_add_signed(self.clock_ahead_seconds))
    }

    pub(crate) fn handle_timeout(&mut self, now: Moment, date: Date) -> Vec<Act> {
        let Some(asking) = &mut self.asking else {
            return self.begin(now, date);
        };
        if asking.deadline > now {
            return Vec::new();
        }
        asking.tries += 1;
        match TRY_TIMEOUTS.get(asking.tries) {
            Some(&timeout) => {
                asking.deadline = now + timeout;
                self.send()
            }
            None => self.begin_again(now),
        }
    }

    fn begin(&mut self, now: Moment, date: Date) -> Vec<Act> {
        if self.next.is_none_or(|next| next > now) {
            return Vec::new();
        }
        let Some((_, order)) = self.orders.pop_front() else {
            return Vec::new();
        };
        let [a, b, c, d, ..] = self.provider.chance();
        let id = u32::from_be_bytes([a, b, c, d]);
        // As other administrators do it: who asks the same twice means two things.
        let life = MESSAGE_LIFE_SECONDS + id % 7200;
        let mut request = order.message(id, self.own(date).plus_seconds(life));
        request.header.flags = request.header.flags | OpFlags::REQUEST_DIGEST;
        self.asking = Some(Asking {
            request,
            proof: None,
            attempts: 1,
            tries: 0,
            deadline: now + TRY_TIMEOUTS[0],
        });
        self.send()
    }

    /// Asks again from the beginning, or gives up.
    fn begin_again(&mut self, now: Moment) -> Vec<Act> {
        let Some(asking) = &mut self.asking else {
            return Vec::new();
        };
        asking.attempts += 1;
        asking.tries = 0;
        asking.proof = None;
        asking.deadline = now + TRY_TIMEOUTS[0];
        if asking.attempts <= ATTEMPTS_COUNT_MAX {
            return self.send();
        }
        self.end(now, Outcome::Unknown)
    }

    fn send(&self) -> Vec<Act> {
        let Some(asking) = &self.asking else {
            return Vec::new();
        };
        let message = asking.proof.as_ref().unwrap_or(&asking.request);
        fragments(&message.to_packet()).map(Act::Send).collect()
    }

    fn end(&mut self, now: Moment, outcome: Outcome) -> Vec<Act> {
        self.asking = None;
        self.next = self.orders.front().map(|(rest, _)| now + *rest);
        vec![Act::Ends(outcome)]
    }

    pub(crate) fn handle(&mut self, now: Moment, date: Date, octets: &Bytes) -> Vec<Act> {
        let own = self.own(date);
        let packet = self.inbox.handle_datagram(now, (), octets);
        let message = packet.ok().flatten();
        let message = message.and_then(|packet| Message::from_packet(&packet).ok());
        let (Some(asking), Some(message)) = (&mut self.asking, message) else {
            return Vec::new();
        };
        let is_about_proof = message.header.opcode == Opcode::CHALLENGE_RESPONSE;
        let asked = match &asking.proof {
            Some(proof) if is_about_proof => proof,
            _ => &asking.request,
        };
        let answered = believe(&self.provider, Channel::Datagrams, asked, message, own);
        match answered {
            Ok(answered) => self.take(now, answered),
            Err(_) => Vec::new(),
        }
    }

    fn take(&mut self, now: Moment, answered: Answered) -> Vec<Act> {
        let Some(asking) = &mut self.asking else {
            return Vec::new();
        };
        let is_challenge = matches!(answered.response.answer, Answer::Challenge(_));
        match (is_challenge, asking.proof.is_some()) {
            (true, true) => return Vec::new(), // The answer to another try.
            (true, false) => return self.prove(now, &answered),
            _ => (),
        }
        match answered.message.header.response_code {
            ResponseCode::SESSION_TIMEOUT
            | ResponseCode::AUTHENTICATION_TIMEOUT
            | ResponseCode::SERVER_BUSY => self.begin_again(now),
            _ => {
                let was_asked_once = asking.attempts == 1;
                let answered = Box::new(answered);
                self.end(
                    now,
                    Outcome::Answered {
                        answered,
                        was_asked_once,
                    },
                )
            }
        }
    }

    fn prove(&mut self, now: Moment, challenge: &Answered) -> Vec<Act> {
        let Some(asking) = &mut self.asking else {
            return Vec::new();
        };
        let (Answer::Challenge(body), Some(digest)) =
            (&challenge.response.answer, challenge.response.digest)
        else {
            return Vec::new();
        };
        let envelope = challenge.message.envelope;
        let covered = covered(&body.nonce, digest.octets());
        let proof = match &self.means {
            Means::Key(key) => prove_by_key(&covered, envelope.version, key),
            Means::Secret(secret) => {
                let (version, salt) = (envelope.version, self.provider.chance());
                Some(prove_by_secret(
                    &covered,
                    version,
                    secret,
                    salt,
                    &self.provider,
                ))
            }
        };
        let proof = proof.expect("these keys sign");
        let mut answer = asking.request.clone();
        answer.envelope.version = envelope.version;
        answer.envelope.session_id = envelope.session_id;
        answer.header.opcode = Opcode::CHALLENGE_RESPONSE;
        answer.body = ChallengeResponse::new(self.identity.clone(), &proof).encode();
        asking.proof = Some(answer);
        asking.tries = 0;
        asking.deadline = now + TRY_TIMEOUTS[0];
        self.send()
    }
}
