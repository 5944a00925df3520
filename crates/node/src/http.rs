//! Where connections over HTTP come in. What is said on them is the service's (room `web`).
//!
//! | file | question it answers |
//! | --- | --- |
//! | `accepting` | who is let in? |
//! | `http/listener` | is it HTTP or HTTPS, and for how long? |
//! | `http/patient` | when has nothing come or gone for too long? |
//! | [`crate::tls`] | how is encryption taken off? |

use crypto::ClientCertificate;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

pub(crate) mod listener;
mod patient;

/// A connection's octets, in clear: encryption has been taken off.
pub trait Octets: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Octets for T {}

/// What is known of a connection besides its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// The address of ours that was asked.
    pub local: SocketAddr,
    /// Whether it came over TLS.
    pub is_encrypted: bool,
    /// The certificate that the client has shown, whose private key it has; nobody has checked
    /// who it is.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Tells when the node stops: then a connection ends after the answers that are under way.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    pub(crate) fn new(stopped: watch::Receiver<bool>) -> Self {
        Self(stopped)
    }

    /// Whether the node stops.
    pub fn is_now(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the node stops.
    pub async fn wait(&mut self) {
        // A node that is gone has stopped too.
        let _ = self.0.wait_for(|stops| *stops).await;
    }
}

/// Speaks HTTP on connections that the node has accepted.
pub trait HttpService: Send + Sync + 'static {
    /// Serves one connection until it ends, or until the answers under way have been sent after
    /// the node began to stop.
    ///
    /// The node has bounded how long the connection may be silent; how long a request may take is
    /// the service's to bound.
    fn serve(
        &self,
        octets: Box<dyn Octets>,
        connection: Connection,
        stopping: Stopping,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
