//! Questions over TCP: a task for each connection, any number of questions on it.
//!
//! Answers leave in the order of the questions. Connections stay open until they are idle for too
//! long, the peer closes them, or what comes cannot be cut into messages any more.

use crate::answerer::{Answerer, Source};
use crate::config::Config;
use crate::peers::{Guest, Peers};
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

/// How many connections may wait to be accepted; a burst of more is told to try again.
const BACKLOG: i32 = 1024;

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
        answerer: Arc<Answerer>,
        stopped: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        rustix::net::listen(&listener, BACKLOG)?;
        let listener = net::TcpListener::from_std(listener)?;
        let accepting = Accepting {
            answerer,
            stopped,
            permits: Arc::new(Semaphore::new(config.tcp_connections_max)),
            peers: Arc::new(Peers::new(config.tcp_connections_per_peer_max)),
            idle: Duration::from_secs(config.tcp_idle_seconds_max),
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
    answerer: Arc<Answerer>,
    stopped: watch::Receiver<bool>,
    permits: Arc<Semaphore>,
    peers: Arc<Peers>,
    idle: Duration,
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
                    let Some(guest) = Peers::admit(&self.peers, peer.ip()) else {
                        debug!(%peer, "closed: the peer has too many connections");
                        continue;
                    };
                    connections.spawn(self.connection(stream, peer).run(peer, (permit, guest)));
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

    fn connection(&self, stream: TcpStream, peer: SocketAddr) -> Connection {
        Connection {
            stream,
            packets: PacketStream::default(),
            buffer: vec![0; READ_OCTETS],
            answerer: Arc::clone(&self.answerer),
            stopped: self.stopped.clone(),
            idle: self.idle,
            source: Source::of(peer.ip()),
        }
    }
}

struct Connection {
    stream: TcpStream,
    packets: PacketStream,
    buffer: Vec<u8>,
    answerer: Arc<Answerer>,
    stopped: watch::Receiver<bool>,
    idle: Duration,
    source: Source,
}

impl Connection {
    async fn run(mut self, peer: SocketAddr, held: (OwnedSemaphorePermit, Guest)) {
        if let Err(error) = self.serve().await {
            debug!(%error, %peer, "a connection ended");
        }
        drop(held);
    }

    async fn serve(&mut self) -> io::Result<()> {
        while let Some(packet) = self.next_question().await? {
            // Reading the tables may wait for the disk: other connections go on meanwhile.
            let answer = || self.answerer.answer_packet(&packet, self.source);
            let answer = tokio::task::block_in_place(answer);
            if let Some(answer) = answer {
                self.send(&answer).await?;
            }
        }
        self.stream.shutdown().await?;
        self.drain().await
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
        let idle = tokio::time::sleep(self.idle);
        tokio::pin!(idle);
        loop {
            match self.packets.next_packet() {
                Ok(Some(packet)) => return Ok(Some(packet)),
                Ok(None) => (),
                Err(error) => return self.refuse(&error).await,
            }
            let octets = tokio::select! {
                read = self.stream.read(&mut self.buffer) => read?,
                () = &mut idle => 0,
                _ = stopped.wait_for(|stops| *stops) => 0,
            };
            if octets == 0 {
                return Ok(None);
            }
            self.packets
                .push(self.buffer.get(..octets).unwrap_or_default());
        }
    }

    /// Tells the peer what is wrong; where its next message would begin cannot be known.
    async fn refuse(&mut self, error: &wire::Error) -> io::Result<Option<Packet>> {
        if let Some(envelope) = self.packets.envelope() {
            let answer = self.answerer.refuse(&envelope, error).to_packet();
            self.send(&answer).await?;
        }
        Ok(None)
    }

    async fn send(&mut self, answer: &Packet) -> io::Result<()> {
        let octets = answer.encode();
        timeout(WRITE_TIMEOUT, self.stream.write_all(&octets)).await?
    }
}
