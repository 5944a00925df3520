//! Who pulled it up or down: the share of each part in the growth of the whole.
//!
//! *Pull* (拉动点): a part's growth as percentage points of the whole's base. All pulls together
//! are the growth of the whole. *Contribution* (贡献率): a part's growth as per cent of the whole's
//! growth. All of them together are 100.
//!
//! Rounded one by one they would not add up, and a reader adds up. So they are rounded together, by
//! largest remainders: the whole is rounded to the nearer, each part down, and as many parts as
//! steps are then missing go up by one step, those with the largest remainders first, of equal ones
//! the earlier. No part is a whole step away from what it is.

use crate::Error;
use codes::{Number, Rounding};
use std::cmp::Reverse;

/// A part of a whole: what it is now, and what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it is now.
    pub now: Number,
    /// What it was in the period compared with.
    pub base: Number,
}

impl Part {
    fn growth(self) -> Result<Number, Error> {
        Ok(self.now.minus(self.base)?)
    }
}

/// What a part has to do with the growth of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contribution {
    /// By how many percentage points it pulls the whole.
    pub pull: Number,
    /// How many per cent of the whole's growth are its own; `None` if the whole has not changed.
    pub rate: Option<Number>,
}

/// The contributions of all parts of a whole, in their order, with so many places.
///
/// The pulls add up to the growth of the whole ([`super::growth()`]), the rates to 100.
///
/// ```
/// use facts::derived::{Part, contributions};
///
/// let part = |now: i32, base: i32| Part { now: now.into(), base: base.into() };
/// let whole = part(107, 100);
/// let found = contributions(whole, &[part(65, 60), part(42, 40)], 1)?;
/// assert_eq!(found[0].pull.to_string(), "5");
/// assert_eq!(found[0].rate.map(|rate| rate.to_string()).as_deref(), Some("71.4"));
/// assert_eq!(found[1].rate.map(|rate| rate.to_string()).as_deref(), Some("28.6"));
/// # Ok::<(), facts::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parts`] if the parts do not add up to the whole, now or before: what is missing is a
/// part too, and should be told as one. [`Error::Base`] if the whole's base is not above zero.
pub fn contributions(whole: Part, parts: &[Part], places: u32) -> Result<Vec<Contribution>, Error> {
    check_sum(whole.now, parts.iter().map(|part| part.now))?;
    check_sum(whole.base, parts.iter().map(|part| part.base))?;
    if !whole.base.is_positive() {
        return Err(Error::Base { base: whole.base });
    }
    let growths = parts
        .iter()
        .map(|part| part.growth())
        .collect::<Result<Vec<_>, _>>()?;
    let pulls = shares(&growths, whole.base, None, places)?;
    let growth = whole.growth()?;
    if growth == Number::ZERO {
        let still = |pull| Contribution { pull, rate: None };
        return Ok(pulls.into_iter().map(still).collect());
    }
    let rates = shares(&growths, growth, None, places)?.into_iter();
    let both = pulls.into_iter().zip(rates.map(Some));
    Ok(both
        .map(|(pull, rate)| Contribution { pull, rate })
        .collect())
}

fn check_sum(whole: Number, parts: impl Iterator<Item = Number>) -> Result<(), Error> {
    let parts = Number::sum(parts)?;
    if parts == whole {
        return Ok(());
    }
    Err(Error::Parts { parts, whole })
}

/// By how many points the parts of a part pull a whole, whose base is given, if the part itself
/// has been told to pull it by `pull`: so that one level down the figures add up again.
///
/// ```
/// use facts::derived::{Part, pulls};
///
/// let part = |now: i32, base: i32| Part { now: now.into(), base: base.into() };
/// // A city that was told to pull its province by 0.5, and its three divisions.
/// let parts = [part(11, 9), part(8, 7), part(22, 20)];
/// let found = pulls(&parts, 1000.into(), "0.5".parse()?, 1)?;
/// let found: Vec<_> = found.iter().map(ToString::to_string).collect();
/// assert_eq!(found, ["0.2", "0.1", "0.2"]);
/// # Ok::<(), facts::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parts`] if the parts do not pull by that, or by less than a step off it;
/// [`Error::Base`] if the base is not above zero.
pub fn pulls(
    parts: &[Part],
    base: Number,
    pull: Number,
    places: u32,
) -> Result<Vec<Number>, Error> {
    if !base.is_positive() {
        return Err(Error::Base { base });
    }
    let growths = parts
        .iter()
        .map(|part| part.growth())
        .collect::<Result<Vec<_>, _>>()?;
    let exact = Number::sum(growths.iter().copied())?.times(100.into())?;
    let [least, most] =
        [Rounding::Down, Rounding::Up].map(|rounding| exact.divided_by(base, places, rounding));
    if pull < least? || pull > most? {
        let parts = exact.divided_by(base, places, Rounding::HalfAway)?;
        return Err(Error::Parts { parts, whole: pull });
    }
    shares(&growths, base, Some(pull), places)
}

