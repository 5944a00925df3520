//! Where connections over HTTP come in. What is said on them is the service's (room `web`).

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// A connection's octets, in clear: encryption has been taken off.
pub trait Octets: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Octets for T {}

/// What is known of a connection besides its octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// The address of ours that was asked.
    pub local: SocketAddr,
    /// Whether it came over TLS.
    pub is_encrypted: bool,
}

/// Speaks HTTP on connections that the node has accepted.
pub trait HttpService: Send + Sync + 'static {
    /// Serves one connection until it ends.
    fn serve(
        &self,
        octets: Box<dyn Octets>,
        connection: Connection,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
