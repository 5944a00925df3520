//! The outbox: letters that are delivered at least once, or told to be dead.
//!
//! A letter is put in with the change that caused it. Each is tried until it is delivered; after a
//! failure it waits, twice as long each time up to a limit, and after so many failures it is a dead
//! letter, which stays until somebody revives or drops it. Its key is its idempotency key: whoever
//! receives it twice can tell, and whoever puts it in twice has put it in once, even after it was
//! delivered, until it is forgotten.
//!
//! | octets of a letter | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | state: 1 waiting, 2 dead, 3 delivered |
//! | 8 | since when; if it waits, until when |
//! | 8 | when it was put in |
//! | 4 | how often it was tried |
//! | 4 + n | what was the problem last; empty for none |
//! | 4 + n, 4 + n | channel, to whom |
//! | 4 + n | what it says |
//!
//! Not here: what a letter says, and how it is sent ([`Delivery`]).

mod stored;
#[cfg(test)]
mod tests;

pub use stored::find;

use self::stored::{listed, take_away, write};
use crate::fields::{DEAD, DELIVERED, WAITING, at_and_name, at_key, check_length, key};
use crate::schedule::Moment;
use crate::{Error, commit};
use bytes::Bytes;
use model::Change;
use store::{Store, View};

const WHAT: &str = "letter";

/// The longest key, channel or address, in octets.
const NAME_OCTETS: [usize; 2] = [1, 256];

/// The longest letter, in octets: a bulletin with its tables goes by reference.
const BODY_OCTETS: [usize; 2] = [0, 512 << 10];

/// The most octets of a problem that are kept.
const PROBLEM_OCTETS_MAX: usize = 1024;

/// Something to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its idempotency key: 1 to 256 octets.
    pub key: String,
    /// By which way: `mail`, `webhook`, `report`.
    pub channel: String,
    /// To whom, as the channel writes it.
    pub to: String,
    /// What it says, at most 512 KiB.
    pub body: Bytes,
}

/// How things stand with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits until then to be tried.
    Waiting(Moment),
    /// It could not be delivered, since then.
    Dead(Moment),
    /// It was delivered then.
    Delivered(Moment),
}

/// A letter as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The letter.
    pub letter: Letter,
    /// How things stand.
    pub state: State,
    /// When it was put in.
    pub posted_at: Moment,
    /// How often it was tried.
    pub tries: u32,
    /// What was the problem last; empty for none.
    pub problem: String,
    seen: Bytes,
}

/// How long to wait after failures, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// After the first failure, in milliseconds; twice as long after each that follows.
    pub first_ms: u64,
    /// At most, in milliseconds.
    pub longest_ms: u64,
    /// After so many failures it is dead.
    pub tries_max: u32,
}

/// A minute, up to six hours, for two days and a half.
impl Default for Retry {
    fn default() -> Self {
        Self {
            first_ms: 60_000,
            longest_ms: 6 * 3_600_000,
            tries_max: 18,
        }
    }
}

impl Retry {
    /// How long to wait after so many failures, in milliseconds.
    pub fn wait_ms(&self, failures: u32) -> u64 {
        let doubled = 2_u64.checked_pow(failures.saturating_sub(1));
        let wait = doubled.and_then(|factor| self.first_ms.checked_mul(factor));
        wait.unwrap_or(u64::MAX).min(self.longest_ms)
    }
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is delivered.
    Delivered,
    /// It failed, and may go better later.
    Failed(String),
    /// It will never go: there is no such address.
    Refused(String),
}

/// Sends letters.
pub trait Delivery {
    /// Sends a letter, which may have been sent before under the same key.
    fn deliver(&mut self, letter: &Letter) -> Outcome;
}

/// What came of a round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// How many were delivered.
    pub delivered: usize,
    /// How many wait to be tried again.
    pub again: usize,
    /// The keys of those that are dead now: somebody must be told.
    pub dead: Vec<String>,
    /// How many another round settled meanwhile: what came of the try here is not kept, and they
    /// may have been delivered twice.
    pub elsewhere: usize,
}

/// Plans to put a letter in; nothing changes if it is in, or was, with the same content.
///
/// # Errors
/// [`Error::There`] if another has its key; [`Error::Length`], [`Error::Store`], [`Error::Stored`].
pub fn put(view: &dyn View, now: Moment, letter: &Letter) -> Result<Change, Error> {
    check_length("the key of a letter", letter.key.as_bytes(), NAME_OCTETS)?;
    check_length(
        "the channel of a letter",
        letter.channel.as_bytes(),
        NAME_OCTETS,
    )?;
    check_length("the address of a letter", letter.to.as_bytes(), NAME_OCTETS)?;
    check_length("a letter", &letter.body, BODY_OCTETS)?;
    if let Some(before) = find(view, &letter.key)? {
        if before.letter == *letter {
            return Ok(Change::default());
        }
        return Err(Error::There {
            what: WHAT,
            name: letter.key.clone(),
        });
    }
    let posted = Posted {
        letter: letter.clone(),
        state: State::Waiting(now),
        posted_at: now,
        tries: 0,
        problem: String::new(),
        seen: Bytes::new(),
    };
    let mut change = Change::default();
    write(&mut change, None, &posted);
    Ok(change)
}

