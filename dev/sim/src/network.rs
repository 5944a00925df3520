//! The network: what becomes of datagrams, and connections that only delay.
//!
//! How bad it is stands in [`Weather`], as data. Not here: who sends what.

use crate::chance::Chance;
use crate::history::History;
use crate::world::{Event, Host, Parcel, World};
use bytes::Bytes;
use engine::Moment;
use engine::exchange::TRY_TIMEOUTS;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many octets of a datagram at most are changed together when it is corrupted.
///
/// Fewer than the octets of a request id: then no question's id becomes another's, whose answer
/// would be blamed for what happened to a question elsewhere (see `workload::generation`).
const CORRUPTED_OCTETS_MAX: usize = 3;

/// How many octets of a connection arrive together at most: what an Ethernet frame carries.
const CHUNK_OCTETS_MAX: usize = 1460;

/// How bad the network is. Probabilities are per mille of the datagrams sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weather {
    /// Datagrams that never arrive.
    pub lost: usize,
    /// Datagrams that are sent twice; each copy has a fate of its own.
    pub doubled: usize,
    /// Datagrams to the node in which 1 to 3 neighbouring octets are changed.
    pub corrupted_requests: usize,
    /// Datagrams from the node in which 1 to 3 neighbouring octets are changed.
    pub corrupted_answers: usize,
    /// How long most of what arrives has been on its way at most; equally likely from 1 ms on, so
    /// that it arrives in any order.
    pub delay_ms_max: usize,
    /// Datagrams that take longer than most.
    pub stragglers: usize,
    /// How long these have been on their way at most.
    pub straggler_delay_ms_max: usize,
    /// Histories (per mille of them) in which strangers fill the node's inbox.
    pub floods: usize,
}

impl Weather {
    /// Nothing is lost, nothing is late: every question must be answered at the first try.
    pub const CALM: Self = Self {
        lost: 0,
        doubled: 0,
        corrupted_requests: 0,
        corrupted_answers: 0,
        delay_ms_max: 120,
        stragglers: 0,
        straggler_delay_ms_max: 0,
        floods: 0,
    };

    /// What a bad mobile network does: a tenth is lost, some comes twice or late.
    pub const LOSSY: Self = Self {
        lost: 100,
        doubled: 50,
        corrupted_requests: 0,
        corrupted_answers: 0,
        delay_ms_max: 200,
        stragglers: 50,
        straggler_delay_ms_max: 1500,
        floods: 20,
    };

    /// Worse than the field: a third is lost, much is changed or comes after all timers.
    pub const STORM: Self = Self {
        lost: 300,
        doubled: 100,
        corrupted_requests: 80,
        corrupted_answers: 40,
        delay_ms_max: 400,
        stragglers: 200,
        straggler_delay_ms_max: 4000,
        floods: 50,
    };

    /// Whether whatever is sent arrives, and comes back before the first try is over.
    pub fn is_calm(&self) -> bool {
        let fate = self.lost + self.corrupted_requests + self.corrupted_answers + self.floods;
        let there_and_back = 2 * self.delay_max();
        fate == 0 && there_and_back < TRY_TIMEOUTS[0]
    }

    /// The longest that anything is on its way.
    pub fn delay_max(&self) -> Duration {
        let late = match self.stragglers {
            0 => 0,
            _ => self.straggler_delay_ms_max,
        };
        Duration::from_millis(self.delay_ms_max.max(late) as u64)
    }
}

/// What becomes of a datagram and its copies.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fate {
    /// When the first copy that nothing has changed arrives; `None` if none does.
    pub(crate) arrives_intact: Option<Moment>,
    /// Whether a copy arrives changed.
    pub(crate) arrives_changed: bool,
}

/// Carries parcels through the weather.
pub(crate) struct Network {
    weather: Weather,
    chance: Chance,
    /// When the last octets of each direction of each connection arrive: none overtake them.
    arrivals: BTreeMap<(Host, Host), Moment>,
}

impl Network {
    /// A network that has carried nothing yet.
    pub(crate) fn new(weather: Weather, chance: Chance) -> Self {
        Self {
            weather,
            chance,
            arrivals: BTreeMap::new(),
        }
    }

    /// Sends a datagram; tells what becomes of it.
    pub(crate) fn send(
        &mut self,
        world: &mut World,
        history: &mut History,
        parcel: &Parcel,
    ) -> Fate {
        let copies = 1 + usize::from(self.chance.happens(self.weather.doubled));
        let mut fate = Fate::default();
        for _ in 0..copies {
            match self.send_copy(world, history, parcel.clone()) {
                None => {}
                Some((_, true)) => fate.arrives_changed = true,
                Some((at, false)) => {
                    let first = fate.arrives_intact.unwrap_or(at).min(at);
                    fate.arrives_intact = Some(first);
                }
            }
        }
        fate
    }

