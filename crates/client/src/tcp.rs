//! Asking over TCP, one question after the other on one connection.

use crate::clock::Clock;
use crate::{Error, Event, Trace};
use crypto::Provider;
use engine::exchange::{Answered, Channel, believe};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use wire::stream::PacketStream;
use wire::{Message, Packet};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a node.
pub(crate) struct Connection {
    server: SocketAddr,
    stream: TcpStream,
    packets: PacketStream,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr, timeout: Duration) -> Result<Self, Error> {
        let stream =
            TcpStream::connect_timeout(&server, timeout.min(CONNECT_TIMEOUT)).and_then(|stream| {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(timeout))?;
                Ok(stream)
            });
        Ok(Self {
            server,
            stream: stream.map_err(Error::io("connect"))?,
            packets: PacketStream::default(),
        })
    }

    pub(crate) fn ask(
        &mut self,
        question: &Message,
        timeout: Duration,
        trace: &mut Trace,
    ) -> Result<Answered, Error> {
        let octets = question.encode();
        self.send(&octets)?;
        trace.add(Event::Sent {
            octets: octets.len(),
        });
        let packet = self.receive(Instant::now() + timeout)?;
        let message = Message::from_packet(&packet)?;
        trace.add(Event::Received {
            octets: message.encode().len(),
        });
        Ok(believe(
            &Provider,
            Channel::Connection,
            question,
            message,
            Clock::date(),
        )?)
    }

    /// Sends octets, as many as the node takes before the write timeout.
    pub(crate) fn send(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.stream
            .write_all(octets)
            .map_err(Error::io("ask over TCP"))
    }

    /// The next packet if all of it has come already.
    pub(crate) fn buffered(&mut self) -> Result<Option<Packet>, Error> {
        Ok(self.packets.next_packet()?)
    }

    /// Waits for the next packet.
    pub(crate) fn receive(&mut self, deadline: Instant) -> Result<Packet, Error> {
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(packet) = self.packets.next_packet()? {
                return Ok(packet);
            }
            let unanswered = Error::Unanswered {
                server: self.server,
            };
            let wait = deadline.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return Err(unanswered);
            }
            let read = self.stream.set_read_timeout(Some(wait));
            match read.and_then(|()| self.stream.read(&mut buffer)) {
                Ok(0) => {
                    let closed = io::Error::from(ErrorKind::UnexpectedEof);
                    return Err(Error::io("read the answer")(closed));
                }
                Ok(octets) => self.packets.push(buffer.get(..octets).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(unanswered),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(Error::io("read the answer")(error)),
            }
        }
    }
}
