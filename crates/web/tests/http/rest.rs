//! Every exchange that was captured from the reference software is answered alike, in the order in
//! which they were made.
//!
//! `golden/rest-captures.json` is what it answered, `golden/rest-differences.json` what we answer
//! otherwise, and why. Dates, random octets and the name of the host are set aside; proofs are made
//! anew, for they cover random octets. What happened between captures is made up for.

use crate::administrator::{self, Administrator, basic, proof_by_secret};
use crate::running::{Answer, Running, register_captured};
use serde_json::{Value as Json, json};

const CAPTURES: &str = include_str!("../golden/rest-captures.json");
const DIFFERENCES: &str = include_str!("../golden/rest-differences.json");

fn entries(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn captured_exchanges_are_answered_alike() {
    let (running, administrator) = administrator::start_as_captured();
    register_captured(&running);
    let mut replay = Replay {
        running,
        administrator,
        session_id: String::new(),
        nonce: String::new(),
    };
    let captures = entries(CAPTURES);
    assert_eq!(captures.len(), 42);
    for capture in &captures {
        replay.prepare(capture);
        replay.check(capture);
    }
}

#[test]
fn every_difference_is_of_an_exchange_and_has_a_reason() {
    let captures = entries(CAPTURES);
    for difference in entries(DIFFERENCES) {
        let mut names = captures.iter().map(|capture| &capture["name"]);
        assert!(
            names.any(|name| *name == difference["name"]),
            "{difference}"
        );
        assert!(!difference["reason"].as_str().unwrap().is_empty());
    }
}

struct Replay {
    running: Running,
    administrator: Administrator,
    /// The session in which requests are, and the nonce that it has.
    session_id: String,
    nonce: String,
}

fn text<'a>(capture: &'a Json, member: &str) -> &'a str {
    capture[member].as_str().unwrap()
}

impl Replay {
    /// Does what was done between the captured exchanges.
    fn prepare(&self, capture: &Json) {
        let administer = |method: &str, path: &str| {
            let answer = self.running.administer(method, path, "");
            assert!(answer.status < 300, "{method} {path}: {}", answer.body);
        };
        match text(capture, "name") {
            "delete-again" => administer("DELETE", "/api/handles/20.500.99999/rest-1"),
            "list" => {
                self.running
                    .register_one("20.500.99999/cap-1", "URL", "x:y");
                self.running
                    .register_one("20.500.99999/cap-2", "URL", "x:y");
            }
            "prefixes" => {
                for homed in ["0.0/0.0", "11234/a", "86.1000/a", "86.1000.12/a"] {
                    self.running.register_one(homed, "URL", "x:y");
                }
            }
            "session-after-delete" => {
                let path = "/api/sessions/this";
                let header = format!("Handle sessionId=\"{}\"", self.session_id);
                let headers = [("authorization", header.as_str())];
                let ended = self.running.ask("DELETE", "https", path, &headers, "");
                assert_eq!((ended.status, ended.body.as_str()), (204, ""));
            }
            _ => {}
        }
    }

    fn check(&mut self, capture: &Json) {
        let name = text(capture, "name");
        let answer = self.ask(capture);
        let body = bare(&answer.body);
        let is_alike = answer.status == capture["status"] && body_is(&body, text(capture, "body"));
        let differences = entries(DIFFERENCES);
        let difference = differences.iter().find(|each| each["name"] == name);
        match difference {
            None => assert!(is_alike, "{name}: {} {body}", answer.status),
            Some(difference) => {
                assert!(!is_alike, "{name} is listed and is alike");
                let status = difference.get("status").unwrap_or(&capture["status"]);
                assert_eq!(*status, answer.status, "{name}: {body}");
                assert_eq!(text(difference, "body"), body, "{name}");
            }
        }
        self.check_headers(name, capture, &answer);
        self.remember(&answer);
    }