/// Each number as per cent of `of`, rounded together so that they add up to `sum`, which is their
/// sum rounded up or down; to the nearer if none is given.
fn shares(
    numbers: &[Number],
    of: Number,
    sum: Option<Number>,
    places: u32,
) -> Result<Vec<Number>, Error> {
    let whole = Number::sum(numbers.iter().copied())?.times(100.into())?;
    let nearer = whole.divided_by(of, places, Rounding::HalfAway)?;
    let sum = sum.unwrap_or(nearer);
    let (mut shares, remainders): (Vec<_>, Vec<_>) =
        rounded_down(numbers, of, places)?.into_iter().unzip();
    let missing = sum
        .minus(Number::sum(shares.iter().copied())?)?
        .at(places)?;
    let missing = usize::try_from(missing).unwrap_or(0);
    let step = Number::new(1, places)?;
    let mut order: Vec<_> = (0..numbers.len()).collect();
    // The sort is stable: of equal remainders the earlier comes first.
    order.sort_by_key(|at| Reverse(remainders[*at]));
    for at in order.into_iter().take(missing) {
        shares[at] = shares[at].plus(step)?;
    }
    Ok(shares)
}

/// Each number as per cent of `of`, rounded down, and what it lost by that, in steps of which all
/// have the same. In integers: products of two numbers may have more places than numbers can.
fn rounded_down(numbers: &[Number], of: Number, places: u32) -> Result<Vec<(Number, i128)>, Error> {
    let all = numbers.iter().copied().chain([of]);
    let wide = all.map(Number::places).max().unwrap_or(0);
    let by = of.at(wide)?;
    let share = |number: &Number| {
        // Of a negative whole both are mirrored.
        let per_cent = Number::new(number.at(wide)?, 0)?.times(100.into())?;
        let number = per_cent.at(places)?.checked_mul(by.signum());
        let number = number.ok_or(codes::Error::TooManyDigits {
            what: "a share",
            places_max: Number::PLACES_MAX,
        })?;
        let share = Number::new(number.div_euclid(by.abs()), places)?;
        Ok((share, number.rem_euclid(by.abs())))
    };
    numbers.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::super::growth;
    use super::*;
    use proptest::prelude::*;

    fn part(now: i32, base: i32) -> Part {
        Part {
            now: now.into(),
            base: base.into(),
        }
    }

    fn printed(whole: Part, parts: &[Part]) -> Vec<String> {
        let found = contributions(whole, parts, 1).unwrap();
        let print = |found: &Contribution| match found.rate {
            Some(rate) => format!("{} {rate}", found.pull),
            None => found.pull.to_string(),
        };
        found.iter().map(print).collect()
    }

    #[test]
    fn rounded_parts_add_up() {
        // Thirds: 33.4 + 33.3 + 33.3.
        let thirds = [part(11, 10), part(11, 10), part(11, 10)];
        assert_eq!(
            printed(part(33, 30), &thirds),
            ["3.4 33.4", "3.3 33.3", "3.3 33.3"]
        );
        // One falls, another rises by more than the whole.
        let found = printed(part(101, 100), &[part(40, 50), part(61, 50)]);
        assert_eq!(found, ["-10 -1000", "11 1100"]);
        // The whole falls: who fell contributed.
        let found = printed(part(97, 100), &[part(48, 50), part(49, 50)]);
        assert_eq!(found, ["-2 66.7", "-1 33.3"]);
        // The whole stands still: nothing can be said of shares in nothing.
        assert_eq!(
            printed(part(100, 100), &[part(51, 50), part(49, 50)]),
            ["1", "-1"]
        );
        // A part that was not there before.
        assert_eq!(
            printed(part(110, 100), &[part(100, 100), part(10, 0)]),
            ["0 0", "10 100"]
        );
    }

    #[test]
    fn what_does_not_add_up_is_told() {
        let error = contributions(part(10, 9), &[part(4, 9)], 1)
            .unwrap_err()
            .to_string();
        let said = "the parts make 4, the whole is 10; tell the rest as a part of its own";
        assert_eq!(error, said);
        assert!(contributions(part(4, 10), &[part(4, 9)], 1).is_err());
        assert!(contributions(part(4, 0), &[part(4, 0)], 1).is_err());
        assert!(contributions(part(4, 3), &[], 1).is_err());
    }

    proptest! {
        /// A level down the pulls add up to what was told of the part, rounded either way.
        #[test]
        fn parts_of_a_part_add_up_to_it(
            parts in prop::collection::vec((-9_000..9_000_i32, 0..9_000_i32), 1..9),
            base in 1..99_999_i32, is_up: bool,
        ) {
            let parts: Vec<_> = parts.into_iter().map(|(now, base)| part(now, base)).collect();
            let growth = Number::sum(parts.iter().map(|part| part.growth().unwrap())).unwrap();
            let rounding = if is_up { Rounding::Up } else { Rounding::Down };
            let exact = growth.times(100.into()).unwrap();
            let told = exact.divided_by(base.into(), 1, rounding).unwrap();
            let found = pulls(&parts, base.into(), told, 1).unwrap();
            prop_assert_eq!(Number::sum(found).unwrap(), told);
            let step = Number::new(2, 1).unwrap();
            let off = told.plus(step).unwrap();
            prop_assert!(pulls(&parts, base.into(), off, 1).is_err());
        }

        #[test]
        fn parts_add_up_to_the_whole_exactly(
            parts in prop::collection::vec((-50_000..1_000_000_i32, 0..1_000_000_i32), 1..12),
            places in 0..4_u32,
        ) {
            let parts: Vec<_> = parts.into_iter().map(|(now, base)| part(now, base)).collect();
            let sum = |of: fn(&Part) -> Number| Number::sum(parts.iter().map(of)).unwrap();
            let whole = Part { now: sum(|part| part.now), base: sum(|part| part.base) };
            prop_assume!(whole.base.is_positive());
            let found = contributions(whole, &parts, places).unwrap();

            let pulls = Number::sum(found.iter().map(|found| found.pull)).unwrap();
            prop_assert_eq!(pulls, growth(whole.now, whole.base, places).unwrap());
            let change = whole.growth().unwrap();
            let rates: Option<Vec<_>> = found.iter().map(|found| found.rate).collect();
            prop_assert_eq!(rates.is_none(), change == Number::ZERO);
            if let Some(rates) = &rates {
                prop_assert_eq!(Number::sum(rates.iter().copied()).unwrap(), 100.into());
            }

            // The same to the cent, told in units of 10^8 yuan: ten places.
            let in_100m = |number: Number| Number::new(number.at(0).unwrap(), 10).unwrap();
            let in_100m = |part: Part| Part { now: in_100m(part.now), base: in_100m(part.base) };
            let finer: Vec<_> = parts.iter().copied().map(in_100m).collect();
            prop_assert_eq!(&contributions(in_100m(whole), &finer, places).unwrap(), &found);

            // No part is a whole step away from what it is.
            let wide = |number: Number| number.at(0).unwrap();
            let steps = 100 * 10_i128.pow(places);
            for (part, found) in parts.iter().zip(&found) {
                let growth = wide(part.growth().unwrap());
                // By the textbook, in integers: both sides times what it is a share of.
                let is_near = |share: Number, of: i128| {
                    (share.at(places).unwrap() * of - growth * steps).abs() < of.abs()
                };
                prop_assert!(is_near(found.pull, wide(whole.base)));
                prop_assert!(found.rate.is_none_or(|rate| is_near(rate, wide(change))));
            }
        }
    }
}
