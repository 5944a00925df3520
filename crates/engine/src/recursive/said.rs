//! What was answered, as the octets that go out again, and how these age.
//!
//! A relative ttl counts from when somebody obtained the value from any server (RFC 3651 section
//! 3.1). So that a value does not live longer the more caches it passes, what is left of it is told
//! from here; an absolute ttl is a date and stays. Values beside which a signature over values
//! (`HS_SIGNATURE`) was answered stay as they are too: it covers the ttl.

use super::demand::Trust;
use super::proof::Proof;
use super::question::Question;
use crate::Date;
use crate::resolver::{Failure, Fault, Found, Skip, Why, seconds_of};
use crate::trust::is_signature;
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_count};
use model::value::TtlKind;
use wire::ResponseCode;

/// Where the kind of a value's ttl stands in its octets, and the seconds behind it.
const TTL_KIND_AT: usize = 8;

/// For how many seconds a value may be used that is too old itself: as for names (RFC 8767 section
/// 4), so that it is asked for again soon, and not by everybody all the time.
const STALE_SECONDS: u32 = 30;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// These values.
    Values(Values),
    /// The identifier has no such values that everybody may read.
    NoSuchValues,
    /// There is no such identifier.
    NotRegistered,
}

impl Said {
    /// How much memory it takes, about.
    pub fn octets(&self) -> usize {
        match self {
            Self::Values(values) => {
                let numbers =
                    size_of_val(values.ttls.as_slice()) + size_of_val(values.proven.as_slice());
                values.octets.len() + numbers
            }
            Self::NoSuchValues | Self::NotRegistered => 0,
        }
    }

    /// Of what is said of a whole record, what a question asks for.
    #[must_use]
    pub fn within(&self, question: &Question) -> Self {
        match self {
            Self::Values(values) => values
                .select(question)
                .map_or(Self::NoSuchValues, Self::Values),
            other => other.clone(),
        }
    }

    /// Whether it says something of the whole record, also if less was asked for.
    pub fn is_of_whole(&self) -> bool {
        matches!(self, Self::NotRegistered)
    }
}

/// Values as they stand in an answer: their count, and each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    octets: Bytes,
    /// Where the seconds of each relative ttl stand; of none if they must not be changed.
    ttls: Vec<usize>,
    /// Whether these are the ttls of all values.
    can_be_shortened: bool,
    /// The indexes of values that signatures prove, ascending; also of some that are not here.
    proven: Vec<u32>,
}

impl Values {
    /// Those values that everybody may read, in octets of their own; none if there are none.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v EncodedValue>) -> Option<Self> {
        let public = |value: &&EncodedValue| value.permissions().is_public_read();
        let values: Vec<&EncodedValue> = values.into_iter().filter(public).collect();
        let is_signed = values.iter().any(|value| is_signature(value));
        Self::gathered(&values, is_signed)
    }

    /// The same with what is known of signatures over them.
    #[must_use]
    pub fn proven_by(self, proof: &Proof) -> Self {
        let proven = proof.indexes.clone();
        Self { proven, ..self }
    }

    /// Whether signatures prove each of them; but for signatures, which speak for themselves. Of
    /// nothing but signatures there is nothing that could be.
    pub fn are_proven(&self) -> bool {
        if self.proven.is_empty() {
            return false;
        }
        let is_proven = |value: &EncodedValue| {
            is_signature(value) || self.proven.binary_search(&value.index()).is_ok()
        };
        let values = self.values();
        values.iter().all(is_proven) && !values.iter().all(is_signature)
    }

    /// Those of the values that a question asks for; none if there are none.
    pub fn select(&self, question: &Question) -> Option<Self> {
        let all = self.values();
        let wanted: Vec<&EncodedValue> = all.iter().filter(|value| question.wants(value)).collect();
        let selected = Self::gathered(&wanted, self.ttls.is_empty())?;
        let proven = self.proven.clone();
        Some(Self { proven, ..selected })
    }

    /// The values one by one.
    pub fn values(&self) -> Vec<EncodedValue> {
        let mut reader = Reader::new(self.octets.slice(4.min(self.octets.len())..));
        let mut values = Vec::new();
        while let Ok(value) = EncodedValue::read(&mut reader) {
            values.push(value);
        }
        values
    }

    fn gathered(values: &[&EncodedValue], stays_as_it_is: bool) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let lengths = values.iter().map(|value| value.octets().len());
        let mut octets = Vec::with_capacity(4 + lengths.sum::<usize>());
        put_count(&mut octets, values.len());
        let mut ttls = Vec::new();
        for value in values {
            let kind = value.octets().get(TTL_KIND_AT).copied();
            if !stays_as_it_is && kind != Some(TtlKind::ABSOLUTE.0) {
                ttls.push(octets.len() + TTL_KIND_AT + 1);
            }
            octets.extend_from_slice(value.octets());
        }
        ttls.shrink_to_fit();
        Some(Self {
            octets: octets.into(),
            can_be_shortened: ttls.len() == values.len(),
            ttls,
            proven: Vec::new(),
        })
    }

    /// Whether each value can be told with a shorter ttl than it was answered with: none has a date
    /// or a signature. Others would be kept, by whoever is told them, for as long as they say.
    pub fn can_be_shortened(&self) -> bool {
        self.can_be_shortened
    }

    /// How many octets they take in an answer.
    pub fn octets_count(&self) -> usize {
        self.octets.len()
    }

    /// Appends them as they are told so many seconds after they were obtained; `None` if they are
    /// too old by now.
    pub fn put(&self, out: &mut Vec<u8>, age_seconds: Option<u32>) {
        let start = out.len();
        out.extend_from_slice(&self.octets);
        if age_seconds == Some(0) {
            return;
        }
        for at in &self.ttls {
            let place = out.get_mut(start + at..).and_then(<[u8]>::first_chunk_mut);
            let Some(place) = place else { continue };
            let seconds = u32::from_be_bytes(*place);
            let left = match age_seconds {
                Some(age) => seconds.saturating_sub(age),
                None => seconds.min(STALE_SECONDS),
            };
            *place = left.to_be_bytes();
        }
    }
}

