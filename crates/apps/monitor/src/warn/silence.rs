//! Silences: that nobody be told of some warnings for a while, by whom and why.
//!
//! A silence has a reason and an end, at most 92 days off: what nobody wants to hear of for longer
//! is a rule that should be changed. It can be lifted before. Both are events of the rule or
//! region.
//!
//! | octets of the key | field |
//! | --- | --- |
//! | `w`, 4, name | the silence |
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1, 2 + n | whether it is of one rule, and which |
//! | 1, 2 + n | whether it is of one region and all in it, and which |
//! | 8, 8 | from when, until when |
//! | 2 + n, 2 + n | by whom, why |
//!
//! Not here: what is muted by it (`notice`).

use super::octets::{Fields, SILENCE, Writer, check_text, key};
use super::register::{self, By, join};
use super::rule::Digest;
use super::warning::Warning;
use bytes::Bytes;
use codes::Region;
use facts::event::{self, Event};
use facts::{Error, Instant, Object, View};
use model::change::Write;
use model::{Change, Key};

/// The longest silence: a quarter of a year.
pub const SILENCE_MS_MAX: u64 = 92 * 86_400_000;

/// The most silences at a time; each is looked at for every notice.
const SILENCES_MAX: usize = 1000;

/// That nobody be told of some warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// What it is called: 1 to 48 octets.
    pub name: String,
    /// Of one rule only.
    pub rule: Option<String>,
    /// Of one region only, and of all that lies in it.
    pub region: Option<Region>,
    /// From when.
    pub from: Instant,
    /// Until before when.
    pub until: Instant,
    /// Who asks for it.
    pub by: String,
    /// Why: 1 to 1,024 octets.
    pub reason: String,
}

/// Plans to keep silent. Nothing changes if the same is asked for twice.
///
/// # Errors
/// [`Error::Text`] without a reason; [`Error::Count`] if it lasts longer than 92 days or not at
/// all, is of neither a rule nor a region, or there are too many; [`Error::There`] if another has
/// its name; [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn keep(view: &dyn View, at: Instant, silence: &Silence) -> Result<Change, Error> {
    check(silence)?;
    if let Some(before) = find(view, &silence.name)? {
        if before == *silence {
            return Ok(Change::default());
        }
        return Err(Error::There {
            what: "silence",
            name: silence.name.clone(),
        });
    }
    let counted = all(view)?.len();
    if counted >= SILENCES_MAX {
        return Err(Error::Count {
            what: "silences",
            counted,
            expected: "fewer than 1000; lift some that have ended",
        });
    }
    let by = By {
        who: &silence.by,
        remark: &silence.reason,
    };
    let mut change = told(view, at, silence, "silence-kept", by)?;
    change.put(silence_key(&silence.name), encode(silence));
    Ok(change)
}

/// Plans to lift a silence, or to clear away one that has ended.
///
/// # Errors
/// [`Error::Missing`] if there is none; [`Error::Text`], [`Error::Past`], [`Error::Store`],
/// [`Error::Stored`].
pub fn lift(view: &dyn View, at: Instant, name: &str, by: By<'_>) -> Result<Change, Error> {
    check_text("who does it", by.who, [1, 256])?;
    check_text("a remark", by.remark, [0, 1024])?;
    let silence = find(view, name)?.ok_or_else(|| Error::Missing {
        what: "silence",
        name: name.to_owned(),
    })?;
    let mut change = told(view, at, &silence, "silence-lifted", by)?;
    change.writes.push(Write {
        key: silence_key(name),
        octets: None,
    });
    Ok(change)
}

/// All silences, those that have ended and were not cleared away included.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn all(view: &dyn View) -> Result<Vec<Silence>, Error> {
    let [from, to] = [SILENCE, SILENCE + 1].map(|part| key(part, &[]));
    let rows = view.range(&from, &to);
    rows.map(|row| {
        let (key, octets) = row?;
        let name = key.octets().get(2..).unwrap_or_default();
        decode(&String::from_utf8_lossy(name), octets)
    })
    .collect()
}

