//! Many records in one call, once.

use crate::administrator::{self, BY_SECRET, SECRET, basic};
use crate::running::{Answer, Running};
use node::config::HttpConfig;
use serde_json::{Value as Json, json};

fn call(running: &Running, request_id: &str, body: &str) -> Answer {
    let authorization = basic(BY_SECRET, SECRET);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-ndjson"),
        ("idempotency-key", request_id),
    ];
    running.ask("POST", "https", "/api/bulk", &headers, body)
}

fn put(name: &str, data: &str) -> Json {
    json!({"op": "put", "handle": format!("20.500.99999/{name}"), "overwrite": false,
        "values": [{"index": 1, "type": "URL", "data": data}]})
}

fn body(lines: impl IntoIterator<Item = Json>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| line.to_string()).collect();
    lines.join("\n") + "\n"
}

fn codes(answer: &Answer) -> Vec<u64> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines = answer.body.lines();
    let code = |line| {
        serde_json::from_str::<Json>(line).unwrap()["responseCode"]
            .as_u64()
            .unwrap()
    };
    lines.map(code).collect()
}

#[test]
fn lines_are_answered_in_their_order_and_see_those_before() {
    let (running, _administrator) = administrator::start();
    let about = |op: &str, more: Json| {
        let mut line = json!({"op": op, "handle": "20.500.99999/b1"});
        line.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        line
    };
    let admin = serde_json::to_value(administrator::admin()).unwrap();
    let value = json!({"index": 2, "type": "X", "data": "a", "permissions": "0110"});
    let lines = body([
        put("b1", "x:1"),
        put("b1", "x:2"),
        put("b2", "x:1"),
        about("delete", json!({})),
        json!({"op": "put", "handle": "20.500.99999/b1",
            "values": [admin, {"index": 1, "type": "URL", "data": "x:3"}]}),
        about("add", json!({"values": [value]})),
        about("add", json!({"values": [value]})),
        about(
            "modify",
            json!({"values": [{"index": 3, "type": "X", "data": ""}]}),
        ),
        about("remove", json!({"indexes": [1]})),
        put("b3/\u{6cf5}", "x:1"),
    ]);
    let lines = format!("{lines}no JSON\n\n  \n{{\"op\":\"delete\",\"handle\":\"\"}}\n");
    let answer = call(&running, "", &lines);
    // Who registers may delete only what names them.
    let expected = [1, 101, 1, 400, 400, 400, 400, 200, 400, 1, 4, 4];
    assert_eq!(codes(&answer), expected, "{}", answer.body);
    let lines: Vec<Json> = answer
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines[9],
        json!({"responseCode": 1, "handle": "20.500.99999/b3/\u{6cf5}"})
    );
    assert_eq!(lines[10].get("handle"), None);
}

#[test]
fn what_names_its_administrator_is_changed_line_by_line() {
    let (running, _administrator) = administrator::start();
    let admin = serde_json::to_value(administrator::admin()).unwrap();
    let url = json!({"index": 1, "type": "URL", "data": "x:1"});
    let value = json!({"index": 2, "type": "X", "data": "a", "permissions": "0110"});
    let line = |op: &str, member: &str, what: Json| {
        let handle = "20.500.99999/own";
        json!({"op": op, "handle": handle, member: what})
    };
    let answer = call(
        &running,
        "",
        &body([
            line("put", "values", json!([admin, url])),
            line("add", "values", json!([value])),
            line("add", "values", json!([value])),
            line(
                "modify",
                "values",
                json!([{"index": 2, "type": "X", "data": "b"}]),
            ),
            line("remove", "indexes", json!([1])),
            json!({"op": "put", "handle": "20.500.99999/m-", "mint": true, "values": [url]}),
        ]),
    );
    assert_eq!(codes(&answer), [1, 1, 201, 1, 1, 1]);
    let last: Json = serde_json::from_str(answer.body.lines().last().unwrap()).unwrap();
    let minted = last["handle"].as_str().unwrap();
    assert_eq!(running.get(&format!("/api/handles/{minted}")).status, 200);
    let values = running.get("/api/handles/20.500.99999/own").json()["values"].clone();
    assert_eq!(values.as_array().unwrap().len(), 2, "{values}");
    assert_eq!(values[0]["data"]["value"], "b");
}

/// More than are planned at a time, with the same identifier in several chunks.
#[test]
fn thousands_of_lines_are_answered() {
    let (running, _administrator) = administrator::start();
    let lines = body((0..5000).map(|at| put(&format!("n{}", at % 4500), "x:y")));
    let codes = codes(&call(&running, "", &lines));
    assert_eq!(codes.len(), 5000);
    assert!(codes[..4500].iter().all(|code| *code == 1));
    assert!(codes[4500..].iter().all(|code| *code == 101));
}

