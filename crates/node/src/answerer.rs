//! Where a plan of the engine meets the store: fetches, commits, plans again; and what an answer
//! still needs then: a challenge, a signature.
//!
//! Not here: what is answered (room `engine`), sockets.

use crate::config::Config;
use crate::counters::Counters;
use crate::founding::Founded;
use crate::seldom::Seldom;
use client::Clock;
use crypto::{Provider, SigningKey};
use engine::authority::{OwnSite, Settings, certify, refuse};
use engine::challenges::{ChallengeLimits, Chance, NotPending};
use engine::{Allowance, AllowanceLimits, Answer, Authority, Challenges, Event, Origin, Step};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tracing::{error, warn};
use wire::{Envelope, Message, OpFlags, Opcode, Packet, ResponseCode};

#[cfg(test)]
mod captures;
#[cfg(test)]
mod tests;

/// How often a plan is made again because somebody else was faster.
///
/// Each round somebody got through, so only a crowd on one identifier reaches it; beyond it the
/// asker is told that the node is busy.
const CONFLICTS_COUNT_MAX: usize = 16;

/// What an answerer is told; everything has a default.
#[derive(Debug, Default)]
pub(crate) struct AnswererSettings {
    /// What is answered. The case of suffixes is taken from the store instead.
    pub(crate) authority: Settings,
    /// The key of this server in its site, which signs answers for those who ask; without one
    /// nothing is signed.
    pub(crate) signing_key: Option<Arc<SigningKey>>,
    /// How much may be signed.
    pub(crate) signatures: AllowanceLimits,
    /// How many challenges may wait.
    pub(crate) challenges: ChallengeLimits,
}

impl AnswererSettings {
    fn of(config: &Config, founded: Option<&Founded>) -> Self {
        let limits = &config.limits;
        Self {
            authority: Settings {
                site: own_site(config, founded),
                refers_old_peers: config.site.refers_old_peers,
                ..Settings::default()
            },
            signing_key: founded.map(|founded| Arc::clone(&founded.signing_key)),
            signatures: AllowanceLimits {
                per_second: limits.signatures_per_second,
                per_source_and_second: limits.signatures_per_source_and_second,
            },
            challenges: ChallengeLimits {
                life: Duration::from_secs(limits.challenge_seconds_max),
                count_max: limits.challenges_count_max,
                octets_max: limits.challenges_octets_max,
                count_per_source_max: limits.challenges_per_source_max,
                octets_per_source_max: limits.challenges_octets_per_source_max,
            },
        }
    }
}

/// The site as the node was founded in it; without a record for one that was not founded.
fn own_site(config: &Config, founded: Option<&Founded>) -> OwnSite {
    let is_primary = config.site.is_primary;
    let Some(founded) = founded else {
        return OwnSite::without_record(1, is_primary);
    };
    let Founded {
        site, server_index, ..
    } = founded;
    OwnSite::from_record(site.encode(), *server_index)
        .unwrap_or_else(|_| OwnSite::without_record(site.serial, is_primary))
}

/// Who asks, as far as limits go: an address of IPv4, or the upper half of one of IPv6, for whoever
/// has one of those has all of its other halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source(IpAddr);

impl Source {
    /// The source that stands for all who are not told apart.
    pub(crate) const ANYBODY: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The source that an address belongs to.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Ipv6Addr::from(network).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// Answers requests, from any number of threads.
pub(crate) struct Answerer {
    authority: Authority<Provider>,
    store: Store,
    counters: Counters,
    failures_told: Seldom,
    clock: Clock,
    signing_key: Option<Arc<SigningKey>>,
    signatures: Mutex<Allowance<Source>>,
    challenges: Mutex<Challenges<Source>>,
}

impl Answerer {
    pub(crate) fn new(config: &Config, store: Store, founded: Option<&Founded>) -> Self {
        Self::with_settings(AnswererSettings::of(config, founded), store)
    }

