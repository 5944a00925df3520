//! The post between administrators and the node: datagrams that are lost, doubled and late, lines
//! that break, and somebody who listens and sends again later what he heard.
//!
//! A line carries whole messages in order, until it breaks; then nothing of it arrives any more,
//! in either direction. Not here: octets that are changed on their way, which the questions'
//! simulation has (`crate::network`).

use super::{Event, Peer};
use crate::chance::{Chance, Purpose};
use crate::network::Weather;
use crate::world::World;
use bytes::Bytes;
use engine::Moment;
use std::time::Duration;

/// How late what was listened to is sent again, in milliseconds: within the life of challenges,
/// and long after.
const REPLAY_DELAYS_MS: [usize; 4] = [40, 900, 15_000, 90_000];

/// How bad it is, beside the weather. Probabilities are per mille of the messages sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Messages with which their line breaks.
    pub cuts: usize,
    /// Messages to the node that somebody sends again.
    pub replays: usize,
    /// How often the node crashes at most.
    pub crashes_max: usize,
}

impl Trouble {
    /// All goes well.
    pub const NONE: Self = Self {
        cuts: 0,
        replays: 0,
        crashes_max: 0,
    };

    /// Lines break, the node crashes, and somebody listens.
    pub const USUAL: Self = Self {
        cuts: 30,
        replays: 150,
        crashes_max: 4,
    };
}

/// A line between an asker and the node.
struct Line {
    asker: usize,
    is_up: bool,
    /// When the last message arrives, to the node and from it: none overtakes another.
    arrivals: [Moment; 2],
}

/// Carries messages.
pub(crate) struct Post {
    weather: Weather,
    trouble: Trouble,
    chance: Chance,
    lines: Vec<Line>,
    /// How often something went wrong that an asker may not have an answer for.
    pub(crate) losses: u64,
}

impl Post {
    pub(crate) fn new(weather: Weather, trouble: Trouble, seed: u64) -> Self {
        Self {
            weather,
            trouble,
            chance: Chance::new(seed, Purpose::Post),
            lines: Vec::new(),
            losses: 0,
        }
    }

    /// Opens a line for an asker.
    pub(crate) fn open(&mut self, asker: usize, now: Moment) -> Peer {
        self.lines.push(Line {
            asker,
            is_up: true,
            arrivals: [now, now],
        });
        Peer::Line(self.lines.len() - 1)
    }

    /// Whether what is sent to or from somebody can arrive at all.
    pub(crate) fn reaches(&self, peer: Peer) -> bool {
        match peer {
            Peer::Line(line) => self.lines.get(line).is_some_and(|line| line.is_up),
            _ => true,
        }
    }

    /// The asker at the other end of a line.
    pub(crate) fn asker_at(&self, line: usize) -> Option<usize> {
        self.lines.get(line).map(|line| line.asker)
    }

    /// Breaks every line, as when the node falls over; some askers are told.
    pub(crate) fn break_all(&mut self, world: &mut World<Event>) {
        for line in 0..self.lines.len() {
            if self.lines[line].is_up {
                self.break_line(world, line);
            }
        }
    }

    fn break_line(&mut self, world: &mut World<Event>, line: usize) {
        self.lines[line].is_up = false;
        self.losses += 1;
        if self.chance.happens(700) {
            let at = world.now() + self.delay();
            world.schedule(at, Event::Broken(line));
        }
    }

    /// Hangs up, at the asker's wish.
    pub(crate) fn hang_up(&mut self, line: usize) {
        if let Some(line) = self.lines.get_mut(line) {
            line.is_up = false;
        }
    }

    /// Sends a message to the node.
    pub(crate) fn send_to_node(&mut self, world: &mut World<Event>, from: Peer, octets: &Bytes) {
        self.carry(world, from, true, octets);
        if self.chance.happens(self.trouble.replays) {
            let most = *self.chance.pick(&REPLAY_DELAYS_MS);
            let later = Duration::from_millis(self.chance.between(1..=most) as u64);
            // Of a datagram anybody can write any address.
            let from = match from {
                Peer::Line(_) => Peer::Listener,
                claimed => claimed,
            };
            let octets = octets.clone();
            world.schedule(world.now() + later, Event::ToNode { from, octets });
        }
    }

    /// Sends a message from the node.
    pub(crate) fn send_from_node(&mut self, world: &mut World<Event>, to: Peer, octets: &Bytes) {
        self.carry(world, to, false, octets);
    }

    fn carry(&mut self, world: &mut World<Event>, peer: Peer, is_to_node: bool, octets: &Bytes) {
        match peer {
            Peer::Line(line) => self.carry_in_line(world, line, is_to_node, octets),
            Peer::Asker(_) => self.carry_alone(world, peer, is_to_node, octets),
            Peer::Listener => (),
        }
    }

    fn carry_in_line(
        &mut self,
        world: &mut World<Event>,
        line: usize,
        is_to_node: bool,
        octets: &Bytes,
    ) {
        let sent = world.now() + self.delay();
        let Some(on) = self.lines.get_mut(line).filter(|line| line.is_up) else {
            return;
        };
        let arrival = &mut on.arrivals[usize::from(is_to_node)];
        *arrival = sent.max(*arrival);
        world.schedule(*arrival, event(Peer::Line(line), is_to_node, octets));
        if self.chance.happens(self.trouble.cuts) {
            self.break_line(world, line);
        }
    }

    fn carry_alone(
        &mut self,
        world: &mut World<Event>,
        peer: Peer,
        is_to_node: bool,
        octets: &Bytes,
    ) {
        let copies = 1 + usize::from(self.chance.happens(self.weather.doubled));
        for _ in 0..copies {
            if self.chance.happens(self.weather.lost) {
                self.losses += 1;
                continue;
            }
            let at = world.now() + self.delay();
            world.schedule(at, event(peer, is_to_node, octets));
        }
    }

    fn delay(&mut self) -> Duration {
        let most = if self.chance.happens(self.weather.stragglers) {
            self.losses += 1;
            self.weather.straggler_delay_ms_max
        } else {
            self.weather.delay_ms_max
        };
        Duration::from_millis(self.chance.between(1..=most) as u64)
    }
}

fn event(peer: Peer, is_to_node: bool, octets: &Bytes) -> Event {
    let octets = octets.clone();
    if is_to_node {
        Event::ToNode { from: peer, octets }
    } else {
        Event::ToAsker { to: peer, octets }
    }
}
