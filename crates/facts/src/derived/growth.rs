//! Growth: on the year before, on the period before, over what can be compared.

use crate::Error;
use codes::{Number, Rounding};
use std::collections::BTreeMap;

/// How much more `now` is than `base`, in per cent with so many places.
///
/// The base of a year-on-year growth (同比) is the same period of the year before
/// ([`codes::Period::same_last_year`]), that of a month-on-month growth (环比) the one before
/// ([`codes::Period::previous`]).
///
/// ```
/// use facts::derived::growth;
///
/// let growth = growth("106.54".parse()?, "100".parse()?, 1)?;
/// assert_eq!(growth.to_string(), "6.5");
/// # Ok::<(), facts::Error>(())
/// ```
///
/// # Errors
/// [`Error::Base`] if the base is not above zero: a loss that turns into a profit grows by nothing
/// that can be told in per cent.
pub fn growth(now: Number, base: Number, places: u32) -> Result<Number, Error> {
    if !base.is_positive() {
        return Err(Error::Base { base });
    }
    let more = now.minus(base)?.times(100.into())?;
    Ok(more.divided_by(base, places, Rounding::HalfAway)?)
}

/// Two periods over the objects that both have figures of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compared {
    /// The sum of the later figures of those that have both.
    pub now: Number,
    /// The sum of their earlier figures.
    pub base: Number,
    /// How many have both.
    pub both: usize,
    /// How many have only a later figure: they began, or came above the threshold.
    pub only_now: usize,
    /// How many have only an earlier figure.
    pub only_before: usize,
}

/// Sums up what can be compared (可比口径): the set of enterprises above the threshold changes
/// every year, so their sums of two years are of two sets.
///
/// # Errors
/// [`Error::Code`] if a sum has too many digits.
pub fn comparable<K: Ord>(
    now: &BTreeMap<K, Number>,
    before: &BTreeMap<K, Number>,
) -> Result<Compared, Error> {
    let mut compared = Compared::default();
    for (object, figure) in now {
        let Some(base) = before.get(object) else {
            compared.only_now += 1;
            continue;
        };
        compared.both += 1;
        compared.now = compared.now.plus(*figure)?;
        compared.base = compared.base.plus(*base)?;
    }
    compared.only_before = before.len() - compared.both;
    Ok(compared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn growth_is_rounded_as_everybody_rounds() {
        let check = |now: &str, base: &str, expected: &str| {
            let growth = growth(number(now), number(base), 1).unwrap();
            assert_eq!(growth.to_string(), expected, "{now} on {base}");
        };
        check("106.55", "100", "6.6");
        check("93.45", "100", "-6.6");
        check("100", "100", "0");
        check("0", "0.01", "-100");
        check("2", "3", "-33.3");
        check("-5", "100", "-105");
    }

    #[test]
    fn growth_from_nothing_or_less_is_none() {
        for base in ["0", "-1"] {
            let error = growth(number("5"), number(base), 1).unwrap_err();
            assert!(matches!(error, Error::Base { .. }), "{error}");
        }
    }

    #[test]
    fn only_what_has_both_figures_is_compared() {
        let figures = |of: &[(&'static str, i32)]| {
            of.iter()
                .map(|(name, figure)| (*name, Number::from(*figure)))
                .collect()
        };
        let before = figures(&[("a", 100), ("gone", 900)]);
        let now = figures(&[("a", 110), ("new", 50)]);
        let compared = comparable(&now, &before).unwrap();
        assert_eq!((compared.now, compared.base), (110.into(), 100.into()));
        assert_eq!(
            (compared.both, compared.only_now, compared.only_before),
            (1, 1, 1)
        );
        // The sums of the two sets would tell of a fall of 84 %.
        assert_eq!(growth(compared.now, compared.base, 1).unwrap(), 10.into());
    }
}
