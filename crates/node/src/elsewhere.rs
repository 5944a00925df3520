//! Asks other nodes what a plan must know of them: the keys of an identity that lives there, a
//! group of administrators, whether a proof was made with a secret that only they have.
//!
//! Every answer is signed, from the roots down, or it is not believed. A question waits in a task
//! of the runtime; whoever needs the answer waits for that, in a task or in a thread. Beside it:
//! `elsewhere/asks.rs` what one request has asked, `elsewhere/kept.rs` answers that are kept for a
//! while, `elsewhere/under_way.rs` how many questions there are at a time. Not here: finding
//! whom to ask (room `engine`), sockets (room
//! `client`), what plans ask ([`engine::elsewhere`]).

mod asks;
mod kept;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod under_way;

use crate::config::Config;
use crate::counters::WeakCounts;
use crate::founding::Founded;
use crate::seldom::Seldom;
use crate::visitor::Source;
pub(crate) use asks::Asks;
use bytes::Bytes;
use client::{Clock, Resolver, RootsError, Walked, read_roots};
use engine::WeakForms;
use engine::elsewhere::{Asking, Told};
use engine::resolver::{Failure, Found, Guide, Limits, Plain, Why, Wish};
use kept::{Kept, KeptKey};
use model::{Identifier, Site};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tracing::{debug, info};
use under_way::{UnderWay, UnderWayLimits};
use wire::Identity;
use wire::verification::{ChallengedDigest, VerificationRequest};

/// How many questions that take as long as one may, a request waits for.
const PATIENCE: u32 = 2;

/// Who can be asked. By default nobody.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    others: Option<Others>,
    /// Counts answers that were believed in spite of a weak form.
    weak: Arc<WeakCounts>,
}

/// How others are asked.
#[derive(Debug)]
struct Others {
    resolver: Arc<Resolver>,
    runtime: Handle,
    clock: Clock,
    under_way: UnderWay,
    kept: Mutex<Kept>,
    patience: Duration,
    failures_told: Seldom,
}

/// How others are asked, and how much.
#[derive(Debug, Clone)]
pub(crate) struct ElsewhereSettings {
    /// The sites of the roots.
    pub(crate) roots: Vec<Site>,
    /// The public key of this server, which is not asked what it does not know; the other servers
    /// of its site are. Empty if it has none.
    pub(crate) own_key: Bytes,
    pub(crate) weak_forms: WeakForms,
    /// Whether nodes in private networks are asked though no root is in one.
    pub(crate) asks_private: bool,
    /// How long a question may take.
    pub(crate) time_max: Duration,
    pub(crate) under_way: UnderWayLimits,
    /// For how long values are kept at most.
    pub(crate) kept_max: Duration,
}

impl Elsewhere {
    /// As the configuration says. Reads the file of the roots.
    pub(crate) fn of(
        config: &Config,
        founded: Option<&Founded>,
        runtime: &Handle,
    ) -> Result<Self, RootsError> {
        let elsewhere = &config.elsewhere;
        let Some(file) = &elsewhere.roots_file else {
            return Ok(Self::default());
        };
        let administration = config.administration.settings(None);
        let settings = ElsewhereSettings {
            roots: read_roots(file)?,
            own_key: founded.and_then(own_key).unwrap_or_default(),
            // Which are read again, and checked, for the authority.
            weak_forms: administration.map_or(WeakForms::NONE, |settings| settings.weak_forms),
            asks_private: elsewhere.private_networks,
            time_max: Duration::from_secs(elsewhere.seconds_max),
            under_way: UnderWayLimits {
                total: elsewhere.questions_max,
                per_source: elsewhere.questions_per_source_max,
            },
            kept_max: Duration::from_secs(elsewhere.kept_seconds_max),
        };
        Ok(Self::new(settings, runtime))
    }

    pub(crate) fn new(settings: ElsewhereSettings, runtime: &Handle) -> Self {
        let own_keys = [settings.own_key].into_iter();
        let guide = Guide {
            roots: settings.roots,
            limits: Limits {
                time: settings.time_max,
                ..Limits::default()
            },
            own_keys: own_keys.filter(|key| !key.is_empty()).collect(),
            weak_forms: settings.weak_forms,
            asks_private: settings.asks_private,
        };
        let others = Others {
            resolver: Arc::new(Resolver::new(guide)),
            runtime: runtime.clone(),
            clock: Clock::start(),
            under_way: UnderWay::new(settings.under_way),
            patience: settings.time_max.saturating_mul(PATIENCE),
            kept: Mutex::new(Kept::new(settings.kept_max)),
            failures_told: Seldom::default(),
        };
        Self {
            others: Some(others),
            weak: Arc::default(),
        }
    }

    /// What is counted here of weak forms.
    pub(crate) fn weak_counts(&self) -> Arc<WeakCounts> {
        Arc::clone(&self.weak)
    }

