//! Who may still read what: the numbers that open views read at.
//!
//! The tree may forget what lies below the oldest of them, and panics when it is read below what
//! it has forgotten; so a view counts as open before it reads its number.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number up to which everything is visible, and the numbers of open views.
#[derive(Debug)]
pub(super) struct Views {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    visible: u64,
    /// Numbers with how many views read at each, ascending: what is visible only rises. (No map:
    /// one comes and goes with every question, and would be allocated each time.)
    open: VecDeque<(u64, usize)>,
}

/// The number an open view reads at; it counts as open until this is dropped.
#[derive(Debug)]
pub(super) struct Visible {
    views: Arc<Views>,
    number: u64,
}

impl Views {
    pub(super) fn new(visible: u64) -> Self {
        let open = VecDeque::new();
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
        match state.open.back_mut() {
            Some((last, count)) if *last == number => *count += 1,
            _ => state.open.push_back((number, 1)),
        }
        Visible {
            views: Arc::clone(self),
            number,
        }
    }

    /// The lowest number that anybody reads at, or may begin to.
    pub(super) fn oldest(&self) -> u64 {
        let state = self.lock();
        state
            .open
            .front()
            .map_or(state.visible, |&(number, _)| number)
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
        let place = state
            .open
            .binary_search_by_key(&self.number, |&(number, _)| number);
        if let Ok(place) = place {
            state.open[place].1 -= 1;
            if state.open[place].1 == 0 {
                state.open.remove(place);
            }
        }
    }
}
