//! Which values of an answer are proven by signatures over values, up chains of certificates to
//! keys that are trusted: for those who ask for a trusted result.
//!
//! A [`Proving`] is driven so: as long as [`Proving::poll_wanted`] names certificates, hand in the
//! values of that record with [`Proving::handle_values`]; then [`Proving::end`]. Whoever drives it
//! takes what it asks for from what the walk for the answer may still spend, so that a question for
//! a trusted answer makes no more work than another.
//!
//! Not here: what proves what ([`crate::trust`]), asking for certificates (room `node`).

#[cfg(test)]
mod tests;

use super::question::Question;
use super::said::Said;
use crate::resolver::{Failure, Why, Wish, seconds_of};
use crate::trust::{Anchor, Climb, examine, is_signature, signatures};
use crate::{Cryptography, Date};
use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use model::jws::NamedValue;
use model::{EncodedValue, Identifier};

/// How many signatures of one answer are followed, in the order of the values: a key that is
/// changed has two for a time. More are left out.
pub const SIGNATURES_MAX: usize = 4;

/// How many certificates are asked for, for one answer. The tree has four levels; beyond it what is
/// not proven yet is not.
pub const ASKED_MAX: usize = 16;

/// For how long it is kept that values with a signature could not be proven: whoever has the
/// certificates may have been away.
const DOUBT_SECONDS: u32 = 60;

/// What is known of signatures over the values of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The indexes of the values that are proven, ascending.
    pub indexes: Vec<u32>,
    /// For how many seconds this may be kept.
    pub seconds: u32,
}

impl Default for Proof {
    /// Nobody has looked, or there is nothing to look at.
    fn default() -> Self {
        Self {
            indexes: Vec::new(),
            seconds: u32::MAX,
        }
    }
}

/// Has the signatures of a question's answer asked for as well, if they would not be.
pub fn with_signatures(question: &Question, wish: Wish) -> Wish {
    if question.is_whole() {
        return wish;
    }
    wish.of_type("HS_SIGNATURE.")
}

/// The question for certificates that are wanted, and the key under which its answer is kept: apart
/// from those of askers, for nobody looks for signatures over it.
pub fn certificates(wanted: &NamedValue) -> (Question, Vec<u8>) {
    let question = Question::for_certificates(wanted);
    let (key, _) = question.key();
    // No other key begins so: they begin with the length of an identifier.
    let mut own = Vec::with_capacity(1 + key.len());
    own.push(0xff);
    own.extend_from_slice(&key);
    (question, own)
}

/// The certificates in what was answered some seconds ago, and for how many more they may be kept.
pub fn certificates_in(said: &Said, age_seconds: u32, date: Date) -> (Vec<EncodedValue>, u32) {
    let values = match said {
        Said::Values(values) => values.values(),
        Said::NoSuchValues | Said::NotRegistered => Vec::new(),
    };
    let lives = values
        .iter()
        .map(|value| seconds_of(value.value().ttl, date));
    let life = lives.min().unwrap_or(u32::MAX);
    (values, life.saturating_sub(age_seconds))
}

/// Whether it is kept that certificates could not be had: not if there was no work left to spend on
/// them, which says nothing of who has them. Else a stranger's long chain would make everybody's
/// certificates missing.
pub fn is_kept_missing(failure: &Failure) -> bool {
    !matches!(failure.why, Why::Limit(_))
}

/// The ways from the signatures of one answer up to anchors, one after another.
#[derive(Debug)]
pub struct Proving {
    about: Identifier,
    values: Vec<EncodedValue>,
    anchors: Vec<Anchor>,
    date: Date,
    waiting: VecDeque<EncodedValue>,
    climbing: Option<Climbing>,
    proven: BTreeSet<u32>,
    asked: usize,
    /// For how long what is proven so far is.
    seconds: u32,
    is_in_doubt: bool,
}

#[derive(Debug)]
struct Climbing {
    signature: EncodedValue,
    climb: Climb,
    /// For how long the certificates may be kept.
    seconds: u32,
}

