//! The sockets of the answerer: UDP and TCP listeners before one store.
//!
//! | file | question it answers |
//! | --- | --- |
//! | [`config`] | what can be set, and what is it set to? |
//! | `answerer` | how does a plan of the engine meet the store? |
//! | [`founding`] | how does an empty folder become a node with keys, a site and a root? |
//! | `reception` | what does every question pass on its way? |
//! | `rates` | how much may one source ask? |
//! | `sockets`, `udp`, `tcp` | how do octets come in and go out? |
//! | `accepting`, [`peers`] | whose connections are let in? |
//! | `recursive` | how is anything answered for others? |
//! | `elsewhere` | how are other nodes asked what a plan must know of them? |
//! | [`registry`] | how is this node one of those that agree on the records of prefixes? |
//! | [`probes`] | do those who hold prefixes still do what they shall? |
//! | [`replication`] | how are records sent to copies, and taken from the node that is copied? |
//! | [`holder`] | may this node write its data set, and acknowledge what it wrote? |
//! | `handle` | how do fronts in the same process ask? |
//! | [`http`] | who speaks HTTP on connections that come in? |
//! | [`tls`] | how is encryption taken off? |
//! | [`expiry`] | which keys and certificates run out? |
//! | [`control`] | how do the operator's tools ask a running node? |
//! | [`counters`], `metrics` | what has happened so far? |
//! | [`logging`], `access_log` | what is written down about it? |
//!
//! Not here: what is answered (room `engine`), what is kept (room `store`), what is said over HTTP
//! (room `web`).

#![forbid(unsafe_code)]

mod accepting;
mod access_log;
mod answerer;
pub mod config;
pub mod control;
pub mod counters;
mod elsewhere;
pub mod expiry;
mod files;
pub mod founding;
mod guesses;
mod handle;
pub mod holder;
pub mod http;
pub mod logging;
mod metrics;
pub mod peers;
pub mod probes;
mod rates;
mod reception;
mod recursive;
pub mod registry;
pub mod replication;
mod seldom;
mod sockets;
mod tcp;
#[cfg(test)]
mod tests;
pub mod tls;
mod udp;
mod visitor;

pub use answerer::fronts::SiteSignature;
pub use answerer::fronts::again::{Call, OtherCall};
pub use config::Config;
pub use counters::{Counted, Counters};
pub use handle::{Handle, Underway};

use accepting::Acceptor;
use answerer::Answerer;
use config::{Changed, Effect};
use control::Control;
use elsewhere::Elsewhere;
use founding::Founded;
use holder::{Holder, Keeper};
use http::HttpService;
use http::listener::{self, Front};
use reception::{Desk, Reception};
use recursive::Recursive;
use replication::Timekeeper;
use replication::mirror::{self, Mirror};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::warn;
use udp::UdpListener;
use wire::Message;

