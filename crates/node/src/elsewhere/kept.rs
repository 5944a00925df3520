//! Values of other nodes that are kept for a while: an administrator's key is asked for with every
//! request. And for moments, that there are none: else each line of a thousand would ask a node
//! that is dead. Short, for a key that was taken away there counts here as long as it is kept.

use engine::elsewhere::{Asking, Told};
use engine::resolver::seconds_of;
use engine::{Date, Moment};
use model::{EncodedValue, SuffixCase};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many records' values are kept. Beyond it those that end first are forgotten.
const COUNT_MAX: usize = 1024;

/// How many octets they have together. Beyond it as above.
const OCTETS_MAX: usize = 4 << 20;

/// How long it is kept that nothing was found.
const NOTHING_LIFE: Duration = Duration::from_secs(3);

/// The values that were asked for: of which identifier, of which types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeptKey {
    canonical: Vec<u8>,
    types: Vec<&'static str>,
}

impl KeptKey {
    /// The key of what is asked for; none if the answer is not kept.
    pub(super) fn of(asking: &Asking) -> Option<Self> {
        match asking {
            Asking::Values { identifier, types } => Some(Self {
                canonical: identifier.canonical(SuffixCase::Sensitive),
                types: types.clone(),
            }),
            _ => None,
        }
    }
}

/// What is kept.
#[derive(Debug)]
pub(super) struct Kept {
    life_max: Duration,
    answers: BTreeMap<KeptKey, Answered>,
    octets: usize,
}

#[derive(Debug)]
struct Answered {
    told: Told,
    until: Moment,
    octets: usize,
}

impl Kept {
    /// Keeps nothing for longer than `life_max`.
    pub(super) fn new(life_max: Duration) -> Self {
        Self {
            life_max,
            answers: BTreeMap::new(),
            octets: 0,
        }
    }

    pub(super) fn find(&self, key: &KeptKey, now: Moment) -> Option<Told> {
        let kept = self.answers.get(key).filter(|kept| now < kept.until)?;
        Some(kept.told.clone())
    }

    /// Keeps values as long as they allow, and for a moment that there are none.
    pub(super) fn keep(&mut self, key: KeptKey, told: &Told, now: Moment, date: Date) {
        let values = match told {
            Told::Values(values) => &values[..],
            _ => &[],
        };
        let seconds = values
            .iter()
            .map(|value| seconds_of(value.value().ttl, date));
        let life = seconds
            .min()
            .map_or(NOTHING_LIFE, |seconds| Duration::from_secs(seconds.into()));
        let life = life.min(self.life_max);
        if life.is_zero() {
            return;
        }
        let lengths = values.iter().map(|value| value.octets().len());
        let reason = match told {
            Told::Nothing(reason) => reason.len(),
            _ => 0,
        };
        let octets = lengths.sum::<usize>() + key.canonical.len() + reason;
        // Copied: what is kept must not hold on to the message it came in.
        let told = match told {
            Told::Values(values) => {
                let values = values.iter().map(|value| EncodedValue::of(&value.value()));
                Told::Values(values.collect())
            }
            other => other.clone(),
        };
        if octets > OCTETS_MAX / 8 {
            return;
        }
        self.remove(&key);
        self.make_room(octets, now);
        self.octets += octets;
        let until = now + life;
        self.answers.insert(
            key,
            Answered {
                told,
                until,
                octets,
            },
        );
    }

    fn make_room(&mut self, octets: usize, now: Moment) {
        let is_full =
            |kept: &Self| kept.answers.len() >= COUNT_MAX || kept.octets + octets > OCTETS_MAX;
        if !is_full(self) {
            return;
        }
        self.remove_until(now);
        while is_full(self) {
            // Half of them at once, so that a flood of new ones costs little.
            let mut ends: Vec<Moment> = self.answers.values().map(|kept| kept.until).collect();
            let middle = ends.len() / 2;
            let (_, &mut median, _) = ends.select_nth_unstable(middle);
            self.remove_until(median);
        }
    }

