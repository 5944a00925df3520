//! The board of cases: what keeps enterprises from producing, and who sees to it.
//!
//! Cases name enterprises: only who may see these sees them.

use super::access::Rights;
use super::acting::{day, key};
use super::call::{Answer, Call, Problem};
use super::stand::{Words, lines, stand_json, steps};
use codes::{CreditCode, Region};
use facts::relation::{Kind, from_subject};
use facts::{Instant, Object};
use monitor::cases::{self, About, Bottleneck, Case, Opening, Party};
use serde::Deserialize;
use serde_json::{Value as Json, json};

fn case_json(call: &Call<'_>, case: &Case) -> Json {
    let mut said = stand_json(call, case, &cases::table(), cases::names);
    let about = &case.about;
    let [english, chinese] = about.class.names();
    said["enterprise"] = json!({
        "role": "enterprise",
        "code": about.enterprise.to_string(),
        "name": about.enterprise_name,
    });
    said["class"] = json!({"code": english, "english": english, "chinese": chinese});
    said["warning"] = json!(about.warning);
    said["follows"] = json!(about.follows);
    said
}

/// All cases of a region, or of an enterprise.
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let object = match call.parameter("enterprise") {
        Some(code) => Object::enterprise(code.parse()?),
        None => Object::region(call.region()?),
    };
    let found = cases::of(&*call.bureau.view(), &object, Instant::LAST)?;
    let table = cases::table();
    let line = |(case, days_left): (&Case, Option<i64>)| {
        let mut said = case_json(call, case);
        said["daysLeft"] = json!(days_left);
        said
    };
    let lines: Vec<Json> = lines(call, &found, &table).into_iter().map(line).collect();
    let classes: Vec<Json> = Bottleneck::ALL
        .iter()
        .map(|class| {
            let [english, chinese] = class.names();
            json!({"code": english, "english": english, "chinese": chinese})
        })
        .collect();
    Ok(call.tell(json!({"lines": lines, "classes": classes})))
}

/// One case and its steps.
pub(super) fn show(call: &Call<'_>, name: &str) -> Answer {
    call.must(Rights::See)?;
    let view = call.bureau.view();
    let case = cases::find(&*view, name, Instant::LAST)?.ok_or_else(Problem::not_found)?;
    let told = cases::timeline(&*view, name, Instant::LAST)?;
    let mut said = case_json(call, &case);
    said["steps"] = json!(steps(&told, cases::names));
    Ok(call.tell(said))
}

/// What a case is opened with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct New {
    name: String,
    title: String,
    enterprise: String,
    class: String,
    owner: String,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    warning: Option<String>,
    #[serde(default)]
    follows: Option<String>,
    #[serde(default)]
    key: String,
}

pub(super) fn open(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let new: New = call.body()?;
    let enterprise: CreditCode = new.enterprise.parse()?;
    let object = Object::enterprise(enterprise);
    let sender = call.sender(new.by)?;
    let class = Bottleneck::of(&new.class).ok_or_else(|| {
        let all = Bottleneck::ALL.map(|class| class.names()[0]).join(", ");
        Problem::bad(format!("classes are {all}"), format!("类别须为：{all}"))
    })?;
    let enterprise_name = call.bureau.name(&object);
    let opening = Opening {
        name: new.name,
        title: new.title,
        about: About {
            enterprise,
            enterprise_name: enterprise_name.unwrap_or_else(|| enterprise.to_string()),
            class,
            warning: new.warning,
            follows: new.follows,
        },
        region: place(call, &object)?,
        owner: Party::new(&new.owner, ""),
        until: day(new.until.as_deref())?,
        role: "dispatcher".to_owned(),
        sender: Party::new(&sender, ""),
        key: key(new.key),
    };
    let table = cases::table();
    let case = call.commit(|view, at| cases::open(view, at, &table, &opening))?;
    Ok(call.tell(case_json(call, &case)))
}

/// Where an enterprise is today; the bureau's own region if that is not known.
fn place(call: &Call<'_>, enterprise: &Object) -> Result<Region, Problem> {
    let view = call.bureau.view();
    let related = from_subject(&*view, Kind::LiesIn, enterprise, Instant::LAST)?;
    let today = super::bureau::today();
    let mut holding = related.iter().filter(|of| of.holds_on(today));
    let region = holding.find_map(|of| of.object.as_region());
    Ok(region.unwrap_or(call.bureau.region))
}

pub(super) fn step(call: &Call<'_>, name: &str) -> Answer {
    call.must(Rights::Act)?;
    let said = call.body::<Words>()?.said(call)?;
    let table = cases::table();
    let case = call.commit(|view, at| cases::step(view, at, &table, name, &said))?;
    Ok(call.tell(case_json(call, &case)))
}
