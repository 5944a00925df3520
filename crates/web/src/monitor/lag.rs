//! Who is behind his target, and what the rest of the year needs.
//!
//! Targets of regions and industries are told to those who may see enterprises only, for they are
//! sums that no board protects. Not here: how it is reckoned (room `monitor`), setting them
//! (`settings`).

use super::access::Rights;
use super::call::{Answer, Call};
use super::question::PLACES;
use super::settings::all_targets;
use codes::{Number, Period};
use facts::{Form, Object};
use monitor::targets::{self, SetTarget};
use serde_json::json;

pub(super) fn answer(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let mut question = call.question()?;
    question.form = Form::Cumulative;
    let day = question.period.last_day();
    question.period = Period::containing(super::object::TO_DATE, day);
    let year = question.period.year_number();
    let mut all = all_targets(call.bureau)?;
    all.retain(|of: &SetTarget| of.indicator == question.indicator && of.year == year);
    let wanted: Vec<(&Object, Number)> = all.iter().map(|of| (&of.object, of.growth)).collect();
    let mut said = call.asked_json(&question);
    let snapshot = call.bureau.snapshot(&question)?;
    let found = targets::behind(&*call.bureau.view(), &snapshot, &wanted, PLACES)?;
    let number = |number: Option<Number>| number.map(|number| number.to_string());
    let line = |of: &monitor::Behind| {
        let way = of.way;
        json!({
            "object": call.object(&of.object),
            "target": of.target.to_string(),
            "growth": number(way.map(|way| way.growth)),
            "behind": number(way.map(|way| way.behind)),
            "growthNeeded": number(way.and_then(|way| way.growth_needed)),
        })
    };
    said["lines"] = found.iter().map(line).collect();
    Ok(call.tell(said))
}
