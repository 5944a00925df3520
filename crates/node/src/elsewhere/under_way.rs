//! How many questions for other nodes are under way at a time, in total and for each source: each
//! holds sockets and memory, and strangers make this node ask them.

use crate::answerer::Source;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnderWayLimits {
    pub(crate) total: usize,
    pub(crate) per_source: usize,
}

/// Counts them.
#[derive(Debug)]
pub(super) struct UnderWay {
    limits: UnderWayLimits,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Default)]
struct Counted {
    total: usize,
    by_source: BTreeMap<Source, usize>,
}

/// One question under way, until this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    source: Source,
    counted: Arc<Mutex<Counted>>,
}

impl UnderWay {
    pub(super) fn new(limits: UnderWayLimits) -> Self {
        Self {
            limits,
            counted: Arc::default(),
        }
    }

    /// Counts one more for a source; none if there are too many.
    pub(super) fn begin(&self, source: Source) -> Option<Permit> {
        let mut counted = lock(&self.counted);
        let of_source = counted.by_source.get(&source).copied().unwrap_or(0);
        if counted.total >= self.limits.total || of_source >= self.limits.per_source {
            return None;
        }
        counted.total += 1;
        counted.by_source.insert(source, of_source + 1);
        Some(Permit {
            source,
            counted: Arc::clone(&self.counted),
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counted = lock(&self.counted);
        counted.total -= 1;
        if let Some(of_source) = counted.by_source.get_mut(&self.source) {
            *of_source -= 1;
            if *of_source == 0 {
                counted.by_source.remove(&self.source);
            }
        }
    }
}

fn lock(counted: &Mutex<Counted>) -> MutexGuard<'_, Counted> {
    // Nothing between two statements that change it can fail.
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn each_source_and_all_together_have_their_limit() {
        let under_way = UnderWay::new(UnderWayLimits {
            total: 3,
            per_source: 2,
        });
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let [one, other] = [one, other].map(Source::connected);
        let first = under_way.begin(one).unwrap();
        let _second = under_way.begin(one).unwrap();
        assert!(under_way.begin(one).is_none(), "two of one source");
        let _third = under_way.begin(other).unwrap();
        assert!(under_way.begin(other).is_none(), "three of all");
        drop(first);
        let _fourth = under_way.begin(one).unwrap();
        assert_eq!(lock(&under_way.counted).total, 3);
        assert_eq!(lock(&under_way.counted).by_source.len(), 2);
    }
}
