//! What only fronts in the same process ask of an answerer: whole lists, many changes at a time,
//! the site's signature.
//!
//! Beside it: `fronts/again.rs` calls that may come again. Not here: what a front makes of the
//! answers (room `web`).

pub(crate) mod again;

use super::{Answerer, Watcher, drive_here, lock};
use crate::elsewhere::Asks;
use crate::holder::Pass;
use crate::visitor::{Source, Visitor};
use again::Call;
use client::Clock;
use engine::authority::Known;
use engine::{Answer, Origin, SignatureDigest, Signs, Step};
use model::Key;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex};
use store::{Remembering, View};
use tracing::error;
use wire::response::Answer as Body;
use wire::{Message, Response, ResponseCode};

/// A signature of the site, and the digest it was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteSignature {
    /// The name of the digest, such as `SHA-256`.
    pub digest: &'static str,
    /// The signature's octets.
    pub octets: Vec<u8>,
}

impl Answerer {
    /// Answers a request for a list, all of which is told name by name until `tell` says that it
    /// is enough. The message is the first of the answer, or the only one: a refusal.
    ///
    /// All of it is from one view, however long it takes.
    pub(crate) fn list(
        &self,
        request: &Message,
        known: Known,
        source: Source,
        mut tell: impl FnMut(bytes::Bytes) -> ControlFlow<()>,
    ) -> Option<Message> {
        let view = self.store.view();
        let origin = Origin::Known(known);
        let mut step = self.authority.start(request, origin, Clock::date());
        let mut asks = Asks::new(&self.elsewhere, source);
        let mut first = None;
        loop {
            let driven = drive_on(&*view, step, &mut asks);
            let answer = match driven.map(|step| self.answer_of(step)) {
                Ok(answer) => answer?,
                Err(error) => return Some(self.fail(request, &error)),
            };
            let Answer { message, more, .. } = answer;
            let listed = Response::decode(&message).ok().map(|said| said.answer);
            first.get_or_insert(message);
            let Some(Body::Listing(listed)) = listed else {
                return first;
            };
            let mut names = listed.identifiers.into_iter();
            match (names.try_for_each(&mut tell), more) {
                (ControlFlow::Continue(()), Some(more)) => step = Step::Scan(more),
                _ => return first,
            }
        }
    }

    /// Plans one of many requests on a view. If others were asked, that took its time: then the
    /// view is a new one, and the plan is made again on that.
    fn planned(
        &self,
        request: &Message,
        known: &Known,
        view: &mut Remembering<Box<dyn View>>,
        asks: &mut Asks<'_>,
    ) -> Result<Option<Answer>, store::Error> {
        asks.begin_next();
        loop {
            let (origin, asked) = (Origin::Known(known.clone()), asks.count());
            let step = self.authority.start(request, origin, Clock::date());
            let step = drive_on(&*view, step, asks)?;
            if asks.count() == asked {
                return Ok(self.answer_of(step));
            }
            *view = Remembering::new(self.store.view());
        }
    }

    /// Begins to carry out requests that do not depend on each other, and waits for none of them:
    /// the changes of all are durable together, soon after. Nothing is signed.
    ///
    /// Waits while the store has all it can take. If the requests belong to a call that may come
    /// again, what was answered before is answered again, and nothing is done.
    pub(crate) fn begin_many(
        &self,
        requests: Vec<Message>,
        known: &Known,
        visitor: Visitor,
        mut call: Option<&mut Call>,
    ) -> Begun {
        let mut view = Remembering::new(self.store.view());
        let mut asks = Asks::new(&self.elsewhere, visitor.source);
        let now = Clock::date();
        let outcomes = Arc::new(Outcomes::default());
        let mut begun = Begun {
            requests: Vec::with_capacity(requests.len()),
            known: known.clone(),
            visitor,
            outcomes: Arc::clone(&outcomes),
        };
        for mut request in requests {
            // As for every front: two requests that are alike are two.
            request.header.expiration = 0;
            let place = call.as_mut().map(|call| call.next_place());
            let before = match (&call, &place) {
                (Some(call), Some(place)) => call.answered(place, &view),
                _ => Ok(None),
            };
            match before {
                Ok(None) => (),
                Ok(Some(answer)) => {
                    let unheld = self.unheld_again(&request, &answer);
                    begun
                        .requests
                        .push(Waiting::answered(unheld.unwrap_or(answer)));
                    continue;
                }
                Err(error) => {
                    let message = self.fail(&request, &error);
                    begun.requests.push(Waiting::answered(message));
                    continue;
                }
            }
            let answer = match self.planned(&request, known, &mut view, &mut asks) {
                Ok(Some(answer)) => answer,
                Ok(None) => {
                    let text = "this is no request";
                    let code = ResponseCode::PROTOCOL_ERROR;
                    let message = self.authority.fail(&request, code, text, now);
                    begun.requests.push(Waiting::answered(message));
                    continue;
                }
                Err(error) => {
                    let message = self.fail(&request, &error);
                    begun.requests.push(Waiting::answered(message));
                    continue;
                }
            };
            let mut change = answer.change;
            if self.is_agreed_on(&change) {
                // Few are: they are waited for one by one.
                let origin = Origin::Known(known.clone());
                let agreed = self.answer_front(&request, &origin, visitor);
                let message = agreed.unwrap_or(answer.message);
                begun.requests.push(Waiting::answered(message));
                continue;
            }
            let is_changing = !change.is_empty();
            let pass = match self.admit(&request, &change) {
                Ok(pass) => pass,
                Err(unheld) => {
                    begun.requests.push(Waiting::answered(*unheld));
                    continue;
                }
            };
            if let (Some(call), Some(place)) = (&mut call, &place) {
                if is_changing {
                    self.write_answers(call);
                    change
                        .writes
                        .push(again::write(place.clone(), &answer.message));
                } else {
                    call.note(place.clone(), &answer.message);
                }
            }
            let at = begun.requests.len();
            begun.requests.push(Waiting {
                request: is_changing.then_some(request),
                place,
                answer: answer.message,
                pass,
            });
            if is_changing {
                visitor.note(&mut change);
                outcomes.count_one();
                let outcomes = Arc::clone(&outcomes);
                self.submit(change, view.moment(), move |outcome| {
                    outcomes.note(at, outcome.err());
                });
            }
        }
        begun
    }

