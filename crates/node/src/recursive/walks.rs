//! How walks are made for those who wait for them: one for all who ask the same, bounded, and kept
//! when it is over.

use super::seats::Flight;
use super::{Place, Recursive};
use crate::elsewhere::told_of;
use crate::elsewhere::under_way::Permit;
use crate::visitor::Source;
use client::{Clock, Walked};
use engine::recursive::{
    Boarded, Demand, FlightKey, Hit, Proof, Question, Said, Telling, Trust, fails_with, falls_back,
    is_of_trust, reply, said,
};
use engine::resolver::{Failure, Fault, Found, Plain};
use std::sync::Arc;
use std::time::Duration;
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
    pub(super) fn failed(code: ResponseCode, text: &str) -> Self {
        Self::Failed {
            code,
            text: text.into(),
            falls_back: false,
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
            Landed::IsPrivate => self.refer(request, question, *demand),
            Landed::Failed { code, text, .. } => match self.stale_for(walking) {
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
        let mut key = flight_key(question, &walking.place, trust, demand.is_fresh);
        let mut place = Some(walking.place.clone());
        if demand.is_personal() {
            key.alone = self.counts.next_serial();
            place = None;
        }
        let Some((mut seat, boarded)) = self.take_seat(key, source) else {
            self.counts.count_full();
            let text = "too many questions for others wait or are under way; nothing was done, \
                        try again";
            return Ok(Landed::failed(ResponseCode::SERVER_BUSY, text));
        };
        match boarded {
            Some(permit) => {
                let asked = (question.clone(), *demand);
                self.set_going(seat.key().clone(), asked, place, permit);
            }
            None => self.counts.count_joined(),
        }
        if let Ok(landed) = timeout(STALE_AFTER, seat.landed()).await {
            return Ok(landed);
        }
        match self.stale_for(walking) {
            Some(hit) => Err(hit),
            None => Ok(seat.landed().await),
        }
    }

    /// Makes a walk that has been boarded.
    fn set_going(
        self: &Arc<Self>,
        key: FlightKey,
        (question, demand): (Question, Demand),
        place: Option<Place>,
        permit: Permit,
    ) {
        let wish = question.wish(&demand, key.trust);
        let proves = self.needs_proof() && key.trust == Trust::Verified;
        let mut flight = Flight::new(self, key);
        let Ok(wish) = wish else {
            let text = "the identifier is too long";
            return flight.land(Landed::failed(ResponseCode::HANDLE_NOT_FOUND, text));
        };
        self.runtime.spawn(async move {
            let recursive = Arc::clone(flight.recursive());
            recursive.counts.count_walk();
            let (walked, proof) = if proves {
                recursive.walk_and_prove(&question, wish).await
            } else {
                (recursive.resolver.walk(wish).await, Proof::default())
            };
            drop(permit);
            let came = (&walked, &proof);
            let landed = recursive.take_home(came, &question, flight.key(), place.as_ref());
            flight.land(landed);
        });
    }

    /// Has an answer that is asked for often asked for anew before its time is over.
    pub(super) fn renew_if_due(self: &Arc<Self>, question: &Question, place: &Place, hit: &Hit) {
        if !hit.is_due {
            return;
        }
        let demand = Demand::usual();
        let key = flight_key(question, place, hit.trust, false);
        if let Boarded::First(permit) = self.board(&key, None, Source::ANYBODY) {
            self.counts.count_renewal();
            let asked = (question.clone(), demand);
            self.set_going(key, asked, Some(place.clone()), permit);
        }
    }

    /// Keeps what a walk has found at a place.
    fn take_home(
        &self,
        (walked, proof): (&Walked, &Proof),
        question: &Question,
        key: &FlightKey,
        place: Option<&Place>,
    ) -> Landed {
        self.log(walked);
        for forms in walked.weak_forms() {
            self.answerer.counters().count_weak_forms(forms);
        }
        let trust = key.trust;
        let (now, date) = (self.clock.moment(), Clock::date());
        if let Some((said, seconds)) = said(&walked.end.found, question, proof, date) {
            let said = Arc::new(said);
            if let Some(place) = place {
                let record = self.record_of(place).filter(|_| said.is_of_whole());
                for place in [Some(place), record.as_ref()].into_iter().flatten() {
                    let kept = (Arc::clone(&said), seconds);
                    let mut part = self.part(place);
                    part.keep(place.hash, &place.key, trust, kept, now);
                }
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
            for trust in fails_with(trust, key.is_fresh) {
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

    fn stale_for(&self, walking: &Walking) -> Option<Hit> {
        let Walking {
            question,
            demand,
            place,
            ..
        } = walking;
        let may_be_kept = demand.may_be_kept();
        may_be_kept.then(|| self.stale(question, place, demand.wanted))?
    }

    /// Strangers cause this, so most of it is for those who look for it.
    pub(super) fn log(&self, walked: &Walked) {
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
