//! Administering a node over one TCP connection that is kept: sessions, proofs, many requests in
//! flight.
//!
//! A connection that is lost is made again once, and what had not been answered is asked again.
//! Not here: which message is next and what is believed ([`engine::administrator`]).

use crate::clock::Clock;
use crate::tcp::Connection;
use crate::{Error, TIMEOUT};
use crypto::diffie_hellman::Offer;
use crypto::{Provider, SigningKey, VerifyingKey};
use engine::administrator::{self, Event, Fault, Order, Ticket};
use engine::exchange::Answered;
use model::PublicKey;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use wire::Identity;
use zeroize::Zeroizing;

/// What an identity is proven with.
pub type Means = administrator::Means<SigningKey>;

/// How many requests are in flight at a time unless something else is set; nodes carry out as many
/// of one connection side by side.
pub const WINDOW: usize = 64;

/// An answer to an order.
#[derive(Debug)]
pub struct Heard {
    /// Which order.
    pub ticket: Ticket,
    /// The answer, or a part of it.
    pub answered: Answered,
    /// Whether no more follows.
    pub is_last: bool,
    /// Whether it was asked twice, because a connection was lost: it may have been carried out the
    /// first time.
    pub is_resent: bool,
}

/// Administers one node.
///
/// ```no_run
/// use client::Administrator;
/// use engine::administrator::{Means, Order};
/// use wire::Identity;
///
/// let identity = Identity::new("0.NA/88.156", 301);
/// let means = Means::Secret(b"a secret".to_vec().into());
/// let server = "127.0.0.1:2641".parse()?;
/// let mut administrator = Administrator::new(server, identity, means, 1).with_session();
/// let answered = administrator.ask(Order::delete(&"88.156/pump".parse()?))?;
/// println!("{}", answered.message.header.response_code);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Administrator {
    server: SocketAddr,
    uses_session: bool,
    timeout: Duration,
    machine: administrator::Administrator<Provider, SigningKey, VerifyingKey>,
    connection: Option<Connection>,
    /// The secret half of a set-up that has not been answered.
    offer: Option<Offer>,
    /// Whether the connection was made again since the last answer.
    was_lost: bool,
    was_reached: bool,
    next_ticket: Ticket,
}

impl Administrator {
    /// An administrator of the node at `server` who acts as an identity, with at most `window`
    /// requests in flight. Nothing is sent yet.
    pub fn new(server: SocketAddr, identity: Identity, means: Means, window: usize) -> Self {
        Self {
            server,
            uses_session: false,
            timeout: TIMEOUT,
            machine: administrator::Administrator::new(Provider, identity, means, window),
            connection: None,
            offer: None,
            was_lost: false,
            was_reached: false,
            next_ticket: 0,
        }
    }

    /// Does everything in a session: the identity is proven once, and every message bears a MAC.
    #[must_use]
    pub fn with_session(mut self) -> Self {
        self.uses_session = true;
        self
    }

    /// Believes only what is signed with the key of the node's site, or said in a session whose
    /// set-up was.
    #[must_use]
    pub fn with_site_key(mut self, key: VerifyingKey) -> Self {
        self.machine = self.machine.with_site_key(key);
        self
    }

    /// States the number of the site record in which that key stood: a node whose key is being
    /// replaced signs with the one that stood there.
    #[must_use]
    pub fn with_site_serial(mut self, serial: u16) -> Self {
        self.machine = self.machine.with_site_serial(serial);
        self
    }

    /// Sets how long an answer may take. Default: [`TIMEOUT`].
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Gives an order and waits for its answer; of a long one, for the last part.
    ///
    /// # Errors
    /// As [`Administrator::receive`].
    pub fn ask(&mut self, order: Order) -> Result<Answered, Error> {
        self.ask_each(order, |_| ())
    }

    /// As [`Administrator::ask`]; hands over every part as it comes, the last too.
    ///
    /// # Errors
    /// As [`Administrator::receive`].
    pub fn ask_each(
        &mut self,
        order: Order,
        mut each: impl FnMut(&Answered),
    ) -> Result<Answered, Error> {
        let ticket = self.give(order);
        loop {
            let heard = self.receive()?;
            if heard.ticket != ticket {
                continue;
            }
            each(&heard.answered);
            if heard.is_last {
                return Ok(heard.answered);
            }
        }
    }

    /// Gives an order, which is sent when there is room for it; tells under which ticket its
    /// answer comes.
    pub fn give(&mut self, order: Order) -> Ticket {
        self.next_ticket += 1;
        self.machine.ask(self.next_ticket, order);
        self.next_ticket
    }

