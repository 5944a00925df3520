//! Agreement among the top-level and recovery sites on the data set `registry`: which prefixes
//! are delegated to whom, which sites and members there are, and who holds which data set in which
//! epoch.
//!
//! Everything here is a machine without clock, socket or file: a node and the simulator drive the
//! same code. No record, count or report passes through it.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `registry` | what does a request do to the registry, and what is answered? |
//! | `command`, `request`, `entry`, `answer` | what is asked, by whom, when? |
//! | `identity` | in which form do identities stand? |
//! | `reading` | what is told of it, and to whom? |
//! | `data_set` | who holds a data set, since when, and on which terms? |
//! | `lease` | how long may a writer acknowledge without asking? |
//! | `time` | which clocks are there? |
//! | `member` | what does one member do when something comes in? |
//! | `message` | what do members send each other? |
//! | `journal`, `log` | what must a member not forget, and how is it kept? |
//!
//! Not here: sockets, folders and keys (room `node`), records (rooms `engine` and `store`).

#![forbid(unsafe_code)]

mod answer;
mod command;
mod data_set;
mod entry;
mod error;
mod field;
mod identity;
pub mod journal;
pub mod lease;
mod log;
mod member;
mod message;
pub mod reading;
mod registry;
mod request;
mod time;

pub use answer::{Answer, Refusal};
pub use command::{Command, Function, MemberId, PUBLICATION_OCTETS_MAX, Rights};
pub use data_set::{DataSet, DataSetName, Ownership, Proposal};
pub use entry::Entry;
pub use error::Error;
pub use identity::canonical;
pub use journal::{Batch, Damage, Journal, MemoryJournal};
pub use member::{
    ANSWER_TIMEOUT, Machine, Member, Outcome, Output, Position, Settings, TICK, Ticket, Trouble,
};
pub use message::MESSAGE_OCTETS_MAX;
pub use registry::{
    Applied, MEMBERS_COUNT_MAX, Membership, Publication, REGISTRY_OCTETS_MAX, REMEMBERED,
    REMEMBERED_COUNT_MAX, Registry, SEEN_REMEMBERED,
};
pub use request::{Digest, Request};
pub use time::{Moment, Now, Time};
