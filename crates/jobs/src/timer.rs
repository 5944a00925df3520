//! Timers: what is to be done at an instant, or once in every period.
//!
//! Whoever looks asks which are due ([`due`]), does it, and commits [`done`] together with what
//! came of it. A process that dies between is told again, with the same key: the occurrence is the
//! same. Occurrences that went by while nobody looked are told as one, with their number; the next
//! is reckoned from the occurrence, not from the clock, so that none is left out or taken twice.
//!
//! | octets of a timer | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | schedule: 1 once, 2 every, 3 each |
//! | 8, 8 | once: when, 0; every: first, milliseconds; each: unit, milliseconds after |
//! | 8 | when it is due |
//! | 8 | which occurrence was done last, or 0 |
//! | 4 + n, 4 + n | kind, payload |
//!
//! Not here: doing it, the clock.

#[cfg(test)]
mod tests;

use crate::Error;
use crate::fields::{
    Fields, TIMER, TIMER_DUE, Writer, at_and_name, at_key, check_length, deleted, key, name_of,
    stored,
};
use crate::schedule::{Moment, Schedule, Unit};
use bytes::Bytes;
use model::{Change, Key};
use store::View;

const WHAT: &str = "timer";

/// The longest name or kind, in octets, and the longest payload.
const NAME_OCTETS: [usize; 2] = [1, 256];
const PAYLOAD_OCTETS: [usize; 2] = [0, 64 << 10];

/// A timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// What it is called: 1 to 256 octets.
    pub name: String,
    /// What is to be done: a word that whoever does it knows.
    pub kind: String,
    /// When.
    pub schedule: Schedule,
    /// With what.
    pub payload: Bytes,
}

/// A timer as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The timer.
    pub timer: Timer,
    /// When it is due.
    pub due: Moment,
    /// Which occurrence was done last.
    pub done: Option<Moment>,
    seen: Bytes,
}

/// A timer that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The timer as it stands.
    pub set: Set,
    /// Which occurrence is told: the last that is not after now.
    pub occurrence: Moment,
    /// How many there are since the last that was done, at most 1,000; more than one if nobody
    /// looked for some time.
    pub count: u32,
}

impl Due {
    /// By which a second time is known: the name and the occurrence.
    pub fn key(&self) -> String {
        format!("{}@{}", self.set.timer.name, self.occurrence.0)
    }
}

/// Plans to set a timer, or to set it otherwise if there is one of its name; nothing changes if it
/// is set so already.
///
/// What is to happen once is due even if its moment has passed; what repeats is due next after now.
/// One whose schedule stays as it is, and which is to do something else or with something else, is
/// due when it was: an occurrence that nobody has seen to yet is not lost by it.
///
/// # Errors
/// [`Error::Never`], [`Error::Length`], [`Error::Store`], [`Error::Stored`].
pub fn set(view: &dyn View, now: Moment, timer: &Timer) -> Result<(Change, Set), Error> {
    check_length("the name of a timer", timer.name.as_bytes(), NAME_OCTETS)?;
    check_length("the kind of a timer", timer.kind.as_bytes(), NAME_OCTETS)?;
    check_length("the payload of a timer", &timer.payload, PAYLOAD_OCTETS)?;
    let before = find(view, &timer.name)?;
    if let Some(before) = before.as_ref().filter(|before| before.timer == *timer) {
        return Ok((Change::default(), before.clone()));
    }
    let mut change = Change::default();
    if let Some(before) = before.as_ref()
        && before.timer.schedule == timer.schedule
    {
        let after = put(&mut change, Some(before), timer, before.due, before.done);
        return Ok((change, after));
    }
    let due = match timer.schedule {
        Schedule::Once { at } => Some(at),
        schedule => schedule.next_after(now),
    };
    let due = due.ok_or_else(|| Error::Never {
        name: timer.name.clone(),
    })?;
    let after = put(&mut change, before.as_ref(), timer, due, None);
    Ok((change, after))
}

/// Plans to take a timer away.
///
/// # Errors
/// [`Error::Missing`], [`Error::Store`], [`Error::Stored`].
pub fn cancel(view: &dyn View, name: &str) -> Result<Change, Error> {
    let before = find(view, name)?.ok_or_else(|| Error::Missing {
        what: WHAT,
        name: name.to_owned(),
    })?;
    let mut change = Change::default();
    take_away(&mut change, &before);
    Ok(change)
}

/// The timers that are due, the longest first; at most so many.
///
/// One that cannot be seen to stays first. Whoever takes a few at a time goes on with
/// [`due_after`], so that those behind have their turn.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn due(view: &dyn View, now: Moment, count_max: usize) -> Result<Vec<Due>, Error> {
    due_from(view, &key(TIMER_DUE, &[]), now, count_max)
}

/// The same of those behind one that was told, seen to or not.
///
/// # Errors
/// As of [`due`].
pub fn due_after(
    view: &dyn View,
    now: Moment,
    last: &Due,
    count_max: usize,
) -> Result<Vec<Due>, Error> {
    // The least key behind it: names have no end of their own.
    let last = at_key(TIMER_DUE, last.set.due, &last.set.timer.name);
    let behind = [&last.octets()[..], &[0]].concat();
    due_from(view, &Key::from_octets(behind.into()), now, count_max)
}