    fn remove_until(&mut self, end: Moment) {
        self.answers.retain(|_, kept| kept.until > end);
        self.octets = self.answers.values().map(|kept| kept.octets).sum();
    }

    fn remove(&mut self, key: &KeptKey) {
        if let Some(kept) = self.answers.remove(key) {
            self.octets -= kept.octets;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Value;
    use model::value::{Ttl, TtlKind};

    const DATE: Date = Date(1_795_000_000);

    fn key(identifier: &str) -> KeptKey {
        KeptKey::of(&Asking::Values {
            identifier: identifier.parse().unwrap(),
            types: vec!["HS_PUBKEY"],
        })
        .unwrap()
    }

    fn value(ttl: Ttl, octets: usize) -> Told {
        let value = EncodedValue::of(&Value {
            ttl,
            ..Value::public(1, "HS_PUBKEY", vec![7; octets])
        });
        Told::Values(vec![value])
    }

    #[test]
    fn values_are_kept_as_long_as_both_allow() {
        let check = |ttl: Ttl, kept_ms: u64| {
            let mut kept = Kept::new(Duration::from_secs(30));
            kept.keep(key("99/a"), &value(ttl, 9), Moment(1000), DATE);
            let found = |at| kept.find(&key("99/A"), Moment(at)).is_some();
            assert!(kept_ms == 0 || kept.find(&key("99/a"), Moment(1000)).is_some());
            assert!(kept.find(&key("99/a"), Moment(1000 + kept_ms)).is_none());
            assert!(!found(1000), "another spelling may be another record there");
        };
        let relative = |seconds| Ttl {
            kind: TtlKind::RELATIVE,
            seconds,
        };
        check(Ttl::DAY, 30_000);
        check(relative(5), 5000);
        check(relative(0), 0);
        let absolute = Ttl {
            kind: TtlKind::ABSOLUTE,
            seconds: DATE.0 + 7,
        };
        check(absolute, 7000);
    }

    /// A node that is dead is not asked for every line of a thousand.
    #[test]
    fn that_nothing_was_found_is_kept_for_a_moment() {
        for told in [Told::Values(vec![]), Told::Nothing("nobody".into())] {
            let mut kept = Kept::new(Duration::from_secs(30));
            kept.keep(key("99/a"), &told, Moment(1000), DATE);
            assert_eq!(kept.find(&key("99/a"), Moment(3999)), Some(told.clone()));
            assert_eq!(kept.find(&key("99/a"), Moment(4000)), None);
            let mut kept = Kept::new(Duration::ZERO);
            kept.keep(key("99/a"), &told, Moment(1000), DATE);
            assert_eq!(
                kept.find(&key("99/a"), Moment(1000)),
                None,
                "nothing is kept"
            );
        }
    }

    #[test]
    fn no_flood_takes_more_than_the_room_there_is() {
        let mut kept = Kept::new(Duration::from_secs(30));
        for number in 0..3 * COUNT_MAX as u64 {
            let key = key(&format!("99/{number}"));
            kept.keep(key, &value(Ttl::DAY, 9), Moment(number), DATE);
            assert!(kept.answers.len() <= COUNT_MAX);
        }
        for number in 0..64 {
            let key = key(&format!("98/{number}"));
            kept.keep(key, &value(Ttl::DAY, 300 << 10), Moment(9000), DATE);
            assert!(kept.octets <= OCTETS_MAX, "{}", kept.octets);
        }
        let lengths = kept.answers.values().map(|kept| kept.octets);
        assert_eq!(lengths.sum::<usize>(), kept.octets);
        let huge = key("97/a");
        kept.keep(
            huge.clone(),
            &value(Ttl::DAY, 600 << 10),
            Moment(9000),
            DATE,
        );
        assert!(kept.find(&huge, Moment(9000)).is_none());
    }
}
