//! Agreement against numbers computed elsewhere, and with peers who mean no good.

use super::*;
use bytes::Bytes;
use serde_json::Value as Json;
use wire::session::KeyExchange;
use wire::{Message, Request};

const VECTORS: &str = include_str!("../../tests/golden/encoder-vectors.json");

/// The public key in the set-up that the reference software wrote.
fn asked() -> PublicKey {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let mut all = all["vectors"].as_array().unwrap().iter();
    let found = all.find(|entry| entry["name"] == "session-setup-dh");
    let packet = hex::decode(found.unwrap()["packet"].as_str().unwrap()).unwrap();
    let request = Request::decode(&Message::decode(packet.into()).unwrap()).unwrap();
    let Request::SessionSetup(setup) = request else {
        panic!("another request");
    };
    let KeyExchange::DiffieHellman(key) = setup.exchange else {
        panic!("another mode");
    };
    PublicKey::decode(key).unwrap()
}

fn exponent(octets: [u8; EXPONENT_OCTETS]) -> Exponent {
    Zeroizing::new(octets)
}

/// 0x80, then 1, 2, …, 31.
fn some_exponent() -> Exponent {
    exponent(std::array::from_fn(
        |at| if at == 0 { 0x80 } else { at as u8 },
    ))
}

fn key(y: &[u8], p: &[u8], g: &[u8]) -> PublicKey {
    let [y, p, g] = [y, p, g].map(|number| BigInteger::new(Bytes::copy_from_slice(number)));
    PublicKey::Known {
        reserved: 0,
        numbers: Numbers::DiffieHellman { y, p, g },
    }
}

fn limits() -> GroupLimits {
    GroupLimits::default()
}

/// Python's `pow` says the same of the reference software's numbers.
#[test]
fn a_node_answers_the_reference_software() {
    let agreed = answer_with(&asked(), limits(), &some_exponent()).unwrap();
    let secret = "67571bb3b90efe856a9a4112414c8b7bc869ab8e727a3a4197280fffaac37cc3";
    assert_eq!(hex::encode(agreed.secret.octets()), secret);
    let (y, p, g) = numbers(&agreed.public_key).unwrap();
    assert!(hex::encode(y.magnitude()).starts_with("ff2f22817ed9fcb52eb84299e01daf05"));
    let asked = asked();
    let (_, asked_p, asked_g) = numbers(&asked).unwrap();
    assert_eq!((p, g), (asked_p, asked_g), "spelled as usual writers do");
}

/// An exponent that was searched for: the number that both know begins with a zero octet, which
/// does not count.
#[test]
fn zeros_in_front_of_the_secret_do_not_count() {
    let mut octets = [0; EXPONENT_OCTETS];
    octets[0] = 0x80;
    octets[30..].copy_from_slice(&36_u16.to_be_bytes());
    let agreed = answer_with(&asked(), limits(), &exponent(octets)).unwrap();
    let secret = "8f0c0642e5212d41dcf6e200b319457b563be3a2cd67c08ebe7b1a1bb9e2e0a5";
    assert_eq!(hex::encode(agreed.secret.octets()), secret);
}

#[test]
fn both_sides_agree_and_never_twice_on_the_same() {
    let offer = Offer::new().unwrap();
    let some = answer(&offer.public_key(), limits()).unwrap();
    let other = answer(&offer.public_key(), limits()).unwrap();
    let accepted = offer.accept(&some.public_key).unwrap();
    assert_eq!(accepted.octets(), some.secret.octets());
    assert_ne!(some.secret.octets(), other.secret.octets());
    assert_ne!(some.public_key, other.public_key);
}

#[test]
fn moduli_are_odd_and_within_the_limits() {
    let check = |octets: usize, first: u8, last: u8, expected| {
        let mut p = vec![0xff; octets];
        p[0] = first;
        p[octets - 1] = last;
        let found = answer_with(&key(&[5], &p, &[2]), limits(), &some_exponent());
        assert_eq!(found.err(), expected, "{octets} octets from {first:#x}");
    };
    let size = |bits| {
        let (min, max) = (1024, 4096);
        Some(AgreementError::Modulus { bits, min, max })
    };
    check(128, 0x80, 0xff, None);
    check(128, 0x7f, 0xff, size(1023));
    check(512, 0xff, 0xff, None);
    check(513, 0x01, 0xff, size(4097));
    check(100_000, 0xff, 0xff, size(800_000));
    check(1, 0xff, 0xff, size(8));
    check(128, 0x80, 0xfe, Some(AgreementError::Numbers));
    let nothing = answer(&key(&[], &[], &[]), limits()).unwrap_err();
    assert_eq!(Some(nothing), size(0));
}

/// Whose powers everybody knows: 0, 1, p - 1; and what is beyond p.
#[test]
fn numbers_are_from_2_to_p_less_2() {
    let all = asked();
    let (y, p, g) = numbers(&all).unwrap();
    let p = p.magnitude();
    let less = |by: u8| {
        let mut octets = p.to_vec();
        *octets.last_mut().unwrap() -= by;
        octets
    };
    for bad in [
        vec![],
        vec![0],
        vec![1],
        less(1),
        less(0),
        [p, &[0]].concat(),
    ] {
        for key in [key(&bad, p, &[2]), key(y.magnitude(), p, &bad)] {
            let found = answer(&key, limits()).unwrap_err();
            assert_eq!(found, AgreementError::Numbers, "{} octets", bad.len());
        }
    }
    for good in [vec![2], less(2)] {
        assert!(answer(&key(&good, p, g.magnitude()), limits()).is_ok());
    }
}

/// In a group of few elements everybody guesses the secret: modulo 2^1024 - 1 the number 2 has
/// 1,024 powers, many of them short.
#[test]
fn short_secrets_are_refused() {
    let p = [0xff; 128];
    let mut octets = [0; EXPONENT_OCTETS];
    octets[EXPONENT_OCTETS - 1] = 9;
    let found = answer_with(&key(&[2], &p, &[2]), limits(), &exponent(octets)).unwrap_err();
    assert_eq!(found, AgreementError::ShortSecret { octets: 2 });
}

#[test]
fn an_asker_takes_answers_in_its_own_group_only() {
    let offer = Offer::new().unwrap();
    let in_another = answer(&asked(), limits()).unwrap();
    let found = offer.accept(&in_another.public_key).unwrap_err();
    assert_eq!(found, AgreementError::OtherGroup);
    let (p, g) = group_14();
    let one = key(&[1], p.magnitude(), g.magnitude());
    assert_eq!(offer.accept(&one).unwrap_err(), AgreementError::Numbers);
    let other_g = key(&[7], p.magnitude(), &[3]);
    assert_eq!(
        offer.accept(&other_g).unwrap_err(),
        AgreementError::OtherGroup
    );
    let pem = PublicKey::Pem(Bytes::new());
    assert_eq!(offer.accept(&pem).unwrap_err(), AgreementError::Kind);
    assert_eq!(format!("{offer:?}"), "Offer(2048 bits)");
}
