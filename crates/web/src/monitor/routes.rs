//! Who answers which path. Not here: what they answer.

use super::access::Rights;
use super::call::{Answer, Call, Problem};
use super::{board, lag, object, question, sheet};
use crate::reply::{JSON, Reply};
use hyper::{Method, StatusCode};
use monitor::province::INDICATORS;
use serde_json::{Value as Json, json};

/// Where the API begins.
pub(super) const API: &str = "/api/monitor/v1/";

/// Answers a call of the API by somebody who may come in.
pub(super) fn answer(call: &Call<'_>) -> Answer {
    let path = call.asked.path.strip_prefix(API).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
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
        _ => Err(Problem::not_found()),
    }
}

fn read(call: &Call<'_>, then: fn(&Call<'_>) -> Answer) -> Answer {
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

/// What is asked for that no page may have others send.
pub(super) fn is_known(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::POST)
}
