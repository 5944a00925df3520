//! Tests of key files on those that the reference software wrote
//! (`tests/golden/encoder-vectors.json`); of encryption 0 it gave none.

use super::*;
use serde_json::Value as Json;

const VECTORS: &str = include_str!("../../tests/golden/encoder-vectors.json");
const PASSPHRASE: &[u8] = b"hunter2";

#[test]
fn the_reference_softwares_key_files() {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let is_file = |vector: &&Json| vector["kind"] == "key-file";
    let mut encryptions = Vec::new();
    for vector in all["vectors"].as_array().unwrap().iter().filter(is_file) {
        let octets: Bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap().into();
        let file = KeyFile::decode(octets.clone()).unwrap();
        let key = open(&file, PASSPHRASE).unwrap();
        assert_eq!(hex::encode(&key), vector["plaintextHex"].as_str().unwrap());
        assert_eq!(seal(&file, PASSPHRASE, &key).unwrap().encode(), octets);
        encryptions.push(file.encryption().unwrap().0);
    }
    encryptions.sort_unstable();
    assert_eq!(encryptions, [1, 2, 3, 4]);
}

#[test]
fn every_encryption_opens_what_it_seals() {
    let ciphertext = Bytes::new();
    let likes = [
        KeyFile::Bare(Bytes::new()),
        KeyFile::Plain(Bytes::new()),
        KeyFile::DesEcb {
            ciphertext: ciphertext.clone(),
        },
        KeyFile::DesCbc {
            iv: [7; 8],
            ciphertext,
        },
        usual([1; 16], [2; 16]),
    ];
    for like in likes {
        let key = vec![9; 25];
        let file = seal(&like, PASSPHRASE, &key).unwrap();
        assert_eq!(open(&file, PASSPHRASE).unwrap(), key, "{like:?}");
        if file.plain_key().is_none() {
            assert_ne!(
                open(&file, b"hunter").ok().unwrap_or_default(),
                key,
                "{like:?}"
            );
        }
    }
}

/// Equal blocks of a key look equal in ECB mode: what makes encryption 0 the worst.
#[test]
fn ecb_encrypts_every_block_by_itself() {
    let like = KeyFile::DesEcb {
        ciphertext: Bytes::new(),
    };
    let KeyFile::DesEcb { ciphertext } = seal(&like, PASSPHRASE, &[9; 16]).unwrap() else {
        panic!();
    };
    assert_eq!(ciphertext.len(), 24);
    assert_eq!(ciphertext[..8], ciphertext[8..16]);
}

#[test]
fn a_file_that_asks_for_too_much_is_refused() {
    let refuse = |change: fn(&mut Sealed), expected: CipherError| {
        let KeyFile::Derived {
            encryption,
            mut sealed,
        } = usual([1; 16], [2; 16])
        else {
            panic!();
        };
        sealed.ciphertext = Bytes::from_static(&[0; 16]);
        change(&mut sealed);
        let file = KeyFile::Derived { encryption, sealed };
        assert_eq!(open(&file, PASSPHRASE), Err(expected));
    };
    let limit = ITERATIONS_MAX;
    for iterations in [0, limit + 1] {
        let expected = CipherError::Iterations { iterations, limit };
        if iterations == 0 {
            refuse(|sealed| sealed.iterations = 0, expected);
        } else {
            refuse(|sealed| sealed.iterations = ITERATIONS_MAX + 1, expected);
        }
    }
    let (key_bits, needed) = (192, 128);
    refuse(
        |sealed| sealed.key_bits = 192,
        CipherError::KeyBits { key_bits, needed },
    );
    let (octets, block) = (2, 16);
    refuse(
        |sealed| sealed.iv = "iv".into(),
        CipherError::InitialVector { octets, block },
    );
    let other = KeyFile::Other {
        encryption: Encryption(7),
        rest: Bytes::new(),
    };
    let number = 7;
    assert_eq!(
        open(&other, PASSPHRASE),
        Err(CipherError::Encryption { number })
    );
}
