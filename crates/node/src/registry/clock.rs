//! The clocks of a member: one that nobody sets and that goes on while the machine sleeps, and the
//! one on the wall.

use quorum::{Moment, Now};
use rustix::time::{ClockId, clock_gettime};
use std::time::{SystemTime, UNIX_EPOCH};

/// Leases rely on it to go on in a machine that is suspended; others than Linux have it so anyway.
#[cfg(target_os = "linux")]
const SINCE_BOOT: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const SINCE_BOOT: ClockId = ClockId::Monotonic;

/// What the clocks say.
pub(crate) fn now() -> Now {
    let since_boot = clock_gettime(SINCE_BOOT);
    // Neither is negative.
    let seconds = u64::try_from(since_boot.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(since_boot.tv_nsec).unwrap_or_default();
    let date = SystemTime::now().duration_since(UNIX_EPOCH);
    Now {
        moment: Moment(seconds * 1_000_000 + nanoseconds / 1000),
        date_us: u64::try_from(date.unwrap_or_default().as_micros()).unwrap_or(u64::MAX),
    }
}
