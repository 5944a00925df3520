//! Tests of public keys, with octets made by the reference software. All keys are thrown away.

use super::*;
use crate::golden;
use alloc::string::ToString;
use proptest::collection::vec as many;
use proptest::prelude::*;

/// Checks octets both ways, and as a JSON Web Key both ways; the cuts that are keys themselves.
fn check(octets: &Bytes, json: &str, cuts: &[usize]) {
    let found = golden::check_octets(octets, PublicKey::decode, PublicKey::encode);
    assert_eq!(found, cuts, "{json}");
    let key = PublicKey::decode(octets.clone()).unwrap();
    assert_eq!(serde_json::to_string(&key.jwk().unwrap()).unwrap(), json);
    let jwk = serde_json::from_str(json).unwrap();
    assert_eq!(PublicKey::from_jwk(&jwk).unwrap().encode(), octets);
}

#[test]
fn keys_of_the_reference_are_read_and_written() {
    for vector in golden::vectors("pubkey-", 2) {
        // A modulus with nothing after it is a key too: what is left out are four zero octets.
        let unpadded = vector.octets.len() - RSA_PADDING.len();
        let cuts: &[_] = match vector.name.as_str() {
            "pubkey-rsa" => &[unpadded],
            _ => &[],
        };
        check(&vector.octets, &vector.json(), cuts);
    }
}

#[test]
fn the_key_of_the_trust_vectors_is_read_and_written() {
    let all: serde_json::Value = serde_json::from_str(golden::JWS).unwrap();
    let octets = golden::octets(all["rsaPublicKeyHex"].as_str().unwrap());
    let key = PublicKey::decode(octets.clone()).unwrap();
    let json = serde_json::to_value(key.jwk().unwrap()).unwrap();
    check(&octets, &json.to_string(), &[octets.len() - 4]);
}

#[test]
fn a_diffie_hellman_key_has_no_json() {
    let [vector] = <[_; 1]>::try_from(golden::vectors("dh-public-key", 1))
        .ok()
        .unwrap();
    let cuts = golden::check_octets(&vector.octets, PublicKey::decode, PublicKey::encode);
    assert_eq!(cuts, [0; 0]);
    let key = PublicKey::decode(vector.octets).unwrap();
    assert_eq!(key.jwk(), None);
    let PublicKey::Known { numbers, .. } = key else {
        panic!()
    };
    let Numbers::DiffieHellman { g, p, .. } = numbers else {
        panic!()
    };
    assert_eq!((g.magnitude(), p.magnitude().len()), (&[2][..], 128));
}

#[test]
fn keys_of_idis_are_kept_as_they_came() {
    let pem = Bytes::from_static(b"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n");
    let framed = |key_type: &[u8]| {
        let mut out = Vec::new();
        put_string(&mut out, key_type);
        out.extend_from_slice(&[0, 0]);
        put_string(&mut out, &pem);
        Bytes::from(out)
    };
    for octets in [
        pem.clone(),
        framed(SM2),
        framed(SM9),
        framed(b"ED25519_PUB_KEY"),
    ] {
        golden::check_octets(&octets, PublicKey::decode, PublicKey::encode);
    }
    let known = |numbers| PublicKey::Known {
        reserved: 0,
        numbers,
    };
    assert_eq!(
        PublicKey::decode(framed(SM2)),
        Ok(known(Numbers::Sm2(pem.clone())))
    );
    assert_eq!(
        PublicKey::decode(framed(SM9)),
        Ok(known(Numbers::Sm9(pem.clone())))
    );
    assert_eq!(PublicKey::decode(pem.clone()), Ok(PublicKey::Pem(pem)));
}

#[test]
fn a_modulus_without_its_zero_octet_is_read_and_kept() {
    let octets = b"\0\0\0\x0bRSA_PUB_KEY\0\0\0\0\0\x03\x01\0\x01\0\0\0\x02\xc3\x01";
    let octets = Bytes::from_static(octets);
    golden::check_octets(&octets, PublicKey::decode, PublicKey::encode);
    let jwk = PublicKey::decode(octets).unwrap().jwk().unwrap();
    assert_eq!(jwk.n.unwrap().magnitude(), b"\xc3\x01");
}

#[test]
fn a_json_web_key_that_is_none_says_why() {
    let read = |json| PublicKey::from_jwk(&serde_json::from_str(json).unwrap());
    assert_eq!(read(r#"{"kty":"EC"}"#), Err(UNKNOWN_TYPE));
    let missing = read(r#"{"kty":"RSA","n":"wwE"}"#);
    assert!(matches!(
        missing,
        Err(Error::Unexpected {
            what: "JSON Web Key",
            ..
        })
    ));
    assert!(read(r#"{"kty":"rsa","n":"wwE=","e":"AQAB","kid":"1"}"#).is_ok());
    assert!(serde_json::from_str::<Jwk>(r#"{"kty":"RSA","n":"w+E"}"#).is_err());
}

proptest! {
    #[test]
    fn any_number_is_the_same_through_json(octets in many(any::<u8>(), 0..9)) {
        let number = BigInteger::of_magnitude(&octets);
        let json = serde_json::to_string(&number).unwrap();
        let again: BigInteger = serde_json::from_str(&json).unwrap();
        let as_it_came = BigInteger::new(octets);
        prop_assert_eq!(again.magnitude(), as_it_came.magnitude());
        prop_assert_eq!(again, number);
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same(
        reserved in any::<u16>(),
        numbers in many(many(any::<u8>(), 0..9).prop_map(BigInteger::new), 4),
        is_padded in any::<bool>(),
    ) {
        let [q, p, g, y] = <[_; 4]>::try_from(numbers).unwrap();
        let text = q.octets().clone();
        for numbers in [
            Numbers::Rsa { exponent: q.clone(), modulus: p.clone(), is_padded },
            Numbers::DiffieHellman { y: y.clone(), p: p.clone(), g: g.clone() },
            Numbers::Dsa { q, p, g, y },
            Numbers::Sm2(text),
        ] {
            let key = PublicKey::Known { reserved, numbers };
            prop_assert_eq!(PublicKey::decode(key.encode()), Ok(key));
        }
    }
}
