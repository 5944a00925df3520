//! How a rule would have done: run over past periods by what was known then, beside what happened.
//!
//! Each period is judged at the moment when all figures of it that the rule speaks of had been
//! told, but no later than the next period was judged: later revisions are not known yet, as they
//! were not then. A period of which nothing was told is judged when the next one is.
//!
//! | word | meaning |
//! | --- | --- |
//! | alarm | periods in a row in which the ladder shows the level that is scored, or a higher one |
//! | hit, miss | an episode within whose stretch there was an alarm, or none |
//! | false alarm | an alarm that lies in the stretch of no episode of its subject |
//! | stretch | from `lead_max` periods before an episode begins to `grace` after it has ended |
//! | lead | periods from the first one in alarm within the stretch to the beginning |
//!
//! Not here: what is drawn of it (`plot`), whether somebody has looked at it (`register`).

mod finding;
mod scoring;
#[cfg(test)]
mod tests;

use super::assessment::{Assessment, assess_by, check_subject, known_figures};
use super::figures::{Figures as _, Source};
use super::ladder::Standing;
use super::rule::{Digest, Rule};
use super::subject::Subject;
use super::unknown::Unknown;
use codes::{Number, Period};
use facts::{Error, Instant, View, event, history};
use finding::Noted;
use std::fmt::{self, Write as _};

pub use finding::Finding;
pub use scoring::{Costs, Episode, Outcome, Score};

/// The most subjects of a back-test: the counties of some provinces.
const SUBJECTS_MAX: usize = 1000;

/// The most periods of a back-test: ten years of months, a year of days.
const PERIODS_MAX: u32 = 366;

/// The most numbers that a threshold is put to.
const SWEEP_MAX: usize = 50;

/// The most events of an object that are looked through for episodes.
const EVENTS_MAX: usize = 10_000;

/// The most judgements in all.
const JUDGEMENTS_MAX: usize = 200_000;

/// The most steps in all: judgements, each as many as its rule takes. Half a minute.
const WORK_MAX: u64 = 100_000_000;

/// What is tested.
#[derive(Debug, Clone)]
pub struct Trial {
    /// To whom the rule is applied.
    pub subjects: Vec<Subject>,
    /// From which period to which, both included.
    pub periods: [Period; 2],
    /// What happened.
    pub episodes: Vec<Episode>,
    /// From which level on it is an alarm, from 1.
    pub level: u8,
    /// How many periods before an episode an alarm may come and still be meant for it.
    pub lead_max: u16,
    /// How many periods after it.
    pub grace: u16,
    /// What mistakes cost.
    pub costs: Costs,
    /// A threshold, and the numbers that it is put to one after the other.
    pub sweep: Option<(String, Vec<Number>)>,
}

/// A period of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Which period.
    pub period: Period,
    /// By what was known then.
    pub at: Instant,
    /// What the ladder shows.
    pub standing: Standing,
    /// Why something was unknown.
    pub why: Option<Unknown>,
}

/// What the rule makes of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Of whom.
    pub subject: Subject,
    /// Period by period, up to the last of which anything was told.
    pub points: Vec<Point>,
}

/// How a rule would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackTest {
    /// The digest of the rule that was tested.
    pub rule: Digest,
    /// What it made of each subject.
    pub runs: Vec<Run>,
    /// How many hits, misses and false alarms there were, and what they cost.
    pub score: Score,
    /// Which episodes were hit, in the order in which they were given.
    pub outcomes: Vec<Outcome>,
    /// What should be looked at.
    pub findings: Vec<Finding>,
    /// The swept threshold, and the score with each number.
    pub curve: Option<(String, Vec<(Number, Score)>)>,
}

