//! Which record is asked for next.

use crate::records::{below, scatter, shuffled};
use clap::ValueEnum;

/// How questions are spread over the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Popularity {
    /// Every record as often as any other: the worst for whoever remembers.
    Even,
    /// The second record half as often as the first, the third a third as often, and so on (Zipf's
    /// law with the exponent 1), as people ask.
    Zipf,
    /// One after the other, and then from the first again.
    InTurn,
}

impl Popularity {
    /// The serial number that question number `asked` is about.
    pub(crate) fn choose(self, records: u64, asked: u64) -> u64 {
        match self {
            Self::Even => below(records, scatter(asked)),
            // What is asked for often lies anywhere among the others, not side by side.
            Self::Zipf => shuffled(zipf_rank(records, scatter(asked)), records),
            Self::InTurn => asked % records.max(1),
        }
    }
}

/// A rank from 0 to below `records`, each with a chance of about one in its number.
fn zipf_rank(records: u64, chance: u64) -> u64 {
    // The inverse of the distribution, taken as continuous: ln(rank) / ln(records).
    #[allow(clippy::cast_precision_loss, reason = "53 bits of chance are enough")]
    let (records_real, chance) = (records as f64, chance as f64 / u64::MAX as f64);
    #[allow(clippy::cast_sign_loss, reason = "a power of a positive number")]
    let rank = records_real.powf(chance) as u64;
    rank.saturating_sub(1).min(records.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn zipf_asks_for_few_often_and_for_all_at_times() {
        let mut counts = BTreeMap::new();
        for asked in 0..100_000 {
            let serial = Popularity::Zipf.choose(1000, asked);
            assert!(serial < 1000);
            *counts.entry(serial).or_insert(0) += 1;
        }
        let mut counts: Vec<u32> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        assert!(counts.len() > 990, "{} records", counts.len());
        // ln 2 / ln 1000 of all questions are about the first.
        assert!((9_000..11_000).contains(&counts[0]), "{}", counts[0]);
    }

    #[test]
    fn even_asks_for_all_alike() {
        let mut counts = [0_u32; 10];
        for asked in 0..10_000 {
            counts[Popularity::Even.choose(10, asked) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1200).contains(count)),
            "{counts:?}"
        );
    }
}
