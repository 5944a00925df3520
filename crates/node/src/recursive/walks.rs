//! How walks are made for those who wait for them: one for all who ask the same, bounded, and kept
//! when it is over.

use super::{Place, Recursive, lock};
use crate::elsewhere::told_of;
use crate::elsewhere::under_way::Permit;
use crate::visitor::Source;
use client::{Clock, Walked};
use engine::recursive::{
    Boarded, Demand, FlightKey, Hit, Looked, Question, Said, Telling, Trust, Wanted, fails_with,
    falls_back, is_of_trust, reply, said,
};
use engine::resolver::{Failure, Fault, Found, Plain, Wish};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{debug, info};
use wire::{Message, OpFlags, Packet, ResponseCode};

/// How long somebody waits for a walk if there is an answer that is too old: as for names (RFC 8767
/// section 5). The walk goes on.
const STALE_AFTER: Duration = Duration::from_millis(1800);

/// A question that others must be asked.
pub(crate) struct Walking {
    pub(super) request: Message,
    pub(super) question: Question,
    pub(super) demand: Demand,
    pub(super) place: Place,
}

/// What a walk came to, for all who waited.
#[derive(Debug, Clone)]
pub(super) enum Landed {
    Told {
        said: Arc<Said>,
        trust: Trust,
        is_from_primary: bool,
    },
    /// Who is responsible wants to know who asks.
    IsPrivate,
    Failed {
        code: ResponseCode,
        text: Arc<str>,
        /// Whether a walk that verifies nothing may do better.
        falls_back: bool,
    },
}

impl Landed {
    fn failed(code: ResponseCode, text: &str) -> Self {
        Self::Failed {
            code,
            text: text.into(),
            falls_back: false,
        }
    }
}

/// A walk under way; when it is dropped, those who wait are told, also if it has broken off.
struct Flight {
    recursive: Arc<Recursive>,
    key: FlightKey,
    landed: Landed,
}

impl Flight {
    fn land(&mut self, landed: Landed) {
        self.landed = landed;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let waiters = lock(&self.recursive.flights).land(&self.key);
        for waiter in waiters {
            // Whoever asked may have gone.
            let _ = waiter.send(self.landed.clone());
        }
    }
}

/// The place of somebody who waits; when it is dropped, it is for others, whether the walk is over
/// or whoever asked has gone.
struct Seat {
    recursive: Arc<Recursive>,
    key: FlightKey,
    waiting: oneshot::Receiver<Landed>,
    has_landed: bool,
    _permit: Permit,
}

