//! Targets: what is missing, and how fast the rest of the year must be.

use super::growth;
use crate::Error;
use codes::{Number, Rounding};

/// A target for a whole year, told as growth over the year before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The growth that the year shall have, in per cent.
    pub growth: Number,
    /// What the whole year before came to.
    pub base_year: Number,
    /// What the year before had come to at the same date.
    pub base_to_date: Number,
}

/// How far it is to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// What the year must come to: exact, or rounded up if it has more than twelve places.
    pub year: Number,
    /// The growth so far, in per cent.
    pub growth: Number,
    /// By how many percentage points the growth so far is behind the target; ahead if negative.
    pub behind: Number,
    /// What the rest of the year must bring; zero or less if the target is reached already.
    pub rest: Number,
    /// The growth that the rest of the year needs over the rest of the year before, in per cent,
    /// rounded up: with less the target is missed. `None` if the year before had no rest.
    pub growth_needed: Option<Number>,
}

impl Target {
    /// How far it is from what the year has come to so far; growths have so many places.
    ///
    /// ```
    /// use facts::derived::Target;
    ///
    /// let target = Target {
    ///     growth: "6".parse()?,
    ///     base_year: "1200".parse()?,
    ///     base_to_date: "900".parse()?,
    /// };
    /// let way = target.way("934.2".parse()?, 1)?;
    /// assert_eq!(way.growth.to_string(), "3.8");
    /// assert_eq!(way.behind.to_string(), "2.2");
    /// assert_eq!(way.rest.to_string(), "337.8");
    /// assert_eq!(way.growth_needed.map(|needed| needed.to_string()).as_deref(), Some("12.6"));
    /// # Ok::<(), facts::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Base`] if the year before came to nothing, or had at this date.
    pub fn way(&self, to_date: Number, places: u32) -> Result<Way, Error> {
        let base = self.base_year;
        if !base.is_positive() {
            return Err(Error::Base { base });
        }
        let year = self.year()?;
        let growth = growth(to_date, self.base_to_date, places)?;
        Ok(Way {
            year,
            growth,
            behind: self.growth.minus(growth)?,
            rest: year.minus(to_date)?,
            growth_needed: self.growth_needed(to_date, places)?,
        })
    }

    /// What the year must come to.
    fn year(&self) -> Result<Number, Error> {
        let factor = self.growth.plus(100.into())?;
        let places = self.base_year.places() + factor.places();
        let product = digits(self.base_year)?.times(digits(factor)?)?;
        let per_cent = power_of_ten(places + 2)?;
        Ok(product.divided_by(per_cent, Number::PLACES_MAX, Rounding::Up)?)
    }

    /// The growth that the rest of the year needs. Not from the year as it is told, which may be
    /// rounded: the growth would be a step too large where it comes out even.
    fn growth_needed(&self, to_date: Number, places: u32) -> Result<Option<Number>, Error> {
        let all = [self.base_year, self.base_to_date, to_date];
        let wide = all.map(Number::places).into_iter().max().unwrap_or(0);
        // As integers, for a product of two may have more places than numbers can.
        let whole = |number: Number| Number::new(number.at(wide)?, 0);
        let base_year = whole(self.base_year)?;
        let base_rest = base_year.minus(whole(self.base_to_date)?)?;
        if !base_rest.is_positive() {
            return Ok(None);
        }
        let factor = self.growth.plus(100.into())?;
        let unit = power_of_ten(factor.places())?;
        let without_growth = whole(to_date)?.plus(base_rest)?.times(100.into())?;
        let year = base_year.times(digits(factor)?)?;
        let more = year.minus(without_growth.times(unit)?)?;
        let needed = more.divided_by(base_rest.times(unit)?, places, Rounding::Up)?;
        Ok(Some(needed))
    }
}

/// The number without its point.
fn digits(number: Number) -> Result<Number, Error> {
    Ok(Number::new(number.mantissa(), 0)?)
}

