//! Whether a signed text bears the signature of a key (JSON Web Signature, RFC 7515).
//!
//! | algorithm | key |
//! | --- | --- |
//! | `RS256` | RSA |
//! | `DS256` | DSA, as the reference software names it |
//! | `ES256` | ECDSA on P-256 (RFC 7518 section 3.4), as PEM |
//! | `EdDSA` | Ed25519 (RFC 8037), as PEM |
//!
//! The text names its algorithm, and whoever made it chose the name, so it counts only with a key
//! of its kind; `none` is nobody's. What is made with SHA-1 (`RS160`, `DS160`) is never right. Not
//! here: `SM2256` of the Chinese system, of which nobody has told what exactly is signed; what a
//! text says (room `model`), whether the signer is trusted.

use crate::VerifyingKey;
use model::jws::Jws;

/// Whether the text was signed with the key.
pub fn is_signed_by(jws: &Jws, key: &VerifyingKey) -> bool {
    let algorithm = jws.algorithm();
    algorithm.is_some_and(|name| key.verify_text(name, &jws.signed, &jws.signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Provider, SigningKey, keys::RsaBits};
    use bytes::Bytes;
    use engine::trust::{Anchor, Climb, examine};
    use engine::{Date, SignatureDigest, Signs, Verifies};
    use model::octets::Reader;
    use model::{EncodedValue, PublicKey, Value};
    use serde_json::Value as Json;

    const VECTORS: &str = include_str!("../../model/tests/golden/jws-vectors.json");

    /// OpenSSL made these keys and signatures.
    const P_256: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIjysRpUJsdF9JL2ShCrF4fiyBQpK
3Yqxx8EqN2CexXAagxKEAwHd+ce1tXI6ns/KonHc4nOn7rd8763TB8ibrQ==
-----END PUBLIC KEY-----";
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI4OC4xNTYuMS9hIn0.\
        Cglt8Yps91vqs8DFLmIQQDQGADMpvsYA9ckJLfOif3sEsr3asCbR3k9St4L2wDWY4O1-dxx4Z7oYC_q3Rop67Q";
    const ED_25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAeuLtz/mlMBBKtJunTNC/BW0DLTD54J5bCQZHdEVjcgU=
-----END PUBLIC KEY-----";
    const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI4OC4xNTYuMS9hIn0.\
        Y63NBrhsBiGcLR2lTO3ktlEcT2vs5uvIuw04FaNTojz2yZ0sXK10eqYYHQIGkCe-ZX6T4ngW4m4EcapOWHKFDQ";
    const RSA: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuaHDOsK0kNeNlwaYHvSn
ozhSfarKmQDltL+apZZcwXJfM3mg0AxwvTlM6mCsy0o4PcYjN4t38WXS/XSr8WJR
4A7jrrWWZSlN9/Zi1oX8XdRJMzYqQe1y8k5+SfL1glQO9kahh5pOJS8zQPw+ftwB
23XBSf2HF0ufprc1dVbPFRiQ4nCLVLGRUvVgjAEKG0Eh0NTJWzoUS5OED0YSIjU9
DGTmO/2uF+5DHqs+/+VKozO3AYBkNybWlSkhNxqwFz09WWiRKM5DO9/K6aQlViRE
2adrd90kDhXpp2QNlWyoVOq2as4J3A/lbOfF0GcjJoZzW+KyRay/vJ7QFMSFnK94
5QIDAQAB
-----END PUBLIC KEY-----";
    /// Over 0, 1, …, 15 and 128, 129, …, 159.
    const RSA_SIGNATURE: &str = "90bd50ee227c849cff564c9dae0731d03bfba2120f214aec66f2704d82ebca4c\
        7327a41d4cbe4daea0b9ddcda6cec880ae35173f6b631d609ad8683ac38bc46aae3531eeb1edbb84c4aea169\
        8bcdb554c038d46a944b42bdffefe7c4f6640e7cc64359e4acb4921cefa18e96bef4734012ed5998830ca6ae\
        516003c2f64b18d5bb63fb622736cdc5e446724a6ce48c6eb9386b5915ce7f53fff3167ac3ab3a3e62478ec4\
        4d396f56307d1c4b2d9c006f81e12054ef91c97e20fa667f5fbdb9d9f2d9e9ab27d1af3dab3e2427de38200d\
        dbd26bcab5c8f1f420cf98f52d92a929bf536952d9ba6af9d1a2bfff74eceebbbb7bc43a7036cd4657c45c2e\
        9b6ca5a0";

    fn of_pem(text: &'static str) -> VerifyingKey {
        VerifyingKey::new(&PublicKey::decode(text.into()).unwrap()).unwrap()
    }

    fn jws(text: &str) -> Jws {
        Jws::decode(text.to_owned().into()).unwrap()
    }

    /// The text with one character of its payload changed.
    fn changed(text: &str) -> Jws {
        let at = text.find('.').unwrap() + 12;
        let other = if text.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut text = text.to_owned();
        text.replace_range(at..=at, other);
        Jws::decode(text.clone().into()).unwrap()
    }

    #[test]
    fn texts_of_the_reference_software() {
        let all: Json = serde_json::from_str(VECTORS).unwrap();
        let octets = hex::decode(all["rsaPublicKeyHex"].as_str().unwrap()).unwrap();
        let key = VerifyingKey::new(&PublicKey::decode(octets.into()).unwrap()).unwrap();
        let texts = all["jws"].as_array().unwrap();
        assert_eq!(texts.len(), 2);
        for text in texts {
            let text = text["compact"].as_str().unwrap();
            assert!(is_signed_by(&jws(text), &key));
            let mut other = jws(text);
            other.signed = [&other.signed[..], b"x"].concat().into();
            assert!(!is_signed_by(&other, &key));
        }
        let text = texts[0]["json"].as_str().unwrap();
        assert!(is_signed_by(&jws(text), &key), "in the other form");
    }

    /// A signature over values of the reference software, and up from it by a certificate to the
    /// root, whose key it is too.
    #[test]
    fn a_chain_of_the_reference_software() {
        let all: Json = serde_json::from_str(VECTORS).unwrap();
        let [signature, certificate] = ["HS_SIGNATURE", "HS_CERT"].map(|name| {
            let entries = all["jws"].as_array().unwrap();
            let entry = entries.iter().find(|entry| entry["kind"] == name).unwrap();
            let text = entry["compact"].as_str().unwrap().to_owned();
            EncodedValue::of(&Value::public(400, name, text))
        });
        let octets = |json: &Json| Bytes::from(hex::decode(json.as_str().unwrap()).unwrap());
        let root = Anchor {
            identity: "300:0.NA/0.NA".parse().unwrap(),
            key: PublicKey::decode(octets(&all["rsaPublicKeyHex"])).unwrap(),
            from: None,
            until: None,
        };
        let about = "20.500.99999/abc".parse().unwrap();
        let begin = |date| Climb::begin(&Provider, &about, &signature, vec![root.clone()], date);
        let mut climb = begin(Date(1_795_326_600)).unwrap();
        let wanted = climb.poll_wanted().unwrap();
        assert_eq!(wanted.to_string(), "400:0.NA/20.500.99999");
        climb.handle_values(&Provider, &[certificate]);
        assert_eq!(climb.poll_end(), Some(Ok(())));
        assert!(begin(Date(2_000_000_001)).is_err(), "it is over");
        let values = all["jws"][0]["encodedValuesHex"].as_array().unwrap();
        let read = |json| EncodedValue::read(&mut Reader::new(octets(json))).unwrap();
        let values: Vec<EncodedValue> = values.iter().map(read).collect();
        let seen = examine(&Provider, &signature, &values).unwrap();
        assert_eq!(seen.unchanged, [1, 2]);
    }

    #[test]
    fn texts_that_openssl_signed() {
        for (key, text) in [(P_256, ES256), (ED_25519, EDDSA)] {
            assert!(is_signed_by(&jws(text), &of_pem(key)));
            assert!(!is_signed_by(&changed(text), &of_pem(key)));
        }
        assert!(!is_signed_by(&jws(ES256), &of_pem(ED_25519)));
        assert!(!is_signed_by(&jws(EDDSA), &of_pem(P_256)));
        assert!(!is_signed_by(&jws(EDDSA), &of_pem(RSA)));
    }

    /// Somebody takes the name of an algorithm that is not the key's, or of none.
    #[test]
    fn the_name_of_an_algorithm_must_fit_the_key() {
        let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
        let public = VerifyingKey::new(&key.public_key()).unwrap();
        let text = |algorithm: &str| {
            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            let signed = model::jws::signing_input(header.as_bytes(), b"{}");
            let signature = key.sign(SignatureDigest::Sha256, &signed).unwrap();
            Jws::compact(&signed, &signature).unwrap()
        };
        assert!(is_signed_by(&text("RS256"), &public));
        for name in [
            "none", "", "HS256", "DS256", "ES256", "EdDSA", "RS160", "SM2256",
        ] {
            assert!(!is_signed_by(&text(name), &public), "{name}");
        }
    }

    /// Keys in PEM are public keys of identities too, if they are RSA.
    #[test]
    fn proofs_by_rsa_keys_in_pem() {
        let signature = hex::decode(RSA_SIGNATURE).unwrap();
        let covered: Vec<u8> = (0..16).chain(0x80..0xa0).collect();
        let key = of_pem(RSA);
        assert!(key.verify(SignatureDigest::Sha256, &covered, &signature));
        assert!(!key.verify(SignatureDigest::Sha256, &covered[1..], &signature));
        for digest in [
            SignatureDigest::Sha1,
            SignatureDigest::Md5,
            SignatureDigest::Sm3,
        ] {
            assert!(!key.verify(digest, &covered, &signature));
        }
        assert!(!of_pem(P_256).verify(SignatureDigest::Sha256, &covered, &signature));
    }
}
