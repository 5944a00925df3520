//! Questions over TCP: a task for each connection, any number of questions on it.
//!
//! Answers leave in the order of the questions. Connections stay open until they are idle for too
//! long, the peer closes them, or what comes cannot be cut into messages any more.

use crate::config::Config;
use crate::metrics::Transport;
use crate::peers::{Guest, Peers};
use crate::reception::{Open, Reception};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{self, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::{debug, warn};
use wire::Packet;
use wire::stream::PacketStream;

/// How much is read from a connection at once.
const READ_OCTETS: usize = 4096;

/// How long a peer may take to receive an answer; beyond it the connection is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How much is read of what a peer sends after the last answer, and for how long.
const DRAIN_OCTETS_MAX: usize = 256 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// How long connections are waited for when the node stops; beyond it they are cut.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// How long to wait when the operating system has no more connections for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The task that accepts connections on one address.
pub(crate) struct TcpListener {
    task: JoinHandle<()>,
}

impl TcpListener {
    /// Starts to accept. Must be called within the runtime.
    pub(crate) fn start(
        config: &Config,
        listener: std::net::TcpListener,
        reception: Arc<Reception>,
        stopped: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = net::TcpListener::from_std(listener)?;
        let accepting = Accepting {
            reception,
            stopped,
            permits: Arc::new(Semaphore::new(config.tcp.connections_max)),
            peers: Arc::default(),
        };
        Ok(Self {
            task: tokio::spawn(accepting.run(listener)),
        })
    }

    /// Waits until the last connection has ended.
    pub(crate) async fn join(self) {
        // A task that has panicked has said so on its own.
        let _ = self.task.await;
    }
}

struct Accepting {
    reception: Arc<Reception>,
    stopped: watch::Receiver<bool>,
    permits: Arc<Semaphore>,
    peers: Arc<Peers>,
}

impl Accepting {
    async fn run(mut self, listener: net::TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let mut stopped = self.stopped.clone();
            let accepted = tokio::select! {
                accepted = self.accept(&listener) => accepted,
                _ = stopped.wait_for(|stops| *stops) => break,
            };
            match accepted {
                Ok((stream, peer, permit)) => {
                    let Some(held) = self.admit(peer, permit) else {
                        debug!(%peer, "closed: the peer has too many connections");
                        self.reception.count_connection_refused();
                        continue;
                    };
                    connections.spawn(self.connection(stream, peer).run(held));
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection; trying again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(STOP_GRACE, ended).await.is_err() {
            warn!("connections were cut that did not end in time");
            connections.shutdown().await;
        }
    }

    async fn accept(
        &mut self,
        listener: &net::TcpListener,
    ) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, peer, permit))
    }

    fn admit(&self, peer: SocketAddr, permit: OwnedSemaphorePermit) -> Option<Held> {
        let each_max = self.reception.live.tcp_connections_per_peer_max();
        Some(Held {
            _permit: permit,
            _guest: Peers::admit(&self.peers, peer.ip(), each_max)?,
            _open: Reception::count_connection(&self.reception),
        })
    }

    fn connection(&self, stream: TcpStream, peer: SocketAddr) -> Connection {
        Connection {
            stream,
            packets: PacketStream::default(),
            buffer: vec![0; READ_OCTETS],
            reception: Arc::clone(&self.reception),
            peer,
            stopped: self.stopped.clone(),
        }
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

/// What a connection takes up; given back when it ends.
struct Held {
    _permit: OwnedSemaphorePermit,
    _guest: Guest,
    _open: Open,
}

impl Connection {
    async fn run(mut self, held: Held) {
        if let Err(error) = self.serve().await {
            debug!(%error, peer = %self.peer, "a connection ended");
        }
        drop(held);
    }

    async fn serve(&mut self) -> io::Result<()> {
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
            let answer = self.reception.refuse(Transport::Tcp, &envelope, error);
            self.send(&answer).await?;
        }
        Ok(None)
    }

    async fn send(&mut self, answer: &Packet) -> io::Result<()> {
        let octets = answer.encode();
        timeout(WRITE_TIMEOUT, self.stream.write_all(&octets)).await?
    }
}
