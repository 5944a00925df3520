//! What the records say: the answer every question must get, from the workload's own data.
//!
//! Written a second time on purpose, without the engine and without the record layout, so that a
//! mistake there is not repeated here. Only values are encoded by room `model`, whose octets are
//! checked against the reference software.

use crate::workload::{Query, Registration};
use engine::{Date, Moment};
use model::{EncodedValue, Permissions, SuffixCase, Value};
use std::collections::{BTreeMap, BTreeSet};
use wire::{ResponseCode, Version};

/// Octets of a message beside its body: a header and an empty credential.
const AROUND_BODY_OCTETS: usize = 24 + 4;

/// All that the operator has ever written, and when.
#[derive(Debug)]
pub(crate) struct Records {
    case: SuffixCase,
    prefixes: BTreeSet<String>,
    versions: BTreeMap<String, Vec<(Moment, Vec<Value>)>>,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Saying {
    /// These values, in this order.
    Values(Vec<EncodedValue>),
    /// No values, for this reason.
    Code(ResponseCode),
}

impl Records {
    /// No record at all.
    pub(crate) fn new(case: SuffixCase) -> Self {
        Self {
            case,
            prefixes: BTreeSet::new(),
            versions: BTreeMap::new(),
        }
    }

    /// The operator registers or replaces an identifier; the node dates the values that are new.
    pub(crate) fn write(&mut self, registration: &Registration, now: Moment, date: Date) {
        let spelling = registration.identifier.as_str();
        let (prefix, _) = fold(spelling, self.case);
        self.prefixes.insert(prefix);
        let mut values = registration.values.clone();
        values.sort_by_key(|value| value.index);
        let versions = self.versions.entry(self.name(spelling)).or_default();
        let before = versions
            .last()
            .map(|(_, before)| before.as_slice())
            .unwrap_or_default();
        for value in &mut values {
            value.timestamp = date.0;
            let dated_before = before.iter().find(|old| {
                let timestamp = value.timestamp;
                let old_now = Value {
                    timestamp,
                    ..(*old).clone()
                };
                old_now == *value
            });
            if let Some(old) = dated_before {
                value.timestamp = old.timestamp;
            }
        }
        versions.push((now, values));
    }

    fn name(&self, spelling: &str) -> String {
        let (prefix, suffix) = fold(spelling, self.case);
        format!("{prefix}/{suffix}")
    }

