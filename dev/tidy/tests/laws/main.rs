//! The laws of the repository as tests: `cargo test -p tidy`.
//!
//! | file | law |
//! | --- | --- |
//! | `rooms` | crates and their edges are those of the table in `ARCHITECTURE.md` |
//! | `floor` | the core rooms cannot reach `std`, nor `unsafe` |
//! | `sources` | heads, names and sizes of files; no unfinished words; no sleeping tests |
//! | `manifests` | every dependency says what it is for; lints and licence are the workspace's |
//! | `readme` | what the README tells people to type exists; its Rust version is the real one |
//! | `protocol` | files and tests named in the table of the protocol exist |
//! | `links` | links between documents lead somewhere |
//!
//! A law is a function over text that returns complaints, each saying where, what, and what to do.
//! It has two tests: the repository keeps it, and planted text breaks it.

mod floor;
mod links;
mod manifests;
mod markdown;
mod protocol;
mod readme;
mod repository;
mod rooms;
mod sources;

/// Fails with all complaints at once, so that one run shows all there is to do.
fn assert_kept(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
