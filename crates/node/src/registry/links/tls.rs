//! What a member shows to the others, and what it demands to be shown: keys of sites within TLS.
//!
//! Not here: whose key is whose ([`super::Known`]).

use crate::registry::RegistryError;
use crate::registry::group::Described;
use crate::replication::Pinned;
use crate::tls::AnyCertificate;
use crypto::{ClientCertificate, SigningKey};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The name that certificates bear, which nobody looks at.
pub(super) const NAME: &str = "registry";

/// What this member shows to the others.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    pub(super) fn new(key: &SigningKey) -> Result<Self, RegistryError> {
        let no_tls = |error: &dyn std::fmt::Display| RegistryError::Tls {
            reason: error.to_string(),
        };
        let pkcs8 = key.to_pkcs8().map_err(|error| no_tls(&error))?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let names = [NAME.to_owned()];
        let since_1970 = since_1970.unwrap_or_default();
        let made = crypto::certificate::self_signed(Some(&pkcs8), &names, since_1970);
        let made = made.map_err(|error| no_tls(&error))?;
        let certificate = CertificateDer::from(made.certificate);
        if ClientCertificate::read(&certificate).is_none() {
            return Err(no_tls(&"members know each other by keys of RSA alone"));
        }
        Ok(Self {
            provider: Arc::new(aws_lc_rs::default_provider()),
            certificate,
            key: PrivatePkcs8KeyDer::from(made.key).into(),
        })
    }

    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, RegistryError> {
        let chain = vec![self.certificate.clone()];
        let any = Arc::new(AnyCertificate(Arc::clone(&self.provider)));
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&TLS13])
            .map(|it| it.with_client_cert_verifier(any))
            .and_then(|it| it.with_single_cert(chain, self.key.clone_key()));
        let mut config = config.map_err(|error| not_tls(&error))?;
        // Every connection shows its key anew.
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    pub(super) fn connector(&self, to: &Described) -> Result<TlsConnector, RegistryError> {
        let pinned = Arc::new(Pinned::new(to.key.clone(), Arc::clone(&self.provider)));
        let chain = vec![self.certificate.clone()];
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&TLS13])
            .map(|it| it.dangerous().with_custom_certificate_verifier(pinned))
            .and_then(|it| it.with_client_auth_cert(chain, self.key.clone_key()));
        Ok(TlsConnector::from(Arc::new(
            config.map_err(|error| not_tls(&error))?,
        )))
    }
}

fn not_tls(error: &rustls::Error) -> RegistryError {
    RegistryError::Tls {
        reason: error.to_string(),
    }
}
