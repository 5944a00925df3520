//! Tests of session ciphers on what the reference software encrypted
//! (`tests/golden/encoder-vectors.json`).

use super::*;
use serde_json::Value as Json;

const VECTORS: &str = include_str!("../../tests/golden/encoder-vectors.json");

fn octets(vector: &Json, member: &str) -> Vec<u8> {
    hex::decode(vector[member].as_str().unwrap()).unwrap()
}

#[test]
fn the_reference_softwares_ciphers() {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let is_cipher = |vector: &&Json| vector["kind"] == "cipher";
    let vectors = all["vectors"].as_array().unwrap().iter().filter(is_cipher);
    let mut seen = Vec::new();
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let cipher = match name {
            "session-encrypt-alg-1" => BlockCipher::Des,
            "session-encrypt-alg-2" => BlockCipher::TripleDes,
            "session-encrypt-alg-3" => BlockCipher::Aes,
            _ => panic!("{name}"),
        };
        let session = SessionCipher::new(cipher, &octets(vector, "keyHex")).unwrap();
        let (sealed, plain) = (octets(vector, "hex"), octets(vector, "plainHex"));
        assert_eq!(session.open(&sealed).unwrap(), plain, "{name}");
        let iv = &sealed[..cipher.block_octets()];
        assert_eq!(session.seal(iv, &plain).unwrap(), sealed, "{name}");
        seen.push(name);
    }
    assert_eq!(seen, ["session-encrypt-alg-2", "session-encrypt-alg-3"]);
}

/// FIPS 81 appendix C: `Now is the time for all `, in CBC mode.
#[test]
fn the_standards_example_of_des() {
    let key = hex::decode("0123456789abcdef").unwrap();
    let iv = hex::decode("1234567890abcdef").unwrap();
    let session = SessionCipher::new(BlockCipher::Des, &key).unwrap();
    let sealed = session
        .seal_blocks(&iv, b"Now is the time for all ")
        .unwrap();
    assert_eq!(
        hex::encode(&sealed[8..]),
        "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"
    );
}

#[test]
fn the_padding_fills_every_length() {
    let session = SessionCipher::new(BlockCipher::TripleDes, &[7; 32]).unwrap();
    for length in 0..40 {
        let plain = vec![8; length];
        let sealed = session.seal(&[1; 8], &plain).unwrap();
        assert_eq!(sealed.len(), 8 + length / 8 * 8 + 8);
        assert_eq!(session.open(&sealed).unwrap(), plain);
    }
}

#[test]
fn what_cannot_be_decrypted_says_why() {
    let short = SessionCipher::new(BlockCipher::Aes, &[7; 8]).unwrap_err();
    let (octets, needed) = (8, 16);
    assert_eq!(short, CipherError::KeyTooShort { octets, needed });
    let session = SessionCipher::new(BlockCipher::Aes, &[7; 16]).unwrap();
    let block = 16;
    let check = |sealed: &[u8], expected| {
        assert_eq!(session.open(sealed), Err(expected));
    };
    check(&[0; 9], CipherError::InitialVector { octets: 9, block });
    check(&[0; 16], CipherError::Blocks { octets: 0, block });
    check(&[0; 20], CipherError::Blocks { octets: 4, block });
    let sealed = session.seal_blocks(&[0; 16], &[0; 16]).unwrap();
    check(&sealed, CipherError::Padding);
    let sealed = session.seal_blocks(&[0; 16], &[17; 16]).unwrap();
    check(&sealed, CipherError::Padding);
    let sealed = session
        .seal_blocks(&[0; 16], b"0123456789abc\x02\x01\x03")
        .unwrap();
    check(&sealed, CipherError::Padding);
    assert_eq!(format!("{session:?}"), "SessionCipher(Aes)");
}
