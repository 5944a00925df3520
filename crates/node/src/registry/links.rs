//! Connections among members: each connects to each other to say something, and listens to what the
//! others say on the connections that they make.
//!
//! Within TLS 1.3, in which both sides show the key of their site: a stranger gets no further than
//! the handshake, and nothing can be changed, left out or sent again unnoticed. A message is its
//! length in four octets and its octets. What cannot be sent is dropped: the members say it again.
//! Every second there is one of no octets, which is answered with one octet: a connection that
//! something on the way has forgotten is noticed before it swallows a vote.
//!
//! They run on a thread of their own: what strangers make them work holds up no member.
//!
//! Not here: what the messages say (room `quorum`).

#[cfg(test)]
mod tests;

use super::RegistryError;
use super::driver::Event;
use super::group::Described;
use crate::replication::Pinned;
use crate::tls::AnyCertificate;
use bytes::{Bytes, BytesMut};
use crypto::{ClientCertificate, SigningKey};
use engine::{Allowance, AllowanceLimits, Moment};
use quorum::{MESSAGE_OCTETS_MAX, MemberId};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tracing::{debug, info, warn};

/// The name that certificates bear, which nobody looks at.
const NAME: &str = "registry";

/// How long a connection, with its handshake, may take to come about.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a peer may take none of what is sent, or leave a message half sent.
const PEER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before a member is connected to again, and how long at most.
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(1);

/// How often a member is asked whether it still listens. One that does not answer for
/// [`PEER_TIMEOUT`] does not, and one that is not asked for so long is not spoken to any more.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// How many handshakes strangers may have under way, and how many connections from the addresses of
/// members there may be: they do not wait for each other. Beyond it a connection is closed.
const STRANGERS_COUNT_MAX: usize = 32;
const NEIGHBOURS_COUNT_MAX: usize = 128;

/// How many handshakes there may be with strangers in a second, and with each: to begin one costs
/// them nothing and this node a signature of 1 to 5 ms.
const STRANGERS: AllowanceLimits = AllowanceLimits {
    per_second: 32,
    per_source_and_second: 8,
};

/// How many messages, and how many octets, may wait for a member: more is said than it takes. A
/// message that is alone may have any length.
const WAITING_COUNT_MAX: usize = 1024;
const WAITING_OCTETS_MAX: usize = 16 << 20;

/// How much of a message is asked for at a time: a length alone reserves no memory.
const READ_OCTETS: usize = 64 << 10;

/// The members that there are connections with.
pub(super) struct Links {
    own: MemberId,
    /// What they run on.
    runtime: Handle,
    tls: Arc<Tls>,
    events: mpsc::Sender<Event>,
    out: BTreeMap<MemberId, Outgoing>,
    known: Arc<Mutex<Known>>,
    accepting: JoinHandle<()>,
}

/// Whom a connection that comes in may be from.
#[derive(Default)]
struct Known {
    members: BTreeMap<MemberId, Described>,
    addresses: BTreeSet<IpAddr>,
    /// The connection of each: a new one ends the one before.
    connections: BTreeMap<MemberId, AbortHandle>,
}

