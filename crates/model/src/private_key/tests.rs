//! Tests of private keys, with octets made by the reference software. All keys are thrown away.

use super::*;
use crate::golden;
use alloc::format;
use proptest::collection::vec as many;
use proptest::prelude::*;

#[test]
fn a_key_of_the_reference_is_read_and_written() {
    let [vector] = <[_; 1]>::try_from(golden::vectors("privkey-dsa", 1))
        .ok()
        .unwrap();
    let cuts = golden::check_octets(&vector.octets, PrivateKey::decode, PrivateKey::encode);
    assert_eq!(cuts, [0; 0]);
    let key = PrivateKey::decode(vector.octets.clone()).unwrap();
    assert_eq!(
        serde_json::to_string(&key.jwk().unwrap()).unwrap(),
        vector.json()
    );
    let jwk = serde_json::from_str(&vector.json()).unwrap();
    assert_eq!(PrivateKey::from_jwk(&jwk).unwrap().encode(), vector.octets);
}

/// The numbers 3 × 5 stand for a key: nothing here looks at them.
fn small_crt() -> PrivateKey {
    let number = |digit| BigInteger::of_magnitude(&[digit]);
    PrivateKey::RsaCrt(RsaCrt {
        n: number(15),
        e: number(3),
        d: number(0x83),
        p: number(5),
        q: number(6),
        dp: number(7),
        dq: number(8),
        qinv: number(9),
    })
}

#[test]
fn the_numbers_of_an_rsa_key_stand_in_this_order() {
    let key = small_crt();
    let octets: &[u8] = b"\0\0\0\x0fRSA_PRIVCRT_KEY\0\0\0\x01\x0f\0\0\0\x01\x03\0\0\0\x02\0\x83\
        \0\0\0\x01\x05\0\0\0\x01\x06\0\0\0\x01\x07\0\0\0\x01\x08\0\0\0\x01\x09";
    assert_eq!(key.encode(), octets);
    let cuts = golden::check_octets(&key.encode(), PrivateKey::decode, PrivateKey::encode);
    assert_eq!(cuts, [0; 0]);
    let jwk = key.jwk().unwrap();
    assert_eq!(
        serde_json::to_string(&jwk).unwrap(),
        concat!(
            r#"{"kty":"RSA","n":"Dw","e":"Aw","d":"gw","p":"BQ","q":"Bg","#,
            r#""dp":"Bw","dq":"CA","qi":"CQ"}"#
        )
    );
    assert_eq!(PrivateKey::from_jwk(&jwk), Ok(key));
}

#[test]
fn a_key_is_never_shown() {
    let key = small_crt();
    let PrivateKey::RsaCrt(numbers) = key.clone() else {
        panic!()
    };
    let shown = format!("{key:?} {numbers:?} {:?} {:?}", numbers.d, key.jwk());
    assert_eq!(
        shown,
        "PrivateKey(RSA_PRIVCRT_KEY) RsaCrt BigInteger(2 octets) Some(Jwk(RSA))"
    );
}

#[test]
fn a_key_of_another_type_is_kept() {
    let octets = Bytes::from_static(b"\0\0\0\x0cSM2_PRIV_KEY\0\0\0\x03abcd");
    golden::check_octets(&octets, PrivateKey::decode, PrivateKey::encode);
    let key = PrivateKey::decode(octets).unwrap();
    assert_eq!((key.key_type(), key.jwk()), (&b"SM2_PRIV_KEY"[..], None));
}

#[test]
fn nothing_may_follow_a_key() {
    let octets = [&small_crt().encode()[..], b"\0"].concat();
    let read = PrivateKey::decode(octets.into());
    assert!(matches!(read, Err(Error::Trailing { .. })));
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(
        numbers in many(many(any::<u8>(), 0..9).prop_map(BigInteger::new), 4),
    ) {
        let [x, p, q, g] = <[_; 4]>::try_from(numbers).unwrap();
        for key in [
            PrivateKey::Rsa { n: x.clone(), d: p.clone() },
            PrivateKey::Dsa { x, p, q, g },
        ] {
            prop_assert_eq!(PrivateKey::decode(key.encode()), Ok(key));
        }
    }
}
