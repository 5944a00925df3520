//! What strangers can cause is logged seldom, lest they fill the disk.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the same is said.
const INTERVAL: Duration = Duration::from_mins(1);

/// Remembers when something was said last.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    last: Mutex<Option<Instant>>,
}

impl Seldom {
    /// Whether it may be said again now; if so, it counts as said.
    pub(crate) fn now(&self) -> bool {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> bool {
        let Ok(mut last) = self.last.lock() else {
            return false;
        };
        let may = last.is_none_or(|last| now.duration_since(last) >= INTERVAL);
        if may {
            *last = Some(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_and_again_after_a_minute() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        let said = [0, 1, 59, 60, 61].map(|later| seldom.at(start + Duration::from_secs(later)));
        assert_eq!(said, [true, false, false, true, false]);
    }
}
