//! Agreeing on the key of a session by Diffie-Hellman, for both sides (mode 4 of a set-up).
//!
//! The asker chooses a prime modulus p and a generator g, and sends its public number y = g^a; the
//! node answers with g^b in the same group, and both know g^(ab). Of its octets, most significant
//! first and without zeros in front, the first 32 are the session's key; a number that has fewer
//! is refused on both sides, for it comes from a group that hides nothing.
//!
//! Nobody is authenticated by this: the node signs its answer, and the asker proves its identity in
//! the session. Exponents are new for every session and wiped after it is agreed. Raising to
//! powers is done by `crypto-bigint` in a time that depends on the lengths only. Measured on one
//! core, two powers as the node needs them:
//!
//! | bits of p | milliseconds |
//! | --- | --- |
//! | 1,024 | 0.4 |
//! | 2,048 | 1.3 |
//! | 4,096 | 5.2 |
//!
//! Not here: messages (room `wire`), sessions (room `engine`).

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use engine::sessions::{SECRET_OCTETS, SessionSecret};
use model::public_key::Numbers;
use model::{BigInteger, PublicKey};
use std::fmt;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// How long an exponent is, in octets. Twice the strength that is wanted: nobody finds 256 unknown
/// bits in fewer than 2^128 steps (NIST SP 800-56A section 5.6.1.1.1).
const EXPONENT_OCTETS: usize = 32;
const EXPONENT_BITS: u32 = 8 * EXPONENT_OCTETS as u32;

/// The group that our own askers take: group 14 of RFC 3526, 2,048 bits, generator 2.
const GROUP_14: &str = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74\
    020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437\
    4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
    ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05\
    98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb\
    9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
    e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718\
    3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff";

/// Which groups a node computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupLimits {
    /// The shortest modulus, in bits. Default: 1,024, what clients of the field take.
    pub bits_min: u32,
    /// The longest modulus, in bits. Default: 4,096; the work grows with the third power.
    pub bits_max: u32,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self {
            bits_min: 1024,
            bits_max: 4096,
        }
    }
}

/// Says why two sides do not agree on a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// The peer sent another kind of key, and must send one for Diffie-Hellman.
    #[error("the key is not one for Diffie-Hellman")]
    Kind,
    /// The peer's group is too small to hide anything, or too large to compute in.
    #[error("the modulus has {bits} bits, the limit is {min} to {max}")]
    Modulus {
        /// How long it is.
        bits: u32,
        /// The shortest that is taken.
        min: u32,
        /// The longest that is taken.
        max: u32,
    },
    /// The peer's numbers make no group: p is even, or g or y is not from 2 to p - 2.
    #[error("the numbers are no group: p must be odd, g and y from 2 to p - 2")]
    Numbers,
    /// The node answered in another group than it was asked in; somebody may sit in between.
    #[error("the answer is in another group than the question")]
    OtherGroup,
    /// The number that both know is too short for a key.
    #[error("the agreed number has {octets} octets, a key needs 32")]
    ShortSecret {
        /// How long it is.
        octets: usize,
    },
    /// The operating system gives no random octets; its operator must look.
    #[error("the operating system gives no random octets")]
    Random,
}

/// What the node has after it answered: its public key for the asker, and the session's key.
#[derive(Debug)]
pub struct Agreed {
    /// The node's number in the asker's group, to be sent.
    pub public_key: PublicKey,
    /// The first 32 octets of what both know.
    pub secret: SessionSecret,
}

/// Answers an asker's public key; the node's side.
///
/// Costs two powers in the asker's group, so how often strangers cause it must be bounded before.
///
/// # Errors
/// [`AgreementError`]; all but [`AgreementError::Random`] are the asker's fault.
pub fn answer(asked: &PublicKey, limits: GroupLimits) -> Result<Agreed, AgreementError> {
    answer_with(asked, limits, &random_exponent()?)
}

fn answer_with(
    asked: &PublicKey,
    limits: GroupLimits,
    exponent: &Exponent,
) -> Result<Agreed, AgreementError> {
    let (y, p, g) = numbers(asked)?;
    let group = Group::new(p, g, limits)?;
    let y = group.element(y)?;
    Ok(Agreed {
        public_key: group.public_key(exponent),
        secret: group.secret(&y, exponent)?,
    })
}

/// What an asker keeps between its question and the answer. `Debug` shows nothing secret.
///
/// ```
/// use crypto::diffie_hellman::{GroupLimits, Offer, answer};
///
/// let offer = Offer::new()?;
/// let agreed = answer(&offer.public_key(), GroupLimits::default())?;
/// let secret = offer.accept(&agreed.public_key)?;
/// assert_eq!(secret.octets(), agreed.secret.octets());
/// # Ok::<(), crypto::diffie_hellman::AgreementError>(())
/// ```
pub struct Offer {
    group: Group,
    exponent: Exponent,
}

impl Offer {
    /// An offer in group 14 of RFC 3526.
    ///
    /// # Errors
    /// [`AgreementError::Random`].
    pub fn new() -> Result<Self, AgreementError> {
        let (p, g) = group_14();
        Ok(Self {
            group: Group::new(&p, &g, GroupLimits::default())?,
            exponent: random_exponent()?,
        })
    }

    /// What is sent to the node.
    pub fn public_key(&self) -> PublicKey {
        self.group.public_key(&self.exponent)
    }

