//! Copies of a node's records: what is decided about sending and taking them, without sockets.
//!
//! A node numbers all entries of its log in one series; these numbers are the transactions of the
//! Handle replication protocol (operations 1001 and 1002). A copy takes everything once, then
//! follows the log, and says what it has made durable. Two layouts lead to the same: that of the
//! field, which names what changed and sends the values of now, and that of nodes of this kind
//! ([`wire::copy_stream`]), which sends the writes as they were.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `replication/numbering` | which number has an entry, and in which epoch? |
//! | `replication/standing` | how far has a copy come? |
//! | `replication/share` | which identifiers does a server of a mirror hold? |
//! | `replication/request` | what does a mirror ask for, and is it too late? |
//! | `replication/transactions` | which transactions does the field see of an entry? |
//! | `replication/intake` | what does a copy write of what it gets? |
//! | `replication/course` | what of a copy must go, because the source has it no more? |
//! | `replication/confirmations` | when have enough copies what was written? |
//! | `replication/tail` | what becomes of what a writer has that returns? |
//!
//! Not here: who may copy (`authority::administration::replicating`), sockets and tasks (room
//! `node`), reading the log (room `store`).

pub mod confirmations;
pub mod course;
pub mod intake;
pub mod numbering;
pub mod request;
pub mod share;
pub mod standing;
pub mod tail;
pub mod transactions;

pub use confirmations::{Confirmations, Policy};
pub use intake::{Fault, Intake};
pub use numbering::Numbering;
pub use request::{From, Wanted};
pub use share::Share;
pub use standing::Standing;

use model::Key;
use model::key::Subspace;

/// The subspaces whose rows are data, in order: what a copy of this kind has of its source. The
/// others say how a node itself stands.
pub const COPIED: [Subspace; 9] = [
    Subspace::CONFLICTS,
    Subspace::HOMED,
    Subspace::ANSWERED,
    Subspace::RECORDS,
    Subspace::CASES,
    Subspace::EVENTS,
    Subspace::LEDGER,
    Subspace::RELATIONS,
    Subspace::OBSERVATIONS,
];

/// The subspaces that copies of the field have, in the order of their dumps.
pub const COPIED_BY_THE_FIELD: [Subspace; 2] = [Subspace::RECORDS, Subspace::HOMED];

/// Whether a row is data, and not how a node itself stands.
pub fn is_copied(key: &Key) -> bool {
    key.subspace()
        .is_some_and(|subspace| COPIED.contains(&subspace))
}
