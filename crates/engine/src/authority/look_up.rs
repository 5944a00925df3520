//! Where the record of an identifier is that a decision depends on: here, or with another node.
//!
//! Not here: records that are asked for by strangers ([`super::resolution`]).

use super::administration::homes_of;
use super::referral::described_prefix;
use super::settings::Settings;
use crate::elsewhere::{Ask, Asking, AskingPlan, Told};
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use core::fmt;
use model::{EncodedValue, Identifier, Key, Record, SuffixCase};

/// What was found of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Its values, all of them, from this node's store.
    Here(Vec<EncodedValue>),
    /// Those of its values that everybody may see, and that were asked for, from another node.
    Elsewhere(Vec<EncodedValue>),
    /// This node is responsible, and has none.
    Nothing,
    /// Who is responsible could not be asked, and why; or the record cannot be read.
    Unknown(String),
}

impl Found {
    /// The values, however they were found.
    pub(super) fn values(&self) -> &[EncodedValue] {
        match self {
            Self::Here(values) | Self::Elsewhere(values) => values,
            Self::Nothing | Self::Unknown(_) => &[],
        }
    }
}

/// What remains to be done once a record has been looked up.
pub(super) trait AfterLookUp: fmt::Debug + Send {
    /// Goes on with what was found.
    fn resume(self: Box<Self>, found: Found) -> Step;
}

/// How this node keeps records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local {
    /// Whether suffixes depend on case.
    pub(super) case: SuffixCase,
    /// Whether it has all of the site's: if not, what it does not have may be with another server
    /// of the site, which is asked as any other node is.
    pub(super) is_alone: bool,
}

impl Local {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            case: settings.suffix_case,
            is_alone: settings.site.is_alone(),
        }
    }
}

/// Looks up the record of an identifier; of a record elsewhere only values of some types, and
/// without any nobody is asked.
pub(super) fn look_up(
    identifier: Identifier,
    types: &'static [&'static str],
    local: Local,
    then: Box<dyn AfterLookUp>,
) -> Step {
    let mut keys = vec![Key::record(&identifier, local.case)];
    keys.extend(homes_of(&identifier));
    Fetch::step(
        keys,
        LookUp {
            identifier,
            types,
            is_alone: local.is_alone,
            then,
        },
    )
}

#[derive(Debug)]
struct LookUp {
    identifier: Identifier,
    types: &'static [&'static str],
    is_alone: bool,
    then: Box<dyn AfterLookUp>,
}

impl Plan for LookUp {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        // A record of what was given up may be old: whoever took it over knows better.
        let stored = found.next().flatten();
        let is_home_to_prefix = found.next().flatten().is_some();
        // A node with a root of its own is home to the records of all prefixes, and has few: those
        // that are with another root it must ask for.
        let is_home = if described_prefix(&self.identifier).is_some() {
            found.next().flatten().is_some()
        } else {
            is_home_to_prefix
        };
        let is_home_nearby = is_home || is_home_to_prefix || found.any(|mark| mark.is_some());
        match stored.filter(|_| is_home_nearby).map(Record::from_stored) {
            Some(Ok(record)) => {
                let values = record.entries().map(|entry| entry.encoded).collect();
                self.then.resume(Found::Here(values))
            }
            Some(Err(_)) => {
                let reason = [self.identifier.as_str(), ": its record cannot be read"].concat();
                self.then.resume(Found::Unknown(reason))
            }
            None if is_home && self.is_alone => self.then.resume(Found::Nothing),
            None if self.types.is_empty() => {
                let reason = [self.identifier.as_str(), " is with another node"].concat();
                self.then.resume(Found::Unknown(reason))
            }
            None => {
                let asking = Asking::Values {
                    identifier: self.identifier.clone(),
                    types: self.types.to_vec(),
                };
                Ask::step(asking, *self)
            }
        }
    }
}

impl AskingPlan for LookUp {
    fn resume(self: Box<Self>, told: Told) -> Step {
        let found = match told {
            Told::Values(values) => Found::Elsewhere(values),
            Told::Verified(_) => Found::Unknown("the other node answered something else".into()),
            Told::Nothing(reason) => Found::Unknown(reason),
        };
        self.then.resume(found)
    }
}
