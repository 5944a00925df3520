//! Tests of conversions on golden octets: vectors made by the reference software's encoder,
//! exchanges captured from it, and random changes of both.

use super::fuzz::round_trip;
use super::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::json;

const VECTORS: &str = include_str!("../../../wire/tests/golden/encoder-vectors.json");
const CAPTURES: &str = include_str!("../../../wire/tests/golden/wire-captures.json");
const SIGNED: &str = include_str!("../../../model/tests/golden/jws-vectors.json");
const SCHEMA: &str = include_str!("../../../../docs/message.schema.json");
const SESSION_KEY: &str = "114f2c8e82aa68471f6a4c9e9daa30d4db49141aedf6847a1c5fea4d744167b4";

fn context(kind: Kind) -> Context {
    Context {
        kind,
        transport: Transport::Any,
        session_key: None,
        session_cipher: BlockCipher::Aes,
        passphrase: None,
        is_strict: false,
    }
}

fn octets(hex: &str) -> Bytes {
    hex::decode(hex).unwrap().into()
}

/// The vectors of the encoder.
fn vectors() -> Vec<Json> {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    all["vectors"].as_array().unwrap().clone()
}

fn vector(name: &str) -> Bytes {
    let all = vectors();
    let found = all.iter().find(|vector| vector["name"] == name).unwrap();
    let hex = found.get("packet").or(found.get("hex")).unwrap();
    octets(hex.as_str().unwrap())
}

fn captures() -> Vec<Bytes> {
    let all: Json = serde_json::from_str(CAPTURES).unwrap();
    let all = all.as_array().unwrap().iter();
    all.filter_map(|step| Some(octets(step["hex"].as_str()?)))
        .collect()
}

/// What a vector of value data is, by its name.
fn kind_of(name: &str) -> Option<Kind> {
    let kinds = [
        ("hs-admin", Kind::Admin),
        ("hs-vlist", Kind::Vlist),
        ("hs-site", Kind::Site),
        ("pubkey", Kind::Key),
        ("privkey", Kind::Key),
        ("dh-public-key", Kind::Key),
        ("keyfile", Kind::Keyfile),
        ("handle-values-file", Kind::Values),
        ("handle-value-", Kind::Value),
    ];
    let found = kinds.into_iter().find(|(start, _)| name.starts_with(start));
    found.map(|(_, kind)| kind)
}

/// Every golden input with what it is: 63 packets, 27 others, 100 pieces of connections.
fn golden() -> Vec<(Kind, Bytes)> {
    let mut all: Vec<_> = captures()
        .into_iter()
        .map(|at| (Kind::Packet, at))
        .collect();
    for vector in vectors() {
        let name = vector["name"].as_str().unwrap();
        if let Some(packet) = vector["packet"].as_str() {
            all.push((Kind::Packet, octets(packet)));
        } else if let Some(kind) = kind_of(name) {
            all.push((kind, octets(vector["hex"].as_str().unwrap())));
        }
    }
    all
}

