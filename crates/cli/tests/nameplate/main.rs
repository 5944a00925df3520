//! Tests of the program as its users run it: real processes, files, sockets and signals.

// A panic is how a test speaks.
#![allow(clippy::unwrap_used)]

mod administration;
mod audit;
mod batches;
mod chain;
mod clients;
mod commands;
mod copies;
mod divisions;
mod keys;
mod kill;
mod message;
mod monitor;
mod mutations;
mod operating;
mod orders;
mod program;
mod readme;
mod registry;
mod resolve;
mod serve;
mod served;
mod settings;
mod store;
mod tools;
mod transfer;
mod walk;
