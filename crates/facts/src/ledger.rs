//! The ledger: how far facts are known, and until which day figures are frozen.
//!
//! Every change of facts says when it becomes known. That is after everything that is known
//! already, so whoever asks what was known then, or before, gets the same answer for ever. The
//! ledger's one row holds the newest moment; every change relies on it, which makes changes of
//! facts follow one another even if they touch nothing else in common.
//!
//! A bulletin freezes the figures it was made of: afterwards they can still be revised, but not by
//! an oversight.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8 | when the newest fact became known, in milliseconds since 1970 |
//! | 4 | the last day that is frozen, counted from 0000-03-01; 0 for none |

use crate::fields::{self, stored};
use crate::{Error, Instant};
use bytes::Bytes;
use codes::{Date, Period};
use model::key::Subspace;
use model::{Change, Key};
use store::View;

/// How far facts are known, as a view has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// When the newest fact became known.
    pub newest: Instant,
    /// The last day that is frozen.
    pub frozen_until: Option<Date>,
    seen: Option<Bytes>,
}

impl Ledger {
    /// What the view has of it.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Stored`].
    pub fn read(view: &dyn View) -> Result<Self, Error> {
        let Some(octets) = view.get(&key())? else {
            return Ok(Self::default());
        };
        let what = "ledger";
        let mut reader = fields::open(what, octets.clone())?;
        let newest = reader.u64("moment").map_err(|error| stored(what, &error))?;
        let frozen_until = fields::day(&mut reader, what)?;
        reader.finish(what).map_err(|error| stored(what, &error))?;
        Ok(Self {
            newest: Instant(newest),
            frozen_until,
            seen: Some(octets),
        })
    }

    /// When a change becomes known if the clock says `now`: then, or just after the newest fact
    /// should the clock be behind.
    pub fn next(&self, now: Instant) -> Instant {
        now.max(Instant(self.newest.0.saturating_add(1)))
    }

    /// Begins a change that becomes known at some moment.
    ///
    /// # Errors
    /// [`Error::Past`] if that is not after all that is known already; [`Error::Beyond`] if it is
    /// so late that nothing could follow.
    pub fn begin(&self, known_at: Instant) -> Result<Change, Error> {
        if known_at.day_in_china().is_none() {
            return Err(Error::Beyond { at: known_at });
        }
        if known_at <= self.newest {
            return Err(Error::Past {
                at: known_at,
                newest: self.newest,
            });
        }
        let after = Self {
            newest: known_at,
            ..self.clone()
        };
        Ok(after.change())
    }

    /// Freezes all figures of periods that end on a day or before it.
    ///
    /// Freezing less than before thaws what lies between; that too is in the log.
    pub fn freeze(&self, until: Option<Date>) -> Change {
        let after = Self {
            frozen_until: until,
            ..self.clone()
        };
        after.change()
    }

    /// Whether figures of a period are frozen.
    pub fn is_frozen(&self, period: Period) -> bool {
        self.frozen_until
            .is_some_and(|until| period.last_day() <= until)
    }

    /// Writes this, if the ledger is still as it was read.
    fn change(self) -> Change {
        let mut octets = vec![fields::FORMAT];
        octets.extend_from_slice(&self.newest.0.to_be_bytes());
        octets.extend_from_slice(&fields::day_number(self.frozen_until));
        let mut change = Change::default();
        change.expect(key(), self.seen);
        change.put(key(), octets.into());
        change
    }
}

fn key() -> Key {
    Key::from_octets(Bytes::from_static(&[Subspace::LEDGER.0]))
}
