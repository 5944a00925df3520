//! The simulator: askers, a lossy network and an authority in one thread under one seed.
//!
//! It jumps from event to event, so minutes pass in microseconds; it never waits and never looks
//! at a clock, so one seed is one history. Because the core rooms do no I/O, what runs here is the
//! code that runs in the field. What it is worth is shown by [`Bug`]s planted around the rooms,
//! each of which must be found.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `simulation` | what happens from the first event to the last? |
//! | `invariants` | what must hold in every history? |
//! | `records` | what must the answers be, computed a second time? |
//! | `workload` | what is registered, asked and sent by strangers? |
//! | `asker`, `answerer` | how are the rooms driven? |
//! | `network` | what becomes of datagrams on their way? |
//! | `world` | what happens next, and when is that? |
//! | `chance` | where does randomness come from, and why is it the same for ever? |
//! | `history` | what happened, as text? |
//! | `planted` | which mistakes must be found? |
//! | `administration` | the same for those who change things, with files of its own |
//! | `quorum` | the same for the members that agree on the registry, with files of its own |
//! | `handback` | everything that can happen when a data set changes hands, in every order |
//!
//! Not here: sockets, files and threads, whose tests lie in their rooms.

#![forbid(unsafe_code)]

pub mod administration;
mod answerer;
mod asker;
mod chance;
pub mod handback;
mod history;
mod invariants;
mod network;
mod planted;
pub mod quorum;
mod records;
mod simulation;
mod workload;
mod world;

pub use history::{Difference, History};
pub use invariants::Violation;
pub use network::Weather;
pub use planted::Bug;
pub use simulation::{Counts, Report, Settings, run};
