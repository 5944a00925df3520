//! The numbers of an RSA key in PKCS#8 (RFC 5958), as the library writes a key it has just made.
//!
//! It gives out keys in no other form. Not here: reading anybody else's octets; so there are no
//! errors, only numbers or none.

use model::BigInteger;
use model::private_key::RsaCrt;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The numbers of an RSA key (RFC 8017 appendix A.1.2).
pub(super) fn rsa_numbers(pkcs8: &[u8]) -> Option<RsaCrt> {
    let mut rest = pkcs8;
    let mut outer = contents(&mut rest, SEQUENCE)?;
    contents(&mut outer, INTEGER)?;
    contents(&mut outer, SEQUENCE)?;
    let mut key = contents(&mut outer, OCTET_STRING)?;
    let mut numbers = contents(&mut key, SEQUENCE)?;
    contents(&mut numbers, INTEGER)?;
    let mut number = || contents(&mut numbers, INTEGER).map(BigInteger::of_magnitude);
    Some(RsaCrt {
        n: number()?,
        e: number()?,
        d: number()?,
        p: number()?,
        q: number()?,
        dp: number()?,
        dq: number()?,
        qinv: number()?,
    })
}

/// Takes one thing with a tag off the front, and gives what is in it.
fn contents<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let [found, length, after @ ..] = *rest else {
        return None;
    };
    let (length, after) = match *length {
        short @ ..0x80 => (usize::from(short), after),
        long => long_length(after, usize::from(long & 0x7f))?,
    };
    let (contents, after) = after.split_at_checked(length)?;
    *rest = after;
    (*found == tag).then_some(contents)
}

/// A length of 128 or more, in so many octets.
fn long_length(octets: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (length, after) = octets.split_at_checked(count)?;
    let length = length.iter().try_fold(0_usize, |sum, octet| {
        sum.checked_mul(256)?.checked_add(usize::from(*octet))
    })?;
    Some((length, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_forms() {
        let check = |octets: &[u8], expected: Option<&[u8]>| {
            assert_eq!(contents(&mut &octets[..], INTEGER), expected, "{octets:?}");
        };
        check(b"\x02\x01\x07\xff", Some(b"\x07"));
        check(b"\x02\x82\0\x01\x07\xff", Some(b"\x07"));
        check(b"\x30\x01\x07", None);
        check(b"\x02\x02\x07", None);
        check(b"\x02\x89\xff\xff\xff\xff\xff\xff\xff\xff\xff\x07", None);
        check(b"\x02", None);
    }
}
