//! Mappings, rules, tasks and targets as they are kept: versioned, never overwritten, found again.
//!
//! A mapping is remembered by the fingerprint of the workbooks that it fits, so that next month's
//! is read without asking. Not here: what is in them.

use super::Error;
use super::error::unread;
use super::mapping::Mapping;
use super::octets::{FINGERPRINT, KEPT, formatted, key, open, rest, stored};
use super::proposal::Fingerprint;
use super::rules::Rules;
use super::task::Task;
use crate::targets::TargetSet;
use facts::ledger::Ledger;
use facts::{Instant, View};
use model::Change;

/// The longest text that is kept, in octets.
const TEXT_OCTETS_MAX: usize = 512 << 10;

/// Something that is kept as text.
pub trait Kept: Sized {
    /// Its number in keys.
    #[doc(hidden)]
    const KIND: u8;

    /// What it is, for messages.
    #[doc(hidden)]
    const WHAT: &'static str;

    /// What it is called: 1 to 128 octets of plain text.
    fn name(&self) -> &str;

    /// It as text.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    fn text(&self) -> Result<String, Error>;

    /// It from text.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    fn from_text(text: &str) -> Result<Self, Error>;
}

/// One table makes them alike.
macro_rules! kept {
    ($($type:ty = $kind:literal, $what:literal;)*) => {
        $(impl Kept for $type {
            const KIND: u8 = $kind;
            const WHAT: &'static str = $what;

            fn name(&self) -> &str {
                &self.name
            }

            fn text(&self) -> Result<String, Error> {
                self.toml()
            }

            fn from_text(text: &str) -> Result<Self, Error> {
                Self::read(text)
            }
        })*
    };
}

kept! {
    Mapping = 1, "mapping";
    Rules = 2, "set of rules";
    Task = 3, "task";
    TargetSet = 4, "table of targets";
}

/// The newest version of something that is kept, or of a name.
///
/// # Errors
/// [`Error::Facts`] if it cannot be read.
pub fn newest<K: Kept>(view: &dyn View, name: &str) -> Result<Option<(u32, K)>, Error> {
    let mut newest = None;
    for row in view.range(&bound::<K>(name, 0), &bound::<K>(name, u32::MAX)) {
        newest = Some(row.map_err(unread)?);
    }
    let Some((key, octets)) = newest else {
        return Ok(None);
    };
    let version = key.octets().last_chunk().copied().map(u32::from_be_bytes);
    let text = rest(open(K::WHAT, octets)?, K::WHAT)?;
    Ok(version.zip(Some(K::from_text(&text)?)))
}

/// A version of something that is kept.
///
/// # Errors
/// [`Error::Facts`] if it cannot be read.
pub fn version<K: Kept>(view: &dyn View, name: &str, version: u32) -> Result<Option<K>, Error> {
    let Some(octets) = view.get(&bound::<K>(name, version)).map_err(unread)? else {
        return Ok(None);
    };
    let text = rest(open(K::WHAT, octets)?, K::WHAT)?;
    K::from_text(&text).map(Some)
}

/// The names of all that is kept, in order.
///
/// # Errors
/// [`Error::Facts`] if they cannot be read.
pub fn names<K: Kept>(view: &dyn View) -> Result<Vec<String>, Error> {
    let [from, to] = [K::KIND, K::KIND + 1].map(|kind| key(KEPT, &[&[kind]]));
    let mut names: Vec<String> = Vec::new();
    for row in view.range(&from, &to) {
        let (key, _) = row.map_err(unread)?;
        let name = key
            .octets()
            .get(3..)
            .and_then(|rest| rest.get(..rest.len() - 5));
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or_else(|| stored(K::WHAT, "its name is no text"))?;
        if names.last().is_none_or(|last| last != name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Plans to keep something; gives its version. Nothing changes if the newest is as it is.
///
/// # Errors
/// [`Error::Unsound`], [`Error::Facts`].
pub fn keep<K: Kept>(view: &dyn View, at: Instant, what: &K) -> Result<(Change, u32), Error> {
    let text = what.text()?;
    if text.len() > TEXT_OCTETS_MAX {
        return Err(Error::Unsound {
            what: K::WHAT,
            problem: format!("it is longer than {TEXT_OCTETS_MAX} octets"),
        });
    }
    let mut change = Ledger::read(view)?.begin(at)?;
    let before = newest::<K>(view, what.name())?;
    if let Some((version, before)) = &before
        && before.text()? == text
    {
        return Ok((Change::default(), *version));
    }
    let version = before.map_or(0, |(version, _)| version) + 1;
    change.put(bound::<K>(what.name(), version), formatted(text.as_bytes()));
    Ok((change, version))
}

/// The key of a version; also the bound of versions, which are counted from 1.
fn bound<K: Kept>(name: &str, version: u32) -> model::Key {
    let version = version.to_be_bytes();
    key(KEPT, &[&[K::KIND], name.as_bytes(), &[0], &version])
}

/// Plans to remember which mapping fits a workbook.
///
/// # Errors
/// [`Error::Facts`]; [`facts::Error::Missing`] if there is no such mapping.
pub fn remember(
    view: &dyn View,
    at: Instant,
    fingerprint: Fingerprint,
    name: &str,
) -> Result<Change, Error> {
    if newest::<Mapping>(view, name)?.is_none() {
        return Err(Error::Facts(facts::Error::Missing {
            what: "mapping",
            name: name.to_owned(),
        }));
    }
    let mut change = Ledger::read(view)?.begin(at)?;
    change.put(
        key(FINGERPRINT, &[&fingerprint.0]),
        formatted(name.as_bytes()),
    );
    Ok(change)
}

/// The mapping that is remembered for a workbook, with its newest version.
///
/// # Errors
/// [`Error::Facts`] if it cannot be read.
pub fn remembered(
    view: &dyn View,
    fingerprint: Fingerprint,
) -> Result<Option<(u32, Mapping)>, Error> {
    let found = view.get(&key(FINGERPRINT, &[&fingerprint.0]));
    let Some(octets) = found.map_err(unread)? else {
        return Ok(None);
    };
    let name = rest(open("name of a mapping", octets)?, "name of a mapping")?;
    newest(view, &name)
}