impl Links {
    /// Begins to listen.
    pub(super) fn start(
        runtime: &Handle,
        own: MemberId,
        key: &SigningKey,
        listener: std::net::TcpListener,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, RegistryError> {
        let tls = Arc::new(Tls::new(key)?);
        let known = Arc::new(Mutex::new(Known::default()));
        listener.set_nonblocking(true).map_err(RegistryError::Io)?;
        let _entered = runtime.enter();
        let accepting = Accepting {
            own,
            listener: TcpListener::from_std(listener).map_err(RegistryError::Io)?,
            acceptor: tls.acceptor()?,
            known: Arc::clone(&known),
            events: events.clone(),
        };
        Ok(Self {
            own,
            runtime: runtime.clone(),
            tls,
            events,
            out: BTreeMap::new(),
            known,
            accepting: runtime.spawn(accepting.run()),
        })
    }

    /// Whom to connect with from now on.
    pub(super) fn set(&mut self, members: BTreeMap<MemberId, Described>) {
        let stays = |id: &MemberId, it: &mut Outgoing| members.get(id) == Some(&it.to);
        self.out.retain(stays);
        for (&id, described) in members.iter().filter(|(id, _)| **id != self.own) {
            if self.out.contains_key(&id) {
                continue;
            }
            let runtime = &self.runtime;
            match Outgoing::start(runtime, id, described.clone(), &self.tls, &self.events) {
                Ok(outgoing) => drop(self.out.insert(id, outgoing)),
                Err(error) => warn!(%id, %error, "a member cannot be connected to"),
            }
        }
        let mut known = lock(&self.known);
        let addresses = members.values().map(|it| it.address.ip());
        known.addresses = addresses.map(|it| it.to_canonical()).collect();
        let gone: Vec<MemberId> = known.connections.keys().copied().collect();
        for id in gone.into_iter().filter(|id| !members.contains_key(id)) {
            if let Some(connection) = known.connections.remove(&id) {
                connection.abort();
            }
        }
        known.members = members;
    }

    /// Sends a message, if there is room for it; says whether there was.
    pub(super) fn send(&self, to: MemberId, octets: Bytes) -> bool {
        { self.out.get(&to) }.is_some_and(|outgoing| outgoing.send(octets))
    }

    /// Whether there is a connection to a member.
    pub(super) fn is_connected(&self, to: MemberId) -> bool {
        let outgoing = self.out.get(&to);
        outgoing.is_some_and(|it| it.waiting.is_connected.load(Ordering::Relaxed))
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        self.accepting.abort();
        for connection in lock(&self.known).connections.values() {
            connection.abort();
        }
    }
}

/// What waits for a member.
#[derive(Default)]
struct Waiting {
    octets: AtomicUsize,
    is_connected: AtomicBool,
}

/// The connection to a member, and what waits to be sent there.
struct Outgoing {
    to: Described,
    messages: mpsc::Sender<Bytes>,
    waiting: Arc<Waiting>,
    task: JoinHandle<()>,
}

impl Outgoing {
    fn start(
        runtime: &Handle,
        id: MemberId,
        to: Described,
        tls: &Tls,
        events: &mpsc::Sender<Event>,
    ) -> Result<Self, RegistryError> {
        let (messages, waits) = mpsc::channel(WAITING_COUNT_MAX);
        let waiting = Arc::new(Waiting::default());
        let sending = Sending {
            id,
            address: to.address,
            connector: tls.connector(&to)?,
            messages: waits,
            waiting: Arc::clone(&waiting),
            events: events.clone(),
        };
        let task = runtime.spawn(sending.run());
        Ok(Self {
            to,
            messages,
            waiting,
            task,
        })
    }

