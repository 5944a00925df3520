//! A recursive resolver in a world of servers, as a node makes it of the same parts.

mod climbing;

use super::script::{Asked, Line};
use crate::authority::Settings;
use crate::question::Question as Asking;
use crate::recursive::{
    Boarded, Cache, CacheLimits, Demand, FlightKey, FlightLimits, Flights, Hit, Looked, Proof,
    Question, Said, Telling, Trust, fail, fails_with, falls_back, refer, reply, said,
    with_signatures,
};
use crate::resolver::tests::world::{DATE, Toy, World};
use crate::resolver::{End, Found, nearest};
use crate::trust::Anchor;
use crate::{Authority, Date, Moment};
use std::sync::Arc;
use std::time::Duration;
use wire::resolution::ResolutionRequest;
use wire::response::Answer;
use wire::{Message, OpFlags, Packet, Response, ResponseCode};

/// The resolver, its world, and who waits.
pub(super) struct Resolver {
    world: World,
    limits: CacheLimits,
    cache: Option<Cache>,
    flights: Flights<Message>,
    /// Walks that were begun and not made yet.
    begun: Vec<(FlightKey, Question, Demand, Option<Message>)>,
    authority: Authority<Toy>,
    /// The keys that chains of certificates may lead up to.
    anchors: Vec<Anchor>,
}

const FLIGHTS: FlightLimits = FlightLimits {
    waiting_max: 100,
    per_home_max: 100,
};

/// What a walk came to, and the answers for those who waited.
enum Landed {
    Told(Arc<Said>, Trust, bool),
    Failed(String, bool),
}

impl Default for Resolver {
    fn default() -> Self {
        Self {
            world: World::with_root(1),
            limits: CacheLimits::default(),
            cache: None,
            flights: Flights::new(FLIGHTS),
            begun: Vec::new(),
            authority: Authority {
                digests: Toy::default(),
                settings: Settings::default(),
            },
            anchors: Vec::new(),
        }
    }
}

impl Resolver {
    /// Carries out a line; what came of it.
    pub(super) fn carry_out(&mut self, line: &Line) -> Vec<String> {
        match line {
            Line::Nothing => (),
            Line::Root(roots) => self.world.guide.roots.clone_from(roots),
            Line::Says(port, identifier, says) => {
                self.world.says(*port, identifier, says.clone());
            }
            Line::Server(port, manner) => self.world.behaves(*port, *manner),
            Line::Limit(what, count) => self.limit(what, *count),
            Line::Keeps(what, count) => self.keeps(what, *count),
            Line::Private => self.world.guide.asks_private = true,
            Line::Trusts(anchor) => self.anchors.push(anchor.clone()),
            Line::Wait(seconds) => self.world.now += seconds * 1000,
            Line::Ask(asked) => {
                let mut told = self.ask(asked);
                told.extend(self.land());
                return told;
            }
            Line::Board(asked) => return self.ask(asked),
            Line::Land => return self.land(),
        }
        Vec::new()
    }

    fn limit(&mut self, what: &str, count: u64) {
        let limits = &mut self.world.guide.limits;
        let number = count as usize;
        match what {
            "questions" => limits.questions_max = number,
            "referrals" => limits.referrals_max = number,
            "depth" => limits.depth_max = number,
            "octets" => limits.octets_max = number,
            "seconds" => limits.time = Duration::from_secs(count),
            "waiting" => {
                self.flights = Flights::new(FlightLimits {
                    waiting_max: number,
                    ..FLIGHTS
                });
            }
            "home" => {
                self.flights = Flights::new(FlightLimits {
                    per_home_max: number,
                    ..FLIGHTS
                });
            }
            _ => panic!("{what}"),
        }
    }

    fn keeps(&mut self, what: &str, count: u64) {
        let seconds = Duration::from_secs(count);
        match what {
            "values" => self.limits.life_max = seconds,
            "negative" => self.limits.negative_life = seconds,
            "failure" => self.limits.failure_life = seconds,
            "stale" => self.limits.stale_max = seconds,
            "ahead" => self.limits.ahead_percent = count as u32,
            "octets" => self.limits.octets_max = count as usize,
            _ => panic!("{what}"),
        }
        assert!(self.cache.is_none(), "before anything is asked");
    }

    fn now(&self) -> Moment {
        Moment(self.world.now)
    }

    fn cache(&mut self) -> &mut Cache {
        let limits = self.limits;
        self.cache.get_or_insert_with(|| Cache::new(limits))
    }

