//! HTTPS with a certificate of the operator's: P-256 and Ed25519, verified as browsers do it. Not
//! here: the one that a node makes itself, which all other tests meet.

use crate::running::{PATIENCE, start_with};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::certificate::{SelfSigned, self_signed};
use node::config::HttpConfig;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A private key of Ed25519 (RFC 8410 section 7), before its 32 octets.
const ED25519: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

fn signed_by(key: Option<&[u8]>) -> SelfSigned {
    let now: Duration = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    self_signed(key, &["localhost".to_owned()], now).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// A client that believes a certificate, and no other.
fn believing(certificate: &[u8]) -> Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::new_with_certs(&[Certificate::from_der(
            certificate,
        )
        .to_owned()]))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

#[test]
fn certificates_of_the_operator_are_served() {
    let ed25519 = [ED25519, &[7; 32]].concat();
    let kinds = [
        ("P-256", signed_by(None)),
        ("Ed25519", signed_by(Some(&ed25519))),
    ];
    let certificates = kinds.each_ref().map(|(_, made)| made.certificate.clone());
    for ((kind, made), other) in kinds.iter().zip(certificates.iter().rev()) {
        let folder = TempDir::new().unwrap();
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
        fs::write(&chain, pem("CERTIFICATE", &made.certificate)).unwrap();
        fs::write(&key, pem("PRIVATE KEY", &made.key)).unwrap();
        let running = start_with(HttpConfig {
            certificate_file: Some(chain),
            key_file: Some(key),
            ..HttpConfig::default()
        });
        let url = format!("https://localhost:{}/healthz", running.address().port());
        let answer = believing(&made.certificate).get(&url).call();
        assert_eq!(answer.unwrap().status(), 200, "{kind}");
        assert!(
            believing(other).get(&url).call().is_err(),
            "{kind}: another's"
        );
    }
}