    fn send(&self, octets: Bytes) -> bool {
        let count = octets.len();
        let before = self.waiting.octets.fetch_add(count, Ordering::Relaxed);
        let is_too_much = before > 0 && before + count > WAITING_OCTETS_MAX;
        let is_taken = !is_too_much && self.messages.try_send(octets).is_ok();
        if !is_taken {
            self.waiting.octets.fetch_sub(count, Ordering::Relaxed);
        }
        is_taken
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Sending {
    id: MemberId,
    address: SocketAddr,
    connector: TlsConnector,
    messages: mpsc::Receiver<Bytes>,
    waiting: Arc<Waiting>,
    events: mpsc::Sender<Event>,
}

impl Sending {
    async fn run(mut self) {
        let mut retry = RETRY_MIN;
        loop {
            let id = self.id;
            match self.connect().await {
                Err(error) => {
                    debug!(%id, %error, "a member cannot be reached");
                    // What is old when it comes is of no use.
                    self.forget();
                }
                Ok(stream) => {
                    let begun = Instant::now();
                    info!(%id, "connected to a member");
                    if self.events.send(Event::Lost { to: id }).await.is_err() {
                        return;
                    }
                    self.waiting.is_connected.store(true, Ordering::Relaxed);
                    let ended = self.send_all(stream).await;
                    self.waiting.is_connected.store(false, Ordering::Relaxed);
                    match ended {
                        Ok(()) => return,
                        Err(error) => info!(%id, %error, "the connection to a member is lost"),
                    }
                    // One that refuses this member's key says so after the handshake alone.
                    if begun.elapsed() > RETRY_MAX {
                        retry = RETRY_MIN;
                    }
                }
            }
            sleep(retry).await;
            retry = (retry * 2).min(RETRY_MAX);
        }
    }

    async fn connect(&self) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let connecting = async {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            let name = ServerName::try_from(NAME).expect("it is a name");
            self.connector.connect(name, stream).await
        };
        timeout(HANDSHAKE_TIMEOUT, connecting).await?
    }

    /// Sends what there is; ends well when nobody has anything to send any more.
    async fn send_all(
        &mut self,
        stream: tokio_rustls::client::TlsStream<TcpStream>,
    ) -> io::Result<()> {
        let (mut from, mut to) = tokio::io::split(stream);
        let mut answer = [0; 16];
        let mut pings = interval(PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = None;
        loop {
            tokio::select! {
                // What has come while something long was sent is heard first.
                biased;
                heard = from.read(&mut answer) => match heard? {
                    0 => return Err(ErrorKind::UnexpectedEof.into()),
                    _ => unanswered = None,
                },
                _ = pings.tick() => {
                    let since = unanswered.get_or_insert_with(Instant::now);
                    if since.elapsed() > PEER_TIMEOUT {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    say(&mut to, &[]).await?;
                }
                message = self.messages.recv() => {
                    let Some(message) = message else {
                        return Ok(());
                    };
                    let count = message.len();
                    self.waiting.octets.fetch_sub(count, Ordering::Relaxed);
                    say(&mut to, &message).await?;
                }
            }
        }
    }

    fn forget(&mut self) {
        while let Ok(message) = self.messages.try_recv() {
            self.waiting
                .octets
                .fetch_sub(message.len(), Ordering::Relaxed);
        }
    }
}

/// Says one message, of which some is taken every now and then.
async fn say(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    timeout(PEER_TIMEOUT, to.write_all(&length.to_be_bytes())).await??;
    for piece in message.chunks(READ_OCTETS) {
        timeout(PEER_TIMEOUT, to.write_all(piece)).await??;
    }
    timeout(PEER_TIMEOUT, to.flush()).await?
}

struct Accepting {
    own: MemberId,
    listener: TcpListener,
    acceptor: TlsAcceptor,
    known: Arc<Mutex<Known>>,
    events: mpsc::Sender<Event>,
}

impl Accepting {
    async fn run(self) {
        let strangers = Arc::new(Semaphore::new(STRANGERS_COUNT_MAX));
        let neighbours = Arc::new(Semaphore::new(NEIGHBOURS_COUNT_MAX));
        let mut allowance = Allowance::new(STRANGERS);
        let begun = Instant::now();
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, "no member can connect; trying again");
                    sleep(RETRY_MAX).await;
                    continue;
                }
            };
            let address = peer.ip().to_canonical();
            let is_neighbour = lock(&self.known).addresses.contains(&address);
            let now = u64::try_from(begun.elapsed().as_millis()).map(Moment);
            if !is_neighbour && !allowance.take(address, now.unwrap_or(Moment(u64::MAX))) {
                continue;
            }
            let room = if is_neighbour {
                &neighbours
            } else {
                &strangers
            };
            let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
                continue;
            };
            let incoming = Incoming {
                own: self.own,
                acceptor: self.acceptor.clone(),
                known: Arc::clone(&self.known),
                events: self.events.clone(),
            };
            tokio::spawn(async move {
                if let Err(error) = incoming.serve(stream, permit).await {
                    debug!(%peer, %error, "a connection among members has ended");
                }
            });
        }
    }
}

struct Incoming {
    own: MemberId,
    acceptor: TlsAcceptor,
    known: Arc<Mutex<Known>>,
    events: mpsc::Sender<Event>,
}

impl Incoming {
    /// Lets a member in, and listens to it; `permit` is for who is not known yet.
    async fn serve(self, stream: TcpStream, permit: OwnedSemaphorePermit) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let stream = timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream)).await??;
        let shown = stream.get_ref().1.peer_certificates();
        let shown = shown.and_then(|it| ClientCertificate::read(it.first()?));
        let shown = shown.ok_or_else(|| refused("it shows no key"))?;
        let member = lock(&self.known).who_has(&shown, self.own);
        let member = member.ok_or_else(|| refused("it shows the key of no member"))?;
        // There is one connection of each member, wherever it comes from.
        drop(permit);
        let events = self.events.clone();
        let hearing = tokio::spawn(async move { hear(stream, member, events).await });
        let before = lock(&self.known)
            .connections
            .insert(member, hearing.abort_handle());
        if let Some(before) = before {
            before.abort();
        }
        hearing.await.unwrap_or(Ok(()))
    }
}

