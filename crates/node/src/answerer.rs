//! Where a plan of the engine meets the store: fetches, commits, plans again; and what an answer
//! still needs then: a challenge, a signature.
//!
//! Not here: what is answered (room `engine`), sockets.

use crate::answerer::fronts::again;
use crate::config::{Config, TemplatesError};
use crate::counters::Counters;
use crate::elsewhere::{Asks, Elsewhere};
use crate::expiry::Expiry;
use crate::founding::{Founded, OldKey};
use crate::guesses::{Guesses, OnBehalf};
use crate::holder::Holder;
use crate::registry::{Disagreed, Registry};
use crate::replication::Replication;
use crate::replication::source::Stream;
use crate::seldom::Seldom;
use crate::visitor::{Source, Visitor};
use client::Clock;
use crypto::{Provider, SigningKey};
use engine::authority::{Claim, Identified, Known, Settings, Unidentified};
use engine::logins::Logins;
use engine::sessions::Sessions;
use engine::{
    Allowance, AllowanceLimits, Answer, Authority, Challenges, Event, Origin, Scan, Step, WeakForms,
};
use model::change::Write;
use model::{Change, Identifier, Key};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Moment, Position, Store, View};
use tokio::sync::oneshot;
use tracing::{error, warn};
use wire::{Identity, Message, Packet, ResponseCode};

#[cfg(test)]
mod captures;
pub(crate) mod fronts;
mod holding;
mod login;
#[cfg(test)]
mod matrix;
mod network;
mod ordering;
mod probed;
mod proven;
mod registering;
mod replicating;
mod session;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use network::{Answered, More};

use probed::Probed;
pub(crate) use proven::Watcher;
use proven::{Proven, changed_keys};
pub(crate) use settings::AnswererSettings;

/// How often a plan is made again because somebody else was faster.
///
/// Each round somebody got through, so only a crowd on one identifier reaches it; beyond it the
/// asker is told that the node is busy.
const CONFLICTS_COUNT_MAX: usize = 16;

/// How many rows of expired requests are removed at a time, in one change: twice as many as a
/// disk lets a node make in the seconds between.
const FORGOTTEN_COUNT: usize = 100_000;

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
    old_key: Option<OldKey>,
    /// For those who have shown their address, and for those who only claim one: whoever makes up
    /// addresses takes nothing from the others.
    signatures: [Mutex<Allowance<Source>>; 2],
    challenges: Mutex<Challenges<Source>>,
    proven: Arc<Proven>,
    offers_logins: bool,
    /// How many connections there have been.
    lines: AtomicU64,
    /// Whether a login was ever asked for.
    was_login_asked: AtomicBool,
    guesses: Mutex<Guesses>,
    /// How many proofs of secrets may be checked: of proven sources, and of claimed ones.
    secrets: [Mutex<Allowance<Source>>; 2],
    elsewhere: Elsewhere,
    replication: Arc<Replication>,
    registry: Option<Arc<Registry>>,
    probed: Probed,
    holder: Option<Arc<Holder>>,
}

impl Answerer {
    pub(crate) fn new(
        config: &Config,
        store: Store,
        founded: Option<&Founded>,
        elsewhere: Elsewhere,
    ) -> Result<Self, TemplatesError> {
        let settings = AnswererSettings::of(config, founded, elsewhere)?;
        Ok(Self::with_settings(settings, store))
    }

    pub(crate) fn with_settings(settings: AnswererSettings, store: Store) -> Self {
        let sessions = Sessions::new(settings.sessions);
        let logins = Logins::new(settings.logins);
        let proven = Proven::new(store.settings().suffix_case, sessions, logins);
        let replication = Replication::new(settings.replication, &store);
        Self {
            authority: Authority {
                digests: Provider,
                settings: Settings {
                    suffix_case: store.settings().suffix_case,
                    ..settings.authority
                },
            },
            store,
            counters: Counters::sharing(settings.elsewhere.weak_counts()),
            failures_told: Seldom::default(),
            unreadable_told: Seldom::default(),
            templates_told: Seldom::default(),
            clock: Clock::start(),
            signing_key: settings.signing_key,
            old_key: settings.old_key,
            signatures: halves(settings.signatures)
                .map(|limits| Mutex::new(Allowance::new(limits))),
            challenges: Mutex::new(Challenges::new(settings.challenges)),
            proven: Arc::new(proven),
            offers_logins: settings.offers_logins,
            lines: AtomicU64::default(),
            was_login_asked: AtomicBool::default(),
            guesses: Mutex::default(),
            secrets: halves(settings.secrets).map(|limits| Mutex::new(Allowance::new(limits))),
            elsewhere: settings.elsewhere,
            replication: Arc::new(replication),
            registry: settings.registry,
            probed: Probed::default(),
            holder: None,
        }
    }

