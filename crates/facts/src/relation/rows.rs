//! The rows of relations: written twice, so that they are found from both ends.

use super::{Kind, Relation};
use crate::cursor::Cursor;
use crate::fields::{self, stored};
use crate::{Error, Instant, Object};
use bytes::Bytes;
use codes::Date;
use model::Key;
use model::key::Subspace;
use store::View;

const WHAT: &str = "relation";

/// From which end a row is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Subject,
    Object,
}

fn head(end: End, kind: Kind, of: &Object) -> Vec<u8> {
    let end = match end {
        End::Subject => 1,
        End::Object => 2,
    };
    let mut key = vec![Subspace::RELATIONS.0, end, kind.number()];
    of.put_in_key(&mut key);
    key
}

pub(super) fn key(end: End, relation: &Relation, known_at: Instant) -> Key {
    let (this, other) = match end {
        End::Subject => (&relation.subject, &relation.object),
        End::Object => (&relation.object, &relation.subject),
    };
    let mut key = head(end, relation.kind, this);
    other.put_in_key(&mut key);
    key.extend_from_slice(&relation.from.number().to_be_bytes());
    key.extend_from_slice(&(u64::MAX - known_at.0).to_be_bytes());
    Key::from_octets(key.into())
}

pub(super) fn stored_octets(relation: &Relation, holds: bool) -> Bytes {
    let mut octets = vec![fields::FORMAT, u8::from(holds)];
    octets.extend_from_slice(&fields::day_number(relation.to));
    fields::put_text(&mut octets, &relation.evidence);
    octets.into()
}

/// What is known at a moment of the relations of one end: of each the newest row, if it holds.
pub(super) fn latest(
    view: &dyn View,
    end: End,
    kind: Kind,
    of: &Object,
    at: Instant,
) -> Result<Vec<Relation>, Error> {
    let head = head(end, kind, of);
    let [from, to] = around(&head).map(|bound| Key::from_octets(bound.into()));
    newest(view.range(&from, &to), head.len(), (end, kind, of), at)
}

/// The same of many objects, in the order in which they are asked for, read in one pass.
pub(super) fn latest_of_each(
    view: &dyn View,
    end: End,
    kind: Kind,
    objects: &[&Object],
    at: Instant,
) -> Result<Vec<Vec<Relation>>, Error> {
    let heads: Vec<_> = objects.iter().map(|of| head(end, kind, of)).collect();
    let mut order: Vec<usize> = (0..heads.len()).collect();
    order.sort_by(|a, b| heads[*a].cmp(&heads[*b]));
    let mut found = vec![Vec::new(); heads.len()];
    let Some(last) = order.last() else {
        return Ok(found);
    };
    let [_, behind] = around(&heads[*last]);
    let mut cursor = Cursor::new(view, Key::from_octets(behind.into()));
    let mut before: Option<usize> = None;
    for number in order {
        let [from, to] = around(&heads[number]);
        let same = before.filter(|before| heads[*before] == heads[number]);
        found[number] = if let Some(same) = same {
            // The cursor is behind it already.
            found[same].clone()
        } else {
            cursor.seek(&from)?;
            let rows = std::iter::from_fn(|| cursor.take_before(&to).transpose());
            let of = (end, kind, objects[number]);
            newest(rows, heads[number].len(), of, at)?
        };
        before = Some(number);
    }
    Ok(found)
}

/// The bounds of all rows of one end: the other end's role comes next, and is not 0xff; 0 it cannot
/// be.
fn around(head: &[u8]) -> [Vec<u8>; 2] {
    [0, 0xff].map(|role| [head, &[role]].concat())
}

/// Of the rows of one end, newest first, those that count.
fn newest<E: Into<Error>>(
    rows: impl Iterator<Item = Result<(Key, Bytes), E>>,
    head_length: usize,
    (end, kind, of): (End, Kind, &Object),
    at: Instant,
) -> Result<Vec<Relation>, Error> {
    let mut found = Vec::new();
    let mut newest: Option<(Object, Date)> = None;
    for row in rows {
        let (key, octets) = row.map_err(Into::into)?;
        let tail = key.octets().get(head_length..).unwrap_or_default();
        let (other, first_day, known_at) =
            read_tail(tail).ok_or_else(|| stored(WHAT, "its key names no objects"))?;
        let row = (other, first_day);
        if known_at > at || newest.as_ref() == Some(&row) {
            continue;
        }
        found.extend(read(end, kind, of, &row, octets)?);
        newest = Some(row);
    }
    Ok(found)
}

fn read_tail(mut tail: &[u8]) -> Option<(Object, Date, Instant)> {
    let other = Object::take_from_key(&mut tail)?;
    let (day, moment) = tail.split_first_chunk()?;
    let day = Date::from_number(u32::from_be_bytes(*day))?;
    let moment = u64::from_be_bytes(moment.try_into().ok()?);
    Some((other, day, Instant(u64::MAX - moment)))
}

/// The relation of a row; `None` if the row takes it back.
fn read(
    end: End,
    kind: Kind,
    of: &Object,
    (other, from): &(Object, Date),
    octets: Bytes,
) -> Result<Option<Relation>, Error> {
    let mut reader = fields::open(WHAT, octets)?;
    let holds = reader
        .u8("whether it holds")
        .map_err(|error| stored(WHAT, &error))?;
    let to = fields::day(&mut reader, "last day")?;
    let evidence = fields::text(&mut reader, "evidence")?;
    reader.finish(WHAT).map_err(|error| stored(WHAT, &error))?;
    let (subject, object) = match end {
        End::Subject => (of, other),
        End::Object => (other, of),
    };
    let relation = Relation {
        kind,
        subject: subject.clone(),
        object: object.clone(),
        from: *from,
        to,
        evidence,
    };
    Ok((holds != 0).then_some(relation))
}
