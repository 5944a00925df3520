//! Every read exchange that was captured from the reference software is answered alike.
//!
//! `golden/rest-captures.json` is what it answered, `golden/rest-differences.json` what we answer
//! otherwise, and why. Dates and the name of the host are set aside.

use crate::running::{Answer, Running, with_captured_records};
use serde_json::Value as Json;

const CAPTURES: &str = include_str!("../golden/rest-captures.json");
const DIFFERENCES: &str = include_str!("../golden/rest-differences.json");

fn entries(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn captured_exchanges_are_answered_alike() {
    let running = with_captured_records();
    let captures = entries(CAPTURES);
    assert_eq!(captures.len(), 17);
    for capture in &captures {
        check(&running, capture);
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

fn check(running: &Running, capture: &Json) {
    let text = |member: &str| capture[member].as_str().unwrap();
    let (name, url) = (text("name"), text("url"));
    let (scheme, path) = url.split_once("://HOST").unwrap();
    let answer = running.ask(text("method"), scheme, path, &[], "");
    let body = undated(&answer.body);
    let is_alike = answer.status == capture["status"] && body_is(&body, text("body"));
    let differences = entries(DIFFERENCES);
    let difference = differences.iter().find(|each| each["name"] == name);
    match difference {
        None => assert!(is_alike, "{name}: {} {body}", answer.status),
        Some(difference) => {
            assert!(!is_alike, "{name} is listed and is alike");
            let status = difference.get("status").unwrap_or(&capture["status"]);
            assert_eq!(*status, answer.status, "{name}: {body}");
            assert_eq!(difference["body"].as_str().unwrap(), body, "{name}");
        }
    }
    check_headers(running, name, capture, &answer);
}

fn body_is(ours: &str, captured: &str) -> bool {
    match captured {
        "(HTML page omitted)" => ours.starts_with("<!doctype html>"),
        captured => ours == undated(captured),
    }
}

fn check_headers(running: &Running, name: &str, capture: &Json, answer: &Answer) {
    for (header, captured) in capture["respHeaders"].as_object().unwrap() {
        let captured = captured.as_str().unwrap();
        let ours = answer.header(header);
        match header.as_str() {
            "Location" => {
                let host = running.address().to_string();
                assert_eq!(ours.replace(&host, "HOST"), captured, "{name}");
            }
            "Expires" => assert_eq!(ours.len(), captured.len(), "{name}: {ours}"),
            "Vary" if path_of(capture).starts_with("/api/") => {
                assert!(ours.starts_with(captured), "{name}: {ours}");
            }
            "WWW-Authenticate" if answer.status == 401 => {
                assert!(ours == "Handle realm=\"handle\"", "{ours}");
            }
            // The page is not compressed.
            "Vary" => {}
            _ => assert_eq!(ours, captured, "{name}: {header}"),
        }
    }
}

fn path_of(capture: &Json) -> &str {
    let url = capture["url"].as_str().unwrap();
    url.split_once("HOST").unwrap().1
}

/// Dates differ; that there is one does not.
fn undated(body: &str) -> String {
    let mut parts = body.split("\"timestamp\":\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (date, rest) = part.split_once('"').unwrap();
        let is_date = date == "DATE" || (date.len() == 20 && date.ends_with('Z'));
        assert!(is_date, "{date}");
        out.push_str("\"timestamp\":\"DATE\"");
        out.push_str(rest);
    }
    out
}
