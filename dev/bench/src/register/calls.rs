//! Clients with a connection and a session each, over HTTPS: a record a call, or many.

use super::{PREFIX_RECORD, Registered, SECRET, SECRET_INDEX};
use crate::failure::{Failure, cannot};
use crate::records;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::Provider;
use engine::proofs::prove_by_secret;
use model::Value;
use rustls::crypto::aws_lc_rs;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::Request;
use ureq::tls::TlsConfig;
use wire::Version;
use wire::proof::Proof;

/// What only this client's challenge is answered with.
const CLIENT_NONCE: [u8; 16] = *b"nonce of a bench";

/// Registers for as long as it lasts, so many records a call: one with `PUT`, more with the bulk
/// call.
pub(super) fn register(
    server: SocketAddr,
    first: u64,
    records: u64,
    lasts: Duration,
    barrier: &Barrier,
) -> Result<Registered, Failure> {
    let caller = Caller::begin(server);
    // Before an error is told, lest the others wait for ever.
    barrier.wait();
    let caller = caller?;
    let mut registered = Registered::begin();
    let mut serial = first;
    while registered.lasted() < lasts {
        let (path, method, body) = match records {
            1 => (path(serial)?, "PUT", one(serial)?),
            _ => ("/api/bulk".into(), "POST", many(serial, records)?),
        };
        let since = Instant::now();
        let answer = caller.call(method, &path, body)?;
        if records > 1 {
            all_done(&answer, records)?;
        }
        registered.note(records, since.elapsed());
        serial += records;
    }
    Ok(registered.end())
}

fn path(serial: u64) -> Result<String, Failure> {
    let identifier = String::from_utf8(records::identifier(serial).to_vec())?;
    Ok(format!("/api/handles/{identifier}"))
}

fn one(serial: u64) -> Result<String, Failure> {
    Ok(serde_json::to_string(&records::values(serial))?)
}

fn many(first: u64, records: u64) -> Result<String, Failure> {
    let mut lines = Vec::new();
    for serial in first..first + records {
        let identifier = records::identifier(serial);
        let line = Line {
            op: "put",
            handle: std::str::from_utf8(&identifier)?,
            values: records::values(serial),
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    Ok(String::from_utf8(lines)?)
}

/// A line of a bulk call.
#[derive(Serialize)]
struct Line<'a> {
    op: &'static str,
    handle: &'a str,
    values: Vec<Value>,
}

fn all_done(answer: &str, records: u64) -> Result<(), Failure> {
    let done = answer
        .lines()
        .filter(|line| line.contains("\"responseCode\":1,"));
    if done.count() as u64 == records {
        return Ok(());
    }
    let refused = answer
        .lines()
        .find(|line| !line.contains("\"responseCode\":1,"));
    Err(format!("the node refuses a line: {}", refused.unwrap_or_default()).into())
}

/// Somebody who has shown once who they are.
struct Caller {
    agent: Agent,
    server: SocketAddr,
    authorization: String,
}

impl Caller {
    fn begin(server: SocketAddr) -> Result<Self, Failure> {
        // The node has made its certificate itself.
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .disable_verification(true);
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false);
        let mut caller = Self {
            agent: agent.build().into(),
            server,
            authorization: String::new(),
        };
        let session: Json = serde_json::from_str(&caller.call("POST", "/api/sessions", "")?)?;
        let member = |name: &str| session[name].as_str().ok_or("this is no session");
        let mut proof = proof(&BASE64.decode(member("nonce")?)?)?;
        proof["sessionId"] = member("sessionId")?.into();
        caller.call("PUT", "/api/sessions/this", proof.to_string())?;
        caller.authorization = format!("Handle sessionId=\"{}\"", member("sessionId")?);
        Ok(caller)
    }

    fn call(&self, method: &str, path: &str, body: impl Into<String>) -> Result<String, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.server))
            .header("authorization", &self.authorization)
            .body(body.into())?;
        let mut answer = self.agent.run(request).map_err(cannot("call the node"))?;
        let status = answer.status();
        let body = answer
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_string()?;
        if !status.is_success() {
            return Err(format!("the node refuses with {status}: {body}").into());
        }
        Ok(body)
    }
}

/// What proves the secret in a session with this nonce.
fn proof(nonce: &[u8]) -> Result<Json, Failure> {
    let covered = [nonce, &CLIENT_NONCE].concat();
    let (secret, salt) = (SECRET.as_bytes(), [7; 16]);
    let proof = prove_by_secret(&covered, Version::NEWEST, secret, salt, &Provider);
    let Proof::DerivedMac {
        salt,
        iterations,
        key_bits,
        mac,
    } = proof
    else {
        return Err("a secret is proven otherwise now".into());
    };
    Ok(json!({
        "id": format!("{SECRET_INDEX}:{PREFIX_RECORD}"),
        "type": "HS_SECKEY",
        "alg": "PBKDF2-HMAC-SHA1",
        "cnonce": BASE64.encode(CLIENT_NONCE),
        "salt": BASE64.encode(salt),
        "iterations": iterations,
        "length": key_bits,
        "signature": BASE64.encode(mac),
    }))
}
