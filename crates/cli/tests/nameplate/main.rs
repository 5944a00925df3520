//! Tests of the program as its users run it: real processes, files, sockets and signals.

// A panic is how a test speaks.
#![allow(clippy::unwrap_used)]

mod commands;
mod divisions;
mod kill;
mod message;
mod program;
mod serve;
mod store;
mod tools;
mod transfer;
