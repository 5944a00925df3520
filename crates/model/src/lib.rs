//! Identifiers, values and records, and the data of reserved types: parse, normalise, order,
//! print.
//!
//! Everything inside the walls is one of these checked types; octets from outside become one of
//! them at the edge or an [`Error`] that says what was wrong and where.
//!
//! Not here: messages (room `wire`), decisions (room `engine`), files (room `store`). The clock,
//! the network and the file system cannot be reached from this room: it is `no_std`.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod admin;
pub mod audit;
pub mod change;
mod error;
pub mod fuzz;
#[cfg(test)]
mod golden;
pub mod identifier;
mod integer;
mod json;
pub mod jwk;
pub mod jws;
pub mod key;
pub mod key_file;
pub mod namespace;
pub mod octets;
pub mod private_key;
pub mod public_key;
pub mod record;
pub mod site;
pub mod value;
mod value_json;
pub mod value_type;
pub mod vlist;
pub mod xml;

pub use admin::Admin;
pub use change::Change;
pub use error::Error;
pub use identifier::{Identifier, Prefix, SuffixCase};
pub use integer::BigInteger;
pub use jwk::Jwk;
pub use jws::Jws;
pub use key::Key;
pub use key_file::KeyFile;
pub use namespace::Namespace;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use record::Record;
pub use site::Site;
pub use value::{EncodedValue, Permissions, Reference, Ttl, Value};
pub use value_type::ValueType;
pub use vlist::ValueList;
