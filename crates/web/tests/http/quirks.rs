//! The oddities of the reference software that clients rely on, one by one, as the page on
//! differences names them; and where we do not follow. Not here: what the captures show already.

use crate::administrator::{self, BY_SECRET, SECRET, basic};
use crate::running::{Answer, Running, with_captured_records};
use serde_json::json;

const RECORD: &str = "/api/handles/20.500.99999/REST-1";

fn json_of(answer: &Answer) -> serde_json::Value {
    assert!(
        answer
            .header("content-type")
            .starts_with("application/json")
    );
    answer.json()
}

#[test]
fn a_callback_makes_a_script_and_dots_become_underscores() {
    let running = with_captured_records();
    let answer = running.get(&format!("{RECORD}?callback=cb.x&index=1"));
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/javascript")
    );
    assert!(
        answer.body.starts_with("cb_x({\"responseCode\":1,"),
        "{}",
        answer.body
    );
    assert!(answer.body.ends_with("});"), "{}", answer.body);
}

#[test]
fn values_that_are_not_there_are_an_empty_list() {
    let running = with_captured_records();
    let answer = running.get(&format!("{RECORD}?index=999"));
    assert_eq!(answer.status, 200);
    let expected = r#"{"responseCode":200,"values":[],"handle":"20.500.99999/REST-1"}"#;
    assert_eq!(answer.body, expected, "with its members in this order");
}

#[test]
fn usual_permissions_are_left_out() {
    let running = with_captured_records();
    let values = json_of(&running.get(RECORD))["values"].clone();
    assert_eq!(values[0]["index"], 1);
    assert_eq!(values[0].get("permissions"), None);
}

#[test]
fn a_form_that_is_posted_asks_as_an_address_does() {
    let running = with_captured_records();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = running.ask("POST", "http", RECORD, &form, "index=1&type=HS_VLIST");
    let got = running.get(&format!("{RECORD}?index=1&type=HS_VLIST"));
    assert_eq!((posted.status, posted.body), (200, got.body));
}

#[test]
fn slashes_may_be_raw_or_encoded() {
    let running = with_captured_records();
    let raw = running.get("/api/handles/20.500.99999/REST-1");
    let encoded = running.get("/api/handles/20.500.99999%2FREST-1");
    assert_eq!((raw.status, raw.body), (200, encoded.body));
}

#[test]
fn nothing_yes_and_true_say_yes() {
    let running = with_captured_records();
    for yes in ["pretty", "pretty=", "pretty=yes", "pretty=TRUE"] {
        let answer = running.get(&format!("{RECORD}?{yes}"));
        assert!(answer.body.starts_with("{\n  \"responseCode\""), "{yes}");
    }
    for no in ["pretty=1", "pretty=no", "pretty=false"] {
        let answer = running.get(&format!("{RECORD}?{no}"));
        assert!(answer.body.starts_with("{\"responseCode\""), "{no}");
    }
}

#[test]
fn what_is_no_endpoint_is_said_with_code_4() {
    let running = with_captured_records();
    for (method, path) in [
        ("GET", "/api/no/such"),
        ("PATCH", RECORD),
        ("DELETE", "/api/site"),
        ("PUT", "/api/handles"),
        ("GET", "/api/bulk"),
    ] {
        let answer = running.ask(method, "https", path, &[], "");
        let message = format!("Unknown HTTP API endpoint {method} {path}");
        let expected = json!({"responseCode": 4, "message": message});
        assert_eq!((answer.status, json_of(&answer)), (404, expected));
    }
}

#[test]
fn a_prefix_is_named_with_or_without_the_prefix_of_prefixes() {
    let (running, _administrator) = administrator::start();
    let list = |query: &str| {
        let answer = running.administer("GET", &format!("/api/handles?prefix={query}"), "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let (with, without) = (list("0.NA/20.500.99999"), list("20.500.99999"));
    assert_eq!(with["handles"], without["handles"]);
    assert_eq!(with["totalCount"], without["totalCount"]);
    // A page of no names is for the count, which is a text.
    let counted = list("20.500.99999&pageSize=0");
    assert_eq!(counted["handles"], json!([]));
    assert_eq!(counted["totalCount"], without["totalCount"]);
    assert!(counted["totalCount"].is_string());
}

#[test]
fn indexes_of_a_put_are_those_of_its_body_or_various() {
    let (running, _administrator) = administrator::start();
    let path = "/api/handles/20.500.99999/various";
    let admin = serde_json::to_value(administrator::admin()).unwrap();
    assert_eq!(
        running
            .administer("PUT", path, &json!([admin]).to_string())
            .status,
        201
    );
    let value = r#"[{"index":7,"type":"X","data":"a"}]"#;
    let put = |query: &str| running.administer("PUT", &format!("{path}?index={query}"), value);
    let other = put("8");
    assert_eq!(
        (other.status, other.json()["responseCode"].clone()),
        (400, json!(4))
    );
    assert_eq!(put("various").status, 201);
    assert_eq!(put("7").status, 200);
}

#[test]
fn who_has_shown_who_they_are_reads_what_is_not_public() {
    let (running, _administrator) = administrator::start();
    let own = |query: &str| {
        let path = format!("/api/handles/0.NA/20.500.99999?index=301{query}");
        let answer = running.administer("GET", &path, "");
        answer.json()["values"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(own(""), 1, "publicOnly is false for them");
    assert_eq!(own("&publicOnly=true"), 0);
    let nobody = running.get("/api/handles/0.NA/20.500.99999?index=301");
    assert_eq!(nobody.json()["values"], json!([]));
}

fn with_password(running: &Running, method: &str, path: &str, more: &[(&str, &str)]) -> Answer {
    let authorization = basic(BY_SECRET, SECRET);
    let headers = [&[("authorization", authorization.as_str())], more].concat();
    running.ask(method, "https", path, &headers, "")
}

/// Ours: a script that any page can include must not be somebody's.
#[test]
fn a_callback_is_not_for_those_who_have_shown_who_they_are() {
    let (running, _administrator) = administrator::start();
    let path = "/api/handles/0.NA/20.500.99999?callback=steal";
    assert_eq!(running.get(path).status, 200);
    let refused = with_password(&running, "GET", path, &[]);
    assert_eq!(refused.status, 403);
    assert!(!refused.body.contains("HS_SECKEY"), "{}", refused.body);
}

/// Ours: a browser sends a password that it remembers with a form of any page.
#[test]
fn a_form_of_another_page_does_nothing_with_a_password() {
    let (running, _administrator) = administrator::start();
    let path = "/api/prefixes/0.NA/20.500.99999.7";
    let form = ("content-type", "application/x-www-form-urlencoded");
    for elsewhere in [
        ("origin", "https://example.org"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let refused = with_password(&running, "POST", path, &[form, elsewhere]);
        assert_eq!(refused.status, 403, "{elsewhere:?}");
    }
    let listed = running.administer("GET", "/api/prefixes", "");
    assert!(!listed.body.contains("99999.7"), "{}", listed.body);
    let own = ("sec-fetch-site", "same-origin");
    assert_eq!(
        with_password(&running, "POST", path, &[form, own]).status,
        200
    );
}
