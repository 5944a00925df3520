//! Those who ask in the matrix: an administrator and a guest, their records, and what they prove
//! themselves with.
//!
//! Not here: what they ask ([`super::asking`]).

use super::cells::Kind;
use bytes::Bytes;
use crypto::{Provider, RsaBits, SigningKey};
use engine::{Macs, SignatureDigest, Signs};
use model::admin::{Admin, AdminPermissions};
use model::public_key::Numbers;
use model::{Permissions, PrivateKey, PublicKey, Value};
use wire::Identity;
use wire::proof::{MacAlgorithm, Proof};

/// Two keys of SM2, as `openssl genpkey` makes them.
const SM2: [[&str; 2]; 2] = [
    [
        "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgXf1YEQTcp0fsuXAZ
X9r/1VfB5ewU8U1AWd7zoVMV6E6hRANCAARZ1zsHRzdxQG0VDJEE2s7qnMW1smID
IkeL+gcZ9lwdZwLz4HPJD8QlfT2o6y/kbSI8QEoDiayqYrf6C6Kbg28G
-----END PRIVATE KEY-----
",
        "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEWdc7B0c3cUBtFQyRBNrO6pzFtbJi
AyJHi/oHGfZcHWcC8+BzyQ/EJX09qOsv5G0iPEBKA4msqmK3+guim4NvBg==
-----END PUBLIC KEY-----
",
    ],
    [
        "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgRMdN2xO0oVC5u4uN
aR3yqqZZMkVaM+l3SldWBjYLFfGhRANCAAS7wn4Lyy88Fs0JCSPc5kigAm2uW9+B
37n/682xbRo2f+mByOLtYnLUGdzsuUgfSxpYxxKSQU6Cu9CKpRzxz+OI
-----END PRIVATE KEY-----
",
        "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEu8J+C8svPBbNCQkj3OZIoAJtrlvf
gd+5/+vNsW0aNn/pgcji7WJy1Bnc7LlIH0saWMcSkkFOgrvQiqUc8c/jiA==
-----END PUBLIC KEY-----
",
    ],
];

/// Encoded keys of the reference software, among them one of DSA.
const VECTORS: &str = include_str!("../../../../crypto/tests/golden/encoder-vectors.json");

/// Octets of derived keys; more rounds cost more and prove no more.
const ROUNDS: u32 = 20;
const DERIVED_OCTETS: usize = 20;

/// Who somebody says they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// May do everything with everything here.
    Administrator,
    /// May do nothing.
    Guest,
}

impl Who {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Administrator => "88.1/admin",
            Self::Guest => "88.1/guest",
        }
    }

    pub(crate) fn identity(self, kind: Kind) -> Identity {
        let index = match kind {
            Kind::Rsa => 300,
            Kind::Dsa => 301,
            Kind::Sm2 => 302,
            Kind::Secret(_) => 303,
        };
        Identity::new(self.name(), index)
    }
}

/// All keys: of each the right one, then a wrong one.
pub(crate) struct Keys {
    rsa: [SigningKey; 2],
    dsa: [SigningKey; 2],
    /// Of the administrator, then of the guest: signatures cover the identifier.
    sm2: [[SigningKey; 2]; 2],
    pub(crate) secrets: [&'static [u8]; 2],
}

impl Keys {
    pub(crate) fn new() -> Self {
        let rsa = || SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
        let dsa = dsa_keys().map(|key| SigningKey::new(&key).unwrap());
        Self {
            rsa: [rsa(), rsa()],
            dsa,
            sm2: [Who::Administrator, Who::Guest].map(|who| SM2.map(|key| sm2_key(key[0], who))),
            secrets: [b"a secret of some length", b"another of the same len"],
        }
    }

    /// The values that hold the right keys.
    pub(crate) fn values(&self) -> Vec<Value> {
        let public = |index, key: PublicKey| Value::public(index, "HS_PUBKEY", key.encode());
        let [[_, sm2], _] = SM2;
        let sm2 = PublicKey::Known {
            reserved: 0,
            numbers: Numbers::Sm2(sm2.into()),
        };
        let secret = Value {
            permissions: Permissions(0b1100),
            ..Value::public(303, "HS_SECKEY", self.secrets[0])
        };
        vec![
            public(300, self.rsa[0].public_key()),
            public(301, self.dsa[0].public_key()),
            public(302, sm2),
            secret,
        ]
    }

