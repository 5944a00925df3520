//! Changes of facts that rooms plan which have errors of their own.
//!
//! Not here: single plans of room `facts`, which has its own way (`facts::commit`).

use facts::ledger::Ledger;
use facts::{Change, Error, Instant, View};
use store::Store;

/// How often a change is planned before its maker is told that others are too busy: as often as
/// room
/// `facts` does.
const TRIES_MAX: u32 = 64;

/// Plans a change and carries it out; returns what the plan gives besides, when it is durable. What
/// it refuses is told as it says it, and then nothing has changed.
pub(super) fn commit<T, E: From<Error>>(
    store: &Store,
    now: Instant,
    mut plan: impl FnMut(&dyn View, Instant) -> Result<(Change, T), E>,
) -> Result<T, E> {
    for _ in 0..TRIES_MAX {
        let view = store.view();
        let known_at = Ledger::read(&*view)?.next(now);
        let (change, planned) = plan(&*view, known_at)?;
        drop(view);
        if change.is_empty() {
            return Ok(planned);
        }
        match store.commit(change) {
            Ok(_) => return Ok(planned),
            Err(store::Error::Conflict { .. }) => (),
            Err(error) => return Err(Error::from(error).into()),
        }
    }
    Err(Error::Busy { tries: TRIES_MAX }.into())
}
