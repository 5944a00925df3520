//! Keys that scripts name, what they sign, and which of them are trusted.

use crate::resolver::tests::world::{DATE, Pen, Toy, key};
use crate::trust::{Anchor, digest_of};
use crate::{SignatureDigest, Signs};
use bytes::Bytes;
use model::jws::{ClaimedDigest, signing_input};
use model::{EncodedValue, Jws, PublicKey, Value};
use serde_json::{Value as Json, json};

/// A key that is trusted.
pub(in crate::recursive) fn anchor(identity: &str, name: &str, words: &[&str]) -> Anchor {
    let date = |wanted: &str| {
        let words = words.iter().filter_map(|word| word.split_once('='));
        let mut found = words.filter(|(name, _)| *name == wanted);
        found
            .next()
            .map(|(_, seconds)| DATE.plus_seconds(seconds.parse().unwrap()))
    };
    Anchor {
        identity: identity.parse().unwrap(),
        key: PublicKey::decode(key(name)).unwrap(),
        from: date("from"),
        until: date("until"),
    }
}

/// What a certificate says, signed.
pub(in crate::recursive) fn certificate(text: &str) -> Bytes {
    let mut parts = text.split(',');
    let [holder, name, issuer, signer] = [(); 4].map(|()| parts.next().unwrap());
    let key = PublicKey::decode(key(name)).unwrap();
    let claims = json!({
        "perms": [{"perm": "everything"}],
        "publicKey": key.jwk().unwrap(),
        "iss": issuer,
        "sub": holder,
    });
    signed(signer, claims, parts)
}

/// What a signature over values says, signed.
pub(in crate::recursive) fn signature(text: &str, values: &[Value]) -> Bytes {
    let mut parts = text.split(',');
    let [about, issuer, signer] = [(); 3].map(|()| parts.next().unwrap());
    let digest = |value: &Value| ClaimedDigest {
        index: value.index,
        digest: digest_of(&Toy::default(), &EncodedValue::of(value)),
    };
    let digests: Vec<ClaimedDigest> = values.iter().map(digest).collect();
    let claims = json!({
        "digests": {"alg": "SHA-256", "digests": digests},
        "iss": issuer,
        "sub": about,
    });
    signed(signer, claims, parts)
}

fn signed<'w>(signer: &str, mut claims: Json, words: impl Iterator<Item = &'w str>) -> Bytes {
    let mut algorithm = "RS256";
    for word in words {
        let (name, text) = word.split_once('=').unwrap_or_else(|| panic!("{word}"));
        match name {
            "exp" | "nbf" | "iat" => claims[name] = json!(date(text)),
            "chain" => claims[name] = json!([text]),
            "alg" => algorithm = text,
            "for" => {
                let (scope, about) = text.split_once(':').unwrap();
                claims["perms"] = json!([{"handle": about, "perm": scope}]);
            }
            _ => panic!("{word}"),
        }
    }
    let header = json!({"alg": algorithm}).to_string();
    let input = signing_input(header.as_bytes(), claims.to_string().as_bytes());
    let signature = Pen(key(signer)).sign(SignatureDigest::Sha256, &input);
    Jws::compact(&input, &signature.unwrap()).unwrap().encode()
}

/// A date so many seconds from the beginning.
fn date(seconds: &str) -> i64 {
    i64::from(DATE.0) + seconds.parse::<i64>().unwrap()
}
