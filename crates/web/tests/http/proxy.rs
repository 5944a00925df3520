//! Where browsers are sent, and what they are shown.

use crate::running::{Running, start, start_with, with_captured_records};
use model::Value;
use node::config::HttpConfig;

fn location(running: &Running, path: &str, status: u16) -> String {
    let answer = running.get(path);
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    answer.header("location").to_owned()
}

#[test]
fn identifiers_are_known_in_every_spelling() {
    let running = with_captured_records();
    for path in [
        "/20.500.99999/px",
        "/20.500.99999%2FPX",
        "/hdl:20.500.99999/px",
        "/doi:20.500.99999/px",
        "/info:hdl/20.500.99999/px",
        "/info:doi/20.500.99999/px",
        "/urn:doi:20.500.99999/px",
        "/https://hdl.handle.net/20.500.99999/px",
    ] {
        assert_eq!(location(&running, path, 302), "https://example.org/landing");
    }
    assert_eq!(
        location(&running, "/?hdl=hdl:20.500.99999/px&auth=", 302),
        "/hdl:20.500.99999/px?auth="
    );
    assert_eq!(location(&running, "/?hdl=//evil.org", 302), "/%2F/evil.org");
}

#[test]
fn the_first_address_wins_and_bare_types_go_before_subtypes() {
    let running = start();
    let check = |name: &str, values: &[(&str, &str)], expected: &str| {
        let identifier = format!("88.1/{name}");
        let value = |(at, &(kind, data)): (u32, &(&str, &str))| {
            Value::public(at, kind.to_owned(), data.to_owned())
        };
        let values: Vec<Value> = (1..).zip(values).map(value).collect();
        running.register(&identifier, &values);
        assert_eq!(location(&running, &format!("/{identifier}"), 302), expected);
    };
    check(
        "a",
        &[("URL.b", "http://sub/"), ("url", "http://bare/")],
        "http://bare/",
    );
    check(
        "b",
        &[("0.TYPE/URL", "http://type/"), ("URL.x", "http://sub/")],
        "http://sub/",
    );
    check(
        "c",
        &[("0.TYPE/URL.x", "http://sub/"), ("0.TYPE/URL", "http://a/")],
        "http://a/",
    );
    check(
        "d",
        &[("URL", "javascript:alert(1)"), ("URL", "http://second/")],
        "http://second/",
    );
    check(
        "e",
        &[("URL", "http://a/"), ("URL", "http://b/")],
        "http://a/",
    );
    check("f", &[("URL", "http://a/泵 b")], "http://a/%E6%B3%B5%20b");
}

#[test]
fn pages_are_shown_where_there_is_no_address_or_none_is_wanted() {
    let running = with_captured_records();
    let shows = |path: &str, status: u16, wanted: &[&str]| {
        let answer = running.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        for wanted in wanted {
            assert!(
                answer.body.contains(wanted),
                "{path}: no {wanted} in {}",
                answer.body
            );
        }
    };
    let identifier = "20.500.99999/rest-1";
    shows(
        &format!("/{identifier}?noredirect"),
        200,
        &[
            "href=\"https://example.org/a\"",
            "00ff 10",
            "0.NA/20.500.99999",
            "add values",
        ],
    );
    shows(
        &format!("/{identifier}?action=showvalues&lang=zh"),
        200,
        &["添加标识值"],
    );
    shows(&format!("/{identifier}?type=HS_VLIST"), 200, &["value 300"]);
    shows("/20.500.99999/none", 404, &["Not registered"]);
    shows("/20.500.99999/px?index=9", 404, &["No such value"]);
    shows(
        "/20.500.99999/px?index=x",
        400,
        &["This question cannot be answered"],
    );
    shows("/99/x", 404, &["Not at home here"]);
    shows("/%ff", 400, &["This is not an identifier"]);
    shows("/", 200, &["<form", "What does this identifier stand for?"]);
    let chinese = running.get_with("/", &[("accept-language", "zh-CN,zh;q=0.9")]);
    assert!(chinese.body.contains("<html lang=\"zh-CN\">"));
    assert_eq!(chinese.header("content-language"), "zh-CN");
    let json = running.get("/20.500.99999/px?action=api&type=EMAIL");
    assert_eq!(json.json()["values"][0]["data"]["value"], "a@example.org");
    assert_eq!(
        running
            .ask("PUT", "http", "/20.500.99999/px", &[], "")
            .status,
        405
    );
}

#[test]
fn other_names_are_followed_as_far_as_they_lead() {
    let running = with_captured_records();
    let origin = format!("http://{}", running.address());
    running.register_one("88.1/one", "HS_ALIAS", "20.500.99999/AL");
    running.register_one("88.1/far", "HS_ALIAS", "99/elsewhere");
    running.register_one("88.1/round", "HS_ALIAS", "88.1/ROUND-2");
    running.register_one("88.1/round-2", "HS_ALIAS", "88.1/round");
    running.register_one("88.1/lost", "HS_ALIAS", "/");
    let to = |path: &str| location(&running, path, 301);
    assert_eq!(
        to("/88.1/one?type=URL&type=HS_ALIAS"),
        format!("{origin}/20.500.99999/px?type=URL&type=HS_ALIAS")
    );
    assert_eq!(to("/88.1/far"), format!("{origin}/99/elsewhere"));
    assert!(
        running
            .get("/88.1/round")
            .body
            .contains("Another name of itself")
    );
    assert_eq!(running.get("/88.1/round").status, 404);
    assert_eq!(running.get("/88.1/lost").status, 404);
    assert_eq!(running.get("/88.1/one?ignore_aliases").status, 200);
    for at in 0..25 {
        let next = format!("88.1/row-{}", at + 1);
        running.register_one(&format!("88.1/row-{at}"), "HS_ALIAS", &next);
    }
    assert_eq!(running.get("/88.1/row-0").status, 404, "more than twenty");
    assert_eq!(to("/88.1/row-10"), format!("{origin}/88.1/row-25"));
}