/// What a walk has found, as it is told to who asked the question, and for how many seconds its
/// values may be kept; none for a failure. Signatures that were asked for to prove the others are
/// not told.
pub fn said(found: &Found, question: &Question, proof: &Proof, date: Date) -> Option<(Said, u32)> {
    match found {
        Found::Values(all) => {
            let all = || all.iter().filter(|value| question.wants(value));
            let Some(values) = Values::of(all()) else {
                return Some((Said::NoSuchValues, u32::MAX));
            };
            let lives = all().map(|value| seconds_of(value.value().ttl, date));
            let life = lives.min().unwrap_or(0).min(proof.seconds);
            Some((Said::Values(values.proven_by(proof)), life))
        }
        Found::NoSuchValues => Some((Said::NoSuchValues, u32::MAX)),
        Found::NotRegistered(_) => Some((Said::NotRegistered, u32::MAX)),
        Found::Verified(_) | Found::Failed(_) => None,
    }
}

/// Whether a walk failed because nothing could be verified: one that verifies nothing may do
/// better. A node that is too busy to sign is among the reasons.
pub fn is_of_trust(failure: &Failure) -> bool {
    let is_of_trust = |fault: &Fault| {
        matches!(
            fault,
            Fault::NotSigned
                | Fault::WeaklySigned(_)
                | Fault::NoDigest
                | Fault::Replayable
                | Fault::Refused {
                    code: ResponseCode::SERVER_BUSY,
                    ..
                }
        )
    };
    failure.why == Why::NobodyToAsk(Skip::NoKey)
        || failure.tried.iter().any(|(_, _, fault)| is_of_trust(fault))
}

/// Whether an asker who takes any answer may have one from a walk that verifies nothing, when one
/// that verifies has failed. It asks others than that one did, sites without a key among them, and
/// answers to it are shorter; only where the work itself was too much it would be so again.
pub fn falls_back(failure: &Failure) -> bool {
    is_of_trust(failure) || !matches!(failure.why, Why::Limit(_))
}