    /// The same as the writer of a data set.
    #[must_use]
    pub(crate) fn with_holder(mut self, holder: Option<Arc<Holder>>) -> Self {
        self.holder = holder;
        self
    }

    pub(crate) fn replication(&self) -> &Arc<Replication> {
        &self.replication
    }

    /// The registry that the node is a member of, if it is.
    pub(crate) fn registry(&self) -> Option<&Arc<Registry>> {
        self.registry.as_ref()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn authority(&self) -> &Authority<Provider> {
        &self.authority
    }

    /// The weak forms that are taken.
    pub(crate) fn weak_forms(&self) -> WeakForms {
        self.authority.settings.administration.weak_forms
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn into_store(self) -> Store {
        self.store
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

    /// Answers one request, and waits for the disk. If the answer follows a change, the change is
    /// durable and visible when this returns.
    pub(crate) fn answer(
        &self,
        request: &Message,
        origin: &Origin,
        visitor: Visitor,
    ) -> Option<Message> {
        let (reply, finish) = pollster::block_on(self.answer_message(request, origin, visitor))?;
        Some(self.finished(reply.message, &finish))
    }

    /// Finds out whether somebody is who they claim to be.
    ///
    /// Guessing is bounded: who has been wrong too often, from one source or about one identity, is
    /// not listened to for a while.
    pub(crate) async fn identify(
        &self,
        claim: Claim,
        source: Source,
    ) -> Result<Known, Unidentified> {
        let identity = claim.identity.clone();
        let costs = claim.evidence.is_of_a_secret();
        self.may_try(&identity, costs, source, OnBehalf::Own)?;
        let step = self.authority.identify(claim);
        let mut asks = Asks::new(&self.elsewhere, source);
        let driven = self.drive(self.store.view(), step, &mut asks).await;
        let identification = match driven {
            Ok(Step::Identified(identification)) => identification,
            Ok(_) | Err(_) => Err(Unidentified {
                code: ResponseCode::ERROR,
                reason: "the node's storage cannot be read".into(),
            }),
        };
        match identification {
            Ok(Identified { known, weakness }) => {
                if let Some(weakness) = weakness {
                    self.counters.count_weak(weakness);
                }
                Ok(known)
            }
            Err(refused) => {
                if is_wrong(refused.code, costs) {
                    self.note_wrong(&identity, source, OnBehalf::Own);
                }
                Err(refused)
            }
        }
    }

    /// Whether somebody may try to prove an identity now; `costs` says whether with a secret, the
    /// key of which is derived in milliseconds.
    fn may_try(
        &self,
        identity: &Identity,
        costs: bool,
        source: Source,
        on_behalf: OnBehalf,
    ) -> Result<(), Unidentified> {
        let now = self.clock.moment();
        let busy = |reason: &str| Unidentified {
            code: ResponseCode::SERVER_BUSY,
            reason: reason.into(),
        };
        if !lock(&self.guesses).may_try(source, on_behalf, identity, now) {
            return Err(busy("too many wrong proofs; wait a minute"));
        }
        let [proven, claimed] = &self.secrets;
        let secrets = if source.is_proven() { proven } else { claimed };
        if costs && !lock(secrets).take(source, now) {
            return Err(busy(
                "too many proofs at a time; wait a second, or use a session",
            ));
        }
        Ok(())
    }

    fn note_wrong(&self, identity: &Identity, source: Source, on_behalf: OnBehalf) {
        self.counters.count_unidentified();
        lock(&self.guesses).note_wrong(source, on_behalf, identity, self.clock.moment());
    }

    /// Answers one request of a front in this process, to which neither signatures nor challenges
    /// are of use: a challenge says no more than that one is needed.
    pub(crate) fn answer_front(
        &self,
        request: &Message,
        origin: &Origin,
        visitor: Visitor,
    ) -> Option<Message> {
        self.answer_placed(request, origin, visitor, None)
    }

    /// As [`Answerer::answer_front`]; `place` is where the answer is kept, with the change.
    fn answer_placed(
        &self,
        request: &Message,
        origin: &Origin,
        visitor: Visitor,
        place: Option<&Key>,
    ) -> Option<Message> {
        // A front numbers nothing, so two requests that are alike are two.
        let mut request = request.clone();
        request.header.expiration = 0;
        let answering = self.carry_out_placed(&request, origin, Challenging::Say, visitor, place);
        Some(pollster::block_on(answering)?.message)
    }

    /// Removes what is remembered of requests that have expired: some of it, called now and then.
    pub(crate) fn forget_expired(&self) -> Result<(), store::Error> {
        let [from, to] = Key::answered_before(Clock::date().0);
        let view = self.store.view();
        let expired = view.range(&from, &to).take(FORGOTTEN_COUNT);
        let keys: Result<Vec<Key>, store::Error> = expired.map(|found| Ok(found?.0)).collect();
        let writes = keys?.into_iter().map(|key| Write { key, octets: None });
        let change = Change {
            writes: writes.collect(),
            ..Change::default()
        };
        // What a copy has, its source forgets.
        if !change.is_empty() && !self.replication.is_copy() {
            self.store.commit(change)?;
        }
        Ok(())
    }

    /// Looks what runs out of all that the node relies on, if it is time to.
    pub(crate) fn look_what_runs_out(&self, expiry: &Expiry) -> Result<(), store::Error> {
        let settings = &self.authority.settings.administration;
        let named = settings.server_admins.iter().chain(&settings.home_admins);
        let named = named.filter_map(|it| Identifier::from_octets(it.identifier.clone()).ok());
        let administrators: Vec<Identifier> = named.collect();
        expiry.look(&self.store, &administrators, Clock::date())
    }

    fn may_sign(&self, source: Source) -> bool {
        let [proven, claimed] = &self.signatures;
        let allowance = if source.is_proven() { proven } else { claimed };
        lock(allowance).take(source, self.clock.moment())
    }

    /// Carries out a request: plans, commits what the plan writes, and plans again if somebody was
    /// faster.
    async fn carry_out(
        &self,
        request: &Message,
        origin: &Origin,
        challenging: Challenging,
        visitor: Visitor,
    ) -> Option<Reply> {
        self.carry_out_placed(request, origin, challenging, visitor, None)
            .await
    }

    /// As [`Answerer::carry_out`]; `place` is where the answer is kept, with the change.
    async fn carry_out_placed(
        &self,
        request: &Message,
        origin: &Origin,
        challenging: Challenging,
        visitor: Visitor,
        place: Option<&Key>,
    ) -> Option<Reply> {
        if let Some(refused) = self.refuse_as_copy(request, origin) {
            return Some(refused.into());
        }
        if ordering::is_for_registry(request) {
            // Boxed: few ask it, and the task of everybody else stays small.
            let ordered = self.answer_order(request, origin, challenging, visitor);
            if let Some(reply) = Box::pin(ordered).await {
                return Some(reply);
            }
        }
        let mut asks = Asks::new(&self.elsewhere, visitor.source);
        for _ in 0..CONFLICTS_COUNT_MAX {
            let asked = asks.count();
            let step = self.authority.start(request, origin.clone(), Clock::date());
            let view = self.store.view();
            let moment = view.moment();
            let (view, seen) = self.watched(view, request);
            let driven = self.drive(view, step, &mut asks).await;
            if asks.count() > asked {
                // The others took their time: what was read before may be untrue now.
                continue;
            }
            let answer = match driven.map(|step| self.answer_of(step)) {
                Ok(Some(answer)) => answer,
                Ok(None) => return None,
                Err(error) => return Some(self.fail(request, &error).into()),
            };
            if answer.is_challenge && matches!(challenging, Challenging::LogInFirst) {
                return Some(self.log_in_first(request).into());
            }
            if answer.is_challenge {
                let challenge = self.challenge(request, challenging, visitor.source);
                return Some(challenge.unwrap_or(answer.message).into());
            }
            let mut reply = Reply {
                message: answer.message,
                more: answer.more,
                stream: None,
            };
            if let Some(wanted) = answer.stream {
                return Some(self.begin_stream(request, origin, visitor, reply, wanted));
            }
            let mut change = answer.change;
            if let Some(place) = place {
                change
                    .writes
                    .push(again::write(place.clone(), &reply.message));
            }
            if change.is_empty() {
                if let Some(unheld) = self.unheld_again(request, &reply.message) {
                    return Some(unheld.into());
                }
                if let Err(error) = self.confirm_again(request, origin, &reply.message).await {
                    reply = self.fail(request, &error).into();
                }
                return Some(reply);
            }
            visitor.note(&mut change);
            if self.is_agreed_on(&change) {
                match self.agree(change, &seen, origin).await {
                    Ok(()) => return Some(reply),
                    Err(Disagreed::Conflict) => continue,
                    Err(Disagreed::Refused(code, text)) => {
                        let failed = self.authority.fail(request, code, text, Clock::date());
                        return Some(failed.into());
                    }
                }
            }
            let pass = match self.admit(request, &change) {
                Ok(pass) => pass,
                Err(unheld) => return Some((*unheld).into()),
            };
            match self.commit(change, moment).await {
                // As late as can be: the copies may have taken their time.
                Ok(_) => match self.uncovered(request, pass) {
                    Some(uncovered) => return Some(uncovered.into()),
                    None => return Some(reply),
                },
                Err(store::Error::Conflict { .. }) => (),
                Err(error) => return Some(self.fail(request, &error).into()),
            }
        }
        let code = ResponseCode::SERVER_BUSY;
        let text = "others change the same identifier all the time; nothing was done, try again";
        let message = self.authority.fail(request, code, text, Clock::date());
        Some(message.into())
    }

    /// Gives a change that was planned on a view to the store, and waits until it is durable and
    /// visible. It is made as well if nobody waits any more.
    async fn commit(
        &self,
        change: Change,
        moment: Option<Moment>,
    ) -> Result<Position, store::Error> {
        let (done, waiting) = oneshot::channel();
        // Whoever asked may have gone.
        self.submit(change, moment, move |outcome| drop(done.send(outcome)));
        waiting.await.unwrap_or(Err(store::Error::Closed))
    }

    /// Gives a change to the store; `tell` is called on the committer's thread. Before that, those
    /// are known no more whose keys the change has replaced.
    fn submit(
        &self,
        change: Change,
        moment: Option<Moment>,
        tell: impl FnOnce(Result<Position, store::Error>) + Send + 'static,
    ) {
        let needed = self.replication.copies_needed(&change);
        if needed == 0 {
            return self.submit_replicated(change, moment, tell);
        }
        let replication = Arc::clone(&self.replication);
        self.submit_replicated(change, moment, move |outcome| match outcome {
            Ok(position) => replication.when_confirmed(position, needed, tell),
            failed => tell(failed),
        });
    }

    /// As [`Answerer::submit`], and waits for no copies.
    pub(crate) fn submit_replicated(
        &self,
        change: Change,
        moment: Option<Moment>,
        tell: impl FnOnce(Result<Position, store::Error>) + Send + 'static,
    ) {
        let keys = changed_keys(&change);
        let proven = Arc::clone(&self.proven);
        let done = move |outcome| {
            proven.end_after(&outcome, &keys);
            tell(outcome);
        };
        self.store.submit_planned(change, moment, Box::new(done));
    }

    /// As [`Answerer::submit_replicated`], and waits until it is durable.
    pub(crate) fn commit_replicated(&self, change: Change) -> Result<Position, store::Error> {
        let (done, waiting) = std::sync::mpsc::sync_channel(1);
        self.submit_replicated(change, None, move |outcome| drop(done.send(outcome)));
        waiting.recv().unwrap_or(Err(store::Error::Closed))
    }

    /// The answer that a plan ended in, which is counted.
    fn answer_of(&self, step: Step) -> Option<Answer> {
        match step {
            Step::Answer(answer) => {
                self.note(&answer.event);
                Some(*answer)
            }
            Step::Ignore(event) => {
                self.note(&event);
                None
            }
            _ => None,
        }
    }

    /// Drives a plan to its end, on one view however long others take whom it asks.
    async fn drive(
        &self,
        view: Box<dyn View>,
        mut step: Step,
        asks: &mut Asks<'_>,
    ) -> Result<Step, store::Error> {
        loop {
            step = drive_here(step, &*view)?;
            let Step::Ask(ask) = step else {
                return Ok(step);
            };
            // Boxed: few ask others, and the task of everybody else stays small.
            let told = Box::pin(asks.ask(ask.asking())).await;
            step = ask.resume(told);
        }
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

    /// The answer to a request that the store could not serve. Whoever asked must know whether
    /// something may have been done.
    fn fail(&self, request: &Message, error: &store::Error) -> Message {
        if self.failures_told.now() {
            error!(%error, "requests fail; this is said once a minute");
        }
        let (code, text) = match error {
            store::Error::TooLarge { .. } | store::Error::Key { .. } => (
                ResponseCode::INVALID_VALUE,
                "the values are too large; nothing was done",
            ),
            store::Error::Unconfirmed => (
                ResponseCode::ERROR,
                "outcome unknown, resend: it is durable here, but the copies that were promised \
                 have not confirmed it in time; the same request again is answered when they have",
            ),
            store::Error::Unsure { .. } | store::Error::Closed => (
                ResponseCode::ERROR,
                "outcome unknown: the node's storage failed; what was asked may have been done, or \
                 be done when the node starts again",
            ),
            store::Error::ReadOnly { .. } => (
                ResponseCode::SERVER_READ_ONLY,
                "the node's disk has failed, it takes no changes any more: nothing was done now, \
                 but what it called unknown before may yet be there when it starts again",
            ),
            error if error.is_disk_full() => (
                ResponseCode::SERVER_READ_ONLY,
                "the node's disk is full; nothing was done",
            ),
            _ => (
                ResponseCode::ERROR,
                "the node's storage cannot be read; nothing was done",
            ),
        };
        self.authority.fail(request, code, text, Clock::date())
    }
}

/// An answer before it is signed or sealed.
pub(crate) struct Reply {
    message: Message,
    /// If the answer goes on in a further message: where.
    more: Option<Scan>,
    /// What follows it on its connection.
    stream: Option<Stream>,
}

impl From<Message> for Reply {
    fn from(message: Message) -> Self {
        Self {
            message,
            more: None,
            stream: None,
        }
    }
}

/// What is done where somebody must prove who they are.
#[derive(Debug, Clone, Copy)]
enum Challenging {
    /// A challenge is issued.
    Issue,
    /// A challenge is issued under the id of a session.
    IssueUnder(u32),
    /// It is only said that one is needed.
    Say,
    /// It is said that the login that was there is over.
    LogInFirst,
    /// Nothing more than saying that there is no room: who is asked has just proven that.
    Refuse,
}

/// Whether a claim counts as wrong. One that was to cost much does also if its identity or its form
/// is unknown: else it would use up, at no bound, what others need for theirs.
fn is_wrong(code: ResponseCode, costs: bool) -> bool {
    match code {
        ResponseCode::AUTHENTICATION_FAILED => true,
        ResponseCode::UNABLE_TO_AUTHENTICATE | ResponseCode::INVALID_CREDENTIAL => costs,
        _ => false,
    }
}

/// Half of an allowance, twice; no half is less than one of each, unless there is none at all.
fn halves(limits: AllowanceLimits) -> [AllowanceLimits; 2] {
    [AllowanceLimits {
        per_second: limits.per_second.div_ceil(2),
        ..limits
    }; 2]
}

/// The identity as an answer to a challenge names it.
fn claimed_identity(answered: &Message) -> Option<Identity> {
    let response = wire::challenge::ChallengeResponse::decode(answered.body.clone());
    response.ok().map(|response| response.identity)
}

/// Drives a plan as far as one view suffices: to its end, or to a question for another node.
fn drive_here(mut step: Step, view: &dyn View) -> Result<Step, store::Error> {
    loop {
        step = match step {
            Step::Fetch(fetch) => {
                let found: Result<_, _> = fetch.keys().iter().map(|key| view.get(key)).collect();
                fetch.resume(found?)
            }
            Step::Scan(scan) => {
                let found = view.range(scan.from(), scan.to()).take(scan.count_max());
                let found: Result<_, _> = found.collect();
                scan.resume(found?)
            }
            step @ (Step::Ask(_) | Step::Answer(_) | Step::Identified(_) | Step::Ignore(_)) => {
                return Ok(step);
            }
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing between two statements that change the state can fail.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
