//! What the program says on standard output. A reader that has gone away is no error: the rest is
//! not said.

use std::fmt::Display;
use std::io::Write;

/// Says one line, at once.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
