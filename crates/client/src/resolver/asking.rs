//! One question to one server, over UDP with retry or over TCP, as a future.
//!
//! Not here: when to ask again (`engine::exchange`), what is done when nobody answers.

use crate::clock::Clock;
use bytes::Bytes;
use crypto::Provider;
use engine::exchange::{Answered, Channel, believe};
use engine::resolver::{Inquiry, Reply, Ticket};
use engine::{Exchange, Outcome};
use model::site::Transport;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use wire::Message;
use wire::stream::PacketStream;

/// Larger than any datagram that is believed; what is longer is cut and then not believed.
const DATAGRAM_OCTETS: usize = 2048;

/// How much is read from a connection at once.
const READ_OCTETS: usize = 16 * 1024;

/// Puts a question; within its patience.
pub(crate) async fn ask(clock: Clock, inquiry: Inquiry) -> (Ticket, Reply) {
    let (ticket, patience) = (inquiry.ticket, inquiry.patience);
    let asking = async {
        match inquiry.transport {
            Transport::UDP => over_udp(clock, &inquiry).await,
            _ => over_tcp(&inquiry).await,
        }
    };
    let reply = match timeout(patience, asking).await {
        Ok(Ok(Some(answered))) => Reply::Answered(answered),
        Ok(Ok(None)) | Err(_) => Reply::Silent,
        Ok(Err(why)) => Reply::Broken(why),
    };
    (ticket, reply)
}

/// `None` if the server is silent.
type Asked = Result<Option<Box<Answered>>, String>;

async fn over_udp(clock: Clock, inquiry: &Inquiry) -> Asked {
    let socket = in_words(connected(inquiry.server).await)?;
    let mut exchange = Exchange::new(Provider, inquiry.message.clone(), clock.moment());
    let mut buffer = vec![0; DATAGRAM_OCTETS];
    loop {
        for datagram in exchange.poll_datagrams().unwrap_or_default() {
            in_words(socket.send(&datagram).await)?;
        }
        let wait = clock.moment().until(exchange.poll_timeout());
        if let Ok(received) = timeout(wait, socket.recv(&mut buffer)).await {
            let octets = in_words(received)?;
            let datagram = Bytes::copy_from_slice(buffer.get(..octets).unwrap_or_default());
            exchange.handle_datagram(clock.moment(), Clock::date(), &datagram);
        }
        // In every round, lest junk that comes faster than the timeout stop the clock.
        exchange.handle_timeout(clock.moment());
        match exchange.poll_outcome() {
            Some(Outcome::Answered(answered)) => return Ok(Some(answered)),
            Some(Outcome::Unanswered) => return Ok(None),
            None => (),
        }
    }
}

/// A socket that only hears the server.
async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

async fn over_tcp(inquiry: &Inquiry) -> Asked {
    let mut stream = in_words(TcpStream::connect(inquiry.server).await)?;
    in_words(stream.set_nodelay(true))?;
    let octets = inquiry.message.encode();
    in_words(stream.write_all(&octets).await)?;
    let message = receive(&mut stream, inquiry.octets_max).await?;
    let date = Clock::date();
    let (channel, question) = (Channel::Connection, &inquiry.message);
    let answered = believe(&Provider, channel, question, message, date);
    Ok(Some(Box::new(answered.map_err(|error| error.to_string())?)))
}

async fn receive(stream: &mut TcpStream, octets_max: usize) -> Result<Message, String> {
    let mut packets = PacketStream::default();
    let mut buffer = vec![0; READ_OCTETS];
    loop {
        if let Some(packet) = packets.next_packet().map_err(|error| error.to_string())? {
            return Message::from_packet(&packet).map_err(|error| error.to_string());
        }
        let announced = packets.envelope().map(|envelope| envelope.message_length);
        if announced.is_some_and(|octets| octets as usize > octets_max) {
            return Err("the answer is too long".into());
        }
        match in_words(stream.read(&mut buffer).await)? {
            0 => return Err("the connection was closed before the answer was whole".into()),
            octets => packets.push(buffer.get(..octets).unwrap_or_default()),
        }
    }
}

/// What the operating system says, in words.
fn in_words<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there".into(),
        _ => error.to_string(),
    })
}
