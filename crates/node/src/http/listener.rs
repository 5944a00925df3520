//! Connections over HTTP and HTTPS on one port: who is let in, and for how long.
//!
//! The first octet tells them apart: 0x16 begins a TLS handshake, and no method of HTTP.

use super::patient::Patient;
use super::{Connection, HttpService, Octets, Stopping};
use crate::config::http::HttpConfig;
use crate::peers::{Guest, Peers};
use ipnet::IpNet;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{self, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

/// What a TLS handshake begins with (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// How long a TLS handshake may take: a few round trips, however slow the line. Beyond it the
/// connection is closed.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections may wait to be accepted; a burst of more is told to try again.
const BACKLOG: i32 = 1024;

/// How long connections are waited for when the node stops; beyond it they are cut.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// How long to wait when the operating system has no more connections for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The task that accepts connections on one address.
pub(crate) struct HttpListener {
    task: JoinHandle<()>,
}

impl HttpListener {
    /// Starts to accept. Must be called within the runtime.
    pub(crate) fn start(
        config: &HttpConfig,
        listener: std::net::TcpListener,
        front: Front,
        stopped: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        rustix::net::listen(&listener, BACKLOG)?;
        let listener = net::TcpListener::from_std(listener)?;
        let accepting = Accepting {
            front,
            stopped,
            permits: Arc::new(Semaphore::new(config.connections_max)),
            peers: Arc::default(),
            connections_per_peer_max: config.connections_per_peer_max,
            trusted: config.trusted_proxies.clone(),
            idle_max: Duration::from_secs(config.idle_seconds_max),
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

/// Who serves connections once they are in clear.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) service: Arc<dyn HttpService>,
    pub(crate) tls: TlsAcceptor,
}

struct Accepting {
    front: Front,
    stopped: watch::Receiver<bool>,
    permits: Arc<Semaphore>,
    peers: Arc<Peers>,
    connections_per_peer_max: usize,
    trusted: Vec<IpNet>,
    idle_max: Duration,
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
                    let Ok(guest) = self.admit(peer.ip()) else {
                        debug!(%peer, "closed: the peer has too many connections");
                        continue;
                    };
                    let served = self.serve(stream, peer);
                    connections.spawn(async move {
                        if let Err(error) = served.await {
                            debug!(%error, %peer, "a connection over HTTP ended");
                        }
                        drop((permit, guest));
                    });
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
            warn!("connections over HTTP were cut that did not end in time");
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

    /// Counts a connection of a peer, if it may have one more. A trusted proxy is no peer: behind
    /// it are many.
    fn admit(&self, peer: IpAddr) -> Result<Option<Guest>, TooMany> {
        let peer = peer.to_canonical();
        if self.trusted.iter().any(|network| network.contains(&peer)) {
            return Ok(None);
        }
        let guest = Peers::admit(&self.peers, peer, self.connections_per_peer_max);
        guest.map(Some).ok_or(TooMany)
    }

    /// Serves one connection; the future owns all it needs.
    fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let Front { service, tls } = self.front.clone();
        let mut stopping = Stopping::new(self.stopped.clone());
        let idle_max = self.idle_max;
        async move {
            let local = stream.local_addr()?;
            let is_encrypted = tokio::select! {
                begins = begins_tls(&stream, idle_max) => begins?,
                () = stopping.wait() => return Ok(()),
            };
            let stream = Patient::new(stream, idle_max);
            let octets: Box<dyn Octets> = if is_encrypted {
                Box::new(timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await??)
            } else {
                Box::new(stream)
            };
            let connection = Connection {
                peer,
                local,
                is_encrypted,
            };
            service.serve(octets, connection, stopping).await;
            Ok(())
        }
    }
}

struct TooMany;

async fn begins_tls(stream: &TcpStream, idle_max: Duration) -> io::Result<bool> {
    let mut first = [0; 1];
    match timeout(idle_max, stream.peek(&mut first)).await?? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(first == [TLS_HANDSHAKE]),
    }
}