#[test]
fn without_the_proxy_browsers_are_sent_to_the_api() {
    let running = start_with(HttpConfig {
        proxy: false,
        ..HttpConfig::default()
    });
    assert_eq!(
        location(&running, "/88.1/a?x=%0d", 302),
        "/api/handles/88.1/a?x=%0d"
    );
}

#[test]
fn locations_are_chosen_for_the_visitor() {
    let running = start_with(HttpConfig {
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        client_country_header: Some("x-country".into()),
        ..HttpConfig::default()
    });
    let locations = "<locations chooseby=\"locatt,country\">\
        <location id=\"0\" href=\"http://cn.example.com/\" country=\"cn\" http_sc=\"303\"/>\
        <location id=\"1\" href_template=\"http://example.com/{hdl:path}?a\" country=\"gb\"/>\
        <location id=\"2\" href=\"javascript:alert(1)\" country=\"fr\"/></locations>";
    running.register(
        "88.1/loc 1",
        &[
            Value::public(1, "10320/loc", locations),
            Value::public(2, "URL", "http://other.example.com/"),
        ],
    );
    let sent = |query: &str, country: &str| {
        let headers = [("x-country", country)];
        let answer = running.get_with(&format!("/88.1/loc%201{query}"), &headers);
        (answer.status, answer.header("location").to_owned())
    };
    let template = "http://example.com/88.1/loc%201?a";
    assert_eq!(sent("", "CN"), (303, "http://cn.example.com/".into()));
    assert_eq!(sent("", "gb"), (302, template.into()));
    assert_eq!(
        sent("?locatt=id:1&urlappend=%26b", "cn"),
        (302, format!("{template}&b"))
    );
    let (status, other) = sent("", "fr");
    assert_eq!((status, other.as_str()), (302, "http://other.example.com/"));
    let shown = running.get("/88.1/loc%201?action=showurls").body;
    assert!(!shown.contains("javascript"), "{shown}");
    assert_eq!(shown.matches("<location ").count(), 3, "{shown}");
}

/// A record's locations may be joined by those of others: of a record that it includes, of its
/// namespace, and by its own addresses.
#[test]
fn locations_of_others_are_added_where_a_record_or_its_namespace_says_so() {
    let running = start();
    let plain = |id: &str| format!("<location id=\"{id}\" href=\"http://{id}.example.com/\"/>");
    let locations = |attributes: &str, ids: &[&str]| {
        let inner: String = ids.iter().map(|id| plain(id)).collect();
        format!("<locations {attributes}>{inner}</locations>")
    };
    let namespace = "<namespace><locs>88.1/of-namespace</locs></namespace>";
    running.register_one("0.NA/88.1", "HS_NAMESPACE", namespace);
    let other = "<namespace><locs>88.1/more</locs></namespace>";
    running.register_one("0.NA/88.2", "HS_NAMESPACE", other);
    let register = |name: &str, xml: &str| running.register_one(name, "10320/loc", xml);
    register("88.1/of-namespace", &locations("", &["ns", "ns-2"]));
    register("88.1/more", &locations("include=\"88.1/own\"", &["more"]));
    register("88.1/own", &locations("", &["own"]));
    register("88.1/alone", &locations("no_nslocs=\"true\"", &["own"]));
    register("88.1/with", &locations("include=\"88.1/more\"", &["own"]));
    register("88.1/else", &locations("nshdl=\"88.1/more\"", &["own"]));
    register(
        "88.1/named",
        &locations("includeNamespace=\"0.NA/88.2\"", &["own"]),
    );
    register("88.1/as", &locations("overridePrefix=\"88.2\"", &["own"]));
    register(
        "88.1/lost",
        &locations("include=\"99/x\" nshdl=\"/\"", &["own"]),
    );
    // Never chosen at random but for the address beside it.
    let weightless = "<location id=\"own\" href=\"http://own.example.com/\" weight=\"0\"/>";
    let xml = format!("<locations urlWeight=\"2\" no_nslocs=\"1\">{weightless}</locations>");
    let url = Value::public(2, "URL", "http://url.example.com/");
    running.register("88.1/weighed", &[Value::public(1, "10320/loc", xml), url]);
    running.register_one("88.1/url", "URL", "http://url.example.com/");
    running.register_one("88.1/none", "NAME", "pump");
    let leads = |name: &str, id: &str, is_led: bool| {
        let sent = location(&running, &format!("/88.1/{name}?locatt=id:{id}"), 302);
        assert_eq!(
            sent == format!("http://{id}.example.com/"),
            is_led,
            "{name} {id}: {sent}"
        );
    };
    for (name, led, not_led) in [
        ("own", &["own", "ns", "ns-2"][..], &["more"][..]),
        ("alone", &["own"], &["ns", "more"]),
        ("with", &["own", "more", "ns"], &[]),
        ("else", &["own", "more"], &["ns"]),
        ("named", &["own", "more", "ns"], &[]),
        ("as", &["own", "more"], &["ns"]),
        ("lost", &["own"], &["ns"]),
        ("weighed", &["url", "own"], &["ns"]),
        ("url", &["url"], &["ns"]),
        ("none", &["ns", "ns-2"], &["own"]),
    ] {
        for id in led {
            leads(name, id, true);
        }
        for id in not_led {
            leads(name, id, false);
        }
    }
}
