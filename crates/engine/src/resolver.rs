//! Finding whoever is responsible for an identifier, from the roots down, and asking them
//! (RFC 3650 section 3.2, RFC 3651 section 3.2).
//!
//! ```text
//! 88.118.1/pump ── who answers? ── 0.NA/88.118.1 ── at the roots: referred to the sites of 88
//!                                                 └ at these: the sites of 88.118.1
//!               └─ at these: the values
//! ```
//!
//! A [`Walk`] is one question's way. Drive it so: put the questions that [`Walk::poll_inquiry`]
//! gives, side by side; hand in what comes of each with [`Walk::handle_reply`] once
//! [`Walk::examine`] has looked at it, and call
//! [`Walk::handle_timeout`] at [`Walk::poll_timeout`]; stop at [`Walk::poll_end`]. What is under
//! way when the leg of the walk changes is of no use any more.
//!
//! What a walk must be proof against is written by strangers: delegations that lead in circles, to
//! thousands of servers, to nobody, to somebody else's machine. So every walk has [`Limits`], and
//! in a certified one each answer must be signed with the key that the answer above it named, the
//! first with one of the roots'. An answer counts for what was asked alone: a server is believed
//! about identifiers for which somebody above has named it, and about nothing else that it says.
//!
//! Beside it: `resolver/service.rs` which servers values name, `resolver/contest.rs` which of them
//! is asked next, `resolver/reach.rs` at which addresses, `resolver/belief.rs` whether an answer is
//! believed, `resolver/knowledge.rs` what is kept for the next walk, `resolver/frame.rs` what waits
//! for what, `resolver/way.rs` what is done between questions, `resolver/nearest.rs` who is nearest
//! as far as is known, `resolver/trace.rs` what is told of it. Not here: sockets (room `client`),
//! other names of an identifier (`HS_ALIAS`).

mod belief;
mod contest;
mod frame;
mod knowledge;
mod limits;
mod nearest;
mod reach;
mod service;
#[cfg(test)]
pub(crate) mod tests;
mod trace;
mod way;

pub use frame::Wish;
pub use knowledge::{Knowledge, KnowledgeLimits};
pub use limits::{
    HEAD_START, HEAD_START_FACTOR, HEAD_START_LEAST, IN_FLIGHT_MAX, Limits, OVER_UDP_MAX, PATIENCE,
    SERVICES_MAX, SITES_MAX,
};
pub use nearest::{Nearest, nearest};
pub use service::seconds_of;
pub use trace::{
    Because, Event, Failure, Fault, Limit, Plain, Skip, Source, Ticket, Why, transport_name,
};

use crate::exchange::Answered;
use crate::{Cryptography, Date, Moment, WeakForms};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use belief::{Believed, Verdict};
use bytes::Bytes;
use contest::Under;
use core::net::SocketAddr;
use core::time::Duration;
use frame::{Aim, Asking, Frame, State};
use model::site::Transport;
use model::{EncodedValue, Identifier, Site};
use wire::{Message, OpFlags};

/// What every walk of one asker needs.
#[derive(Debug, Clone, Default)]
pub struct Guide {
    /// The sites of the roots: what is known without asking.
    pub roots: Vec<Site>,
    /// How much work a walk may make.
    pub limits: Limits,
    /// The public keys of the asker's own servers, as sites hold them. Such a server is not asked
    /// what the walk is for: the asker does not know it, or need not ask.
    pub own_keys: Vec<Bytes>,
    /// Weak forms of signatures that are believed all the same.
    pub weak_forms: WeakForms,
    /// Whether servers in private networks are asked though no root is in the same. Whoever walks
    /// for strangers would be their way into its own network.
    pub asks_private: bool,
}

/// One question's way from the roots to an answer; `P` is the cryptography.
#[derive(Debug)]
pub struct Walk<P> {
    provider: P,
    guide: Guide,
    is_certified: bool,
    is_fresh: bool,
    adds: OpFlags,
    removes: OpFlags,
    deadline: Moment,
    /// What waits for what, the walk's own question first; none once it is over.
    frames: Vec<Frame>,
    leg: u32,
    questions: usize,
    referrals: usize,
    octets: usize,
    uses_knowledge: bool,
    events: VecDeque<(Moment, Event)>,
    end: Option<End>,
}

/// A question to put to a server.
#[derive(Debug, Clone)]
pub struct Inquiry {
    /// Names it.
    pub ticket: Ticket,
    /// The leg of the walk that it belongs to.
    pub leg: u32,
    /// Whom to ask.
    pub server: SocketAddr,
    /// How: over UDP or TCP.
    pub transport: Transport,
    /// What.
    pub message: Message,
    /// How long an answer may take.
    pub patience: Duration,
    /// How long an answer may be, in octets.
    pub octets_max: usize,
}

/// What came of a question.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A message that belongs to it; see [`believe`](crate::exchange::believe).
    Answered(Box<Answered>),
    /// Nothing.
    Silent,
    /// The server cannot be reached, or what came is no answer; and why.
    Broken(String),
}

