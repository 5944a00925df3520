//! Exact decimal numbers: what is reported is what is kept and what is added up.
//!
//! Nothing is rounded unless it is asked for by name ([`Rounding`]). Not here: units.

use crate::{Error, text};
use rust_decimal::Decimal;
use std::fmt;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// The most digits after the point: a yuan and its cents, told in units of 10^8 yuan, need ten.
const PLACES_MAX: u32 = 12;

/// What the digits of a number stay below, read as one integer: 27 of them.
///
/// The sum of all industrial output of a century in cents has 19.
const MANTISSA_END: i128 = 10_i128.pow(27);

/// A decimal number, exact: at most 27 digits, of them at most 12 after the point.
///
/// ```
/// use codes::{Number, Rounding};
///
/// let tenth: Number = "0.1".parse()?;
/// let sum = tenth.plus("0.20".parse()?)?;
/// assert_eq!(sum.to_string(), "0.3");
/// assert_eq!(sum.divided_by("7".parse()?, 3, Rounding::HalfAway)?.to_string(), "0.043");
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Number(Decimal);

/// Says which way a number goes that lies between two that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearer one; from the middle away from zero (四舍五入).
    HalfAway,
    /// To the smaller one, towards minus infinity.
    Down,
    /// To the greater one, towards plus infinity: what must be reached.
    Up,
}

impl Rounding {
    /// The quotient as an integer; `by` is not zero.
    fn divide(self, number: i128, by: i128) -> i128 {
        let (whole, rest) = (number.div_euclid(by.abs()), number.rem_euclid(by.abs()));
        // Of a negative divisor the quotient is mirrored, and so is what is down.
        let (sign, rounding) = if by < 0 {
            (-1, self.mirrored())
        } else {
            (1, self)
        };
        let by = by.abs();
        let goes_up = match rounding {
            Self::Down => false,
            Self::Up => rest > 0,
            Self::HalfAway if number < 0 => rest > by - rest,
            Self::HalfAway => rest >= by - rest,
        };
        sign * (whole + i128::from(goes_up))
    }

