//! Who is not let in, and what strangers may not make the console do.

use crate::running::{ACT, Body, READ, SEE, plan, start, start_for};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use web::monitor::Access;

#[test]
fn without_a_token_nothing_is_told_but_the_page() {
    let running = start(plan(2));
    for path in ["status", "board", "nothing", "openapi.json"] {
        for token in ["", "wrong", &READ[1..]] {
            let answer = running.get(token, path);
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (401, "unauthorized"),
                "{path}"
            );
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    let page = running.get("", "/");
    assert_eq!(page.status, 200);
    assert!(String::from_utf8_lossy(&page.octets).contains("console.js"));
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let running = start(plan(2));
    for path in [
        "/",
        "/console.js",
        "/none",
        "/api/monitor/v1/board",
        "/api/monitor/v1/none",
    ] {
        let answer = running.get(READ, path);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(
            answer
                .head
                .get_all("content-security-policy")
                .iter()
                .count(),
            1
        );
    }
    let answer = running.get(SEE, "board");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn on_its_own_machine_whoever_comes_reads_and_the_link_acts() {
    let (access, token) = Access::of_this_machine();
    let running = start_for(plan(2), access, true);
    assert_eq!(running.told("", "status")["rights"], "read");
    assert_eq!(running.told(&token, "status")["rights"], "act");
    assert_eq!(running.get("wrong", "status").status, 401);
    assert_eq!(running.get("", "lag").status, 403);
    // A page from elsewhere that has led its own name to this machine.
    let ask = |host| running.ask("", "GET", "status", &[("host", host)], &Body::None);
    let answer = ask("rebound.example:80");
    assert_eq!((answer.status, answer.code().as_str()), (421, "host"));
    assert_eq!(ask("localhost:1").status, 200);
}

#[test]
fn methods_that_there_are_not_are_refused() {
    let running = start(plan(2));
    let check = |method, path, status| {
        let body = if method == "POST" {
            Body::Of("application/json", b"{}")
        } else {
            Body::None
        };
        let answer = running.ask(ACT, method, path, &[], &body);
        assert_eq!(answer.status, status, "{method} {path}");
    };
    check("DELETE", "board", 405);
    check("PUT", "board", 405);
    check("OPTIONS", "board", 405);
    check("POST", "board", 405);
    check("POST", "/console.js", 405);
    check("HEAD", "board", 200);
}

/// Heads and bodies without end, and connections on which nothing comes.
#[test]
fn what_a_stranger_sends_is_bounded() {
    let running = start(plan(2));
    let speak = |octets: &[u8]| {
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // The console may have closed before all of it was sent.
        let _ = stream.write_all(octets);
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    };
    let long = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "a".repeat(64 << 10)
    );
    assert!(speak(long.as_bytes()).starts_with("HTTP/1.1 431"));
    let many = "X: a\r\n".repeat(200);
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    assert!(speak(many.as_bytes()).starts_with("HTTP/1.1 431"));
    let announced = format!(
        "POST /api/monitor/v1/board HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ACT}\r\n\
         Content-Length: 99999999999\r\n\r\n"
    );
    assert!(speak(announced.as_bytes()).starts_with("HTTP/1.1 413"));
    let idle: Vec<TcpStream> = (0..50)
        .map(|_| TcpStream::connect(running.address).unwrap())
        .collect();
    assert_eq!(running.get(READ, "status").status, 200);
    drop(idle);
}
