//! The console's API over real sockets, on a province that does not exist.
//!
//! Not here: screens (`console/tests`), what figures come to (room `monitor`).

mod reading;
mod running;
mod strangers;
