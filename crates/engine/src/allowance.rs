//! How much of something costly is done each second, in total and for each source.
//!
//! For signatures, which cost a core about a millisecond each: strangers may ask for them. Counts
//! begin anew with each second, so nothing is remembered of a source for longer, and there are
//! never more sources than things done. Time is an argument.

use crate::Moment;
use alloc::collections::BTreeMap;

/// How much is done each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowanceLimits {
    /// In total. Default: 500; with an RSA key of 3,072 bits two fifths of a core.
    pub per_second: u32,
    /// For one source. Default: 100; who asks for more is a program that runs wild.
    pub per_source_and_second: u32,
}

impl Default for AllowanceLimits {
    fn default() -> Self {
        Self {
            per_second: 500,
            per_source_and_second: 100,
        }
    }
}

/// Counts what is done in the present second.
///
/// ```
/// use engine::{Allowance, AllowanceLimits, Moment};
///
/// let limits = AllowanceLimits { per_second: 3, per_source_and_second: 2 };
/// let mut allowance = Allowance::new(limits);
/// let at = Moment(5_000);
/// assert!(allowance.take("a", at) && allowance.take("a", at) && !allowance.take("a", at));
/// assert!(allowance.take("b", at) && !allowance.take("c", at));
/// assert!(allowance.take("a", Moment(6_000)));
/// ```
#[derive(Debug)]
pub struct Allowance<S> {
    limits: AllowanceLimits,
    second: u64,
    taken: u32,
    by_source: BTreeMap<S, u32>,
}

impl<S: Ord> Allowance<S> {
    /// Nothing is done yet.
    pub fn new(limits: AllowanceLimits) -> Self {
        Self {
            limits,
            second: 0,
            taken: 0,
            by_source: BTreeMap::new(),
        }
    }

    /// Whether one more may be done for a source; if so, it counts.
    pub fn take(&mut self, source: S, now: Moment) -> bool {
        let second = now.0 / 1000;
        if second != self.second {
            self.second = second;
            self.taken = 0;
            self.by_source.clear();
        }
        if self.taken >= self.limits.per_second || self.limits.per_source_and_second == 0 {
            return false;
        }
        let of_source = self.by_source.entry(source).or_default();
        if *of_source >= self.limits.per_source_and_second {
            return false;
        }
        *of_source += 1;
        self.taken += 1;
        true
    }
}
