//! Records are registered, changed, deleted and listed by those who may.

use crate::administrator::{self, BY_SECRET, SECRET, basic};
use crate::running::{Answer, Running};
use model::{Permissions, Value};
use serde_json::{Value as Json, json};

const URL: &str = r#"[{"index":1,"type":"URL","data":"https://example.org/"}]"#;

fn check(answer: &Answer, status: u16, code: u64) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.json()["responseCode"], code, "{}", answer.body);
}

fn indexes(running: &Running, identifier: &str) -> Vec<u64> {
    let answer = running.get(&format!("/api/handles/{identifier}"));
    let values = answer.json()["values"].as_array().cloned();
    let indexes = values.unwrap_or_default().into_iter();
    indexes
        .map(|value| value["index"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_record_is_made_replaced_changed_and_deleted() {
    let (running, _administrator) = administrator::start();
    let path = "/api/handles/20.500.99999/w";
    let put = |query: &str, body: &str| running.administer("PUT", &format!("{path}{query}"), body);
    let url: Json = serde_json::from_str(URL).unwrap();
    let ours = json!({"values": [url[0], administrator::admin()]}).to_string();
    check(&put("?overwrite=false", &ours), 201, 1);
    check(&put("?overwrite=false", &ours), 409, 101);
    check(&put("?overwrite=true", &ours), 200, 1);
    check(
        &put("?index=various", r#"{"index":7,"type":"X","data":"a"}"#),
        201,
        1,
    );
    check(
        &put(
            "?index=7&overwrite=false",
            r#"[{"index":7,"type":"X","data":"b"}]"#,
        ),
        409,
        201,
    );
    check(
        &put("?index=8", r#"[{"index":7,"type":"X","data":"b"}]"#),
        400,
        4,
    );
    check(&put("?index=eight", URL), 400, 4);
    check(&put("?index=various", "[]"), 400, 202);
    check(&put("", r#"[{"index":0,"type":"X","data":"a"}]"#), 400, 202);
    check(
        &put(
            "",
            r#"[{"index":1,"type":"X","data":"a"},{"index":1,"type":"X","data":"b"}]"#,
        ),
        409,
        201,
    );
    assert_eq!(indexes(&running, "20.500.99999/w"), [1, 7, 100]);
    let delete = |query: &str| running.administer("DELETE", &format!("{path}{query}"), "");
    check(&delete("?index=8"), 400, 200);
    check(&delete("?index=x"), 400, 4);
    check(&delete("?index=7"), 200, 1);
    assert_eq!(indexes(&running, "20.500.99999/w"), [1, 100]);
    check(&delete(""), 200, 1);
    check(&delete(""), 404, 100);
}

/// What one who is known may not do is 403, elsewhere is 400.
#[test]
fn permissions_are_those_of_records() {
    let (running, _administrator) = administrator::start();
    running.register_one("20.500.99999/nobodys", "URL", "x:y");
    let body = r#"[{"index":1,"type":"URL","data":"x:z"}]"#;
    let path = "/api/handles/20.500.99999/nobodys?index=1";
    check(&running.administer("PUT", path, body), 403, 400);
    check(
        &running.administer("PUT", "/api/handles/99.1/x", body),
        400,
        301,
    );
    let wrong = basic("301:0.NA/20.500.99999", "other");
    let headers = [("authorization", wrong.as_str())];
    let refused = running.ask("PUT", "https", path, &headers, body);
    assert_eq!((refused.status, refused.body.as_str()), (401, ""));
}

#[test]
fn a_minted_identifier_is_told() {
    let (running, _administrator) = administrator::start();
    let path = "/api/handles/20.500.99999%2F?mintNewSuffix";
    let minted = running.administer("PUT", path, URL);
    check(&minted, 201, 1);
    let handle = minted.json()["handle"].as_str().unwrap().to_owned();
    assert_eq!(handle.len(), "20.500.99999/".len() + 36);
    assert_eq!(indexes(&running, &handle), [1]);
}

#[test]
fn private_values_are_for_those_who_may_read_them() {
    let (running, _administrator) = administrator::start();
    let secret = Value {
        permissions: Permissions(0b1100),
        ..Value::public(2, "X", "secret")
    };
    let url = Value::public(1, "URL", "x:y");
    let values = [url.clone(), secret.clone(), administrator::admin()];
    running.register("20.500.99999/ours", &values);
    running.register("20.500.99999/theirs", &[url, secret]);
    let read = |identifier: &str, query: &str| {
        let path = format!("/api/handles/20.500.99999/{identifier}{query}");
        let answer = running.administer("GET", &path, "");
        let values = answer.json()["values"].as_array().cloned();
        (answer.status, values.map_or(0, |values| values.len()))
    };
    assert_eq!(read("ours", ""), (200, 3));
    assert_eq!(read("ours", "?publicOnly=true"), (200, 2));
    assert_eq!(read("theirs", ""), (200, 1), "what everybody may read");
    assert_eq!(read("theirs", "?publicOnly=false"), (403, 0));
}

#[test]
fn lists_have_pages_and_a_total() {
    let (running, _administrator) = administrator::start();
    for at in 0..250 {
        running.register_one(&format!("20.500.99999/n{at:03}"), "URL", "x:y");
    }
    let list = |query: &str| {
        let answer = running.administer("GET", &format!("/api/handles?prefix={query}"), "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let all = list("20.500.99999");
    assert_eq!(all["totalCount"], "251");
    assert_eq!(all["handles"].as_array().unwrap().len(), 251);
    assert_eq!(all.get("page"), None);
    let page = list("0.na/20.500.99999&page=12&pageSize=20");
    let expected = json!({
        "responseCode": 1, "prefix": "0.na/20.500.99999", "totalCount": "251", "page": 12,
        "pageSize": 20, "handles": (239..250).map(|at| format!("20.500.99999/N{at:03}"))
            .collect::<Vec<_>>(),
    });
    assert_eq!(page, expected);
    let counted = list("20.500.99999&pageSize=0");
    assert_eq!(counted["handles"], json!([]));
    assert_eq!(counted["totalCount"], "251");
    for (query, status, code) in [
        ("", 400, 4),
        ("?prefix=20.500.99999&pageSize=x", 400, 4),
        ("?prefix=20.500.99999&pageSize=100001", 400, 4),
        ("?prefix=99.1", 400, 301),
    ] {
        let answer = running.administer("GET", &format!("/api/handles{query}"), "");
        check(&answer, status, code);
    }
}

#[test]
fn prefixes_are_homed_and_no_longer() {
    let (running, _administrator) = administrator::start();
    let path = "/api/prefixes/0.NA/20.500.99999.7";
    let home = |method| running.administer(method, path, "");
    let homed = || {
        let listed = running.administer("GET", "/api/prefixes", "").json();
        let prefixes = listed["prefixes"].as_array().unwrap();
        prefixes.contains(&json!("0.NA/20.500.99999.7"))
    };
    check(&home("POST"), 200, 1);
    assert!(homed());
    check(&home("DELETE"), 200, 1);
    assert!(!homed());
    check(&home("PUT"), 404, 4);
    let nobody = running.ask("POST", "https", path, &[], "");
    check(&nobody, 401, 402);
}

/// Over plain HTTP nobody is known, whatever they show: it could be read by others.
#[test]
fn nothing_is_shown_over_plain_http() {
    let (running, _administrator) = administrator::start();
    let right = basic(BY_SECRET, SECRET);
    let wrong = basic(BY_SECRET, "wrong");
    for authorization in [right, wrong] {
        let headers = [("authorization", authorization.as_str())];
        let ask = |method, path| running.ask(method, "http", path, &headers, URL);
        let put = ask("PUT", "/api/handles/20.500.99999/plain");
        check(&put, 403, 402);
        assert_eq!(put.header("www-authenticate"), "");
        check(&ask("GET", "/api/handles?prefix=20.500.99999"), 403, 402);
        check(&ask("GET", "/api/handles/20.500.99999/admin"), 200, 1);
        check(&ask("POST", "/api/bulk"), 403, 402);
        assert_eq!(ask("POST", "/api/sessions").status, 403);
    }
}

#[test]
fn bodies_that_are_no_values_are_refused() {
    let (running, _administrator) = administrator::start();
    let put = |body: &str| running.administer("PUT", "/api/handles/20.500.99999/bad", body);
    let deep = "[".repeat(500_000);
    for body in [
        "",
        "no JSON",
        "7",
        "[7]",
        "{}",
        &deep,
        r#"[{"index":1,"type":"X","data":[]}]"#,
    ] {
        let answer = put(body);
        check(&answer, 400, 4);
        assert!(answer.json()["message"].is_string(), "{}", answer.body);
    }
    let twice = r#"[{"index":1,"type":"X","data":"a","data":"b"}]"#;
    check(&put(twice), 400, 4);
    let much = format!(
        r#"[{{"index":1,"type":"X","data":"{}"}}]"#,
        "x".repeat(1 << 19)
    );
    let answer = put(&much);
    assert!([200, 201, 400].contains(&answer.status), "{}", answer.body);
    let many: Vec<Json> = (1..=2049)
        .map(|index| json!({"index": index, "type": "X", "data": ""}))
        .collect();
    check(&put(&Json::from(many).to_string()), 400, 4);
}

#[test]
fn pages_from_elsewhere_may_write_with_a_header_of_their_own() {
    let (running, _administrator) = administrator::start();
    let authorization = basic(BY_SECRET, SECRET);
    let headers = [
        ("origin", "https://example.org"),
        ("authorization", authorization.as_str()),
    ];
    let path = "/api/handles/20.500.99999/cors";
    let answer = running.ask("PUT", "https", path, &headers, URL);
    check(&answer, 201, 1);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://example.org"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}
