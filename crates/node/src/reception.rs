//! What every question passes on its way in and every answer on its way out: how much its source
//! may ask, the numbers, the access log.
//!
//! Not here: sockets (`udp`, `tcp`), what is answered (`answerer`).

use crate::access_log::{self, Access, AccessLog};
use crate::answerer::{Answered, Answerer, More};
use crate::config::Config;
use crate::expiry::Expiry;
use crate::metrics::{self, Gauges, Metrics, Transport};
use crate::rates::Limiter;
use crate::recursive::{AtOnce, Later, Recursive, RecursiveCounted};
use crate::visitor::{Line, Visitor};
use model::site;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tracing_appender::rolling::InitError;
use wire::{Envelope, Packet, ResponseCode, Version};

/// For whom questions are answered at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Desk {
    /// For those of this node's own prefixes: all that it can be asked.
    Own,
    /// For anything, by asking others.
    Recursive,
}

/// Receives questions of every transport.
pub(crate) struct Reception {
    answerer: Arc<Answerer>,
    recursive: Option<Arc<Recursive>>,
    limiter: Limiter,
    metrics: Arc<Metrics>,
    access: Option<AccessLog>,
    log_dropped: OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>,
    pub(crate) live: Live,
    pub(crate) expiry: Expiry,
}

/// Settings of the transports that may change while the node runs.
#[derive(Debug, Default)]
pub(crate) struct Live {
    tcp_idle_seconds_max: AtomicU64,
    tcp_login_idle_seconds_max: AtomicU64,
    tcp_connections_per_peer_max: AtomicUsize,
    /// How many connections are open, by transport; no setting, but as alive.
    connections: [AtomicUsize; Transport::ALL.len()],
    /// Whether the node stops.
    stops: AtomicBool,
}

impl Live {
    fn set(&self, config: &Config) {
        let idle = config.tcp.idle_seconds_max;
        self.tcp_idle_seconds_max.store(idle, Ordering::Relaxed);
        let idle = config.tcp.login_idle_seconds_max;
        self.tcp_login_idle_seconds_max
            .store(idle, Ordering::Relaxed);
        let each = config.tcp.connections_per_peer_max;
        self.tcp_connections_per_peer_max
            .store(each, Ordering::Relaxed);
    }

    fn tcp_idle_max(&self, is_logged_in: bool) -> Duration {
        let seconds = if is_logged_in {
            &self.tcp_login_idle_seconds_max
        } else {
            &self.tcp_idle_seconds_max
        };
        Duration::from_secs(seconds.load(Ordering::Relaxed))
    }

    pub(crate) fn tcp_connections_per_peer_max(&self) -> usize {
        self.tcp_connections_per_peer_max.load(Ordering::Relaxed)
    }
}

/// A connection; it is counted until this is dropped.
pub(crate) struct Open(Arc<Reception>, Transport);

