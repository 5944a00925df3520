//! Notices that were muted at their step, until nothing mutes them any more.
//!
//! | octets of the key | field |
//! | --- | --- |
//! | `w`, 6, name of the warning | what is held of it |
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 4 | the step |
//! | 2 + n, subject | rule, and of whom |
//!
//! Not here: what mutes.

use super::{Notice, notice};
use crate::warn::octets::{Fields, HELD, Writer, key};
use crate::warn::register;
use crate::warn::warning::{self, Warning};
use bytes::Bytes;
use facts::{Error, Instant, View};
use model::change::Write;
use model::{Change, Key};

/// Makes the change that goes with a notice: one that is muted is held, and one that is told lets
/// go of whatever was held of its warning. To be committed with the letter, or in its place.
pub fn hold(notice: &Notice, warning: &Warning) -> Change {
    let mut change = Change::default();
    let octets = notice.muted.is_some().then(|| {
        let mut out = Writer::new();
        out.u32(warning.steps).text(&warning.rule);
        out.subject(&warning.subject);
        out.finish()
    });
    let key = key(HELD, &[warning.name.as_bytes()]);
    change.writes.push(Write { key, octets });
    change
}

/// The notices that are held and not muted any more, at most so many, and the change by which they
/// are let go: to be committed with their letters. What its warning has gone beyond is let go
/// without a word, for the later step was told or is held itself.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn release(
    view: &dyn View,
    now: Instant,
    count_max: usize,
) -> Result<(Change, Vec<Notice>), Error> {
    let (mut change, mut released) = (Change::default(), Vec::new());
    let [from, to] = [HELD, HELD + 1].map(|part| key(part, &[]));
    for row in view.range(&from, &to) {
        if released.len() >= count_max {
            break;
        }
        let (key, octets) = row?;
        let notice = match standing(view, &key, octets.clone())? {
            Some(warning) => told(view, now, &warning)?,
            None => None,
        };
        if notice.as_ref().is_some_and(|notice| notice.muted.is_some()) {
            continue;
        }
        // Whoever else lets it go tells it.
        change.expect(key.clone(), Some(octets));
        change.writes.push(Write { key, octets: None });
        released.extend(notice);
    }
    Ok((change, released))
}

/// The warning of which something is held, if that is its latest step still.
fn standing(view: &dyn View, key: &Key, octets: Bytes) -> Result<Option<Warning>, Error> {
    let name = String::from_utf8_lossy(key.octets().get(2..).unwrap_or_default());
    let mut fields = Fields::open("held notice", octets)?;
    let (step, rule) = (fields.u32()?, fields.text()?);
    let subject = fields.subject()?;
    fields.finish()?;
    let open = warning::open(view, &rule, &subject)?.filter(|open| open.name == name);
    let found = match open {
        Some(open) => Some(open),
        None => warning::ended(view, &name)?,
    };
    Ok(found.filter(|warning| warning.steps == step))
}

/// The notice of the latest step of a warning as it is now.
fn told(view: &dyn View, now: Instant, warning: &Warning) -> Result<Option<Notice>, Error> {
    let account = warning::account(view, warning, warning.steps)?;
    let version = register::find(view, &warning.rule, warning.version)?;
    let Some((account, version)) = account.zip(version) else {
        return Ok(None);
    };
    notice(view, now, &version.rule()?, warning, &account).map(Some)
}
