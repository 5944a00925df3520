//! Tells a person what is being done. Where nobody looks, nothing is told.

use indicatif::ProgressBar;
use std::fmt::Display;

/// One line on standard error, if that is a terminal. Dropping it clears the line.
///
/// It moves only when something is said: a thread that keeps it moving would run on a core that
/// is measured.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// An empty line.
    pub(crate) fn new() -> Self {
        Self(ProgressBar::new_spinner())
    }

    /// Says what is being done from now on.
    pub(crate) fn say(&self, doing: impl Display) {
        self.0.set_message(doing.to_string());
        self.0.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
