//! Questions over UDP: a few threads on one socket.
//!
//! Threads, not tasks: a datagram is answered at once or not at all, and reading the tables may
//! wait for the disk.

mod socket;

use crate::config::Config;
use crate::metrics::Transport;
use crate::reception::Reception;
use bytes::Bytes;
use client::Clock;
use engine::Inbox;
use engine::inbox::Refused;
use socket::{Received, Socket, Way};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tracing::{debug, warn};
use wire::Packet;
use wire::datagram::fragments;

/// How long a thread waits for a datagram before it looks whether it shall stop.
const LOOK_UP_INTERVAL: Duration = Duration::from_millis(100);

/// The threads of one address. Dropping it stops them.
pub(crate) struct UdpListener {
    stops: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl UdpListener {
    pub(crate) fn start(
        config: &Config,
        socket: UdpSocket,
        reception: &Arc<Reception>,
    ) -> io::Result<Self> {
        let stops = Arc::new(AtomicBool::new(false));
        let answering = Arc::new(Answering {
            socket: Socket::new(socket, LOOK_UP_INTERVAL)?,
            reception: Arc::clone(reception),
            inbox: Mutex::new(Inbox::new()),
            clock: Clock::start(),
            answer_octets_max: config.udp.answer_octets_max,
            stops: Arc::clone(&stops),
        });
        let start = || {
            let answering = Arc::clone(&answering);
            thread::spawn(move || answering.run())
        };
        let threads = (0..config.udp.threads_count()).map(|_| start()).collect();
        Ok(Self { stops, threads })
    }

    /// Stops the threads and waits for them.
    pub(crate) fn join(mut self) {
        self.stops.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that has panicked has said so on its own.
            let _ = thread.join();
        }
    }
}

impl Drop for UdpListener {
    fn drop(&mut self) {
        self.stops.store(true, Ordering::Relaxed);
    }
}

/// What the threads of one address share.
struct Answering {
    socket: Socket,
    reception: Arc<Reception>,
    inbox: Mutex<Inbox<SocketAddr>>,
    clock: Clock,
    answer_octets_max: usize,
    stops: Arc<AtomicBool>,
}

impl Answering {
    fn run(&self) {
        let mut buffer = self.socket.buffer();
        while !self.stops.load(Ordering::Relaxed) {
            match self.socket.receive(&mut buffer) {
                Ok(received) => self.answer_all(&buffer, received),
                Err(error) if is_nothing(&error) => {
                    self.lock_inbox().handle_timeout(self.clock.moment());
                }
                Err(error) => {
                    warn!(%error, "cannot receive datagrams; trying again");
                    thread::sleep(LOOK_UP_INTERVAL);
                }
            }
        }
    }

    fn answer_all(&self, buffer: &[u8], received: Received) {
        let octets = buffer.get(..received.octets).unwrap_or_default();
        for datagram in octets.chunks(received.each.max(1)) {
            let peer = received.way.peer;
            if peer.port() == 0 {
                // Nobody can be answered there.
                self.reception.ignore(Transport::Udp, peer.ip());
            } else if self.reception.admits(Transport::Udp, peer.ip()) {
                self.answer(&Bytes::copy_from_slice(datagram), received.way);
            }
        }
    }

    fn answer(&self, datagram: &Bytes, way: Way) {
        let peer = way.peer.ip();
        let answer = match self.complete(datagram, way.peer) {
            Ok(Some(packet)) => self.reception.answer(Transport::Udp, peer, &packet),
            Ok(None) => None,
            Err(refused) => self.refuse(peer, &refused),
        };
        if let Some(answer) = answer {
            self.send(&answer, way);
        }
    }

    fn refuse(&self, peer: IpAddr, refused: &Refused) -> Option<Packet> {
        let (reception, transport) = (&self.reception, Transport::Udp);
        let Some(envelope) = &refused.envelope else {
            reception.ignore(transport, peer);
            return None;
        };
        Some(reception.refuse(transport, peer, envelope, &refused.error))
    }

    fn complete(&self, datagram: &Bytes, peer: SocketAddr) -> Result<Option<Packet>, Refused> {
        self.lock_inbox()
            .handle_datagram(self.clock.moment(), peer, datagram)
    }

    fn lock_inbox(&self) -> MutexGuard<'_, Inbox<SocketAddr>> {
        // The inbox is whole between calls, also if a thread has panicked outside of one.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, answer: &Packet, way: Way) {
        if answer.payload.len() > self.answer_octets_max {
            self.reception.count_too_long_for_udp();
            return;
        }
        for datagram in fragments(answer) {
            if let Err(error) = self.socket.send(&datagram, way) {
                // As good as lost on the way; the asker asks again.
                debug!(%error, peer = %way.peer, "cannot send a datagram");
            }
        }
    }
}

/// Errors that mean that nothing came: a timeout, a signal, or the news that somebody to whom we
/// sent an answer is gone.
fn is_nothing(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionRefused, Interrupted, TimedOut, WouldBlock};
    matches!(
        error.kind(),
        WouldBlock | TimedOut | Interrupted | ConnectionRefused
    )
}
