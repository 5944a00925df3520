//! The tables: the ordered key space as an index of the log, behind one small interface.
//!
//! Not here: durability of single changes, which is the log's.

pub mod fuzz;
mod hot;
mod lsm;
mod memory;
mod run;
mod stored;
#[cfg(test)]
mod tests;

pub use lsm::FILES_OPEN_MAX;
pub(crate) use lsm::{LOADED, LsmTables, Manifest, read_manifest, read_only};
pub(crate) use memory::MemoryTables;
pub(crate) use run::Run;

use crate::{Error, Position};
use bytes::Bytes;
use model::Key;
use model::change::Write;

/// An ordered map from keys to octets that the committer writes and everybody reads.
pub(crate) trait Tables: Send + Sync {
    /// The last position whose writes the tables hold durably; what follows is replayed from the
    /// log at the next start.
    fn durable(&self) -> Position;

    /// Waits until more writes may be applied.
    fn make_room(&self) -> Result<(), Error>;

    /// Applies writes, at most one to a key, and then shows them all at once to new views.
    ///
    /// Only the committer calls this, with rising positions.
    fn apply(&self, position: Position, writes: &[Write]) -> Result<(), Error>;

    /// Applies many writes at once, and then shows them all to new views; the writes of a run must
    /// be in order. In files they are durable when this returns.
    ///
    /// Only the committer calls this, with rising positions. Merging files may wait until
    /// [`Tables::settle`], for more of the kind is expected.
    ///
    /// After an error the tables make room for nothing more: what they lack they must not hide
    /// behind later positions.
    fn load(&self, position: Position, run: &Run) -> Result<(), Error>;

    /// Waits until the files that were loaded have been merged as far as reading needs it.
    fn settle(&self) -> Result<(), Error>;

    /// What is visible now.
    fn view(&self) -> Box<dyn View>;

    /// Whether it is known that nobody has written a key since a view was opened. `false` says
    /// nothing.
    ///
    /// Only the committer asks, between groups.
    fn is_unwritten_since(&self, _key: &Key, _moment: Moment) -> bool {
        false
    }

    /// Makes everything applied durable.
    fn flush(&self) -> Result<(), Error>;

    /// Merges files as far as they go.
    fn compact(&self) -> Result<(), Error>;
}

/// The key space as it was at one moment.
pub trait View: Send {
    /// What is stored under a key.
    ///
    /// # Errors
    /// The tables cannot be read.
    fn get(&self, key: &Key) -> Result<Option<Bytes>, Error>;

    /// The keys from `from` to before `to`, in order, with what is stored under them.
    fn range(&self, from: &Key, to: &Key) -> Range<'_>;

    /// The moment that it shows, if it is one of a running store.
    fn moment(&self) -> Option<Moment> {
        None
    }
}

/// The moment that a view shows. Those of one running store can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// Keys in order with what is stored under them; an error ends them.
pub type Range<'v> = Box<dyn Iterator<Item = Result<(Key, Bytes), Error>> + 'v>;