/// The kinds of usual walks that would fail as one of a kind has just done. One that verifies
/// speaks only for itself, and one that must ask a primary for none: copies may be alive.
pub fn fails_with(trust: Trust, is_fresh: bool) -> &'static [Trust] {
    match trust {
        _ if is_fresh => &[],
        Trust::Verified => &[Trust::Verified],
        Trust::Plain => &[Trust::Verified, Trust::Plain],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use model::value::{Permissions, Ttl};
    use model::{Identifier, Value};

    const DATE: Date = Date(1_795_000_000);

    fn value(index: u32, value_type: &'static str, ttl: Ttl) -> EncodedValue {
        EncodedValue::of(&Value {
            ttl,
            ..Value::public(index, value_type, "x")
        })
    }

    fn relative(seconds: u32) -> Ttl {
        Ttl {
            kind: TtlKind::RELATIVE,
            seconds,
        }
    }

    fn absolute(seconds: u32) -> Ttl {
        Ttl {
            kind: TtlKind::ABSOLUTE,
            seconds,
        }
    }

    fn question(indexes: &[u32]) -> Question {
        let question = Question::of(wire::resolution::ResolutionRequest {
            identifier: "88/a".into(),
            indexes: indexes.into(),
            types: Vec::new(),
            rest: Bytes::new(),
        });
        question.unwrap()
    }

    /// The seconds of each value as they are told.
    fn told(values: &[EncodedValue], age: Option<u32>) -> Vec<u32> {
        let mut out = b"before".to_vec();
        Values::of(values).unwrap().put(&mut out, age);
        let mut reader = Reader::new(out.into());
        reader.take("before", 6).unwrap();
        let count = reader.u32("count").unwrap();
        let read = |_| EncodedValue::read(&mut reader).unwrap().value().ttl.seconds;
        let seconds = (0..count).map(read).collect();
        assert!(reader.is_at_end());
        seconds
    }

    #[test]
    fn relative_ttls_count_down_and_absolute_ones_are_dates() {
        let values = [
            value(1, "URL", relative(300)),
            value(2, "URL", absolute(DATE.0 + 60)),
            value(3, "URL", relative(40)),
        ];
        assert_eq!(told(&values, Some(0)), [300, DATE.0 + 60, 40]);
        assert_eq!(told(&values, Some(39)), [261, DATE.0 + 60, 1]);
        assert_eq!(told(&values, None), [30, DATE.0 + 60, 30], "too old by now");
    }

    #[test]
    fn what_a_signature_covers_stays_as_it_is() {
        for name in ["HS_SIGNATURE", "hs_signature.1"] {
            let values = [
                value(1, "URL", relative(300)),
                value(400, name, relative(300)),
            ];
            assert_eq!(told(&values, Some(39)), [300, 300]);
            let all = Values::of(&values).unwrap();
            let mut out = Vec::new();
            let selected = all.select(&question(&[1])).unwrap();
            selected.put(&mut out, Some(39));
            assert_eq!(selected.values(), values[..1], "a part of a signed record");
            assert_eq!(out[4..], values[0].octets()[..]);
        }
    }

    #[test]
    fn the_shortest_ttl_counts_and_hidden_values_are_dropped() {
        let hidden = EncodedValue::of(&Value {
            permissions: Permissions::ADMIN_READ,
            ..Value::public(9, "HS_SECKEY", "secret")
        });
        let found = Found::Values(vec![
            value(1, "URL", relative(300)),
            value(2, "URL", absolute(DATE.0 + 60)),
            hidden.clone(),
        ]);
        let whole = question(&[]);
        let said = |found: &Found| said(found, &whole, &Proof::default(), DATE);
        let (told, seconds) = said(&found).unwrap();
        assert_eq!(seconds, 60);
        let Said::Values(values) = told else {
            panic!("{told:?}");
        };
        assert_eq!(values.values().len(), 2);
        let only = said(&Found::Values(vec![hidden])).unwrap();
        assert_eq!(only.0, Said::NoSuchValues);
        let missing: Identifier = "0.NA/88".parse().unwrap();
        let missing = said(&Found::NotRegistered(missing)).unwrap();
        assert_eq!(missing.0, Said::NotRegistered);
        assert!(said(&Found::Verified(true)).is_none());
    }

    /// Signatures prove values one by one: a part may be proven of what is not as a whole.
    #[test]
    fn each_value_is_proven_or_not() {
        let found = Found::Values(vec![
            value(1, "URL", relative(300)),
            value(2, "EMAIL", relative(200)),
            value(400, "HS_SIGNATURE", relative(300)),
        ]);
        let told = |question: &Question, indexes: &[u32]| {
            let proof = Proof {
                indexes: indexes.into(),
                seconds: 100,
            };
            match said(&found, question, &proof, DATE).unwrap() {
                (Said::Values(values), seconds) => (values, seconds),
                (other, _) => panic!("{other:?}"),
            }
        };
        let (whole, seconds) = told(&question(&[]), &[1]);
        assert_eq!((whole.are_proven(), seconds), (false, 100));
        let part = |indexes| whole.select(&question(indexes)).unwrap();
        assert!(part(&[1]).are_proven() && part(&[1, 400]).are_proven());
        assert!(!part(&[2]).are_proven(), "another");
        assert!(!part(&[400]).are_proven(), "there is nothing to prove");
        assert!(told(&question(&[]), &[1, 2, 7]).0.are_proven());
        assert!(!told(&question(&[]), &[]).0.are_proven());
        // Asked for only to prove the other.
        let (alone, _) = told(&question(&[1]), &[1]);
        assert_eq!((alone.values().len(), alone.are_proven()), (1, true));
        assert!(alone.can_be_shortened(), "no signature is told beside it");
    }
}
