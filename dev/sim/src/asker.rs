//! An asker: its questions one after the other, over UDP and then over a connection.
//!
//! It drives `engine::Exchange` as every client does, from a port of its own: what is late for one
//! question arrives while the next is being asked. Not here: which answers are right
//! (`crate::invariants`).

use crate::network::Fate;
use crate::planted::{Bug, Planted};
use crate::workload::{Query, Questions};
use bytes::Bytes;
use crypto::Provider;
use engine::exchange::{Answered, Channel, Outcome, believe};
use engine::inbox::ASSEMBLY_AGE_MAX;
use engine::{Date, Exchange, Moment};
use std::collections::VecDeque;
use std::time::Duration;
use wire::Message;
use wire::stream::PacketStream;

/// How long an asker waits for an answer over a connection.
///
/// Well beyond the delays of every weather, so that only a lost answer is missed.
pub(crate) const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Somebody who asks.
pub(crate) struct Asker {
    queries: VecDeque<(Duration, Query)>,
    clock_ahead_seconds: i32,
    stream: PacketStream,
    state: State,
    planted: Planted,
}

enum State {
    /// Waits for its next question, or for nothing.
    Resting(Moment),
    /// Asks over UDP.
    Exchanging(Asking, Box<Exchange<Provider>>),
    /// Asks over its connection, until a moment.
    Connected(Asking, Moment),
}

/// A question that has not ended yet.
struct Asking {
    query: Query,
    message: Message,
    since: Moment,
    tries: usize,
    taint: Taint,
    first_try_is_whole_at: Option<Moment>,
}

/// What the network has changed of a question and its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Taint {
    /// A datagram of the question is on its way changed.
    pub(crate) request: bool,
    /// A changed datagram came back while the question was asked.
    pub(crate) answer: bool,
}

/// When a message is all there whose datagrams have these fates; `None` if it never is, or so
/// late that whoever waits may have forgotten its first fragment.
fn whole_at(fates: &[Fate]) -> Option<Moment> {
    let arrivals: Option<Vec<Moment>> = fates.iter().map(|fate| fate.arrives_intact).collect();
    let arrivals = arrivals?;
    let (first, last) = (*arrivals.iter().min()?, *arrivals.iter().max()?);
    (first.until(last) < ASSEMBLY_AGE_MAX).then_some(last)
}

/// What the asker does.
pub(crate) enum Action {
    /// It begins with a question.
    Asks(Query),
    /// It sends these datagrams.
    Sends(Vec<Bytes>),
    /// It writes to its connection.
    Writes(Bytes),
    /// It waits, until a moment at most.
    Waits(Moment),
    /// A question has ended.
    Ends(Box<Ended>),
}

/// A question that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) query: Query,
    /// When it was asked first.
    pub(crate) since: Moment,
    /// How often it was sent over UDP.
    pub(crate) tries: usize,
    pub(crate) path: Path,
    pub(crate) taint: Taint,
    /// When all datagrams of the first try had arrived at the node, if they did.
    pub(crate) first_try_is_whole_at: Option<Moment>,
    /// What the asker believes; `None` if it has no answer.
    pub(crate) believed: Option<Answered>,
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// While it was asked in datagrams.
    Datagrams,
    /// After they had brought no answer, over a connection.
    Connection,
}

impl Asker {
    /// An asker with its questions.
    pub(crate) fn new(questions: Questions, bug: Option<Bug>) -> Self {
        let mut asker = Self {
            queries: questions.queries.into(),
            clock_ahead_seconds: questions.clock_ahead_seconds,
            stream: PacketStream::default(),
            state: State::Resting(Moment(0)),
            planted: Planted::new(bug),
        };
        asker.rest(Moment(0));
        asker
    }

    /// Rests before the next question.
    fn rest(&mut self, now: Moment) {
        let until = match self.queries.front() {
            Some(&(rest, _)) => now + rest,
            None => Moment(u64::MAX),
        };
        self.state = State::Resting(until);
    }

    /// When the asker must be woken for its next question, if there is one.
    pub(crate) fn poll_timeout(&self) -> Option<Moment> {
        match self.state {
            State::Resting(until) if !self.queries.is_empty() => Some(until),
            _ => None,
        }
    }

