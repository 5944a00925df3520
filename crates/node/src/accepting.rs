//! Who is let in on an address that takes connections, and how taking them ends: the same for
//! every transport that has connections.
//!
//! Not here: what is said on a connection (`tcp`, `http/listener`).

use crate::metrics::Transport;
use crate::peers::{Guest, Peers};
use crate::reception::{Open, Reception};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::{debug, warn};

/// How long connections are waited for when the node stops; beyond it they are cut.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// How long to wait when the operating system has no more connections for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the connections that are let in.
pub(crate) trait Host: Send + Sync + 'static {
    /// As what its connections are counted.
    const TRANSPORT: Transport;

    /// How many connections a peer may have; `None` for any number.
    fn connections_per_peer_max(&self, peer: IpAddr) -> Option<usize>;

    /// Serves one connection until it ends, and soon after the node began to stop. The future owns
    /// all it needs.
    fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static;
}

/// The task that accepts connections on one address.
pub(crate) struct Acceptor {
    task: JoinHandle<()>,
}

impl Acceptor {
    /// Starts to accept up to `connections_max` at a time; further ones wait until one ends. Must
    /// be called within the runtime.
    pub(crate) fn start(
        listener: std::net::TcpListener,
        connections_max: usize,
        host: impl Host,
        reception: Arc<Reception>,
        stopped: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let accepting = Accepting {
            host,
            reception,
            stopped,
            permits: Arc::new(Semaphore::new(connections_max)),
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

struct Accepting<H> {
    host: H,
    reception: Arc<Reception>,
    stopped: watch::Receiver<bool>,
    permits: Arc<Semaphore>,
    peers: Arc<Peers>,
}

/// What a connection takes up; given back when it ends.
struct Held {
    _permit: OwnedSemaphorePermit,
    _guest: Option<Guest>,
    _open: Open,
}

impl<H: Host> Accepting<H> {
    async fn run(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = tokio::select! {
                accepted = self.accept(&listener) => accepted,
                _ = stopped.wait_for(|stops| *stops) => break,
            };
            match accepted {
                Ok((stream, peer, permit)) => self.let_in(&mut connections, stream, peer, permit),
                Err(error) => {
                    warn!(%error, "cannot accept a connection; trying again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(STOP_GRACE, ended).await.is_err() {
            let over = H::TRANSPORT.name();
            warn!(over, "connections were cut that did not end in time");
            connections.shutdown().await;
        }
    }

    /// Waits for room first, so that connections beyond it stay with the operating system.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, peer, permit))
    }

    fn let_in(
        &self,
        connections: &mut JoinSet<()>,
        stream: TcpStream,
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) {
        let Some(held) = self.admit(peer.ip(), permit) else {
            debug!(%peer, "closed: the peer has too many connections");
            self.reception.count_connection_refused(H::TRANSPORT);
            return;
        };
        let served = self.host.serve(stream, peer);
        connections.spawn(async move {
            if let Err(error) = served.await {
                debug!(%error, %peer, over = H::TRANSPORT.name(), "a connection ended");
            }
            drop(held);
        });
    }

    fn admit(&self, peer: IpAddr, permit: OwnedSemaphorePermit) -> Option<Held> {
        let guest = match self.host.connections_per_peer_max(peer) {
            Some(each_max) => Some(Peers::admit(&self.peers, peer, each_max)?),
            None => None,
        };
        Some(Held {
            _permit: permit,
            _guest: guest,
            _open: Reception::count_connection(&self.reception, H::TRANSPORT),
        })
    }
}
