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