impl Proving {
    /// Begins with the values that were answered about an identifier, those that hold signatures
    /// among them.
    pub fn begin(
        provider: &impl Cryptography,
        about: &Identifier,
        values: &[EncodedValue],
        anchors: &[Anchor],
        date: Date,
    ) -> Self {
        let mut proving = Self {
            about: about.clone(),
            values: values.into(),
            anchors: anchors.into(),
            date,
            waiting: signatures(values).take(SIGNATURES_MAX).cloned().collect(),
            climbing: None,
            proven: BTreeSet::new(),
            asked: 0,
            seconds: u32::MAX,
            is_in_doubt: false,
        };
        proving.go_on(provider);
        proving
    }

    /// Which value holds the certificate that is wanted next, or which record if it has no index;
    /// none if there is no more to prove.
    pub fn poll_wanted(&self) -> Option<NamedValue> {
        self.climbing.as_ref()?.climb.poll_wanted()
    }

    /// Takes the values of the record that was wanted, and for how many seconds they may be kept;
    /// of none if it cannot be had.
    pub fn handle_values(
        &mut self,
        provider: &impl Cryptography,
        values: &[EncodedValue],
        seconds: u32,
    ) {
        if let Some(climbing) = &mut self.climbing {
            climbing.climb.handle_values(provider, values);
            climbing.seconds = climbing.seconds.min(seconds);
            self.asked += 1;
        }
        self.go_on(provider);
    }

    /// What is proven.
    pub fn end(self) -> Proof {
        let is_whole = self.is_whole();
        let doubtful = if self.is_in_doubt && !is_whole {
            DOUBT_SECONDS
        } else {
            u32::MAX
        };
        Proof {
            indexes: self.proven.into_iter().collect(),
            seconds: self.seconds.min(doubtful),
        }
    }

    /// Goes on until a certificate is wanted, or there is no more to prove.
    ///
    /// Each round ends the way from one signature, of which there are few.
    fn go_on(&mut self, provider: &impl Cryptography) {
        loop {
            match self.climbing.take() {
                Some(climbing) if climbing.climb.poll_wanted().is_some() => {
                    if self.asked < ASKED_MAX {
                        self.climbing = Some(climbing);
                        return;
                    }
                    self.is_in_doubt = true;
                    self.waiting.clear();
                }
                Some(climbing) => self.finish(provider, &climbing),
                None => (),
            }
            if self.is_whole() {
                return;
            }
            let Some(signature) = self.waiting.pop_front() else {
                return;
            };
            let anchors = self.anchors.clone();
            match Climb::begin(provider, &self.about, &signature, anchors, self.date) {
                Ok(climb) => {
                    self.climbing = Some(Climbing {
                        signature,
                        climb,
                        seconds: u32::MAX,
                    });
                }
                Err(_) => self.is_in_doubt = true,
            }
        }
    }

    /// Takes what a signature proves, if its way has led to an anchor.
    fn finish(&mut self, provider: &impl Cryptography, climbing: &Climbing) {
        let Climbing {
            signature, climb, ..
        } = climbing;
        let is_good = matches!(climb.poll_end(), Some(Ok(())));
        let seen = is_good.then(|| examine(provider, signature, &self.values));
        let Some(seen) = seen.flatten() else {
            self.is_in_doubt = true;
            return;
        };
        let before = self.proven.len();
        // Of two values with one index the signature is over one at most.
        let unchanged = seen.unchanged.iter();
        let proven = unchanged.filter(|index| !seen.changed.contains(index));
        self.proven.extend(proven);
        if self.proven.len() > before {
            let left = |until: Date| until.0.saturating_sub(self.date.0).saturating_add(1);
            let good = climb.good_until().map_or(u32::MAX, left);
            self.seconds = self.seconds.min(climbing.seconds).min(good);
        }
    }

    /// Whether every value is proven that can be.
    fn is_whole(&self) -> bool {
        let mut values = self.values.iter().filter(|value| !is_signature(value));
        values.all(|value| self.proven.contains(&value.index()))
    }
}
