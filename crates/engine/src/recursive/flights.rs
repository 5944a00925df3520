//! Who waits for the same walk: of many who ask the same at a time, the first sets it going.
//!
//! Both who waits and how many walks one home has are bounded: else whoever invents identifiers of
//! a home that is slow or dead would have all walks wait for it.

use super::demand::Trust;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;

/// What a walk is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlightKey {
    /// The prefix that it is about; empty if that is the root's, which all need.
    pub home: Vec<u8>,
    /// The key of the question; shared by all who wait for its answer.
    pub question: Bytes,
    /// How it is made.
    pub trust: Trust,
    /// Whether a primary must answer: what others are answered may be behind.
    pub is_fresh: bool,
    /// A number of its own for a walk that nobody else may join; 0 for all others.
    pub alone: u64,
}

/// What becomes of somebody who wants a walk; `P` permits one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boarded<P> {
    /// They are the first: the walk is theirs to set going, with this permit.
    First(P),
    /// It is under way, and they wait for it too.
    Joined,
    /// Too many wait already, there are too many walks to the same home, or they may not have one
    /// more walk made. Whoever asks the same next is judged anew.
    Full,
}

/// How much is under way at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlightLimits {
    /// How many wait for all walks together.
    pub waiting_max: usize,
    /// How many walks there are for identifiers of one prefix.
    pub per_home_max: usize,
}

/// The walks under way, and who waits for each.
#[derive(Debug)]
pub struct Flights<W> {
    limits: FlightLimits,
    waiting: usize,
    under_way: BTreeMap<FlightKey, Vec<W>>,
    homes: BTreeMap<Vec<u8>, usize>,
}

impl<W> Flights<W> {
    /// None is under way.
    pub fn new(limits: FlightLimits) -> Self {
        Self {
            limits,
            waiting: 0,
            under_way: BTreeMap::new(),
            homes: BTreeMap::new(),
        }
    }

    /// Has somebody wait for a walk, or nobody: then it is made ahead of time. If it is not under
    /// way, they need a permit for it; without one nothing is begun that others could join.
    pub fn board<P>(
        &mut self,
        key: &FlightKey,
        waiter: Option<W>,
        permit: impl FnOnce() -> Option<P>,
    ) -> Boarded<P> {
        if waiter.is_some() && self.waiting >= self.limits.waiting_max {
            return Boarded::Full;
        }
        let one = usize::from(waiter.is_some());
        if let Some(waiters) = self.under_way.get_mut(key) {
            self.waiting += one;
            waiters.extend(waiter);
            return Boarded::Joined;
        }
        let of_home = self.homes.get(&key.home).copied().unwrap_or(0);
        if of_home >= self.limits.per_home_max {
            return Boarded::Full;
        }
        let Some(permit) = permit() else {
            return Boarded::Full;
        };
        if !key.home.is_empty() {
            self.homes.insert(key.home.clone(), of_home + 1);
        }
        self.waiting += one;
        self.under_way
            .insert(key.clone(), waiter.into_iter().collect());
        Boarded::First(permit)
    }

    /// A walk is over: who waited for it.
    pub fn land(&mut self, key: &FlightKey) -> Vec<W> {
        let Some(waiters) = self.under_way.remove(key) else {
            return Vec::new();
        };
        self.waiting -= waiters.len();
        if let Some(count) = self.homes.get_mut(&key.home) {
            *count -= 1;
            if *count == 0 {
                self.homes.remove(&key.home);
            }
        }
        waiters
    }

    /// Has those leave who do not wait for a walk any more: their places are for others.
    pub fn leave(&mut self, key: &FlightKey, is_gone: impl Fn(&W) -> bool) {
        if let Some(waiters) = self.under_way.get_mut(key) {
            let before = waiters.len();
            waiters.retain(|waiter| !is_gone(waiter));
            self.waiting -= before - waiters.len();
        }
    }

