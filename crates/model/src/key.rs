//! Keys of the one ordered key space. Not here: who stores what under them.
//!
//! A key is one octet for the subspace and then octets that order as the things they name do, so
//! that byte order is the order of every listing.

use crate::{Identifier, Prefix, SuffixCase};
use bytes::Bytes;
use core::fmt;

/// Names a part of the key space by its first octet. Numbers are never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subspace(pub u8);

impl Subspace {
    /// Records of identifiers: then one octet for the scheme, then the canonical identifier.
    pub const RECORDS: Self = Self(b'R');
    /// Prefixes this node answers for: then the canonical prefix.
    pub const HOMED: Self = Self(b'H');
    /// How far imports have come: then the path of the file.
    pub const IMPORTS: Self = Self(b'I');
    /// Notes of administrative changes: then the position of the change.
    pub const NOTES: Self = Self(b'A');
    /// Which notes are about a key: then the key, an octet 0 and the position.
    pub const NOTED: Self = Self(b'X');
    /// What binds the notes of a group to those before: then the position of its first note.
    pub const NOTED_GROUPS: Self = Self(b'M');
    /// What the newest of these is; nothing more.
    pub const NEWEST_NOTED: Self = Self(b'N');

    /// Requests that changed something, until they expire: then the expiration in seconds since
    /// 1970, four octets, and the digest of the request.
    pub const ANSWERED: Self = Self(b'Q');

    /// What was acknowledged and is not current, because somebody who took over had changed the
    /// same: then the epoch, the transaction and the number of the write in it.
    pub const CONFLICTS: Self = Self(b'C');

    /// Where this node stands in replication; never replicated itself: then what it says, and for
    /// what is copied the number of the source's server.
    pub const REPLICATION: Self = Self(b'P');

    /// What was observed: then the series, the period and when it became known.
    pub const OBSERVATIONS: Self = Self(b'o');
    /// How far facts are known, and what of them is frozen; nothing more.
    pub const LEDGER: Self = Self(b'f');
    /// What is related to what, from both ends, and since when.
    pub const RELATIONS: Self = Self(b'l');
    /// What happened: by object and time, and by name.
    pub const EVENTS: Self = Self(b'e');
    /// What is being done about something: the cases, their days due and their steps.
    pub const CASES: Self = Self(b'c');
    /// What was collected: batches and the cells that figures came from, mappings, rules, tasks.
    pub const COLLECTED: Self = Self(b'k');
    /// What is warned of and by which rules: versions of rules, warnings, silences.
    pub const WARNINGS: Self = Self(b'w');
    /// What is to be done later: timers, letters and how far the clock has come.
    pub const JOBS: Self = Self(b'j');

    /// Those that the store itself writes, so that nobody writes past the audit trail.
    pub const OF_THE_TRAIL: [Self; 4] = [
        Self::NOTES,
        Self::NOTED,
        Self::NOTED_GROUPS,
        Self::NEWEST_NOTED,
    ];

    /// The bounds of the subspace: all its keys order from the first to before the second.
    pub fn bounds(self) -> [Key; 2] {
        let bound = |octet| Key(Bytes::copy_from_slice(&[octet]));
        [bound(self.0), bound(self.0.saturating_add(1))]
    }
}

/// Names an identifier scheme by the octet after [`Subspace::RECORDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scheme(pub u8);

impl Scheme {
    /// Identifiers of the Handle System.
    pub const HANDLE: Self = Self(1);
}

/// A place in the key space. Keys order as their octets do.
///
/// ```
/// use model::{Key, SuffixCase};
///
/// let key = Key::record(&"88.156.1/ab".parse()?, SuffixCase::Insensitive);
/// assert_eq!(key.octets(), &b"R\x0188.156.1/AB"[..]);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Bytes);

impl Key {
    /// The key of an identifier's record.
    pub fn record(identifier: &Identifier, case: SuffixCase) -> Self {
        let head = [Subspace::RECORDS.0, Scheme::HANDLE.0];
        Self(identifier.canonical_after(&head, case).into())
    }

    /// The key whose presence says that this node answers for a prefix.
    pub fn homed(prefix: &Prefix) -> Self {
        Self(prefix.canonical_after(&[Subspace::HOMED.0]).into())
    }

    /// The key under which it stands how far the import of the file at `path` has come.
    pub fn import(path: &[u8]) -> Self {
        let head = [Subspace::IMPORTS.0];
        Self([&head, path].concat().into())
    }

    /// The key of the note of the change that has this position.
    pub fn note(position: u64) -> Self {
        Self::at(Subspace::NOTES, position)
    }

    /// The key under which it stands how a request was answered, which expires at a date in seconds
    /// since 1970.
    pub fn answered(expiration: u32, request: &[u8; 32]) -> Self {
        let head = [Subspace::ANSWERED.0];
        let octets = [&head[..], &expiration.to_be_bytes(), request].concat();
        Self(octets.into())
    }

    /// The key of how this node numbers its own transactions.
    pub fn numbering() -> Self {
        Self(Bytes::from_static(&[Subspace::REPLICATION.0, 1]))
    }

    /// The key of how far this node has copied a server of its source.
    pub fn copied(server: u32) -> Self {
        let head = [Subspace::REPLICATION.0, 2];
        Self([&head[..], &server.to_be_bytes()].concat().into())
    }

    /// The bounds of what stands of servers that this node copies.
    pub fn copied_all() -> [Self; 2] {
        let bound = |kind| Self(Bytes::copy_from_slice(&[Subspace::REPLICATION.0, kind]));
        [bound(2), bound(3)]
    }

