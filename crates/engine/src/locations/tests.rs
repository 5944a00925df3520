//! Tests of locations: each attribute and chooser, and that chance keeps to the weights.

use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

fn locations(inside: &str) -> Locations {
    Locations::parse(&format!("<locations>{inside}</locations>")).unwrap()
}

/// Checks where a visitor is sent to, and why.
fn check(locations: &Locations, visitor: &Visitor<'_>, href: &str, reason: Reason) {
    let (chosen, why) = locations.decide(visitor).unwrap();
    assert_eq!((chosen.href.as_str(), why), (href, reason), "{visitor:?}");
}

fn from(address: &str) -> Visitor<'static> {
    Visitor {
        address: Some(address.parse().unwrap()),
        ..Visitor::default()
    }
}

fn accepting(accept: &str) -> Visitor<'_> {
    Visitor {
        accept: Some(accept),
        ..Visitor::default()
    }
}

#[test]
fn every_attribute_is_read() {
    let locations = Locations::parse(
        "<locations chooseby='score, weighted,magic' no_legacy='true' no_nslocs='yes' \
         nshdl='10.1/n' suppressNsHeaders='1' overridePrefix='10.2' urlWeight='0.5' \
         include='10.1/i' includeNamespace='10.1/j'>\
         <location id='1' href='http://a/' weight='0.25' country='gb, fr' score='3' \
         addresses='10.0.0.0/8,::1' http_sc='308' http_role='conneg' ctype='text/csv' \
         language='en'/><location weight='1'/><other href='b'/></locations>",
    )
    .unwrap();
    let settings = Settings {
        no_legacy: true,
        no_namespace_locations: true,
        namespace_identifier: Some("10.1/n".to_owned()),
        suppress_namespace_headers: true,
        override_prefix: Some("10.2".to_owned()),
        url_weight: Some(0.5),
        include: Some("10.1/i".to_owned()),
        include_namespace: Some("10.1/j".to_owned()),
    };
    assert_eq!(locations.settings, settings);
    assert_eq!(locations.choose_by, [Method::Score, Method::Weighted]);
    assert_eq!(
        locations.locations.len(),
        1,
        "what leads nowhere is no location"
    );
    let location = Location {
        attributes: vec![],
        ..locations.locations[0].clone()
    };
    let expected = Location {
        href: "http://a/".to_owned(),
        href_template: None,
        weight: 0.25,
        score: 3.0,
        countries: vec!["gb".to_owned(), "fr".to_owned()],
        networks: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        status: 308,
        role: Some(Role::Negotiation),
        media_type: Some("text/csv".to_owned()),
        language: Some("en".to_owned()),
        attributes: vec![],
    };
    assert_eq!(location, expected);
    assert_eq!(locations.locations[0].attribute("id"), Some("1"));
}

#[test]
fn what_is_not_said_or_cannot_be_read_has_its_default() {
    let found = locations(
        "<location href='a' weight='-1' score='NaN' http_sc='200' addresses='x' \
         http_role='x'/>",
    );
    let location = &found.locations[0];
    assert_eq!(
        (location.weight, location.score, location.status),
        (1.0, 0.0, 302)
    );
    assert!(location.networks.is_empty() && location.role.is_none());
    assert_eq!(found.choose_by, METHODS_USUAL);
    assert_eq!(found.settings, Settings::default());
}

#[test]
fn a_method_named_again_is_carried_out_once() {
    let again = "score,country,".repeat(10_000);
    let found = Locations::parse(&format!("<locations chooseby='{again}'/>")).unwrap();
    assert_eq!(found.choose_by, [Method::Score, Method::Country]);
}

#[test]
fn what_is_no_list_of_locations_is_refused() {
    let refused = |text: &str| Locations::parse(text).unwrap_err().to_string();
    assert!(refused("<namespace/>").contains("should be <locations>"));
    assert!(refused("<locations>").contains("not well-formed"));
    assert!(locations("").choose(&Visitor::default()).is_none());
}

#[test]
fn one_location_alone_is_chosen_whatever_it_says() {
    let only = locations("<location href='a' weight='0' country='fr' http_role='conneg'/>");
    check(&only, &Visitor::default(), "a", Reason::Only);
}

#[test]
fn an_attribute_that_is_asked_for_comes_first() {
    let three = locations(
        "<location href='a' id='1'/><location href='b' id='2' weight='0' http_role='conneg'/>\
         <location href='c' id='3' country='fr'/>",
    );
    let asking = |key, value| Visitor {
        attribute: Some((key, value)),
        country: Some("fr"),
        ..Visitor::default()
    };
    check(
        &three,
        &asking("id", "2"),
        "b",
        Reason::Method(Method::Attribute),
    );
    check(
        &three,
        &asking("COUNTRY", "fr"),
        "c",
        Reason::Method(Method::Country),
    );
    check(
        &three,
        &asking("id", "9"),
        "c",
        Reason::Method(Method::Country),
    );
}