/// A silence that holds for a warning now.
pub(super) fn of(
    view: &dyn View,
    now: Instant,
    warning: &Warning,
) -> Result<Option<Silence>, Error> {
    let region = warning.subject.region();
    let holds = |silence: &Silence| {
        let of_region = |of: Region| {
            region.is_some_and(|region| region == of || codes::Code::is_within(region, of))
        };
        (silence.from <= now && now < silence.until)
            && silence.rule.as_ref().is_none_or(|of| *of == warning.rule)
            && silence.region.is_none_or(of_region)
    };
    Ok(all(view)?.into_iter().find(holds))
}

fn check(silence: &Silence) -> Result<(), Error> {
    check_text("the name of a silence", &silence.name, [1, 48])?;
    check_text("who asks for silence", &silence.by, [1, 256])?;
    check_text("the reason of a silence", &silence.reason, [1, 1024])?;
    if silence.rule.is_none() && silence.region.is_none() {
        return Err(Error::Count {
            what: "rules and regions of a silence",
            counted: 0,
            expected: "one at least: nobody is silent of everything",
        });
    }
    let lasts = silence.until.0.saturating_sub(silence.from.0);
    if (1..=SILENCE_MS_MAX).contains(&lasts) {
        return Ok(());
    }
    Err(Error::Count {
        what: "milliseconds of a silence",
        counted: usize::try_from(lasts).unwrap_or(usize::MAX),
        expected: "more than none, at most those of 92 days",
    })
}

/// The event of a step of a silence.
fn told(
    view: &dyn View,
    at: Instant,
    silence: &Silence,
    what: &str,
    by: By<'_>,
) -> Result<Change, Error> {
    let rule = silence.rule.as_deref().map(register::object).transpose()?;
    let objects: Vec<Object> = rule
        .into_iter()
        .chain(silence.region.map(Object::region))
        .collect();
    let parts: [&[u8]; 4] = [
        b"silence",
        silence.name.as_bytes(),
        what.as_bytes(),
        &at.0.to_be_bytes(),
    ];
    let event = Event {
        name: Digest::of(&parts).short(),
        objects,
        when: at,
        what: what.to_owned(),
        place: String::new(),
        why: String::new(),
        how: silence.name.clone(),
        who: by.who.to_owned(),
        corrects: None,
        payload: Bytes::copy_from_slice(by.remark.as_bytes()),
    };
    let mut change = Change::default();
    let (recorded, _) = event::record(view, at, &event)?;
    join(&mut change, recorded);
    Ok(change)
}

/// The silence of a name.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str) -> Result<Option<Silence>, Error> {
    let octets = view.get(&silence_key(name))?;
    octets.map(|octets| decode(name, octets)).transpose()
}

fn silence_key(name: &str) -> Key {
    key(SILENCE, &[name.as_bytes()])
}

fn encode(silence: &Silence) -> Bytes {
    let mut out = Writer::new();
    out.option(silence.rule.as_deref(), |out, rule| {
        out.text(rule);
    });
    out.option(silence.region, |out, region| {
        out.text(&region.to_string());
    });
    out.instant(silence.from).instant(silence.until);
    out.text(&silence.by).text(&silence.reason);
    out.finish()
}

fn decode(name: &str, octets: Bytes) -> Result<Silence, Error> {
    let mut fields = Fields::open("silence", octets)?;
    let rule = fields.option(Fields::text)?;
    let region = fields.option(|fields| {
        let written = fields.text()?;
        written
            .parse()
            .map_err(|error: codes::Error| fields.wrong(&error))
    })?;
    let silence = Silence {
        name: name.to_owned(),
        rule,
        region,
        from: fields.instant()?,
        until: fields.instant()?,
        by: fields.text()?,
        reason: fields.text()?,
    };
    fields.finish()?;
    Ok(silence)
}
