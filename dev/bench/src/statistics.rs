//! What several measurements say together. Not here: how they are shown (`layout`).

use serde::Serialize;
use std::time::Duration;

/// The least, the middle and the greatest of several measurements.
///
/// The middle one, not the mean: one round in which somebody else used the machine moves a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// The spread of measurements in any order; nothing of none.
    pub(crate) fn of(measured: &[f64]) -> Option<Self> {
        let mut sorted = measured.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            min: *sorted.first()?,
            median: median(&sorted)?,
            max: *sorted.last()?,
        })
    }
}

/// The middle of sorted numbers; of two that share the middle, their mean.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

/// How often a second something happened that happened `count` times.
pub(crate) fn rate(count: u64, took: Duration) -> f64 {
    real(count) / took.as_secs_f64()
}

/// A count to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "what is counted stays below 2^52, and no figure has 15 digits"
)]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// The least member of which `per_cent` of all are no greater (the nearest rank). They are sorted.
pub(crate) fn percentile<T: Copy>(sorted: &[T], per_cent: usize) -> Option<T> {
    let rank = (sorted.len() * per_cent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_the_sorted_numbers() {
        let check = |measured: &[f64], min: f64, median: f64, max: f64| {
            let expected = Spread { min, median, max };
            assert_eq!(Spread::of(measured), Some(expected), "{measured:?}");
        };
        check(&[7.0], 7.0, 7.0, 7.0);
        check(&[3.0, 1.0, 2.0], 1.0, 2.0, 3.0);
        check(&[10.0, 2.0, 4.0, 9.0], 2.0, 6.5, 10.0);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_rate_is_counted_in_seconds() {
        let half = Duration::from_millis(500);
        assert_eq!(rate(300, half).to_bits(), 600.0_f64.to_bits());
    }

    #[test]
    fn a_percentile_is_a_member_by_the_nearest_rank() {
        let check = |count: u64, per_cent: usize, expected: Option<u64>| {
            let sorted: Vec<u64> = (1..=count).collect();
            let found = percentile(&sorted, per_cent);
            assert_eq!(found, expected, "{per_cent} % of {count}");
        };
        check(100, 50, Some(50));
        check(100, 99, Some(99));
        check(101, 50, Some(51));
        check(10, 99, Some(10));
        check(1, 50, Some(1));
        check(5, 0, Some(1));
        check(0, 50, None);
    }
}
