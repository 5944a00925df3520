//! Silences: that nobody be told of some warnings for a while, by whom, why and until when.
//!
//! The warnings go on and are shown; only telling stops. Reasons may name enterprises: only who may
//! see these reads them. Not here: what is muted (room `monitor`).

use super::access::Rights;
use super::acting::day;
use super::bureau::now;
use super::call::{Answer, Call, Problem};
use codes::{Code, Date};
use facts::{Instant, Object};
use monitor::warn::register::By;
use monitor::warn::silence::{self, Silence};
use serde::Deserialize;
use serde_json::{Value as Json, json};

const DAY_MS: u64 = 86_400_000;

/// How far clocks of China are ahead of UTC, in milliseconds.
const CHINA_AHEAD_MS: u64 = 8 * 3_600_000;

fn silence_json(call: &Call<'_>, of: &Silence) -> Json {
    let now = now();
    json!({
        "name": of.name,
        "rule": of.rule,
        "region": of.region.map(|region| call.object(&Object::region(region))),
        "from": of.from.to_string(),
        "until": of.until.to_string(),
        "by": of.by,
        "reason": of.reason,
        "holds": of.from <= now && now < of.until,
        "hasEnded": of.until <= now,
    })
}

/// All of them, those that hold first.
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let mut all = silence::all(&*call.bureau.view())?;
    all.sort_by_key(|of| (of.until <= now(), of.until));
    let lines: Vec<Json> = all.iter().map(|of| silence_json(call, of)).collect();
    Ok(call.tell(json!({"lines": lines})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    /// What it is called; the moment if nothing is said.
    #[serde(default)]
    name: String,
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    region: Option<String>,
    /// The last day on which nobody is told.
    until: String,
    reason: String,
    #[serde(default)]
    by: Option<String>,
}

/// Keeps silent from now on.
pub(super) fn keep(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let new: New = call.body()?;
    let by = call.sender(new.by)?;
    let last = day(Some(&new.until))?;
    let last = last.ok_or_else(|| Problem::bad("say until when", "请填写截止日期"))?;
    let given = |written: Option<String>| written.filter(|of| !of.trim().is_empty());
    let region = given(new.region).map(|of| of.parse()).transpose()?;
    let own = call.bureau.region;
    if let Some(region) = region.filter(|region: &codes::Region| !region.is_within(own)) {
        return Err(Problem::bad(
            format!("{region} does not lie in {own}, whose figures these are"),
            format!("{region} 不在 {own} 范围内"),
        ));
    }
    let from = now();
    let name = match new.name.trim() {
        "" => format!("silence-{:x}", from.0),
        name => name.to_owned(),
    };
    let silence = Silence {
        name,
        rule: given(new.rule),
        region,
        from,
        until: end_of(last),
        by,
        reason: new.reason.trim().to_owned(),
    };
    call.commit(|view, at| Ok((silence::keep(view, at, &silence)?, ())))?;
    Ok(call.tell(silence_json(call, &silence)))
}

/// The moment after the last of a day in China.
fn end_of(day: Date) -> Instant {
    let epoch = Date::new(1970, 1, 1).map_or(0, Date::number);
    let days = u64::from(day.number().saturating_sub(epoch)) + 1;
    Instant((days * DAY_MS).saturating_sub(CHINA_AHEAD_MS))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifting {
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    remark: String,
}

/// Lifts one, or clears one away that has ended.
pub(super) fn lift(call: &Call<'_>, name: &str) -> Answer {
    call.must(Rights::Act)?;
    let lifting: Lifting = call.body()?;
    let who = call.sender(lifting.by)?;
    let by = By {
        who: &who,
        remark: &lifting.remark,
    };
    call.commit(|view, at| Ok((silence::lift(view, at, name, by)?, ())))?;
    Ok(call.tell(json!({"lifted": name})))
}
