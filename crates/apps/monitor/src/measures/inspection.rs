//! What came of tasks, and which are to be inspected in a quarter or a year (督办清单).
//!
//! Not here: single steps.

use super::Assignment;
use codes::{Date, Period};
use facts::case::{Lamp, Machine};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Says what came of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    /// It was done in time.
    Done,
    /// It was done, after its day.
    Late,
    /// Its lead did not take it, and the office agreed.
    Refused,
    /// The office took it back.
    TakenBack,
}

impl Outcome {
    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Open => ["open", "未完成"],
            Self::Done => ["done", "按期完成"],
            Self::Late => ["done late", "逾期完成"],
            Self::Refused => ["refused", "不予承担"],
            Self::TakenBack => ["taken back", "已撤销"],
        }
    }
}

/// What came of a task. It was done on the day on which its lead submitted what then passed: how
/// long an inspection takes is not the lead's doing.
pub fn outcome(task: &Assignment) -> Outcome {
    if !task.is_closed {
        return Outcome::Open;
    }
    match task.state.as_str() {
        "refused" => Outcome::Refused,
        "taken-back" => Outcome::TakenBack,
        _ if is_late(task) => Outcome::Late,
        _ => Outcome::Done,
    }
}

fn is_late(task: &Assignment) -> bool {
    let done = task.done.unwrap_or(task.since);
    task.until.is_some_and(|until| done > until)
}

/// A task that is to be inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspected<'t> {
    /// The task.
    pub task: &'t Assignment,
    /// What came of it so far.
    pub outcome: Outcome,
    /// How late its next step is.
    pub lamp: Lamp,
}

/// The list of a quarter or a year: what was to be done by its end and is open, and what came to an
/// end within it. The worst lamps come first, then by day and name.
pub fn inspection<'t>(
    tasks: &'t [Assignment],
    machine: &Machine,
    period: Period,
    today: Date,
) -> Vec<Inspected<'t>> {
    let [from, to] = [period.first_day(), period.last_day()];
    let belongs = |task: &&Assignment| {
        if task.is_closed {
            from <= task.since && task.since <= to
        } else {
            task.until.is_some_and(|until| until <= to) && task.opened <= to
        }
    };
    let inspected = |task: &'t Assignment| Inspected {
        task,
        outcome: outcome(task),
        lamp: task.lamp(machine, today),
    };
    let mut list: Vec<_> = tasks.iter().filter(belongs).map(inspected).collect();
    list.sort_by_key(|found| (Reverse(found.lamp), found.task.until, &found.task.name));
    list
}

/// How a body stands with the tasks that it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BodyTally {
    /// All of them.
    pub tasks: usize,
    /// Done in time.
    pub done: usize,
    /// Done late.
    pub late: usize,
    /// Refused or taken back.
    pub dropped: usize,
    /// Open.
    pub open: usize,
    /// Open and yellow or red.
    pub overdue: usize,
}

/// How bodies stand with the tasks of a list, in the order of their names.
pub fn by_body(list: &[Inspected]) -> BTreeMap<String, BodyTally> {
    let mut bodies: BTreeMap<String, BodyTally> = BTreeMap::new();
    for found in list {
        let tally = bodies.entry(found.task.owner.body.clone()).or_default();
        tally.tasks += 1;
        match found.outcome {
            Outcome::Open => tally.open += 1,
            Outcome::Done => tally.done += 1,
            Outcome::Late => tally.late += 1,
            Outcome::Refused | Outcome::TakenBack => tally.dropped += 1,
        }
        tally.overdue += usize::from(found.lamp >= Lamp::Yellow);
    }
    bodies
}
