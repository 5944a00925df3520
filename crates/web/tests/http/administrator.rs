//! Somebody who may write under a prefix, and how they show who they are. Not here: what they do.

use crate::running::{Answer, Running, start_configured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::certificate::self_signed;
use crypto::{Provider, RsaBits, SigningKey};
use engine::proofs::prove_by_secret;
use engine::{SignatureDigest, Signs};
use model::admin::{Admin, AdminPermissions};
use model::vlist::ValueList;
use model::{Permissions, Reference, Value};
use node::Config;
use node::config::{AdministrationConfig, HttpConfig};
use serde_json::{Value as Json, json};
use std::time::Duration;
use ureq::tls::{Certificate, ClientCert, PrivateKey};
use wire::Version;
use wire::proof::Proof;

pub(crate) const PREFIX: &str = "0.NA/20.500.99999";
pub(crate) const SECRET: &str = "secret123";
/// The identities: a private key, and a secret.
pub(crate) const BY_KEY: &str = "300:0.NA/20.500.99999";
pub(crate) const BY_SECRET: &str = "301:0.NA/20.500.99999";

/// A nonce of a client.
pub(crate) const CLIENT_NONCE: &[u8] = b"a nonce of ours ";

/// The administrator of [`PREFIX`] and of the server.
pub(crate) struct Administrator {
    key: SigningKey,
}

/// A node with an administrator.
pub(crate) fn start() -> (Running, Administrator) {
    start_with(HttpConfig::default())
}

pub(crate) fn start_with(http: HttpConfig) -> (Running, Administrator) {
    start_where(http, false)
}

/// A node whose administrator may do everything with every record, as where the captures were made.
pub(crate) fn start_as_captured() -> (Running, Administrator) {
    start_where(HttpConfig::default(), true)
}

fn start_where(http: HttpConfig, server_admins_may_all: bool) -> (Running, Administrator) {
    let running = start_configured(Config {
        http,
        administration: AdministrationConfig {
            server_admins: vec!["200:0.NA/20.500.99999".into()],
            server_admins_may_all,
            ..AdministrationConfig::default()
        },
        ..Config::default()
    });
    let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
    let reference = |index| Reference {
        identifier: PREFIX.into(),
        index,
    };
    let secret = Value {
        permissions: Permissions(0b1100),
        ..Value::public(301, "HS_SECKEY", SECRET)
    };
    let list = ValueList(vec![reference(300), reference(301)]);
    running.register(
        PREFIX,
        &[
            admin(),
            Value::public(200, "HS_VLIST", list.encode()),
            Value::public(300, "HS_PUBKEY", key.public_key().encode()),
            secret,
        ],
    );
    // The node is home to the prefix once it has a record.
    running.register_one("20.500.99999/admin", "URL", "https://example.org/admin");
    (running, Administrator { key })
}

/// A value that names the administrator, with every permission.
pub(crate) fn admin() -> Value {
    let admin = Admin {
        identifier: PREFIX.into(),
        index: 200,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    Value::public(100, "HS_ADMIN", admin.encode())
}

/// A password as clients send it.
pub(crate) fn basic(identity: &str, secret: &str) -> String {
    let user = identity.replace(':', "%3A");
    format!("Basic {}", BASE64.encode(format!("{user}:{secret}")))
}

impl Running {
    /// Asks over HTTPS with the secret of the administrator.
    pub(crate) fn administer(&self, method: &str, path: &str, body: &str) -> Answer {
        let authorization = basic(BY_SECRET, SECRET);
        let headers = [("authorization", authorization.as_str())];
        self.ask(method, "https", path, &headers, body)
    }
}

impl Administrator {
    /// What proves the identity of the key in a session with a nonce, but for the session's name.
    pub(crate) fn proof_by_key(&self, nonce: &str) -> Json {
        let signature = self.key.sign(SignatureDigest::Sha256, &covered(nonce));
        json!({
            "version": "0", "id": BY_KEY, "type": "HS_PUBKEY", "alg": "SHA256",
            "cnonce": BASE64.encode(CLIENT_NONCE), "signature": BASE64.encode(signature.unwrap()),
        })
    }

    /// A certificate of the key, for somebody who may be another.
    pub(crate) fn certificate(&self, subject: &str) -> ClientCert {
        let pkcs8 = self.key.to_pkcs8().unwrap();
        let now = Duration::from_secs(1_795_000_000);
        let made = self_signed(Some(&pkcs8), &[subject.to_owned()], now).unwrap();
        let certificate = Certificate::from_der(&made.certificate).to_owned();
        let key = PrivateKey::from_pem(pem("PRIVATE KEY", &made.key).as_bytes()).unwrap();
        ClientCert::new_with_certs(&[certificate], key)
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// What proves the identity of the secret, as the field derives it.
pub(crate) fn proof_by_secret(nonce: &str) -> Json {
    let covered = covered(nonce);
    let proof = prove_by_secret(
        &covered,
        Version::NEWEST,
        SECRET.as_bytes(),
        [7; 16],
        &Provider,
    );
    let Proof::DerivedMac {
        salt,
        iterations,
        key_bits,
        mac,
    } = proof
    else {
        panic!("the field derives a key");
    };
    json!({
        "id": BY_SECRET, "type": "HS_SECKEY", "alg": "PBKDF2-HMAC-SHA1",
        "cnonce": BASE64.encode(CLIENT_NONCE), "salt": BASE64.encode(salt),
        "iterations": iterations, "length": key_bits, "signature": BASE64.encode(mac),
    })
}

fn covered(nonce: &str) -> Vec<u8> {
    [&BASE64.decode(nonce).unwrap()[..], CLIENT_NONCE].concat()
}

/// The fields of a proof as a header.
pub(crate) fn header(session_id: &str, proof: &Json) -> String {
    let mut fields = vec![format!("sessionId=\"{session_id}\"")];
    for (name, value) in proof.as_object().unwrap() {
        match value {
            Json::String(text) => fields.push(format!("{name}=\"{text}\"")),
            value => fields.push(format!("{name}=\"{value}\"")),
        }
    }
    format!("Handle {}", fields.join(", "))
}