    /// A proof over octets, with the right key or a wrong one.
    pub(crate) fn prove(
        &self,
        (who, kind, is_right): (Who, Kind, bool),
        minor: u8,
        covered: &[u8],
    ) -> Proof {
        let at = usize::from(!is_right);
        match kind {
            Kind::Rsa => signature(&self.rsa[at], SignatureDigest::Sha256, covered),
            Kind::Dsa if minor < 11 => signature(&self.dsa[at], SignatureDigest::Sha1, covered),
            Kind::Dsa => signature(&self.dsa[at], SignatureDigest::Sha256, covered),
            Kind::Sm2 => {
                let of_who = &self.sm2[usize::from(who == Who::Guest)];
                signature(&of_who[at], SignatureDigest::Sm3, covered)
            }
            Kind::Secret(algorithm) => mac(MacAlgorithm(algorithm), self.secrets[at], covered),
        }
    }
}

fn sm2_key(private: &str, who: Who) -> SigningKey {
    SigningKey::of_sm2(private.as_bytes(), who.name().as_bytes()).unwrap()
}

fn signature(key: &SigningKey, digest: SignatureDigest, covered: &[u8]) -> Proof {
    Proof::Signature {
        algorithm: Bytes::from_static(digest.name().as_bytes()),
        signature: key.sign(digest, covered).expect("keys sign").into(),
    }
}

/// The MAC of each algorithm, as the standard and the field say.
fn mac(algorithm: MacAlgorithm, secret: &[u8], covered: &[u8]) -> Proof {
    let digests: &dyn engine::Digests = &Provider;
    let around = [secret, covered, secret].concat();
    let mac: Vec<u8> = match algorithm {
        MacAlgorithm::MD5 => digests.md5(&around).into(),
        MacAlgorithm::SHA1 => digests.sha1(&around).into(),
        MacAlgorithm::SHA256 => digests.sha256(&around).into(),
        MacAlgorithm::HMAC_SHA1 => Provider.hmac_sha1(secret, covered).into(),
        MacAlgorithm::HMAC_SHA256 => Provider.hmac_sha256(secret, covered).into(),
        _ => {
            let salt = Bytes::from_static(b"sixteen octets..");
            let mut key = [0; DERIVED_OCTETS];
            Provider.pbkdf2_hmac_sha1(secret, &salt, ROUNDS, &mut key);
            return Proof::DerivedMac {
                salt,
                iterations: ROUNDS,
                key_bits: 8 * DERIVED_OCTETS as u32,
                mac: Provider.hmac_sha1(&key, covered).to_vec().into(),
            };
        }
    };
    Proof::Mac {
        algorithm,
        mac: mac.into(),
    }
}

/// The key of the vectors, and one with another secret number in the same group.
fn dsa_keys() -> [PrivateKey; 2] {
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let mut vectors = vectors["vectors"].as_array().unwrap().iter();
    let key = vectors.find(|vector| vector["name"] == "privkey-dsa");
    let octets = hex::decode(key.unwrap()["hex"].as_str().unwrap()).unwrap();
    let right = PrivateKey::decode(octets.into()).unwrap();
    let PrivateKey::Dsa { x, p, q, g } = right.clone() else {
        panic!("a key of DSA");
    };
    let mut other = x.magnitude().to_vec();
    *other.last_mut().unwrap() ^= 2;
    let x = model::BigInteger::of_magnitude(&other);
    [right, PrivateKey::Dsa { x, p, q, g }]
}

/// A value that names the administrator, with every permission and any key.
pub(crate) fn administrator() -> Value {
    let admin = Admin {
        identifier: Who::Administrator.name().into(),
        index: 0,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    Value::public(100, "HS_ADMIN", admin.encode())
}
