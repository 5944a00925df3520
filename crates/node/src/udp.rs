//! Questions over UDP: a few threads on one socket.
//!
//! Threads, not tasks: a datagram is answered at once or not at all, and reading the tables may
//! wait for the disk.

use crate::answerer::{Answerer, Source};
use crate::config::Config;
use bytes::Bytes;
use client::Clock;
use engine::Inbox;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tracing::{debug, warn};
use wire::Packet;
use wire::datagram::fragments;

/// How long a thread waits for a datagram before it looks whether it shall stop.
const LOOK_UP_INTERVAL: Duration = Duration::from_millis(100);

/// Larger than any datagram that is read; what is longer is cut and then refused.
const BUFFER_OCTETS: usize = 2048;

/// The threads of one address. Dropping it stops them.
pub(crate) struct UdpListener {
    stops: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl UdpListener {
    pub(crate) fn start(
        config: &Config,
        socket: UdpSocket,
        answerer: &Arc<Answerer>,
    ) -> io::Result<Self> {
        socket.set_read_timeout(Some(LOOK_UP_INTERVAL))?;
        let stops = Arc::new(AtomicBool::new(false));
        let answering = Arc::new(Answering {
            socket,
            answerer: Arc::clone(answerer),
            inbox: Mutex::new(Inbox::new()),
            clock: Clock::start(),
            answer_octets_max: config.udp_answer_octets_max,
            stops: Arc::clone(&stops),
        });
        let start = || {
            let answering = Arc::clone(&answering);
            thread::spawn(move || answering.run())
        };
        let threads = (0..config.udp_threads).map(|_| start()).collect();
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
    socket: UdpSocket,
    answerer: Arc<Answerer>,
    inbox: Mutex<Inbox<SocketAddr>>,
    clock: Clock,
    answer_octets_max: usize,
    stops: Arc<AtomicBool>,
}

impl Answering {
    fn run(&self) {
        let mut buffer = [0; BUFFER_OCTETS];
        while !self.stops.load(Ordering::Relaxed) {
            match self.socket.recv_from(&mut buffer) {
                // Nobody can be answered at port 0.
                Ok((_, peer)) if peer.port() == 0 => self.answerer.counters().count_refused(),
                Ok((octets, peer)) => {
                    let datagram = Bytes::copy_from_slice(buffer.get(..octets).unwrap_or_default());
                    self.answer(&datagram, peer);
                }
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

    fn answer(&self, datagram: &Bytes, peer: SocketAddr) {
        let answer = match self.complete(datagram, peer) {
            Ok(Some(packet)) => self.answerer.answer_packet(&packet, Source::of(peer.ip())),
            Ok(None) => None,
            Err(refused) => refused
                .envelope
                .map(|envelope| self.answerer.refuse(&envelope, &refused.error).to_packet()),
        };
        if let Some(answer) = answer {
            self.send(&answer, peer);
        }
    }

    fn complete(
        &self,
        datagram: &Bytes,
        peer: SocketAddr,
    ) -> Result<Option<Packet>, engine::inbox::Refused> {
        self.lock_inbox()
            .handle_datagram(self.clock.moment(), peer, datagram)
    }

    fn lock_inbox(&self) -> MutexGuard<'_, Inbox<SocketAddr>> {
        // The inbox is whole between calls, also if a thread has panicked outside of one.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, answer: &Packet, peer: SocketAddr) {
        if answer.payload.len() > self.answer_octets_max {
            self.answerer.counters().count_too_long_for_udp();
            return;
        }
        for datagram in fragments(answer) {
            if let Err(error) = self.socket.send_to(&datagram, peer) {
                // As good as lost on the way; the asker asks again.
                debug!(%error, %peer, "cannot send a datagram");
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
