//! Which transactions the field sees of an entry of the log: names, and the values of now.
//!
//! As the reference software does it, a change of what is gone by now is left out, and so is the
//! deletion of what is there again: what comes later says it. Whoever takes what follows in any
//! order of dates ends where this node is.

use super::Share;
use crate::Digests;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use model::audit::Note;
use model::change::Write;
use model::identifier::PREFIX_OF_PREFIXES;
use model::key::{Scheme, Subspace};
use model::{Key, Record};
use wire::Opcode;
use wire::txn_stream::{TxnAction, TxnRecord};

/// One entry of the log.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// Its number.
    pub txn: u64,
    /// Its date, in milliseconds since 1970.
    pub date_ms: u64,
    /// What it wrote.
    pub writes: &'e [Write],
}

/// The transactions of an entry that are in a share; `now` says what stands under a key.
///
/// An entry may change many identifiers, and a mirror remembers the number of the last transaction
/// that it took. So all but the last bear the number of the entry before: should the mirror lose
/// the connection among them, it gets the whole entry again.
///
/// # Errors
/// What `now` says. A record that cannot be read is left out: it is told of where it is read.
pub fn of_entry<E>(
    entry: Entry<'_>,
    share: Share,
    digests: &impl Digests,
    mut now: impl FnMut(&Key) -> Result<Option<Bytes>, E>,
) -> Result<Vec<TxnRecord>, E> {
    let is_creation = opcode(entry.writes).is_none_or(|opcode| opcode == Opcode::CREATE_HANDLE);
    let mut records = Vec::new();
    let writes = entry.writes.iter().enumerate();
    let last: BTreeMap<&Key, usize> = writes.clone().map(|(at, it)| (&it.key, at)).collect();
    for (at, write) in writes {
        if last.get(&write.key) != Some(&at) {
            continue;
        }
        let Some(what) = what(&write.key) else {
            continue;
        };
        let (action, values) = match &what {
            Named::Prefix(_) if write.octets.is_some() => (TxnAction::HOME, None),
            Named::Prefix(_) => (TxnAction::UNHOME, None),
            Named::Identifier(identifier) => {
                if !share.holds(identifier, digests) {
                    continue;
                }
                match (now(&write.key)?, &write.octets) {
                    (Some(octets), Some(_)) => {
                        let Ok(record) = Record::from_stored(octets) else {
                            continue;
                        };
                        let values = record.entries().map(|entry| entry.encoded);
                        let action = if is_creation {
                            TxnAction::CREATE
                        } else {
                            TxnAction::UPDATE
                        };
                        (action, Some(values.collect()))
                    }
                    (None, None) => (TxnAction::DELETE, None),
                    _ => continue,
                }
            }
        };
        let (Named::Prefix(identifier) | Named::Identifier(identifier)) = what;
        records.push(TxnRecord::Transaction {
            number: entry.txn.saturating_sub(1),
            identifier,
            action,
            date_ms: entry.date_ms,
            values,
        });
    }
    if let Some(TxnRecord::Transaction { number, .. }) = records.last_mut() {
        *number = entry.txn;
    }
    Ok(records)
}

/// What a row of the field's tables is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The record of an identifier, by its canonical form.
    Identifier(Bytes),
    /// A prefix, by the identifier of its record.
    Prefix(Bytes),
}

/// What a key is about; none of rows that the field does not know.
pub fn what(key: &Key) -> Option<Named> {
    match key.subspace()? {
        Subspace::RECORDS => {
            let (&scheme, _) = key.octets().get(1..)?.split_first()?;
            (scheme == Scheme::HANDLE.0).then(|| Named::Identifier(key.octets().slice(2..)))
        }
        Subspace::HOMED => {
            let head = [PREFIX_OF_PREFIXES.as_bytes(), b"/"].concat();
            let prefix = key.octets().get(1..)?;
            Some(Named::Prefix([&head, prefix].concat().into()))
        }
        _ => None,
    }
}

/// The operation that an entry's note tells of; none of a load.
fn opcode(writes: &[Write]) -> Option<Opcode> {
    let mut writes = writes.iter();
    let note = writes.find(|write| write.key.subspace() == Some(Subspace::NOTES))?;
    let note = Note::decode(note.octets.clone()?).ok()?;
    Some(Opcode(note.opcode))
}

#[cfg(test)]
mod tests;