    fn ask(&mut self, asked: &Asked) -> Vec<String> {
        let identifier = asked.identifier.parse().unwrap();
        let mut request = Asking::about(identifier).resolution(7, DATE);
        request.header.flags = asked.flags;
        request.body = ResolutionRequest {
            identifier: asked.identifier.clone().into(),
            indexes: asked.indexes.clone(),
            types: asked.types.clone(),
            rest: bytes::Bytes::new(),
        }
        .encode();
        let question = question_of(&request);
        let demand = Demand::of(&request.header, false);
        let (key, whole) = question.key();
        let now = self.now();
        let mut looked = Looked::Nothing;
        if demand.may_be_kept() {
            looked = self.cache().look(0, &key, demand.wanted, now);
            if !matches!(looked, Looked::Found(_)) && !question.is_whole() {
                looked = match self.cache().look(0, &key[..whole], demand.wanted, now) {
                    Looked::Found(hit) => Looked::Found(hit.within(&question)),
                    Looked::Failed => Looked::Failed,
                    Looked::Nothing => looked,
                };
            }
        }
        match looked {
            Looked::Found(hit) => self.tell_kept(&request, &question, &hit),
            Looked::Failed => match self.stale(&question, demand) {
                Some(hit) => self.tell_kept(&request, &question, &hit),
                None => vec!["was asked in vain a moment ago".into()],
            },
            Looked::Nothing if !demand.may_walk => vec![self.refer(&request, &question)],
            Looked::Nothing => {
                let trust = demand.wanted.trusts()[0];
                self.board(question, demand, trust, Some(request))
            }
        }
    }

    fn stale(&mut self, question: &Question, demand: Demand) -> Option<Hit> {
        let now = self.now();
        let (key, whole) = question.key();
        let cache = self.cache();
        let places = [&key[..], &key[..whole]];
        let hits = places.map(|key| cache.stale(0, key, demand.wanted, now));
        let latest = places.map(|key| cache.latest(0, key)).into_iter().max();
        Hit::latest_of(question, hits, latest.flatten())
    }

    fn tell_kept(&mut self, request: &Message, question: &Question, hit: &Hit) -> Vec<String> {
        let telling = Telling {
            said: &hit.said,
            age_seconds: hit.age_seconds,
            trust: hit.trust,
            is_from_primary: false,
            needs_proof: !self.anchors.is_empty(),
        };
        let how = match hit.age_seconds {
            Some(_) => "kept",
            None => "stale",
        };
        let mut told = vec![self.tell(request, question, &telling, how)];
        if hit.is_due {
            told.push("asked for anew meanwhile".into());
            let board = self.board(question.clone(), Demand::usual(), hit.trust, None);
            told.extend(board);
        }
        told
    }

    fn board(
        &mut self,
        question: Question,
        demand: Demand,
        trust: Trust,
        request: Option<Message>,
    ) -> Vec<String> {
        let key = FlightKey {
            home: question.home(),
            question: question.key().0.into(),
            trust,
            is_fresh: demand.is_fresh,
            alone: 0,
        };
        let personal = demand.is_personal().then(|| request.clone()).flatten();
        if personal.is_some() {
            self.begun.push((key, question, demand, personal));
            return Vec::new();
        }
        match self.flights.board(&key, request, || Some(())) {
            Boarded::First(()) => self.begun.push((key, question, demand, None)),
            Boarded::Joined => return vec!["waits for the walk that is under way".into()],
            Boarded::Full => return vec!["too many wait".into()],
        }
        Vec::new()
    }

    /// Makes all walks that were begun.
    fn land(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while !self.begun.is_empty() {
            let (key, question, demand, personal) = self.begun.remove(0);
            let began = self.world.now;
            let mut wish = question.wish(&demand, key.trust).unwrap();
            if self.proves(key.trust) {
                wish = with_signatures(&question, wish);
            }
            let end = self.walk(wish, &mut told);
            let proof = if self.proves(key.trust) {
                self.prove(&question, &end.found, &mut told)
            } else {
                Proof::default()
            };
            let is_personal = personal.is_some();
            let landed = self.landed(&key, &question, &end, &proof, is_personal);
            let waiters = match personal {
                Some(request) => vec![request],
                None => self.flights.land(&key),
            };
            let took = self.world.now - began;
            for request in waiters {
                told.push(self.tell_landed(&request, &landed, took));
                let again = matches!(landed, Landed::Failed(_, true));
                let trusts = Demand::of(&request.header, false).wanted.trusts();
                if again && trusts.contains(&Trust::Plain) {
                    let question = question.clone();
                    told.extend(self.board(question, demand, Trust::Plain, Some(request)));
                }
            }
        }
        told
    }