/// What came of a question, and whether it is believed.
#[derive(Debug)]
pub struct Examined {
    ticket: Ticket,
    octets: usize,
    believed: Result<Box<Believed>, Fault>,
}

/// How a walk ended.
#[derive(Debug, Clone)]
pub struct End {
    /// With what.
    pub found: Found,
    /// The answer that says so, if it is one.
    pub reached: Option<Reached>,
}

/// What a walk ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The values that were asked for.
    Values(Vec<EncodedValue>),
    /// Whether a proof is right.
    Verified(bool),
    /// There is no such identifier; or nothing is registered as its prefix, which is named then.
    NotRegistered(Identifier),
    /// It has no such values.
    NoSuchValues,
    /// Nobody can be asked.
    Failed(Failure),
}

/// The answer at the end of a walk.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Who answered.
    pub server: SocketAddr,
    /// How.
    pub transport: Transport,
    /// The answer, with the values that were asked for and no others.
    pub answered: Box<Answered>,
}

impl<P: Cryptography> Walk<P> {
    /// Begins a walk.
    pub fn new(provider: P, guide: Guide, wish: Wish, now: Moment) -> Self {
        Self {
            provider,
            is_certified: wish.is_certified,
            is_fresh: wish.is_fresh,
            adds: wish.adds,
            removes: wish.removes,
            deadline: now + guide.limits.time,
            guide,
            frames: [Frame::new(wish.sought, Aim::Answer)].into(),
            leg: 0,
            questions: 0,
            referrals: 0,
            octets: 0,
            uses_knowledge: true,
            events: VecDeque::new(),
            end: None,
        }
    }

    /// The next question to put now, if there is one.
    pub fn poll_inquiry(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        date: Date,
    ) -> Option<Inquiry> {
        self.advance(knowledge, now);
        if self.is_over() || self.questions >= self.guide.limits.questions_max {
            return None;
        }
        let ticket = self.questions as Ticket + 1;
        let patience = now.until(self.deadline).min(PATIENCE);
        let octets_max = self.guide.limits.octets_max.saturating_sub(self.octets);
        let is_last = self.frames.len() == 1;
        let frame = self.frames.last_mut()?;
        let State::Asking(contest) = &mut frame.state else {
            return None;
        };
        let turn = contest.poll_turn(ticket, now)?;
        let asking = Asking {
            is_certified: self.is_certified,
            is_fresh: self.is_fresh && is_last || frame.must_be_fresh,
            adds: if is_last { self.adds } else { OpFlags(0) },
            removes: if is_last { self.removes } else { OpFlags(0) },
            request_id: request_id(&self.provider),
            date,
        };
        let inquiry = Inquiry {
            ticket,
            leg: self.leg,
            server: turn.server,
            transport: turn.transport,
            message: frame.sought.message(turn.place, asking),
            patience,
            octets_max,
        };
        let event = Event::Asked {
            ticket,
            identifier: frame.sought.identifier().clone(),
            server: turn.server,
            transport: turn.transport,
            why: turn.why,
        };
        self.questions += 1;
        self.events.push_back((now, event));
        Some(inquiry)
    }

    /// When to call [`Walk::handle_timeout`] if nothing comes before.
    pub fn poll_timeout(&self) -> Moment {
        let may_ask = self.questions < self.guide.limits.questions_max;
        let next = match self.frames.last().map(|frame| &frame.state) {
            Some(State::Asking(contest)) if may_ask => contest.poll_timeout(),
            _ => None,
        };
        next.unwrap_or(self.deadline).min(self.deadline)
    }

    /// Ends the walk if its time is over; afterwards there may be another question to put.
    pub fn handle_timeout(&mut self, now: Moment) {
        if now >= self.deadline && !self.is_over() {
            self.give_up(Limit::Time);
        }
    }

    /// Examines what came of a question: verifies its signature, which takes long; so without what
    /// walks share. What is about an earlier leg, [`Walk::handle_reply`] ignores.
    pub fn examine(&self, ticket: Ticket, reply: Reply) -> Examined {
        let came = match reply {
            Reply::Silent => Err(Fault::Silent),
            Reply::Broken(why) => Err(Fault::Broken(why)),
            Reply::Answered(answered) => Ok(answered),
        };
        let asked = self.frames.last().and_then(|frame| match &frame.state {
            State::Asking(contest) => Some((&frame.sought, contest.place_of(ticket)?)),
            _ => None,
        });
        let octets = came.as_ref().map_or(0, |answered| octets_of(answered));
        // One that is too long is not worth it, and one that nobody waits for.
        let is_too_long = self.octets + octets > self.guide.limits.octets_max;
        let Some((sought, place)) = asked.filter(|_| !is_too_long) else {
            let believed = Err(Fault::AboutSomethingElse);
            return Examined {
                ticket,
                octets,
                believed,
            };
        };
        let believed = came.and_then(|answered| {
            let weak_forms = self.is_certified.then_some(self.guide.weak_forms);
            let judged = belief::judge(&self.provider, sought, place, *answered, weak_forms);
            judged.map(Box::new)
        });
        Examined {
            ticket,
            octets,
            believed,
        }
    }

