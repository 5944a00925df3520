//! What the program says on standard output. A reader that has gone away is no error: the rest is
//! not said. Any other failure, such as a full disk, shows in the exit code.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Says one line, at once.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let said = writeln!(out, "{line}").and_then(|()| out.flush());
    if said.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        HAS_FAILED.store(true, Ordering::Relaxed);
    }
}

/// Whether something could not be said.
pub(crate) fn has_failed() -> bool {
    HAS_FAILED.load(Ordering::Relaxed)
}

/// Says one line beside standard output, which may be taken by what was asked for.
pub(crate) fn say_aside(line: impl Display) {
    eprintln!("{line}");
}
