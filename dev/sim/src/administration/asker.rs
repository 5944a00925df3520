//! Those who ask: what they do, whichever way they do it.
//!
//! Beside it: `asker/caller.rs` over lines, with or without sessions, and `asker/sender.rs` in
//! datagrams. Not here: which answers are right (`super::judge`).

mod caller;
mod sender;

use super::Peer;
use super::cryptography::Seeded;
use super::orders::{Plan, Way};
use bytes::Bytes;
use caller::Caller;
use engine::exchange::Answered;
use engine::{Date, Moment};
use sender::Sender;

/// What somebody does.
pub(crate) enum Act {
    /// Sends octets, over the line if there is one.
    Send(Bytes),
    /// Wants a new line; [`Asker::connected`] is called then.
    Connect,
    /// Hangs up.
    HangUp(usize),
    /// Knows what became of an order.
    Ends(Outcome),
}

/// What somebody knows of an order in the end.
pub(crate) enum Outcome {
    /// An answer, and whether the node has been asked once only.
    Answered {
        answered: Box<Answered>,
        was_asked_once: bool,
    },
    /// Nothing.
    Unknown,
}

/// Somebody who asks.
pub(crate) enum Asker {
    Caller(Box<Caller>),
    Sender(Box<Sender>),
}

impl Asker {
    pub(crate) fn new(plan: Plan, provider: Seeded) -> Self {
        match plan.way {
            Way::Datagrams => Self::Sender(Box::new(Sender::new(plan, provider))),
            Way::Line | Way::Session => Self::Caller(Box::new(Caller::new(plan, provider))),
        }
    }

    /// When [`Asker::handle_timeout`] has something to do, if ever.
    pub(crate) fn poll_timeout(&self) -> Option<Moment> {
        match self {
            Self::Caller(caller) => caller.poll_timeout(),
            Self::Sender(sender) => sender.poll_timeout(),
        }
    }

    /// A time has come; perhaps one that no longer matters.
    pub(crate) fn handle_timeout(&mut self, now: Moment, date: Date) -> Vec<Act> {
        match self {
            Self::Caller(caller) => caller.handle_timeout(now, date),
            Self::Sender(sender) => sender.handle_timeout(now, date),
        }
    }

    /// There is a new line.
    pub(crate) fn connected(&mut self, line: usize, now: Moment, date: Date) -> Vec<Act> {
        match self {
            Self::Caller(caller) => caller.connected(line, now, date),
            Self::Sender(_) => Vec::new(),
        }
    }

    /// A line has broken.
    pub(crate) fn broken(&mut self, line: usize, now: Moment, date: Date) -> Vec<Act> {
        match self {
            Self::Caller(caller) => caller.broken(line, now, date),
            Self::Sender(_) => Vec::new(),
        }
    }

    /// Octets have come.
    pub(crate) fn handle(
        &mut self,
        now: Moment,
        date: Date,
        from: Peer,
        octets: &Bytes,
    ) -> Vec<Act> {
        match (self, from) {
            (Self::Caller(caller), Peer::Line(line)) => caller.handle(now, date, line, octets),
            (Self::Sender(sender), Peer::Asker(_)) => sender.handle(now, date, octets),
            _ => Vec::new(),
        }
    }

    /// Where it sends from now.
    pub(crate) fn peer(&self, number: usize) -> Option<Peer> {
        match self {
            Self::Caller(caller) => caller.line().map(Peer::Line),
            Self::Sender(_) => Some(Peer::Asker(number)),
        }
    }

    /// Whether all orders have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.poll_timeout().is_none()
    }
}