    /// How many walks are under way.
    pub fn count(&self) -> usize {
        self.under_way.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flights(waiting_max: usize, per_home_max: usize) -> Flights<u32> {
        Flights::new(FlightLimits {
            waiting_max,
            per_home_max,
        })
    }

    fn key(question: &[u8], trust: Trust, is_fresh: bool) -> FlightKey {
        FlightKey {
            home: b"88".to_vec(),
            question: Bytes::copy_from_slice(question),
            trust,
            is_fresh,
            alone: 0,
        }
    }

    /// As somebody who may have any number of walks made.
    fn board(flights: &mut Flights<u32>, key: &FlightKey, waiter: Option<u32>) -> Boarded<()> {
        flights.board(key, waiter, || Some(()))
    }

    #[test]
    fn one_walk_for_all_who_ask_the_same() {
        let mut flights = flights(9, 9);
        let plain = key(b"a", Trust::Plain, false);
        assert_eq!(board(&mut flights, &plain, Some(1)), Boarded::First(()));
        assert_eq!(board(&mut flights, &plain, Some(2)), Boarded::Joined);
        assert_eq!(board(&mut flights, &plain, None), Boarded::Joined);
        for other in [
            key(b"b", Trust::Plain, false),
            key(b"a", Trust::Verified, false),
            key(b"a", Trust::Plain, true),
            FlightKey {
                alone: 1,
                ..key(b"a", Trust::Plain, false)
            },
        ] {
            assert_eq!(
                board(&mut flights, &other, Some(3)),
                Boarded::First(()),
                "{other:?}"
            );
        }
        assert_eq!(flights.land(&plain), [1, 2]);
        assert!(flights.land(&plain).is_empty(), "it is over");
        assert_eq!(flights.count(), 4);
        assert_eq!(board(&mut flights, &plain, None), Boarded::First(()));
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let mut flights = flights(2, 9);
        let one = key(b"a", Trust::Plain, false);
        let other = key(b"b", Trust::Plain, false);
        assert_eq!(board(&mut flights, &one, Some(1)), Boarded::First(()));
        assert_eq!(board(&mut flights, &one, Some(2)), Boarded::Joined);
        assert_eq!(board(&mut flights, &one, Some(3)), Boarded::Full);
        assert_eq!(board(&mut flights, &other, Some(4)), Boarded::Full);
        assert_eq!(flights.count(), 1, "nobody waits for what is not made");
        assert_eq!(flights.land(&one), [1, 2]);
        assert_eq!(board(&mut flights, &other, Some(4)), Boarded::First(()));
    }

    /// Whoever may not have a walk made leaves none behind that others would join, and fail with.
    #[test]
    fn who_may_not_lead_fails_nobody_else() {
        let mut flights = flights(9, 1);
        let popular = key(b"a", Trust::Plain, false);
        let no_more = || None::<()>;
        assert_eq!(flights.board(&popular, Some(1), no_more), Boarded::Full);
        assert_eq!((flights.count(), flights.waiting), (0, 0));
        assert_eq!(
            board(&mut flights, &popular, Some(2)),
            Boarded::First(()),
            "nor does it count as one of its home"
        );
        assert_eq!(
            flights.board(&popular, Some(1), no_more),
            Boarded::Joined,
            "who joins needs none"
        );
        assert_eq!(flights.land(&popular), [2, 1]);
    }

    /// Who hangs up does not keep others out until the walk is over.
    #[test]
    fn who_is_gone_makes_room() {
        let mut flights = flights(2, 9);
        let one = key(b"a", Trust::Plain, false);
        let other = key(b"b", Trust::Plain, false);
        assert_eq!(board(&mut flights, &one, Some(1)), Boarded::First(()));
        assert_eq!(board(&mut flights, &one, Some(2)), Boarded::Joined);
        assert_eq!(board(&mut flights, &other, Some(3)), Boarded::Full);
        flights.leave(&other, |_| true);
        assert_eq!(board(&mut flights, &other, Some(3)), Boarded::Full);
        flights.leave(&one, |waiter| *waiter == 1);
        assert_eq!(board(&mut flights, &other, Some(3)), Boarded::First(()));
        assert_eq!(flights.land(&one), [2]);
        assert_eq!(board(&mut flights, &other, Some(4)), Boarded::Joined);
        assert_eq!(board(&mut flights, &other, Some(5)), Boarded::Full);
    }

    #[test]
    fn one_home_has_so_many_walks_and_the_root_any_number() {
        let mut flights = flights(9, 2);
        let of = |home: &[u8], question: u8| FlightKey {
            home: home.to_vec(),
            ..key(&[question], Trust::Plain, false)
        };
        for question in 1..=2 {
            let boarded = board(&mut flights, &of(b"88", question), Some(1));
            assert_eq!(boarded, Boarded::First(()));
        }
        assert_eq!(board(&mut flights, &of(b"88", 3), Some(1)), Boarded::Full);
        assert_eq!(board(&mut flights, &of(b"88", 3), None), Boarded::Full);
        assert_eq!(board(&mut flights, &of(b"88", 2), Some(1)), Boarded::Joined);
        assert_eq!(
            board(&mut flights, &of(b"99", 3), Some(1)),
            Boarded::First(())
        );
        for question in 4..=7 {
            assert_eq!(
                board(&mut flights, &of(b"", question), None),
                Boarded::First(())
            );
        }
        assert_eq!(flights.land(&of(b"88", 1)).len(), 1);
        assert_eq!(
            board(&mut flights, &of(b"88", 3), Some(1)),
            Boarded::First(())
        );
        assert_eq!(flights.homes.len(), 2);
        assert!(flights.land(&of(b"88", 9)).is_empty(), "it was never made");
        assert_eq!(flights.homes.get(&b"88"[..]), Some(&2));
    }
}
