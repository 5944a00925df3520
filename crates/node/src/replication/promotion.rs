//! How a copy becomes the writer, by the word of an operator: no node does so by itself.
//!
//! Whoever promotes a copy has stopped the writer for good, and chosen the copy that has most. A
//! new epoch begins after the last transaction that the copy has, so that other copies that had
//! exactly as much go on with it, and those that follow the old writer refuse that one.

use engine::replication::numbering::next_epoch;
use engine::replication::standing::{Copying, Followed};
use engine::replication::{Numbering, Standing};
use model::change::Write;
use model::{Change, Key};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use store::{Options, Store};

/// What a copy has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promoted {
    /// The epoch that begins.
    pub epoch: u64,
    /// The last transaction of those before.
    pub txn: u64,
}

/// Why a copy cannot become the writer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromotionError {
    /// The operator names the folder of a copy.
    #[error("this is no folder of a copy: nothing in it was ever copied")]
    NoCopy,
    /// The operator lets it copy to the end, or chooses another copy.
    #[error("the copy is not whole: a full copy was under way, {rows} rows have come")]
    NotWhole {
        /// How many rows have come.
        rows: u64,
    },
    /// The operator lets it copy the rest, or chooses another copy.
    #[error("the copy is not whole: a server of its source was never reached")]
    NotReached,
    /// What stands of the copy cannot be read.
    #[error("how far the copy has come cannot be read: {0}")]
    Unreadable(#[from] model::Error),
    /// The operator names an epoch that was granted after all that the copy has.
    #[error("epoch {epoch} is not later than {known}, which the folder knows")]
    NotLater {
        /// The epoch that was named.
        epoch: u64,
        /// The last one that is known.
        known: u64,
    },
    /// The operating system must give randomness.
    #[error("no epoch can be drawn: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The folder cannot be opened or written.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes the folder of a copy, whose node is stopped, that of a writer.
///
/// # Errors
/// [`PromotionError`]; then nothing is changed.
pub fn promote(data: &Path, options: &Options) -> Result<Promoted, PromotionError> {
    promote_in(data, options, new_epoch)
}

/// The same in the epoch of its data set that the registry has granted.
///
/// # Errors
/// [`PromotionError`]; then nothing is changed.
pub fn promote_to(data: &Path, options: &Options, epoch: u64) -> Result<Promoted, PromotionError> {
    promote_in(data, options, |known| {
        let is_later = epoch > known;
        let granted = is_later.then_some(epoch);
        granted.ok_or(PromotionError::NotLater { epoch, known })
    })
}

fn promote_in<E>(
    data: &Path,
    options: &Options,
    next: impl FnOnce(u64) -> Result<u64, E>,
) -> Result<Promoted, PromotionError>
where
    PromotionError: From<E>,
{
    let store = Store::open(data, options)?;
    let copied = copied(&store)?;
    let last = last_of(&copied)?;
    let is_one = copied.len() == 1;
    let before = store.view().get(&Key::numbering())?;
    let before = before.map(Numbering::read).transpose()?;
    let known = last.epoch.max(before.map_or(0, |before| before.epoch));
    let epoch = next(known)?;
    let numbering = Numbering {
        epoch,
        // Of the entry that says so itself, which nobody is sent.
        before: store.head().position.plus(1).0,
        // Each server has a series of its own. Nobody stands where they are put together, not even
        // who has the highest number of all.
        txn: last.txn + u64::from(!is_one),
        earlier: if is_one { last.epoch } else { 0 },
    };
    let mut change = Change::default();
    let keys = copied.into_keys();
    change.writes = keys.map(|key| Write { key, octets: None }).collect();
    change.put(Key::numbering(), numbering.octets());
    store.commit(change)?;
    store.close()?;
    let txn = numbering.txn;
    Ok(Promoted { epoch, txn })
}

/// Up to where everything of every server is there.
fn last_of(copied: &BTreeMap<Key, Standing>) -> Result<Followed, PromotionError> {
    if copied.values().all(|standing| *standing == Standing::New) {
        return Err(PromotionError::NoCopy);
    }
    let mut last = Followed::default();
    for standing in copied.values() {
        match standing {
            Standing::Following(followed) => {
                last.epoch = last.epoch.max(followed.epoch);
                last.txn = last.txn.max(followed.txn);
            }
            Standing::Copying(Copying { rows, .. }) => {
                return Err(PromotionError::NotWhole { rows: *rows });
            }
            Standing::New => return Err(PromotionError::NotReached),
        }
    }
    Ok(last)
}

/// An epoch that is later than a known one, and no other node's.
pub(super) fn new_epoch(known: u64) -> Result<u64, getrandom::Error> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
    Ok(next_epoch(known, now_ms, getrandom::u32()?))
}

fn copied(store: &Store) -> Result<BTreeMap<Key, Standing>, PromotionError> {
    let [from, to] = Key::copied_all();
    let view = store.view();
    let rows = view.range(&from, &to).map(|row| {
        let (key, octets) = row?;
        Ok((key, Standing::read(Some(octets))?))
    });
    rows.collect()
}
