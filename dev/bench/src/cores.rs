//! What runs where, and whether it was left alone there.
//!
//! Not here: anything that needs the same on another system than Linux.

use crate::failure::{Failure, cannot};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::fs::{read_dir, read_to_string};
use std::iter::Sum;
use std::ops::Sub;
use std::thread;
use std::time::Duration;

/// The cores for the two sides of a conversation; nothing if there is only one core to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) server: usize,
    pub(crate) client: usize,
}

impl Pair {
    /// The first two cores that this process may use.
    pub(crate) fn choose() -> Option<Self> {
        let &[server, client, ..] = allowed().as_slice() else {
            return None;
        };
        Some(Self { server, client })
    }
}

/// The cores that this process may use.
pub(crate) fn allowed() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU)
        .filter(|&core| set.is_set(core))
        .collect()
}

/// Keeps this thread, and every thread it starts from now on, on one core.
pub(crate) fn pin(core: usize) -> Result<(), Failure> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(cannot(format_args!("stay on core {core}")))
}

/// Does something on a core, in a thread of its own, and waits for it.
///
/// Not in the thread that calls: processes it starts later would inherit the one core.
pub(crate) fn on_core<T: Send>(
    core: Option<usize>,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    thread::scope(|scope| {
        let pinned = scope.spawn(move || {
            core.map_or(Ok(()), pin)?;
            work()
        });
        pinned
            .join()
            .unwrap_or_else(|_| Err("a measuring thread panicked".into()))
    })
}

/// What the scheduler gave to threads since they were started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    /// How long they ran.
    pub(crate) ran: Duration,
    /// How long they were ready to run while something else ran on their core.
    pub(crate) waited: Duration,
}

impl Usage {
    /// What this thread was given.
    pub(crate) fn of_this_thread() -> Self {
        Self::read("/proc/thread-self/schedstat")
    }

    /// What all threads of a process were given.
    pub(crate) fn of_process(id: u32) -> Self {
        let threads = read_dir(format!("/proc/{id}/task")).into_iter().flatten();
        let paths = threads
            .flatten()
            .map(|thread| thread.path().join("schedstat"));
        paths.map(|path| Self::read(&path.to_string_lossy())).sum()
    }

    /// Nothing where the kernel keeps no such statistics.
    fn read(path: &str) -> Self {
        Self::parse(&read_to_string(path).unwrap_or_default()).unwrap_or_default()
    }

    /// Nanoseconds run, nanoseconds waited, and a count that does not matter here.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(str::parse);
        Some(Self {
            ran: Duration::from_nanos(numbers.next()?.ok()?),
            waited: Duration::from_nanos(numbers.next()?.ok()?),
        })
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(earlier.ran),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), |sum, usage| Self {
            ran: sum.ran + usage.ran,
            waited: sum.waited + usage.waited,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_added_and_subtracted() {
        let usage = |ran, waited| Usage {
            ran: Duration::from_nanos(ran),
            waited: Duration::from_nanos(waited),
        };
        assert_eq!(
            Usage::parse("268844313 5492538 23\n"),
            Some(usage(268_844_313, 5_492_538))
        );
        assert_eq!(Usage::parse("268844313"), None);
        assert_eq!(Usage::parse(""), None);
        assert_eq!(
            [usage(1, 2), usage(10, 20)].into_iter().sum::<Usage>(),
            usage(11, 22)
        );
        assert_eq!(usage(11, 22) - usage(1, 2), usage(10, 20));
        assert_eq!(usage(1, 2) - usage(2, 1), usage(0, 1));
    }

    #[test]
    fn work_is_done_on_its_core_and_nowhere_else() {
        let before = allowed();
        let core = *before.last().expect("this test runs somewhere");
        let there = on_core(Some(core), || Ok(allowed())).expect("the core may be used");
        assert_eq!(there, [core]);
        assert_eq!(allowed(), before);
    }
}
