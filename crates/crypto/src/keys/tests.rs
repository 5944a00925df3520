//! Keys against what the reference software made: `tests/golden` of room `wire`.

use super::*;
use crate::Provider;
use engine::{credentials, proofs};
use model::BigInteger;
use serde_json::Value as Json;
use wire::challenge::ChallengeResponse;
use wire::proof::{MacAlgorithm, Proof};
use wire::{Answer, Credential, Message, Request, Response, Version};

const VECTORS: &str = include_str!("../../../wire/tests/golden/encoder-vectors.json");

/// The entry of a name; there is one.
fn vector(name: &str) -> Json {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let all = all["vectors"].as_array().unwrap();
    let found = all.iter().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("no vector {name}")).clone()
}

fn octets(entry: &Json, member: &str) -> Bytes {
    let text = entry[member]
        .as_str()
        .unwrap_or_else(|| panic!("no {member}"));
    hex::decode(text).unwrap().into()
}

fn public_key(name: &str) -> VerifyingKey {
    let key = PublicKey::decode(octets(&vector(name), "hex")).unwrap();
    VerifyingKey::new(&key).unwrap()
}

fn message(name: &str) -> Message {
    Message::decode(octets(&vector(name), "packet")).unwrap()
}

/// The proof in an answer to the vectors' challenge, and what it covers.
fn proof(version: &str, kind: &str) -> (Proof, Vec<u8>) {
    let answer = message(&format!("challenge-answer-v{version}-{kind}"));
    let Request::ChallengeResponse(body) = Request::decode(&answer).unwrap() else {
        panic!("no answer to a challenge");
    };
    let digest_of = if ["2.1", "2.6"].contains(&version) {
        "2.1"
    } else {
        "2.7"
    };
    let challenge = vector(&format!("challenge-v{digest_of}"));
    let covered = proofs::covered(
        &octets(&challenge, "nonceHex"),
        &octets(&challenge, "requestDigestHex"),
    );
    (body.proof(answer.envelope.version).unwrap(), covered)
}

#[test]
fn proofs_by_keys_of_every_version() {
    for (version, kind, key) in [
        ("2.1", "rsa", "pubkey-rsa"),
        ("2.6", "rsa", "pubkey-rsa"),
        ("2.10", "rsa", "pubkey-rsa"),
        ("2.11", "rsa", "pubkey-rsa"),
        ("2.6", "dsa", "pubkey-dsa"),
        ("2.7", "dsa", "pubkey-dsa"),
        ("2.11", "dsa", "pubkey-dsa"),
    ] {
        let (proof, covered) = proof(version, kind);
        let key = public_key(key);
        assert!(
            proofs::is_by_key(&proof, &covered, &key),
            "{version} {kind}"
        );
        let others = [&covered[..], b"x"].concat();
        assert!(
            !proofs::is_by_key(&proof, &others, &key),
            "{version} {kind}"
        );
    }
}

#[test]
fn proofs_by_secrets_of_every_version() {
    for version in ["2.1", "2.7", "2.10"] {
        let (proof, covered) = proof(version, "seckey");
        assert!(
            proofs::is_by_secret(&proof, &covered, b"secret123", &Provider),
            "{version}"
        );
        assert!(
            !proofs::is_by_secret(&proof, &covered, b"secret124", &Provider),
            "{version}"
        );
        assert!(
            !proofs::is_by_secret(&proof, b"other", b"secret123", &Provider),
            "{version}"
        );
    }
}

#[test]
fn macs_of_every_algorithm() {
    for code in ["0x1", "0x3", "0x12", "0x22"] {
        let entry = vector(&format!("seckey-mac-alg-{code}"));
        let nonce = octets(&entry, "nonceHex");
        let covered = proofs::covered(&nonce, &nonce);
        let number = u8::from_str_radix(&code[2..], 16).unwrap();
        let proof = [&[number][..], &octets(&entry, "hex")].concat();
        let read = Proof::decode_mac(proof.into(), Version::NEWEST).unwrap();
        assert!(
            proofs::is_by_secret(&read, &covered, b"secret123", &Provider),
            "{code}"
        );
    }
    let of_sha1 = "fe5a84d399cdd09db38446c89d3d64ec9162e64f";
    let proof = Proof::Mac {
        algorithm: MacAlgorithm::SHA1,
        mac: hex::decode(of_sha1).unwrap().into(),
    };
    let nonce = octets(&vector("seckey-mac-alg-0x1"), "nonceHex");
    let covered = proofs::covered(&nonce, &nonce);
    assert!(proofs::is_by_secret(
        &proof,
        &covered,
        b"secret123",
        &Provider
    ));
}

