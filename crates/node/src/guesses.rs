//! How often somebody may be wrong about who they are: keys and secrets are not to be guessed.
//!
//! Wrong proofs are counted for each source, and for each identity and source together, over a
//! minute. Nobody can lock others out of an identity: who is asked from another source is heard.
//!
//! A node that asks whether proofs are right (operation 201) does so for many, all of whom come
//! from its address: what strangers show there must not shut all others out.

use crate::visitor::Source;
use engine::Moment;
use std::collections::BTreeMap;
use std::time::Duration;
use wire::Identity;

/// How often a source may be wrong within [`WINDOW`]. People mistype; a program that guesses a
/// good secret at this pace needs more than the age of the earth.
const WRONG_PER_SOURCE_MAX: u32 = 30;

/// How often proofs may be wrong within [`WINDOW`] about which a source asks for others. A node of
/// many users asks some a minute; a guesser who tries each of many identities once is bounded.
const WRONG_FOR_OTHERS_MAX: u32 = 600;

/// How often a source may be wrong about one identity within [`WINDOW`].
const WRONG_PER_IDENTITY_MAX: u32 = 10;

/// How long a wrong proof counts.
const WINDOW: Duration = Duration::from_mins(1);

/// The most that is remembered; beyond it the oldest is forgotten.
const COUNT_MAX: usize = 8192;

/// Wrong proofs of late.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    wrong: BTreeMap<Guesser, Wrong>,
}

/// For whom a source shows a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OnBehalf {
    /// For itself.
    Own,
    /// For others, as another node that has been shown it.
    Others,
}

/// Who was wrong: a source, or a source about an identity.
type Guesser = (Source, About);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Any(OnBehalf),
    Identity(Vec<u8>, u32),
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    since: Moment,
    count: u32,
}

impl Guesses {
    /// Whether a source may try to prove an identity.
    pub(crate) fn may_try(
        &mut self,
        source: Source,
        on_behalf: OnBehalf,
        identity: &Identity,
        now: Moment,
    ) -> bool {
        let wrong_max = match on_behalf {
            OnBehalf::Own => WRONG_PER_SOURCE_MAX,
            OnBehalf::Others => WRONG_FOR_OTHERS_MAX,
        };
        self.count(&(source, About::Any(on_behalf)), now) < wrong_max
            && self.count(&about(source, identity), now) < WRONG_PER_IDENTITY_MAX
    }

    /// Remembers that a proof was wrong.
    pub(crate) fn note_wrong(
        &mut self,
        source: Source,
        on_behalf: OnBehalf,
        identity: &Identity,
        now: Moment,
    ) {
        for guesser in [(source, About::Any(on_behalf)), about(source, identity)] {
            let count = self.count(&guesser, now);
            let wrong = self.wrong.entry(guesser).or_insert(Wrong {
                since: now,
                count: 0,
            });
            if count == 0 {
                wrong.since = now;
            }
            wrong.count = count + 1;
        }
        if self.wrong.len() > COUNT_MAX {
            self.forget(now);
        }
    }

    fn count(&self, guesser: &Guesser, now: Moment) -> u32 {
        let wrong = self.wrong.get(guesser);
        wrong.map_or(0, |wrong| {
            if now > wrong.since + WINDOW {
                0
            } else {
                wrong.count
            }
        })
    }

    /// Forgets what is old, and if that is not enough, the older half.
    fn forget(&mut self, now: Moment) {
        self.wrong.retain(|_, wrong| now <= wrong.since + WINDOW);
        if self.wrong.len() > COUNT_MAX {
            let mut dates: Vec<Moment> = self.wrong.values().map(|wrong| wrong.since).collect();
            dates.sort_unstable();
            let middle = dates.get(dates.len() / 2).copied().unwrap_or(now);
            self.wrong.retain(|_, wrong| wrong.since > middle);
        }
    }
}

fn about(source: Source, identity: &Identity) -> Guesser {
    let mut identifier = identity.identifier.to_vec();
    identifier.make_ascii_uppercase();
    (source, About::Identity(identifier, identity.index))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Identity = Identity::ANONYMOUS;

    #[test]
    fn who_is_wrong_too_often_waits_a_minute() {
        let mut guesses = Guesses::default();
        let source = Source::ANYBODY;
        let start = Moment(1000);
        for _ in 0..WRONG_PER_IDENTITY_MAX {
            assert!(guesses.may_try(source, OnBehalf::Own, &IDENTITY, start));
            guesses.note_wrong(source, OnBehalf::Own, &IDENTITY, start);
        }
        assert!(!guesses.may_try(source, OnBehalf::Own, &IDENTITY, start));
        let other = Identity::new("88.1/u", 300);
        assert!(
            guesses.may_try(source, OnBehalf::Own, &other, start),
            "another identity"
        );
        let from_elsewhere = Source::connected([192, 0, 2, 1].into());
        assert!(guesses.may_try(from_elsewhere, OnBehalf::Own, &IDENTITY, start));
        let later = start + WINDOW + Duration::from_millis(1);
        assert!(guesses.may_try(source, OnBehalf::Own, &IDENTITY, later));
    }

    #[test]
    fn a_source_that_tries_many_identities_waits_too() {
        let mut guesses = Guesses::default();
        let identity = |number: u32| Identity::new(format!("88.1/{number}"), 300);
        for number in 0..WRONG_PER_SOURCE_MAX {
            guesses.note_wrong(Source::ANYBODY, OnBehalf::Own, &identity(number), Moment(5));
        }
        assert!(!guesses.may_try(Source::ANYBODY, OnBehalf::Own, &identity(1000), Moment(5)));
    }

    #[test]
    fn a_node_that_asks_for_others_is_heard_though_strangers_are_wrong_there() {
        let mut guesses = Guesses::default();
        let (node, now) = (Source::ANYBODY, Moment(5));
        let identity = |number: u32| Identity::new(format!("88.1/{number}"), 300);
        let others = OnBehalf::Others;
        for number in 0..WRONG_FOR_OTHERS_MAX {
            assert!(
                guesses.may_try(node, others, &identity(number), now),
                "{number}"
            );
            guesses.note_wrong(node, others, &identity(number), now);
        }
        assert!(!guesses.may_try(node, others, &identity(1000), now));
        assert!(guesses.may_try(node, OnBehalf::Own, &identity(1000), now));
        // About one identity no more guesses than for itself.
        let mut guesses = Guesses::default();
        for _ in 0..WRONG_PER_IDENTITY_MAX {
            guesses.note_wrong(node, others, &identity(1), now);
        }
        assert!(!guesses.may_try(node, others, &identity(1), now));
        assert!(guesses.may_try(node, others, &identity(2), now));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut guesses = Guesses::default();
        for number in 0..2 * COUNT_MAX as u32 {
            let source = Source::connected(std::net::IpAddr::V4(number.into()));
            guesses.note_wrong(source, OnBehalf::Own, &IDENTITY, Moment(number.into()));
        }
        assert!(guesses.wrong.len() <= COUNT_MAX + 2);
    }
}
