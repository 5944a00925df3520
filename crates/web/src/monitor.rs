//! The console of the monitor: figures, warnings, cases, measures, workbooks, rules and bulletins
//! over HTTP, for people.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `bureau` | whose figures are these, and what is everything called? |
//! | `access` | who may see and do what? |
//! | `server` | how is one connection served? |
//! | `routes` | who answers which path? |
//! | `call` | what was asked, and how is it answered or refused? |
//! | `files` | what is the page made of? |
//! | `question` | which figure, of which month, in which unit? |
//! | `board` | what may everybody see? |
//! | `sheet` | who pulled a figure up or down? |
//! | `object` | how did somebody's figures go, and were they revised? |
//! | `lag` | who is behind his target? |
//!
//! Everybody who may read sees what disclosure control lets be shown, and that only: one board for
//! each month and figure, and what follows from it. Whoever may see single enterprises sees what the
//! folder holds. `access` says who that is.
//!
//! Not here: how anything is reckoned (room `monitor`), how the folder is laid out (room `cli`).

mod access;
mod board;
mod bureau;
mod call;
mod files;
mod lag;
mod object;
mod question;
mod routes;
mod server;
mod sheet;

pub use access::{Access, Rights, TokenProblem};
pub use bureau::{Bureau, Tables};
pub use server::Console;

/// The description of the console's API as an `OpenAPI` document, which
/// `/api/monitor/v1/openapi.json` answers with.
pub const OPENAPI: &str = include_str!("../monitor-openapi.json");
