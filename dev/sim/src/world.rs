//! The world: a clock that jumps from event to event, and the hosts that events happen to.
//!
//! Events order by moment and then by the order in which they were scheduled, so that a history
//! has one course only. Nothing here looks at a real clock, and nothing waits.

use bytes::Bytes;
use engine::{Date, Moment};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What date it is when a history starts.
const START: Date = Date(1_795_000_000);

/// Names a host: what an address is in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Host(pub(crate) u16);

impl Host {
    /// The one host that answers.
    pub(crate) const NODE: Self = Self(0);
    const STRANGERS_FROM: u16 = 1000;

    /// The asker with a number from 0.
    pub(crate) fn asker(number: usize) -> Self {
        Self(1 + number as u16)
    }

    /// The stranger with a number from 0.
    pub(crate) fn stranger(number: usize) -> Self {
        Self(Self::STRANGERS_FROM + number as u16)
    }

    /// The number of an asker; `None` for the node and for strangers.
    pub(crate) fn asker_number(self) -> Option<usize> {
        (1..Self::STRANGERS_FROM)
            .contains(&self.0)
            .then(|| usize::from(self.0) - 1)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("node"),
            asker @ 1..Self::STRANGERS_FROM => write!(f, "asker {asker}"),
            stranger => write!(f, "stranger {}", stranger - Self::STRANGERS_FROM),
        }
    }
}

/// Octets on their way from host to host.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) from: Host,
    pub(crate) to: Host,
    pub(crate) octets: Bytes,
}

/// What happens to a host.
#[derive(Debug)]
pub(crate) enum Event {
    /// A datagram arrives, perhaps changed on its way.
    Datagram { parcel: Parcel, is_corrupted: bool },
    /// Octets of a connection arrive.
    Chunk(Parcel),
    /// A time has come that the host waited for.
    Wake(Host),
    /// The operator of the node changes a record: the revision with this number.
    Revision(usize),
}

/// What time it is, and what will happen: events of the questions, or of another simulation.
#[derive(Debug)]
pub(crate) struct World<E = Event> {
    now: Moment,
    serial: u64,
    queue: BTreeMap<(Moment, u64), E>,
}

impl<E> World<E> {
    /// A world at its start, in which nothing will happen yet.
    pub(crate) fn new() -> Self {
        Self {
            now: Moment(0),
            serial: 0,
            queue: BTreeMap::new(),
        }
    }

    /// Makes something happen at a moment, or now if that has passed.
    pub(crate) fn schedule(&mut self, at: Moment, event: E) {
        self.serial += 1;
        self.queue.insert((at.max(self.now), self.serial), event);
    }

    /// Jumps to the next event.
    pub(crate) fn next_event(&mut self) -> Option<E> {
        let ((at, _), event) = self.queue.pop_first()?;
        self.now = at;
        Some(event)
    }

    /// The moment of the event that happens now.
    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// The date of the node's clock.
    pub(crate) fn date(&self) -> Date {
        START.plus_seconds((self.now.0 / 1000) as u32)
    }

    /// How long the history has lasted.
    pub(crate) fn lasted(&self) -> Duration {
        Moment(0).until(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_happen_by_moment_and_then_as_scheduled() {
        let mut world = World::new();
        for (at, host) in [(20, 1), (10, 2), (20, 3), (10, 4)] {
            world.schedule(Moment(at), Event::Wake(Host(host)));
        }
        let mut course = Vec::new();
        while let Some(event) = world.next_event() {
            let Event::Wake(host) = event else {
                panic!("only wakes were scheduled");
            };
            course.push((world.now().0, host.0));
        }
        assert_eq!(course, [(10, 2), (10, 4), (20, 1), (20, 3)]);
        world.schedule(Moment(5), Event::Wake(Host::NODE));
        world.next_event();
        assert_eq!(world.now(), Moment(20), "time does not step back");
    }

    #[test]
    fn hosts_know_what_they_are() {
        assert_eq!(Host::asker(4).asker_number(), Some(4));
        assert_eq!(Host::NODE.asker_number(), None);
        assert_eq!(Host::stranger(7).asker_number(), None);
        assert_eq!(Host::stranger(7).to_string(), "stranger 7");
    }
}