/// The asker chooses how long the derived key is. One of eight bits is guessed without knowing the
/// secret: 256 MACs, one of which is right.
#[test]
fn proofs_with_short_derived_keys_are_wrong() {
    let check = |key_bits: u32, iterations: u32, is_right: bool| {
        let mut key = vec![0; key_bits.div_ceil(8) as usize];
        engine::Macs::pbkdf2_hmac_sha1(&Provider, b"secret", b"salt", iterations.max(1), &mut key);
        let proof = Proof::DerivedMac {
            salt: "salt".into(),
            iterations,
            key_bits,
            mac: engine::Macs::hmac_sha1(&Provider, &key, b"covered")
                .to_vec()
                .into(),
        };
        let found = proofs::is_by_secret(&proof, b"covered", b"secret", &Provider);
        assert_eq!(found, is_right, "{key_bits} bits, {iterations} rounds");
    };
    check(8, 10, false);
    check(0, 10, false);
    check(160, 0, false);
    check(160, 10, true);
    check(520, 1, false);
}

#[test]
fn signed_answers_of_the_reference_software() {
    for (name, key) in [
        ("resolution-response-signed-rsa256", "pubkey-rsa"),
        ("resolution-response-signed-dsa1", "pubkey-dsa"),
    ] {
        let mut message = message(name);
        let key = public_key(key);
        assert!(credentials::is_signed(&message, &key), "{name}");
        message.envelope.request_id ^= 1;
        assert!(
            !credentials::is_signed(&message, &key),
            "{name}, another question's"
        );
    }
    let message = message("resolution-response-signed-rsa256");
    assert!(
        !credentials::is_signed(&message, &public_key("pubkey-dsa")),
        "another key"
    );
}

#[test]
fn macs_of_sessions() {
    let entry = vector("resolve-mac-session");
    let key = octets(&entry, "sessionKeyHex");
    let message = message("resolve-mac-session");
    assert!(credentials::has_mac(&message, &key, &Provider));
    assert!(!credentials::has_mac(&message, b"another key", &Provider));
    let mut again = message.clone();
    again.tail = Bytes::from_static(wire::message::NO_CREDENTIAL);
    assert!(
        !credentials::has_mac(&again, &key, &Provider),
        "no credential"
    );
    credentials::add_mac(&mut again, 3, &key, &Provider);
    assert_eq!(again, message);
}

/// What is made here is right here, in every version; and what a change of any part breaks.
#[test]
fn credentials_and_proofs_of_every_version() {
    let [rsa, dsa] = keys();
    for minor in 0..=12 {
        let version = Version::new(2, minor);
        for key in [&rsa, &dsa] {
            let public = VerifyingKey::new(&key.public_key()).unwrap();
            let mut message = message("resolution-response");
            message.envelope.version = version;
            assert!(credentials::sign(&mut message, 7, key));
            assert!(
                credentials::is_signed(&message, &public),
                "{version} {key:?}"
            );
            let algorithm = Credential::of(&message).unwrap().unwrap().algorithm;
            let usual = SignatureDigest::usual(version, key.is_dsa()).name();
            let expected = if key.is_dsa() { usual } else { "SHA-256" };
            assert_eq!(algorithm, expected, "{version} {key:?}");
            message.header.recursion_count ^= 1;
            assert!(
                !credentials::is_signed(&message, &public),
                "{version} {key:?}"
            );

            let proof = proofs::prove_by_key(b"covered", version, key).unwrap();
            assert!(proofs::is_by_key(&proof, b"covered", &public));
        }
        let mut message = message("resolution-response");
        message.envelope.version = version;
        credentials::add_mac(&mut message, 7, b"a key of some length", &Provider);
        assert!(
            credentials::has_mac(&message, b"a key of some length", &Provider),
            "{version}"
        );
        message.header.recursion_count ^= 1;
        assert!(
            !credentials::has_mac(&message, b"a key of some length", &Provider),
            "{version}"
        );

        let proof = proofs::prove_by_secret(b"covered", version, b"secret", [9; 16], &Provider);
        let read = if version.is_before_2_1() {
            Proof::BareMac(proof.encode())
        } else {
            Proof::decode_mac(proof.encode(), version).unwrap()
        };
        assert!(
            proofs::is_by_secret(&read, b"covered", b"secret", &Provider),
            "{version}"
        );
    }
}

