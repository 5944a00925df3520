//! The clock, in the words of the engine.

use engine::{Date, Moment};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The operating system's clocks: one for timers, one for dates.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock whose moments count from now.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }

    /// A moment for timers, which never steps back.
    pub fn moment(self) -> Moment {
        let milliseconds = self.started.elapsed().as_millis();
        Moment(u64::try_from(milliseconds).unwrap_or(u64::MAX))
    }

    /// The date that the operating system says; it may step either way.
    pub fn date() -> Date {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Date(u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
    }
}
