//! Public keys as X.509 writes them (RFC 5280 section 4.1), in PEM: RSA as the Chinese system
//! stores it, ECDSA on P-256 and Ed25519 for signed texts. Not here: SM2, certificates.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY as RSA_SHA1,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY as RSA_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use engine::SignatureDigest;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use sm2::pkcs8::ObjectIdentifier;
use sm2::pkcs8::spki::SubjectPublicKeyInfoRef;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED_25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

#[derive(Debug, Clone)]
pub(super) struct Public {
    kind: Kind,
    /// The key itself: an `RSAPublicKey` (RFC 8017 appendix A.1.1), a point, or 32 octets.
    octets: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Rsa,
    P256,
    Ed25519,
}

impl Public {
    /// The key in a PEM text; none if it is of another kind. Whether it is a good one shows when it
    /// verifies nothing.
    pub(super) fn in_pem(text: &[u8]) -> Option<Self> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text).ok()?;
        let info = SubjectPublicKeyInfoRef::try_from(&*der).ok()?;
        let kind = match info.algorithm.oid {
            RSA => Kind::Rsa,
            ED_25519 => Kind::Ed25519,
            ELLIPTIC if info.algorithm.parameters_oid().ok()? == P_256 => Kind::P256,
            _ => return None,
        };
        let octets = info.subject_public_key.as_bytes()?.to_vec();
        Some(Self { kind, octets })
    }

    /// Verifies a proof or a credential, which only RSA keys make.
    pub(super) fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        match (self.kind, digest) {
            (Kind::Rsa, SignatureDigest::Sha256) => self.verify_by(&RSA_SHA256, octets, signature),
            (Kind::Rsa, SignatureDigest::Sha1) => self.verify_by(&RSA_SHA1, octets, signature),
            _ => false,
        }
    }

    /// Verifies a signed text by the name of its algorithm, which must be one of the key's.
    pub(super) fn verify_text(&self, algorithm: &str, octets: &[u8], signature: &[u8]) -> bool {
        match (self.kind, algorithm) {
            (Kind::Rsa, "RS256") => self.verify_by(&RSA_SHA256, octets, signature),
            (Kind::P256, "ES256") => self.verify_by(&ECDSA_P256_SHA256_FIXED, octets, signature),
            (Kind::Ed25519, "EdDSA") => self.verify_by(&ED25519, octets, signature),
            _ => false,
        }
    }

    fn verify_by(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        octets: &[u8],
        signature: &[u8],
    ) -> bool {
        let key = UnparsedPublicKey::new(algorithm, &self.octets);
        key.verify(octets, signature).is_ok()
    }
}
