//! Shapes, statuses and headers of the JSON API, and its description.

use crate::running::{start, start_with, with_captured_records};
use model::value::TtlKind;
use model::{Permissions, Reference, Ttl, Value};
use node::config::HttpConfig;

#[test]
fn a_value_has_its_members_in_order_and_leaves_out_what_is_usual() {
    let running = start();
    let usual = Value::public(1, "HS_ADMIN", "no administrator at all");
    let unusual = Value {
        ttl: Ttl {
            kind: TtlKind::ABSOLUTE,
            seconds: 1_795_000_000,
        },
        permissions: Permissions(0b0111),
        references: vec![Reference {
            identifier: "88.1/b".into(),
            index: 3,
        }],
        ..Value::public(2, "DESC", "泵 \"<&")
    };
    let site = Value::public(3, "HS_SITE", &b"\x01"[..]);
    running.register("88.1/a", &[usual, unusual, site]);
    let answer = running.get("/api/handles/88.1%2Fa");
    let values = answer.json()["values"].clone();
    let date = values[0]["timestamp"].as_str().unwrap();
    let expected = [
        r#"[{"index":1,"type":"HS_ADMIN","data":{"format":"string","#,
        r#""value":"no administrator at all"},"ttl":86400,"timestamp":"DATE"},"#,
        r#"{"index":2,"type":"DESC","data":{"format":"string","value":"泵 \"<&"},"#,
        r#""permissions":"0111","ttl":"2026-11-18T11:06:40Z","timestamp":"DATE","#,
        r#""references":[{"handle":"88.1/b","index":3}]},"#,
        r#"{"index":3,"type":"HS_SITE","data":{"format":"base64","value":"AQ=="},"#,
        r#""ttl":86400,"timestamp":"DATE"}]"#,
    ];
    let expected = expected.concat().replace("DATE", date);
    assert!(
        answer.body.ends_with(&format!("{expected}}}")),
        "{}",
        answer.body
    );
}