    /// Waits until what was begun is durable; the answers, in the order of the requests.
    ///
    /// What somebody else was faster with is planned again, one by one.
    pub(crate) fn finish_many(&self, begun: Begun) -> Vec<Message> {
        let Begun {
            mut requests,
            known,
            visitor,
            outcomes,
        } = begun;
        for (at, error) in outcomes.wait() {
            let Some(waiting) = requests.get_mut(at) else {
                continue;
            };
            let Some(request) = waiting.request.take() else {
                continue;
            };
            waiting.answer = match error {
                store::Error::Conflict { .. } => {
                    let origin = Origin::Known(known.clone());
                    let place = waiting.place.take();
                    let answered = self.answer_placed(&request, &origin, visitor, place.as_ref());
                    answered.unwrap_or_else(|| waiting.answer.clone())
                }
                error => self.fail(&request, &error),
            };
        }
        for waiting in &mut requests {
            let uncovered = waiting.request.as_ref();
            let uncovered = uncovered.and_then(|asked| self.uncovered(asked, waiting.pass));
            if let Some(uncovered) = uncovered {
                waiting.answer = uncovered;
            }
        }
        requests.into_iter().map(|waiting| waiting.answer).collect()
    }

    /// Answers whether a proof is right (operation 201), to whom may ask that so often.
    pub(crate) fn verify_for_front(&self, request: &Message, visitor: Visitor) -> Option<Message> {
        Some(pollster::block_on(self.verify(request, visitor))?.message)
    }

    /// Tells a front from now on whose keys change.
    pub(crate) fn watch_keys(&self, watcher: Watcher) {
        self.proven.watch(watcher);
    }

    /// Signs octets as the site does; none if it has no key, or if that is too often for a source.
    pub(crate) fn sign(&self, octets: &[u8], source: Source) -> Option<SiteSignature> {
        let key = self.signing_key.as_ref()?;
        let digest = SignatureDigest::Sha256;
        if !self.may_sign(source) {
            return None;
        }
        let signed = key.sign(digest, octets);
        if signed.is_none() && self.failures_told.now() {
            error!("nothing can be signed; this is said once a minute");
        }
        Some(SiteSignature {
            digest: digest.name(),
            octets: signed?,
        })
    }
}

/// Drives a plan on one view to its end. Waits for others whom it asks.
fn drive_on(view: &dyn View, mut step: Step, asks: &mut Asks<'_>) -> Result<Step, store::Error> {
    loop {
        step = match drive_here(step, view)? {
            Step::Ask(ask) => {
                let told = pollster::block_on(asks.ask(ask.asking()));
                ask.resume(told)
            }
            step => return Ok(step),
        };
    }
}

/// Requests that are being carried out together.
pub(crate) struct Begun {
    requests: Vec<Waiting>,
    known: Known,
    visitor: Visitor,
    outcomes: Arc<Outcomes>,
}

struct Waiting {
    /// The request, if it changes something.
    request: Option<Message>,
    /// Where the answer is kept, if the request may come again.
    place: Option<Key>,
    /// The answer, if the change becomes durable.
    answer: Message,
    /// As what the change was begun.
    pass: Option<Pass>,
}

impl Waiting {
    fn answered(answer: Message) -> Self {
        Self {
            request: None,
            place: None,
            answer,
            pass: None,
        }
    }
}

/// What has come of changes that were submitted.
#[derive(Default)]
struct Outcomes {
    state: Mutex<Counted>,
    changed: Condvar,
}

#[derive(Default)]
struct Counted {
    open: usize,
    failed: Vec<(usize, store::Error)>,
}

impl Outcomes {
    fn count_one(&self) {
        lock(&self.state).open += 1;
    }

    fn note(&self, at: usize, error: Option<store::Error>) {
        let mut state = lock(&self.state);
        state.open -= 1;
        state.failed.extend(error.map(|error| (at, error)));
        if state.open == 0 {
            self.changed.notify_all();
        }
    }

    /// Waits until none is open; those that failed, in their order.
    fn wait(&self) -> Vec<(usize, store::Error)> {
        let mut state = lock(&self.state);
        while state.open > 0 {
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let mut failed = std::mem::take(&mut state.failed);
        failed.sort_by_key(|(at, _)| *at);
        failed
    }
}
