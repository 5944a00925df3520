//! What a copy writes of what its source sends.
//!
//! Nothing that a source says is carried out that would reach beyond the data: not rows about how
//! this node itself stands, and none of the audit trail, which each node binds for itself; a note
//! that comes with an entry goes into the own trail.

use super::standing::Followed;
use super::transactions::{Named, what};
use super::{Standing, is_copied};
use alloc::vec::Vec;
use bytes::Bytes;
use model::audit::Note;
use model::change::Write;
use model::identifier::PREFIX_OF_PREFIXES;
use model::key::Subspace;
use model::{EncodedValue, Identifier, Key, Prefix, Record, SuffixCase, Value};
use wire::dump_stream::DumpRecord;
use wire::txn_stream::{TxnAction, TxnRecord};

/// Why a copy takes nothing more from a source. The operator must look at one of the two.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Another node has become the writer since; the source must be stopped.
    #[error(
        "the source is of epoch {theirs}, this copy has followed epoch {ours}: it is no writer \
         any more"
    )]
    EarlierEpoch {
        /// The epoch of the source.
        theirs: u64,
        /// The epoch that was followed.
        ours: u64,
    },
    /// The source has another history than when it was followed.
    #[error("the source sends transaction {txn} after {after}, and numbers never go back")]
    GoesBack {
        /// What it sends.
        txn: u64,
        /// What came before.
        after: u64,
    },
    /// Something was left out on the way, or by the source.
    #[error("the source sends transaction {txn} after {after}: what comes between is missing")]
    Missing {
        /// What it sends.
        txn: u64,
        /// What came before.
        after: u64,
    },
    /// What is told of cannot be an identifier, a prefix or a record.
    #[error("the source sends what cannot be stored: {0}")]
    Unfit(#[from] model::Error),
    /// The source sends rows that are no data.
    #[error("the source sends a row that is not data: {key:?}")]
    NotData {
        /// The key.
        key: Key,
    },
    /// A row comes before one that it should follow, so that nobody can tell what is missing.
    #[error(
        "the source dumps in no order, and this copy was not empty: remove its data folder and \
         begin anew"
    )]
    Unordered,
    /// A stream begins, ends or goes on as none does.
    #[error("the source sends {what}")]
    OutOfPlace {
        /// What came.
        what: &'static str,
    },
}

/// Takes what a source sends.
#[derive(Debug, Clone, Copy)]
pub struct Intake {
    /// How this node keeps suffixes.
    pub case: SuffixCase,
}

/// What an entry is to a copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// What is written.
    pub writes: Vec<Write>,
    /// Who changed it at the source.
    pub note: Option<Note>,
}

impl Intake {
    /// Takes an entry in the layout of nodes of this kind.
    ///
    /// # Errors
    /// [`Fault::NotData`], [`Fault::Unfit`].
    pub fn entry(writes: Vec<Write>) -> Result<Taken, Fault> {
        let mut taken = Taken::default();
        for write in writes {
            if write.key.subspace() == Some(Subspace::NOTES) {
                taken.note = write.octets.map(Note::decode).transpose()?;
                continue;
            }
            taken.writes.push(checked(write)?);
        }
        Ok(taken)
    }

    /// Takes rows of a dump in the layout of nodes of this kind.
    ///
    /// # Errors
    /// [`Fault::NotData`], [`Fault::Unfit`].
    pub fn rows(rows: Vec<Write>) -> Result<Vec<(Key, Bytes)>, Fault> {
        let rows = rows.into_iter().map(|row| {
            let Write { key, octets } = checked(row)?;
            octets
                .map(|octets| (key.clone(), octets))
                .ok_or(Fault::OutOfPlace {
                    what: "a deletion within a dump",
                })
        });
        rows.collect()
    }

    /// Takes a transaction in the layout of the field; nothing of one that holds a place.
    ///
    /// # Errors
    /// [`Fault::Unfit`], or [`Fault::OutOfPlace`] for actions that are unknown here.
    pub fn transaction(
        self,
        identifier: &Bytes,
        action: TxnAction,
        values: Option<&[EncodedValue]>,
    ) -> Result<Option<Write>, Fault> {
        let (key, octets) = match action {
            TxnAction::PLACEHOLDER => return Ok(None),
            TxnAction::CREATE | TxnAction::UPDATE => {
                let (key, octets) = self.record(identifier, values.unwrap_or_default())?;
                (key, Some(octets))
            }
            TxnAction::DELETE => (self.key(identifier)?, None),
            TxnAction::HOME => (home(identifier)?, Some(home_mark())),
            TxnAction::UNHOME => (home(identifier)?, None),
            _ => {
                let what = "a transaction that this version cannot carry out";
                return Err(Fault::OutOfPlace { what });
            }
        };
        Ok(Some(Write { key, octets }))
    }

