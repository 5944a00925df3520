//! Answers any question for those who may ask, as a recursive resolver: from what is kept, or by
//! walking from the roots to whoever is responsible.
//!
//! What is kept is answered at once, in the thread that has read the question; all else waits in a
//! task. Many who ask the same at a time wait for one walk. Beside it: `recursive/walks.rs` how a
//! walk is made and kept, `recursive/proofs.rs` how its answer is proven, `recursive/seats.rs` how
//! it is waited for, `recursive/counts.rs` what is counted. Not here: what may be kept for how
//! long and for whom ([`engine::recursive`]), finding who is responsible (room `client`), sockets.

mod counts;
mod proofs;
mod seats;
#[cfg(test)]
mod tests;
mod walks;

pub(crate) use counts::RecursiveCounted;

use crate::answerer::Answerer;
use crate::config::{Config, RecursiveConfig};
use crate::elsewhere::under_way::UnderWay;
use crate::founding::Founded;
use crate::seldom::Seldom;
use crate::visitor::{Source, Visitor};
use bytes::Bytes;
use client::{Clock, Resolver, RootsError, read_anchors, read_roots};
use counts::Counts;
use engine::Event;
use engine::recursive::{
    Cache, Demand, FlightLimits, Flights, Hit, Looked, Question, Telling, Wanted, fail, refer,
    reply,
};
use engine::resolver::{Guide, KnowledgeLimits, Limits};
use engine::trust::Anchor;
use ipnet::IpNet;
use model::Site;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use walks::{Landed, Walking};
use wire::resolution::ResolutionRequest;
use wire::{Message, OpFlags, Opcode, Packet, ResponseCode};

/// In how many parts answers are kept, each behind a lock of its own: more than threads that ask.
const PARTS: usize = 64;

/// How often a question may have been passed on before, as in the field.
const RECURSIONS_MAX: u8 = 10;

/// How long a question may be, in octets: an identifier as long as can be, and some hundred names
/// of types, take less. Beyond it the answer is code 4. It is held while it waits for others, as
/// thousands do.
const QUESTION_OCTETS_MAX: usize = 16 << 10;

/// How many records that name servers are kept, and how many octets of them: the prefixes of a
/// country that are in use in an hour.
const KNOWLEDGE: KnowledgeLimits = KnowledgeLimits {
    count_max: 1 << 17,
    octets_max: 256 << 20,
    life_max: Duration::from_hours(1),
};

/// Answers for others.
pub(crate) struct Recursive {
    answerer: Arc<Answerer>,
    resolver: Resolver,
    /// The keys that chains of certificates may lead up to; none if they are not looked at.
    anchors: Vec<Anchor>,
    parts: Vec<Mutex<Cache>>,
    /// Chosen at random, so that nobody can choose questions that get into each other's way.
    hasher: RandomState,
    flights: Mutex<Flights<oneshot::Sender<Landed>>>,
    /// Who waits for walks, by source: these places are bounded as the walks are.
    waiting: UnderWay,
    under_way: UnderWay,
    clock: Clock,
    runtime: Handle,
    asked_by: RwLock<Vec<IpNet>>,
    verifies_for_all: bool,
    counts: Counts,
    failures_told: Seldom,
}

/// What comes of a question at once.
pub(crate) enum AtOnce {
    /// Its answer.
    Answer(Packet),
    /// It deserves none.
    Nothing,
    /// It takes longer.
    Later(Later),
}

/// What takes longer.
pub(crate) enum Later {
    /// The record of this node's site.
    Site,
    /// A signature.
    Sign(Box<(Message, Packet)>),
    /// Others must be asked.
    Walk(Box<Walking>),
}

/// A question as it is looked for among those kept.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    hash: u64,
    key: Bytes,
    /// How many octets of the key are that of the whole record.
    whole: usize,
}