    /// How long all questions of a request may take together.
    fn patience(&self) -> Duration {
        let others = self.others.as_ref();
        others.map_or(Duration::MAX, |others| others.patience)
    }

    /// Asks whoever is responsible, on behalf of a source. May wait for the network, but not for
    /// longer than `time_max`.
    async fn ask(&self, asking: Asking, source: Source, time_max: Duration) -> Told {
        if let Some(others) = &self.others {
            return others.ask(asking, source, time_max, &self.weak).await;
        }
        let identifier = asking.identifier();
        let why = "is with another node, and this node knows none";
        Told::Nothing(format!("{identifier} {why}"))
    }
}

impl Others {
    async fn ask(
        &self,
        asking: Asking,
        source: Source,
        time_max: Duration,
        weak: &WeakCounts,
    ) -> Told {
        let key = KeptKey::of(&asking);
        if let Some(key) = &key
            && let Some(told) = self.kept().find(key, self.clock.moment())
        {
            return told;
        }
        let identifier = asking.identifier().clone();
        if identifier.as_str().contains(char::is_control) {
            // Nobody has one, and what is told of it must be fit to be read.
            return Told::Nothing(
                "an identifier with control characters is asked for nowhere".into(),
            );
        }
        let Some(permit) = self.under_way.begin(source) else {
            let why = "too many questions for other nodes are under way; try again";
            return Told::Nothing(format!("{identifier}: {why}"));
        };
        let Some(wish) = wish_of(asking) else {
            return Told::Nothing(format!("{identifier}: this node cannot ask that"));
        };
        let resolver = Arc::clone(&self.resolver);
        // A task of its own: whoever waits may be a thread outside of the runtime.
        let walking = self.runtime.spawn(async move {
            let walked = timeout(time_max, resolver.walk(wish)).await;
            drop(permit);
            walked
        });
        let walked = match walking.await {
            Ok(Ok(walked)) => walked,
            Ok(Err(_)) => return Told::Nothing(format!("{identifier}: asking takes too long")),
            Err(_) => return Told::Nothing(format!("{identifier}: this node is about to stop")),
        };
        self.log(&identifier, &walked);
        walked.weak_forms().for_each(|forms| weak.count(forms));
        let told = told(&identifier, walked);
        if let Some(key) = key {
            let (now, date) = (self.clock.moment(), Clock::date());
            self.kept().keep(key, &told, now, date);
        }
        told
    }

    /// Strangers cause this, so most of it is for those who look for it.
    fn log(&self, identifier: &Identifier, walked: &Walked) {
        let identifier = Plain(identifier);
        for (after, step) in &walked.steps {
            debug!(%identifier, ?after, "{step}");
        }
        if let Found::Failed(why) = &walked.end.found
            && self.failures_told.now()
        {
            info!(%identifier, %why, "others were asked in vain; this is said once a minute");
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing between two statements that change it can fail.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The question as a walk; certified, for somebody's permission depends on it, and of a primary,
/// for keys and members that were taken away are still with its copies.
fn wish_of(asking: Asking) -> Option<Wish> {
    let wish = match asking {
        Asking::Values { identifier, types } => {
            let wish = Wish::for_values(identifier);
            types.into_iter().fold(wish, Wish::of_type)
        }
        Asking::Verification {
            identifier,
            index,
            nonce,
            digest,
            proof,
            version,
        } => {
            let request = VerificationRequest {
                identity: Identity::new(identifier.spelling().clone(), index),
                nonce,
                digest: ChallengedDigest::Bare(digest),
                proof,
                rest: Bytes::new(),
            };
            Wish::for_verification(identifier, request, version)
        }
        _ => return None,
    };
    Some(wish.certified().fresh())
}

fn told(identifier: &Identifier, walked: Walked) -> Told {
    match walked.end.found {
        Found::Values(values) => Told::Values(values),
        Found::NoSuchValues => Told::Values(Vec::new()),
        Found::Verified(is_right) => Told::Verified(is_right),
        Found::NotRegistered(missing) => {
            Told::Nothing(format!("{} is not registered", Plain(&missing)))
        }
        Found::Failed(failure) => {
            let why = told_of(&failure);
            Told::Nothing(format!("{}: {why}", Plain(identifier)))
        }
    }
}

/// What strangers are told of a failure: neither who was asked nor how each of them failed, lest
/// they have this node look for them which machines there are near it. The log says more.
pub(crate) fn told_of(failure: &Failure) -> String {
    match failure.why {
        Why::NobodyAnswered | Why::Limit(_) => {
            "nobody who is responsible has answered in a way that can be believed".into()
        }
        why => why.to_string(),
    }
}

/// The key of this server, as its site has it.
fn own_key(founded: &Founded) -> Option<Bytes> {
    let server = founded.site.servers.get(founded.server_index)?;
    Some(server.public_key.clone())
}
