//! Where a plan of the engine meets the store: fetches, commits, plans again.

use crate::config::Config;
use crate::counters::Counters;
use crate::seldom::Seldom;
use client::Clock;
use crypto::Provider;
use engine::authority::refuse;
use engine::{Answer, Authority, Event, Origin, Step};
use std::io::ErrorKind;
use std::sync::Arc;
use store::Store;
use tracing::{error, warn};
use wire::{Envelope, Message, Packet, ResponseCode};

/// How often a plan is made again because somebody else was faster.
///
/// Each round somebody got through, so only a crowd on one identifier reaches it; beyond it the
/// asker is told that the node is busy.
const CONFLICTS_COUNT_MAX: usize = 16;

/// Answers requests, from any number of threads.
pub(crate) struct Answerer {
    authority: Authority<Provider>,
    store: Store,
    counters: Counters,
    failures_told: Seldom,
}

impl Answerer {
    pub(crate) fn new(config: &Config, store: Store) -> Self {
        Self {
            authority: Authority {
                digests: Provider,
                suffix_case: store.settings().suffix_case,
                site_serial: config.site_serial,
                is_primary: config.is_primary,
                templates: Arc::default(),
            },
            store,
            counters: Counters::default(),
            failures_told: Seldom::default(),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn into_store(self) -> Store {
        self.store
    }

    /// Answers one packet from the network; `None` if it deserves no answer.
    pub(crate) fn answer_packet(&self, packet: &Packet) -> Option<Packet> {
        let answer = match Message::from_packet(packet) {
            Ok(message) => self.answer(&message, Origin::Network)?,
            Err(error) => self.refuse(&packet.envelope, &error),
        };
        Some(answer.to_packet())
    }

    /// Answers octets that are no message.
    pub(crate) fn refuse(&self, envelope: &Envelope, error: &wire::Error) -> Message {
        self.counters.count_refused();
        refuse(envelope, error, Clock::date())
    }

    /// Answers one request. If the answer follows a change, the change is durable and visible when
    /// this returns.
    pub(crate) fn answer(&self, request: &Message, origin: Origin) -> Option<Message> {
        for _ in 0..CONFLICTS_COUNT_MAX {
            let step = self.authority.start(request, origin, Clock::date());
            let answer = match self.drive(step) {
                Ok(Some(answer)) => answer,
                Ok(None) => return None,
                Err(error) => return Some(self.fail(request, &error, Done::Nothing)),
            };
            if answer.change.is_empty() {
                return Some(answer.message);
            }
            match self.store.commit(answer.change) {
                Ok(_) => return Some(answer.message),
                Err(store::Error::Conflict { .. }) => (),
                Err(error) => return Some(self.fail(request, &error, Done::Perhaps)),
            }
        }
        let code = ResponseCode::SERVER_BUSY;
        let text = "others change the same identifier all the time; nothing was done, try again";
        Some(self.authority.fail(request, code, text, Clock::date()))
    }

    fn drive(&self, mut step: Step) -> Result<Option<Answer>, store::Error> {
        let view = self.store.view();
        loop {
            step = match step {
                Step::Fetch(fetch) => {
                    let found: Result<_, _> =
                        fetch.keys().iter().map(|key| view.get(key)).collect();
                    fetch.resume(found?)
                }
                Step::Answer(answer) => {
                    self.note(&answer.event);
                    return Ok(Some(*answer));
                }
                Step::Ignore(event) => {
                    self.note(&event);
                    return Ok(None);
                }
            }
        }
    }

    fn note(&self, event: &Event) {
        self.counters.count(event);
        match event {
            Event::RecordUnreadable { key, error } => {
                error!(?key, %error, "a stored record cannot be read");
            }
            Event::TemplateFailed {
                identifier,
                problem,
            } => {
                let identifier = identifier.escape_ascii();
                warn!(%identifier, %problem, "templates cannot be carried out");
            }
            _ => (),
        }
    }

    /// The answer to a request that the store could not serve. A change that failed may yet have
    /// become durable, and the asker must know that.
    fn fail(&self, request: &Message, error: &store::Error, done: Done) -> Message {
        if self.failures_told.now() {
            error!(%error, "requests fail; this is said once a minute");
        }
        let (code, text) = match (error, done) {
            (store::Error::TooLarge { .. } | store::Error::Key { .. }, _) => (
                ResponseCode::INVALID_VALUE,
                "the values are too large; nothing was done",
            ),
            (store::Error::ReadOnly { .. }, _) => {
                let text = "outcome unknown: the node's disk has failed, it takes no changes";
                (ResponseCode::SERVER_READ_ONLY, text)
            }
            (store::Error::Io { source, .. }, _) if source.kind() == ErrorKind::StorageFull => (
                ResponseCode::SERVER_READ_ONLY,
                "the node's disk is full; nothing was done",
            ),
            (_, Done::Nothing) => (ResponseCode::ERROR, "the node's storage cannot be read"),
            (_, Done::Perhaps) => (
                ResponseCode::ERROR,
                "outcome unknown: the node's storage failed; ask again",
            ),
        };
        self.authority.fail(request, code, text, Clock::date())
    }
}

/// What may have been done of a request that failed.
#[derive(Debug, Clone, Copy)]
enum Done {
    Nothing,
    Perhaps,
}
