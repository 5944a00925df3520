//! How the resolver of the scripts goes up chains of certificates.

use super::Resolver;
use crate::recursive::{
    Demand, Looked, Proof, Proving, Question, Trust, Wanted, certificates, certificates_in,
    is_kept_missing, said,
};
use crate::resolver::tests::world::Toy;
use crate::resolver::{End, Found, Wish};
use model::EncodedValue;
use model::jws::NamedValue;
use std::sync::Arc;

impl Resolver {
    pub(super) fn walk(&mut self, wish: Wish, told: &mut Vec<String>) -> End {
        let end = self.world.walk(wish);
        told.extend(self.world.asked.iter().map(|asked| format!("asks {asked}")));
        end
    }

    pub(super) fn proves(&self, trust: Trust) -> bool {
        trust == Trust::Verified && !self.anchors.is_empty()
    }

    /// Goes up the chains of certificates from what was found.
    pub(super) fn prove(
        &mut self,
        question: &Question,
        found: &Found,
        told: &mut Vec<String>,
    ) -> Proof {
        let Found::Values(values) = found else {
            return Proof::default();
        };
        let (toy, about) = (Toy::default(), question.about().unwrap());
        let mut proving = Proving::begin(&toy, &about, values, &self.anchors, self.date());
        while let Some(wanted) = proving.poll_wanted() {
            let (values, seconds) = self.certificates(&wanted, told);
            proving.handle_values(&toy, &values, seconds);
        }
        let proof = proving.end();
        told.push(format!("proven: {:?}", proof.indexes));
        proof
    }

    /// Certificates, from what is kept or from whoever is responsible, within what the walk for the
    /// answer has left of its limits; and for how many seconds they may be kept.
    fn certificates(
        &mut self,
        wanted: &NamedValue,
        told: &mut Vec<String>,
    ) -> (Vec<EncodedValue>, u32) {
        let (question, key) = certificates(wanted);
        let (now, date) = (self.now(), self.date());
        match self.cache().find(0, &key, Wanted::Demanded, now) {
            Looked::Found(hit) => {
                return certificates_in(&hit.said, hit.age_seconds.unwrap(), date);
            }
            Looked::Failed => return (Vec::new(), u32::MAX),
            Looked::Nothing => (),
        }
        let wish = question.wish(&Demand::usual(), Trust::Verified).unwrap();
        let end = self.world.walk_within(wish, self.world.left);
        told.extend(self.world.asked.iter().map(|asked| format!("asks {asked}")));
        let now = self.now();
        match (
            said(&end.found, &question, &Proof::default(), date),
            &end.found,
        ) {
            (Some((said, seconds)), _) => {
                let said = Arc::new(said);
                let kept = (Arc::clone(&said), seconds);
                self.cache().keep(0, &key, Trust::Verified, kept, now);
                certificates_in(&said, 0, date)
            }
            (None, Found::Failed(failure)) if is_kept_missing(failure) => {
                self.cache().note_failure(0, &key, Trust::Verified, now);
                (Vec::new(), u32::MAX)
            }
            _ => (Vec::new(), u32::MAX),
        }
    }
}
