//! Events: what happened to an object, when, where, why, how, and by whom (the shape of EPCIS).
//!
//! | octets of the key | stored |
//! | --- | --- |
//! | `e`, 1, name | the event |
//! | `e`, 2, object (role 1, n, 0), when 8, name | nothing: this happened to the object then |
//!
//! | octets of an event | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8 | when it happened, in milliseconds since 1970 |
//! | 8 | when it became known, likewise |
//! | 1 | whether it came after a later one of the same object |
//! | 2 + n each | what, where, why, how, by whom |
//! | 2 + n | the event that it corrects; empty for none |
//! | 4 + n | payload |
//! | 1, n | count of objects, each role 1, n, 0 |
//!
//! An event is never changed: a correction is another that names it. One that comes twice is there
//! once, for its name says that it is the same.
//!
//! Not here: what a payload means.

#[cfg(test)]
mod tests;

use crate::fields::{self, check_text, put_text, stored, text};
use crate::ledger::Ledger;
use crate::{Error, Instant, Object};
use bytes::Bytes;
use model::key::Subspace;
use model::octets::{Reader, put_string};
use model::{Change, Key};
use store::View;

/// The longest name of an event, in octets: a UUID or a digest in hexadecimal.
const NAME_OCTETS_MAX: usize = 64;

/// The longest of the short texts, in octets.
const TEXT_OCTETS_MAX: usize = 256;

/// The longest payload, in octets.
const PAYLOAD_OCTETS_MAX: usize = 64 << 10;

/// The most objects of an event: a pallet and what is on it.
const OBJECTS_MAX: usize = 200;

const WHAT: &str = "event";

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is called: 1 to 64 octets. The same name is the same event.
    pub name: String,
    /// To what it happened.
    pub objects: Vec<Object>,
    /// When it happened.
    pub when: Instant,
    /// What happened, such as `produced`.
    pub what: String,
    /// Where: an identifier or a name; empty if nowhere in particular.
    pub place: String,
    /// Why: the step of business that it belongs to; may be empty.
    pub why: String,
    /// How it was observed; may be empty.
    pub how: String,
    /// Who says so.
    pub who: String,
    /// The name of the event that this one corrects.
    pub corrects: Option<String>,
    /// What else is told, at most 64 KiB, in a form that the application knows.
    pub payload: Bytes,
}

/// An event as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// When it became known.
    pub known_at: Instant,
    /// Whether a later event of one of its objects was known by then.
    pub is_late: bool,
}

/// Plans to record an event. Nothing changes if it is there already.
///
/// # Errors
/// [`Error::There`] if another event has its name; [`Error::Missing`] if it corrects one that is
/// not there, or is not about the same object; [`Error::Text`], [`Error::Count`], [`Error::Past`],
/// [`Error::Store`], [`Error::Stored`].
pub fn record(
    view: &dyn View,
    known_at: Instant,
    event: &Event,
) -> Result<(Change, Recorded), Error> {
    check(event)?;
    let begun = Ledger::read(view)?.begin(known_at)?;
    if let Some(before) = find(view, &event.name)? {
        if before.event == *event {
            return Ok((Change::default(), before));
        }
        return Err(Error::There {
            what: WHAT,
            name: event.name.clone(),
        });
    }
    check_correction(view, event)?;
    let recorded = Recorded {
        event: event.clone(),
        known_at,
        is_late: is_late(view, event)?,
    };
    let mut change = begun;
    change.put(key(&event.name), encode(&recorded));
    for object in &event.objects {
        change.put(index_key(object, event.when, &event.name), Bytes::new());
    }
    Ok((change, recorded))
}

fn check(event: &Event) -> Result<(), Error> {
    check_text("the name of an event", &event.name, 1, NAME_OCTETS_MAX)?;
    check_text("what happened", &event.what, 1, TEXT_OCTETS_MAX)?;
    check_text("who says so", &event.who, 1, TEXT_OCTETS_MAX)?;
    for (what, text) in [
        ("a place", &event.place),
        ("why", &event.why),
        ("how", &event.how),
    ] {
        check_text(what, text, 0, TEXT_OCTETS_MAX)?;
    }
    let counted = event.objects.len();
    if !(1..=OBJECTS_MAX).contains(&counted) {
        return Err(Error::Count {
            what: "objects of an event",
            counted,
            expected: "1 to 200",
        });
    }
    let counted = event.payload.len();
    if counted > PAYLOAD_OCTETS_MAX {
        return Err(Error::Count {
            what: "octets of a payload",
            counted,
            expected: "at most 65536",
        });
    }
    Ok(())
}