/// One RSA key and one DSA key.
fn keys() -> [SigningKey; 2] {
    let rsa = SigningKey::generate(RsaBits::Least).unwrap();
    let dsa = PrivateKey::decode(octets(&vector("privkey-dsa"), "hex")).unwrap();
    [rsa, dsa].map(|key| SigningKey::new(&key).unwrap())
}

#[test]
fn the_public_key_to_a_private_one() {
    let [_, dsa] = keys();
    let expected = octets(&vector("pubkey-dsa"), "hex");
    assert_eq!(dsa.public_key().encode(), expected);
    assert!(matches!(dsa.to_pkcs8(), Err(Error::NoTls { .. })));
}

#[test]
fn keys_without_their_factors_are_completed() {
    let whole = SigningKey::generate(RsaBits::Least).unwrap();
    let PrivateKey::RsaCrt(numbers) = &whole else {
        panic!("another kind")
    };
    let (n, d) = (numbers.n.clone(), numbers.d.clone());
    let key = SigningKey::new(&PrivateKey::Rsa {
        n: n.clone(),
        d: d.clone(),
    })
    .unwrap();
    assert_eq!(
        key.public_key(),
        SigningKey::new(&whole).unwrap().public_key()
    );
    assert_eq!(
        key.to_pkcs8().unwrap(),
        SigningKey::new(&whole).unwrap().to_pkcs8().unwrap()
    );
    let mut wrong = d.magnitude().to_vec();
    wrong[5] ^= 1;
    let d = BigInteger::of_magnitude(&wrong);
    assert_eq!(
        SigningKey::new(&PrivateKey::Rsa { n, d }).unwrap_err(),
        rsa::REJECTED
    );
}

/// Numbers that no honest key has.
fn odd_numbers() -> Vec<BigInteger> {
    let octets = [
        &b""[..],
        b"\0",
        b"\x01",
        b"\x02",
        b"\xff",
        &[0xff; 128],
        &[0xff; 1025],
        &[0; 9],
    ];
    octets
        .iter()
        .map(|octets| BigInteger::new(octets.to_vec()))
        .collect()
}

/// Numbers from anywhere make an error or a key that verifies nothing, and no panic.
#[test]
fn numbers_that_are_no_rsa_keys() {
    for first in odd_numbers() {
        for second in odd_numbers() {
            let private = PrivateKey::Rsa {
                n: first.clone(),
                d: second.clone(),
            };
            assert!(SigningKey::new(&private).is_err());
            let public = Numbers::Rsa {
                exponent: first.clone(),
                modulus: second,
                is_padded: true,
            };
            let public = VerifyingKey::of_numbers(&public, b"").unwrap();
            assert!(!public.verify(SignatureDigest::Sha1, b"", &[0; 128]));
        }
    }
}

/// As above, with any two numbers of a good key replaced.
#[test]
fn numbers_that_are_no_dsa_keys() {
    const SIGNATURE: &[u8] = b"\x30\x06\x02\x01\x01\x02\x01\x01";
    let good = PublicKey::decode(octets(&vector("pubkey-dsa"), "hex")).unwrap();
    let PublicKey::Known {
        numbers: Numbers::Dsa { q, p, g, y },
        ..
    } = good
    else {
        panic!("another kind")
    };
    for (first, second) in (0..4).flat_map(|first| (0..4).map(move |second| (first, second))) {
        for (one, other) in odd_numbers().iter().zip(odd_numbers().iter().rev()) {
            let mut numbers = [&q, &p, &g, &y].map(Clone::clone);
            numbers[first] = one.clone();
            numbers[second] = other.clone();
            let [q, p, g, y] = numbers;
            let private = PrivateKey::Dsa {
                x: y.clone(),
                p: p.clone(),
                q: q.clone(),
                g: g.clone(),
            };
            let _ = SigningKey::new(&private);
            if let Ok(key) = VerifyingKey::of_numbers(&Numbers::Dsa { q, p, g, y }, b"") {
                assert!(!key.verify(SignatureDigest::Sha1, b"", SIGNATURE));
            }
        }
    }
}

/// The answer that the vectors' challenge is answered with reads back from its message.
#[test]
fn a_proof_survives_its_message() {
    let (proof, _) = proof("2.11", "rsa");
    let identity = wire::Identity::new("0.NA/20.500.99999", 300);
    let body = ChallengeResponse::new(identity, &proof);
    assert_eq!(body.proof(Version::NEWEST), Ok(proof));
    let response = Response::decode(&message("challenge-v2.7")).unwrap();
    assert!(matches!(response.answer, Answer::Challenge(_)));
}
