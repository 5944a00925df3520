//! How warnings are kept: the open ones by rule and subject, the ended ones by name.
//!
//! Not here: what becomes of them; the octets are told in the table of `warning`.

use super::Warning;
use crate::warn::octets::{ENDED, Fields, OPEN, Writer, key};
use crate::warn::subject::Subject;
use bytes::Bytes;
use facts::{Error, View};
use model::Key;

/// The open warning of a rule and a subject.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn open(view: &dyn View, rule: &str, subject: &Subject) -> Result<Option<Warning>, Error> {
    let octets = view.get(&open_key(rule, subject))?;
    octets.map(decode).transpose()
}

pub(super) fn need(view: &dyn View, rule: &str, subject: &Subject) -> Result<Warning, Error> {
    open(view, rule, subject)?.ok_or_else(|| Error::Missing {
        what: "open warning",
        name: format!("{rule} of {subject}"),
    })
}

/// All open warnings, by rule and subject; of one rule if it is named. At most so many.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn all_open(
    view: &dyn View,
    rule: Option<&str>,
    count_max: usize,
) -> Result<Vec<Warning>, Error> {
    let [from, to] = match rule {
        Some(rule) => [0, 1].map(|end| key(OPEN, &[rule.as_bytes(), &[end]])),
        None => [OPEN, OPEN + 1].map(|part| key(part, &[])),
    };
    let rows = view.range(&from, &to).take(count_max);
    rows.map(|row| decode(row?.1)).collect()
}

/// A warning that has ended, by its name.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn ended(view: &dyn View, name: &str) -> Result<Option<Warning>, Error> {
    let octets = view.get(&key(ENDED, &[name.as_bytes()]))?;
    octets.map(decode).transpose()
}

pub(super) fn open_key(rule: &str, subject: &Subject) -> Key {
    subject_key(OPEN, rule, subject)
}

/// The key of what is kept of a rule and a subject.
pub(super) fn subject_key(part: u8, rule: &str, subject: &Subject) -> Key {
    let mut objects = Vec::new();
    for object in subject.objects() {
        objects.push(object.role().number());
        objects.extend_from_slice(object.id().as_bytes());
        objects.push(0);
    }
    key(part, &[rule.as_bytes(), &[0], &objects])
}

pub(super) fn encode(warning: &Warning) -> Bytes {
    let mut out = Writer::new();
    out.text(&warning.name).text(&warning.rule);
    out.u16(warning.version).subject(&warning.subject);
    out.u8(warning.level).text(&warning.level_name);
    out.u8(u8::from(warning.is_unknown));
    out.instant(warning.raised_at).period(warning.raised_in);
    out.period(warning.period).u32(warning.steps);
    out.text(&warning.owner);
    out.option(warning.acknowledged.as_ref(), |out, (who, at)| {
        out.text(who).instant(*at);
    });
    out.u8(warning.regions_up).instant(warning.waits_since);
    out.option(warning.ended_at, |out, at| {
        out.instant(at);
    });
    out.finish()
}

fn decode(octets: Bytes) -> Result<Warning, Error> {
    let mut fields = Fields::open("warning", octets)?;
    let warning = Warning {
        name: fields.text()?,
        rule: fields.text()?,
        version: fields.u16()?,
        subject: fields.subject()?,
        level: fields.u8()?,
        level_name: fields.text()?,
        is_unknown: fields.u8()? != 0,
        raised_at: fields.instant()?,
        raised_in: fields.period()?,
        period: fields.period()?,
        steps: fields.u32()?,
        owner: fields.text()?,
        acknowledged: fields.option(|fields| Ok((fields.text()?, fields.instant()?)))?,
        regions_up: fields.u8()?,
        waits_since: fields.instant()?,
        ended_at: fields.option(Fields::instant)?,
    };
    fields.finish()?;
    Ok(warning)
}