    /// What the records said at any time between two moments: one saying, or more if the record
    /// was changed meanwhile.
    pub(crate) fn sayings(&self, query: &Query, from: Moment, to: Moment) -> Vec<Saying> {
        let spelling = query.identifier.as_str();
        if !self.prefixes.contains(&fold(spelling, self.case).0) {
            return vec![Saying::Code(ResponseCode::SERVER_NOT_RESPONSIBLE)];
        }
        let Some(versions) = self.versions.get(&self.name(spelling)) else {
            return vec![Saying::Code(ResponseCode::HANDLE_NOT_FOUND)];
        };
        let ends = versions.iter().skip(1).map(|(since, _)| *since);
        let ends = ends.chain([Moment(u64::MAX)]);
        versions
            .iter()
            .zip(ends)
            .filter(|((since, _), end)| *since <= to && *end >= from)
            .map(|((_, values), _)| said(values, query))
            .collect()
    }
}

/// A prefix and a suffix as they are compared (RFC 3651 section 3).
fn fold(spelling: &str, case: SuffixCase) -> (String, String) {
    let (prefix, suffix) = spelling.split_once('/').unwrap_or(("0.NA", spelling));
    let prefix = prefix.to_ascii_uppercase();
    let belongs_to_root = prefix == "0" || prefix.starts_with("0.");
    let suffix = match case {
        SuffixCase::Sensitive if !belongs_to_root => suffix.to_owned(),
        _ => suffix.to_ascii_uppercase(),
    };
    (prefix, suffix)
}

/// What a record with these values says to a question (RFC 3652 section 3.2).
fn said(values: &[Value], query: &Query) -> Saying {
    let mut wanted: Vec<&Value> = values.iter().filter(|value| wants(query, value)).collect();
    if query.public_only {
        wanted.retain(|value| is_public(value));
    }
    if wanted.is_empty() {
        return Saying::Code(ResponseCode::VALUES_NOT_FOUND);
    }
    match wanted.iter().find(|value| !is_public(value)) {
        None => Saying::Values(wanted.into_iter().map(EncodedValue::of).collect()),
        Some(hidden) if hidden.permissions.0 & Permissions::ADMIN_READ.0 != 0 => {
            Saying::Code(ResponseCode::AUTHENTICATION_NEEDED)
        }
        Some(_) => Saying::Code(ResponseCode::INSUFFICIENT_PERMISSIONS),
    }
}

fn is_public(value: &Value) -> bool {
    value.permissions.0 & 0b0010 != 0
}

fn wants(query: &Query, value: &Value) -> bool {
    let own = value.value_type.octets().to_ascii_lowercase();
    let has_type = |asked: &[u8]| {
        let asked = asked.to_ascii_lowercase();
        match asked.split_last() {
            Some((b'.', family)) => own == family || own.starts_with(&asked),
            _ => own == asked,
        }
    };
    (query.indexes.is_empty() && query.types.is_empty())
        || query.indexes.contains(&value.index)
        || query.types.iter().any(|asked| has_type(asked))
}

impl Saying {
    /// How long the message is that says so; failures have short texts and count as nothing.
    pub(crate) fn message_octets(&self, query: &Query) -> usize {
        let Self::Values(values) = self else {
            return 0;
        };
        let values: usize = values.iter().map(|value| value.octets().len()).sum();
        let identifier = query.identifier.spelling().len();
        AROUND_BODY_OCTETS + digest_octets(query) + 4 + identifier + 4 + values
    }
}

/// The length of the digest that an answer begins with, its algorithm included.
fn digest_octets(query: &Query) -> usize {
    if !query.wants_digest || query.version < Version::new(2, 1) {
        0
    } else if query.version < Version::new(2, 7) {
        1 + 20
    } else {
        1 + 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(spelling: &str, indexes: &[u32], types: &[&'static str]) -> Query {
        Query {
            identifier: spelling.parse().expect("an identifier"),
            indexes: indexes.to_vec(),
            types: types.iter().map(|&each| each.into()).collect(),
            public_only: true,
            wants_digest: false,
            version: Version::NEWEST,
            request_id: 1,
        }
    }

    /// Records with one identifier that is written at 0 and at 100 ms.
    fn records(case: SuffixCase) -> Records {
        let mut records = Records::new(case);
        for (at, data) in [(0, "old"), (100, "new")] {
            let registration = Registration {
                identifier: "88.Org/aB".parse().unwrap(),
                values: vec![
                    Value::public(7, "URL.x", data),
                    Value::public(2, "EMAIL", data),
                ],
            };
            records.write(&registration, Moment(at), Date(9));
        }
        records
    }

    /// Checks the indexes, or the code, that a question gets between 150 and 160 ms.
    fn check(case: SuffixCase, query: &Query, expected: Result<&[u32], ResponseCode>) {
        let said = match &records(case).sayings(query, Moment(150), Moment(160))[..] {
            [Saying::Values(values)] => Ok(values.iter().map(EncodedValue::index).collect()),
            [Saying::Code(code)] => Err(*code),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, expected.map(<[u32]>::to_vec), "{query:?}");
    }

    #[test]
    fn questions_find_what_they_name() {
        let insensitive = SuffixCase::Insensitive;
        let sensitive = SuffixCase::Sensitive;
        check(insensitive, &query("88.oRG/Ab", &[], &[]), Ok(&[2, 7]));
        check(sensitive, &query("88.oRG/aB", &[7], &[]), Ok(&[7]));
        check(
            insensitive,
            &query("88.Org/ab", &[2], &["url."]),
            Ok(&[2, 7]),
        );
        let no_values = ResponseCode::VALUES_NOT_FOUND;
        check(
            insensitive,
            &query("88.Org/ab", &[], &["url"]),
            Err(no_values),
        );
        let unknown = ResponseCode::HANDLE_NOT_FOUND;
        check(sensitive, &query("88.Org/Ab", &[], &[]), Err(unknown));
        let foreign = ResponseCode::SERVER_NOT_RESPONSIBLE;
        check(sensitive, &query("88.Or/aB", &[], &[]), Err(foreign));
    }

    #[test]
    fn while_a_record_changes_either_version_is_right() {
        let records = records(SuffixCase::Insensitive);
        let check = |from, to, versions| {
            let query = query("88.Org/ab", &[], &[]);
            let sayings = records.sayings(&query, Moment(from), Moment(to));
            assert_eq!(sayings.len(), versions);
        };
        check(10, 90, 1);
        check(90, 110, 2);
        check(101, 110, 1);
    }
}
