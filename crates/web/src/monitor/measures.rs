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
    let number = |known: &Option<facts::history::Known>| {
        let observation = known.as_ref().map(|known| &known.observation);
        observation.and_then(|of| of.content.number().map(|number| number.to_string()))
    };
    let effect = |effect: &measures::Effect| {
        let [english, chinese] = &effect.entry.names;
        json!({
            "indicator": {
                "code": effect.entry.code.to_string(),
                "english": english,
                "chinese": chinese,
            },
            "unit": super::question::unit_json(effect.entry.unit),
            "told": number(&effect.told),
            "base": number(&effect.base),
        })
    };
    Ok(found.iter().map(effect).collect())
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