    /// Takes the node's answer. Its signature has been checked, and that it begins with the digest
    /// of the request that was sent: else somebody in between may have asked with another key.
    ///
    /// # Errors
    /// [`AgreementError`]: the node is at fault, or somebody in between.
    pub fn accept(&self, answered: &PublicKey) -> Result<SessionSecret, AgreementError> {
        let (y, p, g) = numbers(answered)?;
        if *p.magnitude() != *self.group.p.magnitude()
            || *g.magnitude() != *self.group.g.magnitude()
        {
            return Err(AgreementError::OtherGroup);
        }
        let y = self.group.element(y)?;
        self.group.secret(&y, &self.exponent)
    }
}

/// Shows the length of the modulus only.
impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offer({} bits)", self.group.modulus.bits())
    }
}

type Exponent = Zeroizing<[u8; EXPONENT_OCTETS]>;

/// The numbers y, p and g of a key.
fn numbers(key: &PublicKey) -> Result<(&BigInteger, &BigInteger, &BigInteger), AgreementError> {
    match key {
        PublicKey::Known {
            numbers: Numbers::DiffieHellman { y, p, g },
            ..
        } => Ok((y, p, g)),
        _ => Err(AgreementError::Kind),
    }
}

fn group_14() -> (BigInteger, BigInteger) {
    let modulus = BoxedUint::from_be_hex(GROUP_14, 2048);
    let modulus = modulus.expect("the constant is a number of 2,048 bits");
    (integer(&modulus), BigInteger::of_magnitude(&[2]))
}

/// Random octets of which the first bit is set, so that every exponent is equally long.
fn random_exponent() -> Result<Exponent, AgreementError> {
    let mut exponent = Zeroizing::new([0; EXPONENT_OCTETS]);
    aws_lc_rs::rand::fill(&mut *exponent).map_err(|_| AgreementError::Random)?;
    exponent[0] |= 0x80;
    Ok(exponent)
}

/// The numbers modulo an odd number within the limits. Whether it is prime is not looked at: who
/// chooses a bad group gives away only what it asks in its own session.
struct Group {
    p: BigInteger,
    g: BigInteger,
    modulus: BoxedUint,
    params: BoxedMontyParams,
}

impl Group {
    fn new(p: &BigInteger, g: &BigInteger, limits: GroupLimits) -> Result<Self, AgreementError> {
        let bits = bits_of(p);
        if !(limits.bits_min..=limits.bits_max).contains(&bits) {
            return Err(AgreementError::Modulus {
                bits,
                min: limits.bits_min,
                max: limits.bits_max,
            });
        }
        let modulus = number(p, bits)?;
        let odd = Odd::new(modulus.clone()).into_option();
        let group = Self {
            p: p.canonical(),
            g: g.canonical(),
            modulus,
            params: BoxedMontyParams::new_vartime(odd.ok_or(AgreementError::Numbers)?),
        };
        group.element(g)?;
        Ok(group)
    }

    /// A number from 2 to p - 2: 0, 1 and p - 1 have powers that everybody knows.
    fn element(&self, integer: &BigInteger) -> Result<BoxedMontyForm, AgreementError> {
        let number = number(integer, self.modulus.bits_precision())?;
        let one = BoxedUint::one_with_precision(self.modulus.bits_precision());
        if number <= one || number >= self.modulus.wrapping_sub(&one) {
            return Err(AgreementError::Numbers);
        }
        Ok(BoxedMontyForm::new(number, &self.params))
    }

    fn power(&self, base: &BoxedMontyForm, exponent: &Exponent) -> BoxedUint {
        debug_assert_eq!(base.bits_precision(), self.modulus.bits_precision());
        let exponent = BoxedUint::from_be_slice(&**exponent, EXPONENT_BITS);
        let exponent = Zeroizing::new(exponent.expect("an exponent has as many octets"));
        base.pow_bounded_exp(&exponent, EXPONENT_BITS).retrieve()
    }

    fn public_key(&self, exponent: &Exponent) -> PublicKey {
        let g = self.element(&self.g);
        let y = self.power(&g.expect("the group was made with it"), exponent);
        PublicKey::Known {
            reserved: 0,
            numbers: Numbers::DiffieHellman {
                y: integer(&y),
                p: self.p.clone(),
                g: self.g.clone(),
            },
        }
    }

    fn secret(
        &self,
        y: &BoxedMontyForm,
        exponent: &Exponent,
    ) -> Result<SessionSecret, AgreementError> {
        let agreed = Zeroizing::new(self.power(y, exponent));
        let octets = Zeroizing::new(agreed.to_be_bytes());
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let short = AgreementError::ShortSecret {
            octets: octets.len() - zeros,
        };
        let first = octets.get(zeros..zeros + SECRET_OCTETS).ok_or(short)?;
        Ok(SessionSecret::new(first.try_into().map_err(|_| short)?))
    }
}

fn bits_of(integer: &BigInteger) -> u32 {
    let octets = integer.magnitude();
    let zeros = octets.first().map_or(0, |octet| octet.leading_zeros());
    let bits = u32::try_from(octets.len()).map_or(u32::MAX, |octets| octets.saturating_mul(8));
    bits.saturating_sub(zeros)
}

fn number(integer: &BigInteger, bits: u32) -> Result<BoxedUint, AgreementError> {
    BoxedUint::from_be_slice(integer.magnitude(), bits).map_err(|_| AgreementError::Numbers)
}

fn integer(number: &BoxedUint) -> BigInteger {
    BigInteger::of_magnitude(&number.to_be_bytes())
}
