//! Questions over UDP: a few threads on one socket.
//!
//! Threads, not tasks: a datagram is answered at once or not at all, and reading the tables may
//! wait for the disk.

mod socket;

use crate::access_log;
use crate::config::Config;
use crate::metrics::Transport;
use crate::reception::{Desk, Reception};
use crate::recursive::{AtOnce, Later};
use bytes::Bytes;
use client::Clock;
use engine::Inbox;
use engine::inbox::Refused;
use socket::{Arrivals, Socket, Way};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tracing::{debug, warn};
use wire::datagram::fragments;
use wire::{Opcode, Packet};

/// How long a thread waits for a datagram before it looks whether it shall stop.
const LOOK_UP_INTERVAL: Duration = Duration::from_millis(100);

/// How long the answers of datagrams that came together wait for each other: tables that are read
/// from the disk take longer.
const ANSWER_WAIT_MAX: Duration = Duration::from_micros(500);

/// How many requests that take long are answered at a time on one address. Anybody can send them
/// under any address, and each may take milliseconds of a core.
const LATER_COUNT_MAX: usize = 64;

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
        desk: Desk,
        runtime: &Handle,
    ) -> io::Result<Self> {
        let stops = Arc::new(AtomicBool::new(false));
        let answering = Arc::new(Answering {
            socket: Socket::new(socket, LOOK_UP_INTERVAL)?,
            reception: Arc::clone(reception),
            desk,
            runtime: runtime.clone(),
            later: Arc::new(Semaphore::new(LATER_COUNT_MAX)),
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
    desk: Desk,
    runtime: Handle,
    later: Arc<Semaphore>,
    inbox: Mutex<Inbox<SocketAddr>>,
    clock: Clock,
    answer_octets_max: usize,
    stops: Arc<AtomicBool>,
}

impl Answering {
    fn run(self: &Arc<Self>) {
        let mut arrivals = self.socket.room();
        while !self.stops.load(Ordering::Relaxed) {
            match self.socket.receive(&mut arrivals) {
                Ok(()) => self.answer_all(&arrivals),
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

    fn answer_all(self: &Arc<Self>, arrivals: &Arrivals) {
        let mut answers = Vec::new();
        let mut since = Instant::now();
        for (datagram, way) in arrivals.iter() {
            let peer = way.peer.ip();
            if way.peer.port() == 0 {
                // Nobody can be answered there.
                self.reception.ignore(Transport::Udp, peer);
            } else if self.reception.admits(Transport::Udp, peer)
                && let Some(answer) = self.answer(&Bytes::copy_from_slice(datagram), way)
            {
                self.post(&answer, way, &mut answers);
            }
            if since.elapsed() > ANSWER_WAIT_MAX {
                self.send(&mut answers);
                since = Instant::now();
            }
        }
        self.send(&mut answers);
    }

    fn answer(self: &Arc<Self>, datagram: &Bytes, way: Way) -> Option<Packet> {
        match self.complete(datagram, way.peer) {
            Ok(Some(packet)) if self.desk == Desk::Recursive => self.resolve(packet, way),
            Ok(Some(packet)) if is_quick(&packet) => {
                pollster::block_on(self.answer_packet(&packet, way))
            }
            Ok(Some(packet)) => {
                self.answer_later(packet, way);
                None
            }
            Ok(None) => None,
            Err(refused) => self.refuse(way.peer.ip(), &refused),
        }
    }

    /// Answers for others: at once, or when those have answered.
    fn resolve(self: &Arc<Self>, packet: Packet, way: Way) -> Option<Packet> {
        let (transport, peer) = (Transport::Udp, way.peer.ip());
        match self.reception.resolve_at_once(transport, peer, &packet) {
            AtOnce::Answer(answer) => Some(answer),
            AtOnce::Nothing => None,
            AtOnce::Later(later) => {
                self.resolve_later(later, packet, way);
                None
            }
        }
    }

    fn resolve_later(self: &Arc<Self>, later: Later, packet: Packet, way: Way) {
        let answering = Arc::clone(self);
        self.runtime.spawn(async move {
            let (transport, peer) = (Transport::Udp, way.peer.ip());
            let resolving = answering
                .reception
                .resolve_later(transport, peer, &packet, later);
            if let Some(answer) = resolving.await {
                let mut datagrams = Vec::new();
                answering.post(&answer, way, &mut datagrams);
                answering.send(&mut datagrams);
            }
        });
    }

    async fn answer_packet(&self, packet: &Packet, way: Way) -> Option<Packet> {
        let (transport, peer) = (Transport::Udp, way.peer.ip());
        let answered = self.reception.answer(transport, peer, packet).await?;
        if answered.more.is_some() {
            // A list of several messages.
            self.reception.count_too_long_for_udp();
            return None;
        }
        Some(answered.packet)
    }

    /// Answers what takes long, such as checking a proof, while this thread goes on. Beyond
    /// [`LATER_COUNT_MAX`] at a time it is as good as lost on the way.
    fn answer_later(self: &Arc<Self>, packet: Packet, way: Way) {
        let Ok(permit) = Arc::clone(&self.later).try_acquire_owned() else {
            self.reception.ignore(Transport::Udp, way.peer.ip());
            return;
        };
        let answering = Arc::clone(self);
        self.runtime.spawn(async move {
            if let Some(answer) = answering.answer_packet(&packet, way).await {
                let mut datagrams = Vec::new();
                answering.post(&answer, way, &mut datagrams);
                answering.send(&mut datagrams);
            }
            drop(permit);
        });
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

    /// Lays an answer ready for sending.
    fn post(&self, answer: &Packet, way: Way, datagrams: &mut Vec<(Bytes, Way)>) {
        if answer.payload.len() > self.answer_octets_max {
            self.reception.count_too_long_for_udp();
            return;
        }
        datagrams.extend(fragments(answer).map(|datagram| (datagram, way)));
    }

    fn send(&self, datagrams: &mut Vec<(Bytes, Way)>) {
        self.socket.send(datagrams, |error, way| {
            // As good as lost on the way; the asker asks again.
            debug!(%error, peer = %way.peer, "cannot send a datagram");
        });
        datagrams.clear();
    }
}

/// Whether answering takes no longer than reading the tables. What changes something waits for the
/// disk, and proofs, sessions and their set-up cost work.
fn is_quick(packet: &Packet) -> bool {
    let opcode = access_log::opcode(&packet.payload);
    packet.envelope.session_id == 0 && [Opcode::RESOLUTION, Opcode::GET_SITE_INFO].contains(&opcode)
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