/// The schema of what a kind of input becomes.
fn schema(kind: Kind) -> jsonschema::Validator {
    let mut schema: Json = serde_json::from_str(SCHEMA).unwrap();
    let name = format!("{kind:?}").to_lowercase();
    assert!(schema["$defs"][&name].is_object(), "{name}");
    schema.as_object_mut().unwrap().shift_remove("anyOf");
    schema["$ref"] = format!("#/$defs/{name}").into();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn check_schema(schema: &jsonschema::Validator, json: &Json) {
    if let Some(error) = schema.iter_errors(json).next() {
        panic!("{error} at {}: {json:#}", error.instance_path());
    }
}

#[test]
fn every_golden_input_makes_the_round_trip_and_keeps_the_schema() {
    let all = golden();
    let packets = all.iter().filter(|(kind, _)| *kind == Kind::Packet).count();
    assert_eq!((packets, all.len() - packets), (63 + captures().len(), 27));
    for (kind, octets) in all {
        let schema = schema(kind);
        let mut context = context(kind);
        for key in [None, Some(hex::decode(SESSION_KEY).unwrap())] {
            context.session_key = key;
            context.passphrase = Some(b"hunter2".to_vec());
            let json = round_trip(&octets, &context).expect("golden input is accepted");
            check_schema(&schema, &json);
        }
    }
}

#[test]
fn packets_say_what_the_vectors_say() {
    for vector in vectors() {
        let Some(packet) = vector["packet"].as_str() else {
            continue;
        };
        let json = decode(&octets(packet), &context(Kind::Packet)).unwrap();
        let (envelope, header) = (&json["envelope"], &json["header"]);
        assert_eq!(envelope["version"], vector["version"]);
        assert_eq!(envelope["suggestedVersion"], vector["suggestVersion"]);
        assert_eq!(envelope["sessionId"], vector["sessionId"]);
        let request_id = (vector["requestId"].as_i64().unwrap() as i32).cast_unsigned();
        assert_eq!(envelope["requestId"], request_id);
        assert_eq!(header["opCode"], vector["opCode"]);
        assert_eq!(header["responseCode"], vector["responseCode"]);
        assert_eq!(header["expiration"], vector["expiration"]);
        assert_eq!(json["quirks"], json!([]), "{}", vector["name"]);
        assert!(json.get("bodyError").is_none());
        assert!(json["body"].get("octets").is_none());
        if let Some(nonce) = vector.get("nonceHex") {
            assert_eq!(&json["body"]["nonce"], nonce);
            let digest = &json["body"]["requestDigest"]["octets"];
            assert_eq!(*digest, vector["requestDigestHex"]);
        }
        if let Some(counter) = vector.get("sessionCounter") {
            assert_eq!(json["credential"]["sessionCounter"], *counter);
        }
    }
}

#[test]
fn values_say_what_the_vectors_say() {
    let mut checked = 0;
    for vector in vectors() {
        let kind = kind_of(vector["name"].as_str().unwrap());
        let (Some(kind), Some(said)) = (kind, vector.get("json")) else {
            continue;
        };
        let octets = octets(vector["hex"].as_str().unwrap());
        let mut json = decode(&octets, &context(kind)).unwrap();
        if let Json::Object(members) = &mut json {
            members.shift_remove("quirks");
        }
        assert_eq!(json, *said, "{}", vector["name"]);
        assert_eq!(encode(said.clone(), &context(kind)).unwrap(), octets);
        checked += 1;
    }
    assert_eq!(checked, 20);
}

#[test]
fn key_files_are_opened_with_the_passphrase_and_sealed_again() {
    let mut context = context(Kind::Keyfile);
    for number in 1..=4 {
        let octets = vector(&format!("keyfile-enc-type-{number}"));
        context.passphrase = Some(b"hunter2".to_vec());
        let json = round_trip(&octets, &context).unwrap();
        assert_eq!(json["encryption"], number);
        assert_eq!(json["key"], "PLAINTEXT-KEY-BYTES");
        if number > 1 {
            context.passphrase = Some(b"hunter3".to_vec());
            let json = round_trip(&octets, &context).unwrap();
            assert!(json["keyError"].is_string() || json["key"] != "PLAINTEXT-KEY-BYTES");
            context.passphrase = None;
            let json = round_trip(&octets, &context).unwrap();
            assert!(json["ciphertext"].is_string() && json.get("keyError").is_none());
        }
    }
}

#[test]
fn encrypted_messages_are_opened_with_the_key_of_the_session() {
    let mut context = context(Kind::Packet);
    let encrypted: Vec<_> = captures()
        .into_iter()
        .filter(|at| at[2] & 0x40 != 0)
        .collect();
    assert_eq!(encrypted.len(), 4);
    for octets in encrypted {
        context.session_key = None;
        let closed = round_trip(&octets, &context).unwrap();
        assert!(closed["encrypted"]["ciphertext"].is_string());
        context.session_key = Some(vec![7; 32]);
        let wrong = round_trip(&octets, &context).unwrap();
        assert!(wrong["encrypted"]["error"].is_string());
        context.session_key = Some(hex::decode(SESSION_KEY).unwrap());
        let open = round_trip(&octets, &context).unwrap();
        assert!(open["header"]["opCode"].is_u64(), "{open}");
        if open["credential"].is_object() {
            assert_eq!(open["credential"]["macValid"], true);
        }
        assert!(open["encrypted"].get("ciphertext").is_none());
    }
}

/// As its JSON says, the same message may be sealed with another cipher and opened with it.
#[test]
fn every_cipher_of_sessions_opens_what_it_has_sealed() {
    let is_encrypted = |at: &Bytes| at[2] & 0x40 != 0;
    let sealed = captures().into_iter().find(is_encrypted).unwrap();
    let mut context = context(Kind::Packet);
    context.session_key = Some(hex::decode(SESSION_KEY).unwrap());
    let open = round_trip(&sealed, &context).unwrap();
    for (cipher, name, iv) in [
        (BlockCipher::Des, "des", "0102030405060708"),
        (BlockCipher::TripleDes, "desede", "0102030405060708"),
        (BlockCipher::Sm4, "sm4", "0102030405060708090a0b0c0d0e0f10"),
    ] {
        context.session_cipher = cipher;
        let mut json = open.clone();
        json["encrypted"] = json!({"cipher": name, "iv": iv});
        // The length follows from what is sealed.
        json["envelope"]
            .as_object_mut()
            .unwrap()
            .remove("messageLength");
        let resealed = encode(json, &context).unwrap();
        let again = round_trip(&resealed, &context).unwrap();
        assert_eq!(again["encrypted"]["cipher"], name);
        assert_eq!(again["header"], open["header"]);
    }
}

#[test]
fn a_mac_is_checked_with_the_key_of_the_session() {
    let octets = vector("resolve-mac-session");
    let mut context = context(Kind::Packet);
    context.session_key = Some((0..32).collect());
    assert_eq!(
        round_trip(&octets, &context).unwrap()["credential"]["macValid"],
        true
    );
    context.session_key = Some(vec![7; 32]);
    assert_eq!(
        round_trip(&octets, &context).unwrap()["credential"]["macValid"],
        false
    );
}

#[test]
fn a_captured_log_is_packets_and_a_stream() {
    let streams: Vec<_> = captures()
        .iter()
        .map(|octets| decode(octets, &context(Kind::Packet)).unwrap())
        .filter(|json| json.get("stream").is_some())
        .collect();
    assert_eq!(streams.len(), 2);
    let server = streams
        .iter()
        .find(|json| json["stream"]["protection"] == "tls");
    let server = server.unwrap();
    assert_eq!(server["packets"][0]["header"]["opCode"], 1001);
    assert_eq!(server["stream"]["records"].as_array().unwrap().len(), 8);
    assert!(server["stream"].get("rest").is_none());
}

/// A signed log and a dump that nobody captured: every record that there is.
#[test]
fn streams_of_every_record_make_the_round_trip() {
    let value = json!({"index": 1, "type": "URL", "data": "x:y"});
    let date = 1_700_000_000_123_u64;
    let signature = "07".repeat(40);
    let log = json!({"protection": "signed", "content": "transactions", "version": 2,
        "signature": signature, "records": [
            {"type": "queue", "name": "300:88/s", "signature": signature},
            {"type": "transaction", "txnId": 7, "handle": "88/A", "action": 1, "date": date,
             "values": [value], "signature": signature},
            {"type": "transaction", "txnId": 8, "handle": "88/A", "action": 2, "date": date},
            {"type": "queueEnd", "date": date}, {"type": "end", "date": date}]});
    let dump = json!({"protection": "unsigned", "content": "dump", "records": [
        {"type": "otherSites", "text": "{ }"},
        {"type": "thisServer", "date": date, "lastTxnId": 9},
        {"type": "handleDate", "handle": "88/A", "date": date, "priority": 1},
        {"type": "prefixDate", "handle": "0.NA/88", "date": date},
        {"type": "handle", "handle": "88/A", "values": [value]},
        {"type": "homedPrefix", "handle": "0.NA/88"}, {"type": "end"}]});
    let plain = json!({"content": "transactions", "version": 1, "status": 1, "records": []});
    for (written, records) in [(log, 5), (dump, 7), (plain, 0)] {
        let context = context(Kind::Stream);
        let octets = encode(written.clone(), &context).unwrap();
        let json = round_trip(&octets, &context).unwrap();
        check_schema(&schema(Kind::Stream), &json);
        assert_eq!(json["content"], written["content"]);
        assert_eq!(
            json["records"].as_array().unwrap().len(),
            records,
            "{json:#}"
        );
        for cut in 0..octets.len() {
            round_trip(&octets.slice(..cut), &context);
        }
    }
}

#[test]
fn signed_texts_are_shown_in_parts() {
    let all: Json = serde_json::from_str(SIGNED).unwrap();
    let mut texts = Vec::new();
    strings(&all, &mut texts);
    texts.retain(|text| text.split('.').count() == 3 && text.starts_with("eyJ"));
    assert!(texts.len() >= 2, "{}", texts.len());
    for text in texts {
        let value = EncodedValue::of(&model::Value::public(400, "HS_SIGNATURE", text));
        let json = round_trip(value.octets(), &context(Kind::Value)).unwrap();
        check_schema(&schema(Kind::Value), &json);
        assert_eq!(json["data"]["format"], "jws");
        assert!(json["data"]["value"]["payload"]["iss"].is_string());
    }
}

fn strings(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::String(text) => found.push(text.clone()),
        Json::Array(things) => things.iter().for_each(|thing| strings(thing, found)),
        Json::Object(members) => members.values().for_each(|thing| strings(thing, found)),
        _ => {}
    }
}

