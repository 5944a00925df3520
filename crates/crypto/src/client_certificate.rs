//! What a certificate that a client shows says of it: its public key, and who it claims to be.
//!
//! Nobody else's word is taken for it: the certificate may be signed by anybody and be out of
//! date. That whoever shows it has the private key, TLS has checked; whether the public key is the
//! claimed identity's, its record says. Not here: checking either.

use bytes::Bytes;
use model::{BigInteger, PublicKey, Reference, public_key::Numbers};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as Found;

/// The longest certificate that is read, in octets. One with an RSA key of 8,192 bits has three
/// thousand.
const OCTETS_MAX: usize = 16 << 10;

/// What a client's certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The public key, as records hold it.
    pub key: PublicKey,
    /// Who its subject says it is: `INDEX:IDENTIFIER` in the common name or the user id. None if
    /// it says neither.
    pub identity: Option<Reference>,
}

impl ClientCertificate {
    /// Reads a certificate (DER of X.509). None if it cannot be read, or its key is not of RSA:
    /// records hold keys of RSA and DSA, and TLS 1.3 knows none of DSA.
    pub fn read(der: &[u8]) -> Option<Self> {
        if der.len() > OCTETS_MAX {
            return None;
        }
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let Ok(Found::RSA(rsa)) = certificate.public_key().parsed() else {
            return None;
        };
        let numbers = Numbers::Rsa {
            exponent: BigInteger::of_magnitude(rsa.exponent),
            modulus: BigInteger::of_magnitude(rsa.modulus),
            is_padded: true,
        };
        Some(Self {
            key: PublicKey::Known {
                reserved: 0,
                numbers,
            },
            identity: identity(&certificate),
        })
    }
}

fn identity(certificate: &X509Certificate<'_>) -> Option<Reference> {
    let user_id = oid!(0.9.2342.19200300.100.1.1);
    let subject = certificate.subject();
    let names = subject
        .iter_common_name()
        .chain(subject.iter_by_oid(&user_id));
    names
        .filter_map(|name| name.as_str().ok())
        .find_map(reference)
}

fn reference(text: &str) -> Option<Reference> {
    let (index, identifier) = text.split_once(':')?;
    Some(Reference {
        identifier: Bytes::copy_from_slice(identifier.as_bytes()),
        index: index.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::self_signed;
    use crate::{RsaBits, SigningKey};
    use std::time::Duration;

    fn certificate(name: &str) -> (Vec<u8>, PublicKey) {
        let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
        let pkcs8 = key.to_pkcs8().unwrap();
        let names = [name.to_owned()];
        let made = self_signed(Some(&pkcs8), &names, Duration::from_secs(1_795_000_000));
        (made.unwrap().certificate, key.public_key())
    }

    #[test]
    fn key_and_identity_are_those_of_the_subject() {
        let (der, key) = certificate("300:0.NA/20.500.99999");
        let read = ClientCertificate::read(&der).unwrap();
        assert!(read.key.is_same_key(&key));
        let expected = Reference {
            identifier: "0.NA/20.500.99999".into(),
            index: 300,
        };
        assert_eq!(read.identity, Some(expected));
    }

    #[test]
    fn a_name_that_is_no_identity_is_none_and_octets_that_are_no_certificate_are_none() {
        for name in ["id.example.org", "x:88/a", ":", "-1:88/a"] {
            let (der, _) = certificate(name);
            assert_eq!(ClientCertificate::read(&der).unwrap().identity, None);
        }
        let (mut der, _) = certificate("1:88/a");
        assert_eq!(ClientCertificate::read(&der[..der.len() / 2]), None);
        assert_eq!(ClientCertificate::read(b""), None);
        der.truncate(40);
        assert_eq!(ClientCertificate::read(&der), None);
        assert_eq!(ClientCertificate::read(&vec![0x30; OCTETS_MAX + 1]), None);
    }

    /// A key of another kind can be no key of a record.
    #[test]
    fn a_key_that_is_not_of_rsa_is_none() {
        let made = self_signed(None, &["1:88/a".into()], Duration::ZERO).unwrap();
        assert_eq!(ClientCertificate::read(&made.certificate), None);
    }
}