    /// Whether all questions have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.queries.is_empty() && matches!(self.state, State::Resting(_))
    }

    /// Notes what becomes of the datagrams of a try, which no asker knows but the judges do.
    pub(crate) fn note_fates(&mut self, fates: &[Fate]) {
        let State::Exchanging(asking, _) = &mut self.state else {
            return;
        };
        asking.taint.request |= fates.iter().any(|fate| fate.arrives_changed);
        if asking.tries == 1 {
            asking.first_try_is_whole_at = whole_at(fates);
        }
    }

    /// A time has come; perhaps one that no longer matters.
    pub(crate) fn handle_timeout(&mut self, now: Moment, date: Date) -> Vec<Action> {
        let mut actions = Vec::new();
        match &mut self.state {
            State::Resting(until) if *until <= now => {
                actions.extend(self.begin(now, date));
            }
            State::Exchanging(_, exchange) if self.planted.minds_timers() => {
                exchange.handle_timeout(now);
            }
            State::Connected(_, until) if *until <= now => {
                actions.extend(self.end(now, Path::Connection, None));
            }
            _ => {}
        }
        actions.extend(self.go_on(now));
        actions
    }

    fn begin(&mut self, now: Moment, date: Date) -> Option<Action> {
        let (_, query) = self.queries.pop_front()?;
        let message = query.message(self.own(date));
        let exchange = Exchange::new(Provider, message.clone(), now);
        let asking = Asking {
            query: query.clone(),
            message,
            since: now,
            tries: 0,
            taint: Taint::default(),
            first_try_is_whole_at: None,
        };
        self.state = State::Exchanging(asking, Box::new(exchange));
        Some(Action::Asks(query))
    }

    /// The date of the asker's own clock.
    fn own(&self, date: Date) -> Date {
        Date(date.0.saturating_add_signed(self.clock_ahead_seconds))
    }

    /// A datagram has come.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Moment,
        date: Date,
        octets: &Bytes,
        is_corrupted: bool,
    ) -> Vec<Action> {
        let own = self.own(date);
        let State::Exchanging(asking, exchange) = &mut self.state else {
            return Vec::new();
        };
        asking.taint.answer |= is_corrupted;
        if let Some(answered) = self.planted.believes(octets) {
            return self.end(now, Path::Datagrams, Some(answered));
        }
        exchange.handle_datagram(now, own, octets);
        self.go_on(now)
    }

    /// Does what the exchange wants next.
    fn go_on(&mut self, now: Moment) -> Vec<Action> {
        let State::Exchanging(asking, exchange) = &mut self.state else {
            return Vec::new();
        };
        match exchange.poll_outcome() {
            Some(Outcome::Answered(answered)) => self.end(now, Path::Datagrams, Some(*answered)),
            Some(Outcome::Unanswered) => self.connect(now),
            None => match exchange.poll_datagrams() {
                None => Vec::new(),
                Some(datagrams) => {
                    asking.tries += 1;
                    let wait = Action::Waits(exchange.poll_timeout());
                    vec![Action::Sends(datagrams), wait]
                }
            },
        }
    }

    fn connect(&mut self, now: Moment) -> Vec<Action> {
        let resting = State::Resting(now);
        let State::Exchanging(asking, _) = std::mem::replace(&mut self.state, resting) else {
            return Vec::new();
        };
        let until = now + CONNECTION_TIMEOUT;
        let octets = asking.message.encode();
        self.state = State::Connected(asking, until);
        vec![Action::Writes(octets), Action::Waits(until)]
    }

    /// Octets of the connection have come.
    pub(crate) fn handle_chunk(&mut self, now: Moment, date: Date, octets: &[u8]) -> Vec<Action> {
        self.stream.push(octets);
        let own = self.own(date);
        let mut actions = Vec::new();
        while let Ok(Some(packet)) = self.stream.next_packet() {
            let State::Connected(asking, _) = &self.state else {
                continue;
            };
            let message = Message::from_packet(&packet);
            let answered = message
                .map(|message| {
                    believe(
                        &Provider,
                        Channel::Connection,
                        &asking.message,
                        message,
                        own,
                    )
                })
                .ok()
                .and_then(Result::ok);
            if answered.is_some() {
                actions.extend(self.end(now, Path::Connection, answered));
            }
        }
        actions
    }

    fn end(&mut self, now: Moment, path: Path, believed: Option<Answered>) -> Vec<Action> {
        let resting = State::Resting(now);
        let (State::Exchanging(asking, _) | State::Connected(asking, _)) =
            std::mem::replace(&mut self.state, resting)
        else {
            return Vec::new();
        };
        self.rest(now);
        let ended = Ended {
            query: asking.query,
            since: asking.since,
            tries: asking.tries,
            path,
            taint: asking.taint,
            first_try_is_whole_at: asking.first_try_is_whole_at,
            believed,
        };
        let mut actions = vec![Action::Ends(Box::new(ended))];
        actions.extend(self.poll_timeout().map(Action::Waits));
        actions
    }
}