#[test]
fn a_fragment_is_shown_as_one() {
    let captured = captures().into_iter().filter(|at| at[2] & 0x20 != 0);
    let fragments: Vec<_> = captured.collect();
    assert_eq!(fragments.len(), 7);
    let mut context = context(Kind::Packet);
    for octets in &fragments {
        for transport in [Transport::Any, Transport::Datagrams] {
            context.transport = transport;
            let json = round_trip(octets, &context).unwrap();
            assert_eq!(
                json["fragment"].as_str().unwrap().len(),
                2 * (octets.len() - 20)
            );
            assert_eq!(json["quirks"], json!([]));
        }
    }
    context.transport = Transport::Any;
    let together: Bytes = fragments[..3].concat().into();
    let json = round_trip(&together, &context).unwrap();
    assert_eq!(json["packets"].as_array().unwrap().len(), 3);
    let mut unmarked = fragments[0].to_vec();
    unmarked[2] &= !0x20;
    let json = round_trip(&unmarked.into(), &context).unwrap();
    assert_eq!(json["quirks"], json!(["fragment-not-marked"]));
}

#[test]
fn complaints_say_where() {
    let whole = vector("resolve-all-defaults");
    let check = |octets: Bytes, what: &str, at: usize| {
        let fault = decode(&octets, &context(Kind::Packet)).unwrap_err();
        assert!(fault.what.contains(what), "{fault}");
        assert_eq!(fault.place, fault::Place::Octet(at), "{fault}");
    };
    check(whole.slice(..10), "request id needs 4 octets", 8);
    check(whole.slice(..70), "56 octets, 50 came", 70);
    let mut long = whole.to_vec();
    long[16] = 0x7f;
    check(long.into(), "2130706488", 16);
    let mut body = whole.to_vec();
    body[40] = 0xff;
    check(body.into(), "body needs", 44);

    let mut inside = whole.to_vec();
    inside[44] = 0x01;
    let json = round_trip(&inside.into(), &context(Kind::Packet)).unwrap();
    assert_eq!(json["bodyError"]["where"], 44);
    assert_eq!(json["quirks"], json!(["body-malformed"]));
    check_schema(&schema(Kind::Packet), &json);
}