impl BackTest {
    /// Runs a trial of a rule over what was known.
    ///
    /// # Errors
    /// [`Error::Count`] if the trial is too large or has nothing in it; [`Error::Missing`] if a
    /// subject is not of the rule's roles, or there is no such level or threshold;
    /// [`Error::Frequency`], [`Error::Store`], [`Error::Stored`].
    pub fn run(view: &dyn View, rule: &Rule, trial: &Trial) -> Result<Self, Error> {
        let swept = check(rule, trial)?;
        let mut noted = Noted::default();
        let mut runs = Vec::new();
        // The runs with each number of the swept threshold.
        let mut others: Vec<Vec<Run>> = vec![Vec::new(); swept.len()];
        for subject in &trial.subjects {
            let mut points = Vec::new();
            let mut other_points: Vec<Vec<Point>> = vec![Vec::new(); swept.len()];
            for (period, at) in moments(view, rule, subject, trial.periods)? {
                // What was known then is read once for all numbers of the threshold.
                let mut figures = known_figures(view, rule, subject, period, at)?;
                let assessment = assess_by(rule, &mut figures, period, at)?;
                noted.note(&assessment);
                points.push(Point::of(assessment));
                for ((_, rule), points) in swept.iter().zip(&mut other_points) {
                    points.push(Point::of(assess_by(rule, &mut figures, period, at)?));
                }
            }
            let run = |points| Run {
                subject: subject.clone(),
                points,
            };
            runs.push(run(points));
            for (runs, points) in others.iter_mut().zip(other_points) {
                runs.push(run(points));
            }
        }
        let (score, outcomes) = scoring::score(&runs, trial)?;
        let curve = match &trial.sweep {
            None => None,
            Some((name, _)) => {
                let scored = swept.iter().zip(&others).map(|((number, _), runs)| {
                    let (score, _) = scoring::score(runs, trial)?;
                    Ok((*number, score))
                });
                Some((name.clone(), scored.collect::<Result<_, Error>>()?))
            }
        };
        Ok(Self {
            rule: rule.digest(),
            runs,
            score,
            outcomes,
            findings: noted.findings(rule, trial),
            curve,
        })
    }

    /// The digest of the whole result: who says that he has looked at it names this.
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        let mut line = |line: fmt::Arguments<'_>| {
            // Writing into a string never fails.
            let _ = writeln!(text, "{line}");
        };
        line(format_args!("rule {}", self.rule));
        for run in &self.runs {
            line(format_args!("run {}", run.subject));
            for point in &run.points {
                let Standing { level, is_unknown } = point.standing;
                let (period, at) = (point.period, point.at.0);
                line(format_args!("{period} {at} {level} {is_unknown}"));
            }
        }
        line(format_args!("score {}", self.score));
        for outcome in &self.outcomes {
            line(format_args!(
                "episode {:?} {:?}",
                outcome.episode, outcome.lead
            ));
        }
        for finding in &self.findings {
            let [english, _] = finding.said();
            line(format_args!("finding {english}"));
        }
        if let Some((name, points)) = &self.curve {
            for (number, score) in points {
                line(format_args!("{name} {number} {score}"));
            }
        }
        Digest::of(&[b"back-test", text.as_bytes()])
    }
}

impl Point {
    fn of(assessment: Assessment) -> Self {
        Self {
            period: assessment.period,
            at: assessment.at,
            standing: assessment.standing,
            why: assessment.why,
        }
    }
}

/// Whether a trial can be run; gives the rule with each number of the swept threshold.
fn check(rule: &Rule, trial: &Trial) -> Result<Vec<(Number, Rule)>, Error> {
    let count = |what, counted, expected| {
        Err(Error::Count {
            what,
            counted,
            expected,
        })
    };
    let subjects = trial.subjects.len();
    if !(1..=SUBJECTS_MAX).contains(&subjects) {
        return count("subjects of a back-test", subjects, "1 to 1000");
    }
    for subject in &trial.subjects {
        check_subject(rule, subject)?;
    }
    let [from, to] = trial.periods;
    let of_episodes = trial.episodes.iter().flat_map(|episode| episode.periods);
    for period in [from, to].into_iter().chain(of_episodes) {
        if period.frequency() != rule.frequency() {
            let [frequency, _] = rule.frequency().names();
            return Err(Error::Frequency { period, frequency });
        }
    }
    let periods = (to.ordinal() + 1).saturating_sub(from.ordinal());
    if !(1..=PERIODS_MAX).contains(&periods) {
        return count("periods of a back-test", periods as usize, "1 to 366");
    }
    if rule.level(trial.level).is_none() {
        return Err(Error::Missing {
            what: "level of the rule",
            name: trial.level.to_string(),
        });
    }
    let swept = swept(rule, trial)?;
    let judgements = subjects * periods as usize * (swept.len() + 1);
    if judgements > JUDGEMENTS_MAX {
        return count("judgements of a back-test", judgements, "at most 200000");
    }
    let work = rule.work().saturating_mul(judgements as u64);
    if work > WORK_MAX {
        let work = usize::try_from(work).unwrap_or(usize::MAX);
        return count("steps of a back-test", work, "at most 100000000");
    }
    Ok(swept)
}

