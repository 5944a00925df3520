//! One message to one server: for whoever makes messages of their own, such as probes.
//!
//! Not here: whom to ask instead if nobody answers ([`crate::Resolver`]).

use crate::clock::Clock;
use crate::resolver::asking::ask;
use engine::exchange::Answered;
use engine::resolver::{Inquiry, Reply};
use model::site::Transport;
use std::net::SocketAddr;
use std::time::Duration;
use wire::Message;

/// How long an answer may be, in octets.
const ANSWER_OCTETS_MAX: usize = 64 << 10;

/// Sends a message to a server, over UDP with retry or over TCP, and waits for what belongs to it;
/// none if nothing came in time, or nobody is there.
///
/// # Panics
/// Outside of a runtime of `tokio` with its drivers for sockets and time.
pub async fn ask_once(
    server: SocketAddr,
    transport: Transport,
    message: Message,
    patience: Duration,
) -> Option<Box<Answered>> {
    let inquiry = Inquiry {
        ticket: 0,
        leg: 0,
        server,
        transport,
        message,
        patience,
        octets_max: ANSWER_OCTETS_MAX,
    };
    match ask(Clock::start(), inquiry).await {
        (_, Reply::Answered(answered)) => Some(answered),
        (_, Reply::Silent | Reply::Broken(_)) => None,
    }
}