    /// The key of what is known beside the record of a prefix that the members of a registry agree
    /// on, by the prefix in its canonical form.
    pub fn registered(prefix: &[u8]) -> Self {
        let head = [Subspace::REPLICATION.0, 3];
        Self([&head[..], prefix].concat().into())
    }

    /// The bounds of all of these.
    pub fn registered_all() -> [Self; 2] {
        let bound = |kind| Self(Bytes::copy_from_slice(&[Subspace::REPLICATION.0, kind]));
        [bound(3), bound(4)]
    }

    /// The key of what this node wrote last only to know that it can.
    pub fn probed() -> Self {
        Self(Bytes::from_static(&[Subspace::REPLICATION.0, 5]))
    }

    /// The key of how far this node has followed the registry that it is a member of.
    pub fn registry_standing() -> Self {
        Self(Bytes::from_static(&[Subspace::REPLICATION.0, 4]))
    }

    /// The key of how far the tail of an epoch was taken, which a writer had that returned.
    pub fn tail(epoch: u64) -> Self {
        let head = [Subspace::REPLICATION.0, 5];
        Self([&head[..], &epoch.to_be_bytes()].concat().into())
    }

    /// The key of what is reported of a write: that of an entry of an epoch, by its place in it.
    pub fn conflict(epoch: u64, txn: u64, at: u32) -> Self {
        let (epoch, txn) = (epoch.to_be_bytes(), txn.to_be_bytes());
        Self(
            [
                &[Subspace::CONFLICTS.0][..],
                &epoch,
                &txn,
                &at.to_be_bytes(),
            ]
            .concat()
            .into(),
        )
    }

    /// The subspace; none of a key without octets.
    pub fn subspace(&self) -> Option<Subspace> {
        self.0.first().copied().map(Subspace)
    }

    /// The first key after this one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self([&self.0[..], &[0]].concat().into())
    }

    /// The bounds of what stands of requests that expired before a date.
    pub fn answered_before(date: u32) -> [Self; 2] {
        let [first, _] = Subspace::ANSWERED.bounds();
        let end = [&[Subspace::ANSWERED.0][..], &date.to_be_bytes()].concat();
        [first, Self(end.into())]
    }

    /// The key that says that the note of the change with this position is about a key.
    pub fn noted(about: &Self, position: u64) -> Self {
        let head = [Subspace::NOTED.0];
        let octets = [&head, &about.0[..], &[0], &position.to_be_bytes()].concat();
        Self(octets.into())
    }

    /// Takes a key of [`Key::noted`] apart; `None` if it is none.
    pub fn as_noted(&self) -> Option<(Self, u64)> {
        let (rest, position) = self.0.split_last_chunk()?;
        let (&subspace, about) = rest.strip_suffix(&[0])?.split_first()?;
        let about = Self(self.0.slice_ref(about));
        (subspace == Subspace::NOTED.0).then_some((about, u64::from_be_bytes(*position)))
    }

    /// The key of what binds the notes of a group to those before, by its first note's position.
    pub fn noted_group(first: u64) -> Self {
        Self::at(Subspace::NOTED_GROUPS, first)
    }

    /// The key of what says which group has the newest notes.
    pub fn newest_noted() -> Self {
        Self(Bytes::from_static(&[Subspace::NEWEST_NOTED.0]))
    }

    fn at(subspace: Subspace, position: u64) -> Self {
        Self([&[subspace.0][..], &position.to_be_bytes()].concat().into())
    }

    /// The position in a key that has nothing else after its subspace; `None` if it is no such key.
    pub fn position(&self) -> Option<u64> {
        let position = self.0.get(1..)?.try_into().ok()?;
        Some(u64::from_be_bytes(position))
    }

    /// Takes octets that were a key before, such as those of a log.
    pub fn from_octets(octets: Bytes) -> Self {
        Self(octets)
    }

    /// All octets, the subspace first.
    pub fn octets(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_of_the_trail_are_laid_out_as_the_format_says() {
        assert_eq!(Key::note(258).octets(), &b"A\0\0\0\0\0\0\x01\x02"[..]);
        assert_eq!(Key::noted_group(1).octets(), &b"M\0\0\0\0\0\0\0\x01"[..]);
        assert_eq!(Key::newest_noted().octets(), &b"N"[..]);
        assert_eq!(Key::numbering().octets(), &b"P\x01"[..]);
        assert_eq!(Key::copied(258).octets(), &b"P\x02\0\0\x01\x02"[..]);
        assert_eq!(Key::registered(b"88.1").octets(), &b"P\x0388.1"[..]);
        assert_eq!(Key::registry_standing().octets(), &b"P\x04"[..]);
        assert_eq!(Key::tail(258).octets(), &b"P\x05\0\0\0\0\0\0\x01\x02"[..]);
        assert_eq!(
            Key::conflict(1, 258, 3).octets(),
            &b"C\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x01\x02\0\0\0\x03"[..]
        );
        let of = Key::from_octets("R\x0188.1/A".into());
        assert_eq!(
            Key::noted(&of, 3).octets(),
            &b"XR\x0188.1/A\0\0\0\0\0\0\0\0\x03"[..]
        );
        assert_eq!(Key::newest_noted().position(), None);
        assert_eq!(of.as_noted(), None);
    }

    proptest! {
        #[test]
        fn keys_of_the_trail_are_taken_apart_again(
            of in prop::collection::vec(any::<u8>(), 0..20), position: u64,
        ) {
            let of = Key::from_octets(of.into());
            prop_assert_eq!(Key::noted(&of, position).as_noted(), Some((of, position)));
            prop_assert_eq!(Key::note(position).position(), Some(position));
            prop_assert_eq!(Key::noted_group(position).position(), Some(position));
        }
    }
}
