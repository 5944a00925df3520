//! Alarms beside what happened: hits, misses, false alarms, lead and cost.
//!
//! Not here: how alarms come about.

use super::{Run, Trial};
use crate::warn::subject::Subject;
use codes::{Number, Period};
use facts::Error;
use std::fmt;

/// Something that happened to a subject, and that should have been warned of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// To whom.
    pub subject: Subject,
    /// The period in which it began, and that in which it ended.
    pub periods: [Period; 2],
    /// What it is called.
    pub label: String,
}

/// What mistakes cost, in a unit that whoever tests may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// What an episode costs that nobody was warned of.
    pub miss: Number,
    /// What an alarm costs that nothing followed.
    pub false_alarm: Number,
}

/// What became of an episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which episode, counted from 0.
    pub episode: usize,
    /// How many periods before it began the alarm came; negative if it came later. `None`: a miss.
    pub lead: Option<i32>,
}

/// How a rule has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score {
    /// Episodes that were warned of.
    pub hits: u32,
    /// Episodes that were not.
    pub misses: u32,
    /// Alarms that nothing followed.
    pub false_alarms: u32,
    /// Periods in alarm, of all subjects together.
    pub periods_in_alarm: u32,
    /// Periods judged, of all subjects together.
    pub periods: u32,
    /// The leads of all hits together, in periods.
    pub lead_sum: i32,
    /// What misses and false alarms cost.
    pub cost: Number,
}

impl Score {
    /// The mean lead of hits in periods, with two places; `None` without a hit.
    pub fn lead_mean(&self) -> Option<Number> {
        let by = Number::from(i32::try_from(self.hits).ok()?);
        let rounding = codes::Rounding::HalfAway;
        Number::from(self.lead_sum).divided_by(by, 2, rounding).ok()
    }
}

/// Prints all of it on a line.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "hits {}, misses {}, false alarms {}, in alarm {} of {}, lead {}, cost {}",
            self.hits,
            self.misses,
            self.false_alarms,
            self.periods_in_alarm,
            self.periods,
            self.lead_sum,
            self.cost
        )
    }
}

pub(super) fn score(runs: &[Run], trial: &Trial) -> Result<(Score, Vec<Outcome>), Error> {
    let mut score = Score::default();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (number, episode) in trial.episodes.iter().enumerate() {
        let lead = lead(runs, trial, episode);
        match lead {
            Some(lead) => {
                score.hits += 1;
                score.lead_sum += lead;
            }
            None => score.misses += 1,
        }
        outcomes.push(Outcome {
            episode: number,
            lead,
        });
    }
    for run in runs {
        let alarms = alarms(run, trial.level);
        let lengths = alarms.iter().map(|[first, last]| last - first + 1);
        score.periods_in_alarm += lengths.sum::<u32>();
        score.periods += u32::try_from(run.points.len()).unwrap_or(u32::MAX);
        let of_subject = |episode: &&Episode| episode.subject == run.subject;
        let stretches: Vec<_> = trial
            .episodes
            .iter()
            .filter(of_subject)
            .map(|episode| stretch(trial, episode))
            .collect();
        let meets = |[first, last]: &[u32; 2]| {
            stretches
                .iter()
                .any(|[from, to]| first <= to && from <= last)
        };
        let false_alarms = alarms.iter().filter(|alarm| !meets(alarm)).count();
        score.false_alarms += u32::try_from(false_alarms).unwrap_or(u32::MAX);
    }
    let costs = trial.costs;
    let times = |count: u32, cost: Number| cost.times(Number::new(count.into(), 0)?);
    let missed = times(score.misses, costs.miss)?;
    score.cost = missed.plus(times(score.false_alarms, costs.false_alarm)?)?;
    Ok((score, outcomes))
}

/// The numbers of the periods within which an alarm is meant for an episode.
fn stretch(trial: &Trial, episode: &Episode) -> [u32; 2] {
    let [from, to] = episode.periods;
    let from = from.ordinal().saturating_sub(trial.lead_max.into());
    [from, to.ordinal().saturating_add(trial.grace.into())]
}

fn lead(runs: &[Run], trial: &Trial, episode: &Episode) -> Option<i32> {
    let [from, to] = stretch(trial, episode);
    let run = runs.iter().find(|run| run.subject == episode.subject)?;
    let mut points = run.points.iter();
    let first = points.find(|point| {
        (from..=to).contains(&point.period.ordinal()) && point.standing.level >= trial.level
    })?;
    let [began, _] = episode.periods.map(|period| i64::from(period.ordinal()));
    i32::try_from(began - i64::from(first.period.ordinal())).ok()
}

/// Periods in a row in alarm, by the numbers of the first and the last.
fn alarms(run: &Run, level: u8) -> Vec<[u32; 2]> {
    let mut alarms: Vec<[u32; 2]> = Vec::new();
    for point in &run.points {
        if point.standing.level < level {
            continue;
        }
        let at = point.period.ordinal();
        match alarms.last_mut() {
            Some([_, last]) if *last + 1 == at => *last = at,
            _ => alarms.push([at, at]),
        }
    }
    alarms
}