fn power_of_ten(exponent: u32) -> Result<Number, Error> {
    // At most 26: twice the most places, and per cent.
    Ok(Number::new(10_i128.pow(exponent), 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(growth: i32, base_year: i32, base_to_date: i32) -> Target {
        Target {
            growth: growth.into(),
            base_year: base_year.into(),
            base_to_date: base_to_date.into(),
        }
    }

    #[test]
    fn a_target_can_be_reached_early_or_late() {
        let way = target(5, 100, 50).way(110.into(), 1).unwrap();
        assert_eq!((way.rest, way.behind), ((-5).into(), (-115).into()));
        assert_eq!(way.growth_needed, Some((-110).into()));
        let way = target(5, 100, 100).way(104.into(), 1).unwrap();
        assert_eq!((way.rest, way.growth_needed), (1.into(), None));
        assert!(matches!(
            target(5, 0, 0).way(1.into(), 1),
            Err(Error::Base { .. })
        ));
        assert!(matches!(
            target(5, 9, 0).way(1.into(), 1),
            Err(Error::Base { .. })
        ));
    }

    #[test]
    fn a_target_is_reckoned_to_the_cent_in_units_of_100_million_yuan() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        let target = Target {
            growth: number("6.5"),
            base_year: number("41230.0000000001"),
            base_to_date: number("31230.0000000001"),
        };
        // 106.5 % have thirteen places.
        let way = target.way(number("32000"), 1).unwrap();
        assert_eq!(way.year, number("43909.950000000107"));
        assert_eq!(way.rest, number("11909.950000000107"));
        assert_eq!(way.growth_needed, Some(number("19.1")));
        let target = Target {
            base_year: number("41230.0000000003"),
            base_to_date: number("31230.0000000003"),
            ..target
        };
        let way = target.way(number("32000"), 1).unwrap();
        assert_eq!(
            way.year,
            number("43909.95000000032"),
            "0.3195 is rounded up"
        );
        // What is needed comes out even, though the year does not.
        let target = Target {
            growth: number("6.125"),
            base_to_date: number("30000"),
            ..target
        };
        let way = target.way(number("31837.5"), 3).unwrap();
        assert_eq!(way.growth_needed, Some(number("6.125")));
    }

    proptest! {
        /// The same to the cent, in units of 10^8 yuan, is as far from the same target.
        #[test]
        fn a_target_is_as_far_in_every_unit(
            thousandths in -20_000..40_000_i32, base in (1..100_000_i32, 1..100_000_i32),
            to_date in 0..200_000_i32,
        ) {
            let at = |places| {
                let number = |number: i32| Number::new(number.into(), places).unwrap();
                let target = Target {
                    growth: Number::new(thousandths.into(), 3).unwrap(),
                    base_year: number(base.0 + base.1),
                    base_to_date: number(base.0),
                };
                let way = target.way(number(to_date), 1).unwrap();
                (way.growth, way.behind, way.growth_needed)
            };
            prop_assert_eq!(at(10), at(0));
        }

        /// With the growth that is needed the target is met; with a step less it is missed.
        #[test]
        fn what_is_needed_is_enough_and_not_too_much(
            growth in -20..40_i32, before in 1..100_000_i32, rest in 1..100_000_i32,
            to_date in 0..200_000_i32,
        ) {
            let target = target(growth, before + rest, before);
            let way = target.way(to_date.into(), 1).unwrap();
            let needed = way.growth_needed.unwrap();
            let comes_to = |growth: Number| {
                let factor = growth.plus(100.into()).unwrap();
                let rest = Number::from(rest).times(factor).unwrap().scaled(1, 100).unwrap();
                rest.plus(to_date.into()).unwrap()
            };
            prop_assert!(comes_to(needed) >= way.year);
            let step = Number::new(1, 1).unwrap();
            prop_assert!(comes_to(needed.minus(step).unwrap()) < way.year);
        }
    }
}
