//! How a workload is drawn from a seed.
//!
//! What is drawn leans towards what breaks: spellings that differ in case, neighbours of prefixes,
//! lengths around the edge of a datagram, request ids that several askers use at once.

use super::strays;
use super::{Query, Questions, Registration, Revision, Workload};
use crate::chance::{Chance, Purpose};
use crate::network::Weather;
use bytes::Bytes;
use engine::Moment;
use model::value::TtlKind;
use model::{Identifier, Permissions, Reference, SuffixCase, Ttl, Value, ValueType};
use std::time::Duration;
use wire::Version;

/// Prefixes that identifiers are registered under; `0.NA` is that of prefixes themselves.
const PREFIXES: [&str; 4] = ["88.156.1", "20.500.Test", "86.1000.5", "0.NA"];

/// Prefixes the node never answers for: a parent, a child and a neighbour of one it does.
const FOREIGN: [&str; 4] = ["88.156", "88.156.1.7", "88.156.10", "99.404"];

/// Ends of suffixes: plain, Chinese, with slashes, with what other protocols would quote.
const SUFFIXES: [&str; 6] = ["Pump", "泵-Ä", "a/b/C", "x y%2F?", "", "ab"];

/// Types of values: with and without a number of their own in records, families, neighbours.
const TYPES: [&str; 8] = [
    "URL",
    "url.mobile",
    "URLX",
    "EMAIL",
    "HS_ADMIN",
    "品名",
    "X.y.Z",
    "10320/LOC",
];

/// Permissions of values that anybody may read, and of those that not everybody may.
const PUBLIC: [Permissions; 3] = [
    Permissions::DEFAULT,
    Permissions(0b1111),
    Permissions(0b0010),
];
const HIDDEN: [Permissions; 3] = [
    Permissions(0b1100),
    Permissions(0b0000),
    Permissions(0b0101),
];

/// What identifiers are made longer with; with it their questions need three datagrams.
const LONG_SUFFIX_OCTETS: usize = 1100;

/// By how much one asker's n-th request id differs from its next.
///
/// Askers of the field draw ids at random, but nothing keeps two of them from the same. Counted
/// ids make that happen all the time. All four octets differ, so that corruption (of three at most)
/// never makes one question's id another's.
const REQUEST_ID_STEP: u32 = 0x0101_0101;

impl Workload {
    /// The workload of a seed.
    pub(crate) fn new(seed: u64, weather: &Weather) -> Self {
        let mut chance = Chance::new(seed, Purpose::Workload);
        let suffix_case = *chance.pick(&[SuffixCase::Insensitive, SuffixCase::Sensitive]);
        let registrations = registrations(&mut chance, suffix_case);
        let askers = askers(&mut chance, &registrations);
        let revisions = revisions(&mut chance, &registrations);
        let mut chance = Chance::new(seed, Purpose::Strays);
        let mut strays = strays::draw(&mut chance, askers.len());
        let is_flooded = chance.happens(weather.floods);
        if is_flooded {
            strays.extend(strays::flood(&mut chance));
        }
        Self {
            suffix_case,
            registrations,
            revisions,
            askers,
            strays,
            is_flooded,
        }
    }
}

fn registrations(chance: &mut Chance, case: SuffixCase) -> Vec<Registration> {
    let count = chance.between(3..=10);
    let mut drawn: Vec<Registration> = Vec::new();
    for number in 0..count {
        let identifier = match drawn.last() {
            // The same but for case: two identifiers only where suffixes depend on it.
            Some(before) if case == SuffixCase::Sensitive && chance.happens(300) => {
                respelled(before.identifier.as_str())
            }
            _ => identifier(chance, number),
        };
        let values = values(chance);
        drawn.push(Registration { identifier, values });
    }
    let mut known = std::collections::BTreeSet::new();
    drawn.retain(|each| known.insert(each.identifier.canonical(case)));
    drawn
}

fn identifier(chance: &mut Chance, number: usize) -> Identifier {
    let prefix = chance.pick(&PREFIXES);
    let end = chance.pick(&SUFFIXES);
    let filling = if chance.happens(80) {
        "Q".repeat(LONG_SUFFIX_OCTETS)
    } else {
        String::new()
    };
    parse(&format!("{prefix}/{number}{filling}{end}"))
}

