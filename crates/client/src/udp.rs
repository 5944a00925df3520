//! Asking over UDP. Not here: when to ask again (`engine::exchange`).

use crate::clock::Clock;
use crate::{Error, Event, Trace};
use bytes::Bytes;
use crypto::Provider;
use engine::{Exchange, Outcome};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use wire::Message;

/// Larger than any datagram that is believed; what is longer is cut and then not believed.
const BUFFER_OCTETS: usize = 2048;

/// A socket that only hears `server`.
pub(crate) fn connect(server: SocketAddr) -> Result<UdpSocket, Error> {
    let any: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any).and_then(|socket| {
        socket.connect(server)?;
        Ok(socket)
    });
    socket.map_err(Error::io("open a UDP socket"))
}

/// Drives one exchange to its end.
pub(crate) fn exchange(
    socket: &UdpSocket,
    clock: Clock,
    question: Message,
    timeout: Duration,
    trace: &mut Trace,
) -> Result<Outcome, Error> {
    let deadline = Instant::now() + timeout;
    let mut tries = 0;
    let mut exchange = Exchange::new(Provider, question, clock.moment());
    let mut buffer = [0; BUFFER_OCTETS];
    loop {
        let datagrams = exchange.poll_datagrams().unwrap_or_default();
        if !datagrams.is_empty() {
            tries += 1;
            trace.add(Event::Try {
                number: tries,
                datagrams: datagrams.len(),
            });
        }
        for datagram in datagrams {
            if is_refused(socket.send(&datagram))? {
                trace.add(Event::Refused);
                return Ok(Outcome::Unanswered);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Outcome::Unanswered);
        }
        let wait = clock.moment().until(exchange.poll_timeout()).min(left);
        // A timeout of zero would mean to wait for ever.
        let wait = wait.max(Duration::from_millis(1));
        socket
            .set_read_timeout(Some(wait))
            .map_err(Error::io("set a timeout"))?;
        match socket.recv(&mut buffer) {
            Ok(octets) => {
                trace.add(Event::Datagram { octets });
                let datagram = Bytes::copy_from_slice(buffer.get(..octets).unwrap_or_default());
                exchange.handle_datagram(clock.moment(), Clock::date(), &datagram);
            }
            Err(error) if is_timeout(&error) => (),
            Err(error) => {
                if is_refused(Err(error))? {
                    trace.add(Event::Refused);
                    return Ok(Outcome::Unanswered);
                }
            }
        }
        // In every round, lest junk that comes faster than the timeout stop the clock.
        exchange.handle_timeout(clock.moment());
        if let Some(outcome) = exchange.poll_outcome() {
            return Ok(outcome);
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// Whether the peer's machine says that nobody listens there: then waiting is of no use.
fn is_refused(result: io::Result<usize>) -> Result<bool, Error> {
    match result {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(true),
        Err(error) => Err(Error::io("ask over UDP")(error)),
    }
}
