//! The JSON API in the manner of the matrix: every operation, with every way to prove who asks over
//! HTTPS, under every condition, at whole nodes. All of it, for it is small.
//!
//! TLS ends at a proxy, as far as the node is told, so that every asker can have an address of
//! their own. Not here: client certificates, what bodies look like (`writing`, `identity`).

use super::asking::{Seen, World, after, identifier, values_before};
use super::bench::{Bench, is_done, make_ready};
use super::cells::{Kind, Operation, Rigour};
use super::people::{Keys, Who, administrator};
use super::{House, rules};
use crate::running::agent;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::Value;
use serde_json::{Value as Json, json};
use ureq::Agent;
use ureq::http::Request;
use wire::proof::{MacAlgorithm, Proof};

const OPERATIONS: [Operation; 11] = [
    Operation::ReadPublic,
    Operation::ReadPrivate,
    Operation::Create,
    Operation::CreateTaken,
    Operation::Replace,
    Operation::Mint,
    Operation::Delete,
    Operation::Add,
    Operation::AddOver,
    Operation::Remove,
    Operation::List,
];

/// How it is shown who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A secret itself, with every request.
    Password,
    /// A proof in the head of the request.
    Header(Kind),
    /// A proof for a session, which requests then name.
    Session(Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Permitted,
    Forbidden,
    WrongKey,
    Tampered,
    /// The request is sent twice as it is.
    Repeated,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    rigour: Rigour,
    way: Way,
    condition: Condition,
    operation: Operation,
}

fn cells(rigour: Rigour) -> Vec<Cell> {
    let secrets = [0x01, 0x02, 0x03, 0x12, 0x13, 0x22].map(Kind::Secret);
    let kinds = [Kind::Rsa, Kind::Dsa, Kind::Sm2].into_iter().chain(secrets);
    let ways = kinds.flat_map(|kind| [Way::Header(kind), Way::Session(kind)]);
    let conditions = [
        Condition::Permitted,
        Condition::Forbidden,
        Condition::WrongKey,
        Condition::Tampered,
        Condition::Repeated,
    ];
    let mut cells = Vec::new();
    for way in ways.chain([Way::Password]) {
        for condition in conditions {
            cells.extend(OPERATIONS.map(|operation| Cell {
                rigour,
                way,
                condition,
                operation,
            }));
        }
    }
    cells.retain(|cell| rigour == Rigour::Strict || is_weak(*cell));
    cells
}

fn is_weak(cell: Cell) -> bool {
    match cell.way {
        Way::Header(Kind::Secret(algorithm)) | Way::Session(Kind::Secret(algorithm)) => {
            [0x01, 0x02, 0x12].contains(&algorithm)
        }
        Way::Header(_) | Way::Session(_) | Way::Password => false,
    }
}

/// Status and response code of each answer; code 0 where there is no body.
fn expected(cell: Cell) -> Vec<(u16, u64)> {
    use Operation::{Add, Create, CreateTaken, Delete, Mint, ReadPublic, Remove};
    let is_wrong = [Condition::WrongKey, Condition::Tampered].contains(&cell.condition);
    if is_wrong || cell.rigour == Rigour::Strict && is_weak(cell) {
        return vec![(401, 0)];
    }
    let first = match cell.operation {
        CreateTaken => (409, 101),
        ReadPublic => (200, 1),
        _ if cell.condition == Condition::Forbidden => (403, 400),
        Create | Mint | Add => (201, 1),
        _ => (200, 1),
    };
    let again = match cell.operation {
        Create => (409, 101),
        Delete => (404, 100),
        Add => (409, 201),
        Remove => (400, 200),
        _ => first,
    };
    if cell.condition == Condition::Repeated {
        vec![first, again]
    } else {
        vec![first]
    }
}

/// Somebody who asks through a proxy, from an address of their own.
struct Browser<'h> {
    house: &'h House,
    agent: &'h Agent,
    address: String,
}

impl Browser<'_> {
    fn ask(&self, method: &str, path: &str, authorization: &str, body: &Json) -> (u16, Json) {
        let url = format!("http://{}{path}", self.house.node.http_addresses()[0]);
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header("x-forwarded-for", &self.address)
            .header("x-forwarded-proto", "https");
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut answer = self.agent.run(request.body(body).unwrap()).unwrap();
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// The `Authorization` header of a cell; none if a session could not be proven.
    fn authorization(&self, cell: Cell, keys: &Keys) -> Option<String> {
        let is_right = cell.condition != Condition::WrongKey;
        let who = match cell.condition {
            Condition::Forbidden => Who::Guest,
            _ => Who::Administrator,
        };
        let kind = match cell.way {
            Way::Password => {
                let mut secret = keys.secrets[usize::from(!is_right)].to_vec();
                tamper(cell, &mut secret);
                let user = format!("303%3A{}:", who.name());
                let both = [user.as_bytes(), &secret].concat();
                return Some(format!("Basic {}", BASE64.encode(both)));
            }
            Way::Header(kind) | Way::Session(kind) => kind,
        };
        let (_, session) = self.ask("POST", "/api/sessions", "", &Json::Null);
        let nonce = BASE64.decode(session["nonce"].as_str().unwrap()).unwrap();
        let client_nonce = *b"sixteen octets..";
        let covered = [&nonce[..], &client_nonce].concat();
        let mut proof = fields(cell, keys.prove((who, kind, is_right), 11, &covered));
        let identity = who.identity(kind);
        proof["id"] = format!("{}:{}", identity.index, who.name()).into();
        proof["cnonce"] = BASE64.encode(client_nonce).into();
        proof["sessionId"] = session["sessionId"].clone();
        if let Way::Session(_) = cell.way {
            let (status, _) = self.ask("PUT", "/api/sessions/this", "", &proof);
            let id = session["sessionId"].as_str().unwrap();
            return (status == 200).then(|| format!("Handle sessionId=\"{id}\""));
        }
        let members = proof.as_object().unwrap().iter();
        let members = members.map(|(name, value)| match value {
            Json::String(text) => format!("{name}=\"{text}\""),
            value => format!("{name}=\"{value}\""),
        });
        Some(format!("Handle {}", members.collect::<Vec<_>>().join(", ")))
    }
}

