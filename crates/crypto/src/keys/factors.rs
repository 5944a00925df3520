//! RSA keys that are stored with modulus and private exponent only, completed.
//!
//! Who knows both exponents can find the factors (NIST SP 800-56B appendix C.1): the product of the
//! exponents less one is a multiple of the order of every number, so some even root of 1 other than
//! 1 and -1 turns up soon, and shares a factor with the modulus. The public exponent is not stored,
//! but writers take one of very few. Done once when a key is loaded, on the key's own machine, so
//! the time it takes may depend on the key. Not here: anything with a key that has its factors.

use super::rsa::REJECTED;
use crate::Error;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd, NonZero, Odd, Resize};
use model::BigInteger;
use model::private_key::RsaCrt;

/// Public exponents that are tried: what everybody takes, and what was taken before.
const EXPONENTS: [u32; 3] = [65_537, 17, 3];

/// How many numbers are tried; each finds the factors with a chance of one half or more.
const TRIES_COUNT_MAX: u8 = 64;

/// The shortest and the longest modulus that is looked at, in octets: of keys that can sign.
const MODULUS_OCTETS_MIN: usize = 256;
const MODULUS_OCTETS_MAX: usize = 1024;

/// Completes a key, with the public exponent that fits.
pub(super) fn completed(n: &BigInteger, d: &BigInteger) -> Result<RsaCrt, Error> {
    let octets = [n, d].map(|number| number.magnitude().len());
    let is_modulus = (MODULUS_OCTETS_MIN..=MODULUS_OCTETS_MAX).contains(&octets[0]);
    if !is_modulus || octets[1] > octets[0] || d.magnitude() == [0] {
        return Err(REJECTED);
    }
    let completed = |exponent: &u32| with_exponent(n, *exponent, d);
    EXPONENTS.iter().find_map(completed).ok_or(REJECTED)
}

fn with_exponent(n: &BigInteger, exponent: u32, d: &BigInteger) -> Option<RsaCrt> {
    let modulus = BoxedUint::from_be_slice_vartime(n.magnitude());
    let private = BoxedUint::from_be_slice_vartime(d.magnitude());
    let exponent = BoxedUint::from(exponent);
    let (p, q) = factors(&modulus, &exponent, &private)?;
    let less_one = |number: &BoxedUint| NonZero::new(number - BoxedUint::one()).into_option();
    Some(RsaCrt {
        n: n.clone(),
        e: integer(&exponent),
        d: d.clone(),
        dp: integer(&private.rem_vartime(&less_one(&p)?)),
        dq: integer(&private.rem_vartime(&less_one(&q)?)),
        qinv: integer(
            &q.invert_odd_mod(&Odd::new(p.clone()).into_option()?)
                .into_option()?,
        ),
        p: integer(&p),
        q: integer(&q),
    })
}

/// The factors of a modulus, the larger first, as usual writers order them.
fn factors(n: &BoxedUint, e: &BoxedUint, d: &BoxedUint) -> Option<(BoxedUint, BoxedUint)> {
    let params = BoxedMontyParams::new_vartime(Odd::new(n.clone()).into_option()?);
    let multiple = e.concatenating_mul(d) - BoxedUint::one();
    let form = |base: u8| {
        let base = BoxedUint::from(base).resize(n.bits_precision());
        BoxedMontyForm::new(base, &params)
    };
    if form(2).pow(&multiple) != BoxedMontyForm::one(&params) {
        return None; // the exponents do not belong together
    }
    let halvings = multiple.trailing_zeros_vartime();
    let odd = multiple.unbounded_shr_vartime(halvings);
    (2..TRIES_COUNT_MAX).find_map(|base| {
        let factor = factor_by(form(base).pow(&odd), halvings, &params)?;
        let other = n.wrapping_div_vartime(&NonZero::new(factor.clone()).into_option()?);
        let other = other.resize(factor.bits_precision());
        Some(if factor > other {
            (factor, other)
        } else {
            (other, factor)
        })
    })
}

/// Squares until the result is 1, and looks at what was squared last.
fn factor_by(root: BoxedMontyForm, halvings: u32, params: &BoxedMontyParams) -> Option<BoxedUint> {
    let n = params.modulus();
    let one = BoxedUint::one_with_precision(n.bits_precision());
    let minus_one = n.as_ref() - &one;
    let mut root = root;
    for _ in 0..halvings {
        let square = root.square();
        let (number, squared) = (root.retrieve(), square.retrieve());
        if squared == one {
            let is_trivial = number == one || number == minus_one;
            return (!is_trivial).then(|| (number - &one).gcd(n.as_ref()));
        }
        root = square;
    }
    None
}

fn integer(number: &BoxedUint) -> BigInteger {
    BigInteger::of_magnitude(&number.to_be_bytes())
}
