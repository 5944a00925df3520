//! Changes of the key space: what is written, and what must still be so for it.
//!
//! Not here: carrying a change out (room `store`), deciding on one (room `engine`).

use crate::Key;
use crate::audit::Note;
use alloc::vec::Vec;
use bytes::Bytes;

/// One write: a key gets octets, or loses what it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub key: Key,
    /// What; `None` deletes.
    pub octets: Option<Bytes>,
}

/// What a plan saw under a key and relies on.
///
/// The octets themselves are compared, not a version number beside them: a plan is a function of
/// the octets it saw, so equal octets lead to the equal change, however often they were rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// Where.
    pub key: Key,
    /// What was there; `None` if nothing was.
    pub seen: Option<Bytes>,
}

/// Writes that become durable and visible together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// What must still be so when the change is carried out.
    pub preconditions: Vec<Precondition>,
    /// The writes, in order; a later one under the same key wins.
    pub writes: Vec<Write>,
    /// What the audit trail shall say of it; nothing if it is nobody's in particular. It becomes
    /// durable with the writes. A note alone, without writes, is a change too.
    pub note: Option<Note>,
}

impl Change {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.note.is_none()
    }

    /// Adds a write of octets under a key.
    pub fn put(&mut self, key: Key, octets: Bytes) {
        let octets = Some(octets);
        self.writes.push(Write { key, octets });
    }

    /// Adds that `seen` must still be what is under the key.
    pub fn expect(&mut self, key: Key, seen: Option<Bytes>) {
        self.preconditions.push(Precondition { key, seen });
    }
}
