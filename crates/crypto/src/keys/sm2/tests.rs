//! SM2 against what OpenSSL made (`openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:…`),
//! and in every encoding that is told of the field.

use crate::{Error, Provider, SigningKey, VerifyingKey};
use bytes::Bytes;
use engine::{Cryptography, SignatureDigest, Signs, Verifies, credentials, proofs};
use model::PublicKey;
use model::public_key::Numbers;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use sm3::Digest;
use wire::proof::Proof;
use wire::{Credential, Message, Version};

const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgXf1YEQTcp0fsuXAZ
X9r/1VfB5ewU8U1AWd7zoVMV6E6hRANCAARZ1zsHRzdxQG0VDJEE2s7qnMW1smID
IkeL+gcZ9lwdZwLz4HPJD8QlfT2o6y/kbSI8QEoDiayqYrf6C6Kbg28G
-----END PRIVATE KEY-----
";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEWdc7B0c3cUBtFQyRBNrO6pzFtbJi
AyJHi/oHGfZcHWcC8+BzyQ/EJX09qOsv5G0iPEBKA4msqmK3+guim4NvBg==
-----END PUBLIC KEY-----
";
const SIGNER: &[u8] = b"88.111.1/user";

/// OpenSSL's signature over the SM3 of [`covered`].
const SIGNATURE: &str = "304502206651cae1f07b44519bc07eecf27434acd949c797d67fc7002d6abbeba67f3af5\
    022100967ed146b486a7b1fe83f71975a937e0beeb223b963f457197e9fca838dc3d6c";

/// The two numbers of [`SIGNATURE`] in DER.
const R: std::ops::Range<usize> = 4..36;
const S: std::ops::Range<usize> = 39..71;

/// A nonce 0, 1, …, 15 and a digest 128, 129, …, 159.
fn covered() -> Vec<u8> {
    (0..16).chain(0x80..0xa0).collect()
}

fn proof(signature: &[u8]) -> Proof {
    Proof::Signature {
        algorithm: "SM3".into(),
        signature: Bytes::copy_from_slice(signature),
    }
}

fn der() -> Vec<u8> {
    let key = SubjectPublicKeyInfoDer::from_pem_slice(PUBLIC.as_bytes());
    key.unwrap().to_vec()
}

fn known(octets: impl Into<Bytes>) -> PublicKey {
    PublicKey::Known {
        reserved: 0,
        numbers: Numbers::Sm2(octets.into()),
    }
}

/// GB/T 32905 appendix A.
#[test]
fn the_standards_example_of_sm3() {
    let digest = hex::encode(sm3::Sm3::digest(b"abc"));
    let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
    assert_eq!(digest, expected);
}

#[test]
fn a_proof_that_openssl_made_in_every_encoding() {
    let signature = hex::decode(SIGNATURE).unwrap();
    let bare = [&signature[R], &signature[S]].concat();
    let one_line = PUBLIC.replace('\n', "\r\n");
    for (name, key) in [
        ("PEM in octets", known(PUBLIC)),
        ("X.509 in octets", known(der())),
        ("PEM with other line ends", known(one_line)),
        ("bare PEM", PublicKey::decode(PUBLIC.into()).unwrap()),
        (
            "what was stored",
            PublicKey::decode(known(PUBLIC).encode()).unwrap(),
        ),
    ] {
        let key = Provider.verifying_key(&key, SIGNER).expect(name);
        for signature in [&signature, &bare] {
            let is_right = proofs::is_by_key(&proof(signature), &covered(), &*key);
            assert!(is_right, "{name}");
        }
    }
}

/// Another text, another signer, another digest, another signature.
#[test]
fn what_differs_is_wrong() {
    let signature = hex::decode(SIGNATURE).unwrap();
    let key = VerifyingKey::of_signer(&known(PUBLIC), SIGNER).unwrap();
    let other = VerifyingKey::of_signer(&known(PUBLIC), b"88.111.1/USER").unwrap();
    let nobody = VerifyingKey::new(&known(PUBLIC)).unwrap();
    let is_right = |key: &VerifyingKey, digest, octets: &[u8], signature: &[u8]| {
        key.verify(digest, octets, signature)
    };
    let (sm3, covered) = (SignatureDigest::Sm3, covered());
    assert!(is_right(&key, sm3, &covered, &signature));
    assert!(!is_right(&other, sm3, &covered, &signature));
    assert!(!is_right(&nobody, sm3, &covered, &signature));
    assert!(!is_right(&key, sm3, &covered[1..], &signature));
    for digest in [
        SignatureDigest::Md5,
        SignatureDigest::Sha1,
        SignatureDigest::Sha256,
    ] {
        assert!(!is_right(&key, digest, &covered, &signature));
    }
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert!(!is_right(&key, sm3, &covered, &changed), "changed at {at}");
    }
    for signature in [&[][..], &[0; 64], &[0xff; 64], &[0x30, 0x80], &[7; 1000]] {
        assert!(!is_right(&key, sm3, &covered, signature));
    }
}

#[test]
fn what_is_signed_here_is_right_here() {
    let key = SigningKey::of_sm2(PRIVATE.as_bytes(), SIGNER).unwrap();
    assert_eq!(key.public_key(), known(PUBLIC));
    assert_eq!(format!("{key:?}"), "SigningKey(SM2)");
    assert!(matches!(key.to_pkcs8(), Err(Error::NoTls { kind: "SM2" })));
    let public = VerifyingKey::of_signer(&key.public_key(), SIGNER).unwrap();
    for minor in [1, 7, 11] {
        let version = Version::new(2, minor);
        assert_eq!(key.digest_for(version), SignatureDigest::Sm3);
        let proof = proofs::prove_by_key(b"covered", version, &key).unwrap();
        assert!(proofs::is_by_key(&proof, b"covered", &public), "2.{minor}");
        assert!(
            !proofs::is_by_key(&proof, b"uncovered", &public),
            "2.{minor}"
        );
    }
    assert!(key.sign(SignatureDigest::Sha256, b"text").is_none());

    let octets = b"\x02\x0b\x02\x0b\0\0\0\0\x01\x02\x03\x04\0\0\0\0\0\0\0\x21\
        \0\0\0\x02\0\0\0\x01\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\x05\0\0\0\x01/\0\0\0\0";
    let mut message = Message::decode(octets.as_slice().into()).unwrap();
    assert!(credentials::sign(&mut message, 0, &key));
    let credential = Credential::of(&message).unwrap().unwrap();
    assert_eq!(&credential.algorithm[..], b"SM3");
    assert!(credentials::is_signed(&message, &public));
}

/// RSA keys in the same clothes, points beside the curve, and anything at all: errors, no panics.
#[test]
fn what_is_no_sm2_key() {
    let mut beside = der();
    *beside.last_mut().unwrap() ^= 1;
    let mut other_curve = der();
    other_curve[20] ^= 1;
    for octets in [
        vec![],
        vec![0; 91],
        b"-----BEGIN ".to_vec(),
        beside,
        other_curve,
    ] {
        let found = VerifyingKey::of_signer(&known(octets.clone()), SIGNER).unwrap_err();
        assert_eq!(found, super::REJECTED);
        assert!(SigningKey::of_sm2(&octets, SIGNER).is_err());
    }
    for length in 0..der().len() {
        assert!(VerifyingKey::new(&known(der()[..length].to_vec())).is_err());
    }
    assert!(VerifyingKey::of_signer(&known(PUBLIC), b"\xff").is_err());
    assert!(VerifyingKey::of_signer(&known(PUBLIC), &[b'x'; 8192]).is_err());
}
