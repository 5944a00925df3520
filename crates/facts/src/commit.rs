//! How a change of facts is carried out: planned on what is visible, and again if that changes.
//!
//! Not here: durability (room `store`), what is planned (the modules beside this one).

use crate::ledger::Ledger;
use crate::{Error, Instant};
use model::Change;
use store::{Store, View};

/// How often a change is planned before its maker is told that others are too busy.
///
/// Each time somebody else has got through, so this many writers at once get through in turn.
const TRIES_MAX: u32 = 64;

/// Plans a change and carries it out; returns what the plan gives besides, when it is durable.
///
/// The plan is told what it sees, and when its facts become known: `now`, which is what the clock
/// says, or just after the newest that is known, should the clock be behind. A plan that changes
/// nothing is not committed.
///
/// # Errors
/// What the plan says, [`Error::Busy`], and what the store says.
pub fn commit<T>(
    store: &Store,
    now: Instant,
    plan: impl FnMut(&dyn View, Instant) -> Result<(Change, T), Error>,
) -> Result<T, Error> {
    commit_of(store, now, plan)
}

/// The same for plans that have errors of their own, such as those of applications: what they
/// refuse is told as they say it, and then nothing has changed.
///
/// # Errors
/// As of [`commit`].
pub fn commit_of<T, E: From<Error>>(
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