#[test]
fn a_prefix_is_there_for_the_next_line() {
    let (running, _administrator) = administrator::start();
    let admin = serde_json::to_value(administrator::admin()).unwrap();
    let home = "/api/prefixes/0.NA/20.500.99999.5";
    assert_eq!(running.administer("POST", home, "").status, 200);
    let under = json!({"op": "put", "handle": "20.500.99999.5/a",
        "values": [{"index": 1, "type": "URL", "data": "x:1"}]});
    let prefix = json!({"op": "put", "handle": "0.NA/20.500.99999.5", "values": [admin]});
    let answer = call(&running, "", &body([under.clone(), prefix, under]));
    assert_eq!(codes(&answer)[1..], [1, 1], "{}", answer.body);
    assert_ne!(codes(&answer)[0], 1, "before the prefix has administrators");
}

#[test]
fn a_request_id_that_comes_again_is_answered_alike() {
    let (running, _administrator) = administrator::start();
    let lines = body([put("once", "x:y")]);
    let first = call(&running, "\"a-1\"", &lines);
    assert_eq!(codes(&first), [1]);
    assert_eq!(call(&running, "a-1", &lines).body, first.body);
    let named = format!("{{\"requestId\":\"a-2\"}}\n{lines}");
    let second = call(&running, "", &named);
    assert_eq!(codes(&second), [101]);
    assert_eq!(call(&running, "", &named).body, second.body);
    let other = call(&running, "a-1", &body([put("other", "x:y")]));
    assert_eq!(other.status, 409);
    assert_eq!(running.get("/api/handles/20.500.99999/other").status, 404);
    assert_eq!(call(&running, &"x".repeat(129), &lines).status, 400);
}

/// What a call was answered is in the store: who repeats it to a node that was restarted, or has
/// forgotten it, changes nothing and mints nothing.
#[test]
fn a_request_id_outlives_the_process() {
    let (running, _administrator) = administrator::start_with(HttpConfig {
        bulk_answers_octets_max: 0,
        ..HttpConfig::default()
    });
    let mint = json!({"op": "put", "handle": "20.500.99999/m-", "mint": true,
        "values": [{"index": 1, "type": "URL", "data": "x:1"}]});
    let admin = serde_json::to_value(administrator::admin()).unwrap();
    let own = json!({"op": "put", "handle": "20.500.99999/own", "values": [admin]});
    let deletion = json!({"op": "delete", "handle": "20.500.99999/own"});
    let lines = body([
        deletion.clone(),
        put("once", "x:1"),
        mint.clone(),
        mint,
        own,
        json!({"op": "no such thing"}),
        put("once", "x:2"),
    ]);
    let count = |running: &Running| {
        let listed = running.administer("GET", "/api/handles?prefix=20.500.99999&pageSize=0", "");
        listed.json()["totalCount"].clone()
    };
    let first = call(&running, "a-1", &lines);
    assert_eq!(codes(&first), [100, 1, 1, 1, 1, 4, 101]);
    let refused = call(&running, "a-2", &body([put("once", "x:3")]));
    assert_eq!(codes(&refused), [101]);
    let counted = count(&running);
    for running in [running].map(Running::restarted) {
        for _ in 0..2 {
            assert_eq!(call(&running, "a-1", &lines).body, first.body);
        }
        assert_eq!(count(&running), counted);
        let own = running.get("/api/handles/20.500.99999/own");
        assert_eq!(own.status, 200, "what was refused at first is not done now");
        assert_eq!(call(&running, "a-1", &body([put("x", "x:1")])).status, 409);
        // Another id is another call.
        let other = call(&running, "a-3", &lines);
        assert_eq!(codes(&other), [1, 101, 1, 1, 1, 4, 101]);
    }
}

#[test]
fn strangers_and_floods_are_refused_before_anything_is_done() {
    let (running, _administrator) = administrator::start();
    let stranger = running.ask("POST", "https", "/api/bulk", &[], "{}");
    assert_eq!(stranger.status, 401);
    assert!(stranger.header("www-authenticate").contains("nonce="));
    let wrong = basic(BY_SECRET, "wrong");
    let headers = [("authorization", wrong.as_str())];
    assert_eq!(
        running
            .ask("POST", "https", "/api/bulk", &headers, "{}")
            .status,
        401
    );
    let lines = format!("{}{}", body([put("flood", "x:y")]), "7\n".repeat(100_000));
    let flood = call(&running, "", &lines);
    assert_eq!(flood.status, 413, "{}", flood.body);
    // As many as may be, with a request id in front of them; none is about anything.
    let lines = format!("{{\"requestId\":\"many\"}}\n{}", "7\n".repeat(100_000));
    let answers = codes(&call(&running, "", &lines));
    assert_eq!(answers.len(), 100_000);
    assert!(answers.iter().all(|code| *code == 4));
    assert_eq!(running.get("/api/handles/20.500.99999/flood").status, 404);
    assert_eq!(call(&running, "", "").body, "");
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let (running, _administrator) = administrator::start_with(HttpConfig {
        bulk_octets_max: 1000,
        ..HttpConfig::default()
    });
    assert_eq!(call(&running, "", &"x".repeat(1001)).status, 413);
    assert_eq!(
        codes(&call(&running, "", &body([put("short", "x:y")]))),
        [1]
    );
}