impl Recursive {
    /// As the configuration says; none if nobody is to be answered so. Reads the files of the
    /// roots and of the keys that are trusted.
    pub(crate) fn of(
        config: &Config,
        founded: Option<&Founded>,
        answerer: &Arc<Answerer>,
        runtime: &Handle,
    ) -> Result<Option<Arc<Self>>, RootsError> {
        if config.recursive.listen.is_empty() {
            return Ok(None);
        }
        let roots = roots_of(config, founded)?;
        let anchors = config.recursive.trust_roots.as_deref().map(read_anchors);
        let anchors = anchors.transpose()?.unwrap_or_default();
        let recursive = Self::new(&config.recursive, (roots, anchors), answerer, runtime);
        Ok(Some(Arc::new(recursive)))
    }

    fn new(
        config: &RecursiveConfig,
        (roots, anchors): (Vec<Site>, Vec<Anchor>),
        answerer: &Arc<Answerer>,
        runtime: &Handle,
    ) -> Self {
        let guide = Guide {
            roots,
            limits: Limits {
                time: Duration::from_secs(config.seconds_max),
                ..Limits::default()
            },
            // Not this node: it may be responsible itself, and answers so at its other address.
            own_keys: Vec::new(),
            weak_forms: answerer.weak_forms(),
            asks_private: config.private_networks,
        };
        let part = || Mutex::new(Cache::new(config.cache(PARTS)));
        Self {
            answerer: Arc::clone(answerer),
            resolver: Resolver::with_knowledge(guide, KNOWLEDGE),
            anchors,
            parts: (0..PARTS).map(|_| part()).collect(),
            hasher: RandomState::new(),
            flights: Mutex::new(Flights::new(FlightLimits {
                waiting_max: config.waiting_max,
                per_home_max: config.walks_per_prefix_max,
            })),
            waiting: UnderWay::new(config.waiting()),
            under_way: UnderWay::new(config.walks()),
            clock: Clock::start(),
            runtime: runtime.clone(),
            asked_by: RwLock::new(config.asked_by.clone()),
            verifies_for_all: config.verifies_for_all,
            counts: Counts::default(),
            failures_told: Seldom::default(),
        }
    }

    /// Takes the settings that may change while the node runs.
    pub(crate) fn set(&self, config: &RecursiveConfig) {
        let mut asked_by = self
            .asked_by
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        asked_by.clone_from(&config.asked_by);
    }

    /// What has happened so far, and what is kept.
    pub(crate) fn counted(&self) -> RecursiveCounted {
        let kept = self.parts.iter().map(|part| lock(part).counts());
        self.counts.read(kept, lock(&self.flights).count())
    }

    /// Answers what can be answered at once, and nothing that costs more than a look at what is
    /// kept.
    pub(crate) fn at_once(self: &Arc<Self>, packet: &Packet, peer: IpAddr) -> AtOnce {
        let request = match Message::from_packet(packet) {
            Ok(request) if request.header.is_response() => {
                self.answerer.counters().count(&Event::ResponseIgnored);
                return AtOnce::Nothing;
            }
            Ok(request) => request,
            Err(error) => {
                let refusal = self.answerer.refuse(&packet.envelope, &error);
                return AtOnce::Answer(refusal.to_packet());
            }
        };
        if let Some((code, text)) = self.objection(&request, peer) {
            return AtOnce::Answer(self.fail(&request, code, text));
        }
        if packet.payload.len() > QUESTION_OCTETS_MAX {
            let text = "the question is too long to be put to others";
            return AtOnce::Answer(self.fail(&request, ResponseCode::PROTOCOL_ERROR, text));
        }
        if request.header.opcode == Opcode::GET_SITE_INFO {
            return AtOnce::Later(Later::Site);
        }
        let body = match ResolutionRequest::decode(request.body.clone()) {
            Ok(body) => body,
            Err(error) => {
                let code = ResponseCode::PROTOCOL_ERROR;
                return AtOnce::Answer(self.fail(&request, code, &error.to_string()));
            }
        };
        match Question::of(body) {
            Ok(question) => self.resolve_at_once(request, question),
            Err(error) => {
                let code = ResponseCode::HANDLE_NOT_FOUND;
                AtOnce::Answer(self.fail(&request, code, &error.to_string()))
            }
        }
    }

