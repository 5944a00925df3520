//! Connections over HTTP and HTTPS on one port: encryption is taken off, and silence ended.
//!
//! The first octet tells them apart: 0x16 begins a TLS handshake, and no method of HTTP. Not here:
//! who is let in (`accepting`).

use super::patient::Patient;
use super::{Connection, HttpService, Octets, Stopping};
use crate::accepting::{Acceptor, Host};
use crate::config::http::HttpConfig;
use crate::metrics::Transport;
use crate::reception::Reception;
use crate::tls;
use ipnet::IpNet;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::debug;

/// What a TLS handshake begins with (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// How long a TLS handshake may take: a few round trips, however slow the line. Beyond it the
/// connection is closed.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Starts to accept connections on one address. Must be called within the runtime.
pub(crate) fn start(
    config: &HttpConfig,
    listener: TcpListener,
    front: Front,
    reception: &Arc<Reception>,
    stopped: watch::Receiver<bool>,
) -> io::Result<Acceptor> {
    let host = Http {
        front,
        reception: Arc::clone(reception),
        stopped: stopped.clone(),
        connections_per_peer_max: config.connections_per_peer_max,
        trusted: config.trusted_proxies.clone(),
        idle_max: Duration::from_secs(config.idle_seconds_max),
    };
    let reception = Arc::clone(reception);
    Acceptor::start(listener, config.connections_max, host, reception, stopped)
}

/// Who serves connections once they are in clear.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) service: Arc<dyn HttpService>,
    pub(crate) tls: TlsAcceptor,
}

struct Http {
    front: Front,
    reception: Arc<Reception>,
    stopped: watch::Receiver<bool>,
    connections_per_peer_max: usize,
    trusted: Vec<IpNet>,
    idle_max: Duration,
}

impl Http {
    /// A trusted proxy is no peer: behind it are many.
    fn is_trusted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }
}

impl Host for Http {
    const TRANSPORT: Transport = Transport::Http;

    fn connections_per_peer_max(&self, peer: IpAddr) -> Option<usize> {
        (!self.is_trusted(peer)).then_some(self.connections_per_peer_max)
    }

    fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let Front { service, tls } = self.front.clone();
        let mut stopping = Stopping::new(self.stopped.clone());
        let idle_max = self.idle_max;
        // Whoever is no proxy pays for a handshake as for a question: it costs a signature.
        let rated = (!self.is_trusted(peer.ip())).then(|| Arc::clone(&self.reception));
        async move {
            let local = stream.local_addr()?;
            let is_encrypted = tokio::select! {
                begins = begins_tls(&stream, idle_max) => begins?,
                () = stopping.wait() => return Ok(()),
            };
            let asks_too_much = |rated: &Reception| !rated.admits(Transport::Http, peer.ip());
            if is_encrypted && rated.as_deref().is_some_and(asks_too_much) {
                debug!(%peer, "closed: too many handshakes and questions");
                return Ok(());
            }
            let stream = Patient::new(stream, idle_max);
            let mut certificate = None;
            let octets: Box<dyn Octets> = if is_encrypted {
                let stream = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await??;
                certificate = tls::shown(stream.get_ref().1);
                Box::new(stream)
            } else {
                Box::new(stream)
            };
            let connection = Connection {
                peer,
                local,
                is_encrypted,
                certificate,
            };
            service.serve(octets, connection, stopping).await;
            Ok(())
        }
    }
}

async fn begins_tls(stream: &TcpStream, idle_max: Duration) -> io::Result<bool> {
    let mut first = [0; 1];
    match timeout(idle_max, stream.peek(&mut first)).await?? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(first == [TLS_HANDSHAKE]),
    }
}