impl Drop for Open {
    fn drop(&mut self) {
        let Self(reception, transport) = self;
        let open = &reception.live.connections[*transport as usize];
        open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection of the protocol's own, on which somebody may be logged in; dropping it ends the
/// login.
pub(crate) struct Conversation {
    reception: Arc<Reception>,
    line: Line,
}

impl Conversation {
    pub(crate) fn begin(reception: &Arc<Reception>) -> Self {
        Self {
            reception: Arc::clone(reception),
            line: reception.answerer.pick_up(),
        }
    }

    pub(crate) fn line(&self) -> Line {
        self.line
    }

    /// For how long the connection may be silent.
    pub(crate) fn idle_max(&self) -> Duration {
        let Self { reception, line } = self;
        let is_logged_in = reception.answerer.is_logged_in(*line);
        reception.live.tcp_idle_max(is_logged_in)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.reception.answerer.hang_up(self.line);
    }
}

impl Reception {
    /// Opens the access log, if one is configured.
    pub(crate) fn new(
        config: &Config,
        answerer: &Arc<Answerer>,
        recursive: Option<Arc<Recursive>>,
    ) -> Result<Self, InitError> {
        let reception = Self {
            answerer: Arc::clone(answerer),
            recursive,
            limiter: Limiter::new(&config.limits),
            metrics: Arc::new(Metrics::new()),
            access: AccessLog::start(&config.log)?,
            log_dropped: OnceLock::new(),
            live: Live::default(),
            expiry: Expiry::default(),
        };
        reception.live.set(config);
        reception.expiry.set(config.keys.warning_days);
        Ok(reception)
    }

    pub(crate) fn answerer(&self) -> &Arc<Answerer> {
        &self.answerer
    }

    /// Takes the settings that may change while the node runs.
    pub(crate) fn set(&self, config: &Config) {
        self.limiter.set(&config.limits);
        self.live.set(config);
        self.expiry.set(config.keys.warning_days);
        if let Some(recursive) = &self.recursive {
            recursive.set(&config.recursive);
        }
    }

    /// Says that the node stops: it is not ready any more.
    pub(crate) fn stop(&self) {
        self.live.stops.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.live.stops.load(Ordering::Relaxed)
    }

    /// Says how many lines of the node's log were left out, for the numbers.
    pub(crate) fn count_log_drops(&self, dropped: impl Fn() -> u64 + Send + Sync + 'static) {
        // Only the first log of a process counts.
        let _ = self.log_dropped.set(Box::new(dropped));
    }

    /// Whether somebody may ask one more question now. If not, that is counted.
    pub(crate) fn admits(&self, transport: Transport, peer: IpAddr) -> bool {
        let admits = self.limiter.admits(peer);
        if !admits {
            self.metrics.count_rate_limited(transport);
        }
        admits
    }

    /// Answers a packet; `None` if it deserves no answer.
    pub(crate) async fn answer(
        &self,
        transport: Transport,
        peer: IpAddr,
        packet: &Packet,
    ) -> Option<Answered> {
        let visitor = match transport {
            Transport::Udp => Visitor::claimed(peer),
            Transport::Tcp => Visitor::connected(peer, site::Transport::TCP),
            Transport::Http => Visitor::connected(peer, site::Transport::HTTP),
        };
        self.answer_visitor(visitor, transport, peer, packet).await
    }

    /// Answers a packet that came on a connection; `None` if it deserves no answer.
    pub(crate) async fn answer_on(
        &self,
        line: Line,
        peer: IpAddr,
        packet: &Packet,
    ) -> Option<Answered> {
        let visitor = Visitor::on(line, peer);
        self.answer_visitor(visitor, Transport::Tcp, peer, packet)
            .await
    }

    async fn answer_visitor(
        &self,
        visitor: Visitor,
        transport: Transport,
        peer: IpAddr,
        packet: &Packet,
    ) -> Option<Answered> {
        if let Some(answered) = self.answerer.answer_probe(packet, visitor).await {
            return Some(answered);
        }
        let started = Instant::now();
        let answered = self.answerer.answer_packet(packet, visitor).await?;
        let took = started.elapsed();
        self.note(transport, peer, packet, &answered.packet, took);
        Some(answered)
    }

    /// Answers a packet for which others may have to be asked, as far as that can be done at once.
    pub(crate) fn resolve_at_once(
        &self,
        transport: Transport,
        peer: IpAddr,
        packet: &Packet,
    ) -> AtOnce {
        let Some(recursive) = &self.recursive else {
            return AtOnce::Nothing;
        };
        let started = Instant::now();
        let at_once = recursive.at_once(packet, peer);
        if let AtOnce::Answer(answer) = &at_once {
            self.note(transport, peer, packet, answer, started.elapsed());
        }
        at_once
    }

    /// Ends what could not be answered at once.
    pub(crate) async fn resolve_later(
        &self,
        transport: Transport,
        peer: IpAddr,
        packet: &Packet,
        later: Later,
    ) -> Option<Packet> {
        let visitor = match transport {
            Transport::Udp => Visitor::claimed(peer),
            Transport::Tcp => Visitor::connected(peer, site::Transport::TCP),
            Transport::Http => Visitor::connected(peer, site::Transport::HTTP),
        };
        let started = Instant::now();
        let recursive = self.recursive.as_ref()?;
        let answer = recursive.answer_later(later, packet, visitor).await?;
        self.note(transport, peer, packet, &answer, started.elapsed());
        Some(answer)
    }

    /// The next packet of an answer that goes on; reads the tables.
    pub(crate) fn more(&self, more: More) -> Option<Answered> {
        self.answerer.more(more)
    }

    /// Answers that there is no time for a packet; nothing was done.
    pub(crate) fn turn_away(
        &self,
        transport: Transport,
        peer: IpAddr,
        packet: &Packet,
    ) -> Option<Packet> {
        let answer = self.answerer.turn_away(packet)?;
        self.note(transport, peer, packet, &answer, Duration::ZERO);
        Some(answer)
    }

    /// Answers octets that are no packet, but whose envelope could be read.
    pub(crate) fn refuse(
        &self,
        transport: Transport,
        peer: IpAddr,
        envelope: &Envelope,
        error: &wire::Error,
    ) -> Packet {
        let answer = self.answerer.refuse(envelope, error).to_packet();
        let code = access_log::response_code(&answer.payload);
        let opcode = access_log::opcode(&answer.payload);
        self.metrics
            .count_answer(transport, opcode, code, Duration::ZERO);
        self.write_refused(transport, peer, Some((envelope.version, code)));
        answer
    }

    /// Counts octets that have not even an envelope, so that nobody can be answered.
    pub(crate) fn ignore(&self, transport: Transport, peer: IpAddr) {
        self.answerer.counters().count_refused();
        self.write_refused(transport, peer, None);
    }

    /// Writes the line of octets that are no packet: the version they claim, and what was answered.
    fn write_refused(
        &self,
        transport: Transport,
        peer: IpAddr,
        answered: Option<(Version, ResponseCode)>,
    ) {
        if let Some(access) = &self.access {
            access.note(&Access {
                peer,
                transport,
                version: answered.map(|(version, _)| version),
                opcode: None,
                code: answered.map(|(_, code)| code),
                took: Duration::ZERO,
                identifier: None,
            });
        }
    }

    /// Counts an answer and writes its line.
    pub(crate) fn note(
        &self,
        transport: Transport,
        peer: IpAddr,
        packet: &Packet,
        answer: &Packet,
        took: Duration,
    ) {
        let opcode = access_log::opcode(&packet.payload);
        let code = access_log::response_code(&answer.payload);
        self.metrics.count_answer(transport, opcode, code, took);
        if let Some(access) = &self.access {
            access.note(&Access {
                peer,
                transport,
                version: Some(packet.envelope.version),
                opcode: Some(opcode),
                code: Some(code),
                took,
                identifier: Some(access_log::identifier(packet)),
            });
        }
    }

    pub(crate) fn count_too_long_for_udp(&self) {
        self.answerer.counters().count_too_long_for_udp();
    }

    pub(crate) fn count_connection_refused(&self, transport: Transport) {
        self.metrics.count_connection_refused(transport);
    }

    /// Counts a connection for as long as the result is held.
    pub(crate) fn count_connection(reception: &Arc<Self>, transport: Transport) -> Open {
        let open = &reception.live.connections[transport as usize];
        open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(reception), transport)
    }

    /// What was done for others, if that is done at all.
    pub(crate) fn recursive_counted(&self) -> Option<RecursiveCounted> {
        self.recursive.as_ref().map(|recursive| recursive.counted())
    }

    /// All numbers as text.
    pub(crate) fn metrics(&self) -> String {
        let open = |count: &AtomicUsize| count.load(Ordering::Relaxed) as u64;
        let gauges = Gauges {
            connections: self.live.connections.each_ref().map(open),
            access_lines_dropped: self.access.as_ref().map_or(0, AccessLog::dropped),
            log_lines_dropped: self.log_dropped.get().map_or(0, |dropped| dropped()),
            counted: self.answerer.counters().read(),
            recursive: self.recursive_counted().map(Box::new),
            registry: self.answerer.registry().map(|it| Box::new(it.state())),
        };
        let replication = self.answerer.replication().state();
        metrics::text(&self.metrics, gauges, self.expiry.found(), replication)
    }
}

/// Shows nothing of what passes.
impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reception")
    }
}
