//! How many cases there are of which class and city, and how long they take. Not here: single
//! cases.

use super::{Bottleneck, Case};
use codes::{Date, Number, Region, RegionLevel};
use facts::Error;
use std::collections::BTreeMap;

/// Says by what cases are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// All of them together.
    All,
    /// By what is missing.
    Class(Bottleneck),
    /// By region.
    Region(Region),
}

/// How many cases there are, and how long they take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Opened within the days asked for.
    pub opened: usize,
    /// Closed as solved within these days, as the enterprise said.
    pub solved: usize,
    /// Refused within these days.
    pub refused: usize,
    /// Withdrawn within these days.
    pub withdrawn: usize,
    /// Open.
    pub open: usize,
    /// Of these, overdue on the last of the days.
    pub overdue: usize,
    /// How often enterprises said of those counted as opened that they were not solved.
    pub sent_back: u32,
    /// How many days the middle one of those solved took from its opening until its enterprise
    /// confirmed; between the two middle ones half way.
    pub median_days: Option<Number>,
}

/// Counts cases over days, both included: all of them, by class, and by regions of a level. The
/// cases are as they stand at the end of these days.
///
/// # Errors
/// [`Error::Code`] if a median has no number, which days of four centuries do not make happen.
pub fn statistics(
    cases: &[Case],
    level: RegionLevel,
    [from, to]: [Date; 2],
) -> Result<BTreeMap<By, Tally>, Error> {
    let mut groups: BTreeMap<By, Vec<&Case>> = BTreeMap::from([(By::All, Vec::new())]);
    for case in cases {
        let region = case.region.at(level).unwrap_or(case.region);
        for by in [By::All, By::Class(case.about.class), By::Region(region)] {
            groups.entry(by).or_default().push(case);
        }
    }
    let tallied = groups
        .into_iter()
        .map(|(by, cases)| Ok((by, tally(&cases, [from, to])?)));
    tallied.collect()
}

fn tally(cases: &[&Case], [from, to]: [Date; 2]) -> Result<Tally, Error> {
    let is_within = |day: Date| from <= day && day <= to;
    let mut tally = Tally::default();
    let mut days = Vec::new();
    for case in cases {
        if is_within(case.opened) {
            tally.opened += 1;
            tally.sent_back += case.sent_back;
        }
        if !case.is_closed {
            tally.open += 1;
            tally.overdue += usize::from(case.is_overdue(to));
            continue;
        }
        if !is_within(case.since) {
            continue;
        }
        match case.state.as_str() {
            "refused" => tally.refused += 1,
            "withdrawn" => tally.withdrawn += 1,
            _ => {
                tally.solved += 1;
                days.push(case.since.number() - case.opened.number());
            }
        }
    }
    tally.median_days = median(days)?;
    Ok(tally)
}

/// The middle one, or half way between the two middle ones.
fn median(mut days: Vec<u32>) -> Result<Option<Number>, Error> {
    days.sort_unstable();
    let middle = days.len() / 2;
    let Some(upper) = days.get(middle) else {
        return Ok(None);
    };
    let is_odd = days.len() % 2 == 1;
    let lower = if is_odd { upper } else { &days[middle - 1] };
    let twice = i128::from(*upper) + i128::from(*lower);
    Ok(Some(Number::new(twice * 5, 1)?))
}
