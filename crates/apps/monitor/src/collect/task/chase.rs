//! Lateness along the tree of regions: how many at each place, and who calls whom.
//!
//! Not here: who is late (`task`).

use super::{Standing, State, Task};
use codes::{Code, Region, RegionLevel};
use facts::Object;
use std::collections::BTreeMap;

/// How those who lie in a region stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many owe figures.
    pub expected: usize,
    /// Of how many all has been taken.
    pub accepted: usize,
    /// Of how many of these it came too late.
    pub accepted_late: usize,
    /// Of how many something is missing or waits.
    pub received: usize,
    /// How many have to send again.
    pub rejected: usize,
    /// Of how many nothing has come in, and is not late yet.
    pub due: usize,
    /// Of how many nothing has come in, and is late.
    pub late: usize,
}

impl Count {
    fn add(&mut self, standing: &Standing) {
        self.expected += 1;
        match standing.state {
            State::Due => self.due += 1,
            State::Late => self.late += 1,
            State::Received => self.received += 1,
            State::Rejected => self.rejected += 1,
            State::Accepted => {
                self.accepted += 1;
                self.accepted_late += usize::from(standing.days_behind > 0);
            }
        }
    }
}

/// The counts of every region from those who owe figures up to the region of the task; those who
/// lie nowhere count at the task's.
pub fn behind(task: &Task, standings: &[Standing]) -> BTreeMap<Region, Count> {
    let top = task.who.within();
    let mut counts: BTreeMap<Region, Count> = BTreeMap::new();
    for standing in standings {
        let mut at = standing.region.filter(|region| region.is_within(top));
        while let Some(region) = at.filter(|region| *region != top) {
            counts.entry(region).or_default().add(standing);
            at = region.parent();
        }
        counts.entry(top).or_default().add(standing);
    }
    counts
}

/// That a region is called about those within it who are behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which region is called.
    pub region: Region,
    /// About whom, those who are furthest behind first, and by how many days.
    pub about: Vec<(Object, u32)>,
}

/// Who is called about whom: of each who is behind the region of the level that the task names for
/// so many days; coarser regions first.
pub fn calls(task: &Task, standings: &[Standing]) -> Vec<Call> {
    let mut calls: BTreeMap<(RegionLevel, Region), Vec<(Object, u32)>> = BTreeMap::new();
    for standing in standings {
        if standing.state == State::Accepted || standing.days_behind == 0 {
            continue;
        }
        let reached = task
            .chase
            .iter()
            .filter(|chase| u32::from(chase.days) <= standing.days_behind);
        for chase in reached {
            // Where there is none of that level the next above it is called.
            let at = standing.region.unwrap_or(task.who.within());
            let mut region = at;
            while region.level() > chase.level
                && let Some(parent) = region.parent()
            {
                region = parent;
            }
            let about = (standing.object.clone(), standing.days_behind);
            calls
                .entry((region.level(), region))
                .or_default()
                .push(about);
        }
    }
    let call = |((_, region), mut about): ((RegionLevel, Region), Vec<(Object, u32)>)| {
        about.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        // Two levels may lead to one region: each is told once.
        about.dedup();
        Call { region, about }
    };
    calls.into_iter().map(call).collect()
}
