//! Questions over TCP: a task for each connection, any number of questions on it.
//!
//! Answers leave in the order of the questions, which are carried out side by side: who needs one
//! after the other waits for the answer. Where others are asked, they leave as they come: else one
//! home that is slow would hold up all that a client asks over its one connection.
//!
//! Connections stay open until they are idle for too long, the peer closes them, or what comes
//! cannot be cut into messages any more. Somebody may log in on one, and what comes after the
//! answer to that is theirs. Not here: who is let in (`accepting`).

use crate::accepting::{Acceptor, Host};
use crate::answerer::Answered;
use crate::config::Config;
use crate::metrics::Transport;
use crate::reception::{Conversation, Desk, Reception};
use crate::recursive::AtOnce;
use crate::replication::source;
use crate::visitor::Line;
use bytes::Bytes;
use futures_util::future::Either;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use futures_util::{FutureExt, Stream, StreamExt};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::block_in_place;
use tokio::time::timeout;
use wire::Packet;
use wire::stream::PacketStream;

/// How much is read from a connection at once.
const READ_OCTETS: usize = 4096;

/// How many questions of one connection are under way at a time; more are read when the first is
/// answered. Changes wait for the disk together.
const UNDER_WAY_COUNT_MAX: usize = 64;

/// How many octets these questions may have together before no more is read: as many as of the
/// usual length. It counts only where longer messages are taken.
const UNDER_WAY_OCTETS_MAX: usize = UNDER_WAY_COUNT_MAX * wire::envelope::MESSAGE_OCTETS_MAX;

/// How many octets of answers are gathered before they are sent.
const SEND_OCTETS: usize = 64 * 1024;

/// How long a peer may take to receive an answer; beyond it the connection is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How much is read of what a peer sends after the last answer, and for how long.
const DRAIN_OCTETS_MAX: usize = 256 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Starts to accept connections on one address. Must be called within the runtime.
pub(crate) fn start(
    config: &Config,
    listener: TcpListener,
    reception: &Arc<Reception>,
    desk: Desk,
    stopped: watch::Receiver<bool>,
) -> io::Result<Acceptor> {
    let host = Tcp {
        reception: Arc::clone(reception),
        desk,
        message_octets_max: config.tcp.message_octets_max,
        stopped: stopped.clone(),
    };
    let connections_max = config.tcp.connections_max;
    let reception = Arc::clone(reception);
    Acceptor::start(listener, connections_max, host, reception, stopped)
}

struct Tcp {
    reception: Arc<Reception>,
    desk: Desk,
    message_octets_max: usize,
    stopped: watch::Receiver<bool>,
}

impl Host for Tcp {
    const TRANSPORT: Transport = Transport::Tcp;

    fn connections_per_peer_max(&self, _: IpAddr) -> Option<usize> {
        Some(self.reception.live.tcp_connections_per_peer_max())
    }

    fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let connection = Connection {
            stream,
            packets: PacketStream::up_to(self.message_octets_max),
            buffer: vec![0; READ_OCTETS],
            reception: Arc::clone(&self.reception),
            desk: self.desk,
            conversation: Conversation::begin(&self.reception),
            count_under_way: 0,
            octets_under_way: 0,
            peer,
            stopped: self.stopped.clone(),
        };
        connection.serve()
    }
}

struct Connection {
    stream: TcpStream,
    packets: PacketStream,
    buffer: Vec<u8>,
    reception: Arc<Reception>,
    desk: Desk,
    conversation: Conversation,
    count_under_way: usize,
    octets_under_way: usize,
    peer: SocketAddr,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(mut self) -> io::Result<()> {
        let mut under_way = match self.desk {
            Desk::Own => Either::Left(FuturesOrdered::new()),
            Desk::Recursive => Either::Right(FuturesUnordered::new()),
        };
        let last = loop {
            let has_room = self.count_under_way < UNDER_WAY_COUNT_MAX
                && self.octets_under_way < UNDER_WAY_OCTETS_MAX;
            tokio::select! {
                Some(done) = under_way.next(), if self.count_under_way > 0 => {
                    if let Some(stream) = self.send_ready(done, &mut under_way).await? {
                        return self.stream(stream).await;
                    }
                }
                next = self.next_question(), if has_room => match next? {
                    Next::Question(packet) => {
                        let reception = Arc::clone(&self.reception);
                        let line = self.conversation.line();
                        self.count_under_way += 1;
                        self.octets_under_way += packet.payload.len();
                        let desk = (self.desk, line);
                        let answer = answer(reception, desk, self.peer, packet);
                        match &mut under_way {
                            Either::Left(in_order) => in_order.push_back(answer),
                            Either::Right(as_they_come) => as_they_come.push(answer),
                        }
                    }
                    Next::Broken(error) => break Some(error),
                    Next::End => break None,
                },
            }
        };
        while let Some(done) = under_way.next().await {
            if let Some(stream) = self.send_ready(done, &mut under_way).await? {
                return self.stream(stream).await;
            }
        }
        if let Some(error) = last {
            self.refuse(&error).await?;
        }
        self.stream.shutdown().await?;
        self.drain().await
    }

