//! Messages of the Handle protocol in HTTP, plain and over TLS, on the same port.

use crate::running::{question, start, start_configured};
use bytes::Bytes;
use node::Config;
use node::config::LimitsConfig;
use std::io::{Read, Write};
use wire::{Message, ResponseCode};

const TYPE: &str = "application/x-hdl-message";

/// Sends a body as a client of the field does and gives the status and the answer's body.
fn post(running: &crate::running::Running, body: &[u8]) -> (String, Bytes) {
    let mut request = format!(
        "POST /88.1%2Fa HTTP/1.1\r\nHost: a\r\nAccept: {TYPE}\r\nContent-Type: {TYPE}\r\n\
         User-Agent: CNRI-HCL 2.0\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    let answer = Bytes::from(running.send(&request));
    let at = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&answer[..at]).into_owned();
    (head, answer.slice(at + 4..))
}

#[test]
fn a_message_is_answered_with_a_message() {
    let running = start();
    running.register_one("88.1/a", "NAME", "pump");
    let (head, body) = post(&running, &question("88.1/a"));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains(&format!("content-type: {TYPE}")), "{head}");
    let answer = Message::decode(body).unwrap();
    assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    assert_eq!(answer.envelope.request_id, 7);
}

#[test]
fn what_is_no_message_is_refused_as_far_as_its_envelope_says_whom_to_answer() {
    let running = start();
    let whole = question("88.1/a");
    let cut = whole[..whole.len() - 1].to_vec();
    let mut long = whole.clone();
    long[16..20].copy_from_slice(&[0x7f; 4]);
    let mut strange = whole.clone();
    strange[20..24].copy_from_slice(&[0, 0, 3, 231]);
    for (body, code) in [
        (cut, ResponseCode::PROTOCOL_ERROR),
        (long, ResponseCode::PROTOCOL_ERROR),
        (strange, ResponseCode::OPERATION_NOT_SUPPORTED),
    ] {
        let (head, body) = post(&running, &body);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let answer = Message::decode(body).unwrap();
        assert_eq!(
            (answer.envelope.request_id, answer.header.response_code),
            (7, code)
        );
    }
    for none in [&b""[..], b"GET / HTTP/1.1"] {
        let (head, body) = post(&running, none);
        assert!(head.starts_with("HTTP/1.1 400"), "{head}");
        assert!(body.starts_with(b"the body must be one request"));
    }
    let (_, body) = post(&running, &[&whole[..], b"and more"].concat());
    assert_eq!(Message::decode(body).unwrap().envelope.request_id, 7);
}

/// Clients of the field look at the message and not at the status.
#[test]
fn who_sends_too_many_messages_is_told_so_in_a_message() {
    let running = start_configured(Config {
        limits: LimitsConfig {
            questions_per_second: 1,
            questions_burst: 3,
            exempt: Vec::new(),
            ..LimitsConfig::default()
        },
        ..Config::default()
    });
    let codes: Vec<ResponseCode> = (0..12)
        .map(|_| {
            let (head, body) = post(&running, &question("99/x"));
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let answer = Message::decode(body).unwrap();
            assert_eq!(answer.envelope.request_id, 7);
            answer.header.response_code
        })
        .collect();
    assert_eq!(codes[0], ResponseCode::SERVER_NOT_RESPONSIBLE);
    assert!(codes.contains(&ResponseCode::SERVER_BUSY), "{codes:?}");
    let statuses: Vec<u16> = (0..12).map(|_| running.get("/99/x").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

/// Every mutation of a message gets some answer, and the node goes on.
#[test]
fn mutated_messages_are_all_answered() {
    let running = start();
    running.register_one("88.1/a", "NAME", "pump");
    let whole = question("88.1/a");
    let mut stream = running.connect();
    let mut seed: u32 = 1;
    for round in 0..2000 {
        let mut body = whole.clone();
        for _ in 0..=(round % 3) {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = seed as usize % body.len();
            body[at] = (seed >> 24) as u8;
        }
        let head = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {TYPE}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(&[head.as_bytes(), &body].concat())
            .unwrap();
        let answer = read_one(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 400"));
    }
    let (_, body) = post(&running, &whole);
    let answer = Message::decode(body).unwrap();
    assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
}

/// Reads one answer of a connection that stays open; gives its head.
fn read_one(stream: &mut std::net::TcpStream) -> String {
    let mut head = Vec::new();
    let mut octet = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet).unwrap();
        head.push(octet[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    head
}

#[test]
fn reading_the_native_path_leads_to_the_api() {
    let running = start();
    let answer = running.get_with("/88.1/a?index=1", &[("accept", TYPE)]);
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), "/api/handles/88.1/a?index=1");
}
