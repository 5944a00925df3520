//! How a change is carried out: planned on what is visible, and again if that changes.

use crate::Error;
use model::Change;
use store::{Store, View};

/// How often a change is planned before its maker is told that others are too busy.
const TRIES_MAX: u32 = 64;

/// Plans a change and carries it out; returns what the plan gives besides, when it is durable. A
/// plan that changes nothing is not committed.
///
/// # Errors
/// What the plan says, [`Error::Busy`], and what the store says.
pub fn commit<T>(
    store: &Store,
    mut plan: impl FnMut(&dyn View) -> Result<(Change, T), Error>,
) -> Result<T, Error> {
    for _ in 0..TRIES_MAX {
        let view = store.view();
        let (change, planned) = plan(&*view)?;
        drop(view);
        if change.is_empty() {
            return Ok(planned);
        }
        match store.commit(change) {
            Ok(_) => return Ok(planned),
            Err(store::Error::Conflict { .. }) => (),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Busy { tries: TRIES_MAX })
}

/// Adds one change to another, so that both are carried out or neither.
pub fn join(change: &mut Change, other: Change) {
    change.writes.extend(other.writes);
    for precondition in other.preconditions {
        if !change.preconditions.contains(&precondition) {
            change.preconditions.push(precondition);
        }
    }
    change.note = change.note.take().or(other.note);
}
