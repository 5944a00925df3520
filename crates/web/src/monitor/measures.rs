//! The ledger of measures: document, measure, task, who leads and who supports, until when.

use super::access::Rights;
use super::acting::day;
use super::call::{Answer, Call, Problem};
use super::stand::{Words, lines, stand_json, steps};
use codes::{Frequency, Period};
use facts::{Instant, Object};
use monitor::cases::Party;
use monitor::measures::{self, Assignment, Document, Listing};
use serde::Deserialize;
use serde_json::{Value as Json, json};

fn task_json(call: &Call<'_>, task: &Assignment) -> Json {
    let mut said = stand_json(call, task, &measures::table(), measures::names);
    let about = &task.about;
    let pair = |[english, chinese]: &[String; 2]| json!({"english": english, "chinese": chinese});
    let outcome = measures::outcome(task).names();
    said["document"] = json!(about.document);
    said["article"] = json!(about.article);
    said["measure"] = pair(&about.measure);
    said["task"] = pair(&about.task);
    said["indicators"] = json!(about.indicators);
    said["outcome"] = json!({"english": outcome[0], "chinese": outcome[1]});
    said
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let object = Object::region(call.region()?);
    let found = measures::of(&*call.bureau.view(), &object, Instant::LAST)?;
    let table = measures::table();
    let line = |(task, days_left): (&Assignment, Option<i64>)| {
        let mut said = task_json(call, task);
        said["daysLeft"] = json!(days_left);
        said
    };
    let lines: Vec<Json> = lines(call, &found, &table).into_iter().map(line).collect();
    let notice = Document::joint_notice();
    let [english, chinese] = &notice.title;
    let documents = json!([{"id": notice.id, "english": english, "chinese": chinese}]);
    Ok(call.tell(json!({"lines": lines, "documents": documents})))
}

/// One task, its steps, and the figures that show its effect.
pub(super) fn show(call: &Call<'_>, name: &str) -> Answer {
    let view = call.bureau.view();
    let task = measures::find(&*view, name, Instant::LAST)?.ok_or_else(Problem::not_found)?;
    let told = measures::timeline(&*view, name, Instant::LAST)?;
    let mut said = task_json(call, &task);
    said["steps"] = json!(steps(&told, measures::names));
    said["effects"] = json!(effects(call, &task)?);
    Ok(call.tell(said))
}

/// What regions tell of the task's indicators; not sums of enterprises, so everybody may see it.
fn effects(call: &Call<'_>, task: &Assignment) -> Result<Vec<Json>, Problem> {
    let Ok(month) = call.month() else {
        return Ok(Vec::new());
    };
    let month = Period::containing(Frequency::Month, month.last_day());
    let catalogue = measures::catalogue();
    let indicators = &task.about.indicators;
    let of = (task.region, month);
    let view = call.bureau.view();
    let found = measures::effects(&*view, &catalogue, indicators, of, Instant::LAST)?;
    Ok(found.iter().map(effect_json).collect())
}

/// A figure, what it is compared with and how it moved: each in the unit and of the period that it
/// is of. A growth is compared with that of the period before, all else with a year before.
fn effect_json(effect: &measures::Effect) -> Json {
    let unit = effect.entry.unit;
    let figure = |known: &Option<facts::history::Known>| {
        let known = known.as_ref()?;
        let own = known.observation.unit;
        let number = known.observation.content.number()?;
        // What does not convert evenly stays as it was told.
        let (number, unit) = match own.convert(number, unit) {
            Ok(number) => (number, unit),
            Err(_) => (number, own),
        };
        Some(json!({
            "number": number.to_string(),
            "unit": super::question::unit_json(unit),
            "period": super::question::period_json(known.period),
        }))
    };
    let moved = effect.moved.map(|moved| match moved {
        measures::Moved::PerCent(by) => json!({"kind": "per-cent", "by": by.to_string()}),
        measures::Moved::Points(by) => json!({"kind": "points", "by": by.to_string()}),
        measures::Moved::PointsOnPeriod(by) => {
            json!({"kind": "points-on-period", "by": by.to_string()})
        }
    });
    let [english, chinese] = &effect.entry.names;
    json!({
        "indicator": {
            "code": effect.entry.code.to_string(),
            "english": english,
            "chinese": chinese,
        },
        "told": figure(&effect.told),
        "base": figure(&effect.base),
        "moved": moved,
    })
}

pub(super) fn step(call: &Call<'_>, name: &str) -> Answer {
    call.must(Rights::Act)?;
    let said = call.body::<Words>()?.said(call)?;
    let table = measures::table();
    let task = call.commit(|view, at| measures::step(view, at, &table, name, &said))?;
    Ok(call.tell(task_json(call, &task)))
}

/// Under whose name and until when the example's tasks are listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Example {
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    until: Option<String>,
}

/// Lists the tasks of the joint notice of 2022: the example.
pub(super) fn list_example(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let example: Example = call.body()?;
    let sender = Party::new(&call.sender(example.by)?, "");
    let until = day(example.until.as_deref())?;
    let (document, table) = (Document::joint_notice(), measures::table());
    let tasks = measures::notice();
    for task in &tasks {
        let listing = Listing {
            region: call.bureau.region,
            until,
            sender: sender.clone(),
            key: "list".to_owned(),
        };
        call.commit(|view, at| measures::list(view, at, &table, (&document, task), &listing))?;
    }
    Ok(call.tell(json!({"listed": tasks.len()})))
}
