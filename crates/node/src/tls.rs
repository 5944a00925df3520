//! The server's side of TLS: which certificate is shown, and what is agreed on.
//!
//! TLS 1.2 and 1.3 (RFC 5246, RFC 8446). Without a configured certificate the node shows one that
//! it signs itself: clients of the Handle System compare its key with the one in the site's
//! information, and ask no authority. Not here: making it (room `crypto`).

use crate::config::http::HttpConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem};
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

/// What takes encryption off; `site_key` is the PKCS #8 form of the key that signs a certificate
/// where none is configured, a fresh one if there is none.
pub(crate) fn acceptor(
    config: &HttpConfig,
    site_key: Option<&[u8]>,
    addresses: &[SocketAddr],
) -> Result<TlsAcceptor, TlsError> {
    let (chain, key) = match (&config.certificate_file, &config.key_file) {
        (Some(certificate), Some(key)) => (read_chain(certificate)?, read_key(key)?),
        _ => self_signed(config, site_key, addresses)?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(TlsAcceptor::from(Arc::new(server)))
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
