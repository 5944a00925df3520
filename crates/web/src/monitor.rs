//! The console of the monitor: figures, warnings, cases, measures, workbooks, rules and bulletins
//! over HTTP, for people.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `bureau` | whose figures are these, and what is everything called? |
//! | `access` | who may see and do what? |
//! | `server` | how is one connection served? |
//! | `patient` | what if somebody takes nothing, or all connections? |
//! | `routes` | who answers which path? |
//! | `call` | what was asked, and how is it answered or refused? |
//! | `files` | what is the page made of? |
//! | `question` | which figure, of which month, in which unit? |
//! | `board` | what may everybody see? |
//! | `sheet` | who pulled a figure up or down? |
//! | `object` | how did somebody's figures go, and were they revised? |
//! | `lag` | who is behind his target? |
//! | `settings` | who owes what, what are workbooks held to, which targets are set? |
//! | `acting` | in whose name is something done? |
//! | `warnings` | what is warned of, and who sees to it? |
//! | `silences` | of what is nobody told for a while? |
//! | `stand` | how do cases and tasks stand? |
//! | `cases` | what keeps enterprises from producing? |
//! | `measures` | which task of which measure is whose? |
//! | `collection` | who is late, and who calls whom? |
//! | `workbooks` | what becomes of a workbook? |
//! | `roll` | which enterprises are there? |
//! | `rules` | what does a rule say, and what would it have done? |
//! | `bulletins` | what does a bulletin say, and who has received it? |
//!
//! Everybody who may read sees what disclosure control lets be shown, and that only: one board for
//! each month and figure, and what follows from it. Whoever may see single enterprises sees what
//! the folder holds. `access` says who that is.
//!
//! Not here: how anything is reckoned (room `monitor`), how the folder is laid out (room `cli`).

mod access;
mod acting;
mod board;
mod bulletins;
mod bureau;
mod call;
mod cases;
mod collection;
mod files;
mod lag;
mod measures;
mod object;
mod patient;
mod question;
mod roll;
mod routes;
mod rules;
mod server;
mod settings;
mod sheet;
mod silences;
mod stand;
mod warnings;
mod workbooks;

pub use access::{Access, Rights, TokenProblem};
pub use bureau::{Bureau, Tables};
pub use server::Console;

/// The description of the console's API as an `OpenAPI` document, which
/// `/api/monitor/v1/openapi.json` answers with.
pub const OPENAPI: &str = include_str!("../monitor-openapi.json");
