//! What people set: who owes which figures until when, what workbooks are held to, and targets.
//!
//! What stands in files of the folder is shown, and replaced by what is set here under the same
//! name; versions are kept. Not here: how far all are (`collection`, `lag`).

use super::access::Rights;
use super::bureau::Bureau;
use super::call::{Answer, Call, Problem};
use super::question::indicator_json;
use codes::Code;
use monitor::collect::{self, EXAMPLE_RULES, Rules, Task};
use monitor::targets::{self, SetTarget};
use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    /// As TOML.
    text: String,
    #[serde(default)]
    by: Option<String>,
}

/// All tasks, and one to begin with.
pub(super) fn tasks(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let bureau = call.bureau;
    let view = bureau.view();
    let mut lines = Vec::new();
    for task in collect::tasks(&*view, &bureau.tables.tasks)? {
        let version = collect::newest::<Task>(&*view, &task.name)?.map(|(version, _)| version);
        lines.push(json!({
            "name": task.name,
            "frequency": task.frequency.names()[0],
            "from": task.from.to_string(),
            "to": task.to.map(|to| to.0.to_string()),
            "dueDays": task.due_days,
            "within": call.object(&facts::Object::region(task.who.within())),
            "series": task.series.len(),
            "version": version,
            "text": task.toml()?,
        }));
    }
    let month = bureau.told_months(&bureau.indicator)?.first().copied();
    let month = month.or_else(|| {
        Some(codes::Period::containing(
            bureau.months(),
            super::bureau::today(),
        ))
    });
    let usual = month.map(|month| super::collection::usual(call, month));
    let usual = usual.transpose()?.map(|task| task.toml()).transpose()?;
    Ok(call.tell(json!({"lines": lines, "example": usual})))
}

/// Keeps a task.
pub(super) fn keep_task(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let text: Text = call.body()?;
    call.sender(text.by)?;
    let task = Task::read(&text.text)?;
    let (within, own) = (task.who.within(), call.bureau.region);
    if !within.is_within(own) {
        return Err(Problem::bad(
            format!("{within} does not lie in {own}, whose figures these are"),
            format!("{within} 不在 {own} 范围内"),
        ));
    }
    let version = call.commit_of(|view, at| collect::keep(view, at, &task))?;
    Ok(call.tell(json!({"name": task.name, "version": version})))
}

/// All sets of rules that workbooks are held to, and one to begin with.
pub(super) fn checks(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let view = call.bureau.view();
    let mut lines = Vec::new();
    for name in collect::names::<Rules>(&*view)? {
        let Some((version, set)) = collect::newest::<Rules>(&*view, &name)? else {
            continue;
        };
        let rule = |rule: &collect::Rule| {
            let [english, chinese] = rule.severity.names();
            json!({"name": rule.name, "severity": {"english": english, "chinese": chinese}})
        };
        lines.push(json!({
            "name": set.name,
            "version": version,
            "mappings": set.mappings,
            "rules": set.rules.iter().map(rule).collect::<Vec<_>>(),
            "text": set.toml()?,
        }));
    }
    let mappings = collect::names::<collect::Mapping>(&*view)?;
    let said = json!({"lines": lines, "mappings": mappings, "example": EXAMPLE_RULES});
    Ok(call.tell(said))
}

/// Keeps a set of rules.
pub(super) fn keep_checks(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let text: Text = call.body()?;
    call.sender(text.by)?;
    let set = Rules::read(&text.text)?;
    let version = call.commit_of(|view, at| collect::keep_rules(view, at, &set))?;
    Ok(call.tell(json!({"name": set.name, "version": version})))
}

/// All targets of a year: those of the month that is asked for.
pub(super) fn targets(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let year = match call.parameter("year") {
        Some(year) => year.parse().map_err(|_| {
            Problem::bad(format!("'{year}' is no year"), format!("“{year}”不是年份"))
        })?,
        None => call.month()?.year_number(),
    };
    let mut all = all_targets(call.bureau)?;
    all.retain(|target: &SetTarget| target.year == year);
    let lines: Vec<Json> = all.iter().map(|target| target_json(call, target)).collect();
    Ok(call.tell(json!({"year": year, "lines": lines})))
}

/// The targets that are set, and those of the file.
pub(super) fn all_targets(bureau: &Bureau) -> Result<Vec<SetTarget>, Problem> {
    Ok(targets::all(&*bureau.view(), &bureau.tables.targets)?)
}

fn target_json(call: &Call<'_>, target: &SetTarget) -> Json {
    json!({
        "object": call.object(&target.object),
        "indicator": indicator_json(&target.indicator.to_string()),
        "year": target.year,
        "growth": target.growth.to_string(),
        "by": target.by,
        "isOfFile": call.bureau.tables.targets.contains(target),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTarget {
    /// A code: of a region, an industry, an enterprise.
    object: String,
    indicator: String,
    year: u16,
    /// In per cent; nothing takes it back.
    #[serde(default)]
    growth: Option<String>,
    #[serde(default)]
    by: Option<String>,
}

/// Sets a target, or takes one back that was set.
pub(super) fn set_target(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let new: NewTarget = call.body()?;
    let object = monitor::object_named(&new.object)?;
    let own = call.bureau.region;
    if object
        .as_region()
        .is_some_and(|region| !region.is_within(own))
    {
        return Err(Problem::bad(
            format!(
                "{} does not lie in {own}, whose figures these are",
                object.id()
            ),
            format!("{} 不在 {own} 范围内", object.id()),
        ));
    }
    let growth = new.growth.as_deref().map(str::trim).map(str::parse);
    let target = SetTarget {
        object,
        indicator: new.indicator.parse()?,
        year: new.year,
        growth: growth.clone().transpose()?.unwrap_or(codes::Number::ZERO),
        by: call.sender(new.by)?,
    };
    call.commit_of(|view, at| match growth {
        Some(_) => targets::set(view, at, &target),
        None => targets::unset(view, at, &target),
    })?;
    let said = json!({"target": target_json(call, &target), "isSet": growth.is_some()});
    Ok(call.tell(said))
}