    /// How many orders have not been answered. Who keeps it at the window loses no time; orders
    /// beyond it wait in memory.
    pub fn unanswered_count(&self) -> usize {
        self.machine.unanswered_count()
    }

    /// How many requests are in flight at most.
    pub fn window(&self) -> usize {
        self.machine.window()
    }

    /// Sends what there is room for.
    ///
    /// # Errors
    /// As [`Administrator::receive`].
    pub fn send(&mut self) -> Result<(), Error> {
        match self.try_send() {
            Err(error) => self.reconnect(error),
            Ok(()) => Ok(()),
        }
    }

    /// Whether there ever was a connection. If not, the node has heard nothing, and asking another
    /// does nothing twice.
    pub fn was_reached(&self) -> bool {
        self.was_reached
    }

    /// Sends what there is room for and waits for the next answer.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unanswered`] if the node cannot be reached, or is lost again
    /// before it answered anything; [`Error::Administration`] if it refuses to go on, or is not to
    /// be believed.
    pub fn receive(&mut self) -> Result<Heard, Error> {
        loop {
            if let Some(heard) = self.take_event()? {
                self.was_lost = false;
                return Ok(heard);
            }
            match self.exchange() {
                Ok(()) => (),
                Err(error) => self.reconnect(error)?,
            }
        }
    }

    /// The next answer of those that have come already; sends nothing and does not wait.
    ///
    /// # Errors
    /// As [`Administrator::receive`].
    pub fn poll(&mut self) -> Result<Option<Heard>, Error> {
        loop {
            if let Some(heard) = self.take_event()? {
                self.was_lost = false;
                return Ok(Some(heard));
            }
            let Some(connection) = &mut self.connection else {
                return Ok(None);
            };
            let Some(packet) = connection.buffered()? else {
                return Ok(None);
            };
            self.machine.handle_packet(&packet, Clock::date())?;
        }
    }

    /// Sends, and takes one packet.
    fn exchange(&mut self) -> Result<(), Error> {
        self.try_send()?;
        let deadline = Instant::now() + self.timeout;
        let connection = self.connection.as_mut().ok_or(Error::Unanswered {
            server: self.server,
        })?;
        let packet = connection.receive(deadline)?;
        self.machine.handle_packet(&packet, Clock::date())?;
        Ok(())
    }

    fn try_send(&mut self) -> Result<(), Error> {
        self.connect()?;
        let mut octets = Vec::new();
        while let Some(message) = self.machine.poll_transmit(Clock::date())? {
            octets.extend_from_slice(&message);
        }
        match &mut self.connection {
            Some(connection) if !octets.is_empty() => connection.send(&octets),
            _ => Ok(()),
        }
    }

    /// Connects if there is no connection, and asks for a session if there shall be one.
    fn connect(&mut self) -> Result<(), Error> {
        if self.connection.is_some() {
            return Ok(());
        }
        self.connection = Some(Connection::open(self.server, self.timeout)?);
        self.was_reached = true;
        if self.uses_session {
            let offer = Offer::new()?;
            let public_key = offer.public_key().encode();
            self.machine.set_up(public_key, Clock::date());
            self.offer = Some(offer);
        }
        Ok(())
    }

    /// Makes a lost connection again, once; any other error is given back.
    fn reconnect(&mut self, error: Error) -> Result<(), Error> {
        let may_help = match &error {
            Error::Io { .. } => self.connection.is_some(),
            Error::Administration(fault) => fault.is_session_over(),
            _ => false,
        };
        self.connection = None;
        if !may_help || self.was_lost {
            return Err(error);
        }
        self.was_lost = true;
        self.machine.start_again()?;
        self.connect()
    }

    /// Takes what the machine has to say, up to the first answer.
    fn take_event(&mut self) -> Result<Option<Heard>, Error> {
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::SessionOffered(public_key) => {
                    let public_key = PublicKey::decode(public_key)
                        .map_err(|error| Error::Administration(wire::Error::from(error).into()))?;
                    if let Some(offer) = self.offer.take() {
                        self.machine.begin(offer.accept(&public_key)?);
                    }
                }
                Event::Answered {
                    ticket,
                    answered,
                    is_last,
                    is_resent,
                } => {
                    return Ok(Some(Heard {
                        ticket,
                        answered: *answered,
                        is_last,
                        is_resent,
                    }));
                }
            }
        }
        Ok(None)
    }
}

/// A secret as what an identity is proven with; it is wiped from memory afterwards.
pub fn secret(octets: Vec<u8>) -> Means {
    Means::Secret(Zeroizing::new(octets))
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Administration(fault)
    }
}
