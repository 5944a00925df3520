//! Who asks: their source as far as limits go, and what is written down of them.
//!
//! Not here: what they may do (room `engine`), how many they are (`guesses`, `rates`).

use crate::peers::network_of;
use model::Change;
use model::audit;
use model::site::Transport;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{SystemTime, UNIX_EPOCH};

/// A connection of the protocol's own, for as long as it is open. Numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line(pub(crate) u64);

/// Who asks, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    network: IpAddr,
    /// Whether they have shown that the address is theirs. Over UDP anybody can write any.
    is_proven: bool,
}

impl Source {
    /// The source that stands for all who are not told apart.
    pub(crate) const ANYBODY: Self = Self {
        network: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        is_proven: true,
    };

    /// The source of somebody with whom there is a connection.
    pub(crate) fn connected(address: IpAddr) -> Self {
        Self {
            network: network_of(address),
            is_proven: true,
        }
    }

    /// Whether they have shown that the address is theirs.
    pub(crate) fn is_proven(self) -> bool {
        self.is_proven
    }

    /// The source that a datagram names.
    pub(crate) fn claimed(address: IpAddr) -> Self {
        Self {
            is_proven: false,
            ..Self::connected(address)
        }
    }
}

/// Who asks: as far as limits go, and as it is written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor {
    pub(crate) source: Source,
    /// The address; none if they are in this process.
    address: Option<IpAddr>,
    transport: Transport,
    /// The connection, if there is one of the protocol's own: on it somebody may be logged in.
    pub(crate) line: Option<Line>,
}

impl Visitor {
    /// Somebody in this process.
    pub(crate) const LOCAL: Self = Self {
        source: Source::ANYBODY,
        address: None,
        transport: audit::NO_TRANSPORT,
        line: None,
    };

    /// Somebody with whom there is a connection.
    pub(crate) fn connected(address: IpAddr, transport: Transport) -> Self {
        Self {
            source: Source::connected(address),
            address: Some(address),
            transport,
            line: None,
        }
    }

    /// Somebody on a connection of the protocol's own.
    pub(crate) fn on(line: Line, address: IpAddr) -> Self {
        Self {
            line: Some(line),
            ..Self::connected(address, Transport::TCP)
        }
    }

    /// Whoever sent a datagram.
    pub(crate) fn claimed(address: IpAddr) -> Self {
        Self {
            source: Source::claimed(address),
            address: Some(address),
            transport: Transport::UDP,
            line: None,
        }
    }

    /// The same, but that limits count them as another source.
    pub(crate) fn counted_as(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// Completes the note of a change.
    pub(crate) fn note(&self, change: &mut Change) {
        let Some(note) = &mut change.note else { return };
        note.transport = self.transport;
        if let Some(address) = self.address {
            note.source = address.to_string().into();
        }
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let date_ms = since_1970.unwrap_or_default().as_millis();
        note.date_ms = u64::try_from(date_ms).unwrap_or(u64::MAX);
    }
}
