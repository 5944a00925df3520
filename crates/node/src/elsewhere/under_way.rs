//! How many questions for other nodes are under way at a time, in total and for each source: each
//! holds sockets and memory, and strangers make this node ask them.

use crate::visitor::Source;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnderWayLimits {
    /// Half of them for sources that are proven, half for those that are only claimed.
    pub(crate) total: usize,
    /// Only one once half of the half is taken: then who has none yet comes first.
    pub(crate) per_source: usize,
}

/// Counts them.
#[derive(Debug)]
pub(crate) struct UnderWay {
    limits: UnderWayLimits,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Default)]
struct Counted {
    /// For proven sources, and for claimed ones.
    halves: [usize; 2],
    by_source: BTreeMap<Source, usize>,
}

impl Counted {
    fn half(&mut self, source: Source) -> &mut usize {
        let [proven, claimed] = &mut self.halves;
        if source.is_proven() { proven } else { claimed }
    }
}

/// One question under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    source: Source,
    counted: Arc<Mutex<Counted>>,
}

impl UnderWay {
    pub(crate) fn new(limits: UnderWayLimits) -> Self {
        Self {
            limits,
            counted: Arc::default(),
        }
    }

    /// Counts one more for a source; none if there are too many.
    pub(crate) fn begin(&self, source: Source) -> Option<Permit> {
        let mut counted = lock(&self.counted);
        let of_source = counted.by_source.get(&source).copied().unwrap_or(0);
        let (half, half_max) = (counted.half(source), self.limits.total.div_ceil(2));
        let per_source = if *half >= half_max.div_ceil(2) {
            1
        } else {
            self.limits.per_source
        };
        if *half >= half_max || of_source >= per_source {
            return None;
        }
        *half += 1;
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
        *counted.half(self.source) -= 1;
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
    fn each_source_and_each_half_have_their_limit() {
        let under_way = UnderWay::new(UnderWayLimits {
            total: 8,
            per_source: 2,
        });
        let source = |number| Source::connected(IpAddr::from([192, 0, 2, number]));
        let first = under_way.begin(source(1)).unwrap();
        let _second = under_way.begin(source(1)).unwrap();
        assert!(under_way.begin(source(1)).is_none(), "two of one source");
        let _third = under_way.begin(source(2)).unwrap();
        assert!(under_way.begin(source(2)).is_none(), "others come first");
        let _fourth = under_way.begin(source(3)).unwrap();
        assert!(under_way.begin(source(4)).is_none(), "four of all");
        // Those who only claim their address have a half of their own.
        let claimed = Source::claimed(IpAddr::from([192, 0, 2, 1]));
        let _claimed = under_way.begin(claimed).unwrap();
        drop(first);
        let _fifth = under_way.begin(source(4)).unwrap();
        assert_eq!(lock(&under_way.counted).halves, [4, 1]);
        assert_eq!(lock(&under_way.counted).by_source.len(), 5);
    }
}
