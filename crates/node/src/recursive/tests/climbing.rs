//! Going up a chain of certificates over real sockets: a signed record at its home, the certificate
//! of whoever has signed it at the root.

use super::{NONE, Trio, data, url};
use crate::elsewhere::tests::site_value;
use bytes::Bytes;
use client::{Clock, Resolver};
use crypto::{Provider, RsaBits, SigningKey};
use engine::resolver::{Found, Guide, Wish};
use engine::trust::{Anchor, Climb, Doubt, Values, digest_of, examine, signatures};
use engine::{SignatureDigest, Signs};
use model::jws::{ClaimedDigest, signing_input};
use model::{EncodedValue, Identifier, Jws, Value};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wire::OpFlags;

const ROOT: &str = "300:0.NA/0.NA";
const HOME: &str = "300:0.NA/99";
const SIGNED: &str = "99/signed";

fn new_key() -> SigningKey {
    SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap()
}

fn signed(key: &SigningKey, claims: &Json) -> Bytes {
    let input = signing_input(br#"{"alg":"RS256"}"#, claims.to_string().as_bytes());
    let signature = key.sign(SignatureDigest::Sha256, &input).unwrap();
    Jws::compact(&input, &signature).unwrap().encode()
}

/// Registers a record with a signature over its value.
fn register_signed(trio: &Trio, key: &SigningKey) {
    let value = url("here");
    let digest = ClaimedDigest {
        index: value.index,
        digest: digest_of(&Provider, &EncodedValue::of(&value)),
    };
    let claims = json!({
        "digests": {"alg": "SHA-256", "digests": [digest]},
        "iss": HOME,
        "sub": SIGNED,
        "exp": Clock::date().0 + 1000,
    });
    let signature = Value::public(410, "HS_SIGNATURE", signed(key, &claims));
    trio.home.register(SIGNED, &[value, signature]);
}

/// Registers the record of the prefix, with a certificate of its key.
fn certify(trio: &Trio, key: &SigningKey, root: &SigningKey) {
    let claims = json!({
        "perms": [{"handle": "0.NA/99", "perm": "handlesUnderThisPrefix"}],
        "publicKey": key.public_key().jwk().unwrap(),
        "iss": ROOT,
        "sub": HOME,
        "exp": Clock::date().0 + 1000,
    });
    let certificate = Value::public(400, "HS_CERT", signed(root, &claims));
    let site = site_value(&trio.home.founded.site);
    trio.root.register("0.NA/99", &[site, certificate]);
}

/// What a climb from the record comes to, and what it says of the values.
fn climb(trio: &Trio, anchor: &SigningKey) -> (Result<(), Doubt>, Values) {
    let resolver = Resolver::new(Guide {
        roots: vec![trio.root.founded.site.clone()],
        ..Guide::default()
    });
    let anchor = Anchor {
        identity: ROOT.parse().unwrap(),
        key: anchor.public_key(),
        from: None,
        until: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let about: Identifier = SIGNED.parse().unwrap();
        let walked = resolver
            .walk(Wish::for_values(about.clone()).certified())
            .await;
        let Found::Values(values) = walked.end.found else {
            panic!("{walked:?}");
        };
        let signature = signatures(&values).next().unwrap();
        let begun = Climb::begin(&Provider, &about, signature, vec![anchor], Clock::date());
        let mut climb = begun.unwrap();
        resolver.climb(&mut climb, true).await;
        let seen = examine(&Provider, signature, &values).unwrap();
        (climb.poll_end().unwrap(), seen)
    })
}

#[test]
fn a_climb_asks_whoever_holds_the_certificates() {
    let trio = Trio::start();
    let (root, key) = (new_key(), new_key());
    register_signed(&trio, &key);
    let missing = Doubt::NoCertificate(HOME.parse().unwrap());
    assert_eq!(climb(&trio, &root).0, Err(missing));
    certify(&trio, &key, &root);
    let (end, seen) = climb(&trio, &root);
    assert_eq!((end, seen.unchanged), (Ok(()), vec![1]));
    let of_root = Doubt::Forged(ROOT.parse().unwrap());
    assert_eq!(climb(&trio, &key).0, Err(of_root), "another root");
    certify(&trio, &root, &root);
    let of_home = Doubt::Forged(HOME.parse().unwrap());
    assert_eq!(climb(&trio, &root).0, Err(of_home), "another key");
}

/// A resolver that trusts a key says of an answer that it is trusted where a chain leads up to it,
/// and says it again of what it keeps; of what was signed for another it
/// does not.
#[test]
fn a_resolver_with_a_trusted_key_tells_what_a_chain_proves() {
    let folder = TempDir::new().unwrap();
    let (root, key) = (new_key(), new_key());
    let anchors = folder.path().join("anchors.json");
    let jwk = root.public_key().jwk().unwrap();
    let trusted = json!({"anchors": [{"identity": ROOT, "publicKey": jwk}]});
    std::fs::write(&anchors, trusted.to_string()).unwrap();
    let trio = Trio::start_with(|config| config.trust_roots = Some(anchors));
    register_signed(&trio, &key);
    certify(&trio, &key, &root);
    let ask = |identifier: &str| {
        let answer = trio.ask(identifier, OpFlags::TRUSTED_QUERY, NONE);
        let flags = answer.header.flags;
        let is_verified = flags.contains(OpFlags::CACHE_CERTIFY);
        let is_trusted = flags.contains(OpFlags::TRUSTED_RESULT);
        (data(&answer).len(), is_verified, is_trusted)
    };
    assert_eq!(ask(SIGNED), (2, true, true));
    let walks = trio.walks();
    assert_eq!(ask(SIGNED), (2, true, true));
    assert_eq!(trio.walks(), walks, "the verdict is kept with the answer");
    assert_eq!(ask("99/a"), (2, true, false), "nobody has signed it");
    let gone = trio.ask("99/none", OpFlags::TRUSTED_QUERY, NONE);
    assert!(gone.header.flags.contains(OpFlags::CACHE_CERTIFY));
    assert!(
        !gone.header.flags.contains(OpFlags::TRUSTED_RESULT),
        "nobody can sign that"
    );
    let plain = trio.ask(SIGNED, NONE, NONE);
    assert!(!plain.header.flags.contains(OpFlags::TRUSTED_RESULT));
    // Copied to another record, over other values.
    let signed = trio.ask(SIGNED, NONE, NONE);
    let values = super::values(&signed);
    let signature = values.iter().map(EncodedValue::value).nth(1).unwrap();
    trio.home
        .register("99/copied", &[url("elsewhere"), signature]);
    assert_eq!(ask("99/copied"), (2, true, false));
}