fn due_from(view: &dyn View, from: &Key, now: Moment, count_max: usize) -> Result<Vec<Due>, Error> {
    let to = at_key(TIMER_DUE, Moment(now.0.saturating_add(1)), "");
    let mut found = Vec::new();
    if *from >= to {
        return Ok(found);
    }
    for row in view.range(from, &to).take(count_max) {
        let (at, name) = at_and_name(&row?.0)?;
        let set = find(view, &name)?;
        let set = set.ok_or_else(|| stored(WHAT, &format!("{name} is due and not there")))?;
        // One before it is due, so that it is the first that counts.
        let before = Moment(at.0.saturating_sub(1));
        let last = set.timer.schedule.last_until(before, now);
        let (occurrence, count) = last.unwrap_or((at, 1));
        found.push(Due {
            set,
            occurrence,
            count,
        });
    }
    Ok(found)
}

/// Makes the change that a timer has been seen to: it is due again at the next occurrence after the
/// one that was told, or gone.
///
/// It conflicts if somebody else has seen to it meanwhile, or set it otherwise.
pub fn done(due: &Due) -> Change {
    let mut change = Change::default();
    let set = &due.set;
    match set.timer.schedule.next_after(due.occurrence) {
        Some(next) => {
            put(
                &mut change,
                Some(set),
                &set.timer,
                next,
                Some(due.occurrence),
            );
        }
        None => take_away(&mut change, set),
    }
    change
}

/// The timer of a name.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str) -> Result<Option<Set>, Error> {
    let octets = view.get(&timer_key(name))?;
    octets.map(|octets| decode(name, octets)).transpose()
}

/// All timers, by name; at most so many.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn all(view: &dyn View, count_max: usize) -> Result<Vec<Set>, Error> {
    let [from, to] = [TIMER, TIMER + 1].map(|part| key(part, &[]));
    let rows = view.range(&from, &to).take(count_max);
    rows.map(|row| {
        let (key, octets) = row?;
        decode(&name_of(&key)?, octets)
    })
    .collect()
}

/// Sets timers that lie further ahead than they would if they were set now: the clock was ahead
/// when they were. Says how many.
pub(crate) fn set_anew(view: &dyn View, now: Moment, change: &mut Change) -> Result<usize, Error> {
    let mut count = 0;
    for set in all(view, usize::MAX)? {
        let schedule = set.timer.schedule;
        if matches!(schedule, Schedule::Once { .. }) {
            continue;
        }
        let next = schedule.next_after(now);
        // What was done last is not done again because the clock went back a little.
        let next = next.and_then(|next| {
            if set.done == Some(next) {
                schedule.next_after(next)
            } else {
                Some(next)
            }
        });
        if let Some(next) = next.filter(|next| *next < set.due) {
            put(change, Some(&set), &set.timer, next, set.done);
            count += 1;
        }
    }
    Ok(count)
}

fn timer_key(name: &str) -> Key {
    key(TIMER, &[name.as_bytes()])
}

fn put(
    change: &mut Change,
    before: Option<&Set>,
    timer: &Timer,
    due: Moment,
    done: Option<Moment>,
) -> Set {
    let seen = encode(timer, due, done);
    let key = timer_key(&timer.name);
    change.expect(key.clone(), before.map(|before| before.seen.clone()));
    if let Some(before) = before {
        let at = at_key(TIMER_DUE, before.due, &timer.name);
        change.writes.push(deleted(at));
    }
    change.put(at_key(TIMER_DUE, due, &timer.name), Bytes::new());
    change.put(key, seen.clone());
    Set {
        timer: timer.clone(),
        due,
        done,
        seen,
    }
}

fn take_away(change: &mut Change, set: &Set) {
    let name = &set.timer.name;
    change.expect(timer_key(name), Some(set.seen.clone()));
    change
        .writes
        .push(deleted(at_key(TIMER_DUE, set.due, name)));
    change.writes.push(deleted(timer_key(name)));
}

fn encode(timer: &Timer, due: Moment, done: Option<Moment>) -> Bytes {
    let mut out = Writer::new();
    match timer.schedule {
        Schedule::Once { at } => out.u8(1).u64(at.0).u64(0),
        Schedule::Every { first, each_ms } => out.u8(2).u64(first.0).u64(each_ms),
        Schedule::Each { unit, after_ms } => out.u8(3).u64(unit.number().into()).u64(after_ms),
    };
    out.u64(due.0).u64(done.unwrap_or_default().0);
    out.octets(timer.kind.as_bytes()).octets(&timer.payload);
    out.finish()
}

fn decode(name: &str, octets: Bytes) -> Result<Set, Error> {
    let mut fields = Fields::open(WHAT, octets.clone())?;
    let (kind, one, other) = (fields.u8()?, fields.u64()?, fields.u64()?);
    let unit = || {
        Unit::ALL
            .into_iter()
            .find(|unit| u64::from(unit.number()) == one)
    };
    let schedule = match kind {
        1 => Some(Schedule::Once { at: Moment(one) }),
        2 => Some(Schedule::Every {
            first: Moment(one),
            each_ms: other,
        }),
        3 => unit().map(|unit| Schedule::Each {
            unit,
            after_ms: other,
        }),
        _ => None,
    };
    let schedule = schedule.ok_or_else(|| stored(WHAT, "its schedule is not known"))?;
    let (due, done) = (Moment(fields.u64()?), Moment(fields.u64()?));
    let timer = Timer {
        name: name.to_owned(),
        kind: fields.text()?,
        schedule,
        payload: fields.octets()?,
    };
    fields.finish()?;
    Ok(Set {
        timer,
        due,
        done: Some(done).filter(|done| *done != Moment::default()),
        seen: octets,
    })
}
