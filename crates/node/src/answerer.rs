//! Where a plan of the engine meets the store: fetches, commits, plans again; and what an answer
//! still needs then: a challenge, a signature.
//!
//! Not here: what is answered (room `engine`), sockets.

use crate::config::{Config, TemplatesError};
use crate::counters::Counters;
use crate::elsewhere::Elsewhere;
use crate::founding::{self, Founded};
use crate::guesses::Guesses;
use crate::peers::network_of;
use crate::seldom::Seldom;
use bytes::Bytes;
use client::Clock;
use crypto::{Provider, SigningKey};
use engine::authority::{
    Claim, Evidence, Identified, Known, OwnSite, Settings, Unidentified, certify, refuse,
};
use engine::challenges::{ChallengeLimits, Chance, NotPending, Pending};
use engine::{Allowance, AllowanceLimits, Answer, Authority, Challenges, Event, Origin, Step};
use model::Reference;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Store, View};
use tracing::{error, warn};
use wire::challenge::{AUTHENTICATION_PUBLIC_KEY, AUTHENTICATION_SECRET_KEY, ChallengeResponse};
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
    /// Who else can be asked. Default: nobody.
    pub(crate) elsewhere: Elsewhere,
}

impl AnswererSettings {
    fn of(config: &Config, founded: Option<&Founded>) -> Result<Self, TemplatesError> {
        let root_admin = founded
            .filter(|founded| founded.is_own_root)
            .map(|_| Reference {
                identifier: Bytes::from_static(founding::ROOT.as_bytes()),
                index: founding::ADMIN_INDEX,
            });
        let limits = &config.limits;
        Ok(Self {
            authority: Settings {
                site: own_site(config, founded),
                templates: Arc::new(config.templates.settings()?),
                administration: Arc::new(
                    config
                        .administration
                        .settings(root_admin)
                        .expect("checked when the configuration was read"),
                ),
                is_strict: config.strict,
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
            elsewhere: Elsewhere,
        })
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

/// Who asks, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    network: IpAddr,
    /// Whether they have shown that the address is theirs. Over UDP anybody can write any.
    is_proven: bool,
}

impl Source {
    /// The source that stands for all who are not told apart.
    pub(crate) const ANYBODY: Self = Self {
        network: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        is_proven: true,
    };

    /// The source of somebody with whom there is a connection.
    pub(crate) fn connected(address: IpAddr) -> Self {
        Self {
            network: network_of(address),
            is_proven: true,
        }
    }

    /// The source that a datagram names.
    pub(crate) fn claimed(address: IpAddr) -> Self {
        Self {
            is_proven: false,
            ..Self::connected(address)
        }
    }
}

/// Answers requests, from any number of threads.
pub(crate) struct Answerer {
    authority: Authority<Provider>,
    store: Store,
    counters: Counters,
    failures_told: Seldom,
    unreadable_told: Seldom,
    templates_told: Seldom,
    clock: Clock,
    signing_key: Option<Arc<SigningKey>>,
    /// For those who have shown their address, and for those who only claim one: whoever makes up
    /// addresses takes nothing from the others.
    signatures: [Mutex<Allowance<Source>>; 2],
    challenges: Mutex<Challenges<Source>>,
    guesses: Mutex<Guesses>,
    elsewhere: Elsewhere,
}

impl Answerer {
    pub(crate) fn new(
        config: &Config,
        store: Store,
        founded: Option<&Founded>,
    ) -> Result<Self, TemplatesError> {
        let settings = AnswererSettings::of(config, founded)?;
        Ok(Self::with_settings(settings, store))
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
            unreadable_told: Seldom::default(),
            templates_told: Seldom::default(),
            clock: Clock::start(),
            signing_key: settings.signing_key,
            signatures: halves(settings.signatures)
                .map(|limits| Mutex::new(Allowance::new(limits))),
            challenges: Mutex::new(Challenges::new(settings.challenges)),
            guesses: Mutex::default(),
            elsewhere: settings.elsewhere,
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
            Ok(message) => self.answer(&message, &Origin::Network, source)?,
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
    ///
    /// A signature that is due and not made would be taken for an attack, so beyond the allowance
    /// nothing is done and the asker is told to wait.
    pub(crate) fn answer(
        &self,
        request: &Message,
        origin: &Origin,
        source: Source,
    ) -> Option<Message> {
        let Some(id) = answered_challenge(request) else {
            return self.answer_signed(request, source, || {
                self.answer_plainly(request, origin, |request| self.challenge(request, source))
            });
        };
        let pending = match lock(&self.challenges).take(id, self.clock.moment()) {
            // Whoever answers a challenge that is not there is as somebody in a session that is
            // not there.
            Err(NotPending::Unknown) => {
                return self.answer_plainly(request, origin, |_| None);
            }
            Err(NotPending::Expired(pending)) => {
                let code = ResponseCode::AUTHENTICATION_TIMEOUT;
                let text = "the challenge was answered too late; ask again";
                let answer = self.fail_first(&pending.request, code, text);
                return Some(as_answer_to(request, answer));
            }
            Ok(pending) => pending,
        };
        let answer = self.answer_signed(&pending.request, source, || {
            self.answer_proven(&pending, request, source)
        })?;
        Some(as_answer_to(request, answer))
    }

    /// Answers a request that was challenged, if the challenge has been answered rightly.
    fn answer_proven(
        &self,
        pending: &Pending<Source>,
        answered: &Message,
        source: Source,
    ) -> Option<Message> {
        let asked = &pending.request;
        let failed = |refused: &Unidentified| self.fail_first(asked, refused.code, &refused.reason);
        let response = match ChallengeResponse::decode(answered.body.clone()) {
            Ok(response) => response,
            Err(error) => {
                let code = ResponseCode::PROTOCOL_ERROR;
                return Some(self.fail_first(asked, code, &error.to_string()));
            }
        };
        let is_by_key = match &response.authentication[..] {
            AUTHENTICATION_PUBLIC_KEY => true,
            AUTHENTICATION_SECRET_KEY => false,
            _ => {
                let text = "the kind of authentication is unknown: HS_PUBKEY and HS_SECKEY are not";
                return Some(self.fail_first(asked, ResponseCode::INVALID_CREDENTIAL, text));
            }
        };
        let claim = Claim {
            identity: response.identity,
            evidence: Evidence::Proof {
                proof: response.proof,
                is_by_key,
                nonce: Bytes::copy_from_slice(&pending.nonce),
                digest: self.authority.challenged_digest(asked),
                version: answered.envelope.version,
            },
        };
        match self.identify(claim, source) {
            Ok(known) => {
                let origin = Origin::Known(known);
                self.answer_plainly(asked, &origin, |_| None)
            }
            Err(refused) => Some(failed(&refused)),
        }
    }

    /// Finds out whether somebody is who they claim to be.
    ///
    /// Guessing is bounded: who has been wrong too often, from one source or about one identity, is
    /// not listened to for a while.
    pub(crate) fn identify(&self, claim: Claim, source: Source) -> Result<Known, Unidentified> {
        let identity = claim.identity.clone();
        let now = self.clock.moment();
        if !lock(&self.guesses).may_try(source, &identity, now) {
            return Err(Unidentified {
                code: ResponseCode::SERVER_BUSY,
                reason: "too many wrong proofs; wait a minute".into(),
            });
        }
        let mut step = self.authority.identify(claim);
        let view = self.store.view();
        let identification = loop {
            step = match self.go_on(step, &*view) {
                Ok(Step::Identified(identification)) => break identification,
                Ok(Step::Answer(_) | Step::Ignore(_)) | Err(_) => {
                    break Err(Unidentified {
                        code: ResponseCode::ERROR,
                        reason: "the node's storage cannot be read".into(),
                    });
                }
                Ok(step) => step,
            };
        };
        match identification {
            Ok(Identified { known, weakness }) => {
                if weakness.is_some() {
                    self.counters.count_weak();
                }
                Ok(known)
            }
            Err(refused) => {
                self.counters.count_unidentified();
                if refused.code == ResponseCode::AUTHENTICATION_FAILED {
                    lock(&self.guesses).note_wrong(source, &identity, now);
                }
                Err(refused)
            }
        }
    }

    /// Answers that a request which was challenged is not carried out.
    fn fail_first(&self, asked: &Message, code: ResponseCode, text: &str) -> Message {
        self.counters.count(&Event::Answered {
            opcode: asked.header.opcode,
            code,
        });
        self.authority.fail(asked, code, text, Clock::date())
    }

    /// Answers, and signs the answer if that was asked for.
    fn answer_signed(
        &self,
        request: &Message,
        source: Source,
        answer: impl FnOnce() -> Option<Message>,
    ) -> Option<Message> {
        let key = self.signing_key.as_ref().filter(|_| is_certified(request));
        if key.is_some() && !self.may_sign(source) {
            let text = "too many signed answers are asked for; wait a second and ask again";
            let code = ResponseCode::SERVER_BUSY;
            return Some(self.authority.fail(request, code, text, Clock::date()));
        }
        let mut answer = answer()?;
        if let Some(key) = key
            && !certify(&mut answer, key.as_ref())
            && self.failures_told.now()
        {
            error!("answers cannot be signed; this is said once a minute");
        }
        Some(answer)
    }

    /// Answers one request of a front in this process, to which neither signatures nor challenges
    /// are of use: a challenge says no more than that one is needed.
    pub(crate) fn answer_front(&self, request: &Message, origin: &Origin) -> Option<Message> {
        self.answer_plainly(request, origin, |request| {
            let nonce = [0; wire::challenge::NONCE_OCTETS];
            Some(self.authority.challenge(request, 0, &nonce, Clock::date()))
        })
    }

    fn may_sign(&self, source: Source) -> bool {
        let [proven, claimed] = &self.signatures;
        let allowance = if source.is_proven { proven } else { claimed };
        lock(allowance).take(source, self.clock.moment())
    }

    fn answer_plainly(
        &self,
        request: &Message,
        origin: &Origin,
        challenge: impl Fn(&Message) -> Option<Message>,
    ) -> Option<Message> {
        for _ in 0..CONFLICTS_COUNT_MAX {
            let origin = origin.clone();
            let step = self.authority.start(request, origin, Clock::date());
            let answer = match self.drive(step) {
                Ok(Some(answer)) => answer,
                Ok(None) => return None,
                Err(error) => return Some(self.fail(request, &error, Done::Nothing)),
            };
            if answer.is_challenge {
                return Some(challenge(request).unwrap_or(answer.message));
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

    fn drive(&self, mut step: Step) -> Result<Option<Answer>, store::Error> {
        let view = self.store.view();
        loop {
            step = match self.go_on(step, &*view)? {
                Step::Answer(answer) => {
                    self.note(&answer.event);
                    return Ok(Some(*answer));
                }
                Step::Ignore(event) => {
                    self.note(&event);
                    return Ok(None);
                }
                step => step,
            }
        }
    }

    /// Gives a plan what it needs next; a step that ends one is given back.
    fn go_on(&self, step: Step, view: &dyn View) -> Result<Step, store::Error> {
        Ok(match step {
            Step::Fetch(fetch) => {
                let found: Result<_, _> = fetch.keys().iter().map(|key| view.get(key)).collect();
                fetch.resume(found?)
            }
            Step::Scan(scan) => {
                let found = view.range(scan.from(), scan.to()).take(scan.count_max());
                let found: Result<_, _> = found.collect();
                scan.resume(found?)
            }
            Step::Ask(ask) => {
                let told = self.elsewhere.ask(ask.asking());
                ask.resume(told)
            }
            step @ (Step::Answer(_) | Step::Identified(_) | Step::Ignore(_)) => step,
        })
    }

    fn note(&self, event: &Event) {
        self.counters.count(event);
        match event {
            Event::RecordUnreadable { key, error } if self.unreadable_told.now() => {
                error!(?key, %error, "a stored record cannot be read; this is said once a minute");
            }
            Event::TemplateFailed {
                identifier,
                problem,
            } if self.templates_told.now() => {
                let identifier = identifier.escape_ascii();
                warn!(%identifier, %problem, "templates cannot be carried out; once a minute");
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
            (store::Error::ReadOnly { .. }, _) => (
                ResponseCode::ERROR,
                "outcome unknown: the node's disk has failed, it takes no changes any more",
            ),
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

/// The id of the challenge that a request answers, if it answers one.
fn answered_challenge(request: &Message) -> Option<u32> {
    let answers = request.header.opcode == Opcode::CHALLENGE_RESPONSE
        && !request.header.is_response()
        && request.envelope.session_id != 0;
    answers.then_some(request.envelope.session_id)
}

/// The answer to what was asked first, as the answer to what answered the challenge: the challenge
/// is over.
fn as_answer_to(answered: &Message, mut answer: Message) -> Message {
    answer.envelope.request_id = answered.envelope.request_id;
    answer.envelope.session_id = 0;
    answer
}

/// Whether a signed answer is asked for; not by an answer, which gets none.
fn is_certified(request: &Message) -> bool {
    !request.header.is_response() && request.header.flags.contains(OpFlags::CERTIFIED)
}

/// Half of an allowance, twice; no half is less than one of each, unless there is none at all.
fn halves(limits: AllowanceLimits) -> [AllowanceLimits; 2] {
    [AllowanceLimits {
        per_second: limits.per_second.div_ceil(2),
        ..limits
    }; 2]
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