    fn landed(
        &mut self,
        key: &FlightKey,
        question: &Question,
        end: &End,
        proof: &Proof,
        is_personal: bool,
    ) -> Landed {
        let (now, date) = (self.now(), self.date());
        if let Some((said, seconds)) = said(&end.found, question, proof, date) {
            let said = Arc::new(said);
            if !is_personal {
                let kept = || (Arc::clone(&said), seconds);
                self.cache().keep(0, &key.question, key.trust, kept(), now);
                if said.is_of_whole() {
                    let whole = &key.question[..question.key().1];
                    self.cache().keep(0, whole, key.trust, kept(), now);
                }
            }
            let reached = end.reached.as_ref();
            let flags = reached.map(|it| it.answered.message.header.flags);
            let is_primary = flags.is_some_and(|it| it.contains(OpFlags::AUTHORITATIVE));
            return Landed::Told(said, key.trust, is_primary);
        }
        let Found::Failed(failure) = &end.found else {
            panic!("{end:?}");
        };
        if !is_personal {
            for trust in fails_with(key.trust, key.is_fresh) {
                self.cache().note_failure(0, &key.question, *trust, now);
            }
        }
        let falls_back = key.trust == Trust::Verified && falls_back(failure);
        Landed::Failed(failure.why.to_string(), falls_back)
    }

    fn tell_landed(&mut self, request: &Message, landed: &Landed, took: u64) -> String {
        let question = question_of(request);
        let how = format!("after {took} ms");
        match landed {
            Landed::Told(said, trust, is_from_primary) => {
                let telling = Telling {
                    said,
                    age_seconds: Some(0),
                    trust: *trust,
                    is_from_primary: *is_from_primary,
                    needs_proof: !self.anchors.is_empty(),
                };
                self.tell(request, &question, &telling, &how)
            }
            Landed::Failed(why, _) => {
                let demand = Demand::of(&request.header, false);
                let stale = demand.may_be_kept().then(|| self.stale(&question, demand));
                if let Some(hit) = stale.flatten() {
                    return self.tell_kept(request, &question, &hit).join(", ");
                }
                let code = ResponseCode::ERROR;
                let answer = fail(&self.authority, request, code, why, self.date());
                format!("{}: {why}, {how}", answer.header.response_code)
            }
        }
    }

    fn tell(
        &self,
        request: &Message,
        question: &Question,
        telling: &Telling<'_>,
        how: &str,
    ) -> String {
        let spelling = question.spelling();
        let packet = reply(&self.authority, request, spelling, telling, self.date());
        shown(&packet, spelling, how)
    }

    fn refer(&mut self, request: &Message, question: &Question) -> String {
        let (now, date) = (self.now(), self.date());
        let World {
            guide, knowledge, ..
        } = &mut self.world;
        let nearest = nearest(guide, knowledge, question.identifier(), false, now);
        let message = refer(&self.authority, request, &nearest, date);
        let Answer::Referral(referral) = Response::decode(&message).unwrap().answer else {
            panic!("{message:?}");
        };
        let name = String::from_utf8_lossy(&referral.identifier).into_owned();
        let sites = referral.values.map_or(0, |values| values.len());
        let code = message.header.response_code;
        format!("{code}: to \"{name}\", sites {sites}")
    }

    fn date(&self) -> Date {
        DATE.plus_seconds((self.world.now / 1000) as u32)
    }
}

fn question_of(request: &Message) -> Question {
    Question::of(ResolutionRequest::decode(request.body.clone()).unwrap()).unwrap()
}

/// An answer in words.
fn shown(packet: &Packet, spelling: &[u8], how: &str) -> String {
    let message = Message::from_packet(packet).unwrap();
    let flags = message.header.flags;
    let names = [
        (OpFlags::AUTHORITATIVE, " AT"),
        (OpFlags::CACHE_CERTIFY, " CA"),
        (OpFlags::TRUSTED_RESULT, " TR"),
        (OpFlags::REQUEST_DIGEST, " RD"),
    ];
    let flags: String = names
        .iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, name)| *name)
        .collect();
    let code = message.header.response_code;
    let values = match Response::decode(&message).unwrap().answer {
        Answer::Resolution(answer) => {
            assert_eq!(answer.identifier, spelling, "answers repeat the spelling");
            let values = answer.values.iter().map(model::EncodedValue::value);
            let values: Vec<String> = values.map(|value| shown_value(&value)).collect();
            format!(" {}", values.join(" "))
        }
        _ => String::new(),
    };
    format!("{code}{flags}, {how}:{values}")
        .trim_end_matches(':')
        .to_owned()
}

fn shown_value(value: &model::Value) -> String {
    let name = String::from_utf8_lossy(value.value_type.octets()).into_owned();
    let data = match model::Site::decode(value.data.clone()) {
        Ok(found) => {
            let ports = found.servers.iter().filter_map(|it| it.interfaces.first());
            let ports: Vec<String> = ports.map(|it| it.port.to_string()).collect();
            ports.join("+")
        }
        // A signed text, of which nobody wants to read more.
        Err(_) if value.data.starts_with(b"eyJ") => "eyJ…".to_owned(),
        Err(_) => String::from_utf8_lossy(&value.data).into_owned(),
    };
    let seconds = match value.ttl.kind {
        model::value::TtlKind::ABSOLUTE => format!("={}", value.ttl.seconds - DATE.0),
        _ => value.ttl.seconds.to_string(),
    };
    format!("{name}={data}@{seconds}")
}
