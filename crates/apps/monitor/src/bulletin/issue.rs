//! How a bulletin is kept: frozen, corrected by another, received; and where its figures come from.
//!
//! | event | of | payload |
//! | --- | --- | --- |
//! | `NAME/part.1` … | the bulletin | its octets, 60,000 at most in each part |
//! | `NAME/issued` | the bulletin and its region | how many parts and octets, and their SHA-256 |
//! | `NAME/r.KEY` | the bulletin | who has received it |
//!
//! The octets are a format, 1, and the model as JSON ([`octets`]). All parts become durable
//! together with the freezing of the figures up to the month's end: afterwards they are revised
//! only as such.
//!
//! Steps of cases and tasks are called `NAME#KEY`, so no case can take a bulletin's place.
//!
//! Not here: what a bulletin says.

use super::model::{Bulletin, Source};
use super::{Names, Order, compose, pulls};
use crate::cases::check_text;
use crate::cases::packed::{pack, sha256, unpack};
use crate::{Question, Snapshot};
use codes::Period;
use facts::event::{self, Event};
use facts::history::{Known, one_as_known_at};
use facts::ledger::Ledger;
use facts::{Change, Error, Instant, Object, Role, Series, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most octets of one part: an event holds 64 KiB.
const PART_OCTETS_MAX: usize = 60_000;

/// The most parts: a bulletin of a hundred parts and thirty lines of each kind has ten.
const PARTS_MAX: usize = 200;

/// The longest name of a bulletin and the longest key, in octets: those of cases.
const NAME_OCTETS_MAX: usize = 24;
const KEY_OCTETS_MAX: usize = 36;

/// The most events of a bulletin, or bulletins of a region, that are looked through.
const EVENTS_MAX: usize = 100_000;

const ISSUED: &str = "bulletin.issued";
const PART: &str = "bulletin.part";
const RECEIVED: &str = "bulletin.received";

/// What is known of a bulletin's octets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    parts: usize,
    octets: usize,
    sha256: String,
}

/// A bulletin that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// What it is called.
    pub name: String,
    /// When it was issued.
    pub at: Instant,
    /// The bulletin that it corrects.
    pub corrects: Option<String>,
    /// The digest of its octets.
    pub sha256: String,
}

/// Who has received a bulletin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The addressee.
    pub addressee: String,
    /// Who in it; may be empty.
    pub person: String,
    /// When.
    pub at: Instant,
}

/// An observation that a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Of which series.
    pub series: Series,
    /// What was told, when, and by whom; its remark names the batch and the cell if there is one.
    pub known: Known,
}

/// The octets that a bulletin is frozen as.
pub fn octets(bulletin: &Bulletin) -> Vec<u8> {
    pack(bulletin)
}

/// Plans to issue a bulletin: composes it of the order, keeps its octets, and freezes the figures
/// until the end of its month. Nothing changes if it has been issued by the same order already.
///
/// # Errors
/// [`Error::There`] if another bulletin has its name; [`Error::Missing`] if it corrects one that is
/// not there, or is of another region; what [`compose()`] says.
pub fn issue(
    view: &dyn View,
    now: Instant,
    order: &Order,
    names: Names,
) -> Result<(Change, Bulletin), Error> {
    check_name(&order.name)?;
    if let Some(before) = find(view, &order.name)? {
        if before.order == *order {
            return Ok((Change::default(), before));
        }
        return Err(Error::There {
            what: "bulletin",
            name: order.name.clone(),
        });
    }
    let bulletin = compose(view, order, names)?;
    let octets = octets(&bulletin);
    let parts: Vec<&[u8]> = octets.chunks(PART_OCTETS_MAX).collect();
    let counted = parts.len();
    if counted > PARTS_MAX {
        return Err(Error::Count {
            what: "parts of a bulletin's octets",
            counted,
            expected: "at most 200",
        });
    }
    let mut change = Change::default();
    let object = object(&order.name)?;
    for (number, part) in (1..).zip(&parts) {
        let name = part_name(&order.name, number);
        let event = event(
            order,
            now,
            (name, PART),
            vec![object.clone()],
            part.to_vec(),
        );
        add(&mut change, event::record(view, now, &event)?.0);
    }
    let head = Head {
        parts: counted,
        octets: octets.len(),
        sha256: sha256(&octets),
    };
    let objects = vec![object, Object::region(order.region), index(order.region)?];
    let name = (head_name(&order.name), ISSUED);
    let mut event = event(order, now, name, objects, pack(&head));
    event.corrects = order.corrects.as_deref().map(head_name);
    add(&mut change, event::record(view, now, &event)?.0);
    // Last, so that the ledger is written with what is frozen.
    let mut ledger = Ledger::read(view)?;
    ledger.frozen_until = ledger.frozen_until.max(Some(order.period.last_day()));
    add(&mut change, ledger.begin(now)?);
    Ok((change, bulletin))
}

