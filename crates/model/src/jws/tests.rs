//! Tests of signed texts, with signatures and certificates made by the reference software.

use super::*;
use crate::{PublicKey, golden};
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

/// The golden entry of a kind.
fn entry(kind: &str) -> Value {
    let all: Value = serde_json::from_str(golden::JWS).unwrap();
    let entries = all["jws"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["kind"] == kind);
    found.unwrap().clone()
}

fn text(entry: &Value, form: &str) -> Bytes {
    Bytes::copy_from_slice(entry[form].as_str().unwrap().as_bytes())
}

/// Checks a golden text: its parts, and that it is printed back.
fn check(entry: &Value, form: &str) -> Jws {
    let text = text(entry, form);
    let jws = Jws::decode(text.clone()).unwrap();
    assert_eq!(jws.encode(), text);
    assert_eq!(jws.algorithm(), Some("RS256"));
    assert_eq!(jws.payload, entry["payload"].as_str().unwrap());
    assert_eq!(jws.signature.len(), 256);
    assert_eq!(
        jws.signed,
        signing_input(br#"{"alg":"RS256"}"#, &jws.payload)
    );
    jws
}

#[test]
fn a_signature_of_the_reference_says_what_it_says() {
    let entry = entry("HS_SIGNATURE");
    let jws = check(&entry, "compact");
    let claims = jws.signature_claims().unwrap();
    let digests = &claims.digests;
    assert_eq!(digests.algorithm, "SHA-256");
    let sizes: Vec<_> = digests
        .digests
        .iter()
        .map(|one| (one.index, one.digest.len()))
        .collect();
    assert_eq!(sizes, [(1, 32), (2, 32)]);
    assert_eq!(
        claims.chain.as_ref().unwrap()[0].to_string(),
        "400:0.NA/20.500.99999"
    );
    assert_eq!(claims.issuer.as_ref().unwrap().index, Some(300));
    assert_eq!(claims.subject.as_deref(), Some("20.500.99999/abc"));
    assert_eq!(
        (claims.not_before, claims.expires),
        (Some(1_690_000_000), Some(2_000_000_000))
    );
    assert!(claims.others.is_empty());
    assert_eq!(
        serde_json::to_string(&claims).unwrap().as_bytes(),
        jws.payload
    );
    assert!(
        jws.certificate_claims()
            .unwrap()
            .others
            .contains_key("digests")
    );
}

#[test]
fn the_json_form_says_the_same() {
    let entry = entry("HS_SIGNATURE");
    let (json, compact) = (check(&entry, "json"), check(&entry, "compact"));
    assert_eq!(
        (json.signed, json.signature),
        (compact.signed, compact.signature)
    );
}

#[test]
fn a_certificate_of_the_reference_says_what_it_says() {
    let jws = check(&entry("HS_CERT"), "compact");
    let claims = jws.certificate_claims().unwrap();
    let scopes = claims.grants.as_ref().unwrap().iter();
    let scopes: Vec<_> = scopes.map(|grant| grant.scope.0.as_str()).collect();
    assert_eq!(
        scopes,
        [
            Scope::HANDLES_UNDER_THIS_PREFIX,
            Scope::DERIVED_PREFIXES,
            Scope::THIS_HANDLE,
            Scope::EVERYTHING
        ]
    );
    assert_eq!(claims.grants.as_ref().unwrap()[3].identifier, None);
    assert_eq!(
        claims.subject.as_ref().unwrap().to_string(),
        "300:0.NA/20.500.99999"
    );
    let all: Value = serde_json::from_str(golden::JWS).unwrap();
    let key = PublicKey::from_jwk(claims.public_key.as_ref().unwrap()).unwrap();
    assert_eq!(
        key.encode(),
        golden::octets(all["rsaPublicKeyHex"].as_str().unwrap())
    );
    assert_eq!(
        serde_json::to_string(&claims).unwrap().as_bytes(),
        jws.payload
    );
    assert!(jws.signature_claims().is_err());
}

#[test]
fn cuts_lose_the_signature_or_are_refused() {
    let whole = text(&entry("HS_CERT"), "compact");
    let before = whole.iter().rposition(|&octet| octet == b'.').unwrap();
    for cut in 0..whole.len() {
        match Jws::decode(whole.slice(..cut)) {
            Ok(jws) => assert!(cut > before && jws.signature.len() < 256, "{cut}"),
            Err(error) => assert!(matches!(error, Error::Unexpected { .. }), "{cut}"),
        }
    }
}

#[test]
fn what_is_no_signed_text_says_why() {
    let what = |text: &'static [u8]| match Jws::decode(Bytes::from_static(text)) {
        Err(Error::Unexpected { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(b""), "signed text");
    assert_eq!(what(b"a.b"), "signed text");
    assert_eq!(what(b"e30.e30.e30.e30"), "signed text");
    assert_eq!(what(b"!.e30.e30"), "JWS header");
    assert_eq!(what(b"W10.e30.e30"), "JWS header");
    assert_eq!(what(b"e30.+.e30"), "JWS payload");
    assert_eq!(what(b"e30.e30.e30e3"), "JWS signature");
    assert_eq!(
        what(b"{\"payload\":\"e30\",\"signatures\":[]}"),
        "signed text"
    );
    let long = vec![b'a'; JWS_OCTETS_MAX + 1];
    assert!(matches!(
        Jws::decode(long.into()),
        Err(Error::AboveLimit { .. })
    ));
}

#[test]
fn a_name_without_an_index_is_an_identifier() {
    for (text, index, identifier) in [
        ("300:0.NA/88.156", Some(300), "0.NA/88.156"),
        ("0:5:88.156/1", Some(0), "5:88.156/1"),
        ("88.156.1/a:b", None, "88.156.1/a:b"),
        ("x:88.156/1", None, "x:88.156/1"),
        ("+3:88.156/1", None, "+3:88.156/1"),
        ("0.0/0.0", None, "0.0/0.0"),
    ] {
        let named: NamedValue = text.parse().unwrap();
        assert_eq!(
            (named.index, named.identifier.as_str()),
            (index, identifier),
            "{text}"
        );
        assert_eq!(named.to_string(), text);
    }
    assert!("300:".parse::<NamedValue>().is_err());
}

proptest! {
    #[test]
    fn parts_that_are_put_together_are_the_parts(
        name in "[a-zA-Z0-9]{0,9}",
        payload in proptest::collection::vec(any::<u8>(), 0..40),
        signature in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        let signed = signing_input(header.as_bytes(), &payload);
        let jws = Jws::compact(&signed, &signature).unwrap();
        prop_assert_eq!(jws.algorithm(), Some(name.as_str()));
        prop_assert_eq!(&jws.payload[..], payload);
        prop_assert_eq!(&jws.signature[..], signature);
        prop_assert_eq!(&jws.signed, &signed);
        prop_assert_eq!(Jws::decode(jws.encode()), Ok(jws));
    }
}