/// The letters that are to be tried, the longest waiting first; at most so many.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn due(view: &dyn View, now: Moment, count_max: usize) -> Result<Vec<Posted>, Error> {
    let until = Moment(now.0.saturating_add(1));
    listed(view, WAITING, until, count_max)
}

/// The dead letters, the longest dead first; at most so many.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn dead(view: &dyn View, count_max: usize) -> Result<Vec<Posted>, Error> {
    listed(view, DEAD, Moment(u64::MAX), count_max)
}

/// Makes the change that follows from a try of a letter; gives how things stand after it.
///
/// It conflicts if somebody else has tried it meanwhile.
pub fn settle(now: Moment, retry: &Retry, posted: &Posted, outcome: &Outcome) -> (Change, State) {
    let tries = posted.tries.saturating_add(1);
    let (state, problem) = match outcome {
        Outcome::Delivered => (State::Delivered(now), ""),
        Outcome::Failed(problem) if tries < retry.tries_max => {
            let until = now.0.saturating_add(retry.wait_ms(tries));
            (State::Waiting(Moment(until)), problem.as_str())
        }
        Outcome::Failed(problem) | Outcome::Refused(problem) => {
            (State::Dead(now), problem.as_str())
        }
    };
    let after = Posted {
        state,
        tries,
        problem: cut(problem).to_owned(),
        ..posted.clone()
    };
    let mut change = Change::default();
    write(&mut change, Some(posted), &after);
    (change, state)
}

/// As much of a text as is kept.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(PROBLEM_OCTETS_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Tries the letters that are due, at most so many, one after the other.
///
/// A letter that somebody else settles meanwhile is his, and counted. Rounds are made one at a
/// time: of two at once both try what is due, and their addressees tell by its key.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`]; what was tried before that is settled.
pub fn round(
    store: &Store,
    now: Moment,
    retry: &Retry,
    count_max: usize,
    delivery: &mut dyn Delivery,
) -> Result<Round, Error> {
    let mut round = Round::default();
    for posted in due(&*store.view(), now, count_max)? {
        let outcome = delivery.deliver(&posted.letter);
        let (change, state) = settle(now, retry, &posted, &outcome);
        match store.commit(change) {
            Ok(_) => (),
            Err(store::Error::Conflict { .. }) => {
                round.elsewhere += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        match state {
            State::Delivered(_) => round.delivered += 1,
            State::Waiting(_) => round.again += 1,
            State::Dead(_) => round.dead.push(posted.letter.key),
        }
    }
    Ok(round)
}

/// Plans to try a dead letter again from the beginning.
///
/// # Errors
/// [`Error::Missing`] if there is no dead letter of this key; [`Error::Store`], [`Error::Stored`].
pub fn revive(view: &dyn View, now: Moment, key: &str) -> Result<Change, Error> {
    let posted = need_dead(view, key)?;
    let after = Posted {
        state: State::Waiting(now),
        tries: 0,
        ..posted.clone()
    };
    let mut change = Change::default();
    write(&mut change, Some(&posted), &after);
    Ok(change)
}

/// Plans to drop a dead letter.
///
/// # Errors
/// As of [`revive`].
pub fn drop_dead(view: &dyn View, key: &str) -> Result<Change, Error> {
    let posted = need_dead(view, key)?;
    let mut change = Change::default();
    take_away(&mut change, &posted);
    Ok(change)
}

fn need_dead(view: &dyn View, key: &str) -> Result<Posted, Error> {
    let posted = find(view, key)?.filter(|posted| matches!(posted.state, State::Dead(_)));
    posted.ok_or_else(|| Error::Missing {
        what: "dead letter",
        name: key.to_owned(),
    })
}

/// Forgets letters that were delivered before a moment, at most so many; says how many.
///
/// Their keys may be used again from then on.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`], [`Error::Busy`].
pub fn forget(store: &Store, before: Moment, count_max: usize) -> Result<usize, Error> {
    commit(store, |view| {
        let mut change = Change::default();
        let found = listed(view, DELIVERED, before, count_max)?;
        for posted in &found {
            take_away(&mut change, posted);
        }
        Ok((change, found.len()))
    })
}

/// Lets letters be tried that wait for longer than they ever would: the clock was ahead when they
/// were tried. Says how many.
pub(crate) fn set_anew(
    view: &dyn View,
    now: Moment,
    retry: &Retry,
    change: &mut Change,
) -> Result<usize, Error> {
    let from = Moment(now.0.saturating_add(retry.longest_ms).saturating_add(1));
    let (from, to) = (at_key(WAITING, from, ""), key(WAITING + 1, &[]));
    let mut count = 0;
    for row in view.range(&from, &to) {
        let (_, name) = at_and_name(&row?.0)?;
        if let Some(posted) = find(view, &name)? {
            let after = Posted {
                state: State::Waiting(now),
                ..posted.clone()
            };
            write(change, Some(&posted), &after);
            count += 1;
        }
    }
    Ok(count)
}
