//! How letters are kept, and listed by what they wait for.
//!
//! Not here: what becomes of them; the octets are told in the table of `outbox`.

use super::{Letter, Posted, State, WHAT};
use crate::Error;
use crate::fields::{
    DEAD, DELIVERED, Fields, LETTER, WAITING, Writer, at_and_name, at_key, deleted, key, stored,
};
use crate::schedule::Moment;
use bytes::Bytes;
use model::{Change, Key};
use store::View;

pub(super) fn listed(
    view: &dyn View,
    part: u8,
    until: Moment,
    count_max: usize,
) -> Result<Vec<Posted>, Error> {
    let (from, to) = (key(part, &[]), at_key(part, until, ""));
    let mut found = Vec::new();
    for row in view.range(&from, &to).take(count_max) {
        let (_, name) = at_and_name(&row?.0)?;
        let posted = find(view, &name)?;
        found.push(posted.ok_or_else(|| stored(WHAT, &format!("{name} is listed and not there")))?);
    }
    Ok(found)
}

/// The letter of a key.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, key: &str) -> Result<Option<Posted>, Error> {
    let octets = view.get(&letter_key(key))?;
    octets.map(|octets| decode(key, octets)).transpose()
}

fn letter_key(name: &str) -> Key {
    key(LETTER, &[name.as_bytes()])
}

fn list_key(posted: &Posted) -> Key {
    let (part, at) = match posted.state {
        State::Waiting(at) => (WAITING, at),
        State::Dead(at) => (DEAD, at),
        State::Delivered(at) => (DELIVERED, at),
    };
    at_key(part, at, &posted.letter.key)
}

pub(super) fn write(change: &mut Change, before: Option<&Posted>, after: &Posted) {
    let key = letter_key(&after.letter.key);
    change.expect(key.clone(), before.map(|before| before.seen.clone()));
    if let Some(before) = before {
        change.writes.push(deleted(list_key(before)));
    }
    change.put(list_key(after), Bytes::new());
    change.put(key, encode(after));
}

pub(super) fn take_away(change: &mut Change, posted: &Posted) {
    let key = letter_key(&posted.letter.key);
    change.expect(key.clone(), Some(posted.seen.clone()));
    change.writes.push(deleted(list_key(posted)));
    change.writes.push(deleted(key));
}

fn encode(posted: &Posted) -> Bytes {
    let mut out = Writer::new();
    match posted.state {
        State::Waiting(at) => out.u8(1).u64(at.0),
        State::Dead(at) => out.u8(2).u64(at.0),
        State::Delivered(at) => out.u8(3).u64(at.0),
    };
    out.u64(posted.posted_at.0).u32(posted.tries);
    out.octets(posted.problem.as_bytes());
    let letter = &posted.letter;
    out.octets(letter.channel.as_bytes());
    out.octets(letter.to.as_bytes()).octets(&letter.body);
    out.finish()
}

fn decode(key: &str, octets: Bytes) -> Result<Posted, Error> {
    let mut fields = Fields::open(WHAT, octets.clone())?;
    let (state, at) = (fields.u8()?, Moment(fields.u64()?));
    let state = match state {
        1 => State::Waiting(at),
        2 => State::Dead(at),
        3 => State::Delivered(at),
        _ => return Err(stored(WHAT, "its state is not known")),
    };
    let (posted_at, tries) = (Moment(fields.u64()?), fields.u32()?);
    let problem = fields.text()?;
    let letter = Letter {
        key: key.to_owned(),
        channel: fields.text()?,
        to: fields.text()?,
        body: fields.octets()?,
    };
    fields.finish()?;
    Ok(Posted {
        letter,
        state,
        posted_at,
        tries,
        problem,
        seen: octets,
    })
}
