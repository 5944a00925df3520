//! When something became known. Not here: asking a clock.

use codes::Date;
use std::fmt;

/// How far clocks of China are ahead of UTC, in milliseconds.
const CHINA_AHEAD_MS: u64 = 8 * 3_600_000;

const DAY_MS: u64 = 86_400_000;

/// The number of 1970-01-01 among the days.
const EPOCH_DAY: u64 = 719_468;

/// A moment, in milliseconds since 1970 (UTC).
///
/// ```
/// let moment = facts::Instant(1_669_017_600_000);
/// assert_eq!(moment.to_string(), "2022-11-21T08:00:00.000Z");
/// assert_eq!(moment.day_in_china().map(|day| day.to_string()).as_deref(), Some("2022-11-21"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Instant(pub u64);

impl Instant {
    /// After all others: what is known now.
    pub const LAST: Self = Self(u64::MAX);

    /// The day it is in China then: days of figures begin at its midnight, wherever the node is.
    /// `None` beyond the known years.
    pub fn day_in_china(self) -> Option<Date> {
        Self(self.0.checked_add(CHINA_AHEAD_MS)?).day()
    }

    fn day(self) -> Option<Date> {
        Date::from_number(u32::try_from(self.0 / DAY_MS + EPOCH_DAY).ok()?)
    }
}

/// Prints it as ISO 8601 does, or its number beyond the known years.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(day) = self.day() else {
            return write!(f, "{} ms", self.0);
        };
        let ms = self.0 % DAY_MS;
        let [hours, minutes, seconds] = [ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60];
        write!(
            f,
            "{day}T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z",
            ms % 1000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let day = |ms| Instant(ms).day_in_china().map(|day| day.to_string());
        assert_eq!(day(0).as_deref(), Some("1970-01-01"));
        assert_eq!(day(1_669_046_399_999).as_deref(), Some("2022-11-21"));
        assert_eq!(day(1_669_046_400_000).as_deref(), Some("2022-11-22"));
        assert_eq!(day(u64::MAX), None);
        assert_eq!(Instant::LAST.to_string(), "18446744073709551615 ms");
    }
}
