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
//! Beside it: `links/outgoing.rs` what is sent, `links/incoming.rs` who is let in and heard,
//! `links/tls.rs` which keys are shown. Not here: what the messages say (room `quorum`).

mod incoming;
mod outgoing;
#[cfg(test)]
mod tests;
mod tls;

use super::RegistryError;
use super::driver::Event;
use super::group::Described;
use bytes::Bytes;
use crypto::{ClientCertificate, SigningKey};
use incoming::Accepting;
use outgoing::Outgoing;
use quorum::MemberId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tls::Tls;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tracing::warn;

/// How long a connection, with its handshake, may take to come about.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a peer may take none of what is sent, or leave a message half sent.
const PEER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before a member is connected to again, and how long at most.
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(1);

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
        outgoing.is_some_and(Outgoing::is_connected)
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

impl Known {
    /// The member whose key was shown; not this node itself.
    fn who_has(&self, shown: &ClientCertificate, own: MemberId) -> Option<MemberId> {
        let mut others = self.members.iter().filter(|(id, _)| **id != own);
        let found = others.find(|(_, it)| it.key.is_same_key(&shown.key));
        found.map(|(id, _)| *id)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