    fn resolve_at_once(self: &Arc<Self>, request: Message, question: Question) -> AtOnce {
        let demand = Demand::of(&request.header, self.verifies_for_all);
        let (key, whole) = question.key();
        let place = self.place(key.into(), whole);
        let looked = if demand.may_be_kept() {
            self.look(&question, &place, demand.wanted)
        } else {
            Looked::Nothing
        };
        match looked {
            Looked::Found(hit) => {
                let answer = self.tell(&request, &question, &hit);
                finished(request, answer)
            }
            Looked::Failed => {
                let answer = self.tell_failed(&request, &question, &place, demand.wanted);
                finished(request, answer)
            }
            Looked::Nothing if !demand.may_walk => {
                let answer = self.refer(&request, &question, demand);
                finished(request, answer)
            }
            Looked::Nothing => AtOnce::Later(Later::Walk(Box::new(Walking {
                request,
                question,
                demand,
                place,
            }))),
        }
    }

    /// Ends what takes longer.
    pub(crate) async fn answer_later(
        self: &Arc<Self>,
        later: Later,
        packet: &Packet,
        visitor: Visitor,
    ) -> Option<Packet> {
        match later {
            Later::Site => {
                let answered = self.answerer.answer_packet(packet, visitor).await?;
                Some(answered.packet)
            }
            Later::Sign(answer) => {
                let (request, answer) = *answer;
                Some(self.signed(&request, answer, visitor.source))
            }
            Later::Walk(walking) => {
                let answer = self.walk(&walking, visitor.source).await;
                Some(self.signed(&walking.request, answer, visitor.source))
            }
        }
    }

    /// Why a request is not carried out here, if it is not.
    fn objection(&self, request: &Message, peer: IpAddr) -> Option<(ResponseCode, &'static str)> {
        let offers = [Opcode::RESOLUTION, Opcode::GET_SITE_INFO];
        if !self.may_ask(peer) {
            let text = "this resolver answers nobody but those whom its operator lets ask";
            return Some((ResponseCode::OPERATION_NOT_SUPPORTED, text));
        }
        if !offers.contains(&request.header.opcode) {
            let text = "this address only resolves; what it says of the record 0.NA/PREFIX tells \
                        which node is responsible, and that one can be asked to do more";
            return Some((ResponseCode::OPERATION_NOT_SUPPORTED, text));
        }
        if request.envelope.session_id != 0 {
            let text = "this resolver has no sessions; ask without one";
            return Some((ResponseCode::SESSION_TIMEOUT, text));
        }
        if request.header.recursion_count >= RECURSIONS_MAX {
            let text = "the question was passed on too often";
            return Some((ResponseCode::RECURSION_COUNT_TOO_HIGH, text));
        }
        None
    }

    fn may_ask(&self, peer: IpAddr) -> bool {
        let asked_by = self.asked_by.read().unwrap_or_else(PoisonError::into_inner);
        let peer = peer.to_canonical();
        let may = asked_by.iter().any(|network| network.contains(&peer));
        if !may {
            self.counts.count_turned_away();
        }
        may
    }

    /// Looks for an answer, also in the whole record.
    fn look(self: &Arc<Self>, question: &Question, place: &Place, wanted: Wanted) -> Looked {
        let now = self.clock.moment();
        let looked = self.part(place).look(place.hash, &place.key, wanted, now);
        if let Looked::Found(hit) = &looked {
            self.renew_if_due(question, place, hit);
            return looked;
        }
        let Some(record) = self.record_of(place) else {
            return looked;
        };
        let kept = self
            .part(&record)
            .look(record.hash, &record.key, wanted, now);
        match kept {
            Looked::Found(hit) => {
                self.renew_if_due(&question.whole(), &record, &hit);
                Looked::Found(hit.within(question))
            }
            Looked::Failed => Looked::Failed,
            Looked::Nothing => looked,
        }
    }

