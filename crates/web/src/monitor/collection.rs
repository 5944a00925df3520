//! Collecting: who has told his figures, workbooks on their way in and back.
//!
//! How many are late where is told to all; who they are, and what stood in which cell, to those who
//! may see enterprises. A workbook is the body of a request as it is: no page from elsewhere can
//! send that unasked. Not here: what is wrong with it (room `monitor`).

use super::access::Rights;
use super::bureau::now;
use super::call::{Answer, Call, Problem};
use super::question::period_json;
use crate::reply::Reply;
use crate::request::media_type;
use codes::{Period, Region, RegionLevel};
use facts::ledger::Ledger;
use facts::{Change, Form, Instant, Object, View};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderValue};
use monitor::collect::{
    self, Acceptance, Batch, BatchId, Chase, Count, Directory, Fingerprint, Limits, Mapping,
    Reading, Rules, Sending, Standing, State, Submission, Taken, Task, TaskSeries, Who, Workbook,
    behind, calls, propose,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The most who are told as late, and the most findings of a workbook: all of them stand in the one
/// that is given back.
const LINES_COUNT_MAX: usize = 300;

/// The most batches that are told, the newest.
const BATCHES_COUNT_MAX: usize = 100;

/// What is owed where nobody has said so: the folder's own figure, by its enterprises, twelve days
/// after the month. Counties are called at once, cities after three days, provinces after a week.
fn usual(call: &Call<'_>, period: Period) -> Result<Task, Problem> {
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

fn task(call: &Call<'_>, period: Period) -> Result<Task, Problem> {
    let view = call.bureau.view();
    for name in collect::names::<Task>(&*view)? {
        if let Some((_, task)) = collect::newest::<Task>(&*view, &name)?
            && task.frequency == period.frequency()
        {
            return Ok(task);
        }
    }
    usual(call, period)
}

/// Who is late with a month, how many where, who calls whom, and what came in.
pub(super) fn status(call: &Call<'_>) -> Answer {
    let period = call.month()?;
    let task = task(call, period)?;
    let view = call.bureau.view();
    let regions = &call.bureau.tables.regions;
    let standings = task.standings(&*view, regions, period, now())?;
    let mut said = json!({
        "task": task.name,
        "period": period_json(period),
        "month": period.last_day().to_string().get(..7),
        "due": task.due(period).map(|day| day.to_string()),
        "frozenUntil": Ledger::read(&*view)?.frozen_until.map(|day| day.to_string()),
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
        let called = |of: &collect::Call| {
            let region = call.object(&Object::region(of.region));
            json!({"region": region, "about": of.about.len()})
        };
        said["calls"] = calls(&task, &standings).iter().map(called).collect();
        let all = collect::batches(&*view, [Instant(0), Instant(u64::MAX - 1)])?;
        let newest = all.iter().rev().take(BATCHES_COUNT_MAX);
        said["batches"] = newest.map(|(id, batch)| batch_json(*id, batch)).collect();
    }
    Ok(call.tell(said))
}

fn is_behind(of: &Standing) -> bool {
    of.state != State::Accepted
}

fn count_json(call: &Call<'_>, region: Region, of: &Count) -> Json {
    json!({
        "region": call.object(&Object::region(region)),
        "level": format!("{:?}", region.level()).to_lowercase(),
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
        "isUndone": batch.undone_by.is_some(),
        "undoes": batch.undoes.map(|of| of.0.0.to_string()),
    })
}

/// A workbook as it was sent, and how it is to be taken.
struct Sent {
    name: String,
    workbook: Workbook,
    within: Region,
    period: Option<Period>,
    acceptance: Acceptance,
    is_revision: bool,
    reporter: String,
}

impl Sent {
    fn of(call: &Call<'_>) -> Result<Self, Problem> {
        if media_type(&call.asked.headers) != "application/octet-stream" {
            return Err(Problem::bad(
                "send the file itself as application/octet-stream",
                "请以 application/octet-stream 直接发送文件",
            ));
        }
        let name = call.parameter("name").unwrap_or("workbook.xlsx").to_owned();
        let flag = |name: &str| call.asked.query.flag(name) == Some(true);
        let months = call.bureau.months();
        let period = call.parameter("month");
        let period = period.map(|of| super::question::month(of, months));
        let named = call.parameter("by").map(str::to_owned);
        Ok(Self {
            workbook: Workbook::read(&name, &call.asked.body, &Limits::default())?,
            within: call.region()?,
            period: period.transpose()?,
            acceptance: if flag("all-or-nothing") {
                Acceptance::AllOrNothing
            } else {
                Acceptance::GoodRows
            },
            is_revision: flag("revision"),
            reporter: call.sender(named)?,
            name,
        })
    }

    /// The mapping that is named, else the one that is remembered for workbooks like this.
    fn mapping(&self, call: &Call<'_>) -> Result<Option<(u32, Mapping)>, Problem> {
        let view = call.bureau.view();
        if let Some(name) = call.parameter("mapping") {
            let found = collect::newest::<Mapping>(&*view, name)?;
            return found.map(Some).ok_or_else(Problem::not_found);
        }
        let fingerprint = Fingerprint::of(&self.workbook);
        Ok(collect::remembered(&*view, fingerprint)?)
    }

    /// Reads and judges it, and takes what may stand unless it is `dry`.
    fn take(
        &self,
        call: &Call<'_>,
        (version, mapping): (u32, &Mapping),
        is_dry: bool,
    ) -> Result<(usize, Taken), Problem> {
        let tables = &call.bureau.tables;
        let names = tables.enterprises.iter();
        let names = names.map(|(object, name)| (name.clone(), object.clone()));
        let directory = Directory::new(&tables.regions, &tables.industries, self.within);
        let directory = directory.with_enterprises(names);
        let reading = Reading::of(&self.workbook, mapping, &directory, self.period);
        let rules = Rules {
            name: "none".to_owned(),
            rules: Vec::new(),
        };
        let sending = Sending {
            reporter: self.reporter.clone(),
            released_at: now(),
            within: self.within,
            is_revision: self.is_revision,
            explanations: BTreeMap::new(),
        };
        let submission = Submission {
            workbook: &self.workbook,
            reading: &reading,
            mapping: (&mapping.name, version),
            rules: (&rules, 0),
            regions: &tables.regions,
            sending: &sending,
            acceptance: self.acceptance,
        };
        let taken = if is_dry {
            let view = call.bureau.view();
            let at = Ledger::read(&*view)?.next(now());
            collect::take(&*view, at, &submission)?.1
        } else {
            let plan = |view: &dyn View, at: Instant| collect::take(view, at, &submission);
            commit(call, plan)?
        };
        Ok((reading.rows.len(), taken))
    }
}

/// Carries out a plan of the collecting room: what it refuses is told as it says it.
fn commit<T>(
    call: &Call<'_>,
    mut plan: impl FnMut(&dyn View, Instant) -> Result<(Change, T), collect::Error>,
) -> Result<T, Problem> {
    let mut refusal = None;
    let done = facts::commit(&call.bureau.store, now(), |view, at| match plan(view, at) {
        Ok((change, done)) => Ok((change, Some(done))),
        Err(collect::Error::Facts(error)) => Err(error),
        Err(error) => {
            refusal = Some(error);
            Ok((Change::default(), None))
        }
    })?;
    match (done, refusal) {
        (Some(done), _) => Ok(done),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(facts::Error::Busy { tries: 0 }.into()),
    }
}

/// Takes a workbook in, or says what it would come to; without a mapping, proposes one.
pub(super) fn send(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let sent = Sent::of(call)?;
    let Some((version, mapping)) = sent.mapping(call)? else {
        return tell_proposal(call, &sent.workbook);
    };
    let is_dry = call.asked.query.flag("dry") == Some(true);
    if !is_dry && call.parameter("mapping").is_some() {
        let fingerprint = Fingerprint::of(&sent.workbook);
        commit(call, |view, at| {
            let change = collect::remember(view, at, fingerprint, &mapping.name)?;
            Ok((change, ()))
        })?;
    }
    let (rows, taken) = sent.take(call, (version, &mapping), is_dry)?;
    let verdict = &taken.verdict;
    let finding = |of: &collect::Finding| {
        json!({
            "severity": of.severity.names()[0],
            "code": of.code,
            "sheet": of.spot.sheet,
            "spot": of.spot.within_sheet(),
            "row": of.spot.row,
            "english": of.english,
            "chinese": of.chinese,
            "holdsBack": of.holds_back(),
        })
    };
    let findings = verdict.findings.iter();
    Ok(call.tell(json!({
        "isDry": is_dry,
        "file": sent.name,
        "mapping": mapping.name,
        "batch": taken.batch.filter(|_| !is_dry).map(|batch| batch.0.0.to_string()),
        "rows": rows,
        "figures": if is_dry || taken.batch.is_some() { verdict.accepted.len() } else { 0 },
        "unchanged": verdict.unchanged,
        "held": verdict.held,
        "isClean": verdict.is_clean(),
        "findingsCount": verdict.findings.len(),
        "findings": findings.take(LINES_COUNT_MAX).map(finding).collect::<Vec<_>>(),
    })))
}

fn tell_proposal(call: &Call<'_>, workbook: &Workbook) -> Answer {
    let proposal = propose(workbook);
    let doubt = |of: &collect::Doubt| {
        let [english, chinese] = &of.says;
        json!({"sheet": of.sheet, "column": of.column, "english": english, "chinese": chinese})
    };
    let toml = proposal.mapping.map(|mapping| mapping.toml()).transpose()?;
    Ok(call.tell(json!({
        "needsMapping": true,
        "proposal": toml,
        "doubts": proposal.doubts.iter().map(doubt).collect::<Vec<_>>(),
    })))
}

/// The same workbook back, with what was found marked in it.
pub(super) fn give_back(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let sent = Sent::of(call)?;
    let found = sent.mapping(call)?;
    let (version, mapping) = found.ok_or_else(Problem::not_found)?;
    let (_, taken) = sent.take(call, (version, &mapping), true)?;
    let findings = &taken.verdict.findings;
    let limits = Limits::default();
    let marked = collect::marked(&call.asked.body, &sent.workbook, findings, &limits)?;
    Ok(file("application/octet-stream", &sent.name, marked))
}

/// A file to be kept under a name.
pub(super) fn file(media: &'static str, name: &str, octets: Vec<u8>) -> Reply {
    // RFC 6266 and RFC 8187: any name, percent-encoded.
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    Reply::new(StatusCode::OK, media, octets)
        .with_text(
            CONTENT_DISPOSITION,
            &format!("attachment; filename*=UTF-8''{name}"),
        )
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMapping {
    /// What columns mean, as TOML.
    text: String,
}

/// Keeps a mapping that somebody has looked at.
pub(super) fn keep_mapping(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let new: NewMapping = call.body()?;
    let mapping = Mapping::read(&new.text)?;
    let version = commit(call, |view, at| collect::keep(view, at, &mapping))?;
    Ok(call.tell(json!({"name": mapping.name, "version": version})))
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
    let undone = commit(call, |view, at| {
        collect::undo(view, at, id, &who, &undoing.reason)
    })?;
    Ok(call.tell(json!({
        "batch": undone.batch.map(|of| of.0.0.to_string()),
        "restored": undone.restored,
        "emptied": undone.emptied,
        "later": undone.later.len(),
        "frozen": undone.frozen.len(),
    })))
}
