//! The sockets of the answerer: UDP and TCP listeners before one store.
//!
//! | file | question it answers |
//! | --- | --- |
//! | [`config`] | what can be set, and what is it set to? |
//! | `answerer` | how does a plan of the engine meet the store? |
//! | `udp`, `tcp` | how do octets come in and go out? |
//! | `handle` | how do fronts in the same process ask? |
//! | [`http`] | who speaks HTTP on connections that come in? |
//! | [`tls`] | how is encryption taken off? |
//! | [`counters`] | what has happened so far? |
//!
//! Not here: what is answered (room `engine`), what is kept (room `store`), what is said over HTTP
//! (room `web`).

#![forbid(unsafe_code)]

mod answerer;
pub mod config;
pub mod counters;
mod files;
mod handle;
pub mod http;
pub mod peers;
mod seldom;
mod tcp;
#[cfg(test)]
mod tests;
pub mod tls;
mod udp;

pub use config::Config;
pub use counters::{Counted, Counters};
pub use handle::Handle;

use answerer::Answerer;
use http::HttpService;
use http::listener::{Front, HttpListener};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use udp::UdpListener;
use wire::Message;

/// Why a node cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operator chooses another address, or stops who has it.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The operator raises the limit, or configures fewer connections.
    #[error(
        "this process may open {allowed} files, the configuration needs {needed}: raise the limit \
         (`ulimit -n`) or lower `tcp_connections_max` and `http.connections_max`"
    )]
    Files {
        /// How many files the process may open.
        allowed: u64,
        /// How many it may come to need.
        needed: u64,
    },
    /// The operator gives another certificate, or none.
    #[error("cannot serve HTTPS: {0}")]
    Tls(#[from] tls::TlsError),
    /// The operating system refuses what every node needs.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// The store could not be closed in good order; nothing is lost.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A running node. [`Node::stop`] ends it in good order; dropping it ends it too, but without
/// waiting for answers that are under way.
pub struct Node {
    answerer: Arc<Answerer>,
    addresses: Vec<SocketAddr>,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    udp: Vec<UdpListener>,
    tcp: Vec<tcp::TcpListener>,
    http: Vec<HttpListener>,
    http_addresses: Vec<SocketAddr>,
}

impl Node {
    /// Listens on the configured addresses, each over UDP and TCP, and answers from `store`.
    ///
    /// Port 0 means any free port, the same for both.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::Files`] or [`Error::Io`]; then nothing listens.
    pub fn start(config: &Config, store: Store) -> Result<Self, Error> {
        files::allow(config)?;
        let runtime = Runtime::new().map_err(io_error("start threads"))?;
        let (stop, stopped) = watch::channel(false);
        let answerer = Arc::new(Answerer::new(config, store));
        let mut node = Self {
            answerer,
            addresses: Vec::new(),
            runtime,
            stop,
            udp: Vec::new(),
            tcp: Vec::new(),
            http: Vec::new(),
            http_addresses: Vec::new(),
        };
        for &address in &config.listen {
            node.listen(config, address, &stopped)?;
        }
        Ok(node)
    }

    /// As [`Node::start`], and listens on the addresses for HTTP too: `front` makes the service
    /// that answers there. Port 0 means any free port.
    ///
    /// # Errors
    /// As [`Node::start`], and [`Error::Tls`].
    pub fn start_with(
        config: &Config,
        store: Store,
        front: impl FnOnce(Handle) -> Arc<dyn HttpService>,
    ) -> Result<Self, Error> {
        let mut node = Self::start(config, store)?;
        if config.http.listen.is_empty() {
            return Ok(node);
        }
        let front = Front {
            service: front(node.handle()),
            tls: tls::acceptor(&config.http, None, &config.http.listen)?,
        };
        for &address in &config.http.listen {
            node.listen_http(config, address, front.clone())?;
        }
        Ok(node)
    }

    fn listen_http(
        &mut self,
        config: &Config,
        address: SocketAddr,
        front: Front,
    ) -> Result<(), Error> {
        let failed = |source| Error::Listen { address, source };
        let listener = std::net::TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let _entered = self.runtime.enter();
        let stopped = self.stop.subscribe();
        let http = HttpListener::start(&config.http, listener, front, stopped);
        self.http.push(http.map_err(failed)?);
        self.http_addresses.push(address);
        Ok(())
    }

    fn listen(
        &mut self,
        config: &Config,
        address: SocketAddr,
        stopped: &watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let failed = |source| Error::Listen { address, source };
        let (socket, listener) = bind_both(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let udp = UdpListener::start(config, socket, &self.answerer).map_err(failed)?;
        let _entered = self.runtime.enter();
        let answerer = Arc::clone(&self.answerer);
        let tcp = tcp::TcpListener::start(config, listener, answerer, stopped.clone());
        self.udp.push(udp);
        self.tcp.push(tcp.map_err(failed)?);
        self.addresses.push(address);
        Ok(())
    }

    /// Where the node listens, over UDP and TCP.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where the node listens for HTTP and HTTPS.
    pub fn http_addresses(&self) -> &[SocketAddr] {
        &self.http_addresses
    }

    /// For fronts in the same process.
    pub fn handle(&self) -> Handle {
        Handle::new(&self.answerer)
    }

    /// What has happened so far.
    pub fn counted(&self) -> Counted {
        self.answerer.counters().read()
    }

    /// Answers a request of whoever runs this node: it may register too.
    ///
    /// Blocks until what it writes is durable.
    pub fn answer_locally(&self, request: &Message) -> Option<Message> {
        let source = answerer::Source::ANYBODY;
        self.answerer.answer(request, engine::Origin::Local, source)
    }

    /// Listens for Ctrl-C and SIGTERM from now on, so that they no longer end the process at once.
    ///
    /// # Errors
    /// [`Error::Io`] if signals cannot be listened for.
    pub fn signals(&self) -> Result<Signals, Error> {
        let _entered = self.runtime.enter();
        let listen = |kind| signal(kind).map_err(io_error("listen for signals"));
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits until the process is told to stop.
    pub fn wait_for(&self, mut signals: Signals) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = signals.interrupt.recv() => {}
                _ = signals.terminate.recv() => {}
            }
        });
    }

    /// Stops in good order: takes no more questions, ends the answers under way, closes the store.
    ///
    /// # Errors
    /// [`Error::Store`] if the tables could not be written; the log has it all.
    pub fn stop(self) -> Result<(), Error> {
        let Self {
            answerer,
            runtime,
            stop,
            udp,
            tcp,
            http,
            ..
        } = self;
        stop.send_replace(true);
        for listener in udp {
            listener.join();
        }
        runtime.block_on(async {
            for listener in tcp {
                listener.join().await;
            }
            for listener in http {
                listener.join().await;
            }
        });
        drop(runtime);
        match Arc::into_inner(answerer) {
            Some(answerer) => Ok(answerer.into_store().close()?),
            // Somebody still holds it; the store closes when they let go, and replays its log.
            None => Ok(()),
        }
    }
}

/// The signals that tell a process to stop: one that came before it is waited for is not lost.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

fn io_error(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { doing, source }
}

/// How often a free port is sought that is free for UDP and TCP both.
const BIND_TRIES: usize = 16;

/// Binds one address for UDP and TCP; with port 0, one free port for both.
fn bind_both(address: SocketAddr) -> io::Result<(std::net::UdpSocket, std::net::TcpListener)> {
    let mut tries = if address.port() == 0 { BIND_TRIES } else { 1 };
    loop {
        let listener = std::net::TcpListener::bind(address)?;
        tries -= 1;
        match std::net::UdpSocket::bind(listener.local_addr()?) {
            Ok(socket) => return Ok((socket, listener)),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => (),
        }
    }
}
