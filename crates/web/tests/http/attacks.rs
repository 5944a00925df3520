//! What strangers send to break in or to wear out. The node answers, closes, and goes on.

use crate::running::{Running, start, start_configured, start_with};
use model::Value;
use node::Config;
use node::config::{HttpConfig, LimitsConfig};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// The status line of the answer to octets; empty if the node closed without a word.
fn status(running: &Running, octets: &[u8]) -> String {
    let answer = String::from_utf8_lossy(&running.send(octets)).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

fn lives(running: &Running) {
    assert_eq!(running.get("/healthz").status, 200);
}

#[test]
fn paths_that_mean_mischief() {
    let running = start();
    running.register_one("88.1/a", "URL", "https://example.org/");
    for path in [
        "/..",
        "/../../etc/passwd",
        "/88.1/../../a",
        "/%2e%2e/%2e%2e",
        "/88.1/a%00",
        "/%00",
        "/%",
        "/%c0%af",
        "/88.1/%0d%0aSet-Cookie:%20a=b",
        "/api/handles/..%2f..%2fetc",
        "/api/handles/%00%0d%0a",
        "/hdl:",
        "/http://",
        "/https://a",
    ] {
        let answer = running.get(path);
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert_eq!(answer.header("set-cookie"), "");
    }
    for path in ["/a b", "/\u{1}", "http://[", "*", ""] {
        let line = status(
            &running,
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(),
        );
        assert!(
            line.is_empty() || line.starts_with("HTTP/1.1 4"),
            "{path}: {line}"
        );
    }
    let raw = status(
        &running,
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    assert!(raw.is_empty() || raw.starts_with("HTTP/1.1 4"), "{raw}");
    lives(&running);
}

/// Whatever is registered or asked for, no header and no markup can be made of it.
#[test]
fn nothing_is_injected() {
    let running = start();
    let evil = "\"><script>alert(1)</script>\r\nX: y";
    running.register(
        "88.1/evil",
        &[
            Value::public(1, "URL", "https://example.org/\r\nSet-Cookie: a=b"),
            Value::public(2, evil, evil),
            Value::public(3, "URL", "javascript:alert(1)"),
            Value::public(4, "EMAIL", "a@b\"onmouseover=alert(1)"),
            Value::public(5, "HS_ALIAS.x", evil),
            Value::public(6, "HS_SERV", evil),
        ],
    );
    let sent = running.get("/88.1/evil?urlappend=%0d%0aSet-Cookie:%20c=d");
    assert_eq!((sent.status, sent.header("set-cookie")), (302, ""));
    assert_eq!(
        sent.header("location"),
        "https://example.org/%0D%0ASet-Cookie:%20a=b%0D%0ASet-Cookie:%20c=d"
    );
    for path in [
        "/88.1/evil?noredirect",
        "/88.1/%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/88.1/evil?noredirect&lang=%22%3E%3Cscript%3E&%22%3E%3Cscript%3E=1",
        "/88.1/evil?action=showurls",
        "/88.1/evil?index=%3Cscript%3E",
    ] {
        let page = running.get(path).body;
        assert!(!page.contains("<script"), "{path}: {page}");
        assert!(!page.contains("href=\"javascript"), "{path}: {page}");
        assert!(!page.contains("\"onmouseover"), "{path}: {page}");
    }
    let host =
        "GET /88.1/evil?noredirect HTTP/1.1\r\nHost: a\"><script>\r\nConnection: close\r\n\r\n";
    let page = String::from_utf8_lossy(&running.send(host.as_bytes())).into_owned();
    assert!(!page.contains("<script"), "{page}");
    let call = running.get("/api/handles/88.1/evil?callback=alert(1)%2F%2F%3C");
    assert!(call.body.starts_with("alert_1____({"), "{}", call.body);
    assert_eq!(call.header("x-content-type-options"), "nosniff");
}

#[test]
fn what_is_too_large_is_refused() {
    let running = start();
    let line = status(
        &running,
        format!("GET /?{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20)).as_bytes(),
    );
    assert!(
        line.contains("414") || line.contains("431") || line.is_empty(),
        "{line}"
    );
    let header = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let line = status(&running, header.as_bytes());
    assert!(line.contains("431") || line.is_empty(), "{line}");
    let headers = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "A: b\r\n".repeat(200)
    );
    assert!(status(&running, headers.as_bytes()).contains("431"));
    let body = "POST /api/handles/88.1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n";
    let body = [body.as_bytes(), &vec![b'a'; 2_000_000]].concat();
    let line = status(&running, &body);
    assert!(line.contains("413") || line.is_empty(), "{line}");
    let query = format!("/api/handles/88.1/a?{}", "index=1&".repeat(1025));
    assert_eq!(running.get(&query).status, 400);
    let query = format!("/api/handles/88.1/a?{}", "type=a&".repeat(1000));
    assert_eq!(
        running.get(&query).json()["responseCode"],
        4,
        "more types than a question may have"
    );
    lives(&running);
}

/// Many bodies that come slowly do not fill the memory: who comes too late is told to come again.
#[test]
fn bodies_share_a_bounded_room() {
    let running = start_with(HttpConfig {
        body_octets_max: 1000,
        bodies_octets_max: 1000,
        ..HttpConfig::default()
    });
    let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n";
    let slowly = || {
        let mut slow = running.connect();
        slow.write_all(head.as_bytes()).unwrap();
        slow.write_all(&[b'a'; 900]).unwrap();
        slow
    };
    let mut slow = slowly();
    let post = || running.ask("POST", "http", "/", &[], &"b".repeat(200));
    let began = Instant::now();
    let mut asked = 0_u32;
    let refused = loop {
        // Until the node has read what came slowly.
        let answer = post();
        if answer.status == 503 {
            break answer;
        }
        assert!(began.elapsed().as_secs() < 15, "never refused");
        asked += 1;
        if asked.is_multiple_of(100) {
            // It came while one of the others had room, and was refused in their stead.
            slow = slowly();
        }
    };
    assert_eq!(refused.header("retry-after"), "1");
    lives(&running);
    slow.write_all(&[b'a'; 100]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    assert_ne!(post().status, 503, "the room was given back");
}

#[test]
fn bodies_that_are_cut_wrongly_are_refused() {
    let running = start();
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n";
    for rest in [
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
        "Content-Length: 99999999999999999999\r\n\r\n",
    ] {
        let line = status(&running, format!("{head}{rest}").as_bytes());
        assert!(
            line.is_empty() || line.starts_with("HTTP/1.1 4"),
            "{rest}: {line}"
        );
    }
    lives(&running);
}

fn impatient() -> Running {
    start_with(HttpConfig {
        idle_seconds_max: 1,
        connections_max: 8,
        connections_per_peer_max: 6,
        ..HttpConfig::default()
    })
}

/// Reads until the node closes.
fn closes(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
}

#[test]
fn slow_clients_are_closed_and_others_go_on() {
    let running = impatient();
    let began = Instant::now();
    let slow: Vec<TcpStream> = [
        &b""[..],
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"\x16\x03\x01",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na",
    ]
    .into_iter()
    .map(|octets| {
        let mut stream = running.connect();
        stream.write_all(octets).unwrap();
        stream
    })
    .collect();
    lives(&running);
    slow.into_iter().for_each(closes);
    assert!(
        began.elapsed().as_secs() < 15,
        "closed by the node, not by our patience"
    );
    lives(&running);
}

/// A head that comes octet by octet is not let in for ever.
#[test]
fn a_slow_loris_is_closed() {
    let running = impatient();
    let mut stream = running.connect();
    let began = Instant::now();
    let mut answer = [0; 64];
    stream
        .set_read_timeout(Some(std::time::Duration::from_millis(100)))
        .unwrap();
    let closed = loop {
        if began.elapsed().as_secs() > 15 {
            break false;
        }
        if stream.write_all(b"A").is_err() {
            break true;
        }
        // Waits a little, for an answer or for the end.
        match stream.read(&mut answer) {
            Ok(0) => break true,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break true,
        }
    };
    assert!(closed);
    lives(&running);
}

#[test]
fn one_peer_does_not_shut_others_out() {
    let running = impatient();
    let held: Vec<TcpStream> = (0..6).map(|_| running.connect()).collect();
    let mut seventh = running.connect();
    let mut rest = Vec::new();
    assert_eq!(
        seventh.read_to_end(&mut rest).unwrap_or(0),
        0,
        "closed at once"
    );
    let metrics = running.metrics();
    let refused = "nameplate_connections_refused_total{transport=\"http\"} 1\n";
    assert!(metrics.contains(refused), "{metrics}");
    drop(held);
}

/// A handshake costs more than most questions, so it is not free where questions are not.
#[test]
fn handshakes_count_against_the_rate_of_their_source() {
    let running = start_configured(Config {
        limits: LimitsConfig {
            questions_per_second: 1,
            questions_burst: 3,
            exempt: Vec::new(),
            ..LimitsConfig::default()
        },
        ..Config::default()
    });
    // Each begins a handshake wrongly; one that is refused is closed without a word,
    // and one that is not is told what is wrong with it.
    let told = (0..8).map(|_| running.send(b"\x16\x03\x01\0\x04\x02\0\0\0"));
    let told = told.filter(|answer| !answer.is_empty()).count();
    assert!((3..8).contains(&told), "{told} of 8 were let in");
    let metrics = running.metrics();
    let refused = format!(
        "nameplate_rate_limited_total{{transport=\"http\"}} {}\n",
        8 - told
    );
    assert!(metrics.contains(&refused), "{metrics}");
}

#[test]
fn the_node_stops_while_connections_are_open() {
    let running = start();
    let mut open = running.connect();
    open.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap();
    let idle = running.connect();
    lives(&running);
    let began = Instant::now();
    running.stop();
    assert!(began.elapsed().as_secs() < 10);
    closes(open);
    closes(idle);
}
