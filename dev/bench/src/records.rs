//! What is registered and asked for: pumps by serial number, as alike and as different as
//! products of one factory are.
//!
//! All identifiers, and all answers, are equally long, so that a rate is a rate of one thing.

use engine::Date;
use engine::authority::Registration;
use model::{Identifier, SuffixCase, Value};
use std::io::{self, Write};

/// The prefix of all identifiers.
pub(crate) const PREFIX: &str = "88.100.7";

/// The same with its slash and what all suffixes begin with.
const HEAD: &str = "88.100.7/PUMP-";

/// How many digits of the serial number follow.
const DIGITS: usize = 16;

/// The length of every identifier.
pub(crate) const IDENTIFIER_OCTETS: usize = HEAD.len() + DIGITS;

/// The types of the three values; their indexes count from 1.
pub(crate) const TYPES: [&str; 3] = ["NAME", "URL", "DIGEST"];

/// The identifier of a serial number.
pub(crate) fn identifier(serial: u64) -> [u8; IDENTIFIER_OCTETS] {
    let mut octets = [b'0'; IDENTIFIER_OCTETS];
    octets[..HEAD.len()].copy_from_slice(HEAD.as_bytes());
    let mut left = serial;
    for digit in octets[HEAD.len()..].iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    octets
}

/// The data of its values: words that repeat, a link with the serial number, and octets that
/// nobody can compress (a digest, in 32 digits).
pub(crate) fn data(serial: u64) -> [String; 3] {
    let chance = scatter(serial);
    let (size, pressure) = (40 + chance % 8 * 20, 100 + chance / 8 % 8 * 50);
    [
        format!("Centrifugal pump {size:03}-{pressure:03}"),
        format!("https://pumps.example/p/{serial:0DIGITS$}"),
        format!("{chance:016x}{:016x}", scatter(!serial)),
    ]
}

/// Everything that is written when the record is registered.
pub(crate) fn registration(serial: u64, now: Date) -> Result<Registration, model::Error> {
    let identifier = Identifier::from_octets(identifier(serial).to_vec().into())?;
    Registration::new(&identifier, values(serial), SuffixCase::Insensitive, now)
}

/// The values of a serial number's record.
pub(crate) fn values(serial: u64) -> Vec<Value> {
    let typed = (1..).zip(TYPES).zip(data(serial));
    typed
        .map(|((index, value_type), data)| Value::public(index, value_type, data))
        .collect()
}

/// Writes the records of serial numbers as a file that can be imported.
pub(crate) fn write_csv(
    serials: impl Iterator<Item = u64>,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "identifier,{}", TYPES.join(","))?;
    for serial in serials {
        out.write_all(&identifier(serial))?;
        writeln!(out, ",{}", data(serial).join(","))?;
    }
    Ok(())
}

/// Makes of a number another one that looks like chance (the finaliser of `SplitMix64`).
///
/// A count goes in, so the whole run asks the same questions every time.
pub(crate) fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A prime above every count of records: its multiples reach every number below that count.
const STRIDE: u64 = 4_294_967_311;

/// Puts the numbers from 0 to below `count` in no order that tables could profit from.
pub(crate) fn shuffled(number: u64, count: u64) -> u64 {
    (u128::from(number) * u128::from(STRIDE) % u128::from(count.max(1))) as u64
}

/// A number from 0 to below `limit`, by chance; 0 if the limit is 0.
pub(crate) fn below(limit: u64, chance: u64) -> u64 {
    ((u128::from(chance) * u128::from(limit)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn identifiers_are_30_octets_with_the_serial_number() {
        assert_eq!(&identifier(0), b"88.100.7/PUMP-0000000000000000");
        assert_eq!(&identifier(1_203_456), b"88.100.7/PUMP-0000000001203456");
        assert_eq!(IDENTIFIER_OCTETS, 30);
    }

    #[test]
    fn all_records_are_equally_long() {
        let length = |serial| {
            let registration = registration(serial, Date(0)).expect("it can be registered");
            registration.record.octets().len()
        };
        let lengths: BTreeSet<_> = (0..1000).chain([u64::from(u32::MAX)]).map(length).collect();
        assert_eq!(lengths.len(), 1, "{lengths:?}");
    }

    #[test]
    fn a_file_to_import_has_a_line_for_each_serial_number() {
        let mut out = Vec::new();
        write_csv([3, 1].into_iter(), &mut out).expect("memory takes it");
        let text = String::from_utf8(out).expect("it is text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "identifier,NAME,URL,DIGEST");
        assert!(lines[1].starts_with("88.100.7/PUMP-0000000000000003,Centrifugal pump "));
        assert!(lines[2].starts_with("88.100.7/PUMP-0000000000000001,Centrifugal pump "));
        assert!(lines[2].contains(",https://pumps.example/p/0000000000000001,"));
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.matches(',').count() == 3));
    }

    #[test]
    fn chance_stays_below_its_limit_and_reaches_everything() {
        let reached: BTreeSet<u64> = (0..1000).map(|count| below(10, scatter(count))).collect();
        assert_eq!(reached, (0..10).collect());
        assert_eq!(below(0, u64::MAX), 0);
        // The first numbers of the published generator with seed 0.
        assert_eq!(scatter(0), 0xe220_a839_7b1d_cdaf);
    }
}