    /// Sends what follows an answer, to the end of the connection.
    async fn stream(self, stream: source::Stream) -> io::Result<()> {
        if !self.packets.is_empty() {
            return Err(io::Error::other(
                "questions behind the one that a stream answers",
            ));
        }
        let answerer = Arc::clone(self.reception.answerer());
        source::serve(stream, self.stream, answerer, self.stopped).await
    }

    /// Sends an answer, all of it, together with those behind it that are ready. What is given is
    /// to follow it on the connection.
    async fn send_ready(
        &mut self,
        mut done: Done,
        under_way: &mut (impl Stream<Item = Done> + Unpin),
    ) -> io::Result<Option<source::Stream>> {
        let mut octets = Vec::new();
        loop {
            self.count_under_way -= 1;
            self.octets_under_way -= done.octets;
            let mut next = done.answered;
            while let Some(Answered {
                packet,
                more,
                stream,
            }) = next
            {
                octets.extend_from_slice(&packet.encode());
                if stream.is_some() {
                    self.send(&octets).await?;
                    return Ok(stream);
                }
                if octets.len() >= SEND_OCTETS {
                    self.send(&octets).await?;
                    octets.clear();
                }
                let reception = &self.reception;
                next = more.and_then(|more| block_in_place(|| reception.more(more)));
            }
            match under_way.next().now_or_never() {
                Some(Some(more)) => done = more,
                _ => break,
            }
        }
        self.send(&octets).await?;
        Ok(None)
    }

    /// Reads a little of what the peer still sends: a connection that is closed on unread octets is
    /// reset, and the last answer may be lost with it.
    async fn drain(&mut self) -> io::Result<()> {
        let reading = async {
            for _ in 0..DRAIN_OCTETS_MAX / READ_OCTETS {
                if self.stream.read(&mut self.buffer).await? == 0 {
                    break;
                }
            }
            Ok(())
        };
        timeout(DRAIN_TIMEOUT, reading).await.unwrap_or(Ok(()))
    }

    /// What comes next. Nothing is lost if this is given up before it is done.
    async fn next_question(&mut self) -> io::Result<Next> {
        let mut stopped = self.stopped.clone();
        let idle = tokio::time::sleep(self.conversation.idle_max());
        tokio::pin!(idle);
        loop {
            match self.packets.next_packet() {
                Ok(Some(packet)) => return Ok(Next::Question(packet)),
                Ok(None) => (),
                Err(error) => return Ok(Next::Broken(error)),
            }
            let octets = tokio::select! {
                read = self.stream.read(&mut self.buffer) => read?,
                () = &mut idle => return Ok(Next::End),
                _ = stopped.wait_for(|stops| *stops) => return Ok(Next::End),
            };
            if octets == 0 {
                return Ok(self.packets.cut_off().map_or(Next::End, Next::Broken));
            }
            self.packets
                .push(self.buffer.get(..octets).unwrap_or_default());
        }
    }

    /// Tells the peer what is wrong; where its next message would begin cannot be known.
    async fn refuse(&mut self, error: &wire::Error) -> io::Result<()> {
        let Some(envelope) = self.packets.envelope() else {
            return Ok(());
        };
        let (transport, peer) = (Transport::Tcp, self.peer.ip());
        let answer = self.reception.refuse(transport, peer, &envelope, error);
        self.send(&answer.encode()).await
    }

    async fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        timeout(WRITE_TIMEOUT, self.stream.write_all(octets)).await?
    }
}

/// What comes next on a connection.
enum Next {
    Question(Packet),
    /// Octets that are no message, or only the beginning of one.
    Broken(wire::Error),
    /// Nothing more.
    End,
}

/// A question that is no longer under way.
struct Done {
    /// How many octets it had.
    octets: usize,
    answered: Option<Answered>,
}

async fn answer(
    reception: Arc<Reception>,
    (desk, line): (Desk, Line),
    peer: SocketAddr,
    packet: Packet,
) -> Done {
    let (transport, peer) = (Transport::Tcp, peer.ip());
    let octets = packet.payload.len();
    let answered = if !reception.admits(transport, peer) {
        let turned_away = reception.turn_away(transport, peer, &packet);
        turned_away.map(Answered::from)
    } else if desk == Desk::Recursive {
        // Of its own: what waits for others must not hold all that came along with it.
        let packet = {
            let with_others = packet;
            detached(&with_others)
        };
        let resolved = match reception.resolve_at_once(transport, peer, &packet) {
            AtOnce::Answer(answer) => Some(answer),
            AtOnce::Nothing => None,
            AtOnce::Later(later) => {
                reception
                    .resolve_later(transport, peer, &packet, later)
                    .await
            }
        };
        resolved.map(Answered::from)
    } else {
        reception.answer_on(line, peer, &packet).await
    };
    Done { octets, answered }
}

/// The same in memory of its own.
fn detached(packet: &Packet) -> Packet {
    Packet {
        payload: Bytes::copy_from_slice(&packet.payload),
        envelope: packet.envelope,
    }
}
