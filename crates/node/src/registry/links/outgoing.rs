//! The connection to a member, made again as often as it is lost, and what waits to be sent there.
//!
//! Not here: whom to connect with ([`super::Links`]).

use super::tls::{NAME, Tls};
use super::{HANDSHAKE_TIMEOUT, PEER_TIMEOUT, READ_OCTETS, RETRY_MAX, RETRY_MIN};
use crate::registry::RegistryError;
use crate::registry::driver::Event;
use crate::registry::group::Described;
use bytes::Bytes;
use quorum::MemberId;
use rustls::pki_types::ServerName;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::TlsConnector;
use tracing::{debug, info};

/// How often a member is asked whether it still listens. One that does not answer for
/// [`PEER_TIMEOUT`] does not, and one that is not asked for so long is not spoken to any more.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(1);

/// How many messages, and how many octets, may wait for a member: more is said than it takes. A
/// message that is alone may have any length.
const WAITING_COUNT_MAX: usize = 1024;
const WAITING_OCTETS_MAX: usize = 16 << 20;

/// What waits for a member.
#[derive(Default)]
struct Waiting {
    octets: AtomicUsize,
    is_connected: AtomicBool,
}

/// The connection to a member, and what waits to be sent there.
pub(super) struct Outgoing {
    pub(super) to: Described,
    messages: mpsc::Sender<Bytes>,
    waiting: Arc<Waiting>,
    task: JoinHandle<()>,
}

impl Outgoing {
    pub(super) fn start(
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

    /// Whether it stands.
    pub(super) fn is_connected(&self) -> bool {
        self.waiting.is_connected.load(Ordering::Relaxed)
    }

    /// Sends a message, if there is room for it; says whether there was.
    pub(super) fn send(&self, octets: Bytes) -> bool {
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

/// What sends it.
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
