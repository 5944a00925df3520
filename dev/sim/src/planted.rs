//! Planted bugs, by which the simulator shows what it is worth.
//!
//! Each is a mistake that somebody could make around the rooms. It sits in a hook that the node or
//! the asker calls where the mistake would be made, and that changes nothing unless its bug is
//! planted. Nothing of this is in the rooms themselves.

use crate::answerer::UDP_ANSWER_OCTETS_MAX;
use crate::world::Host;
use bytes::Bytes;
use engine::Moment;
use engine::exchange::Answered;
use model::record::Entry;
use model::{Identifier, Permissions, Record, SuffixCase, Value};
use std::collections::BTreeMap;
use wire::response::Answer;
use wire::{Message, Response, ResponseCode};

/// A mistake that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The node folds suffixes where they depend on case, and not where they do not.
    SuffixCaseMistaken,
    /// The node sends an answer with the request id of the request before.
    AnswerUnderAnotherId,
    /// The node remembers answers by request id, and forgets that two peers may choose the same.
    AnswerFromMemory,
    /// The node's inbox does not tell peers apart.
    InboxMixesPeers,
    /// The node's inbox never learns how late it is, and forgets nothing.
    InboxForgetsNothing,
    /// The node shows every value as if anybody might read it.
    PrivateValuesShown,
    /// The node acknowledges that a record was replaced, and keeps the old one.
    ReplacementsLost,
    /// The node answers answers.
    ResponsesAnswered,
    /// The node answers with its own spelling of the identifier.
    SpellingTidied,
    /// The node sends answers of any length over UDP.
    AnswersOfAnyLength,
    /// The asker believes whatever answer comes.
    AnythingBelieved,
    /// The asker never looks at its timers.
    TimersForgotten,
}

/// The hooks, with at most one bug planted.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    bug: Option<Bug>,
    last_request_id: u32,
    answers: BTreeMap<u32, Message>,
}

impl Planted {
    /// Hooks with a bug, or none.
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            ..Self::default()
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The case that the node folds suffixes by when it is asked.
    pub(crate) fn suffix_case(&self, case: SuffixCase) -> SuffixCase {
        match case {
            SuffixCase::Insensitive if self.has(Bug::SuffixCaseMistaken) => SuffixCase::Sensitive,
            SuffixCase::Sensitive if self.has(Bug::SuffixCaseMistaken) => SuffixCase::Insensitive,
            right => right,
        }
    }

    /// The peer that the node's inbox is told.
    pub(crate) fn peer(&self, peer: Host) -> Host {
        if self.has(Bug::InboxMixesPeers) {
            Host::NODE
        } else {
            peer
        }
    }

    /// The moment that the node's inbox is told.
    pub(crate) fn inbox_moment(&self, now: Moment) -> Moment {
        if self.has(Bug::InboxForgetsNothing) {
            Moment(0)
        } else {
            now
        }
    }

    /// The request that the node's authority is shown.
    pub(crate) fn request(&self, mut request: Message) -> Message {
        if self.has(Bug::ResponsesAnswered) {
            request.header.response_code = ResponseCode::REQUEST;
        }
        request
    }

    /// The stored octets that the node's authority is shown.
    pub(crate) fn found(&self, stored: Bytes) -> Bytes {
        if !self.has(Bug::PrivateValuesShown) {
            return stored;
        }
        match Record::from_stored(stored.clone()) {
            Ok(record) => all_public(&record),
            Err(_) => stored,
        }
    }

    /// Whether the node writes what it has said it would, where something is (`replaces`) or not.
    pub(crate) fn writes(&self, replaces: bool) -> bool {
        !(replaces && self.has(Bug::ReplacementsLost))
    }

    /// The answer that the node sends.
    pub(crate) fn answer(&mut self, request: &Message, mut answer: Message) -> Message {
        let request_id = request.envelope.request_id;
        if self.has(Bug::AnswerUnderAnotherId) {
            answer.envelope.request_id = self.last_request_id;
            self.last_request_id = request_id;
        }
        if self.has(Bug::AnswerFromMemory) {
            answer = self.answers.entry(request_id).or_insert(answer).clone();
        }
        if self.has(Bug::SpellingTidied) {
            tidy_spelling(&mut answer);
        }
        answer
    }

    /// How long an answer over UDP may be.
    pub(crate) fn udp_answer_octets_max(&self) -> usize {
        if self.has(Bug::AnswersOfAnyLength) {
            usize::MAX
        } else {
            UDP_ANSWER_OCTETS_MAX
        }
    }

    /// What the asker believes of a datagram without asking its exchange.
    pub(crate) fn believes(&self, datagram: &Bytes) -> Option<Answered> {
        if !self.has(Bug::AnythingBelieved) {
            return None;
        }
        let message = Message::decode(datagram.clone()).ok()?;
        let response = Response::decode(&message).ok()?;
        Some(Answered { message, response })
    }

    /// Whether the asker tells its exchange that its time has come.
    pub(crate) fn minds_timers(&self) -> bool {
        !self.has(Bug::TimersForgotten)
    }
}

fn all_public(record: &Record) -> Bytes {
    let shown = |entry: Entry| Value {
        permissions: Permissions::DEFAULT,
        ..entry.encoded.value()
    };
    let values: Vec<Value> = record.entries().map(shown).collect();
    let record = Record::new(&values).expect("the values were a record before");
    record.octets().clone()
}

fn tidy_spelling(message: &mut Message) {
    let Ok(mut response) = Response::decode(message) else {
        return;
    };
    if let Answer::Resolution(answer) = &mut response.answer
        && let Ok(identifier) = Identifier::from_octets(answer.identifier.clone())
    {
        answer.identifier = identifier.canonical(SuffixCase::Insensitive).into();
        message.body = response.encode();
    }
}