fn add(change: &mut Change, more: Change) {
    change.preconditions.extend(more.preconditions);
    change.writes.extend(more.writes);
}

fn event(
    order: &Order,
    now: Instant,
    (name, what): (String, &str),
    objects: Vec<Object>,
    payload: Vec<u8>,
) -> Event {
    Event {
        name,
        objects,
        when: now,
        what: what.to_owned(),
        place: order.region.to_string(),
        why: order.name.clone(),
        how: String::new(),
        who: order.issuer[1].clone(),
        corrects: None,
        payload: payload.into(),
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let fits =
        |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-._".contains(&octet);
    if (1..=NAME_OCTETS_MAX).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::Code(codes::Error::Unknown {
        what: "name of a bulletin",
        text: name.chars().take(NAME_OCTETS_MAX).collect(),
        expected: "1 to 24 small letters, digits, '-', '.' and '_'",
    }))
}

fn head_name(name: &str) -> String {
    format!("{name}/issued")
}

fn part_name(name: &str, number: usize) -> String {
    format!("{name}/part.{number}")
}

/// The object that a bulletin is.
fn object(name: &str) -> Result<Object, Error> {
    Object::new(Role::POLICY, name)
}

/// What the bulletins of a region are found by: its cases and tasks have events without number. No
/// bulletin is called so, for names have no slash.
fn index(region: codes::Region) -> Result<Object, Error> {
    Object::new(Role::POLICY, &format!("issued/{region}"))
}

/// A bulletin as it was frozen; `None` if none of this name was issued.
///
/// # Errors
/// [`Error::Stored`] if its octets are not those that were frozen; [`Error::Store`].
pub fn find(view: &dyn View, name: &str) -> Result<Option<Bulletin>, Error> {
    let Some(head) = event::find(view, &head_name(name))? else {
        return Ok(None);
    };
    let stored = |problem: &str| Error::Stored {
        what: "bulletin",
        problem: format!("{name}: {problem}"),
    };
    let head: Head = unpack("bulletin", &head.event.payload)?;
    let mut octets = Vec::new();
    for number in 1..=head.parts {
        let part = event::find(view, &part_name(name, number))?;
        let part = part.ok_or_else(|| stored("a part is missing"))?;
        octets.extend_from_slice(&part.event.payload);
    }
    if sha256(&octets) != head.sha256 {
        return Err(stored("its octets are not those that were issued"));
    }
    unpack("bulletin", &octets).map(Some)
}

/// The bulletins of a region in the order in which they were issued. Of one that is corrected a
/// later one says so.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn issued(view: &dyn View, region: codes::Region) -> Result<Vec<Issued>, Error> {
    let mut events = events(view, &index(region)?, ISSUED)?;
    if events.is_empty() {
        events = before_the_index(view, region)?;
    }
    let issued = |found: &event::Recorded| {
        let head: Head = unpack("bulletin", &found.event.payload)?;
        let corrects = found.event.corrects.as_deref();
        Ok(Issued {
            name: found.event.why.clone(),
            at: found.known_at,
            corrects: corrects
                .and_then(|name| name.strip_suffix("/issued"))
                .map(str::to_owned),
            sha256: head.sha256,
        })
    };
    events.iter().map(issued).collect()
}

/// Bulletins of a folder that was written before there was an index. Where a region has more events
/// than are looked through, none is known.
fn before_the_index(view: &dyn View, region: codes::Region) -> Result<Vec<event::Recorded>, Error> {
    match events(view, &Object::region(region), ISSUED) {
        Err(Error::Count { .. }) => Ok(Vec::new()),
        found => found,
    }
}

fn events(view: &dyn View, object: &Object, what: &str) -> Result<Vec<event::Recorded>, Error> {
    let span = [Instant(0), Instant::LAST];
    let mut found = event::of_object(view, object, span, EVENTS_MAX + 1)?;
    if found.len() > EVENTS_MAX {
        return Err(Error::Count {
            what: "events of one object",
            counted: found.len(),
            expected: "at most 100000",
        });
    }
    found.retain(|found| found.event.what == what);
    Ok(found)
}

