//! The fields that stored facts are made of: written by one function, read by its neighbour.
//!
//! Integers are big-endian; a *text* is a two-octet length and UTF-8. Not here: which fields a fact
//! has.

use crate::Error;
use bytes::Bytes;
use codes::{Date, Number};
use model::octets::Reader;

/// The format of everything that is stored here.
pub(crate) const FORMAT: u8 = 1;

/// The first octet of stored octets, taken off; it must be the format.
pub(crate) fn open(what: &'static str, octets: Bytes) -> Result<Reader, Error> {
    let mut reader = Reader::new(octets);
    match reader.u8("format") {
        Ok(FORMAT) => Ok(reader),
        Ok(format) => Err(stored(
            what,
            &format!("it has format {format}, this version reads 1"),
        )),
        Err(error) => Err(stored(what, &error)),
    }
}

/// What to say of stored octets that cannot be read.
pub(crate) fn stored(what: &'static str, problem: &(impl ToString + ?Sized)) -> Error {
    Error::Stored {
        what,
        problem: problem.to_string(),
    }
}

/// Text that came from outside: so many octets, and nothing that moves a cursor.
pub(crate) fn check_text(
    what: &'static str,
    text: &str,
    octets_min: usize,
    octets_max: usize,
) -> Result<(), Error> {
    let fits = (octets_min..=octets_max).contains(&text.len());
    if fits && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::Text {
        what,
        octets_min,
        octets_max,
    })
}

/// Appends text whose length has been checked.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).expect("texts are checked to be far shorter");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Takes text.
pub(crate) fn text(reader: &mut Reader, what: &'static str) -> Result<String, Error> {
    let read = |reader: &mut Reader| {
        let length = usize::from(reader.u16(what)?);
        reader.take(what, length)
    };
    let octets = read(reader).map_err(|error| stored(what, &error))?;
    String::from_utf8(octets.into()).map_err(|error| stored(what, &error))
}

/// Appends a number: how many places, how many octets, then its digits as an integer in two's
/// complement, as short as it can be.
pub(crate) fn put_number(out: &mut Vec<u8>, number: Number) {
    let octets = number.mantissa().to_be_bytes();
    let sign = if number.is_negative() { 0xff } else { 0 };
    let is_needless = |pair: &[u8]| pair[0] == sign && (pair[1] ^ sign) < 0x80;
    let needless = octets
        .windows(2)
        .take_while(|pair| is_needless(pair))
        .count();
    let octets = &octets[needless..];
    // A number has at most 12 places and 16 octets.
    out.extend_from_slice(&[number.places() as u8, octets.len() as u8]);
    out.extend_from_slice(octets);
}

/// Takes a number.
pub(crate) fn number(reader: &mut Reader) -> Result<Number, Error> {
    let what = "number";
    let read = |reader: &mut Reader| {
        let [places, length] = reader.array(what)?;
        Ok::<_, model::Error>((places, reader.take(what, length.into())?))
    };
    let (places, octets) = read(reader).map_err(|error| stored(what, &error))?;
    let sign = match octets.first() {
        Some(first) if octets.len() <= 16 => {
            if first & 0x80 == 0 {
                0
            } else {
                0xff
            }
        }
        _ => return Err(stored(what, "it needs 1 to 16 octets")),
    };
    let mut wide = [sign; 16];
    wide[16 - octets.len()..].copy_from_slice(&octets);
    Number::new(i128::from_be_bytes(wide), places.into()).map_err(|error| stored(what, &error))
}

/// Takes a day by its number; 0 is none.
pub(crate) fn day(reader: &mut Reader, what: &'static str) -> Result<Option<Date>, Error> {
    match reader.u32(what).map_err(|error| stored(what, &error))? {
        0 => Ok(None),
        number => match Date::from_number(number) {
            Some(date) => Ok(Some(date)),
            None => Err(stored(what, &format!("{number} is no day"))),
        },
    }
}

/// The number of a day, or 0 for none.
pub(crate) fn day_number(date: Option<Date>) -> [u8; 4] {
    date.map_or(0, Date::number).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let check = |text: &str, expected: &[u8]| {
            let mut out = Vec::new();
            put_number(&mut out, text.parse().unwrap());
            assert_eq!(out, expected, "{text}");
        };
        check("0", &[0, 1, 0]);
        check("127", &[0, 1, 127]);
        check("128", &[0, 2, 0, 128]);
        check("-128", &[0, 1, 128]);
        check("-129", &[0, 2, 255, 127]);
        check("-0.5", &[1, 1, 251]);
        check("1234567.89", &[2, 4, 0x07, 0x5b, 0xcd, 0x15]);
    }

    proptest! {
        #[test]
        fn numbers_come_back(mantissa: i64, places in 0..12_u32) {
            let written = Number::new(mantissa.into(), places).unwrap();
            let mut out = Vec::new();
            put_number(&mut out, written);
            let mut reader = Reader::new(out.into());
            prop_assert_eq!(number(&mut reader).unwrap(), written);
            prop_assert!(reader.is_at_end());
        }

        #[test]
        fn no_octets_make_it_fall_over(octets in prop::collection::vec(any::<u8>(), 0..30)) {
            let _ = number(&mut Reader::new(octets.clone().into()));
            let _ = text(&mut Reader::new(octets.clone().into()), "text");
            let _ = day(&mut Reader::new(octets.into()), "day");
        }
    }
}