fn swept(rule: &Rule, trial: &Trial) -> Result<Vec<(Number, Rule)>, Error> {
    let Some((name, numbers)) = &trial.sweep else {
        return Ok(Vec::new());
    };
    if !(1..=SWEEP_MAX).contains(&numbers.len()) {
        return Err(Error::Count {
            what: "numbers of a swept threshold",
            counted: numbers.len(),
            expected: "1 to 50",
        });
    }
    let with = |number: &Number| {
        let rule = rule.with_threshold(name, *number);
        let rule = rule.ok_or_else(|| Error::Missing {
            what: "threshold of the rule",
            name: name.clone(),
        })?;
        Ok((*number, rule))
    };
    numbers.iter().map(with).collect()
}

/// When each period is judged; those after the last of which anything was told are left out.
fn moments(
    view: &dyn View,
    rule: &Rule,
    subject: &Subject,
    [from, to]: [Period; 2],
) -> Result<Vec<(Period, Instant)>, Error> {
    let mut figures = known_figures(view, rule, subject, to, Instant::LAST)?;
    let mut found: Vec<(Period, Option<Instant>)> = Vec::new();
    for ordinal in from.ordinal()..=to.ordinal() {
        let Some(period) = Period::from_ordinal(from.frequency(), ordinal) else {
            break;
        };
        let mut last = None;
        for reference in rule.references() {
            let figure = figures.figure(reference, period)?;
            let of_period = |source: &&Source| source.period.last_day() == period.last_day();
            for source in figure.sources.iter().filter(of_period) {
                let revisions = history::revisions(view, &source.series, source.period)?;
                last = last.max(revisions.last().map(|first| first.at));
            }
        }
        found.push((period, last));
    }
    // No later than the next.
    let mut next: Option<Instant> = None;
    for (_, moment) in found.iter_mut().rev() {
        *moment = match (*moment, next) {
            (Some(own), Some(next)) => Some(own.min(next)),
            (own, next) => own.or(next),
        };
        next = *moment;
    }
    let told = |(period, moment): (Period, Option<Instant>)| Some((period, moment?));
    Ok(found.into_iter().filter_map(told).collect())
}

/// What happened to subjects, as episodes of a rule's frequency: events of one kind, each in the
/// period in which it happened; those of a day on which no period is known are left out.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn episodes(
    view: &dyn View,
    rule: &Rule,
    subjects: &[Subject],
    what: &str,
) -> Result<Vec<Episode>, Error> {
    let mut found = Vec::new();
    for subject in subjects {
        let Some(first) = subject.objects().first() else {
            continue;
        };
        let all = [Instant(0), Instant::LAST];
        for recorded in event::of_object(view, first, all, EVENTS_MAX)? {
            let event = recorded.event;
            let is_of = |object| event.objects.contains(object);
            let day = event.when.day_in_china();
            if let Some(day) = day.filter(|_| event.what == what)
                && subject.objects().iter().all(is_of)
            {
                let period = Period::containing(rule.frequency(), day);
                found.push(Episode {
                    subject: subject.clone(),
                    periods: [period; 2],
                    label: event.name,
                });
            }
        }
    }
    Ok(found)
}