#[test]
fn networks_are_served_by_their_location() {
    let three = locations(
        "<location href='a' addresses='10.0.0.0/8,2001:db8::/32' weight='0'/>\
         <location href='b' addresses='192.0.2.7' weight='0'/><location href='c'/>",
    );
    let address = Reason::Method(Method::Address);
    check(&three, &from("10.9.9.9"), "a", address);
    check(&three, &from("::ffff:10.9.9.9"), "a", address);
    check(&three, &from("2001:db8::5"), "a", address);
    check(&three, &from("192.0.2.7"), "b", address);
    check(
        &three,
        &from("192.0.2.8"),
        "c",
        Reason::Method(Method::Weighted),
    );
    check(
        &three,
        &Visitor::default(),
        "c",
        Reason::Method(Method::Weighted),
    );
}

#[test]
fn countries_are_served_by_their_location_and_others_by_the_rest() {
    let three = locations(
        "<location href='a' country='gb'/><location href='b' country='fr,DE'/>\
         <location href='c'/>",
    );
    let country = |country| Visitor {
        country,
        ..Visitor::default()
    };
    let reason = Reason::Method(Method::Country);
    check(&three, &country(Some("GB")), "a", reason);
    check(&three, &country(Some("de")), "b", reason);
    check(&three, &country(Some("cn")), "c", reason);
    check(&three, &country(None), "c", reason);
    let two = locations("<location href='a' country='gb'/><location href='b' country='fr'/>");
    check(
        &two,
        &country(Some("cn")),
        "a",
        Reason::Method(Method::Weighted),
    );
}

#[test]
fn the_highest_score_is_kept() {
    let three = locations(
        "<location href='a'/><location href='b' score='2.5'/><location href='c' score='2'/>",
    );
    check(
        &three,
        &Visitor::default(),
        "b",
        Reason::Method(Method::Score),
    );
}

#[test]
fn methods_are_tried_in_the_order_that_is_said() {
    let xml = |by: &str| {
        format!(
            "<locations chooseby='{by}'><location href='a' country='fr'/>\
             <location href='b' score='9'/></locations>"
        )
    };
    let visitor = Visitor {
        country: Some("fr"),
        ..Visitor::default()
    };
    let check_order = |by: &str, href: &str, method| {
        let locations = Locations::parse(&xml(by)).unwrap();
        check(&locations, &visitor, href, Reason::Method(method));
    };
    check_order("score,country", "b", Method::Score);
    check_order("country,score", "a", Method::Country);
    check_order("locatt,address,country", "a", Method::Country);
    check_order("weighted,country", "a", Method::Weighted);
    check_order("", "a", Method::Weighted);
}

#[test]
fn programs_get_what_they_can_read_and_people_get_pages() {
    let four = locations(
        "<location href='page' http_role='browser'/><location href='any' weight='1'/>\
         <location href='csv' http_role='conneg' ctype='text/csv' weight='0'/>\
         <location href='json' http_role='conneg' ctype='application/json' weight='0'/>",
    );
    let check = |accept: &str, href| check(&four, &accepting(accept), href, Reason::Role);
    check("text/csv", "csv");
    check("application/json;q=0.5, TEXT/CSV; q=0.6", "csv");
    check("application/*, text/*;q=0.1", "json");
    check(
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "page",
    );
    check("application/json;q=0.5,text/html", "page");
    check("*/*", "page");
    check("image/png", "page");
    check("application/json;q=7", "page");
    let of_role = four.decide(&Visitor::default()).map(|(_, reason)| reason);
    assert_eq!(of_role, Some(Reason::Role));
}

#[test]
fn a_location_for_programs_without_a_type_reads_everything_but_pages() {
    let two = locations(
        "<location href='page'/>\
         <location href_template='http://data/{hdl}' http_role='conneg' weight='0'/>",
    );
    let target = |accept: &str| two.choose(&accepting(accept)).unwrap().target("10.1/a");
    assert_eq!(target("application/x-bibtex"), "http://data/10.1/a");
    assert_eq!(target("text/html"), "page");
    assert_eq!(target("application/xml;q=0.9,text/html"), "page");
}