    fn mirrored(self) -> Self {
        match self {
            Self::HalfAway => Self::HalfAway,
            Self::Down => Self::Up,
            Self::Up => Self::Down,
        }
    }
}

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// The most digits after the point.
    pub const PLACES_MAX: u32 = PLACES_MAX;

    /// The number `mantissa` × 10^-`places`.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`], though zeros at the end of the places do not count.
    pub fn new(mantissa: i128, places: u32) -> Result<Self, Error> {
        let number = Decimal::try_from_i128_with_scale(mantissa, places);
        let number = number.map_err(|_| too_many("a number"))?.normalize();
        if number.scale() > PLACES_MAX || number.mantissa().abs() >= MANTISSA_END {
            return Err(too_many("a number"));
        }
        Ok(Self(number))
    }

    /// Its digits as one integer, without zeros at the end of its places.
    pub fn mantissa(self) -> i128 {
        self.0.mantissa()
    }

    /// How many digits stand after the point.
    pub fn places(self) -> u32 {
        self.0.scale()
    }

    /// Whether it is above zero.
    pub fn is_positive(self) -> bool {
        self.mantissa() > 0
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.mantissa() < 0
    }

    /// The sum, exact.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`].
    pub fn plus(self, other: Self) -> Result<Self, Error> {
        let places = self.places().max(other.places());
        let sum = self.at(places)?.checked_add(other.at(places)?);
        Self::new(sum.ok_or_else(|| too_many("a sum"))?, places)
    }

    /// The difference, exact.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`].
    pub fn minus(self, other: Self) -> Result<Self, Error> {
        self.plus(Self(-other.0))
    }

    /// The product, exact.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`].
    pub fn times(self, other: Self) -> Result<Self, Error> {
        let product = self.mantissa().checked_mul(other.mantissa());
        let product = product.ok_or_else(|| too_many("a product"))?;
        Self::new(product, self.places() + other.places())
    }

    /// The sum of all, exact.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`].
    pub fn sum(numbers: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        numbers.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// The product with a fraction, exact.
    ///
    /// # Errors
    /// [`Error::Endless`] if it would have to be rounded, [`Error::TooManyDigits`],
    /// [`Error::ByZero`].
    pub fn scaled(self, numerator: u64, denominator: u64) -> Result<Self, Error> {
        if denominator == 0 {
            return Err(Error::ByZero { what: "a number" });
        }
        let product = self.mantissa().checked_mul(i128::from(numerator));
        let product = product.and_then(|product| product.checked_mul(10_i128.pow(PLACES_MAX)));
        let product = product.ok_or_else(|| too_many("a product"))?;
        let denominator_wide = i128::from(denominator);
        if product % denominator_wide != 0 {
            return Err(Error::Endless {
                number: self,
                numerator,
                denominator,
            });
        }
        Self::new_long(product / denominator_wide, self.places() + PLACES_MAX)
    }

    /// As [`Number::new`], of a mantissa that has many zeros at its end.
    fn new_long(mut mantissa: i128, mut places: u32) -> Result<Self, Error> {
        while places > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            places -= 1;
        }
        Self::new(mantissa, places)
    }

    /// The quotient, rounded to so many places.
    ///
    /// # Errors
    /// [`Error::ByZero`], [`Error::TooManyDigits`].
    pub fn divided_by(self, by: Self, places: u32, rounding: Rounding) -> Result<Self, Error> {
        if by == Self::ZERO {
            return Err(Error::ByZero { what: "a number" });
        }
        let what = "a quotient";
        let up = by.places() + places;
        let down = self.places();
        let number = shifted(self.mantissa(), up.saturating_sub(down), what)?;
        let by = shifted(by.mantissa(), down.saturating_sub(up), what)?;
        Self::new(rounding.divide(number, by), places)
    }

    /// Rounded to so many places; as it is if it has no more.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`] if rounding up makes one more than are kept.
    pub fn rounded(self, places: u32, rounding: Rounding) -> Result<Self, Error> {
        if places >= self.places() {
            return Ok(self);
        }
        let by = 10_i128.pow(self.places() - places);
        Self::new(rounding.divide(self.mantissa(), by), places)
    }

    /// Its digits as one integer, the last of them standing for 10^-`places`.
    ///
    /// # Errors
    /// [`Error::TooManyDigits`] if it has more places, or too many digits for this.
    pub fn at(self, places: u32) -> Result<i128, Error> {
        let more = places.checked_sub(self.places());
        let more = more.ok_or_else(|| too_many("a number"))?;
        shifted(self.mantissa(), more, "a number")
    }
}

fn shifted(mantissa: i128, by: u32, what: &'static str) -> Result<i128, Error> {
    let power = 10_i128.checked_pow(by);
    let shifted = power.and_then(|power| mantissa.checked_mul(power));
    shifted.ok_or_else(|| too_many(what))
}

fn too_many(what: &'static str) -> Error {
    Error::TooManyDigits {
        what,
        places_max: PLACES_MAX,
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self(Decimal::from(number).normalize())
    }
}

/// Prints it with as many places as it has, without zeros at their end.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Reads a sign, digits, a point and digits; no exponent, and no commas between thousands, which
/// others mean as the point.
impl FromStr for Number {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        const EXPECTED: &str = "a sign, digits, and at most one point between digits";
        let what = "a number";
        let allowed = |found: char| found.is_ascii_digit() || "+-.".contains(found);
        let text = text::read(what, text, EXPECTED, allowed)?;
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|o| o.is_ascii_digit());
        if !is_digits(whole) || !is_digits(places) {
            return Err(Error::Unknown {
                what: "number",
                text: text.to_owned(),
                expected: EXPECTED,
            });
        }
        let number = Decimal::from_str_exact(text).map_err(|_| too_many(what))?;
        Self::new(number.mantissa(), number.scale())
    }
}