    /// Sends one copy; tells when it arrives and whether it is changed then.
    fn send_copy(
        &mut self,
        world: &mut World,
        history: &mut History,
        mut parcel: Parcel,
    ) -> Option<(Moment, bool)> {
        if self.chance.happens(self.weather.lost) {
            let Parcel { from, to, .. } = parcel;
            history.note(world.now(), format_args!("lost: {from} -> {to}"));
            return None;
        }
        let corruption = if parcel.to == Host::NODE {
            self.weather.corrupted_requests
        } else {
            self.weather.corrupted_answers
        };
        let is_corrupted = !parcel.octets.is_empty() && self.chance.happens(corruption);
        if is_corrupted {
            parcel.octets = self.corrupt(&parcel.octets);
        }
        let at = world.now() + self.delay();
        world.schedule(
            at,
            Event::Datagram {
                parcel,
                is_corrupted,
            },
        );
        Some((at, is_corrupted))
    }

    fn corrupt(&mut self, octets: &[u8]) -> Bytes {
        let mut octets = octets.to_vec();
        let start = self.chance.below(octets.len());
        let count = self.chance.between(1..=CORRUPTED_OCTETS_MAX);
        for octet in octets.iter_mut().skip(start).take(count) {
            *octet ^= self.chance.between(1..=255) as u8;
        }
        octets.into()
    }

    fn delay(&mut self) -> Duration {
        let most = if self.chance.happens(self.weather.stragglers) {
            self.weather.straggler_delay_ms_max
        } else {
            self.weather.delay_ms_max
        };
        Duration::from_millis(self.chance.between(1..=most) as u64)
    }

    /// Writes octets to a connection: they arrive in order, in pieces cut anywhere.
    pub(crate) fn write(&mut self, world: &mut World, mut parcel: Parcel) {
        while !parcel.octets.is_empty() {
            let most = CHUNK_OCTETS_MAX.min(parcel.octets.len());
            let piece = self.chance.between(1..=most);
            let octets = parcel.octets.split_to(piece);
            let (from, to) = (parcel.from, parcel.to);
            let sent = world.now() + self.delay();
            let at = self.arrivals.entry((from, to)).or_insert(sent);
            *at = sent.max(*at);
            world.schedule(*at, Event::Chunk(Parcel { from, to, octets }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Purpose;

    fn network(weather: Weather) -> Network {
        Network::new(weather, Chance::new(3, Purpose::Network))
    }

    fn parcel(octets: Vec<u8>) -> Parcel {
        Parcel {
            from: Host::asker(0),
            to: Host::NODE,
            octets: octets.into(),
        }
    }

    #[test]
    fn a_connection_keeps_the_order() {
        let mut network = network(Weather::STORM);
        let mut world = World::new();
        let sent: Vec<u8> = (0..9000_u32).map(|at| (at % 251) as u8).collect();
        let (one, other) = sent.split_at(5000);
        network.write(&mut world, parcel(one.to_vec()));
        network.write(&mut world, parcel(other.to_vec()));
        let mut received = Vec::new();
        while let Some(event) = world.next_event() {
            let Event::Chunk(parcel) = event else {
                panic!("only octets of a connection were sent");
            };
            received.extend_from_slice(&parcel.octets);
        }
        assert_eq!(received, sent);
        assert!(world.lasted() <= Weather::STORM.delay_max());
    }

    #[test]
    fn a_fate_is_what_happens() {
        let mut network = network(Weather::STORM);
        let mut history = History::default();
        for _ in 0..500 {
            let mut world = World::new();
            let fate = network.send(&mut world, &mut history, &parcel(vec![7; 40]));
            let (mut intact, mut changed) = (None, false);
            while let Some(event) = world.next_event() {
                match event {
                    Event::Datagram { parcel, .. } if parcel.octets == vec![7; 40] => {
                        intact = intact.or(Some(world.now()));
                    }
                    _ => changed = true,
                }
            }
            assert_eq!(
                (fate.arrives_intact, fate.arrives_changed),
                (intact, changed)
            );
        }
    }

    #[test]
    fn which_weather_is_calm() {
        assert!(Weather::CALM.is_calm());
        assert!(!Weather::LOSSY.is_calm() && !Weather::STORM.is_calm());
        let slow = Weather {
            delay_ms_max: 250,
            ..Weather::CALM
        };
        assert!(!slow.is_calm());
    }
}