/// Plans to record that an addressee has received a bulletin; the first receipt of each stays.
///
/// # Errors
/// [`Error::Missing`] if there is no such bulletin, or it does not go to this addressee;
/// [`Error::There`] if the key stands for something else; [`Error::Text`], [`Error::Past`],
/// [`Error::Store`], [`Error::Stored`].
pub fn receive(
    view: &dyn View,
    now: Instant,
    name: &str,
    (addressee, person): (&str, &str),
    key: &str,
) -> Result<(Change, Receipt), Error> {
    check_text("a person", person, 0, 256)?;
    check_text("the key of a message", key, 1, KEY_OCTETS_MAX)?;
    let missing = |what, name: &str| Error::Missing {
        what,
        name: name.to_owned(),
    };
    let bulletin = find(view, name)?.ok_or_else(|| missing("bulletin", name))?;
    let order = bulletin.order;
    if !order
        .addressees
        .iter()
        .chain(&order.copies)
        .any(|of| of == addressee)
    {
        return Err(missing("addressee of the bulletin", addressee));
    }
    let before = receipts(view, name)?;
    if let Some(before) = before.into_iter().find(|of| of.addressee == addressee) {
        return Ok((Change::default(), before));
    }
    let objects = vec![object(name)?];
    let event_name = (format!("{name}/r.{key}"), RECEIVED);
    let mut event = event(&order, now, event_name, objects, Vec::new());
    addressee.clone_into(&mut event.who);
    person.clone_into(&mut event.how);
    let (change, recorded) = event::record(view, now, &event)?;
    Ok((change, receipt(&recorded)))
}

fn receipt(recorded: &event::Recorded) -> Receipt {
    Receipt {
        addressee: recorded.event.who.clone(),
        person: recorded.event.how.clone(),
        at: recorded.known_at,
    }
}

/// Who has received a bulletin, in order.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn receipts(view: &dyn View, name: &str) -> Result<Vec<Receipt>, Error> {
    Ok(events(view, &object(name)?, RECEIVED)?
        .iter()
        .map(receipt)
        .collect())
}

/// The addressees who have not received it yet, in the bulletin's order.
///
/// # Errors
/// [`Error::Missing`] if there is no such bulletin; [`Error::Store`], [`Error::Stored`].
pub fn without_receipt(view: &dyn View, name: &str) -> Result<Vec<String>, Error> {
    let bulletin = find(view, name)?.ok_or_else(|| Error::Missing {
        what: "bulletin",
        name: name.to_owned(),
    })?;
    let receipts = receipts(view, name)?;
    let has = |addressee: &String| receipts.iter().any(|of| of.addressee == *addressee);
    let order = bulletin.order;
    let all = order.addressees.into_iter().chain(order.copies);
    Ok(all.filter(|addressee| !has(addressee)).collect())
}

/// The observations that a figure comes from, through whatever was reckoned from them, as they were
/// known at the bulletin's moment. For those who may see single enterprises.
///
/// # Errors
/// [`Error::Missing`] if the bulletin has no such source; [`Error::Store`], [`Error::Stored`].
pub fn trace(view: &dyn View, bulletin: &Bulletin, source: usize) -> Result<Vec<Traced>, Error> {
    let mut found = Vec::new();
    let mut open = vec![source];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let source = bulletin.sources.get(at).ok_or_else(|| Error::Missing {
            what: "source of the bulletin",
            name: at.to_string(),
        })?;
        match source {
            Source::Told(told) => {
                found.extend(observation(view, bulletin, told.series()?, told.period)?);
            }
            Source::Sum {
                region,
                industry,
                period,
                ..
            } => {
                let of = (region.as_str(), industry.as_deref());
                found.extend(sum(view, bulletin, of, *period)?);
            }
            Source::Reckoned { of, .. } => open.extend(of.iter().rev()),
            Source::Counted { .. } | Source::Record { .. } => (),
        }
    }
    Ok(found)
}

fn observation(
    view: &dyn View,
    bulletin: &Bulletin,
    series: Series,
    period: Period,
) -> Result<Option<Traced>, Error> {
    let known = one_as_known_at(view, &series, period, bulletin.order.at())?;
    Ok(known.map(|known| Traced { series, known }))
}

fn sum(
    view: &dyn View,
    bulletin: &Bulletin,
    (region, industry): (&str, Option<&str>),
    period: Period,
) -> Result<Vec<Traced>, Error> {
    let order = &bulletin.order;
    let Some(output) = &order.output else {
        return Ok(Vec::new());
    };
    let question = Question {
        indicator: output.indicator.clone(),
        form: output.form,
        period: order.period,
        unit: output.unit,
        at: order.at(),
    };
    let snapshot = Snapshot::take(view, &question)?;
    let industry = industry.map(str::parse).transpose()?;
    let mut found = Vec::new();
    for row in snapshot.of(region.parse()?, industry) {
        let series = pulls::series_of(&question, row)?;
        found.extend(observation(view, bulletin, series, period)?);
    }
    Ok(found)
}
