//! The server's side of TLS: which certificate is shown, and what is agreed on.
//!
//! TLS 1.2 and 1.3 (RFC 5246, RFC 8446). Without a configured certificate the node shows one that
//! it signs itself: clients of the Handle System compare its key with the one in the site's
//! information, and ask no authority. Not here: making it (room `crypto`).
//!
//! Clients are asked for a certificate in the first handshake, for TLS 1.3 has no second; they need
//! show none. Of one that is shown only the signature is checked, which proves that the client has
//! the private key: whose key it is, a record says (room `engine`).

use crate::config::http::HttpConfig;
use crypto::ClientCertificate;
use engine::Date;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, ServerConnection, SignatureScheme,
};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio_rustls::TlsAcceptor;

/// What is offered above TLS (RFC 7301), best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The operator names a readable PEM file.
    #[error("cannot read {what} from {}: {source}", path.display())]
    File {
        /// What should be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The operator gives a certificate and the private key that belongs to it.
    #[error("certificate and key do not make a server: {0}")]
    Pair(#[from] rustls::Error),
    /// No certificate could be made from the site's key.
    #[error(transparent)]
    SelfSigned(#[from] crypto::Error),
}

/// What takes encryption off, and when the certificate runs out that it shows.
///
/// `site_key` is the PKCS #8 form of the key that signs a certificate where none is configured, a
/// fresh one if there is none.
pub(crate) fn acceptor(
    config: &HttpConfig,
    site_key: Option<&[u8]>,
    addresses: &[SocketAddr],
) -> Result<(TlsAcceptor, Option<Date>), TlsError> {
    let (chain, key) = match (&config.certificate_file, &config.key_file) {
        (Some(certificate), Some(key)) => (read_chain(certificate)?, read_key(key)?),
        _ => self_signed(config, site_key, addresses)?,
    };
    let expires = chain
        .first()
        .and_then(|it| crypto::certificate::expires(it));
    let expires = expires.map(|at| Date(u32::try_from(at).unwrap_or(u32::MAX)));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = if config.client_certificates {
        builder.with_client_cert_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_no_client_auth()
    };
    let mut server = builder.with_single_cert(chain, key)?;
    server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok((TlsAcceptor::from(Arc::new(server)), expires))
}

/// What the certificate says that a client has shown; none if it has shown none, or one that
/// cannot be a key of a record.
pub(crate) fn shown(connection: &ServerConnection) -> Option<Arc<ClientCertificate>> {
    let certificate = connection.peer_certificates()?.first()?;
    ClientCertificate::read(certificate).map(Arc::new)
}

/// Takes every certificate whose private key the client has.
#[derive(Debug)]
pub(crate) struct AnyCertificate(pub(crate) Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    /// Whoever signed it, and whenever: its key is all that counts.
    fn verify_client_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn self_signed(
    config: &HttpConfig,
    site_key: Option<&[u8]>,
    addresses: &[SocketAddr],
) -> Result<Pair, TlsError> {
    let mut names = config.host_names.clone();
    names.extend(addresses.iter().map(|address| address.ip().to_string()));
    names.push("localhost".into());
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let made = crypto::certificate::self_signed(site_key, &names, since_1970.unwrap_or_default())?;
    let key = PrivatePkcs8KeyDer::from(made.key).into();
    Ok((vec![made.certificate.into()], key))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.map_err(unreadable("certificates", path))
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(unreadable("a private key", path))
}

fn unreadable(what: &'static str, path: &Path) -> impl FnOnce(pem::Error) -> TlsError {
    move |source| TlsError::File {
        what,
        path: path.to_owned(),
        source,
    }
}
