//! Questions over TCP: a task for each connection, any number of questions on it.
//!
//! Answers leave in the order of the questions. Connections stay open until they are idle for too
//! long, the peer closes them, or what comes cannot be cut into messages any more. Not here: who is
//! let in (`accepting`).

use crate::accepting::{Acceptor, Host};
use crate::config::Config;
use crate::metrics::Transport;
use crate::reception::Reception;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use wire::Packet;
use wire::stream::PacketStream;

/// How much is read from a connection at once.
const READ_OCTETS: usize = 4096;

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
    stopped: watch::Receiver<bool>,
) -> io::Result<Acceptor> {
    let host = Tcp {
        reception: Arc::clone(reception),
        stopped: stopped.clone(),
    };
    let connections_max = config.tcp.connections_max;
    let reception = Arc::clone(reception);
    Acceptor::start(listener, connections_max, host, reception, stopped)
}

struct Tcp {
    reception: Arc<Reception>,
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
            packets: PacketStream::default(),
            buffer: vec![0; READ_OCTETS],
            reception: Arc::clone(&self.reception),
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
    peer: SocketAddr,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(mut self) -> io::Result<()> {
        while let Some(packet) = self.next_question().await? {
            // Reading the tables may wait for the disk: other connections go on meanwhile.
            let answer = tokio::task::block_in_place(|| self.answer(&packet));
            if let Some(answer) = answer {
                self.send(&answer).await?;
            }
        }
        self.stream.shutdown().await?;
        self.drain().await
    }

    fn answer(&self, packet: &Packet) -> Option<Packet> {
        let (transport, peer) = (Transport::Tcp, self.peer.ip());
        if self.reception.admits(transport, peer) {
            self.reception.answer(transport, peer, packet)
        } else {
            self.reception.turn_away(transport, peer, packet)
        }
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

    /// The next whole question; `None` when there will be none.
    async fn next_question(&mut self) -> io::Result<Option<Packet>> {
        let mut stopped = self.stopped.clone();
        let idle = tokio::time::sleep(self.reception.live.tcp_idle_max());
        tokio::pin!(idle);
        loop {
            match self.packets.next_packet() {
                Ok(Some(packet)) => return Ok(Some(packet)),
                Ok(None) => (),
                Err(error) => return self.refuse(&error).await,
            }
            let octets = tokio::select! {
                read = self.stream.read(&mut self.buffer) => read?,
                () = &mut idle => return Ok(None),
                _ = stopped.wait_for(|stops| *stops) => return Ok(None),
            };
            if octets == 0 {
                return self.refuse_cut_off().await;
            }
            self.packets
                .push(self.buffer.get(..octets).unwrap_or_default());
        }
    }

    /// Tells a peer that sends no more that its last message is not whole, if it has begun one.
    async fn refuse_cut_off(&mut self) -> io::Result<Option<Packet>> {
        match self.packets.cut_off() {
            Some(error) => self.refuse(&error).await,
            None => Ok(None),
        }
    }

    /// Tells the peer what is wrong; where its next message would begin cannot be known.
    async fn refuse(&mut self, error: &wire::Error) -> io::Result<Option<Packet>> {
        if let Some(envelope) = self.packets.envelope() {
            let (transport, peer) = (Transport::Tcp, self.peer.ip());
            let answer = self.reception.refuse(transport, peer, &envelope, error);
            self.send(&answer).await?;
        }
        Ok(None)
    }

    async fn send(&mut self, answer: &Packet) -> io::Result<()> {
        let octets = answer.encode();
        timeout(WRITE_TIMEOUT, self.stream.write_all(&octets)).await?
    }
}
