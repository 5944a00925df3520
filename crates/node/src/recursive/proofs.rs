//! How an answer is proven: up chains of certificates, which are kept as answers are, and asked for
//! with what the walk for the answer has left of its work.
//!
//! Not here: what proves what ([`engine::trust`], [`engine::recursive::Proving`]).

use super::{Place, Recursive};
use client::{Clock, Walked};
use crypto::Provider;
use engine::recursive::{
    Demand, Looked, Proof, Proving, Question, Trust, Wanted, certificates, certificates_in,
    is_kept_missing, said, with_signatures,
};
use engine::resolver::{Found, Limits, Wish};
use model::EncodedValue;
use model::jws::NamedValue;
use std::sync::Arc;

impl Recursive {
    /// Whether answers are trusted only if signatures over their values prove them.
    pub(super) fn needs_proof(&self) -> bool {
        !self.anchors.is_empty()
    }

    /// Walks for an answer and the signatures over it, and up from these.
    pub(super) async fn walk_and_prove(&self, question: &Question, wish: Wish) -> (Walked, Proof) {
        let wish = with_signatures(question, wish);
        let walked = self.resolver.walk(wish).await;
        let proof = match (&walked.end.found, question.about()) {
            (Found::Values(values), Ok(about)) => {
                let date = Clock::date();
                let proving = Proving::begin(&Provider, &about, values, &self.anchors, date);
                self.prove(proving, walked.left).await
            }
            _ => Proof::default(),
        };
        (walked, proof)
    }

    async fn prove(&self, mut proving: Proving, mut left: Limits) -> Proof {
        while let Some(wanted) = proving.poll_wanted() {
            let (values, seconds) = self.certificates(&wanted, &mut left).await;
            proving.handle_values(&Provider, &values, seconds);
        }
        proving.end()
    }

    /// Certificates, from what is kept or from whoever is responsible, and for how many seconds
    /// they may be kept; none if they cannot be had.
    async fn certificates(
        &self,
        wanted: &NamedValue,
        left: &mut Limits,
    ) -> (Vec<EncodedValue>, u32) {
        let none = (Vec::new(), u32::MAX);
        let (question, key) = certificates(wanted);
        let whole = key.len();
        let place = self.place(key.into(), whole);
        match self.look_for_certificates(&place) {
            Looked::Found(hit) => {
                let age = hit.age_seconds.unwrap_or(u32::MAX);
                return certificates_in(&hit.said, age, Clock::date());
            }
            Looked::Failed => return none,
            Looked::Nothing => (),
        }
        let Ok(wish) = question.wish(&Demand::usual(), Trust::Verified) else {
            return none;
        };
        let walked = self.resolver.walk_within(wish, *left).await;
        *left = walked.left;
        self.log(&walked);
        let (now, date) = (self.clock.moment(), Clock::date());
        let found = &walked.end.found;
        match (said(found, &question, &Proof::default(), date), found) {
            (Some((said, seconds)), _) => {
                let said = Arc::new(said);
                let kept = (Arc::clone(&said), seconds);
                let mut part = self.part(&place);
                part.keep(place.hash, &place.key, Trust::Verified, kept, now);
                certificates_in(&said, 0, date)
            }
            (None, Found::Failed(failure)) if is_kept_missing(failure) => {
                let mut part = self.part(&place);
                part.note_failure(place.hash, &place.key, Trust::Verified, now);
                none
            }
            _ => none,
        }
    }

    fn look_for_certificates(&self, place: &Place) -> Looked {
        let now = self.clock.moment();
        let wanted = Wanted::Demanded;
        self.part(place).find(place.hash, &place.key, wanted, now)
    }
}
