//! Messages of the Handle protocol (RFC 3652 and its later versions) and their octets.
//!
//! Octets become messages and messages become octets, within limits; both ways are exact, unknown
//! bits and numbers included. A message is read in layers, each of which can be looked at alone:
//!
//! ```text
//! UDP datagrams ─ datagram ─┐                                       header
//!                           ├─ Packet: envelope, payload ─ Message: body ─ Request, Response
//! TCP octets ──── stream ───┘                                       tail ─ Credential
//! ```
//!
//! To add an operation: its number in [`numbers`], its bodies in a file of their own beside
//! [`resolution`] (or one of the bodies that many operations share: [`identifier`], [`values`]), a
//! variant in [`Request`] and [`Answer`], its golden octets in the tests. What follows the last
//! field of a body is never an error and never lost: every body ends in a `rest`.
//!
//! Not here: what to answer (room `engine`), digests and signatures being computed (room
//! `crypto`), sockets (rooms `client` and `node`). The room is `no_std`.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

extern crate alloc;

pub mod challenge;
pub mod copy_stream;
pub mod creation;
pub mod credential;
pub mod datagram;
pub mod digest;
pub mod dump_stream;
pub mod envelope;
mod error;
pub mod header;
pub mod identifier;
mod identity;
pub mod listing;
pub mod login;
pub mod message;
pub mod numbers;
pub mod outcome;
pub mod proof;
pub mod quirk;
pub mod registry;
pub mod replication;
pub mod replication_stream;
pub mod request;
pub mod resolution;
pub mod response;
pub mod session;
pub mod stream;
pub mod tls_record;
pub mod txn_stream;
pub mod values;
pub mod verification;
pub mod version;

pub use credential::Credential;
pub use digest::RequestDigest;
pub use envelope::{Envelope, EnvelopeFlags, Packet};
pub use error::Error;
pub use header::Header;
pub use identity::Identity;
pub use message::Message;
pub use numbers::{OpFlags, Opcode, ResponseCode};
pub use quirk::Quirk;
pub use request::Request;
pub use response::{Answer, Response};
pub use version::Version;
