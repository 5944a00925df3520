//! Tests of key files, with octets made by the reference software (passphrase `hunter2`).

use super::*;
use crate::golden;
use alloc::format;
use proptest::collection::vec as many;
use proptest::prelude::*;

#[test]
fn files_of_the_reference_are_read_and_written() {
    for vector in golden::vectors("keyfile-enc-type-", 4) {
        let octets = &vector.octets;
        let cuts = golden::check_octets(octets, KeyFile::decode, KeyFile::encode);
        let file = KeyFile::decode(octets.clone()).unwrap();
        let Encryption(number) = file.encryption().unwrap();
        assert!(
            vector.name.ends_with(&format!("-{number}")),
            "{}",
            vector.name
        );
        let plain = vector.entry["plaintextHex"].as_str().unwrap();
        match file {
            KeyFile::Plain(key) => assert_eq!(key, golden::octets(plain)),
            KeyFile::DesCbc { iv, ciphertext } => {
                assert_eq!(iv, *b"\xd9\x90\x7e\xa1\x32\x26\x4c\x93");
                assert_eq!(ciphertext.len(), 24);
            }
            KeyFile::Derived { sealed, .. } => {
                assert_eq!(cuts, [0; 0], "{}", vector.name);
                check_usual(number, &sealed);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What the reference software writes for triple DES and AES.
fn check_usual(number: u32, sealed: &Sealed) {
    let found = (sealed.key_bits, sealed.iv.len(), sealed.ciphertext.len());
    let expected = if number == 3 {
        (192, 8, 24)
    } else {
        (128, 16, 32)
    };
    assert_eq!(found, expected);
    assert_eq!((sealed.salt.len(), sealed.iterations), (16, 10_000));
}

/// Checks one kind of file, made here, both ways.
fn check(octets: &'static [u8], file: &KeyFile) {
    let octets = Bytes::from_static(octets);
    golden::check_octets(&octets, KeyFile::decode, KeyFile::encode);
    assert!(KeyFile::decode(octets) == Ok(file.clone()), "{file:?}");
}

#[test]
fn the_first_number_tells_a_bare_key_from_an_encrypted_one() {
    let bytes = Bytes::from_static;
    let ciphertext = bytes(b"12345678");
    check(b"\0\0\0\x0012345678", &KeyFile::DesEcb { ciphertext });
    let (encryption, rest) = (Encryption(9), bytes(b"rest"));
    check(b"\0\0\0\x09rest", &KeyFile::Other { encryption, rest });
    let bare = b"\0\0\0\x0cDSA_PRIV_KEY\0\0\0\0";
    check(bare, &KeyFile::Bare(bytes(bare)));
    assert_eq!(
        KeyFile::decode(bytes(bare)).unwrap().plain_key(),
        Some(&bytes(bare))
    );
    check(b"\0\0\0\x01", &KeyFile::Plain(bytes(b"")));
}

#[test]
fn a_key_is_never_shown() {
    let shown = |octets| format!("{:?}", KeyFile::decode(Bytes::from_static(octets)).unwrap());
    assert_eq!(shown(b"\0\0\0\x01secret"), "KeyFile(encryption 1)");
    assert_eq!(shown(b"\0\0\0\x0cDSA_PRIV_KEY"), "KeyFile(bare)");
}

#[test]
fn nothing_may_follow_a_sealed_key() {
    let octets = b"\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0x";
    let read = KeyFile::decode(Bytes::from_static(octets));
    assert!(matches!(read, Err(Error::Trailing { extra: 1, .. })));
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(
        strings in many(many(any::<u8>(), 0..20).prop_map(Bytes::from), 3),
        iterations in any::<u32>(),
        key_bits in any::<u32>(),
    ) {
        let [salt, iv, ciphertext] = <[_; 3]>::try_from(strings).unwrap();
        let sealed = Sealed { salt, iterations, key_bits, iv, ciphertext };
        let file = KeyFile::Derived { encryption: Encryption::AES, sealed };
        let cuts = golden::check_octets(&file.encode(), KeyFile::decode, KeyFile::encode);
        prop_assert_eq!(cuts, [0; 0]);
        prop_assert!(KeyFile::decode(file.encode()) == Ok(file));
    }
}