    pub(crate) fn with_settings(settings: AnswererSettings, store: Store) -> Self {
        Self {
            authority: Authority {
                digests: Provider,
                settings: Settings {
                    suffix_case: store.settings().suffix_case,
                    ..settings.authority
                },
            },
            store,
            counters: Counters::default(),
            failures_told: Seldom::default(),
            clock: Clock::start(),
            signing_key: settings.signing_key,
            signatures: Mutex::new(Allowance::new(settings.signatures)),
            challenges: Mutex::new(Challenges::new(settings.challenges)),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn into_store(self) -> Store {
        self.store
    }

    /// Answers one packet from the network; `None` if it deserves no answer.
    pub(crate) fn answer_packet(&self, packet: &Packet, source: Source) -> Option<Packet> {
        let answer = match Message::from_packet(packet) {
            Ok(message) => self.answer(&message, Origin::Network, source)?,
            Err(error) => self.refuse(&packet.envelope, &error),
        };
        Some(answer.to_packet())
    }

    /// Answers that there is no time for a packet; nothing was done. `None` for an answer.
    pub(crate) fn turn_away(&self, packet: &Packet) -> Option<Packet> {
        let request = match Message::from_packet(packet) {
            Ok(request) if request.header.is_response() => return None,
            Ok(request) => request,
            Err(error) => return Some(self.refuse(&packet.envelope, &error).to_packet()),
        };
        let code = ResponseCode::SERVER_BUSY;
        let text = "you ask more than this node answers to one source; wait, nothing was done";
        let answer = self.authority.fail(&request, code, text, Clock::date());
        Some(answer.to_packet())
    }

    /// Answers octets that are no message.
    pub(crate) fn refuse(&self, envelope: &Envelope, error: &wire::Error) -> Message {
        self.counters.count_refused();
        refuse(envelope, error, Clock::date())
    }

    /// Answers one request. If the answer follows a change, the change is durable and visible when
    /// this returns.
    pub(crate) fn answer(
        &self,
        request: &Message,
        origin: Origin,
        source: Source,
    ) -> Option<Message> {
        let answer = match self.answer_to_challenge(request) {
            Some(answer) => answer,
            None => self.answer_plainly(request, origin, source)?,
        };
        Some(self.certified(answer, request, source))
    }

    fn answer_plainly(&self, request: &Message, origin: Origin, source: Source) -> Option<Message> {
        for _ in 0..CONFLICTS_COUNT_MAX {
            let step = self.authority.start(request, origin, Clock::date());
            let answer = match self.drive(step) {
                Ok(Some(answer)) => answer,
                Ok(None) => return None,
                Err(error) => return Some(self.fail(request, &error, Done::Nothing)),
            };
            if answer.is_challenge {
                return Some(self.challenge(request, source).unwrap_or(answer.message));
            }
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

    /// Issues a challenge; `None` if there is no room for it, or no randomness.
    fn challenge(&self, request: &Message, source: Source) -> Option<Message> {
        let chance = chance()?;
        let now = self.clock.moment();
        let id = lock(&self.challenges).issue(source, request, chance, now)?;
        let date = Clock::date();
        Some(self.authority.challenge(request, id, &chance.nonce, date))
    }

    /// Answers the answer to a challenge that was issued here; `None` if it is none.
    fn answer_to_challenge(&self, request: &Message) -> Option<Message> {
        let id = request.envelope.session_id;
        if request.header.opcode != Opcode::CHALLENGE_RESPONSE
            || id == 0
            || request.header.is_response()
        {
            return None;
        }
        let (code, text) = match lock(&self.challenges).take(id, self.clock.moment()) {
            Err(NotPending::Unknown) => return None,
            Err(NotPending::Expired) => (
                ResponseCode::AUTHENTICATION_TIMEOUT,
                "the challenge was answered too late; ask again",
            ),
            Ok(_) => (
                ResponseCode::OPERATION_NOT_SUPPORTED,
                "this node does not check proofs yet; ask for public values only",
            ),
        };
        let answer = self.authority.fail(request, code, text, Clock::date());
        self.counters.count(&Event::Answered {
            opcode: request.header.opcode,
            code,
        });
        Some(answer)
    }

    /// The answer with a signature, if one is asked for and there is a key.
    ///
    /// A signature that is due and not made would be taken for an attack, so beyond the allowance
    /// the asker is told to wait instead.
    fn certified(&self, mut answer: Message, request: &Message, source: Source) -> Message {
        let Some(key) = &self.signing_key else {
            return answer;
        };
        if !request.header.flags.contains(OpFlags::CERTIFIED) {
            return answer;
        }
        if !lock(&self.signatures).take(source, self.clock.moment()) {
            let text = "too many signed answers are asked for; wait a second and ask again";
            let code = ResponseCode::SERVER_BUSY;
            return self.authority.fail(request, code, text, Clock::date());
        }
        if !certify(&mut answer, key.as_ref()) && self.failures_told.now() {
            error!("answers cannot be signed; this is said once a minute");
        }
        answer
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
            (error, _) if error.is_disk_full() => (
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

/// Randomness for a challenge; `None` if the operating system gives none.
fn chance() -> Option<Chance> {
    let mut nonce = [0; wire::challenge::NONCE_OCTETS];
    getrandom::fill(&mut nonce).ok()?;
    let id = getrandom::u32().ok()?;
    Some(Chance { id, nonce })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing between two statements that change the state can fail.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