#[test]
fn strict_refuses_every_quirk() {
    let mut context = context(Kind::Packet);
    context.is_strict = true;
    let whole = vector("resolve-all-defaults");
    assert!(decode(&whole, &context).is_ok());
    let with_line_end: Bytes = [b"\r\n", &whole[..]].concat().into();
    let fault = decode(&with_line_end, &context).unwrap_err();
    assert_eq!(fault.what, "strict: line-end-before-message");
    context.is_strict = false;
    let json = round_trip(&with_line_end, &context).unwrap();
    assert_eq!(json["lineEnd"], "0d0a");
    context.kind = Kind::Admin;
    let legacy = decode(&vector("hs-admin-legacy-length"), &context).unwrap();
    assert_eq!(legacy["quirks"], json!(["admin-legacy-length"]));
}

#[test]
fn what_is_left_out_has_a_default() {
    let short = json!({"request": "resolution", "handle": "20.500.99999/abc"});
    let made = encode(short, &context(Kind::Packet)).unwrap();
    let mut usual = vector("resolve-all-defaults").to_vec();
    usual[8..12].copy_from_slice(&[0, 0, 0, 1]);
    usual[32..34].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(made, usual);
    let long =
        json!({"header": {"operation": "resolution"}, "body": {"handle": "20.500.99999/abc"}});
    assert_eq!(encode(long, &context(Kind::Packet)).unwrap(), usual);
}