impl Seat {
    async fn landed(&mut self) -> Landed {
        let landed = (&mut self.waiting).await;
        self.has_landed = true;
        landed.unwrap_or_else(|_| {
            Landed::failed(ResponseCode::SERVER_BUSY, "this node is about to stop")
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.has_landed {
            self.waiting.close();
            lock(&self.recursive.flights).leave(&self.key, oneshot::Sender::is_closed);
        }
    }
}

impl Recursive {
    /// Asks whoever is responsible; the answer, without a signature.
    pub(super) async fn walk(self: &Arc<Self>, walking: &Walking, source: Source) -> Packet {
        let mut landed = Landed::failed(ResponseCode::ERROR, "nobody was asked");
        self.part(&walking.place).count_miss();
        for &trust in walking.demand.wanted.trusts() {
            landed = match self.fly(walking, trust, source).await {
                Ok(landed) => landed,
                Err(hit) => return self.tell(&walking.request, &walking.question, &hit),
            };
            let falls_back = matches!(
                landed,
                Landed::Failed {
                    falls_back: true,
                    ..
                }
            );
            if !falls_back {
                break;
            }
        }
        self.tell_landed(walking, &landed)
    }

    fn tell_landed(&self, walking: &Walking, landed: &Landed) -> Packet {
        let Walking {
            request,
            question,
            demand,
            ..
        } = walking;
        match landed {
            Landed::Told {
                said,
                trust,
                is_from_primary,
            } => {
                let telling = Telling {
                    said,
                    age_seconds: Some(0),
                    trust: *trust,
                    is_from_primary: *is_from_primary,
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
            Landed::IsPrivate => self.refer(request, question, *demand),
            Landed::Failed { code, text, .. } => match self.stale(walking) {
                Some(hit) => self.tell(request, question, &hit),
                None => self.fail(request, *code, text),
            },
        }
    }

    /// Waits for a walk that is made for all who ask the same; or, if that takes long, gives an
    /// answer that is too old.
    async fn fly(
        self: &Arc<Self>,
        walking: &Walking,
        trust: Trust,
        source: Source,
    ) -> Result<Landed, Hit> {
        let Walking {
            question, demand, ..
        } = walking;
        let Ok(wish) = question.wish(demand, trust) else {
            let code = ResponseCode::HANDLE_NOT_FOUND;
            return Ok(Landed::failed(code, "the identifier is too long"));
        };
        let mut key = flight_key(question, &walking.place, trust, demand.is_fresh);
        let mut place = Some(walking.place.clone());
        if demand.is_personal() {
            key.alone = self.counts.next_serial();
            place = None;
        }
        // First, so that one source has only so many of all places, whatever it waits for.
        let Some(permit) = self.waiting.begin(source) else {
            return Ok(self.too_many_wait());
        };
        let (waiter, waiting) = oneshot::channel();
        let boarded = lock(&self.flights).board(&key, Some(waiter));
        let mut seat = Seat {
            recursive: Arc::clone(self),
            key: key.clone(),
            waiting,
            has_landed: boarded == Boarded::Full,
            _permit: permit,
        };
        match boarded {
            Boarded::First => self.set_going(key, wish, place, source),
            Boarded::Joined => self.counts.count_joined(),
            Boarded::Full => return Ok(self.too_many_wait()),
        }
        if let Ok(landed) = timeout(STALE_AFTER, seat.landed()).await {
            return Ok(landed);
        }
        match self.stale(walking) {
            Some(hit) => Err(hit),
            None => Ok(seat.landed().await),
        }
    }

    fn too_many_wait(&self) -> Landed {
        self.counts.count_full();
        let text = "too many questions wait for others; nothing was done, try again";
        Landed::failed(ResponseCode::SERVER_BUSY, text)
    }

    fn set_going(
        self: &Arc<Self>,
        key: FlightKey,
        wish: Wish,
        place: Option<Place>,
        source: Source,
    ) {
        let (trust, is_fresh) = (key.trust, key.is_fresh);
        let text = "this node could not walk to whoever is responsible";
        let mut flight = Flight {
            recursive: Arc::clone(self),
            key,
            landed: Landed::failed(ResponseCode::ERROR, text),
        };
        self.runtime.spawn(async move {
            let recursive = Arc::clone(&flight.recursive);
            let landed = recursive
                .make(wish, (trust, is_fresh), place.as_ref(), source)
                .await;
            flight.land(landed);
        });
    }

    /// Has an answer that is asked for often asked for anew before its time is over.
    pub(super) fn renew(self: &Arc<Self>, question: &Question, place: &Place, looked: &Looked) {
        let Looked::Found(hit) = looked else { return };
        let demand = Demand::usual();
        let Ok(wish) = question.wish(&demand, hit.trust) else {
            return;
        };
        let key = flight_key(question, place, hit.trust, false);
        if lock(&self.flights).board(&key, None) == Boarded::First {
            self.counts.count_renewal();
            self.set_going(key, wish, Some(place.clone()), Source::ANYBODY);
        }
    }

    /// Walks, and keeps what is found at a place.
    async fn make(
        &self,
        wish: Wish,
        (trust, is_fresh): (Trust, bool),
        place: Option<&Place>,
        source: Source,
    ) -> Landed {
        let Some(permit) = self.under_way.begin(source) else {
            self.counts.count_full();
            let text = "too many questions for others are under way; nothing was done, try again";
            return Landed::failed(ResponseCode::SERVER_BUSY, text);
        };
        self.counts.count_walk();
        let walked = self.resolver.walk(wish).await;
        drop(permit);
        self.log(&walked);
        let (now, date) = (self.clock.moment(), Clock::date());
        if let Some((said, seconds)) = said(&walked.end.found, date) {
            let said = Arc::new(said);
            if let Some(place) = place {
                let kept = (Arc::clone(&said), seconds);
                self.part(place)
                    .keep(place.hash, &place.key, trust, kept, now);
            }
            let flags = |reached: &engine::resolver::Reached| reached.answered.message.header.flags;
            let flags = walked.end.reached.as_ref().map(flags);
            return Landed::Told {
                said,
                trust,
                is_from_primary: flags.is_some_and(|it| it.contains(OpFlags::AUTHORITATIVE)),
            };
        }
        let Found::Failed(failure) = &walked.end.found else {
            return Landed::failed(ResponseCode::ERROR, "what came is no answer");
        };
        if let Some(place) = place {
            for trust in fails_with(trust, is_fresh) {
                let mut part = self.part(place);
                part.note_failure(place.hash, &place.key, *trust, now);
            }
        }
        self.fail_walk(failure, trust)
    }

    fn fail_walk(&self, failure: &Failure, trust: Trust) -> Landed {
        let is_verified = trust == Trust::Verified;
        let is_of_trust = is_verified && is_of_trust(failure);
        self.counts.count_failure(failure, is_of_trust);
        if asks_who(failure) {
            return Landed::IsPrivate;
        }
        Landed::Failed {
            code: ResponseCode::ERROR,
            text: told_of(failure).into(),
            falls_back: is_verified && falls_back(failure),
        }
    }

    fn stale(&self, walking: &Walking) -> Option<Hit> {
        let Walking { demand, place, .. } = walking;
        if !demand.may_be_kept() || demand.wanted == Wanted::Demanded {
            return None;
        }
        let now = self.clock.moment();
        let mut part = self.part(place);
        let hit = part.stale(place.hash, &place.key, demand.wanted, now)?;
        part.count_stale();
        Some(hit)
    }

    /// Strangers cause this, so most of it is for those who look for it.
    fn log(&self, walked: &Walked) {
        for (after, step) in &walked.steps {
            debug!(?after, "{step}");
        }
        if let Found::Failed(why) = &walked.end.found
            && self.failures_told.now()
        {
            let identifier = Plain(&why.about);
            info!(%identifier, %why, "others were asked in vain; this is said once a minute");
        }
    }
}

fn flight_key(question: &Question, place: &Place, trust: Trust, is_fresh: bool) -> FlightKey {
    FlightKey {
        home: question.home(),
        alone: 0,
        question: place.key.clone(),
        trust,
        is_fresh,
    }
}

/// Whether whoever is responsible would have answered somebody whom they know.
fn asks_who(failure: &Failure) -> bool {
    let codes = [
        ResponseCode::AUTHENTICATION_NEEDED,
        ResponseCode::INSUFFICIENT_PERMISSIONS,
    ];
    failure
        .tried
        .iter()
        .any(|(_, _, fault)| matches!(fault, Fault::Refused { code, .. } if codes.contains(code)))
}