#[test]
fn parameters_choose_values_and_forms() {
    let running = with_captured_records();
    let indexes = |query: &str| -> Vec<u64> {
        let answer = running.get(&format!("/api/handles/20.500.99999/REST-1{query}"));
        assert_eq!(
            answer.json()["handle"],
            "20.500.99999/REST-1",
            "as it was asked"
        );
        let values = answer.json()["values"].as_array().unwrap().clone();
        values
            .iter()
            .map(|value| value["index"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(indexes(""), [1, 5, 8, 100]);
    assert_eq!(indexes("?index=5&type=url"), [1, 5]);
    assert_eq!(indexes("?type=HS_VLIST&auth&cert=true&doNotRefer=yes"), [8]);
    assert_eq!(indexes("?index=6"), [0; 0], "not public");
    let pretty = running.get("/api/handles/20.500.99999/px?pretty&type=EMAIL");
    assert!(
        pretty
            .body
            .starts_with("{\n  \"responseCode\": 1,\n  \"handle\"")
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let path = "/api/handles/20.500.99999/rest-1";
    let posted = running.ask("POST", "http", path, &form, "index=5");
    assert_eq!(posted.json()["values"][0]["index"], 5);
    let head = running.ask("HEAD", "http", path, &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn what_is_wrong_is_said_with_code_and_status() {
    let running = with_captured_records();
    let check = |method: &str, path: &str, status: u16, code: u64| {
        let answer = running.ask(method, "http", path, &[], "");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.json()["responseCode"], code, "{method} {path}");
    };
    check("GET", "/api/handles/20.500.99999/none", 404, 100);
    check("GET", "/api/handles/20.500.99999/%ff", 400, 102);
    check("GET", "/api/handles/%zz", 400, 102);
    check(
        "GET",
        &format!("/api/handles/88/{}", "a".repeat(2046)),
        400,
        102,
    );
    check("GET", "/api/handles/20.500.99999/px?index=-1", 400, 4);
    check("GET", "/api", 404, 4);
    check("PATCH", "/api/handles/88.1/a", 404, 4);
    check("POST", "/api/openapi.json", 404, 4);
    // Whoever has shown nothing, over plain HTTP.
    for (method, path, status, code) in [
        ("PUT", "/api/handles/88.1/a", 400, 4),
        ("DELETE", "/api/handles/20.500.99999/px?index=1", 403, 402),
        ("GET", "/api/handles?prefix=20.500.99999", 403, 402),
        ("GET", "/api/handles?prefix=88.1", 400, 301),
        ("GET", "/api/prefixes", 403, 402),
        ("POST", "/api/prefixes/0.NA/88.1", 403, 402),
        ("GET", "/api/verifications/301:0.NA/88.1?nonce=a", 400, 4),
        (
            "GET",
            "/api/verifications/301:0.NA/88.1?alg=SHA256",
            400,
            301,
        ),
        ("GET", "/api/verifications/none", 400, 4),
    ] {
        check(method, path, status, code);
    }
}

#[test]
fn pages_from_anywhere_may_read() {
    let running = with_captured_records();
    let path = "/api/handles/20.500.99999/px";
    let answer = running.get_with(path, &[("origin", "https://example.org")]);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://example.org"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert_eq!(running.get(path).header("access-control-allow-origin"), "");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    for path in [path, "/anything/else"] {
        let origin = [("origin", "https://example.org")];
        let preflight = running.ask("OPTIONS", "http", path, &origin, "");
        assert_eq!((preflight.status, preflight.body.as_str()), (200, ""));
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            "https://example.org"
        );
        assert!(
            preflight
                .header("access-control-allow-methods")
                .contains("PUT")
        );
    }
}

/// HTTPS needs no configuration, and a trusted proxy may say that it spoke HTTPS.
#[test]
fn over_https_and_behind_proxies() {
    let running = start_with(HttpConfig {
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        host_names: vec!["id.example.org".into()],
        ..HttpConfig::default()
    });
    running.register_one("88.1/a", "HS_ALIAS", "88.1/b");
    running.register_one("88.1/b", "URL", "https://example.org/");
    let port = running.address().port();
    let location = |scheme: &str, headers: &[(&str, &str)]| {
        let answer = running.ask("GET", scheme, "/88.1/a", headers, "");
        assert_eq!(answer.status, 301);
        answer.header("location").to_owned()
    };
    let expected = |scheme: &str| format!("{scheme}://id.example.org:{port}/88.1/b");
    assert_eq!(location("https", &[]), expected("https"));
    assert_eq!(location("http", &[]), expected("http"));
    let proxied = [("x-forwarded-proto", "https")];
    assert_eq!(location("http", &proxied), expected("https"));
}

#[test]
fn the_node_says_how_it_is() {
    let running = with_captured_records();
    running.get("/api/handles/20.500.99999/none");
    assert_eq!(running.get("/healthz").body, "ok\n");
    assert_eq!(running.get("/readyz").body, "ready\n");
    let metrics = running.get("/metrics").body;
    let requests = "nameplate_http_requests_total{method=\"GET\",status=\"404\"} 1";
    assert!(metrics.lines().any(|line| line == requests), "{metrics}");
    assert_eq!(metrics.matches("# EOF").count(), 1);
    assert!(metrics.ends_with("# EOF\n"));
}

/// Every path and method of the description answers with a status it names; all other tests over
/// HTTP look at theirs, too (`running.rs`).
#[test]
fn the_description_is_true() {
    let running = with_captured_records();
    let answer = running.get("/api/openapi.json");
    assert_eq!(answer.body, web::openapi());
    let paths = answer.json()["paths"].as_object().unwrap().clone();
    for (path, operations) in &paths {
        let operations = operations.as_object().unwrap();
        for (method, operation) in operations.iter().filter(|(name, _)| *name != "parameters") {
            let path = path.replace("{handle}", "20.500.99999/px");
            let path = path.replace("{prefix}", "0.NA/20.500.99999");
            let path = path.replace("{identity}", "301:0.NA/20.500.99999");
            let answer = running.ask(&method.to_uppercase(), "http", &path, &[], "");
            let responses = operation["responses"].as_object().unwrap();
            let status = answer.status.to_string();
            assert!(responses.contains_key(&status), "{method} {path}: {status}");
            assert_ne!(answer.status, 404, "{path}");
        }
    }
}