    /// Takes what came of a question of this walk, [examined](Walk::examine). What is about an
    /// earlier leg is ignored.
    pub fn handle_reply(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        date: Date,
        examined: Examined,
    ) {
        if self.is_over() {
            return;
        }
        let Examined {
            ticket,
            octets,
            believed,
        } = examined;
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let State::Asking(contest) = &mut frame.state else {
            return;
        };
        let Some(under) = contest.take(ticket) else {
            return;
        };
        self.octets += octets;
        if self.octets > self.guide.limits.octets_max {
            return self.give_up(Limit::Octets);
        }
        match believed {
            Ok(believed) => self.take_answer(knowledge, now, date, ticket, &under, *believed),
            Err(fault) => self.fault(knowledge, now, ticket, &under, fault),
        }
    }

    /// What happened since, in order.
    pub fn poll_event(&mut self) -> Option<(Moment, Event)> {
        self.events.pop_front()
    }

    /// What is left of the limits of the walk: what its asker may spend on more of the same.
    pub fn left(&self, now: Moment) -> Limits {
        let limits = self.guide.limits;
        Limits {
            questions_max: limits.questions_max.saturating_sub(self.questions),
            referrals_max: limits.referrals_max.saturating_sub(self.referrals),
            depth_max: limits.depth_max,
            octets_max: limits.octets_max.saturating_sub(self.octets),
            time: now.until(self.deadline),
        }
    }

    /// The leg of the walk: a question of another leg need not be waited for.
    pub fn leg(&self) -> u32 {
        self.leg
    }

    /// How the walk ended, once it has.
    pub fn poll_end(&mut self) -> Option<End> {
        self.end.take()
    }

    /// Takes an answer that is believed.
    fn take_answer(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        date: Date,
        ticket: Ticket,
        under: &Under,
        believed: Believed,
    ) {
        let Believed {
            answered,
            verdict,
            weak_forms,
        } = believed;
        let place = &under.place;
        let code = answered.message.header.response_code;
        let event = Event::Answered {
            ticket,
            code,
            octets: octets_of(&answered),
            is_signed: self.is_certified,
            weak_forms,
        };
        self.events.push_back((now, event));
        knowledge.note_answer(place.first(), under.since.until(now));
        if belief::knows_newer_site(&answered, place) {
            self.forget_way(knowledge);
        }
        match verdict {
            Verdict::Referral(scope, referral) => {
                self.follow(knowledge, now, date, code, scope, &referral);
            }
            Verdict::Stale if self.start_afresh(knowledge, now) => (),
            Verdict::Stale => {
                let fault = belief::refused(&answered);
                self.fault(knowledge, now, ticket, under, fault);
            }
            Verdict::Outcome(outcome) if self.needs_roots(&outcome) => (),
            Verdict::Outcome(outcome) if self.needs_primary(&outcome, &answered) => (),
            Verdict::Outcome(outcome) => {
                let reached = Reached {
                    server: under.server,
                    transport: under.transport,
                    answered: Box::new(answered),
                };
                self.finish(knowledge, now, date, outcome, reached);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.frames.is_empty()
    }

    /// Goes on until somebody is to be asked, or the walk is over.
    ///
    /// Each round takes a record from those to be looked at, of which referrals add few, or ends a
    /// frame; so it comes to an end.
    fn advance(&mut self, knowledge: &mut Knowledge, now: Moment) {
        self.handle_timeout(now);
        while !self.is_over() {
            let Some(frame) = self.frames.last_mut() else {
                return;
            };
            match &mut frame.state {
                State::Lost => self.orient(knowledge, now),
                State::Gathering(gathering) => match gathering.next() {
                    Some((record, scope)) => self.look_at(knowledge, now, record, scope),
                    None => self.line_up(knowledge, now),
                },
                State::Asking(contest) if contest.is_lost() => self.lose(knowledge, now),
                State::Asking(contest) if self.questions >= self.guide.limits.questions_max => {
                    // Those under way may still answer.
                    if contest.is_idle() {
                        self.give_up(Limit::Questions);
                    }
                    return;
                }
                State::Asking(_) => return,
            }
        }
    }
}

/// A request id that nobody can guess: over UDP nothing else keeps strangers from answering.
fn request_id(provider: &impl Cryptography) -> u32 {
    let [a, b, c, d, ..] = provider.chance();
    // The greatest number is that of nodes that could not read a request's own.
    u32::from_be_bytes([a, b, c, d]).min(u32::MAX - 1)
}

fn octets_of(answered: &Answered) -> usize {
    answered.message.to_packet().payload.len()
}
