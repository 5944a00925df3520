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
    /// What the year must come to.
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
        let factor = self.growth.plus(100.into())?;
        let year = base.times(factor)?.scaled(1, 100)?;
        let growth = growth(to_date, self.base_to_date, places)?;
        let rest = year.minus(to_date)?;
        let base_rest = base.minus(self.base_to_date)?;
        Ok(Way {
            year,
            growth,
            behind: self.growth.minus(growth)?,
            rest,
            growth_needed: growth_needed(rest, base_rest, places)?,
        })
    }
}

fn growth_needed(rest: Number, base: Number, places: u32) -> Result<Option<Number>, Error> {
    if !base.is_positive() {
        return Ok(None);
    }
    let more = rest.minus(base)?.times(100.into())?;
    Ok(Some(more.divided_by(base, places, Rounding::Up)?))
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

    proptest! {
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
