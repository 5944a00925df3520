//! Who may still read what: the numbers that open views read at.
//!
//! The tree may forget what lies below the oldest of them, and panics when it is read below what
//! it has forgotten; so a view counts as open before it reads its number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number up to which everything is visible, and the numbers of open views.
#[derive(Debug)]
pub(super) struct Views {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    visible: u64,
    open: BTreeMap<u64, usize>,
}

/// The number an open view reads at; it counts as open until this is dropped.
#[derive(Debug)]
pub(super) struct Visible {
    views: Arc<Views>,
    number: u64,
}

impl Views {
    pub(super) fn new(visible: u64) -> Self {
        let open = BTreeMap::new();
        Self {
            state: Mutex::new(State { visible, open }),
        }
    }

    /// Shows everything below `number` to the views that are opened from now on.
    pub(super) fn publish(&self, number: u64) {
        self.lock().visible = number;
    }

    pub(super) fn open(self: &Arc<Self>) -> Visible {
        let mut state = self.lock();
        let number = state.visible;
        *state.open.entry(number).or_default() += 1;
        Visible {
            views: Arc::clone(self),
            number,
        }
    }

    /// The lowest number that anybody reads at, or may begin to.
    pub(super) fn oldest(&self) -> u64 {
        let state = self.lock();
        state.open.keys().next().copied().unwrap_or(state.visible)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visible {
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Visible {
    fn drop(&mut self) {
        let mut state = self.views.lock();
        if let Some(count) = state.open.get_mut(&self.number) {
            *count -= 1;
            if *count == 0 {
                state.open.remove(&self.number);
            }
        }
    }
}