fn check_correction(view: &dyn View, event: &Event) -> Result<(), Error> {
    let Some(name) = &event.corrects else {
        return Ok(());
    };
    let corrected = find(view, name)?;
    let shares = |found: &Recorded| {
        found
            .event
            .objects
            .iter()
            .any(|object| event.objects.contains(object))
    };
    if corrected.as_ref().is_some_and(shares) {
        return Ok(());
    }
    Err(Error::Missing {
        what: "event about the same object to correct",
        name: name.clone(),
    })
}

/// Whether something later has happened to one of its objects.
fn is_late(view: &dyn View, event: &Event) -> Result<bool, Error> {
    for object in &event.objects {
        let [_, end] = bounds(object);
        let Some(after) = event.when.0.checked_add(1) else {
            continue;
        };
        let from = index_key(object, Instant(after), "");
        if view.range(&from, &end).next().transpose()?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The event of a name.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str) -> Result<Option<Recorded>, Error> {
    let octets = view.get(&key(name))?;
    octets.map(|octets| decode(name, octets)).transpose()
}

/// What happened to an object, in the order in which it happened, from one moment to before
/// another; at most so many events.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn of_object(
    view: &dyn View,
    object: &Object,
    [from, to]: [Instant; 2],
    count_max: usize,
) -> Result<Vec<Recorded>, Error> {
    let [from, to] = [from, to].map(|moment| index_key(object, moment, ""));
    let head = from.octets().len();
    let mut found = Vec::new();
    for row in view.range(&from, &to).take(count_max) {
        let (key, _) = row?;
        let name = key
            .octets()
            .get(head..)
            .and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or_else(|| stored(WHAT, "its name is no text"))?;
        let event = find(view, name)?;
        found.push(event.ok_or_else(|| stored(WHAT, &format!("{name} is listed and not there")))?);
    }
    Ok(found)
}

fn key(name: &str) -> Key {
    Key::from_octets([&[Subspace::EVENTS.0, 1], name.as_bytes()].concat().into())
}

fn index_key(object: &Object, when: Instant, name: &str) -> Key {
    let mut key = vec![Subspace::EVENTS.0, 2];
    object.put_in_key(&mut key);
    key.extend_from_slice(&when.0.to_be_bytes());
    key.extend_from_slice(name.as_bytes());
    Key::from_octets(key.into())
}

/// Around all that happened to an object.
fn bounds(object: &Object) -> [Key; 2] {
    let mut key = vec![Subspace::EVENTS.0, 2];
    object.put_in_key(&mut key);
    // A key goes on with a moment, whose first octet is 0xff only after the year 500,000,000.
    [0, 0xff].map(|octet| Key::from_octets([&key[..], &[octet]].concat().into()))
}

fn encode(recorded: &Recorded) -> Bytes {
    let Recorded {
        event,
        known_at,
        is_late,
    } = recorded;
    let mut out = vec![fields::FORMAT];
    out.extend_from_slice(&event.when.0.to_be_bytes());
    out.extend_from_slice(&known_at.0.to_be_bytes());
    out.push(u8::from(*is_late));
    let texts = [
        &event.what,
        &event.place,
        &event.why,
        &event.how,
        &event.who,
    ];
    for field in texts {
        put_text(&mut out, field);
    }
    put_text(&mut out, event.corrects.as_deref().unwrap_or_default());
    put_string(&mut out, &event.payload);
    // At most 200, as was checked.
    out.push(event.objects.len() as u8);
    for object in &event.objects {
        object.put_in_key(&mut out);
    }
    out.into()
}

fn decode(name: &str, octets: Bytes) -> Result<Recorded, Error> {
    let mut reader = fields::open(WHAT, octets)?;
    let wrong = |error: model::Error| stored(WHAT, &error);
    let when = Instant(reader.u64("when").map_err(wrong)?);
    let known_at = Instant(reader.u64("when it became known").map_err(wrong)?);
    let is_late = reader.u8("whether it is late").map_err(wrong)? != 0;
    let mut next = || text(&mut reader, WHAT);
    let [what, place, why] = [next()?, next()?, next()?];
    let [how, who, corrects] = [next()?, next()?, next()?];
    let payload = reader.string("payload").map_err(wrong)?;
    let event = Event {
        name: name.to_owned(),
        objects: objects(&mut reader)?,
        when,
        what,
        place,
        why,
        how,
        who,
        corrects: Some(corrects).filter(|name| !name.is_empty()),
        payload,
    };
    Ok(Recorded {
        event,
        known_at,
        is_late,
    })
}

fn objects(reader: &mut Reader) -> Result<Vec<Object>, Error> {
    let count = reader
        .u8("count of objects")
        .map_err(|error| stored(WHAT, &error))?;
    let rest = reader.rest();
    let mut rest = &rest[..];
    let objects: Option<Vec<_>> = (0..count)
        .map(|_| Object::take_from_key(&mut rest))
        .collect();
    let objects = objects.filter(|_| rest.is_empty());
    objects.ok_or_else(|| stored(WHAT, "its objects cannot be told apart"))
}
