//! Tests of identifiers: syntax, case, order.

use super::*;
use crate::Key;
use alloc::format;
use alloc::string::{String, ToString};
use proptest::prelude::*;

fn identifier(text: &str) -> Identifier {
    text.parse().unwrap()
}

fn canonical(text: &str, case: SuffixCase) -> String {
    String::from_utf8(identifier(text).canonical(case)).unwrap()
}

/// Checks prefix, suffix and both canonical forms of one spelling.
fn check(text: &str, prefix: &str, suffix: &str, insensitive: &str, sensitive: &str) {
    let identifier = identifier(text);
    assert_eq!(identifier.prefix().as_str(), prefix, "prefix of {text}");
    assert_eq!(identifier.suffix(), suffix, "suffix of {text}");
    assert_eq!(canonical(text, SuffixCase::Insensitive), insensitive);
    assert_eq!(canonical(text, SuffixCase::Sensitive), sensitive);
}

#[test]
fn rfc_3651_section_3_the_first_slash_splits() {
    check(
        "10.1000/182",
        "10.1000",
        "182",
        "10.1000/182",
        "10.1000/182",
    );
    check("a.b/c/D", "a.b", "c/D", "A.B/C/D", "A.B/c/D");
    check("88.1/", "88.1", "", "88.1/", "88.1/");
    check("0.na/88.x", "0.na", "88.x", "0.NA/88.X", "0.NA/88.X");
    check("0/ab", "0", "ab", "0/AB", "0/AB");
    check("88.x", "0.NA", "88.x", "0.NA/88.X", "0.NA/88.X");
    check(
        "86.1/汉é字a",
        "86.1",
        "汉é字a",
        "86.1/汉é字A",
        "86.1/汉é字a",
    );
}

#[test]
fn leading_zeros_are_significant() {
    assert_ne!(
        canonical("88.118.0000123/1", SuffixCase::Insensitive),
        canonical("88.118.123/1", SuffixCase::Insensitive)
    );
}

#[test]
fn what_is_no_identifier_says_why() {
    let parse = |octets: &'static [u8]| Identifier::from_octets(Bytes::from_static(octets));
    assert_eq!(parse(b""), Err(Error::IdentifierEmpty));
    assert_eq!(parse(b"/x"), Err(Error::PrefixEmpty));
    assert_eq!(parse(b"8\xff/x"), Err(Error::IdentifierNotUtf8 { at: 1 }));
    assert!(parse(&[b'a'; IDENTIFIER_OCTETS_MAX]).is_ok());
    assert_eq!(
        parse(&[b'a'; IDENTIFIER_OCTETS_MAX + 1]),
        Err(Error::IdentifierTooLong {
            octets: 2049,
            limit: 2048
        })
    );
    assert_eq!(
        "88/1".parse::<Prefix>(),
        Err(Error::PrefixHasSlash { at: 2 })
    );
    assert_eq!("".parse::<Prefix>(), Err(Error::PrefixEmpty));
}

#[test]
fn a_prefix_and_all_that_derives_from_it_lie_together() {
    let key = |text: &str| canonical(text, SuffixCase::Insensitive);
    assert!(key("88.155.9/z") < key("88.156.1/a"));
    assert!(key("88.156.1/a") < key("88.156/a"));
    assert!(key("88.156/zzz") < key("88.1560/a"));
}

#[test]
fn prefixes_of_idis_have_up_to_three_codes_of_digits() {
    let seen = [
        "88.608.8889",
        "88.101.0042",
        "88.608.24061301",
        "88.104",
        "86",
    ];
    for text in seen {
        assert_eq!(text.parse::<IdisPrefix>().unwrap().to_string(), text);
    }
    let longest = format!("88.12345.{}", "9".repeat(128));
    assert!(longest.parse::<IdisPrefix>().is_ok());
    let what = |text: &str| match text.parse::<IdisPrefix>() {
        Err(Error::Unexpected { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(what("8.101"), "issuer of the prefix");
    assert_eq!(what("888.101"), "issuer of the prefix");
    assert_eq!(what("88.12"), "industry of the prefix");
    assert_eq!(what("88.123456"), "industry of the prefix");
    assert_eq!(what("88.1a1"), "industry of the prefix");
    assert_eq!(what("88.１０１"), "industry of the prefix");
    assert_eq!(what("88.101."), "enterprise of the prefix");
    assert_eq!(what(&format!("{longest}9")), "enterprise of the prefix");
    assert_eq!(what("88.101.1.2"), "prefix");
    assert_eq!(
        "88/1".parse::<IdisPrefix>(),
        Err(Error::PrefixHasSlash { at: 2 })
    );
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(text in "[^/]{1,20}(/.{0,30})?") {
        let first = identifier(&text);
        prop_assert_eq!(&first.to_string(), &text);
        prop_assert_eq!(identifier(&first.to_string()), first);
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(text in "[^/]{1,9}(/.{0,9})?") {
        for case in [SuffixCase::Insensitive, SuffixCase::Sensitive] {
            let once = canonical(&text, case);
            prop_assert_eq!(canonical(&once, case), once);
        }
    }

    #[test]
    fn spellings_that_differ_in_ascii_case_are_one_identifier(text in "[a-zA-Z0-9./é汉-]{1,40}") {
        prop_assume!(!text.starts_with('/'));
        let key = |text: &str| Key::record(&identifier(text), SuffixCase::Insensitive);
        prop_assert_eq!(key(&text), key(&text.to_ascii_lowercase()));
    }

    #[test]
    fn any_octets_are_an_identifier_or_an_error(
        octets in proptest::collection::vec(any::<u8>(), 0..60)
    ) {
        if let Ok(identifier) = Identifier::from_octets(octets.into()) {
            identifier.canonical(SuffixCase::Sensitive);
            identifier.suffix();
        }
    }
}
