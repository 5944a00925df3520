//! How probes are answered: as the question or the order that they stand for would be, and counted
//! apart from those.
//!
//! Not here: what a probe is (room `engine`), whose are known (`probes`).

use super::{Answered, Answerer, lock};
use crate::elsewhere::Asks;
use crate::probes::Probers;
use crate::visitor::{Source, Visitor};
use bytes::Bytes;
use client::Clock;
use engine::probing::message::{Kind, as_question, control, is_as_it_should_be};
use engine::{Origin, Step};
use model::{Change, Key};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;
use wire::{Answer, Message, OpFlags, Packet, ResponseCode};

/// For how long it is known that something could be made durable, before it is tried again: so the
/// probes of all members together cost a write a second.
const WRITTEN_FOR: Duration = Duration::from_secs(1);

/// Where the flags stand in a message, after operation and response code.
const FLAGS_AT: std::ops::Range<usize> = 8..12;

/// What an answerer knows about probes.
#[derive(Debug, Default)]
pub(super) struct Probed {
    probers: Probers,
    /// When something was made durable last for a probe.
    written: Mutex<Option<Instant>>,
}

impl Answerer {
    /// The same, that knows some probers.
    #[must_use]
    pub(crate) fn knowing(mut self, probers: Probers) -> Self {
        self.probed.probers = probers;
        self
    }

    /// Answers a packet if it is the probe of a prober that is known.
    pub(crate) async fn answer_probe(&self, packet: &Packet, visitor: Visitor) -> Option<Answered> {
        if !may_be_probe(packet) {
            return None;
        }
        let request = Message::from_packet(packet).ok()?;
        let source = visitor.source;
        let (now, date) = (self.clock.moment(), Clock::date());
        let kind = self.probed.probers.probe(&request, source, now, date)?;
        let answer = match kind {
            Kind::Resolution => self.probe_resolution(&request, source).await,
            Kind::Registration => self.probe_registration(&request, source).await,
        };
        self.counters.count_probe();
        Some(self.signed(&request, answer, source).to_packet().into())
    }

    async fn probe_resolution(&self, request: &Message, source: Source) -> Message {
        let origin = Origin::Network;
        if let Some(refused) = self.refuse_as_copy(request, &origin) {
            return refused;
        }
        let step = self.authority.start(request, origin, Clock::date());
        let mut asks = Asks::new(&self.elsewhere, source);
        match self.drive(self.store.view(), step, &mut asks).await {
            Ok(Step::Answer(answer)) => answer.message,
            Ok(_) => self.fail_probe(request, ResponseCode::ERROR, "there is no answer"),
            Err(error) => self.fail(request, &error),
        }
    }

    /// Answers whether a change would be taken: whether the node answers for the identifier at all,
    /// is no copy, and can make something durable, with as many copies as it promises.
    async fn probe_registration(&self, request: &Message, source: Source) -> Message {
        let Some(control) = control(Kind::Registration, request) else {
            return self.fail_probe(request, ResponseCode::PROTOCOL_ERROR, "no identifier");
        };
        if self.replication.is_copy() {
            let code = ResponseCode::SERVER_NOT_RESPONSIBLE;
            return self.fail_probe(request, code, "Not a primary server");
        }
        let question = as_question(request, &control);
        let answer = self.probe_resolution(&question, source).await;
        let code = answer.header.response_code;
        if !is_as_it_should_be(Kind::Resolution, code, false) {
            return self.fail_probe(
                request,
                code,
                "the node does not answer for this identifier",
            );
        }
        match self.can_write().await {
            Ok(()) => self.authority.succeed(request, Answer::Done, Clock::date()),
            Err(error) => self.fail(request, &error),
        }
    }

    fn fail_probe(&self, request: &Message, code: ResponseCode, text: &str) -> Message {
        self.authority.fail(request, code, text, Clock::date())
    }

    /// Makes something of no meaning durable, unless that was done a moment ago, and waits until
    /// what was before it is with the copies that are promised.
    async fn can_write(&self) -> Result<(), store::Error> {
        let before = self.store.head().position;
        let is_recent = |at: Instant| at.elapsed() < WRITTEN_FOR;
        let written = *lock(&self.probed.written);
        if !written.is_some_and(is_recent) {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
            let date_ms = since_1970.unwrap_or_default().as_millis() as u64;
            let mut change = Change::default();
            change.put(
                Key::probed(),
                Bytes::copy_from_slice(&date_ms.to_be_bytes()),
            );
            let (done, waiting) = oneshot::channel();
            self.submit_replicated(change, None, move |outcome| drop(done.send(outcome)));
            waiting.await.unwrap_or(Err(store::Error::Closed))?;
            *lock(&self.probed.written) = Some(Instant::now());
        }
        if !self.replication.waits_at_all() {
            return Ok(());
        }
        let (done, waiting) = oneshot::channel();
        let needed = self.replication.copies_needed_at_most();
        let tell = move |outcome| drop(done.send(outcome));
        self.replication.when_confirmed(before, needed, tell);
        waiting.await.unwrap_or(Err(store::Error::Closed)).map(drop)
    }
}

/// Whether a packet has the flag of a probe: all others go on without being read twice.
fn may_be_probe(packet: &Packet) -> bool {
    let flags = packet.payload.get(FLAGS_AT);
    let flags = flags.and_then(|octets| octets.try_into().ok());
    let flags = OpFlags(flags.map_or(0, u32::from_be_bytes));
    packet.envelope.session_id == 0 && flags.contains(OpFlags::PROBE)
}
