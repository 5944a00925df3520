//! What a node does, thought through without doing it.
//!
//! Time, randomness and stored records are arguments; sockets and files cannot be reached (the
//! room is `no_std`). That is why a whole country of nodes can be simulated in one thread.
//!
//! | file | question it answers |
//! | --- | --- |
//! | [`authority`] | what do we answer to a request? |
//! | [`step`] | how does a plan ask for records and give its answer? |
//! | [`elsewhere`] | what does a plan want to know from other nodes? |
//! | [`question`] | how do we ask another node? |
//! | [`administrator`] | how do we have another node change something? |
//! | [`resolver`] | who is responsible for an identifier, and what do they say? |
//! | [`recursive`] | what is kept of answers, for whom, and what is said of it? |
//! | [`trust`] | does a chain of certificates lead up from a signature over values? |
//! | [`exchange`] | when do we ask again over UDP, and which answer do we believe? |
//! | [`challenges`] | which challenges wait for their answers? |
//! | [`sessions`] | which sessions are there, and is a message of one authentic and new? |
//! | [`logins`] | who has proven an identity for all that follows on a connection? |
//! | [`weak`] | which forms are too weak to be taken without being switched on? |
//! | [`Allowance`] | how much of something costly is done each second? |
//! | [`credentials`] | how is a message signed or given a MAC, and is it the right one? |
//! | [`probing`] | does somebody still do what they shall, as several see it? |
//! | [`proofs`] | how is a challenge answered, and is the answer right? |
//! | [`template`] | which values does a template give an identifier that nobody has registered? |
//! | [`locations`] | which of several places is a visitor sent to? |
//! | [`replication`] | what is sent to copies of a node, and what do they make of it? |
//! | [`inbox`] | which datagrams make up a message, and how long do we wait for them? |
//!
//! To add an operation: its bodies in room `wire`, a file beside [`authority`]'s plans with
//! `start` and `resume`, an arm in `Authority::start`.
//!
//! Not here: sockets (rooms `client` and `node`), storage (room `store`), algorithms (room
//! `crypto`, behind [`Digests`], [`Macs`], [`Ciphers`], [`Signs`] and [`Verifies`]).

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod administrator;
mod allowance;
pub mod authority;
pub mod challenges;
pub mod ciphers;
pub mod credentials;
mod cryptography;
mod digests;
pub mod elsewhere;
pub mod exchange;
pub mod inbox;
pub mod locations;
pub mod logins;
mod macs;
pub mod probing;
pub mod proofs;
pub mod question;
pub mod recursive;
pub mod replication;
pub mod resolver;
pub mod sessions;
mod signatures;
pub mod step;
pub mod template;
#[cfg(test)]
mod tests;
pub mod time;
pub mod trust;
pub mod weak;

pub use allowance::{Allowance, AllowanceLimits};
pub use authority::{Authority, Known, Means, Origin};
pub use challenges::Challenges;
pub use ciphers::{Ciphers, VectorForm};
pub use cryptography::Cryptography;
pub use digests::Digests;
pub use exchange::{Exchange, Outcome};
pub use inbox::Inbox;
pub use logins::Logins;
pub use macs::Macs;
pub use question::Question;
pub use sessions::Sessions;
pub use signatures::{SignatureDigest, Signs, Verifies};
pub use step::{Answer, Event, Fetch, Scan, Step};
pub use time::{Date, Moment};
pub use weak::{WeakForms, Weakness};
