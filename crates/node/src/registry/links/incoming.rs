//! Connections that come in: from members, each of which is heard on one, and from strangers, whom
//! nobody waits for.
//!
//! Not here: who is a member ([`super::Known`]).

use super::{HANDSHAKE_TIMEOUT, Known, PEER_TIMEOUT, READ_OCTETS, RETRY_MAX, lock};
use crate::registry::driver::Event;
use bytes::{Bytes, BytesMut};
use crypto::ClientCertificate;
use engine::{Allowance, AllowanceLimits, Moment};
use quorum::{MESSAGE_OCTETS_MAX, MemberId};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

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

/// Takes the connections that come in.
pub(super) struct Accepting {
    pub(super) own: MemberId,
    pub(super) listener: TcpListener,
    pub(super) acceptor: TlsAcceptor,
    pub(super) known: Arc<Mutex<Known>>,
    pub(super) events: mpsc::Sender<Event>,
}

impl Accepting {
    pub(super) async fn run(self) {
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

/// One that comes in.
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