fn tamper(cell: Cell, octets: &mut [u8]) {
    if cell.condition == Condition::Tampered {
        *octets.last_mut().unwrap() ^= 1;
    }
}

/// A proof as the API says it.
fn fields(cell: Cell, proof: Proof) -> Json {
    let encoded = |octets: &[u8]| {
        let mut octets = octets.to_vec();
        tamper(cell, &mut octets);
        BASE64.encode(octets)
    };
    match proof {
        Proof::Signature {
            algorithm,
            signature,
        } => json!({
            "type": "HS_PUBKEY",
            "alg": String::from_utf8_lossy(&algorithm),
            "signature": encoded(&signature),
        }),
        Proof::Mac { algorithm, mac } => json!({
            "type": "HS_SECKEY", "alg": mac_name(algorithm), "signature": encoded(&mac),
        }),
        Proof::DerivedMac {
            salt,
            iterations,
            key_bits,
            mac,
        } => json!({
            "type": "HS_SECKEY", "alg": "PBKDF2-HMAC-SHA1", "signature": encoded(&mac),
            "salt": BASE64.encode(salt), "iterations": iterations, "length": key_bits,
        }),
        Proof::BareMac(_) => panic!("nobody proves so here"),
    }
}

fn mac_name(algorithm: MacAlgorithm) -> &'static str {
    match algorithm {
        MacAlgorithm::MD5 => "MD5",
        MacAlgorithm::SHA1 => "SHA1",
        MacAlgorithm::SHA256 => "SHA256",
        MacAlgorithm::HMAC_SHA1 => "HMAC-SHA1",
        _ => "HMAC-SHA256",
    }
}

fn as_json(values: &[Value]) -> Json {
    serde_json::to_value(values).unwrap()
}

/// Method, path and body of an operation.
fn request(operation: Operation) -> (&'static str, String, Json) {
    let path = |query: &str| format!("/api/handles/{}{query}", identifier(operation));
    let record = as_json(&[after(1), administrator()]);
    match operation {
        Operation::ReadPublic => ("GET", path("?index=1"), Json::Null),
        Operation::ReadPrivate => ("GET", path("?publicOnly=false"), Json::Null),
        Operation::Create | Operation::CreateTaken => ("PUT", path("?overwrite=false"), record),
        Operation::Mint => ("PUT", path("?mintNewSuffix=true"), record),
        Operation::Delete => ("DELETE", path(""), Json::Null),
        Operation::Add => {
            let query = path("?index=5&overwrite=false");
            ("PUT", query, as_json(&[after(5)]))
        }
        Operation::AddOver => ("PUT", path("?index=1"), as_json(&[after(1)])),
        Operation::Remove => ("DELETE", path("?index=1"), Json::Null),
        Operation::List => ("GET", "/api/handles?prefix=88.1".to_owned(), Json::Null),
        _ => ("PUT", path(""), record),
    }
}

/// Tries a cell; what is not as expected.
fn tried(browser: &Browser<'_>, cell: Cell, keys: &Keys) -> Option<String> {
    let expected = expected(cell);
    let (method, path, body) = request(cell.operation);
    let mut heard = Vec::new();
    let mut seen = Seen::default();
    match browser.authorization(cell, keys) {
        None => heard.push((401, 0)),
        Some(authorization) => {
            let times = if expected.len() == 2 { 2 } else { 1 };
            for _ in 0..times {
                let (status, said) = browser.ask(method, &path, &authorization, &body);
                heard.push((status, said["responseCode"].as_u64().unwrap_or(0)));
                if cell.operation == Operation::Mint {
                    seen.minted
                        .extend(said["handle"].as_str().map(str::to_owned));
                }
            }
        }
    }
    let done = is_done(browser.house, cell.operation, &seen);
    for minted in &seen.minted {
        browser.house.put(minted, None);
    }
    if done != Ok(false) {
        make_ready(browser.house, cell.operation);
    }
    let is_done = [(200, 1), (201, 1)].contains(&expected[0]) && rules::changes(cell.operation);
    let is_right = heard == expected && done == Ok(is_done);
    (!is_right).then(|| format!("{cell:?}: heard {heard:?}, not {expected:?}, left {done:?}"))
}

#[test]
fn cells_of_the_json_api_are_answered_as_the_rules_say() {
    assert!(!values_before().is_empty());
    let (keys, agent) = (Keys::new(), agent(None));
    let (mut failed, mut count) = (Vec::new(), 0);
    for rigour in [Rigour::Strict, Rigour::Lenient] {
        let house = House::new(rigour, 60);
        Bench::new(&house, &keys);
        for cell in cells(rigour) {
            count += 1;
            let browser = Browser {
                house: &house,
                agent: &agent,
                address: format!("10.0.{}.{}", count / 250, count % 250 + 1),
            };
            failed.extend(tried(&browser, cell, &keys));
        }
    }
    let few = failed.iter().take(40).cloned().collect::<Vec<_>>();
    assert!(
        failed.is_empty(),
        "{} of {count}:\n{}",
        failed.len(),
        few.join("\n")
    );
    // As docs/testing.md says it.
    assert_eq!(count, 1375);
}
