//! RSA keys: signatures by PKCS#1 v1.5 (RFC 8017 section 8.2). Not here: DSA.

use super::der;
use crate::Error;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY as VERIFY_SHA1,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY as VERIFY_SHA256, RSA_PKCS1_SHA256,
    RsaPublicKeyComponents,
};
use engine::SignatureDigest;
use model::BigInteger;
use model::private_key::RsaCrt;
use model::public_key::Numbers;
use zeroize::Zeroizing;

/// How long a new RSA key is. More bits are safer and slower; measured on one core:
///
/// | bits | made in | signs in | verifies in |
/// | --- | --- | --- | --- |
/// | 2,048 | 60 ms | 0.25 ms | 0.02 ms |
/// | 3,072 | 290 ms | 0.75 ms | 0.04 ms |
/// | 4,096 | 560 ms | 1.55 ms | 0.08 ms |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RsaBits {
    /// 2,048 bits, the shortest that is taken.
    Least,
    /// 3,072 bits, good for as long as anybody says (NIST SP 800-57: beyond 2030).
    #[default]
    Usual,
    /// 4,096 bits, the longest that clients of the field are known to take.
    Most,
}

pub(super) struct Secret {
    pair: KeyPair,
    modulus: BigInteger,
    exponent: BigInteger,
}

pub(super) fn generate(bits: RsaBits) -> Result<RsaCrt, Error> {
    let failed = Error::Library {
        what: "make an RSA key",
    };
    let size = match bits {
        RsaBits::Least => KeySize::Rsa2048,
        RsaBits::Usual => KeySize::Rsa3072,
        RsaBits::Most => KeySize::Rsa4096,
    };
    let pair = KeyPair::generate(size).map_err(|_| failed.clone())?;
    let octets = pkcs8(&pair).ok_or_else(|| failed.clone())?;
    der::rsa_numbers(&octets).ok_or(failed)
}

fn pkcs8(pair: &KeyPair) -> Option<Zeroizing<Vec<u8>>> {
    let octets: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    Some(Zeroizing::new(octets.as_ref().to_vec()))
}

impl Secret {
    pub(super) fn new(key: &RsaCrt) -> Result<Self, Error> {
        let components = KeyPairComponents {
            public_key: PublicKeyComponents {
                n: key.n.magnitude(),
                e: key.e.magnitude(),
            },
            d: key.d.magnitude(),
            p: key.p.magnitude(),
            q: key.q.magnitude(),
            dP: key.dp.magnitude(),
            dQ: key.dq.magnitude(),
            qInv: key.qinv.magnitude(),
        };
        let pair = KeyPair::from_components(&components).map_err(|_| REJECTED)?;
        Ok(Self {
            pair,
            modulus: key.n.canonical(),
            exponent: key.e.canonical(),
        })
    }

    pub(super) fn public_numbers(&self) -> Numbers {
        Numbers::Rsa {
            exponent: self.exponent.clone(),
            modulus: self.modulus.clone(),
            is_padded: true,
        }
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let what = "write an RSA key";
        pkcs8(&self.pair).ok_or(Error::Library { what })
    }

    pub(super) fn sign(&self, digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        if digest != SignatureDigest::Sha256 {
            return None;
        }
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        let signed = self
            .pair
            .sign(&RSA_PKCS1_SHA256, &random, octets, &mut signature);
        signed.ok().map(|()| signature)
    }
}

pub(super) const REJECTED: Error = Error::Numbers {
    kind: "RSA",
    expected: "2,048 to 8,192 bits, all numbers consistent",
};

#[derive(Debug, Clone)]
pub(super) struct Public {
    modulus: BigInteger,
    exponent: BigInteger,
}

impl Public {
    pub(super) fn new(exponent: &BigInteger, modulus: &BigInteger) -> Self {
        Self {
            modulus: modulus.clone(),
            exponent: exponent.clone(),
        }
    }

    pub(super) fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        let parameters = match digest {
            SignatureDigest::Md5 | SignatureDigest::Sm3 => return false,
            SignatureDigest::Sha1 => &VERIFY_SHA1,
            SignatureDigest::Sha256 => &VERIFY_SHA256,
        };
        let components = RsaPublicKeyComponents {
            n: self.modulus.magnitude(),
            e: self.exponent.magnitude(),
        };
        components.verify(parameters, octets, signature).is_ok()
    }
}
