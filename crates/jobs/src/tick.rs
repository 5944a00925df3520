//! What if the clock jumps: how far it had come is kept, and what was set by a clock that was ahead
//! is set anew when it goes back.
//!
//! Forwards nothing needs be done: what was to come is due, and occurrences that went by are told
//! as one. Not here: asking the clock.

use crate::fields::{CLOCK, key, stored};
use crate::schedule::Moment;
use crate::{Error, outbox, timer};
use model::Change;
use store::View;

/// How far back a clock may go without anything being set anew, in milliseconds: what clocks do
/// that are set right by a second.
const TOLERANCE_MS: u64 = 5_000;

/// How often it is written how far the clock has come, in milliseconds.
const WRITTEN_EACH_MS: u64 = 60_000;

/// How far ahead a clock must be to be told, in milliseconds: a day. A node that was off for as
/// long is told the same.
const AHEAD_MS: u64 = 86_400_000;

/// What the clock has done since it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// By how many milliseconds it went back, if by more than some seconds.
    pub back_ms: Option<u64>,
    /// By how many milliseconds it went on, if by more than a day.
    pub ahead_ms: Option<u64>,
    /// How many timers and letters were set anew.
    pub set_anew: usize,
}

/// Plans to take note of the clock; called now and then, and before anything is looked for that is
/// due. Nothing changes within a minute.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn tick(view: &dyn View, now: Moment, retry: &outbox::Retry) -> Result<(Change, Tick), Error> {
    let clock = key(CLOCK, &[]);
    let seen = view.get(&clock)?;
    let last = match &seen {
        None => None,
        Some(octets) => {
            let octets: Result<[u8; 8], _> = octets[..].try_into();
            let octets = octets.map_err(|_| stored("clock", "it needs 8 octets"))?;
            Some(Moment(u64::from_be_bytes(octets)))
        }
    };
    let mut change = Change::default();
    let mut tick = Tick::default();
    let last_ms = last.map_or(now.0, |last| last.0);
    let back_ms = last_ms.saturating_sub(now.0);
    let ahead_ms = now.0.saturating_sub(last_ms);
    if back_ms > TOLERANCE_MS {
        tick.back_ms = Some(back_ms);
        tick.set_anew = timer::set_anew(view, now, &mut change)?;
        tick.set_anew += outbox::set_anew(view, now, retry, &mut change)?;
    } else if last.is_some() && ahead_ms < WRITTEN_EACH_MS {
        return Ok((change, tick));
    }
    tick.ahead_ms = Some(ahead_ms).filter(|ahead| *ahead > AHEAD_MS);
    change.expect(clock.clone(), seen);
    change.put(clock, now.0.to_be_bytes().to_vec().into());
    Ok((change, tick))
}
