//! Prefixes that somebody else answers for: the question for `0.NA/88.156.1` where only `88.156` is
//! at home here.
//!
//! If the record of the nearest prefix above says who serves what is derived from it, the asker is
//! referred there (code 303). Not here: asking there on somebody's behalf.

use super::reply::Asked;
use super::resolution::Resolution;
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use model::identifier::PREFIX_OF_PREFIXES;
use model::value_type::AskedType;
use model::{EncodedValue, Identifier, Key, Prefix, Record, SuffixCase};
use wire::outcome::Referral;
use wire::response::Answer as Body;
use wire::{OpFlags, ResponseCode, Version};

/// How many prefixes above the one that is asked for are looked at, the nearest first. Prefixes of
/// the field have two or three dots; each more would cost two lookups for every stranger's
/// question. Beyond it: there is no referral.
const PREFIXES_ABOVE_MAX: usize = 32;

/// The types whose values say who serves the prefixes derived from one.
const DELEGATING_TYPES: [&[u8]; 3] = [b"HS_SITE.PREFIX", b"HS_NA_DELEGATE", b"HS_SERV.PREFIX"];

/// The prefix that an identifier describes: `88.156` of `0.NA/88.156`, and of `88.156`.
pub(super) fn described_prefix(identifier: &Identifier) -> Option<Prefix> {
    let prefix = identifier.prefix();
    let describes = prefix.as_str().eq_ignore_ascii_case(PREFIX_OF_PREFIXES);
    describes
        .then(|| identifier.suffix().parse().ok())
        .flatten()
}

/// A resolution of a prefix's record that waits for the prefixes above.
#[derive(Debug)]
pub(super) struct Upward {
    pub(super) resolution: Resolution,
    /// The record itself, if it is here.
    pub(super) stored: Option<Bytes>,
    /// What is known before: whether this node is home to the prefix, or to the root.
    pub(super) home: Home,
}

/// Why a node is responsible for the record of a prefix, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// It is home to the prefix itself.
    Prefix,
    /// It is home to `0.NA`: the root.
    Root,
    /// To neither.
    Neither,
}

impl Upward {
    /// Goes on with the marks and records of the prefixes above.
    pub(super) fn fetch(self, described: &Prefix) -> Step {
        let above = prefixes_above(described.as_str()).take(PREFIXES_ABOVE_MAX);
        let keys: Vec<Key> = above.flat_map(keys_of).collect();
        if keys.is_empty() {
            return Box::new(self).resume(Vec::new().into_iter());
        }
        Fetch::step(keys, self)
    }
}

/// The prefixes above one, the nearest first: `88.156`, `88` above `88.156.1`.
pub(super) fn prefixes_above(prefix: &str) -> impl Iterator<Item = &str> {
    let dots = prefix.rmatch_indices('.');
    dots.map(|(at, _)| prefix.get(..at).unwrap_or_default())
}

/// The key of a prefix's mark, and of its record. Prefix records never depend on case.
fn keys_of(prefix: &str) -> Vec<Key> {
    let (Ok(home), Ok(record)) = (
        prefix.parse::<Prefix>(),
        format!("{PREFIX_OF_PREFIXES}/{prefix}").parse(),
    ) else {
        return Vec::new(); // such as the nothing before the dot of `.1`
    };
    let key = Key::record(&record, SuffixCase::Insensitive);
    [Key::homed(&home), key].into()
}

impl Plan for Upward {
    fn resume(self: Box<Self>, found: IntoIter<Option<Bytes>>) -> Step {
        let above: Vec<Option<Bytes>> = found.collect();
        let (marks, records) = (above.iter().step_by(2), above.iter().skip(1).step_by(2));
        let is_home_above = marks.flatten().next().is_some();
        let Self {
            resolution,
            stored,
            home,
        } = *self;
        if home == Home::Neither && !is_home_above {
            return resolution.asked.fail_not_responsible();
        }
        if let Some(stored) = stored {
            return resolution.found(stored);
        }
        let flags = resolution.asked.flags;
        if home == Home::Prefix || flags.contains(OpFlags::DO_NOT_REFER) {
            return resolution.asked.fail(ResponseCode::HANDLE_NOT_FOUND, "");
        }
        match records.flatten().map(delegating_values).find(is_something) {
            Some(Ok(values)) => refer(resolution, values),
            Some(Err(error)) => resolution.asked.fail_unreadable(resolution.key, error),
            None => resolution.asked.fail(ResponseCode::HANDLE_NOT_FOUND, ""),
        }
    }
}

fn is_something(values: &Result<Vec<EncodedValue>, model::Error>) -> bool {
    values.as_ref().map_or(true, |values| !values.is_empty())
}

/// The values of a prefix's record that say who serves what is derived from it.
fn delegating_values(stored: &Bytes) -> Result<Vec<EncodedValue>, model::Error> {
    let record = Record::from_stored(stored.clone())?;
    let types = DELEGATING_TYPES.map(|name| AskedType::new(Bytes::from_static(name)));
    let delegates = record.entries().filter(|entry| {
        entry.permissions.is_public_read() && types.iter().any(|asked| entry.has_type(asked))
    });
    Ok(delegates.map(|entry| entry.encoded).collect())
}

fn refer(resolution: Resolution, values: Vec<EncodedValue>) -> Step {
    let Resolution {
        asked,
        refers_old_peers,
        ..
    } = resolution;
    let version = asked.version();
    let knows = if refers_old_peers {
        Version::CODES_RENUMBERED
    } else {
        Version::PREFIX_REFERRALS
    };
    if !version.knows(knows) {
        return fail_old(asked);
    }
    let referral = Referral {
        identifier: Bytes::new(),
        values: Some(values),
    };
    asked.answer(ResponseCode::PREFIX_REFERRAL, Body::Referral(referral))
}

fn fail_old(asked: Asked) -> Step {
    let text = "another service answers for the prefix; ask in version 2.10 or later to be \
                referred to it";
    asked.fail(ResponseCode::ERROR, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_cut_at_their_dots() {
        let above = |prefix| prefixes_above(prefix).collect::<Vec<_>>();
        assert_eq!(above("88.156.1"), ["88.156", "88"]);
        assert_eq!(above("88"), Vec::<&str>::new());
        assert_eq!(above(".1"), [""]);
        assert!(keys_of("").is_empty());
    }

    #[test]
    fn prefixes_are_described_with_and_without_a_slash() {
        let described = |text: &str| {
            let identifier: Identifier = text.parse().unwrap();
            described_prefix(&identifier).map(|prefix| prefix.as_str().to_owned())
        };
        assert_eq!(described("0.na/88.156").as_deref(), Some("88.156"));
        assert_eq!(described("88.156").as_deref(), Some("88.156"));
        assert_eq!(described("88.156/0.NA/x"), None);
        assert_eq!(described("0.NA/a/b"), None);
        assert_eq!(described("0.NA/"), None);
        assert_eq!(described("0.NA/0.NA").as_deref(), Some("0.NA"));
    }
}
