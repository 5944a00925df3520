//! DSA keys (FIPS 186-4), which old identities and old sites have. Not here: making new ones;
//! nobody should.

use crate::Error;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use dsa::signature::{DigestSigner, DigestVerifier, SignatureEncoding};
use dsa::{BoxedUint, Components, Signature, SigningKey, VerifyingKey};
use engine::SignatureDigest;
use model::BigInteger;
use model::public_key::Numbers;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The longest modulus that is looked at, in bits; the longest of the usual sizes.
const BITS_MAX: u32 = 3072;

pub(super) struct Secret(SigningKey);

#[derive(Debug, Clone)]
pub(super) struct Public(VerifyingKey);

const REJECTED: Error = Error::Numbers {
    kind: "DSA",
    expected: "1,024, 2,048 or 3,072 bits, with an order of 160, 224 or 256",
};

impl Secret {
    pub(super) fn new(
        x: &BigInteger,
        p: &BigInteger,
        q: &BigInteger,
        g: &BigInteger,
    ) -> Result<Self, Error> {
        let components = components(q, p, g)?;
        let x = number(x, components.q().bits_precision())?;
        let public = public_number(&components, &x);
        let public = VerifyingKey::from_components(components, public).map_err(|_| REJECTED)?;
        let key = SigningKey::from_components(public, x).map_err(|_| REJECTED)?;
        Ok(Self(key))
    }

    pub(super) fn public_numbers(&self) -> Numbers {
        let public = self.0.verifying_key();
        let components = public.components();
        Numbers::Dsa {
            q: integer(components.q()),
            p: integer(components.p()),
            g: integer(components.g()),
            y: integer(public.y()),
        }
    }

    /// The random number that a signature needs comes from the key and the octets (RFC 6979): no
    /// weak source of randomness can give the key away.
    pub(super) fn sign(&self, digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        let signature = match digest {
            SignatureDigest::Md5 | SignatureDigest::Sm3 => return None,
            SignatureDigest::Sha1 => self.0.try_sign_digest(|to: &mut Sha1| {
                Digest::update(to, octets);
                Ok(())
            }),
            SignatureDigest::Sha256 => self.0.try_sign_digest(|to: &mut Sha256| {
                Digest::update(to, octets);
                Ok(())
            }),
        };
        Some(signature.ok()?.to_vec())
    }
}

impl Public {
    pub(super) fn new(
        q: &BigInteger,
        p: &BigInteger,
        g: &BigInteger,
        y: &BigInteger,
    ) -> Result<Self, Error> {
        let components = components(q, p, g)?;
        let y = number(y, components.p().bits_precision())?;
        if y >= **components.p() {
            return Err(REJECTED);
        }
        let key = VerifyingKey::from_components(components, y).map_err(|_| REJECTED)?;
        Ok(Self(key))
    }

    pub(super) fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::try_from(signature) else {
            return false;
        };
        let verified = match digest {
            SignatureDigest::Md5 | SignatureDigest::Sm3 => return false,
            SignatureDigest::Sha1 => {
                let feed = |to: &mut Sha1| {
                    Digest::update(to, octets);
                    Ok(())
                };
                self.0.verify_digest(feed, &signature)
            }
            SignatureDigest::Sha256 => {
                let feed = |to: &mut Sha256| {
                    Digest::update(to, octets);
                    Ok(())
                };
                self.0.verify_digest(feed, &signature)
            }
        };
        verified.is_ok()
    }
}

/// The numbers that many keys may share, of the usual sizes only: with others the library's
/// arithmetic would be on its own.
fn components(q: &BigInteger, p: &BigInteger, g: &BigInteger) -> Result<Components, Error> {
    let modulus = p.magnitude();
    let bits = 8 * u32::try_from(modulus.len()).map_err(|_| REJECTED)?;
    if bits > BITS_MAX {
        return Err(REJECTED);
    }
    let q_bits = 8 * u32::try_from(q.magnitude().len()).map_err(|_| REJECTED)?;
    let (p, q, g) = (number(p, bits)?, number(q, q_bits)?, number(g, bits)?);
    Components::from_components(p, q, g).map_err(|_| REJECTED)
}

/// The public number to a secret one: `g` to its power, modulo `p`.
fn public_number(components: &Components, x: &BoxedUint) -> BoxedUint {
    let params = BoxedMontyParams::new(components.p().clone());
    let g = BoxedMontyForm::new((**components.g()).clone(), &params);
    g.pow(x).retrieve()
}

fn number(integer: &BigInteger, bits: u32) -> Result<BoxedUint, Error> {
    BoxedUint::from_be_slice(integer.magnitude(), bits).map_err(|_| REJECTED)
}

fn integer(number: &BoxedUint) -> BigInteger {
    BigInteger::of_magnitude(&number.to_be_bytes())
}
