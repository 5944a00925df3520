//! The certificate that a node signs itself, for HTTPS without any authority.
//!
//! Not here: where keys are kept and how certificates are shown (room `node`).

use crate::Error;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rcgen::{KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd};
use rustls_pki_types::PrivatePkcs8KeyDer;
use sha2::{Digest, Sha256};
use std::time::Duration;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// How many calendar years a certificate is good for, the one it was made in included.
///
/// Two, so that one made on the last day of a year is still good for a year; and below the 825 days
/// beyond which some browsers take none.
const YEARS: i32 = 2;

/// A serial number has at most 20 octets and is positive (RFC 5280 section 4.1.2.2).
const SERIAL_OCTETS: usize = 16;

/// A certificate and the key it is for.
pub struct SelfSigned {
    /// The certificate, DER of X.509.
    pub certificate: Vec<u8>,
    /// The private key, DER of PKCS #8.
    pub key: Vec<u8>,
}

/// Signs a certificate with a key (DER of PKCS #8), a fresh one if there is none.
///
/// `names` are names of hosts and addresses; the first is also the certificate's subject. Made of
/// the same RSA key and names in the same year it is the same, octet for octet, so that who has
/// learned to trust it need not learn again after a restart.
///
/// # Errors
/// [`Error::Certificate`].
pub fn self_signed(
    key: Option<&[u8]>,
    names: &[String],
    since_1970: Duration,
) -> Result<SelfSigned, Error> {
    let key = match key {
        Some(octets) => KeyPair::try_from(&PrivatePkcs8KeyDer::from(octets))?,
        None => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
    };
    let year = (date_time_ymd(1970, 1, 1) + since_1970).year();
    let mut params = CertificateParams::new(without_twins(names))?;
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year + YEARS, 1, 1);
    params.serial_number = Some(serial(&key, names, year));
    params.distinguished_name = subject(names);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    Ok(SelfSigned {
        certificate: certificate.der().to_vec(),
        key: key.serialize_der(),
    })
}

/// When a certificate (DER of X.509) runs out, in seconds since 1970; none if it cannot be read.
pub fn expires(der: &[u8]) -> Option<u64> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let not_after = certificate.validity().not_after.timestamp();
    // A date before 1970 has passed as well.
    Some(u64::try_from(not_after).unwrap_or_default())
}

fn subject(names: &[String]) -> DistinguishedName {
    let name = names.first().map_or("nameplate", String::as_str);
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

/// Equal for equal certificates and for no others, as browsers demand of one issuer.
fn serial(key: &KeyPair, names: &[String], year: i32) -> SerialNumber {
    let mut digest = Sha256::new();
    digest.update(key.public_key_raw());
    for name in names {
        digest.update(name);
        digest.update([0]);
    }
    digest.update(year.to_be_bytes());
    let mut octets: Vec<u8> = digest
        .finalize()
        .iter()
        .copied()
        .take(SERIAL_OCTETS)
        .collect();
    if let Some(first) = octets.first_mut() {
        *first &= 0x7f;
    }
    SerialNumber::from(octets)
}

fn without_twins(names: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !kept.contains(name) {
            kept.push(name.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER_2026: Duration = Duration::from_secs(1_795_000_000);

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn has(octets: &[u8], wanted: &[u8]) -> bool {
        octets.windows(wanted.len()).any(|window| window == wanted)
    }

    #[test]
    fn it_names_hosts_addresses_and_two_years() {
        let names = names(&["id.example.org", "192.0.2.1", "192.0.2.1"]);
        let made = self_signed(None, &names, NOVEMBER_2026).unwrap();
        for wanted in [
            &b"id.example.org"[..],
            &[192, 0, 2, 1],
            b"260101000000Z",
            b"280101000000Z",
        ] {
            assert!(has(&made.certificate, wanted), "{wanted:?}");
        }
        let january_2028 = 1_830_297_600;
        assert_eq!(expires(&made.certificate), Some(january_2028));
        assert_eq!(expires(b"no certificate"), None);
    }

    #[test]
    fn the_same_key_gives_the_same_serial_and_another_name_another() {
        let key = self_signed(None, &[], NOVEMBER_2026).unwrap().key;
        let pair = KeyPair::try_from(&PrivatePkcs8KeyDer::from(&key[..])).unwrap();
        let serial = |name| serial(&pair, &names(&[name]), 2026).to_bytes();
        assert_eq!(serial("a"), serial("a"));
        assert_ne!(serial("a"), serial("b"));
        let made = self_signed(Some(&key), &names(&["a"]), NOVEMBER_2026).unwrap();
        assert!(has(&made.certificate, pair.public_key_raw()));
    }

    #[test]
    fn a_key_that_is_none_is_an_error() {
        let error = self_signed(Some(b"no key"), &[], NOVEMBER_2026).map(|_| ());
        assert!(error.unwrap_err().to_string().starts_with("cannot sign"));
    }
}
