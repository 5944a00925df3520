//! `resolve --verify`: from a signed record up a chain of certificates to a key in a file.

use crate::program::{ServingNode, path, run, told};
use crate::walk::start;
use crypto::{Provider, RsaBits, SigningKey};
use engine::trust::digest_of;
use engine::{SignatureDigest, Signs};
use model::jws::{ClaimedDigest, signing_input};
use model::{EncodedValue, Jws, Value};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Beyond any day on which this runs.
const EXPIRES: u32 = 4_000_000_000;

fn new_key() -> SigningKey {
    SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap()
}

fn signed(key: &SigningKey, claims: &Json) -> String {
    let input = signing_input(br#"{"alg":"RS256"}"#, claims.to_string().as_bytes());
    let signature = key.sign(SignatureDigest::Sha256, &input).unwrap();
    let text = Jws::compact(&input, &signature).unwrap().encode();
    String::from_utf8(text.to_vec()).unwrap()
}

fn value(index: u32, value_type: &str, data: impl Into<Json>) -> Json {
    json!({"index": index, "type": value_type, "data": data.into()})
}

/// A record that says where a pump is, and is signed where it said `signed`.
fn record(identifier: &str, says: &str, signed_as: &str, key: &SigningKey) -> Json {
    let value_signed = EncodedValue::of(&Value::public(1, "URL", signed_as.to_owned()));
    let digest = ClaimedDigest {
        index: 1,
        digest: digest_of(&Provider, &value_signed),
    };
    let claims = json!({
        "digests": {"alg": "SHA-256", "digests": [digest]},
        "iss": "300:0.NA/99",
        "sub": identifier,
        "exp": EXPIRES,
    });
    let signature = signed(key, &claims);
    json!({"handle": identifier, "values": [
        value(1, "URL", says),
        value(2, "NAME", "pump"),
        value(400, "HS_SIGNATURE", signature),
    ]})
}

/// A root that certifies the key of `99`, whose node has signed records, and the root's anchors.
struct Tree {
    nodes: [ServingNode; 2],
    folder: TempDir,
}

impl Tree {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let [root_key, key, other] = [(); 3].map(|()| new_key());
        let unsigned = json!({"handle": "99/plain", "values": [value(1, "URL", "here")]});
        let records = [
            record("99/pump", "here", "here", &key),
            record("99/changed", "elsewhere", "here", &key),
            record("99/forged", "here", "here", &other),
            unsigned,
        ];
        let leaf = start(&folder.path().join("leaf"), &records);
        let site = fs::read_to_string(folder.path().join("leaf/siteinfo.json")).unwrap();
        let site: Json = serde_json::from_str(&site).unwrap();
        let claims = json!({
            "perms": [{"handle": "0.NA/99", "perm": "handlesUnderThisPrefix"}],
            "publicKey": key.public_key().jwk().unwrap(),
            "iss": "300:0.NA/0.NA",
            "sub": "300:0.NA/99",
            "exp": EXPIRES,
        });
        let delegation = json!({"handle": "0.NA/99", "values": [
            value(1, "HS_SITE", json!({"format": "site", "value": site})),
            value(400, "HS_CERT", signed(&root_key, &claims)),
        ]});
        let root = start(&folder.path().join("root"), &[delegation]);
        let octets = root_key.public_key().encode();
        fs::write(folder.path().join("root.bin"), octets).unwrap();
        let nodes = [root, leaf];
        Self { nodes, folder }
    }

    fn ask(&self, anchor: &Json, more: &[&str]) -> (i32, String, String) {
        let anchors = self.folder.path().join("anchors.json");
        fs::write(&anchors, json!({"anchors": [anchor]}).to_string()).unwrap();
        let roots = self.folder.path().join("root/bootstrap_handles");
        let first = [
            "resolve",
            "--roots",
            path(&roots),
            "--verify",
            path(&anchors),
        ];
        told(&run(first.into_iter().chain(more.iter().copied())))
    }
}

#[test]
fn a_record_is_verified_up_to_an_anchor() {
    let tree = Tree::start();
    let anchor = json!({"identity": "300:0.NA/0.NA", "file": "root.bin"});
    let (code, out, err) = tree.ask(&anchor, &["99/pump"]);
    let chain = "CHAIN     signed by 300:0.NA/99\n          \
                 certified in 0.NA/99 by 300:0.NA/0.NA, which is trusted\n\
                 VALUES    1 as signed; 2 not signed\n";
    assert!(out.ends_with(chain), "{out}{err}");
    assert_eq!((code, err.as_str()), (0, ""));
    // Who asks for a part gets the signature as well.
    let (code, out, _) = tree.ask(&anchor, &["99/pump", "--type", "URL"]);
    assert!(
        code == 0 && out.contains("VALUES    1 as signed\n"),
        "{out}"
    );

    let over = json!({"identity": "300:0.NA/0.NA", "file": "root.bin", "until": 1_700_000_000});
    for (anchor, identifier, expected) in [
        (
            &anchor,
            "99/changed",
            "VALUES    1 NOT as signed; 2 not signed",
        ),
        (
            &anchor,
            "99/forged",
            "not verified: it is not signed with a key of 300:0.NA/99",
        ),
        (
            &anchor,
            "99/plain",
            "not verified: no signature over values was answered",
        ),
        (
            &over,
            "99/pump",
            "not verified: the chain ends at 300:0.NA/0.NA, which is not trusted",
        ),
    ] {
        let (code, out, err) = tree.ask(anchor, &[identifier]);
        assert!(out.contains(expected), "{identifier}: {out}{err}");
        assert_eq!(code, 5, "{identifier}");
    }
    let (code, ..) = tree.ask(&anchor, &["99/none"]);
    assert_eq!(code, 1);
    let [root, leaf] = tree.nodes;
    drop((root, leaf));
}

#[test]
fn anchors_that_cannot_be_used_are_wrong_usage() {
    let folder = TempDir::new().unwrap();
    let ask = |more: &[&str]| {
        let first = ["resolve", "99/pump", "--verify"];
        told(&run(first.into_iter().chain(more.iter().copied())))
    };
    let anchors = folder.path().join("anchors.json");
    fs::write(&anchors, r#"{"anchors":[]}"#).unwrap();
    let missing = path(Path::new("/nowhere"));
    for (arguments, expected) in [
        (
            &[path(&anchors), "--server", "127.0.0.1"][..],
            "cannot be used with",
        ),
        (&[path(&anchors), "--json"], "cannot be used with"),
        (&[path(&anchors), "--roots", missing], "/nowhere: "),
    ] {
        let (code, _, err) = ask(arguments);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(expected), "{err}");
    }
}
