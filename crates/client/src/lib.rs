//! The sockets of the asker: asks one node one question, over UDP with retry, TCP or HTTP;
//! administers it over a connection that is kept; or walks from the roots to whoever is
//! responsible.
//!
//! When to ask again, whom, and which answer to believe is decided in room `engine`; here are the
//! sockets and the clock. A [`Client`] and an [`Administrator`] block; a [`Resolver`] has tasks
//! wait, any number at a time.

#![forbid(unsafe_code)]

mod administrator;
mod anchors;
mod any;
mod clock;
mod error;
mod http;
mod once;
mod resolver;
mod roots;
mod tcp;
#[cfg(test)]
mod tests;
mod trace;
mod udp;

pub use administrator::{Administrator, Heard, Means, WINDOW, secret};
pub use anchors::read_anchors;
pub use any::{ask_any, draw_mark};
pub use clock::Clock;
pub use error::Error;
pub use http::HttpTarget;
pub use once::ask_once;
pub use resolver::{Resolver, Walked};
pub use roots::{RootsError, read_roots};
pub use trace::{Event, Trace};

use engine::exchange::Answered;
use engine::{Outcome, Question};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use tcp::Connection;
use wire::Message;

/// How a question travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In datagrams, asked again when no answer comes.
    Udp,
    /// In a connection, which is kept for further questions.
    Tcp,
    /// In the body of an HTTP request.
    Http,
}

/// How long a question may take over one transport unless something else is set; a node that sends
/// an octet now and then gets no longer.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// Where nodes take HTTP.
const HTTP_PORT: u16 = 8000;

/// An answer and how it came.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub answered: Answered,
    /// How it came.
    pub transport: Transport,
    /// How long it took, all tries together.
    pub took: Duration,
}

/// Asks one node.
///
/// ```no_run
/// use client::Client;
/// use engine::Question;
///
/// let mut client = Client::new("127.0.0.1:2641".parse()?)?;
/// let reply = client.ask(&Question::about("88.156.1/pump".parse()?))?;
/// println!("{}", reply.answered.message.header.response_code);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    server: SocketAddr,
    socket: UdpSocket,
    connection: Option<Connection>,
    clock: Clock,
    http: Option<HttpTarget>,
    timeout: Duration,
    trace: Trace,
}

impl Client {
    /// A client of the node at `server`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Io`] if no socket can be had.
    pub fn new(server: SocketAddr) -> Result<Self, Error> {
        Ok(Self {
            server,
            socket: udp::connect(server)?,
            connection: None,
            clock: Clock::start(),
            http: None,
            timeout: TIMEOUT,
            trace: Trace::default(),
        })
    }

    /// Sets where [`Transport::Http`] leads. Default: `http://`, the address, port 8000.
    #[must_use]
    pub fn with_http(mut self, target: HttpTarget) -> Self {
        self.http = Some(target);
        self
    }

    /// Sets how long a question may take over one transport. Default: [`TIMEOUT`].
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What has happened since the client was made, or since the last call.
    pub fn take_trace(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }

    /// Asks over UDP, and over TCP if no answer comes: an answer may be too long for UDP.
    ///
    /// # Errors
    /// [`Error::Unanswered`] if both are silent; otherwise what went wrong over TCP.
    pub fn ask(&mut self, question: &Question) -> Result<Reply, Error> {
        match self.ask_over(Transport::Udp, question) {
            Err(Error::Unanswered { .. }) => {
                self.trace.add(Event::GivenUp);
                self.ask_over(Transport::Tcp, question)
            }
            other => other,
        }
    }

    /// Asks over one transport only.
    ///
    /// # Errors
    /// [`Error::Unanswered`], [`Error::Io`], or [`Error::Disbelief`] if what came over a
    /// connection does not answer the question. (Over UDP that is ignored: anybody may send it.)
    pub fn ask_over(&mut self, transport: Transport, question: &Question) -> Result<Reply, Error> {
        let message = question.resolution(new_request_id()?, Clock::date());
        let started = Instant::now();
        let answered = match transport {
            Transport::Udp => self.ask_udp(message)?,
            Transport::Tcp => self.ask_tcp(&message)?,
            Transport::Http => self.ask_http(&message)?,
        };
        Ok(Reply {
            answered,
            transport,
            took: started.elapsed(),
        })
    }

    fn ask_http(&mut self, message: &Message) -> Result<Answered, Error> {
        let target = self.http.clone().unwrap_or_else(|| HttpTarget {
            url: format!("http://{}/", SocketAddr::new(self.server.ip(), HTTP_PORT)),
            is_insecure: false,
        });
        http::exchange(&target, self.server, message, self.timeout, &mut self.trace)
    }

    fn ask_udp(&mut self, message: Message) -> Result<Answered, Error> {
        match udp::exchange(
            &self.socket,
            self.clock,
            message,
            self.timeout,
            &mut self.trace,
        )? {
            Outcome::Answered(answered) => Ok(*answered),
            Outcome::Unanswered => Err(Error::Unanswered {
                server: self.server,
            }),
        }
    }

    fn ask_tcp(&mut self, message: &Message) -> Result<Answered, Error> {
        // A kept connection may have been closed by the node while it was idle: then a new one
        // is tried once.
        if let Some(mut kept) = self.connection.take()
            && let Ok(answered) = kept.ask(message, self.timeout, &mut self.trace)
        {
            self.connection = Some(kept);
            return Ok(answered);
        }
        let mut connection = Connection::open(self.server, self.timeout)?;
        let server = self.server;
        self.trace.add(Event::Connected { server });
        let answered = connection.ask(message, self.timeout, &mut self.trace)?;
        self.connection = Some(connection);
        Ok(answered)
    }
}

/// A request id that nobody can guess.
fn new_request_id() -> Result<u32, Error> {
    getrandom::u32().map_err(|error| Error::Io {
        doing: "ask for random octets",
        source: std::io::Error::other(error),
    })
}
