//! How cases and their steps are stored: see the tables of `case`.

use super::{Case, Message, Step};
use crate::fields::{self, put_text, stored, text};
use crate::{Error, Instant, Object};
use bytes::Bytes;
use codes::Date;
use model::key::Subspace;
use model::{Change, Key};
use store::View;

const WHAT: &str = "case";
const CASE: u8 = 1;
const DUE: u8 = 2;
const STEP: u8 = 3;

fn key(part: u8, rest: &[&[u8]]) -> Key {
    let head: &[u8] = &[Subspace::CASES.0, part];
    Key::from_octets([&[head], rest].concat().concat().into())
}

fn due_key(case: &Case) -> Option<Key> {
    let due = case.due.filter(|_| !case.is_closed)?;
    Some(key(
        DUE,
        &[&due.number().to_be_bytes(), case.name.as_bytes()],
    ))
}

/// Writes a case, and where it is found by its day due. What it was before is relied on by the
/// ledger, which every change moves on.
pub(super) fn put_case(change: &mut Change, before: Option<&Case>, case: &Case) {
    if let Some(old) = before.and_then(due_key) {
        change.writes.push(model::change::Write {
            key: old,
            octets: None,
        });
    }
    if let Some(due) = due_key(case) {
        change.put(due, Bytes::new());
    }
    change.put(key(CASE, &[case.name.as_bytes()]), encode(case));
}

pub(super) fn encode(case: &Case) -> Bytes {
    let mut out = vec![fields::FORMAT];
    put_text(&mut out, &case.machine);
    out.extend_from_slice(&case.version.to_be_bytes());
    put_text(&mut out, &case.state);
    out.push(u8::from(case.is_closed));
    out.extend_from_slice(&fields::day_number(case.due));
    out.extend_from_slice(&case.steps.to_be_bytes());
    put_text(&mut out, &case.owner);
    put_text(&mut out, &case.title);
    // At most 16, as was checked when it was opened.
    out.push(case.objects.len() as u8);
    for object in &case.objects {
        object.put_in_key(&mut out);
    }
    out.into()
}

pub(super) fn decode(name: &str, octets: Bytes) -> Result<Case, Error> {
    let wrong = |error: model::Error| stored(WHAT, &error);
    let mut reader = fields::open(WHAT, octets)?;
    let machine = text(&mut reader, "machine")?;
    let version = reader.u16("version").map_err(wrong)?;
    let state = text(&mut reader, "state")?;
    let is_closed = reader.u8("whether it is closed").map_err(wrong)? != 0;
    let due = fields::day(&mut reader, "day due")?;
    let steps = reader.u32("count of steps").map_err(wrong)?;
    let owner = text(&mut reader, "owner")?;
    let title = text(&mut reader, "title")?;
    let count = reader.u8("count of objects").map_err(wrong)?;
    let rest = reader.rest();
    let mut rest = &rest[..];
    let objects: Option<Vec<_>> = (0..count)
        .map(|_| Object::take_from_key(&mut rest))
        .collect();
    let objects = objects.filter(|_| rest.is_empty());
    Ok(Case {
        name: name.to_owned(),
        machine,
        version,
        state,
        is_closed,
        due,
        steps,
        owner,
        title,
        objects: objects.ok_or_else(|| stored(WHAT, "its objects cannot be told apart"))?,
    })
}

pub(super) fn put_step(
    change: &mut Change,
    case: &Case,
    from: &str,
    at: Instant,
    message: &Message,
) {
    let mut out = vec![fields::FORMAT];
    out.extend_from_slice(&at.0.to_be_bytes());
    let said = [&message.message, &message.role, &message.sender].map(String::as_str);
    let became = [from, &case.state, &message.remark];
    for field in [said, became].concat() {
        put_text(&mut out, field);
    }
    let number = case.steps.to_be_bytes();
    change.put(
        key(STEP, &[case.name.as_bytes(), &[0], &number]),
        out.into(),
    );
}

fn decode_step(octets: Bytes) -> Result<Step, Error> {
    let what = "step of a case";
    let mut reader = fields::open(what, octets)?;
    let at = reader.u64("moment").map_err(|error| stored(what, &error))?;
    let mut next = || text(&mut reader, what);
    let [message, role, sender] = [next()?, next()?, next()?];
    let [from, to, remark] = [next()?, next()?, next()?];
    reader.finish(what).map_err(|error| stored(what, &error))?;
    Ok(Step {
        at: Instant(at),
        message,
        role,
        sender,
        from,
        to,
        remark,
    })
}

pub(super) fn find(view: &dyn View, name: &str) -> Result<Option<Case>, Error> {
    let Some(octets) = view.get(&key(CASE, &[name.as_bytes()]))? else {
        return Ok(None);
    };
    decode(name, octets).map(Some)
}

pub(super) fn steps(view: &dyn View, name: &str) -> Result<Vec<Step>, Error> {
    let [from, to] = [0, 1].map(|end| key(STEP, &[name.as_bytes(), &[end]]));
    let rows = view.range(&from, &to);
    rows.map(|row| decode_step(row?.1)).collect()
}

pub(super) fn due_until(view: &dyn View, day: Date) -> Result<Vec<Case>, Error> {
    let [from, to] = [0, day.number() + 1].map(|day: u32| key(DUE, &[&day.to_be_bytes()]));
    let mut found = Vec::new();
    for row in view.range(&from, &to) {
        let (key, _) = row?;
        let name = key
            .octets()
            .get(6..)
            .and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or_else(|| stored(WHAT, "its name is no text"))?;
        let case = find(view, name)?;
        found.push(case.ok_or_else(|| stored(WHAT, &format!("{name} is due and not there")))?);
    }
    Ok(found)
}