    /// Looks for an answer that is too old, also in the whole record, and counts it.
    fn stale(&self, question: &Question, place: &Place, wanted: Wanted) -> Option<Hit> {
        let now = self.clock.moment();
        let kept = |place: &Place| {
            let mut part = self.part(place);
            let latest = part.latest(place.hash, &place.key);
            (part.stale(place.hash, &place.key, wanted, now), latest)
        };
        let (own, latest) = kept(place);
        let (whole, of_whole) = match self.record_of(place) {
            Some(record) => kept(&record),
            None => (None, None),
        };
        let hit = Hit::latest_of(question, [own, whole], latest.max(of_whole))?;
        self.part(place).count_stale();
        Some(hit)
    }

    fn place(&self, key: Bytes, whole: usize) -> Place {
        Place {
            hash: self.hasher.hash_one(&key[..]),
            key,
            whole,
        }
    }

    /// Where the whole record is kept; none if it is what is asked for.
    fn record_of(&self, place: &Place) -> Option<Place> {
        let is_part = place.whole < place.key.len();
        is_part.then(|| self.place(place.key.slice(..place.whole), place.whole))
    }

    fn part(&self, place: &Place) -> MutexGuard<'_, Cache> {
        // The highest bits: tables within go by the lowest.
        let at = (place.hash >> 58) as usize;
        lock(&self.parts[at % PARTS])
    }

    fn tell(&self, request: &Message, question: &Question, hit: &Hit) -> Packet {
        let telling = Telling {
            said: &hit.said,
            age_seconds: hit.age_seconds,
            trust: hit.trust,
            is_from_primary: false,
            needs_proof: self.needs_proof(),
        };
        let authority = self.answerer.authority();
        reply(
            authority,
            request,
            question.spelling(),
            &telling,
            Clock::date(),
        )
    }

    /// What is told of what others were asked in vain a moment ago.
    fn tell_failed(
        &self,
        request: &Message,
        question: &Question,
        place: &Place,
        wanted: Wanted,
    ) -> Packet {
        if let Some(hit) = self.stale(question, place, wanted) {
            return self.tell(request, question, &hit);
        }
        self.part(place).count_failure();
        let text =
            "nobody who is responsible has answered, a moment ago; try again in some seconds";
        self.fail(request, ResponseCode::ERROR, text)
    }

    fn fail(&self, request: &Message, code: ResponseCode, text: &str) -> Packet {
        fail(
            self.answerer.authority(),
            request,
            code,
            text,
            Clock::date(),
        )
        .to_packet()
    }

    /// Sends somebody to whoever is nearest to what they ask for.
    fn refer(&self, request: &Message, question: &Question, demand: Demand) -> Packet {
        self.counts.count_referral();
        let is_certified = demand.wanted == Wanted::Demanded;
        let nearest = self.resolver.nearest(question.identifier(), is_certified);
        let authority = self.answerer.authority();
        refer(authority, request, &nearest, Clock::date()).to_packet()
    }

    /// The answer with the signature that is asked for.
    fn signed(&self, request: &Message, answer: Packet, source: Source) -> Packet {
        if !request.header.flags.contains(OpFlags::CERTIFIED) {
            return answer;
        }
        match Message::from_packet(&answer) {
            Ok(message) => self.answerer.signed(request, message, source).to_packet(),
            Err(_) => answer,
        }
    }
}

/// An answer, which still needs a signature if one is asked for.
fn finished(request: Message, answer: Packet) -> AtOnce {
    if request.header.flags.contains(OpFlags::CERTIFIED) {
        return AtOnce::Later(Later::Sign(Box::new((request, answer))));
    }
    AtOnce::Answer(answer)
}

/// The sites of the roots: from a file, or this node itself if it is one.
fn roots_of(config: &Config, founded: Option<&Founded>) -> Result<Vec<Site>, RootsError> {
    let files = [&config.recursive.roots_file, &config.elsewhere.roots_file];
    if let Some(file) = files.into_iter().flatten().next() {
        return read_roots(file);
    }
    match founded.filter(|founded| founded.is_own_root) {
        Some(founded) => Ok(vec![founded.site.clone()]),
        None => Err(RootsError::None),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing between two statements that change the state can fail.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