    /// Takes a row of a dump in the layout of the field; nothing of records about other things.
    ///
    /// # Errors
    /// [`Fault::Unfit`].
    pub fn dumped(self, record: &DumpRecord) -> Result<Option<(Key, Bytes)>, Fault> {
        Ok(match record {
            DumpRecord::Identifier { identifier, values } => Some(self.record(identifier, values)?),
            DumpRecord::HomedPrefix { identifier } => Some((home(identifier)?, home_mark())),
            _ => None,
        })
    }

    /// The record of an identifier. As everywhere its first spelling stays; who sends canonical
    /// ones, as the reference software does, loses none.
    fn record(self, identifier: &Bytes, values: &[EncodedValue]) -> Result<(Key, Bytes), Fault> {
        let identifier = Identifier::from_octets(identifier.clone())?;
        let values: Vec<Value> = values.iter().map(EncodedValue::value).collect();
        let record = Record::spelled(&values, &identifier, self.case)?;
        let key = Key::record(&identifier, self.case);
        Ok((key, record.octets().clone()))
    }

    fn key(self, identifier: &Bytes) -> Result<Key, Fault> {
        let identifier = Identifier::from_octets(identifier.clone())?;
        Ok(Key::record(&identifier, self.case))
    }
}

/// A write that may be carried out; records must be such as can be read again.
fn checked(write: Write) -> Result<Write, Fault> {
    if !is_copied(&write.key) {
        return Err(Fault::NotData { key: write.key });
    }
    if let (Some(Subspace::RECORDS), Some(octets)) = (write.key.subspace(), &write.octets) {
        Record::from_stored(octets.clone())?;
    }
    Ok(write)
}

/// The row of a prefix, which is told as `0.NA/PREFIX` or by itself.
fn home(identifier: &Bytes) -> Result<Key, Fault> {
    let text = Identifier::from_octets(identifier.clone())?;
    let head = PREFIX_OF_PREFIXES;
    let described = text.as_str().split_once('/');
    let prefix: Prefix = match described {
        Some((before, prefix)) if before.eq_ignore_ascii_case(head) => prefix.parse()?,
        _ => text.as_str().parse()?,
    };
    Ok(Key::homed(&prefix))
}

fn home_mark() -> Bytes {
    Bytes::from_static(crate::authority::HOMED_MARK)
}

/// What the field calls a row, to go on after it in a dump.
pub fn place_of(key: &Key) -> Option<(wire::replication::DumpTable, Bytes)> {
    Some(match what(key)? {
        Named::Identifier(name) => (wire::replication::DumpTable::IDENTIFIERS, name),
        Named::Prefix(name) => (wire::replication::DumpTable::PREFIXES, name),
    })
}

/// Checks where a source says it stands, against what has been followed.
///
/// # Errors
/// [`Fault::EarlierEpoch`].
pub fn check_epoch(theirs: u64, standing: &Standing) -> Result<(), Fault> {
    let ours = standing.epoch();
    if theirs < ours {
        return Err(Fault::EarlierEpoch { theirs, ours });
    }
    Ok(())
}

/// The position after an entry of a node of this kind, which sends every one: its number is the
/// next.
///
/// # Errors
/// [`Fault::GoesBack`], [`Fault::Missing`].
pub fn next_position(before: &Followed, txn: u64) -> Result<Followed, Fault> {
    let after = before.txn;
    match txn.checked_sub(after) {
        Some(1) => Ok(Followed { txn, ..*before }),
        None | Some(0) => Err(Fault::GoesBack { txn, after }),
        Some(_) => Err(Fault::Missing { txn, after }),
    }
}

/// The position after a transaction of the field: a later one, for nobody tells of all, or the
/// same, of an entry with many identifiers.
///
/// # Errors
/// [`Fault::GoesBack`].
pub fn next_of_the_field(before: &Followed, txn: u64) -> Result<Followed, Fault> {
    if txn < before.txn {
        let after = before.txn;
        return Err(Fault::GoesBack { txn, after });
    }
    Ok(Followed { txn, ..*before })
}