/// The same identifier with the case of its ASCII letters turned round.
fn respelled(spelling: &str) -> Identifier {
    let turn = |letter: char| {
        if letter.is_ascii_lowercase() {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    };
    parse(&spelling.chars().map(turn).collect::<String>())
}

fn parse(spelling: &str) -> Identifier {
    spelling
        .parse()
        .expect("what is made here has a prefix and is short enough")
}

/// Values of a record: mostly a few short ones, so many that an answer takes several datagrams
/// now and then, and seldom so many that it must go over a connection.
fn values(chance: &mut Chance) -> Vec<Value> {
    let (count, octets_max) = match chance.below(100) {
        0..55 => (chance.between(0..=4), 40),
        55..80 => (chance.between(2..=12), 120),
        80..93 => (chance.between(1..=3), 900),
        93..98 => (chance.between(20..=60), 200),
        _ => (chance.between(1..=3), 30_000),
    };
    let mut index = 0;
    (0..count)
        .map(|_| {
            index += chance.between(1..=40) as u32;
            let data = chance.between(0..=octets_max);
            value(chance, index, data)
        })
        .collect()
}

fn value(chance: &mut Chance, index: u32, data_octets: usize) -> Value {
    let permissions = if chance.happens(200) {
        *chance.pick(&HIDDEN)
    } else {
        *chance.pick(&PUBLIC)
    };
    let references = if chance.happens(50) {
        vec![Reference {
            identifier: Bytes::from_static(b"88.156.1/elsewhere"),
            index: chance.number(),
        }]
    } else {
        Vec::new()
    };
    Value {
        index,
        timestamp: chance.number(),
        ttl: Ttl {
            kind: TtlKind(chance.below(2) as u8),
            seconds: chance.number(),
        },
        permissions,
        value_type: ValueType::new(*chance.pick(&TYPES)),
        data: data(chance, data_octets),
        references,
    }
}

/// Octets that show where they are: a piece in the wrong place makes them different.
fn data(chance: &mut Chance, count: usize) -> Bytes {
    let start = chance.below(251);
    (start..start + count).map(|at| (at % 251) as u8).collect()
}

/// Changes of records whose answers fit one datagram.
///
/// Not of others: over UDP nothing in the protocol ties the fragments of an answer together, so
/// those of the answers to two tries can make up one that was never sent when the record changed
/// in between (test `a_change_between_two_answers_can_tear_a_long_one`).
fn revisions(chance: &mut Chance, registrations: &[Registration]) -> Vec<Revision> {
    let mut drawn = Vec::new();
    for each in registrations.iter().filter(|each| is_short(each)) {
        if chance.happens(700) {
            continue;
        }
        let mut values = each.values.clone();
        for value in &mut values {
            let octets = chance.between(0..=40);
            value.data = data(chance, octets);
        }
        let identifier = each.identifier.clone();
        let registration = Registration { identifier, values };
        drawn.push(Revision {
            at: Moment(chance.between(1..=20_000) as u64),
            registration,
        });
    }
    drawn
}

fn is_short(registration: &Registration) -> bool {
    let values = registration.values.iter();
    let octets: usize = values
        .map(|value| model::EncodedValue::of(value).octets().len() + 40)
        .sum();
    registration.identifier.spelling().len() + octets < 350
}

fn askers(chance: &mut Chance, registrations: &[Registration]) -> Vec<Questions> {
    let counts_ids = chance.happens(500);
    (0..chance.between(1..=6))
        .map(|_| {
            let clock_ahead_seconds = clock_ahead_seconds(chance);
            let queries = (1..=chance.between(1..=6) as u32)
                .map(|number| {
                    let rest = rest(chance, number);
                    let mut query = query(chance, registrations);
                    if counts_ids {
                        query.request_id = number * REQUEST_ID_STEP;
                    }
                    (rest, query)
                })
                .collect();
            Questions {
                clock_ahead_seconds,
                queries,
            }
        })
        .collect()
}

/// How far an asker's clock is ahead: six hours at most, either way, where twelve are allowed.
fn clock_ahead_seconds(chance: &mut Chance) -> i32 {
    let drawn = i32::try_from(chance.below(12 * 3600)).expect("twelve hours have few seconds");
    drawn - 6 * 3600
}

/// How long an asker rests before a question: all begin about together.
fn rest(chance: &mut Chance, number: u32) -> Duration {
    let most = match number {
        1 => 60,
        _ => *chance.pick(&[1, 100, 2_000, 10_000]),
    };
    Duration::from_millis(chance.between(0..=most) as u64)
}

fn query(chance: &mut Chance, registrations: &[Registration]) -> Query {
    let asked = chance.pick(registrations);
    let (indexes, types) = filters(chance, &asked.values);
    let identifier = asked_identifier(chance, asked);
    let public_only = !chance.happens(150);
    let wants_digest = chance.happens(500);
    let version = *chance.pick(&[
        Version::NEWEST,
        Version::NEWEST,
        Version::NEWEST,
        Version::new(2, 6),
        Version::new(2, 0),
    ]);
    Query {
        identifier,
        indexes,
        types,
        public_only,
        // Before 2.1 no flag says that an answer begins with a digest; our asker asks for none.
        wants_digest: wants_digest && !version.is_before_2_1(),
        version,
        request_id: chance.number(),
    }
}

fn asked_identifier(chance: &mut Chance, asked: &Registration) -> Identifier {
    let spelling = asked.identifier.as_str();
    match chance.below(10) {
        0 => parse(&format!("{spelling}-unknown")),
        1 => parse(&format!("{}/1Pump", chance.pick(&FOREIGN))),
        2..5 => respelled(spelling),
        // Without its slash a prefix names its own record.
        5 if asked.identifier.is_global() && !asked.identifier.suffix().contains('/') => {
            parse(asked.identifier.suffix())
        }
        _ => asked.identifier.clone(),
    }
}

/// Indexes and types that a question is narrowed to; some are those of the values.
fn filters(chance: &mut Chance, values: &[Value]) -> (Vec<u32>, Vec<Bytes>) {
    let mut indexes = Vec::new();
    let mut types = Vec::new();
    let wanted = chance.below(10);
    if matches!(wanted, 4..7) {
        for _ in 0..chance.between(1..=3) {
            indexes.push(an_index(chance, values));
        }
    }
    if matches!(wanted, 6..9) {
        for _ in 0..chance.between(1..=3) {
            types.push(a_type(chance));
        }
    }
    if wanted == 9 {
        // So many that the question itself takes several datagrams.
        for number in 0..chance.between(20..=120) {
            types.push(Bytes::from(format!("TYPE-NUMBER-{number}")));
        }
        let place = chance.below(types.len());
        types[place] = a_type(chance);
    }
    (indexes, types)
}

fn an_index(chance: &mut Chance, values: &[Value]) -> u32 {
    if values.is_empty() || chance.happens(300) {
        return chance.between(0..=200) as u32;
    }
    chance.pick(values).index
}

fn a_type(chance: &mut Chance) -> Bytes {
    let name = *chance.pick(&TYPES);
    let name = match chance.below(3) {
        0 => name.to_ascii_lowercase(),
        1 => name.to_ascii_uppercase(),
        _ => name.to_owned(),
    };
    let family = if chance.happens(300) { "." } else { "" };
    Bytes::from(name + family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Date;
    use wire::datagram::PIECE_OCTETS;

    /// How many of the questions of the first seeds something is true of.
    fn count(is_true: impl Fn(&Workload, &Query) -> bool) -> usize {
        (1..=300)
            .map(|seed| {
                let workload = Workload::new(seed, &Weather::LOSSY);
                let askers = workload.askers.iter();
                let queries = askers.flat_map(|asker| &asker.queries);
                queries
                    .filter(|(_, query)| is_true(&workload, query))
                    .count()
            })
            .sum()
    }

    fn is_registered(workload: &Workload, query: &Query) -> bool {
        let case = workload.suffix_case;
        let asked = query.identifier.canonical(case);
        let mut known = workload.registrations.iter();
        known.any(|each| each.identifier.canonical(case) == asked)
    }

    /// A workload that never asks for something cannot find a bug there.
    #[test]
    fn every_kind_of_question_is_asked() {
        let all = count(|_, _| true);
        let unknown = count(|workload, query| !is_registered(workload, query));
        assert!((all / 6..all / 2).contains(&unknown), "{unknown} of {all}");
        let fragmented = count(|_, query| {
            let packet = query.message(Date(0)).to_packet();
            packet.payload.len() > PIECE_OCTETS
        });
        assert!(fragmented > all / 20, "{fragmented} of {all}");
        assert!(count(|_, query| query.identifier.prefix().as_str() == "99.404") > 0);
        assert!(count(|_, query| !query.identifier.as_str().contains('/')) > 0);
        assert!(count(|_, query| !query.indexes.is_empty() && !query.types.is_empty()) > 0);
        assert!(count(|_, query| !query.public_only && query.types.is_empty()) > 0);
        assert!(
            count(|workload, query| {
                let spelled = |each: &Registration| each.identifier == query.identifier;
                is_registered(workload, query) && !workload.registrations.iter().any(spelled)
            }) > all / 20
        );
    }

    #[test]
    fn strangers_and_changes_are_there_too() {
        let workloads = (1..=300).map(|seed| Workload::new(seed, &Weather::STORM));
        let workloads: Vec<Workload> = workloads.collect();
        assert!(workloads.iter().any(|each| each.is_flooded));
        assert!(workloads.iter().any(|each| each.strays.is_empty()));
        assert!(workloads.iter().any(|each| !each.revisions.is_empty()));
    }
}
