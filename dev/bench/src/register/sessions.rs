//! Clients with a connection and a session each, over TCP.

use super::{PREFIX_RECORD, Registered, SECRET, SECRET_INDEX};
use crate::failure::Failure;
use crate::records;
use client::Administrator;
use engine::administrator::Order;
use model::Identifier;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use wire::{Identity, ResponseCode};

/// Registers for as long as it lasts, with so many requests under way.
pub(super) fn register(
    server: SocketAddr,
    first: u64,
    window: usize,
    lasts: Duration,
    barrier: &Barrier,
) -> Result<Registered, Failure> {
    let identity = Identity::new(PREFIX_RECORD, SECRET_INDEX);
    let means = client::secret(SECRET.as_bytes().to_vec());
    let mut asking = Administrator::new(server, identity, means, window).with_session();
    let mut serial = first;
    let proven = asking.ask(order(serial)?);
    // Before an error is told, lest the others wait for ever.
    barrier.wait();
    is_done(proven?.message.header.response_code)?;
    let mut registered = Registered::begin();
    let mut given = HashMap::with_capacity(window);
    loop {
        while given.len() < window && registered.lasted() < lasts {
            serial += 1;
            let ticket = asking.give(order(serial)?);
            given.insert(ticket, Instant::now());
        }
        if given.is_empty() {
            return Ok(registered.end());
        }
        let mut heard = Some(asking.receive()?);
        while let Some(answer) = heard {
            is_done(answer.answered.message.header.response_code)?;
            let since = given.remove(&answer.ticket).ok_or("an answer came twice")?;
            registered.note(1, since.elapsed());
            heard = asking.poll()?;
        }
    }
}

fn is_done(code: ResponseCode) -> Result<(), Failure> {
    if code == ResponseCode::SUCCESS {
        return Ok(());
    }
    Err(format!("the node refuses: {code}").into())
}

fn order(serial: u64) -> Result<Order, Failure> {
    let identifier = Identifier::from_octets(records::identifier(serial).to_vec().into())?;
    Ok(Order::register(&identifier, &records::values(serial)))
}
