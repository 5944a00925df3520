//! What a server of the reference software was seen to answer, and whether we answer alike.
//!
//! The captures are golden data of room `wire`. Not alike are dates and whatever is random; every
//! other difference is named here, and its reason in `docs/differences.md`.

use super::tests::{Desk, Shown, proven};
use super::*;
use crypto::{RsaBits, VerifyingKey};
use engine::authority::AdministrationSettings;
use engine::credentials;
use model::admin::{Admin, AdminPermissions};
use model::{Reference, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use wire::challenge::ChallengeResponse;
use wire::message::NO_CREDENTIAL;
use wire::response::Answer as Body;
use wire::{Envelope, EnvelopeFlags, OpFlags, Opcode, Request, Response};

const WIRE: &str = include_str!("../../../wire/tests/golden/wire-captures.json");
const REFERRALS: &str = include_str!("../../../wire/tests/golden/referral-template-captures.json");

/// A request and its answer, and what was being done.
struct Exchange {
    step: String,
    request: Message,
    answer: Message,
}

fn entries(text: &str) -> Vec<Json> {
    let entries: Json = serde_json::from_str(text).unwrap();
    entries.as_array().unwrap().clone()
}

fn octets(hex: &Json) -> Vec<u8> {
    hex::decode(hex.as_str().unwrap()).unwrap()
}

/// The exchanges of the wire captures, their datagrams put together; and the request ids of those
/// that cannot be read, for they are encrypted.
fn exchanges() -> (Vec<Exchange>, Vec<u32>) {
    let mut messages: BTreeMap<(u32, bool), (String, Vec<u8>)> = BTreeMap::new();
    let mut order = Vec::new();
    for entry in entries(WIRE)
        .iter()
        .filter(|entry| entry.get("hex").is_some())
    {
        let octets = octets(&entry["hex"]);
        let mut reader = model::octets::Reader::new(octets.clone().into());
        let envelope = Envelope::read(&mut reader).unwrap();
        let is_request = entry["dir"] == "c2s";
        let id = (envelope.request_id, is_request);
        let step = entry["step"].as_str().unwrap().to_owned();
        let so_far = messages.entry(id).or_insert_with(|| {
            order.push(envelope.request_id);
            (step, octets[..20].to_vec())
        });
        so_far.1.extend_from_slice(&octets[20..]);
    }
    order.dedup();
    let message = |id| {
        let (step, octets) = messages.get(&id)?;
        let mut octets = octets.clone();
        // Fragments say that they are some.
        octets[2] &= !EnvelopeFlags::FRAGMENT.0;
        let length = u32::from_be_bytes(octets[16..20].try_into().unwrap()) as usize;
        octets.truncate(20 + length); // streams follow some answers
        Some((step.clone(), Message::decode(octets.into()).ok()?))
    };
    let exchange = |id| {
        let (step, request) = message((id, true))?;
        let (_, answer) = message((id, false))?;
        Some(Exchange {
            step,
            request,
            answer,
        })
    };
    let mut seen = std::collections::BTreeSet::new();
    order.retain(|id| seen.insert(*id));
    let (read, unread): (Vec<_>, Vec<_>) = order
        .into_iter()
        .map(|id| exchange(id).ok_or(id))
        .partition(Result::is_ok);
    (
        read.into_iter().filter_map(Result::ok).collect(),
        unread.into_iter().filter_map(Result::err).collect(),
    )
}

fn values(message: &Message) -> Vec<Value> {
    match Response::decode(message).unwrap().answer {
        Body::Resolution(answer) => answer
            .values
            .iter()
            .map(model::EncodedValue::value)
            .collect(),
        other => panic!("no values: {other:?}"),
    }
}

/// The answer with what is a date or random left out.
fn settled(mut message: Message) -> Message {
    message.header.expiration = 0;
    message.tail = NO_CREDENTIAL.into();
    if message.header.response_code == ResponseCode::AUTHENTICATION_NEEDED {
        message.envelope.session_id = 0;
        let without_nonce = message.body.len() - 16;
        message.body.truncate(without_nonce);
    }
    message.envelope.message_length = 0;
    message
}

/// The server of the captures, with a key of our own: theirs is not in them.
fn desk(site_record: &Message) -> (Desk, VerifyingKey) {
    let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
    let public = VerifyingKey::new(&key.public_key()).unwrap();
    let record = match Response::decode(site_record).unwrap().answer {
        Body::SiteInfo(record) => record,
        other => panic!("no site: {other:?}"),
    };
    let desk = Desk::with(AnswererSettings {
        authority: Settings {
            site: engine::authority::OwnSite::from_record(record, 0).unwrap(),
            administration: Arc::new(AdministrationSettings {
                server_admins: [KEY_INDEX, SECRET_INDEX]
                    .map(|index| Reference {
                        identifier: "0.NA/20.500.99999".into(),
                        index,
                    })
                    .into(),
                server_admins_may_all: true,
                lists: true,
                ..AdministrationSettings::default()
            }),
            ..Settings::default()
        },
        signing_key: Some(Arc::new(key)),
        ..AnswererSettings::default()
    });
    for prefix in [
        "0.NA",
        "0.0",
        "20.500.99999",
        "86.1000",
        "86.1000.12",
        "11234",
    ] {
        desk.home(prefix);
    }
    (desk, public)
}

/// The administrators of the captures, with a key of our own: the secret is what their proofs are
/// not checked with, for nonces differ, so proofs are made anew.
struct Administrators {
    key: SigningKey,
}

const SECRET: &[u8] = b"secret";
const KEY_INDEX: u32 = 300;
const SECRET_INDEX: u32 = 301;

impl Administrators {
    fn new(desk: &Desk) -> Self {
        let key = SigningKey::generate(RsaBits::Least).unwrap();
        let key = SigningKey::new(&key).unwrap();
        let prefix = "0.NA/20.500.99999";
        let admin = |index: u32, key_index| {
            let admin = Admin {
                identifier: prefix.into(),
                index: key_index,
                permissions: AdminPermissions::ALL,
                has_legacy_end: false,
            };
            Value::public(index, "HS_ADMIN", admin.encode())
        };
        let values = [
            admin(100, KEY_INDEX),
            admin(101, SECRET_INDEX),
            Value::public(KEY_INDEX, "HS_PUBKEY", key.public_key().encode()),
            Value {
                permissions: model::Permissions(0b1100),
                ..Value::public(SECRET_INDEX, "HS_SECKEY", SECRET)
            },
        ];
        desk.register(prefix, &values);
        Self { key }
    }

    /// Proves what the captured answer to a challenge proves, or not, as there.
    fn prove(&self, pending: &Pair, captured: &Message, is_right: bool) -> Message {
        let response = ChallengeResponse::decode(captured.body.clone()).unwrap();
        let shown = match (response.identity.index, is_right) {
            (KEY_INDEX, true) => Shown::Key(&self.key),
            (SECRET_INDEX, true) => Shown::Secret(SECRET),
            _ => Shown::Secret(b"wrong"),
        };
        let mut proven = proven(
            &pending.request,
            &pending.challenge,
            response.identity,
            shown,
        );
        proven.envelope.request_id = captured.envelope.request_id;
        proven
    }
}

/// A request that was challenged, and our challenge.
#[derive(Clone)]
struct Pair {
    request: Message,
    challenge: Message,
}

#[test]
fn the_wire_captures_are_answered_alike() {
    let (exchanges, encrypted) = exchanges();
    assert_eq!(encrypted, ENCRYPTED);
    let answer_of = |step: &str| {
        let found = exchanges.iter().rfind(|each| each.step == step);
        &found.unwrap_or_else(|| panic!("no {step}")).answer
    };
    let (desk, public) = desk(answer_of("getsiteinfo-tcp"));
    let administrators = Administrators::new(&desk);
    let derived = values(answer_of("resolve-derived-prefix"));
    desk.register("0.NA/86.1000.12", &derived);

    let mut pending: BTreeMap<u32, Pair> = BTreeMap::new();
    let mut differences = Vec::new();
    let mut alike = 0;
    for Exchange {
        step,
        request,
        answer,
    } in &exchanges
    {
        let their_challenge = pending.get(&request.envelope.session_id);
        let is_proof = request.header.opcode == Opcode::CHALLENGE_RESPONSE;
        let request = match their_challenge.filter(|_| is_proof) {
            Some(pair) => {
                let is_right = !step.contains("wrong");
                administrators.prove(pair, request, is_right)
            }
            None => request.clone(),
        };
        desk.complete(&request);
        let ours = desk.ask(&request);
        let is_challenge =
            |message: &Message| message.header.response_code == ResponseCode::AUTHENTICATION_NEEDED;
        if is_challenge(answer) && is_challenge(&ours) {
            let pair = Pair {
                request: request.clone(),
                challenge: ours.clone(),
            };
            pending.insert(answer.envelope.session_id, pair);
        }
        let wants_signature = answer.header.flags.contains(OpFlags::CERTIFIED);
        if alike_in_all_but_chance(&ours, answer) {
            let is_signed = credentials::is_signed(&ours, &public);
            assert_eq!(is_signed, wants_signature, "{step}");
            alike += 1;
            continue;
        }
        let code = |message: &Message| message.header.response_code.0;
        let operation = request.header.opcode.0;
        let (ours, theirs) = (code(&ours), code(answer));
        differences.push(format!("{step}: {operation}: {ours} not {theirs}"));
    }
    assert_eq!(differences, EXPECTED);
    assert_eq!(alike, ALIKE_COUNT);
}

/// How many exchanges are answered alike: all 44 but those below.
const ALIKE_COUNT: usize = 44 - ENCRYPTED.len() - EXPECTED.len();

/// What was said in the captured session under its key. Keys are random, so it is said again in
/// `tests/sessions.rs`, under ours.
const ENCRYPTED: [u32; 3] = [995_816_102, 781_334_420, 1_792_729_326];

/// Where we answer otherwise, by step, operation and codes. The transaction log is refused where
/// nobody is named who may copy; keys of sessions are random, as above; and a way to a key that
/// does not work there is refused at once here.
const EXPECTED: [&str; 6] = [
    "retrieve-txn-log: 1001: 5 not 402",
    "retrieve-txn-log: 200: 500 not 1",
    "session1-create-rsa(setup DH + MAC + challenge): 400: 1 not 1",
    "session1-create-rsa(setup DH + MAC + challenge): 200: 500 not 1",
    "session1-terminate: 401: 500 not 1",
    "session-server-cipher(expected to fail): 400: 504 not 1",
];

impl Desk {
    /// Adds the values that a request changes or removes and that were added in exchanges which
    /// are not among the captures.
    fn complete(&self, request: &Message) {
        let (identifier, indexes): (_, Vec<u32>) = match Request::decode(request) {
            Ok(Request::Modification(body)) => {
                let indexes = body.values.iter().map(model::EncodedValue::index);
                (body.identifier, indexes.collect())
            }
            Ok(Request::Removal(body)) => (body.identifier, body.indexes),
            _ => return,
        };
        let identifier = Identifier::from_octets(identifier).unwrap();
        let mut values = self.values_of(&identifier);
        for index in indexes {
            if values.iter().all(|value| value.index != index) {
                values.push(Value::public(index, "DESC", "added"));
            }
        }
        self.register(identifier.as_str(), &values);
    }
}

/// Whether two answers differ in dates, nonces and random suffixes at most.
fn alike_in_all_but_chance(ours: &Message, theirs: &Message) -> bool {
    if settled(ours.clone()) == settled(theirs.clone()) {
        return true;
    }
    let body = |message: &Message| Response::decode(message).ok().map(|body| body.answer);
    let (ours, theirs) = (&settled(ours.clone()), &settled(theirs.clone()));
    match (body(ours), body(theirs)) {
        (Some(Body::Resolution(ours)), Some(Body::Resolution(theirs))) => {
            undated(&ours.values) == undated(&theirs.values)
        }
        (Some(Body::Creation(one)), Some(Body::Creation(other))) => {
            // A UUID at the end is chance.
            let stem = |answer: wire::creation::CreationAnswer| {
                let identifier = answer.identifier.unwrap_or_default();
                let end = identifier.len().saturating_sub(36);
                (identifier.len(), identifier.slice(..end))
            };
            stem(one) == stem(other)
        }
        // Other identifiers are there.
        (Some(Body::Listing(_)), Some(Body::Listing(_))) => true,
        // In our own words.
        (Some(Body::Failure(_)), Some(Body::Failure(_))) => ours.header == theirs.header,
        _ => false,
    }
}

fn undated(values: &[model::EncodedValue]) -> Vec<Value> {
    let undated = values.iter().map(|value| Value {
        timestamp: 0,
        ..value.value()
    });
    undated.collect()
}

#[test]
fn the_referral_captures_are_answered_alike() {
    let captures = entries(REFERRALS);
    let named = |name: &str| {
        let found = captures.iter().find(|entry| entry["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let decoded = |hex: &Json| Message::decode(octets(hex).into()).unwrap();
    let (exchanges, _) = exchanges();
    let site = exchanges
        .iter()
        .find(|each| each.step == "getsiteinfo-tcp")
        .unwrap();
    let (desk, _) = desk(&site.answer);
    let prefix = values(&decoded(
        &named("type filter with trailing dot")["response"],
    ));
    desk.register("0.NA/86.1000", &prefix);
    let secret = Value {
        permissions: model::Permissions(0b1100),
        ..Value::public(2, "SECRET", "x")
    };
    desk.register(
        "20.500.99999/mixed",
        &[Value::public(1, "URL", "x"), secret],
    );

    let mut differences = Vec::new();
    for capture in &captures {
        let name = capture["name"].as_str().unwrap();
        if name.starts_with("template") {
            continue; // room `engine` has them with the namespaces they need
        }
        let (theirs, ours) = (
            decoded(&capture["response"]),
            desk.ask(&decoded(&capture["request"])),
        );
        if settled(ours.clone()) != settled(theirs.clone()) {
            let codes = [&ours, &theirs].map(|message| message.header.response_code.0);
            differences.push((name, codes));
        }
    }
    let expected = [
        // Our own words, for nobody asks on the asker's behalf.
        ("prefix referral asked by v2.9", [2, 2]),
    ];
    assert_eq!(differences, expected);
    let referral = decoded(&named("prefix referral v2.11")["request"]);
    assert!(Request::decode(&referral).is_ok());
}
