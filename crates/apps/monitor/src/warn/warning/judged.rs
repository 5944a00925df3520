//! Which period a rule judged last of a subject, whether or not that was a step of a warning.
//!
//! Without it a month that is judged late would end a warning that later figures raise, or raise
//! one that they ended. Not here: judging.

use super::subject_key;
use crate::warn::octets::{Fields, JUDGED, Writer};
use crate::warn::subject::Subject;
use bytes::Bytes;
use codes::Period;
use facts::{Error, View};
use model::{Change, Key};

/// The period judged last, as it was found.
pub(super) struct Last {
    key: Key,
    seen: Option<Bytes>,
    period: Option<Period>,
}

/// The period that a rule judged last of a subject.
pub(super) fn last(view: &dyn View, rule: &str, subject: &Subject) -> Result<Last, Error> {
    let key = subject_key(JUDGED, rule, subject);
    let seen = view.get(&key)?;
    let period = seen.clone().map(decode).transpose()?;
    Ok(Last { key, seen, period })
}

fn decode(octets: Bytes) -> Result<Period, Error> {
    let mut fields = Fields::open("period judged last", octets)?;
    let period = fields.period()?;
    fields.finish()?;
    Ok(period)
}

impl Last {
    /// The period; `None` if none has been judged.
    pub(super) fn period(&self) -> Option<Period> {
        self.period
    }

    /// The change by which it is another; none if it is the same. It conflicts with whoever judges
    /// meanwhile, for he may judge a later one.
    pub(super) fn then(self, period: Period) -> Change {
        let mut change = Change::default();
        if self.period != Some(period) {
            let mut out = Writer::new();
            out.period(period);
            change.expect(self.key.clone(), self.seen);
            change.put(self.key, out.finish());
        }
        change
    }
}
