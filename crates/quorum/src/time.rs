//! Which clocks there are: one that counts from a start of the machine, one that everybody agrees
//! on, and the date, which decides nothing.
//!
//! Not here: asking an operating system for any of them.

use std::ops::Add;
use std::time::Duration;

/// A moment of one machine's clock, in microseconds from any fixed start.
///
/// It must be the boot-time clock: it never steps back, nobody sets it, and it goes on while the
/// machine is suspended. Leases rely on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub u64);

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(microseconds(later)))
    }
}

impl Moment {
    /// How long it is until `later`; nothing if that has passed.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_micros(later.0.saturating_sub(self.0))
    }
}

/// What a machine's clocks say when something is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// By the boot-time clock.
    pub moment: Moment,
    /// By the clock on the wall, in microseconds since 1970. It may step either way: it is written
    /// down for people and decides nothing.
    pub date_us: u64,
}

/// The time of the registry, in microseconds since it was founded.
///
/// Each leader goes on from what it finds by its own boot-time clock, so between two entries never
/// more of it passes than of the leader's clock: it may stand still (while nobody leads), and never
/// runs ahead. Every entry has a later one than the entry before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub u64);

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(microseconds(later)))
    }
}

impl Time {
    /// How long it is until `later`; nothing if that has passed.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_micros(later.0.saturating_sub(self.0))
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
