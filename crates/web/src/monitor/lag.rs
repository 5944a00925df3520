//! Who is behind his target, and what the rest of the year needs.
//!
//! Both years are of the same enterprises, those that told of both. Targets of regions and
//! industries are told to those who may see enterprises only, for they are sums that no board
//! protects. Not here: how it is reckoned (room `monitor`).

use super::access::Rights;
use super::call::{Answer, Call};
use super::question::PLACES;
use codes::{Code, Number, Period};
use facts::derived::Target;
use facts::history::one_as_known_at;
use facts::{Error, Form, Object, Series, View};
use monitor::{Question, Row, Snapshot, lag};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn answer(call: &Call<'_>) -> Answer {
    call.must(Rights::See)?;
    let mut question = call.question()?;
    question.form = Form::Cumulative;
    let day = question.period.last_day();
    question.period = Period::containing(super::object::TO_DATE, day);
    let year = question.period.year_number();
    let indicator = question.indicator.to_string();
    let all = call.bureau.tables.targets.iter();
    let wanted: Vec<(&Object, Number)> = all
        .filter(|(_, of, of_year, _)| *of == indicator && *of_year == year)
        .map(|(object, _, _, growth)| (object, *growth))
        .collect();
    let mut said = call.asked_json(&question);
    let snapshot = call.bureau.snapshot(&question)?;
    let (targets, to_date) = targets(&*call.bureau.view(), &snapshot, &wanted)?;
    let found = lag(&targets, &to_date, PLACES)?;
    let number = |number: Option<Number>| number.map(|number| number.to_string());
    let line = |of: &monitor::Behind| {
        let way = of.way;
        json!({
            "object": call.object(&of.object),
            "target": number(targets.get(&of.object).map(|target| target.growth)),
            "growth": number(way.map(|way| way.growth)),
            "behind": number(way.map(|way| way.behind)),
            "growthNeeded": number(way.and_then(|way| way.growth_needed)),
        })
    };
    said["lines"] = found.iter().map(line).collect();
    Ok(call.tell(said))
}

type Targets = (BTreeMap<Object, Target>, BTreeMap<Object, Number>);

/// What the years came to, of each object that has a target. Of one of which nothing is told the
/// year before is taken as one, so that it is told of as one that is to be asked.
fn targets(view: &dyn View, of: &Snapshot, wanted: &[(&Object, Number)]) -> Result<Targets, Error> {
    let mut targets = BTreeMap::new();
    let mut to_date = BTreeMap::new();
    for (object, growth) in wanted {
        let rows: Vec<&Row> = of.rows.iter().filter(|row| is_of(row, object)).collect();
        let base_to_date = Number::sum(rows.iter().map(|row| row.base))?;
        let is_told = base_to_date.is_positive();
        let mut base_year = Number::ZERO;
        for row in &rows {
            base_year = base_year.plus(last_year(view, of, row)?)?;
        }
        let or_one = |number| if is_told { number } else { Number::from(1) };
        let target = Target {
            growth: *growth,
            base_year: or_one(base_year),
            base_to_date: or_one(base_to_date),
        };
        targets.insert((*object).clone(), target);
        if is_told {
            let sum = Number::sum(rows.iter().map(|row| row.now))?;
            to_date.insert((*object).clone(), sum);
        }
    }
    Ok((targets, to_date))
}

fn is_of(row: &Row, object: &Object) -> bool {
    let lies_in = |region| row.region.is_within(region);
    let is_of = |industry| row.industry.is_within(industry);
    row.enterprise == *object
        || object.as_region().is_some_and(lies_in)
        || object.as_industry().is_some_and(is_of)
}

/// What an enterprise told of the whole year before; what it told to the same month if it has told
/// no more.
fn last_year(view: &dyn View, of: &Snapshot, row: &Row) -> Result<Number, Error> {
    let Question {
        indicator,
        form,
        period,
        unit,
        at,
    } = &of.question;
    let objects = [row.enterprise.clone()];
    let series = Series::new(indicator.clone(), objects, super::object::TO_DATE, *form)?;
    let Some(december) = Period::year_to_date(period.year_number() - 1, 12) else {
        return Ok(row.base);
    };
    let known = one_as_known_at(view, &series, december, *at)?;
    let told = known.and_then(|known| {
        let number = known.observation.content.number()?;
        Some((number, known.observation.unit))
    });
    match told {
        Some((number, told_in)) => Ok(told_in.convert(number, *unit)?),
        None => Ok(row.base),
    }
}
