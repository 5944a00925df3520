//! Are numbers exact, and rounded only as asked?

use super::*;
use proptest::prelude::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

#[test]
fn numbers_are_read_and_printed() {
    let check = |text: &str, printed: &str| assert_eq!(number(text).to_string(), printed);
    check("0", "0");
    check("-0.00", "0");
    check(" +12.50 ", "12.5");
    check("-0.05", "-0.05");
    check("1000000", "1000000");
    check(
        "999999999999999.999999999999",
        "999999999999999.999999999999",
    );
}

#[test]
fn what_is_no_number_is_told() {
    let check = |text: &str, said: &str| {
        let error = text.parse::<Number>().unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    };
    check("", "a number is empty");
    check(
        "1２",
        "character 2 of a number is the full-width '２'; write '2'",
    );
    check("1,200", "character 2 of a number is ','");
    check("1e5", "character 2 of a number is 'e'");
    check("12%", "character 3 of a number is '%'");
    check("-", "there is no number '-'");
    check(".5", "there is no number '.5'");
    check("5.", "there is no number '5.'");
    check("1.2.3", "there is no number '1.2.3'");
    check("1-2", "there is no number '1-2'");
    check("0.1234567890123", "more digits than are kept");
    check("1000000000000000000000000000", "more digits than are kept");
    check(&"9".repeat(10_000), "more digits than are kept");
}

#[test]
fn rounding_is_as_asked() {
    use Rounding::{Down, HalfAway, Up};
    let check = |text: &str, rounding, expected: &str| {
        let rounded = number(text).rounded(1, rounding).unwrap();
        assert_eq!(rounded.to_string(), expected, "{text} {rounding:?}");
    };
    check("2.25", HalfAway, "2.3");
    check("-2.25", HalfAway, "-2.3");
    check("2.24", HalfAway, "2.2");
    check("-2.24", HalfAway, "-2.2");
    check("2.29", Down, "2.2");
    check("-2.21", Down, "-2.3");
    check("2.21", Up, "2.3");
    check("-2.29", Up, "-2.2");
    let quotient = |a: &str, b: &str, rounding| {
        let quotient = number(a).divided_by(number(b), 0, rounding).unwrap();
        quotient.to_string()
    };
    assert_eq!(quotient("5", "-2", HalfAway), "-3");
    assert_eq!(quotient("5", "-2", Up), "-2");
    assert_eq!(quotient("5", "-2", Down), "-3");
    assert_eq!(quotient("-5", "-2", HalfAway), "3");
    assert_eq!(quotient("0.001", "1000", Up), "1");
}

#[test]
fn what_cannot_be_reckoned_is_told() {
    let greatest = number("999999999999999999999999999");
    assert!(matches!(
        greatest.plus(1.into()),
        Err(Error::TooManyDigits { .. })
    ));
    let small = number("0.000000000001");
    assert!(matches!(
        greatest.plus(small),
        Err(Error::TooManyDigits { .. })
    ));
    assert!(matches!(
        small.times(small),
        Err(Error::TooManyDigits { .. })
    ));
    let by_zero = greatest.divided_by(Number::ZERO, 1, Rounding::Up);
    assert!(matches!(by_zero, Err(Error::ByZero { .. })));
    let thirds = number("1").scaled(1, 3).unwrap_err().to_string();
    assert_eq!(thirds, "1 times 1/3 has no end in decimals; round it");
    assert_eq!(number("9").scaled(2, 3), Ok(6.into()));
    assert!(matches!(
        small.scaled(1, 10),
        Err(Error::TooManyDigits { .. })
    ));
    assert!(matches!(
        number("1").scaled(1, 0),
        Err(Error::ByZero { .. })
    ));
}

fn any_number() -> impl Strategy<Value = Number> {
    (-1_000_000_000_000_i64..1_000_000_000_000, 0..7_u32)
        .prop_map(|(mantissa, places)| Number::new(mantissa.into(), places).unwrap())
}

proptest! {
    #[test]
    fn print_and_parse_are_inverse(number in any_number()) {
        prop_assert_eq!(number.to_string().parse(), Ok(number));
        prop_assert_eq!(Number::new(number.mantissa(), number.places()), Ok(number));
    }

    #[test]
    fn sums_are_those_of_integers(a in any_number(), b in any_number()) {
        let at = |number: Number| number.at(6).unwrap();
        prop_assert_eq!(at(a.plus(b).unwrap()), at(a) + at(b));
        prop_assert_eq!(a.plus(b).unwrap().minus(b), Ok(a));
        prop_assert_eq!(a < b, at(a) < at(b));
    }

    /// A quotient times its divisor is nearer to the number than half a step.
    #[test]
    fn quotients_are_the_nearest(a in any_number(), b in any_number(), places in 0..4_u32) {
        prop_assume!(b != Number::ZERO);
        let quotient = a.divided_by(b, places, Rounding::HalfAway).unwrap();
        // Both sides times 10^12 · 10^places, in integers.
        let (a, b) = (a.at(6).unwrap(), b.at(6).unwrap());
        let step = 10_i128.pow(places);
        let off = (quotient.at(places).unwrap() * b - a * step).abs();
        prop_assert!(2 * off <= b.abs());
    }

    #[test]
    fn no_text_makes_it_fall_over(text in "[-+.0-9０-９ eE,]{0,40}") {
        let _ = text.parse::<Number>();
    }
}
