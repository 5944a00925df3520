//! What happened while a question was asked, for people who want to know why it took so long.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A try over UDP began.
    Try {
        /// Which, from 1.
        number: usize,
        /// In how many datagrams.
        datagrams: usize,
    },
    /// The peer's machine says that nobody listens there.
    Refused,
    /// A datagram came.
    Datagram {
        /// Its length.
        octets: usize,
    },
    /// No answer came over UDP; TCP is next.
    GivenUp,
    /// A connection came about.
    Connected {
        /// With whom.
        server: SocketAddr,
    },
    /// A request went out on a connection.
    Sent {
        /// Its length.
        octets: usize,
    },
    /// The answer is whole.
    Received {
        /// Its length, without what is around it.
        octets: usize,
    },
}

/// What happened, and how long after the question was begun.
#[derive(Debug)]
pub struct Trace {
    started: Instant,
    events: Vec<(Duration, Event)>,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            events: Vec::new(),
        }
    }
}

impl Trace {
    /// What happened, in order.
    pub fn events(&self) -> &[(Duration, Event)] {
        &self.events
    }

    pub(crate) fn add(&mut self, event: Event) {
        self.events.push((self.started.elapsed(), event));
    }
}
