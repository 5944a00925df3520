//! Who answers which path. Not here: what they answer.

use super::access::Rights;
use super::call::{Answer, Call, Problem};
use super::{
    board, bulletins, cases, collection, lag, measures, object, question, roll, rules, settings,
    sheet, silences, warnings, workbooks,
};
use crate::reply::{JSON, Reply};
use hyper::{Method, StatusCode};
use monitor::province::INDICATORS;
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};

/// Where the API begins.
pub(super) const API: &str = "/api/monitor/v1/";

/// Answers a call of the API by somebody who may come in.
pub(super) fn answer(call: &Call<'_>) -> Answer {
    let path = call.asked.path.strip_prefix(API).unwrap_or_default();
    let decoded = path
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8_lossy());
    let decoded: Vec<_> = decoded.collect();
    let parts: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
    match parts.as_slice() {
        ["openapi.json"] => read(call, |_| {
            Ok(Reply::new(StatusCode::OK, JSON, super::OPENAPI))
        }),
        ["status"] => read(call, status),
        ["board"] => read(call, board::answer),
        ["sheet"] => read(call, sheet::answer),
        ["series"] => read(call, object::answer),
        ["search"] => read(call, |call| Ok(object::search(call))),
        ["lag"] => read(call, lag::answer),
        ["targets"] if call.asked.is_read() => settings::targets(call),
        ["targets"] => write(call, settings::set_target),
        ["silences", rest @ ..] => of_silences(call, rest),
        ["warnings", rest @ ..] => of_warnings(call, rest),
        ["cases", rest @ ..] => of_cases(call, rest),
        ["measures", rest @ ..] => of_measures(call, rest),
        ["collection", rest @ ..] => of_collection(call, rest),
        ["rules", rest @ ..] => of_rules(call, rest),
        ["bulletins", rest @ ..] => of_bulletins(call, rest),
        _ => Err(Problem::not_found()),
    }
}

fn of_warnings(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] => read(call, warnings::list),
        ["judge"] => write(call, warnings::judge),
        [name] => read(call, |call| warnings::show(call, name)),
        [name, "acknowledge"] => write(call, |call| warnings::acknowledge(call, name)),
        [name, "hand-over"] => write(call, |call| warnings::hand_over(call, name)),
        _ => Err(Problem::not_found()),
    }
}

fn of_silences(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] if call.asked.is_read() => silences::list(call),
        [] => silences::keep(call),
        [name, "lift"] => write(call, |call| silences::lift(call, name)),
        _ => Err(Problem::not_found()),
    }
}

fn of_cases(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] if call.asked.is_read() => cases::list(call),
        [] => cases::open(call),
        [name] => read(call, |call| cases::show(call, name)),
        [name, "steps"] => write(call, |call| cases::step(call, name)),
        _ => Err(Problem::not_found()),
    }
}

fn of_measures(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] => read(call, measures::list),
        ["example"] => write(call, measures::list_example),
        [name] => read(call, |call| measures::show(call, name)),
        [name, "steps"] => write(call, |call| measures::step(call, name)),
        _ => Err(Problem::not_found()),
    }
}

fn of_collection(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] => read(call, collection::status),
        ["workbook"] => write(call, workbooks::send),
        ["marked", "workbook"] => write(call, workbooks::give_back),
        ["roll", "workbook"] => write(call, roll::send),
        ["mappings"] => write(call, workbooks::keep_mapping),
        ["tasks"] if call.asked.is_read() => settings::tasks(call),
        ["tasks"] => write(call, settings::keep_task),
        ["checks"] if call.asked.is_read() => settings::checks(call),
        ["checks"] => write(call, settings::keep_checks),
        ["batches", id, "undo"] => write(call, |call| collection::undo(call, id)),
        _ => Err(Problem::not_found()),
    }
}

fn of_rules(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] if call.asked.is_read() => rules::list(call),
        [] => rules::draft(call),
        ["check"] => write(call, rules::check),
        [name, number, "back-test"] => write(call, |call| rules::back_test(call, name, number)),
        [name, number, "seen"] => write(call, |call| rules::seen(call, name, number)),
        [name, number, "live"] => write(call, |call| rules::go_live(call, name, number)),
        [name, number, "retire"] => write(call, |call| rules::retire(call, name, number)),
        _ => Err(Problem::not_found()),
    }
}

fn of_bulletins(call: &Call<'_>, path: &[&str]) -> Answer {
    match path {
        [] if call.asked.is_read() => bulletins::list(call),
        [] => bulletins::issue(call),
        ["preview"] => write(call, bulletins::preview),
        ["file"] => write(call, bulletins::draft),
        [name] => read(call, |call| bulletins::show(call, name)),
        [name, "receipts"] => write(call, |call| bulletins::receive(call, name)),
        _ => Err(Problem::not_found()),
    }
}

fn write(call: &Call<'_>, then: impl Fn(&Call<'_>) -> Answer) -> Answer {
    if call.asked.method == Method::POST {
        then(call)
    } else {
        Err(Problem::method("POST"))
    }
}

fn read(call: &Call<'_>, then: impl Fn(&Call<'_>) -> Answer) -> Answer {
    if call.asked.is_read() {
        then(call)
    } else {
        Err(Problem::method("GET, HEAD"))
    }
}

/// Whose figures these are, which there are, and what the asker may.
fn status(call: &Call<'_>) -> Answer {
    let bureau = call.bureau;
    let months = bureau.told_months(call.indicator())?;
    let months: Vec<_> = months
        .iter()
        .filter_map(|of| Some(of.last_day().to_string().get(..7)?.to_owned()))
        .collect();
    let indicators = INDICATORS.iter().filter(|of| question::adds_up(of.unit));
    let indicators: Vec<Json> = indicators
        .map(|of| question::indicator_json(of.code))
        .collect();
    Ok(call.tell(json!({
        "region": call.object(&facts::Object::region(bureau.region)),
        "indicator": question::indicator_json(&bureau.indicator),
        "indicators": indicators,
        "months": months,
        "today": super::bureau::today().to_string(),
        "rights": call.who.rights.word(),
        "body": call.who.body,
        "actsForAll": call.may(Rights::Act) && call.who.body.is_none(),
    })))
}

/// Whether a workbook is sent there, which may be longer than words are.
pub(super) fn takes_a_workbook(path: &str) -> bool {
    const WORKBOOKS: [&str; 3] = ["workbook", "marked/workbook", "roll/workbook"];
    let of = path
        .strip_prefix(API)
        .and_then(|path| path.strip_prefix("collection/"));
    of.is_some_and(|of| WORKBOOKS.contains(&of))
}

/// What is asked for that no page may have others send.
pub(super) fn is_known(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::POST)
}
