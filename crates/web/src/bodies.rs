//! How much memory the bodies of requests may take, all together and for one source.
//!
//! What counts is what has come, not what was announced: announcing costs nothing.

use node::peers::network_of;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which part of all room one source may fill, so that nobody shuts the others out by sending
/// slowly; at least one body, whatever its length.
const SHARE: usize = 4;

/// The room for bodies.
#[derive(Debug)]
pub(crate) struct Room {
    octets_max: usize,
    each_octets_max: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    octets: usize,
    by_source: HashMap<IpAddr, usize>,
}

/// What one body takes up; given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    source: IpAddr,
    octets: usize,
}

impl Room {
    /// `octets_max` for all bodies, of which none is longer than `body_octets_max`.
    pub(crate) fn new(octets_max: usize, body_octets_max: usize) -> Self {
        Self {
            octets_max,
            each_octets_max: body_octets_max.max(octets_max / SHARE),
            held: Mutex::default(),
        }
    }

    /// A place for a body of which nothing has come yet.
    pub(crate) fn place(room: &Arc<Self>, source: IpAddr) -> Place {
        Place {
            room: Arc::clone(room),
            source: network_of(source),
            octets: 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // The sums are right after every call.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Takes room for more octets; whether there was any. If not, nothing was taken.
    pub(crate) fn grow(&mut self, octets: usize) -> bool {
        let mut held = self.room.lock();
        let all = held.octets.saturating_add(octets);
        let of_source = held.by_source.get(&self.source).copied().unwrap_or(0);
        let of_source = of_source.saturating_add(octets);
        if all > self.room.octets_max || of_source > self.room.each_octets_max {
            return false;
        }
        held.octets = all;
        held.by_source.insert(self.source, of_source);
        self.octets += octets;
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.room.lock();
        held.octets -= self.octets;
        if let Some(of_source) = held.by_source.get_mut(&self.source) {
            *of_source -= self.octets;
            if *of_source == 0 {
                held.by_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn all_bodies_share_the_room_and_give_it_back() {
        let room = Arc::new(Room::new(100, 10));
        let mut places: Vec<Place> = (0..5).map(|at| Room::place(&room, source(at))).collect();
        for place in &mut places[..4] {
            assert!(place.grow(10) && place.grow(15));
        }
        assert!(!places[4].grow(1), "full");
        places.remove(0);
        assert!(places[3].grow(25));
        drop(places);
        let held = room.lock();
        assert_eq!((held.octets, held.by_source.len()), (0, 0));
    }

    #[test]
    fn one_source_has_a_part_of_it_or_one_body() {
        let check = |octets_max, body_octets_max, each_max: usize| {
            let room = Arc::new(Room::new(octets_max, body_octets_max));
            let mut one = Room::place(&room, source(1));
            let mut two = Room::place(&room, source(1));
            assert!(one.grow(each_max - 1) && two.grow(1) && !two.grow(1));
            drop(one);
            assert!(two.grow(1));
        };
        check(100, 10, 25);
        check(100, 60, 60);
    }
}
