//! What a server of the reference software was seen to answer, and whether we answer alike.
//!
//! The captures are golden data of room `wire`. Not alike are dates and whatever is random; every
//! other difference is named here, and its reason in `docs/differences.md`.

use super::tests::Desk;
use super::*;
use crypto::{RsaBits, VerifyingKey};
use engine::credentials;
use model::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use wire::message::NO_CREDENTIAL;
use wire::response::Answer as Body;
use wire::{EnvelopeFlags, Request, Response};

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

/// The exchanges of the wire captures that are not encrypted, their datagrams put together.
fn exchanges() -> Vec<Exchange> {
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
    order.into_iter().filter_map(exchange).collect()
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
            site: OwnSite::from_record(record, 0).unwrap(),
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

#[test]
fn the_wire_captures_are_answered_alike() {
    let exchanges = exchanges();
    let answer_of = |step: &str| {
        let found = exchanges.iter().rfind(|each| each.step == step);
        &found.unwrap_or_else(|| panic!("no {step}")).answer
    };
    let (desk, public) = desk(answer_of("getsiteinfo-tcp"));
    let private = values(answer_of("resolve-private-challenge-seckey-tcp"));
    desk.register("20.500.99999/cap-1", &private);
    let big = values(answer_of("resolve-big-request-udp-multipacket"));
    desk.register("20.500.99999/cap-big", &big);
    let derived = values(answer_of("resolve-derived-prefix"));
    desk.register("0.NA/86.1000.12", &derived);

    let mut differences = Vec::new();
    let mut alike = 0;
    for Exchange {
        step,
        request,
        answer,
    } in &exchanges
    {
        let ours = desk.ask(request);
        let wants_signature = request.header.flags.contains(OpFlags::CERTIFIED);
        assert_eq!(
            credentials::is_signed(&ours, &public),
            wants_signature,
            "{step}"
        );
        if settled(ours.clone()) == settled(answer.clone()) {
            alike += 1;
            continue;
        }
        let code = |message: &Message| message.header.response_code.0;
        let operation = request.header.opcode.0;
        differences.push(format!(
            "{step}: {operation}: {} not {}",
            code(&ours),
            code(answer)
        ));
    }
    let unexpected: Vec<&String> = differences
        .iter()
        .filter(|line| !is_administration(line))
        .collect();
    assert_eq!(unexpected, Vec::<&String>::new());
    assert_eq!((alike, differences.len()), (11, 30), "{differences:#?}");
}

/// Administration and sessions are refused as long as they are not offered: code 5, or 500 for what
/// comes in a session or answers a challenge that we did not issue.
fn is_administration(difference: &str) -> bool {
    let refused =
        |operation: &str, code: &str| difference.contains(&format!(": {operation}: {code} not "));
    let offered_later = [
        "100", "101", "103", "104", "105", "300", "301", "400", "1001",
    ];
    offered_later
        .iter()
        .any(|operation| refused(operation, "5"))
        || ["1", "100", "200", "401"]
            .iter()
            .any(|operation| refused(operation, "500"))
}

#[test]
fn the_referral_captures_are_answered_alike() {
    let captures = entries(REFERRALS);
    let named = |name: &str| {
        let found = captures.iter().find(|entry| entry["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let decoded = |hex: &Json| Message::decode(octets(hex).into()).unwrap();
    let exchanges = exchanges();
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