    fn ask(&self, capture: &Json) -> Answer {
        let (scheme, path) = text(capture, "url").split_once("://HOST").unwrap();
        let path = match text(capture, "name") {
            // The query was not captured.
            "verification" => format!("{path}?{}", verification()),
            _ => path.to_owned(),
        };
        let mut headers: Vec<(&str, String)> = Vec::new();
        if let Some([identity, secret]) = capture["auth"].as_array().map(Vec::as_slice) {
            let identity = identity.as_str().unwrap().replace("%3A", ":");
            let authorization = basic(&identity, secret.as_str().unwrap());
            headers.push(("authorization", authorization));
        }
        for (name, value) in capture["reqHeaders"].as_object().unwrap() {
            let value = match name.as_str() {
                "Authorization" => format!("Handle sessionId=\"{}\"", self.session_id),
                _ => value.as_str().unwrap().to_owned(),
            };
            headers.push((name, value));
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, text)| (*name, &text[..]))
            .collect();
        let (method, body) = (text(capture, "method"), self.body(capture));
        self.running.ask(method, scheme, &path, &headers, &body)
    }

    fn body(&self, capture: &Json) -> String {
        let mut proof = match text(capture, "name") {
            "sessions-put" => self.administrator.proof_by_key(&self.nonce),
            "session-seckey-pbkdf2" => proof_by_secret(&self.nonce),
            // Refused for what it is, before it is looked at.
            "session-seckey-sha1" => capture["reqBody"].clone(),
            _ => {
                return match &capture["reqBody"] {
                    Json::Null => String::new(),
                    Json::String(text) => text.clone(),
                    body => body.to_string(),
                };
            }
        };
        proof["sessionId"] = self.session_id.as_str().into();
        proof.to_string()
    }

    fn check_headers(&self, name: &str, capture: &Json, answer: &Answer) {
        for (header, captured) in capture["respHeaders"].as_object().unwrap() {
            let captured = captured.as_str().unwrap();
            let ours = answer.header(header);
            match header.as_str() {
                "Location" => {
                    let host = self.running.address().to_string();
                    assert_eq!(ours.replace(&host, "HOST"), captured, "{name}");
                }
                "Expires" => assert_eq!(ours.len(), captured.len(), "{name}: {ours}"),
                "Vary" if text(capture, "url").contains("/api/") => {
                    assert!(ours.starts_with(captured), "{name}: {ours}");
                }
                "WWW-Authenticate" => assert_eq!(bare(ours), bare(captured), "{name}"),
                // The page is not compressed.
                "Vary" => {}
                _ => assert_eq!(ours, captured, "{name}: {header}"),
            }
        }
    }

    /// Takes the session that an answer is about.
    fn remember(&mut self, answer: &Answer) {
        let said: Json = serde_json::from_str(&answer.body).unwrap_or_default();
        if let (Some(id), Some(nonce)) = (said["sessionId"].as_str(), said["nonce"].as_str()) {
            (self.session_id, self.nonce) = (id.into(), nonce.into());
        }
    }
}

fn verification() -> String {
    let proof = proof_by_secret("AAAA");
    let mut query = form_urlencoded::Serializer::new("nonce=AAAA".to_owned());
    for (name, value) in proof.as_object().unwrap() {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        query.append_pair(name, &text);
    }
    query.finish()
}

fn body_is(ours: &str, captured: &str) -> bool {
    match captured {
        "(HTML page omitted)" => ours.starts_with("<!doctype html>"),
        captured => ours == bare(captured),
    }
}

/// Without dates and random octets; that there are some does not differ.
fn bare(text: &str) -> String {
    let mut text = text.to_owned();
    for (before, is_right) in [
        ("\"timestamp\":\"", is_date as fn(&str) -> bool),
        ("\"sessionId\":\"", is_name),
        ("\"nonce\":\"", is_nonce),
        ("sessionId=\"", is_name),
        ("nonce=\"", is_nonce),
        ("\"20.500.99999/z-", is_uuid),
    ] {
        text = without(&text, before, is_right);
    }
    text
}

fn is_date(text: &str) -> bool {
    text == "DATE" || (text.len() == 20 && text.ends_with('Z'))
}

fn is_name(text: &str) -> bool {
    text == "DATE" || text.len() >= 24
}

fn is_nonce(text: &str) -> bool {
    text == "DATE" || (text.len() == 24 && text.ends_with("=="))
}

fn is_uuid(text: &str) -> bool {
    text == "DATE" || (text.len() == 36 && text.as_bytes()[14] == b'4')
}

fn without(text: &str, before: &str, is_right: fn(&str) -> bool) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (random, rest) = part.split_once('"').unwrap();
        assert!(is_right(random), "{before}{random}");
        out.push_str(before);
        out.push_str("DATE\"");
        out.push_str(rest);
    }
    out
}

/// What the differences say is what the program says: a capture that is like ours is none.
#[test]
fn dates_and_random_octets_are_set_aside() {
    let said = json!({"timestamp": "2026-11-22T05:38:11Z", "nonce": "AAECAwQFBgcICQoLDA0ODw=="});
    assert_eq!(
        bare(&said.to_string()),
        r#"{"timestamp":"DATE","nonce":"DATE"}"#
    );
}