#[test]
fn targets_can_stand_in_a_header() {
    let check = |attributes: &str, identifier: &str, expected: &str| {
        let found = locations(&format!("<location {attributes}/>"));
        assert_eq!(found.locations[0].target(identifier), expected);
    };
    check(
        "href='http://a/?x=%20&amp;y#z'",
        "1/2",
        "http://a/?x=%20&y#z",
    );
    check(
        "href='http://a/&#13;&#10;Set-Cookie:x'",
        "1/2",
        "http://a/%0D%0ASet-Cookie:x",
    );
    check(
        "href='a' href_template='http://b/{hdl}?'",
        "1/泵 2?",
        "http://b/1/%E6%B3%B5%202??",
    );
    check(
        "href_template='http://b/{hdl:path}/{hdl}'",
        "1/%?#",
        "http://b/1/%25%3F%23/1/%?#",
    );
    check("href_template='{hdl{hdl}{x}'", "1/2", "%7Bhdl1/2%7Bx%7D");
}

#[test]
fn weights_are_kept_over_all_random_numbers() {
    let check = |weights: &[&str], expected: &[u32]| {
        let inside = weights.iter().enumerate();
        let inside =
            inside.map(|(at, weight)| format!("<location href='{at}' weight='{weight}'/>"));
        let found = locations(&inside.collect::<String>());
        let mut counts = vec![0_u32; weights.len()];
        for step in 0..1000_u32 {
            let visitor = Visitor {
                random: step * (u32::MAX / 1000),
                ..Visitor::default()
            };
            let chosen = found.choose(&visitor).unwrap();
            counts[chosen.href.parse::<usize>().unwrap()] += 1;
        }
        for (count, expected) in counts.iter().zip(expected) {
            assert!(
                count.abs_diff(*expected) <= 1,
                "{weights:?} gave {counts:?}"
            );
        }
    };
    check(&["1", "1"], &[500, 500]);
    check(&["0", "1", "3"], &[0, 250, 750]);
    check(&["0.2", "0.3", "0.5"], &[200, 300, 500]);
    check(&["0", "0"], &[500, 500]);
    check(&["0", "1", "0"], &[0, 1000, 0]);
}

#[test]
fn what_has_no_weight_is_not_chosen_by_chance() {
    let found = locations("<location href='a' weight='0.1'/><location href='b' weight='0'/>");
    for random in [0, 1, u32::MAX / 2, u32::MAX] {
        let visitor = Visitor {
            random,
            ..Visitor::default()
        };
        assert_eq!(found.choose(&visitor).unwrap().href, "a");
    }
}

fn any_location() -> impl Strategy<Value = String> {
    let attributes = [
        "weight='[0-3]' ",
        "score='[0-2]' ",
        "country='(fr|de)' ",
        "addresses='10.[0-3].0.0/(8|16)' ",
        "http_role='(conneg|browser)' ",
        "ctype='(a/b|text/html)' ",
        "id='[0-2]' ",
    ];
    let some: Vec<_> = attributes.iter().map(|it| format!("({it})?")).collect();
    let pattern = format!("<location href='x' {}/>", some.concat());
    proptest::string::string_regex(&pattern).unwrap()
}

#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    crate::tests::replay("locations", fuzz::locations);
}

proptest! {
    #[test]
    fn the_chosen_one_is_of_the_list(
        all in proptest::collection::vec(any_location(), 0..6),
        accept in "(a/b|text/html|id:1)",
        random in any::<[u8; 4]>(),
        address in any::<[u8; 2]>(),
    ) {
        let address = [10, address[0] % 4, 0, address[1]];
        let text = format!("{accept}\n<locations>{}</locations>", all.concat());
        fuzz::locations(&[&random[..], &address, text.as_bytes()].concat());
    }

    #[test]
    fn the_fuzz_body_holds_on_any_octets(octets in proptest::collection::vec(any::<u8>(), 0..99)) {
        fuzz::locations(&octets);
    }
}

#[test]
fn locations_of_others_join_and_the_first_say_how_to_choose() {
    let own = r#"<locations chooseby="country"><location href="a" country="cn"/></locations>"#;
    let other = r#"<locations chooseby="score"><location href="b" score="9"/></locations>"#;
    let mut locations = Locations::parse(own).unwrap();
    locations.add(Locations::parse(other).unwrap());
    locations.locations.push(Location::plain("c".into(), 0.0));
    let sent = |country| {
        let visitor = Visitor {
            country,
            ..Visitor::default()
        };
        locations.choose(&visitor).unwrap().target("88/x")
    };
    assert_eq!(sent(Some("cn")), "a");
    assert_eq!(sent(None), "b", "the only one with a weight and no country");
}
