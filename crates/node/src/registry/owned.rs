//! Which records the members agree on, and which of them a plan has seen.
//!
//! Not here: what they say (`publication`).

use super::publication::Registered;
use bytes::Bytes;
use model::identifier::PREFIX_OF_PREFIXES;
use model::key::{Scheme, Subspace};
use model::{Change, Identifier, Key, Prefix, SuffixCase};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Moment, Range, View};

/// The prefixes whose records, with those of all prefixes derived from them, are agreed on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owned(Arc<[Bytes]>);

impl Owned {
    pub(crate) fn new(prefixes: &[Prefix]) -> Self {
        Self(prefixes.iter().map(|it| it.canonical().into()).collect())
    }

    /// The prefix in canonical form whose record stands under a key, if that is agreed on.
    pub(crate) fn name_of(&self, key: &Key) -> Option<Bytes> {
        let octets = key.octets();
        let head = [
            &[Subspace::RECORDS.0, Scheme::HANDLE.0],
            PREFIX_OF_PREFIXES.as_bytes(),
            b"/",
        ];
        let name = octets.strip_prefix(&head.concat()[..])?;
        let is_within = |prefix: &Bytes| {
            let derived = name.strip_prefix(&prefix[..]);
            derived.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
        };
        self.0.iter().any(is_within).then(|| octets.slice_ref(name))
    }

    /// Whether the record of an identifier is agreed on.
    pub(crate) fn has(&self, identifier: &Identifier) -> bool {
        // Records of prefixes never depend on case.
        self.name_of(&Key::record(identifier, SuffixCase::Insensitive))
            .is_some()
    }

    /// The keys whose presence says that the node is home to the prefixes.
    pub(super) fn homes(&self) -> impl Iterator<Item = Key> {
        let head = [Subspace::HOMED.0];
        let octets = self.0.iter().map(move |it| [&head[..], it].concat());
        octets.map(|octets| Key::from_octets(octets.into()))
    }

    /// Whether a change writes what is agreed on.
    pub(crate) fn concerns(&self, change: &Change) -> bool {
        let mut writes = change.writes.iter();
        writes.any(|write| self.name_of(&write.key).is_some())
    }
}

/// The identifier of the record of a prefix; none if the prefix is too long to have one.
pub(super) fn describing(prefix: &[u8]) -> Option<Identifier> {
    let octets = [PREFIX_OF_PREFIXES.as_bytes(), b"/", prefix].concat();
    Identifier::from_octets(octets.into()).ok()
}

/// What was seen of the records that are agreed on, by prefix: on one view.
pub(crate) type Seen = Arc<Mutex<BTreeMap<Bytes, Registered>>>;

/// A view that notes which of the records that are agreed on are read, and as of when.
pub(crate) struct Watched {
    pub(crate) view: Box<dyn View>,
    pub(crate) owned: Owned,
    pub(crate) seen: Seen,
}

impl View for Watched {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, store::Error> {
        if let Some(name) = self.owned.name_of(key) {
            let row = self.view.get(&Key::registered(&name))?;
            // A row that cannot be read is taken as none; the members then refuse the serial.
            let registered = row.and_then(|row| Registered::decode(row).ok());
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(name, registered.unwrap_or_default());
        }
        self.view.get(key)
    }

    fn range(&self, from: &Key, to: &Key) -> Range<'_> {
        self.view.range(from, to)
    }

    fn moment(&self) -> Option<Moment> {
        self.view.moment()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_and_what_is_derived_from_it_is_owned() {
        let prefixes = ["88", "86.1a"].map(|it| it.parse().unwrap());
        let owned = Owned::new(&prefixes);
        let check = |identifier: &str, expected: Option<&str>| {
            let key = Key::record(&identifier.parse().unwrap(), SuffixCase::Insensitive);
            let name = owned.name_of(&key);
            let name = name.as_ref().map(|name| str::from_utf8(name).unwrap());
            assert_eq!(name, expected, "{identifier}");
        };
        check("0.NA/88", Some("88"));
        check("0.na/88.118", Some("88.118"));
        check("0.NA/88.118.0000123", Some("88.118.0000123"));
        check("0.NA/86.1a", Some("86.1A"));
        check("0.NA/86", None);
        check("0.NA/881", None);
        check("0.NA/0.NA", None);
        check("88/0.NA/88", None);
        check("88.118/pump", None);
        assert_eq!(owned.name_of(&Key::homed(&prefixes[0])), None);
        assert_eq!(describing(b"88.118").unwrap().as_str(), "0.NA/88.118");
    }
}