/// How often house is kept.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// Why a node cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operator chooses another address, or stops who has it.
    #[error("cannot listen on {address}: {source}{}", way_out(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The operator raises the limit, or configures fewer connections.
    #[error(
        "this process may open {allowed} files, the configuration needs {needed}: raise the limit \
         (`ulimit -n`) or lower `tcp.connections_max` and `http.connections_max`"
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
    /// The operator corrects the namespace, or its place in the configuration.
    #[error(transparent)]
    Templates(#[from] config::TemplatesError),
    /// The operator corrects what is set about copying, or one of its files.
    #[error("cannot copy another node: {0}")]
    Mirror(#[from] replication::MirrorError),
    /// The operator corrects what is set about the data set that the node writes, or its files.
    #[error("cannot write a data set: {0}")]
    Holder(#[from] holder::HolderError),
    /// The operator corrects what is set about the registry, or sees to this member of it.
    #[error("cannot be a member of the registry: {0}")]
    Registry(#[from] registry::RegistryError),
    /// The operator corrects which probers are known.
    #[error("cannot know a prober: {0}")]
    Probes(#[from] probes::ProbesError),
    /// The operator gives another file of the roots, or none.
    #[error("cannot read the roots: {0}")]
    Roots(#[from] client::RootsError),
    /// The operating system refuses what every node needs.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// The operator makes room for the access log, or gives it another folder.
    #[error("cannot open the access log in {folder}: {source}")]
    AccessLog {
        /// The folder.
        folder: String,
        /// What is wrong.
        source: tracing_appender::rolling::InitError,
    },
    /// The store could not be closed in good order; nothing is lost.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// How many threads each core has for connections, and how many there are at least: while the
/// tables do not fit into memory, each may wait for the disk as long as a read takes, and the
/// others must still be enough to keep the cores and the disk's queue busy.
const THREADS_PER_CORE: usize = 2;
const THREADS_MIN: usize = 16;

/// What the operator can do about an address that cannot be listened on.
fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; stop the program that has it, or choose another address with `--listen`, for HTTP \
             with `--http`"
        }
        io::ErrorKind::AddrNotAvailable => {
            "; this machine has no such address: listen on one that it has, or on 0.0.0.0, and \
             give `--public-address`"
        }
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 are for privileged programs: choose a higher one, or allow this \
             one (CAP_NET_BIND_SERVICE)"
        }
        _ => "",
    }
}

/// Addresses that a node has taken, before anybody is answered there: who asks already waits.
pub struct Bound {
    config: Config,
    runtime: Runtime,
    sockets: Vec<(std::net::UdpSocket, std::net::TcpListener)>,
    addresses: Vec<SocketAddr>,
    /// Those at which it answers for others.
    recursive_sockets: Vec<(std::net::UdpSocket, std::net::TcpListener)>,
    recursive_addresses: Vec<SocketAddr>,
    http_sockets: Vec<std::net::TcpListener>,
    http_addresses: Vec<SocketAddr>,
}

/// Makes the service that answers over HTTP.
pub type MakeFront<'a> = &'a dyn Fn(Handle) -> Arc<dyn HttpService>;

impl Bound {
    /// Where the node will listen, over UDP and TCP.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where the node will answer for others, over UDP and TCP.
    pub fn recursive_addresses(&self) -> &[SocketAddr] {
        &self.recursive_addresses
    }

    /// Where the node will listen for HTTP and HTTPS.
    pub fn http_addresses(&self) -> &[SocketAddr] {
        &self.http_addresses
    }

    /// Answers from `store` from now on, as the server that the node was founded as; over HTTP too
    /// if there is a `front` that does.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::AccessLog`], [`Error::Templates`], [`Error::Roots`] or
    /// [`Error::Tls`]; then nothing listens.
    pub fn start(
        self,
        store: Store,
        founded: Option<&Founded>,
        front: Option<MakeFront<'_>>,
    ) -> Result<Node, Error> {
        let (stop, stopped) = watch::channel(false);
        let elsewhere = Elsewhere::of(&self.config, founded, self.runtime.handle())?;
        mirror::number_apart(&self.config, &store)?;
        let probers = probes::Probers::of(&self.config)?;
        let answerer = Answerer::new(&self.config, store, founded, elsewhere)?;
        let log_epoch = answerer.replication().numbering().unwrap_or_default().epoch;
        let holder = Holder::of(&self.config, answerer.store(), log_epoch)?;
        let answerer = Arc::new(answerer.knowing(probers).with_holder(holder));
        let recursive = Recursive::of(&self.config, founded, &answerer, self.runtime.handle())?;
        let reception = Reception::new(&self.config, &answerer, recursive);
        let reception = reception.map_err(|source| Error::AccessLog {
            folder: self.config.log.access_folder.display().to_string(),
            source,
        })?;
        let reception = Arc::new(reception);
        let timekeeper = Timekeeper::start(answerer.replication());
        let control =
            Control::start(&answerer, &reception).map_err(io_error("listen in the data folder"))?;
        let mirror = Mirror::start(
            &self.config,
            founded,
            &answerer,
            self.runtime.handle(),
            &stopped,
        )?;
        let registry = registry::Running::start(&self.config, founded, &answerer)?;
        probes::start(
            &self.config,
            founded,
            answerer.registry(),
            self.runtime.handle(),
            stopped.clone(),
        );
        let keeper = Keeper::start(&self.config, &answerer)?;
        let mut node = Node {
            answerer,
            reception,
            addresses: Vec::new(),
            recursive_addresses: Vec::new(),
            timekeeper,
            runtime: self.runtime,
            stop,
            udp: Vec::new(),
            tcp: Vec::new(),
            http: Vec::new(),
            http_addresses: Vec::new(),
            mirror,
            registry,
            keeper,
            control,
            applied: Mutex::new(self.config.clone()),
            started: self.config,
        };
        for (sockets, address) in self.sockets.into_iter().zip(self.addresses) {
            let listens = node.listen(sockets, Desk::Own, &stopped);
            listens.map_err(|source| Error::Listen { address, source })?;
            node.addresses.push(address);
        }
        for (sockets, address) in self
            .recursive_sockets
            .into_iter()
            .zip(self.recursive_addresses)
        {
            let listens = node.listen(sockets, Desk::Recursive, &stopped);
            listens.map_err(|source| Error::Listen { address, source })?;
            node.recursive_addresses.push(address);
        }
        node.keep_house();
        let Some(make) = front.filter(|_| !self.http_addresses.is_empty()) else {
            return Ok(node);
        };
        // A key that TLS cannot use, such as one of DSA, signs no certificate.
        let site_key = founded.and_then(|founded| founded.signing_key.to_pkcs8().ok());
        let site_key = site_key.as_ref().map(|key| key.as_slice());
        let (tls, expires) = tls::acceptor(&node.started.http, site_key, &self.http_addresses)?;
        if let Some(expires) = expires {
            node.reception.expiry.set_certificate(expires);
        }
        let service = make(node.handle());
        let front = Front { service, tls };
        for (socket, address) in self.http_sockets.into_iter().zip(self.http_addresses) {
            let listens = node.listen_http(socket, front.clone());
            listens.map_err(|source| Error::Listen { address, source })?;
            node.http_addresses.push(address);
        }
        Ok(node)
    }
}

/// A running node. [`Node::stop`] ends it in good order; dropping it ends it too, but without
/// waiting for answers that are under way.
pub struct Node {
    answerer: Arc<Answerer>,
    reception: Arc<Reception>,
    addresses: Vec<SocketAddr>,
    recursive_addresses: Vec<SocketAddr>,
    /// Before the runtime, which waits for whoever waits for copies.
    timekeeper: Timekeeper,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    udp: Vec<UdpListener>,
    tcp: Vec<Acceptor>,
    http: Vec<Acceptor>,
    http_addresses: Vec<SocketAddr>,
    mirror: Mirror,
    registry: registry::Running,
    keeper: Keeper,
    /// The settings it was started with.
    started: Config,
    /// The settings that were read last.
    applied: Mutex<Config>,
    control: Control,
}

impl Node {
    /// Takes the configured addresses, each for UDP and TCP, and those for HTTP.
    ///
    /// Port 0 means any free port, the same for UDP and TCP.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::Files`] or [`Error::Io`]; then none is taken.
    pub fn bind(config: &Config) -> Result<Bound, Error> {
        let mut bound = Self::bind_native(config)?;
        for &address in &config.http.listen {
            let failed = |source| Error::Listen { address, source };
            let listener = sockets::tcp(address).map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            bound.http_addresses.push(address);
            bound.http_sockets.push(listener);
        }
        Ok(bound)
    }

    fn bind_native(config: &Config) -> Result<Bound, Error> {
        files::allow(config)?;
        let mut bound = Bound {
            config: config.clone(),
            runtime: start_runtime().map_err(io_error("start threads"))?,
            sockets: Vec::new(),
            addresses: Vec::new(),
            recursive_sockets: Vec::new(),
            recursive_addresses: Vec::new(),
            http_sockets: Vec::new(),
            http_addresses: Vec::new(),
        };
        for &address in &config.listen {
            let failed = |source| Error::Listen { address, source };
            let (socket, listener) = sockets::both(address).map_err(failed)?;
            bound.addresses.push(listener.local_addr().map_err(failed)?);
            bound.sockets.push((socket, listener));
        }
        for &address in &config.recursive.listen {
            let failed = |source| Error::Listen { address, source };
            let (socket, listener) = sockets::both(address).map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            bound.recursive_addresses.push(address);
            bound.recursive_sockets.push((socket, listener));
        }
        Ok(bound)
    }

    /// Listens on the configured addresses, each over UDP and TCP, and answers from `store`; not
    /// over HTTP. The node has no site record: see [`founding`].
    ///
    /// # Errors
    /// As [`Node::bind`] and [`Bound::start`].
    pub fn start(config: &Config, store: Store) -> Result<Self, Error> {
        Self::bind_native(config)?.start(store, None, None)
    }

    /// As [`Node::start`], and listens for HTTP and HTTPS too: `front` makes the service that
    /// answers there.
    ///
    /// # Errors
    /// As [`Node::bind`] and [`Bound::start`].
    pub fn start_with(config: &Config, store: Store, front: MakeFront<'_>) -> Result<Self, Error> {
        Self::bind(config)?.start(store, None, Some(front))
    }

    /// Starts what is done now and then as long as the node runs.
    fn keep_house(&self) {
        let answerer = Arc::downgrade(&self.answerer);
        let reception = Arc::downgrade(&self.reception);
        let mut stopped = self.stop.subscribe();
        self.runtime.spawn(async move {
            let mut pause = Duration::ZERO;
            loop {
                tokio::select! {
                    () = tokio::time::sleep(pause) => (),
                    _ = stopped.wait_for(|stops| *stops) => return,
                }
                pause = HOUSEKEEPING;
                let (Some(answerer), Some(reception)) = (answerer.upgrade(), reception.upgrade())
                else {
                    return;
                };
                let kept = tokio::task::block_in_place(|| {
                    answerer.forget_expired()?;
                    answerer.look_what_runs_out(&reception.expiry)
                });
                if let Err(error) = kept {
                    warn!(%error, "the store cannot be looked after");
                }
            }
        });
    }

    fn listen_http(&mut self, listener: std::net::TcpListener, front: Front) -> io::Result<()> {
        let _entered = self.runtime.enter();
        let stopped = self.stop.subscribe();
        let (config, reception) = (&self.started.http, &self.reception);
        let http = listener::start(config, listener, front, reception, stopped)?;
        self.http.push(http);
        Ok(())
    }

    fn listen(
        &mut self,
        (socket, listener): (std::net::UdpSocket, std::net::TcpListener),
        desk: Desk,
        stopped: &watch::Receiver<bool>,
    ) -> io::Result<()> {
        self.udp.push(UdpListener::start(
            &self.started,
            socket,
            &self.reception,
            desk,
            self.runtime.handle(),
        )?);
        let _entered = self.runtime.enter();
        let (config, reception) = (&self.started, &self.reception);
        let tcp = tcp::start(config, listener, reception, desk, stopped.clone())?;
        self.tcp.push(tcp);
        Ok(())
    }

    /// Takes settings that were read again, as far as they take effect in a running node, and says
    /// which are new. Those of [`Effect::Restart`] take effect when the node is started again; they
    /// are named every time.
    pub fn reload(&self, config: &Config) -> Vec<Changed> {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        let later = self.started.changed(config).into_iter();
        let later = later.filter(|changed| changed.effect == Effect::Restart);
        let at_once = applied.changed(config).into_iter();
        let at_once = at_once.filter(|changed| changed.effect == Effect::AtOnce);
        let changed = at_once.chain(later).collect();
        self.reception.set(config);
        applied.clone_from(config);
        changed
    }

    /// Says how many lines of the process's log were left out, for the numbers.
    pub fn count_log_drops(&self, dropped: impl Fn() -> u64 + Send + Sync + 'static) {
        self.reception.count_log_drops(dropped);
    }

    /// Where the node listens, over UDP and TCP.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where the node answers for others, over UDP and TCP.
    pub fn recursive_addresses(&self) -> &[SocketAddr] {
        &self.recursive_addresses
    }

    /// Where the node listens for HTTP and HTTPS.
    pub fn http_addresses(&self) -> &[SocketAddr] {
        &self.http_addresses
    }

    /// For fronts in the same process.
    pub fn handle(&self) -> Handle {
        Handle::new(&self.answerer, &self.reception)
    }

    /// What has happened so far.
    pub fn counted(&self) -> Counted {
        self.answerer.counters().read()
    }

    /// How it stands with copies of this node, and with the node that it copies.
    pub fn replication(&self) -> replication::ReplicationState {
        self.answerer.replication().state()
    }

    /// How the registry stands that this node is a member of; none if it is of none.
    pub fn registry(&self) -> Option<registry::RegistryState> {
        self.answerer.registry().map(|registry| registry.state())
    }

    /// Answers a request of whoever runs this node: it may register too.
    ///
    /// Blocks until what it writes is durable.
    pub fn answer_locally(&self, request: &Message) -> Option<Message> {
        let local = visitor::Visitor::LOCAL;
        self.answerer.answer(request, &engine::Origin::Local, local)
    }

    /// Listens for Ctrl-C, SIGTERM and SIGHUP from now on, so that they no longer end the process
    /// at once.
    ///
    /// # Errors
    /// [`Error::Io`] if signals cannot be listened for.
    pub fn signals(&self) -> Result<Signals, Error> {
        let _entered = self.runtime.enter();
        let listen = |kind| signal(kind).map_err(io_error("listen for signals"));
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits until the process is told something.
    pub fn wait_for(&self, signals: &mut Signals) -> Told {
        self.runtime.block_on(async {
            tokio::select! {
                _ = signals.interrupt.recv() => Told::Stop,
                _ = signals.terminate.recv() => Told::Stop,
                _ = signals.hang_up.recv() => Told::HangUp,
            }
        })
    }

    /// Stops in good order: takes no more questions, ends the answers under way, closes the store.
    ///
    /// # Errors
    /// [`Error::Store`] if the tables could not be written; the log has it all.
    pub fn stop(self) -> Result<(), Error> {
        let Self {
            answerer,
            reception,
            timekeeper,
            runtime,
            stop,
            udp,
            tcp,
            http,
            mirror,
            registry,
            keeper,
            control,
            ..
        } = self;
        drop((control, keeper));
        reception.stop();
        stop.send_replace(true);
        // The streams to copies end with this; whoever waits for them is told so.
        drop(timekeeper);
        for listener in udp {
            listener.join();
        }
        runtime.block_on(async {
            mirror.join().await;
            for listener in tcp {
                listener.join().await;
            }
            for listener in http {
                listener.join().await;
            }
        });
        registry.stop();
        drop(runtime);
        drop(reception);
        match Arc::into_inner(answerer) {
            Some(answerer) => Ok(answerer.into_store().close()?),
            // Somebody still holds it; the store closes when they let go, and replays its log.
            None => Ok(()),
        }
    }
}

/// What a process was told by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// To stop: Ctrl-C or SIGTERM.
    Stop,
    /// That its terminal is gone, or that it shall read its configuration again: SIGHUP.
    HangUp,
}

/// The signals that tell a process something: one that came before it is waited for is not lost.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

/// Starts the threads of connections. A task may wait for the tables' disk without saying so, for
/// saying so costs more than most reads take: with more threads than cores the others go on.
fn start_runtime() -> io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    runtime::Builder::new_multi_thread()
        .worker_threads(threads_for(cores))
        .enable_all()
        .build()
}

fn threads_for(cores: usize) -> usize {
    (cores * THREADS_PER_CORE).max(THREADS_MIN)
}

fn io_error(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { doing, source }
}
