//! Collecting: who has told his figures, who calls whom about those who have not, what came in.
//!
//! How many are late where is told to all; who they are, and what came in, to those who may see
//! enterprises. Not here: workbooks on their way in (`workbooks`).

use super::access::Rights;
use super::bureau::now;
use super::call::{Answer, Call, Problem};
use super::question::period_json;
use codes::{Period, Region, RegionLevel};
use facts::ledger::Ledger;
use facts::{Form, Instant, Object};
use monitor::collect::{
    self, Batch, BatchId, Chase, Count, Standing, State, Task, TaskSeries, Who, behind, calls,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// The most who are told as late.
const LINES_COUNT_MAX: usize = 300;

/// The most of those about whom one region is called that are named.
const NAMED_COUNT_MAX: usize = 50;

/// The most batches that are told, the newest.
const BATCHES_COUNT_MAX: usize = 100;

/// What is owed where nobody has said so: the folder's own figure, by its enterprises, twelve days
/// after the month. Counties are called at once, cities after three days, provinces after a week.
pub(super) fn usual(call: &Call<'_>, period: Period) -> Result<Task, Problem> {
    let bureau = call.bureau;
    let months = bureau.months();
    let chase = |(days, level)| Chase { days, level };
    let levels = [
        (1, RegionLevel::County),
        (3, RegionLevel::City),
        (7, RegionLevel::Province),
    ];
    Ok(Task {
        name: "规上工业月报".to_owned(),
        frequency: months,
        from: period,
        to: None,
        due_days: 12,
        who: Who::Enterprise {
            within: bureau.region,
        },
        series: vec![TaskSeries {
            indicator: bureau.indicator.parse()?,
            form: Form::Level,
            frequency: months,
        }],
        chase: levels.map(chase).into(),
    })
}

/// The tasks that figures of a period are owed for; the usual one where there is none.
fn tasks(call: &Call<'_>, period: Period) -> Result<Vec<Task>, Problem> {
    let bureau = call.bureau;
    let mut tasks = collect::tasks(&*bureau.view(), &bureau.tables.tasks)?;
    let is_owed = |task: &Task| {
        let is_over = task.to.is_some_and(|to| to.0 < period);
        task.frequency == period.frequency() && task.from <= period && !is_over
    };
    tasks.retain(is_owed);
    if tasks.is_empty() {
        tasks.push(usual(call, period)?);
    }
    Ok(tasks)
}

/// The task that is named, else the first.
fn task(call: &Call<'_>, tasks: &[Task]) -> Result<Task, Problem> {
    let named = call.parameter("task");
    let mut found = tasks.iter();
    let found = found.find(|task| named.is_none_or(|name| task.name == name));
    found.cloned().ok_or_else(Problem::not_found)
}

/// Who is late with a month, how many where, who calls whom, and what came in.
pub(super) fn status(call: &Call<'_>) -> Answer {
    let period = call.month()?;
    let tasks = tasks(call, period)?;
    let task = task(call, &tasks)?;
    let view = call.bureau.view();
    let regions = &call.bureau.tables.regions;
    let standings = task.standings(&*view, regions, period, now())?;
    let mut said = json!({
        "task": task.name,
        "tasks": tasks.iter().map(|task| &task.name).collect::<Vec<_>>(),
        "period": period_json(period),
        "month": period.last_day().to_string().get(..7),
        "due": task.due(period).map(|day| day.to_string()),
        "frozenUntil": Ledger::read(&*view)?.frozen_until.map(|day| day.to_string()),
        "chase": task.chase.iter().copied().map(chase_json).collect::<Vec<_>>(),
    });
    let counts = behind(&task, &standings);
    let count = |(region, count): (&Region, &Count)| count_json(call, *region, count);
    said["regions"] = counts.iter().map(count).collect();
    if call.may(Rights::See) {
        let mut late: Vec<&Standing> = standings.iter().filter(|of| is_behind(of)).collect();
        late.sort_by_key(|of| std::cmp::Reverse(of.days_behind));
        said["lateCount"] = json!(late.len());
        let line = |of: &&Standing| standing_json(call, of);
        said["late"] = late.iter().take(LINES_COUNT_MAX).map(line).collect();
        let called = calls(&task, &standings);
        said["calls"] = called.iter().map(|of| call_json(call, of)).collect();
        let all = collect::batches(&*view, [Instant(0), Instant(u64::MAX - 1)])?;
        let newest = all.iter().rev().take(BATCHES_COUNT_MAX);
        said["batches"] = newest.map(|(id, batch)| batch_json(*id, batch)).collect();
    }
    Ok(call.tell(said))
}

/// From how many days behind on a level is called.
fn chase_json(of: Chase) -> Json {
    json!({"days": of.days, "level": level(of.level)})
}

fn level(level: RegionLevel) -> String {
    format!("{level:?}").to_lowercase()
}

/// Whom to call, and about whom.
fn call_json(call: &Call<'_>, of: &collect::Call) -> Json {
    let named = of.about.iter().take(NAMED_COUNT_MAX);
    let named = named.map(|(object, days)| json!({"object": call.object(object), "days": days}));
    json!({
        "region": call.object(&Object::region(of.region)),
        "level": level(of.region.level()),
        "body": call.bureau.tables.offices.get(&of.region),
        "about": of.about.len(),
        "days": of.about.first().map(|(_, days)| *days),
        "named": named.collect::<Vec<_>>(),
    })
}

fn is_behind(of: &Standing) -> bool {
    of.state != State::Accepted
}

fn count_json(call: &Call<'_>, region: Region, of: &Count) -> Json {
    json!({
        "region": call.object(&Object::region(region)),
        "level": level(region.level()),
        "expected": of.expected,
        "accepted": of.accepted,
        "acceptedLate": of.accepted_late,
        "received": of.received,
        "rejected": of.rejected,
        "due": of.due,
        "late": of.late,
    })
}

fn standing_json(call: &Call<'_>, of: &Standing) -> Json {
    let [english, chinese] = of.state.names();
    json!({
        "object": call.object(&of.object),
        "region": of.region.map(|region| call.object(&Object::region(region))),
        "state": {"english": english, "chinese": chinese},
        "daysBehind": of.days_behind,
        "missing": of.missing,
    })
}

fn batch_json(id: BatchId, batch: &Batch) -> Json {
    json!({
        "id": id.0.0.to_string(),
        "at": id.0.to_string(),
        "file": batch.file,
        "reporter": batch.reporter,
        "figures": batch.figures,
        "held": batch.held,
        "mapping": batch.mapping.0,
        "rules": batch.rules.0,
        "isUndone": batch.undone_by.is_some(),
        "undoes": batch.undoes.map(|of| of.0.0.to_string()),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Undoing {
    reason: String,
    #[serde(default)]
    by: Option<String>,
}

/// Takes a batch back.
pub(super) fn undo(call: &Call<'_>, id: &str) -> Answer {
    call.must(Rights::Act)?;
    let undoing: Undoing = call.body()?;
    let who = call.sender(undoing.by)?;
    let id: u64 = id.parse().map_err(|_| Problem::not_found())?;
    let id = BatchId(Instant(id));
    let undone = call.commit_of(|view, at| collect::undo(view, at, id, &who, &undoing.reason))?;
    Ok(call.tell(json!({
        "batch": undone.batch.map(|of| of.0.0.to_string()),
        "restored": undone.restored,
        "emptied": undone.emptied,
        "later": undone.later.len(),
        "frozen": undone.frozen.len(),
    })))
}