#[test]
fn what_does_not_belong_is_refused_with_its_path() {
    let check = |kind: Kind, json: Json, what: &str| {
        let fault = encode(json, &context(kind)).unwrap_err();
        assert!(fault.to_string().contains(what), "{fault}");
    };
    let resolution = |more: Json| {
        let mut json = decode(&vector("resolve-all-defaults"), &context(Kind::Packet)).unwrap();
        for (path, member) in more.as_object().unwrap() {
            let (parent, name) = path.rsplit_once('/').unwrap();
            json.pointer_mut(parent).unwrap()[name] = member.clone();
        }
        json
    };
    let refused = |more: Json, what: &str| check(Kind::Packet, resolution(more), what);
    refused(json!({"/body/handel": 1}), "body.handel: is no member here");
    refused(json!({"/extra": 1}), "extra: is no member here");
    refused(json!({"/envelope/x": 1}), "envelope.x: is no member here");
    refused(
        json!({"/body/indexes": [1, "a"]}),
        "body.indexes[1]: is no whole number",
    );
    refused(
        json!({"/header/operation": "delete"}),
        "header.operation: says \"delete\"",
    );
    refused(
        json!({"/header/bodyLength": 3}),
        "header.bodyLength: says 3, but",
    );
    refused(
        json!({"/envelope/messageLength": 3}),
        "envelope.messageLength: says 3",
    );
    refused(json!({"/header/flags": ["x"]}), "header.flags: has \"x\"");
    refused(
        json!({"/credential": {"type": "HS_MAC"}}),
        "credential.digestAlgorithm: is missing",
    );
    check(Kind::Packet, json!([]), "is no object");
    check(
        Kind::Packet,
        json!({"request": "nothing"}),
        "request: is \"nothing\"",
    );
    check(
        Kind::Packet,
        json!({"header": {"opCode": 1, "responseCode": 1, "flags": ["returnRequestDigest"]},
               "body": {"handle": "a/b", "values": []}}),
        "body: ",
    );
    let admin = json!({"handle": "a", "index": 1, "permissions": "111111111111", "x": 1});
    check(Kind::Admin, admin, "x: is no member here");
    let value = json!({"index": 1, "type": "URL", "data": {"format": "odd", "value": ""}});
    check(Kind::Value, value, "data.format: is none of");
}

/// 20,000 random changes of golden input: accepted means exact, and every hundredth keeps the
/// schema.
#[test]
fn whatever_is_accepted_is_written_back_exactly() {
    let all = golden();
    let mut chance = ChaCha8Rng::seed_from_u64(2641);
    let schemas: Vec<_> = all
        .iter()
        .map(|(kind, _)| *kind)
        .fold(Vec::new(), |mut seen, kind| {
            if !seen.iter().any(|(known, _)| *known == kind) {
                seen.push((kind, schema(kind)));
            }
            seen
        });
    let mut accepted = 0;
    for round in 0..20_000_usize {
        let pick = chance.next_u32() as usize;
        let (kind, golden) = &all[pick % all.len()];
        let changed = changed(golden, &mut chance);
        let mut context = context(*kind);
        if round % 4 == 0 {
            context.session_key = Some(hex::decode(SESSION_KEY).unwrap());
        }
        let Some(json) = round_trip(&changed, &context) else {
            continue;
        };
        accepted += 1;
        if accepted % 20 == 0 {
            let found = schemas.iter().find(|(known, _)| known == kind);
            check_schema(&found.unwrap().1, &json);
        }
    }
    assert!(accepted > 5_000, "only {accepted} were accepted");
}

/// One to four changes: an octet, a bit, a small number, octets put in, octets taken out.
fn changed(golden: &Bytes, chance: &mut ChaCha8Rng) -> Bytes {
    let mut octets = golden.to_vec();
    for _ in 0..=chance.next_u32() % 4 {
        let at = chance.next_u32() as usize % octets.len().max(1);
        let with = chance.next_u32();
        match (chance.next_u32() % 6, octets.get_mut(at)) {
            (0, Some(octet)) => *octet = with as u8,
            (1, Some(octet)) => *octet ^= 1 << (with % 8),
            (2, Some(octet)) => *octet = (with % 4) as u8,
            (3, Some(_)) => octets.insert(at, with as u8),
            (4, Some(_)) => {
                octets.remove(at);
            }
            _ => octets.extend_from_slice(&with.to_be_bytes()[..(with % 4) as usize]),
        }
        mend(&mut octets, chance);
    }
    octets.into()
}

/// Half of the time the lengths in front are made right again, so that changes reach deep.
fn mend(octets: &mut [u8], chance: &mut ChaCha8Rng) {
    let length = octets.len().saturating_sub(20) as u32;
    if chance.next_u32().is_multiple_of(2)
        && let Some(place) = octets.get_mut(16..20)
    {
        place.copy_from_slice(&length.to_be_bytes());
    }
}
