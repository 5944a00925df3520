//! The console's API over real sockets, on a province that does not exist.
//!
//! | file | what it proves |
//! | --- | --- |
//! | `running` | (a console with a made-up province, and whoever asks it) |
//! | `reading` | figures, and what is not told to those who may not see single enterprises |
//! | `acting` | warnings, cases, measures, workbooks, rules, bulletins: by whom, in whose name |
//! | `setting` | tasks, rules for workbooks, targets, the roll, silences: what people set |
//! | `strangers` | who is not let in, and what is bounded |
//!
//! Not here: screens (`console/tests`), what figures come to (room `monitor`).

#![allow(
    clippy::unwrap_used,
    reason = "everything here is a test; the lint sees functions only"
)]

mod acting;
mod reading;
mod running;
mod setting;
mod strangers;
