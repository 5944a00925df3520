//! How a change of facts is carried out: planned on what is visible, and again if that changes.
//!
//! Not here: durability (room `store`), what is planned (the modules beside this one).

use crate::Error;
use model::Change;
use store::{Store, View};

/// How often a change is planned before its maker is told that others are too busy.
///
/// Each time somebody else has got through, so this many writers at once get through in turn.
const TRIES_MAX: u32 = 64;

/// Plans a change and carries it out; returns what the plan gives besides, when it is durable.
///
/// A plan that changes nothing is not committed.
///
/// # Errors
/// What the plan says, [`Error::Busy`], and what the store says.
pub fn commit<T>(
    store: &Store,
    mut plan: impl FnMut(&dyn View) -> Result<(Change, T), Error>,
) -> Result<T, Error> {
    for _ in 0..TRIES_MAX {
        let (change, planned) = plan(&*store.view())?;
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
