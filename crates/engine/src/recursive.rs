//! What a recursive resolver does for those who ask it: what it keeps, for how long, for whom, and
//! what it says of it (RFC 3650 section 3.2, RFC 3652 section 2.2.2.3).
//!
//! ```text
//! question ─ Demand: may it come from the cache? ─ Cache ─┬─ fresh ──────────────── answer
//!                                                         ├─ due ─ answer, and walk meanwhile
//!                                                         └─ nothing ─ Flights ─ walk ─ answer
//! ```
//!
//! What is kept is the answer as it goes out, so that telling it again is one copy. An answer that
//! was verified from the roots down and one that was not are two things, and are never taken for
//! each other. What only one asker may know is not kept at all.
//!
//! Beside it: `recursive/question.rs` when two questions are one, `recursive/said.rs` what was
//! answered and how it ages, `recursive/cache.rs` what is kept, `recursive/flights.rs` who waits
//! for the same walk, `recursive/proof.rs` which values a chain of certificates proves,
//! `recursive/reply.rs` the message that is sent. Not here: finding who is
//! responsible ([`crate::resolver`]), sockets and threads (room `node`).

mod cache;
mod demand;
mod flights;
mod proof;
mod question;
#[cfg(test)]
mod replay;
mod reply;
mod said;
#[cfg(test)]
mod tests;

pub use cache::{Cache, CacheCounts, CacheLimits, Hit, Looked};
pub use demand::{Demand, Trust, Wanted};
pub use flights::{Boarded, FlightKey, FlightLimits, Flights};
pub use proof::{
    ASKED_MAX, Proof, Proving, SIGNATURES_MAX, certificates, certificates_in, is_kept_missing,
    with_signatures,
};
pub use question::Question;
pub use reply::{Telling, fail, refer, reply};
pub use said::{Said, Values, fails_with, falls_back, is_of_trust, said};