/// Up to when the log of the field has been heard, if a record says so.
pub fn heard_up_to(record: &TxnRecord) -> Option<u64> {
    match record {
        TxnRecord::End { date_ms } | TxnRecord::QueueEnd { date_ms } => Some(*date_ms),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTAKE: Intake = Intake {
        case: SuffixCase::Insensitive,
    };

    fn put(key: Key, octets: &'static [u8]) -> Write {
        let octets = Some(octets.into());
        Write { key, octets }
    }

    #[test]
    fn rows_about_the_node_itself_are_refused_and_notes_become_the_copys_own() {
        for key in [
            Key::numbering(),
            Key::copied(0),
            Key::noted_group(1),
            Key::newest_noted(),
            Key::import(b"x"),
            Key::from_octets(Bytes::new()),
            Key::from_octets("\0position".into()),
        ] {
            let taken = Intake::entry(alloc::vec![put(key.clone(), b"x")]);
            assert_eq!(taken, Err(Fault::NotData { key: key.clone() }));
            let taken = Intake::rows(alloc::vec![put(key.clone(), b"x")]);
            assert_eq!(taken, Err(Fault::NotData { key }));
        }
        let about = Key::from_octets("R\u{1}88/A".into());
        let note = Note::by_operator(about, "88/a".into(), 100, 5);
        let write = Write {
            key: Key::note(70),
            octets: Some(note.encode().unwrap()),
        };
        let taken = Intake::entry(alloc::vec![write]).unwrap();
        assert_eq!((taken.writes, taken.note), (Vec::new(), Some(note)));
    }

    #[test]
    fn records_that_could_not_be_read_again_are_refused() {
        let key = Key::record(&"88/a".parse().unwrap(), SuffixCase::Insensitive);
        let taken = Intake::entry(alloc::vec![put(key, b"\x01\xff")]);
        assert!(matches!(taken, Err(Fault::Unfit(_))), "{taken:?}");
    }

    #[test]
    fn transactions_of_the_field_become_writes() {
        let value = EncodedValue::of(&Value::public(1, "URL", "x:y"));
        let taken = |identifier: &'static str, action| {
            let values = [value.clone()];
            INTAKE.transaction(&identifier.into(), action, Some(&values))
        };
        let key = Key::record(&"88/a".parse().unwrap(), SuffixCase::Insensitive);
        let write = taken("88/A", TxnAction::CREATE).unwrap().unwrap();
        let record = Record::from_stored(write.octets.unwrap()).unwrap();
        assert_eq!((write.key, record.len()), (key.clone(), 1));
        let write = taken("88/a", TxnAction::DELETE).unwrap().unwrap();
        assert_eq!((write.key, write.octets), (key, None));
        for name in ["0.NA/88.1", "0.na/88.1", "88.1"] {
            let write = taken(name, TxnAction::HOME).unwrap().unwrap();
            assert_eq!(write.key, Key::homed(&"88.1".parse().unwrap()));
            assert_eq!(write.octets, Some(home_mark()));
            let write = taken(name, TxnAction::UNHOME).unwrap().unwrap();
            assert_eq!(write.octets, None);
        }
        assert_eq!(taken("88/a", TxnAction::PLACEHOLDER), Ok(None));
        assert!(taken("88/a", TxnAction::DELETE_ALL).is_err());
        let bad = INTAKE.transaction(&"\u{0}\u{1}".into(), TxnAction(9), None);
        assert!(bad.is_err());
    }

    #[test]
    fn lower_epochs_and_lower_numbers_are_refused() {
        let followed = Followed {
            epoch: 2,
            txn: 10,
            date_ms: 0,
        };
        let standing = Standing::Following(followed);
        let fault = Fault::EarlierEpoch { theirs: 1, ours: 2 };
        assert_eq!(check_epoch(1, &standing), Err(fault));
        assert_eq!(check_epoch(2, &standing), Ok(()));
        assert_eq!(check_epoch(3, &standing), Ok(()));
        assert_eq!(next_position(&followed, 11).unwrap().txn, 11);
        for txn in [0, 9, 10] {
            let fault = Fault::GoesBack { txn, after: 10 };
            assert_eq!(next_position(&followed, txn), Err(fault));
        }
        for txn in [10, 11, 500] {
            assert_eq!(next_of_the_field(&followed, txn).unwrap().txn, txn);
        }
        assert!(next_of_the_field(&followed, 9).is_err());
    }

    /// A block that somebody between has left out bears a good signature on either side.
    #[test]
    fn an_entry_that_was_left_out_is_missed() {
        let followed = Followed {
            epoch: 2,
            txn: 10,
            date_ms: 0,
        };
        for txn in [12, u64::MAX] {
            let fault = Fault::Missing { txn, after: 10 };
            assert_eq!(next_position(&followed, txn), Err(fault));
        }
    }
}