impl Known {
    /// The member whose key was shown; not this node itself.
    fn who_has(&self, shown: &ClientCertificate, own: MemberId) -> Option<MemberId> {
        let mut others = self.members.iter().filter(|(id, _)| **id != own);
        let found = others.find(|(_, it)| it.key.is_same_key(&shown.key));
        found.map(|(id, _)| *id)
    }
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, why)
}

/// Takes the messages of a member until its connection ends.
async fn hear(
    mut stream: tokio_rustls::server::TlsStream<TcpStream>,
    from: MemberId,
    events: mpsc::Sender<Event>,
) -> io::Result<()> {
    loop {
        let length = timeout(PEER_TIMEOUT, stream.read_u32()).await?? as usize;
        if length == 0 {
            timeout(PEER_TIMEOUT, stream.write_all(&[0])).await??;
            timeout(PEER_TIMEOUT, stream.flush()).await??;
            continue;
        }
        if length > MESSAGE_OCTETS_MAX {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "a message is too long",
            ));
        }
        let octets = take(&mut stream, length).await?;
        // A member that says more than this one can hear is heard later.
        if events.send(Event::Message { from, octets }).await.is_err() {
            return Ok(());
        }
    }
}

async fn take(stream: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Bytes> {
    let mut octets = BytesMut::new();
    while octets.len() < length {
        let wanted = (length - octets.len()).min(READ_OCTETS);
        octets.reserve(wanted);
        let mut piece = (&mut *stream).take(wanted as u64);
        if timeout(PEER_TIMEOUT, piece.read_buf(&mut octets)).await?? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(octets.freeze())
}

/// What this member shows to the others.
struct Tls {
    provider: Arc<CryptoProvider>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    fn new(key: &SigningKey) -> Result<Self, RegistryError> {
        let no_tls = |error: &dyn std::fmt::Display| RegistryError::Tls {
            reason: error.to_string(),
        };
        let pkcs8 = key.to_pkcs8().map_err(|error| no_tls(&error))?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let names = [NAME.to_owned()];
        let since_1970 = since_1970.unwrap_or_default();
        let made = crypto::certificate::self_signed(Some(&pkcs8), &names, since_1970);
        let made = made.map_err(|error| no_tls(&error))?;
        let certificate = CertificateDer::from(made.certificate);
        if ClientCertificate::read(&certificate).is_none() {
            return Err(no_tls(&"members know each other by keys of RSA alone"));
        }
        Ok(Self {
            provider: Arc::new(aws_lc_rs::default_provider()),
            certificate,
            key: PrivatePkcs8KeyDer::from(made.key).into(),
        })
    }

    fn acceptor(&self) -> Result<TlsAcceptor, RegistryError> {
        let chain = vec![self.certificate.clone()];
        let any = Arc::new(AnyCertificate(Arc::clone(&self.provider)));
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&TLS13])
            .map(|it| it.with_client_cert_verifier(any))
            .and_then(|it| it.with_single_cert(chain, self.key.clone_key()));
        let mut config = config.map_err(|error| not_tls(&error))?;
        // Every connection shows its key anew.
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn connector(&self, to: &Described) -> Result<TlsConnector, RegistryError> {
        let pinned = Arc::new(Pinned::new(to.key.clone(), Arc::clone(&self.provider)));
        let chain = vec![self.certificate.clone()];
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&TLS13])
            .map(|it| it.dangerous().with_custom_certificate_verifier(pinned))
            .and_then(|it| it.with_client_auth_cert(chain, self.key.clone_key()));
        Ok(TlsConnector::from(Arc::new(
            config.map_err(|error| not_tls(&error))?,
        )))
    }
}

fn not_tls(error: &rustls::Error) -> RegistryError {
    RegistryError::Tls {
        reason: error.to_string(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
