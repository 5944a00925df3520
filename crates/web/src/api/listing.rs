//! Lists: the identifiers under a prefix, the prefixes that the node is home to, and which those
//! are to be.
//!
//! Not here: who may see and say them (room `engine`).

use super::endpoints::{PAGE, PAGE_SIZE, PREFIX, Parameter};
use super::outcome::{self, failure};
use super::{Call, parse, reply};
use crate::question::{REQUEST_ID, Said, now};
use crate::reply::Reply;
use bytes::Bytes;
use engine::question::{homed_listing, homing, listing};
use hyper::StatusCode;
use model::Identifier;
use model::identifier::PREFIX_OF_PREFIXES;
use serde_json::{Map, Value as Json};
use std::ops::ControlFlow;
use wire::{Message, ResponseCode};

/// How many names one answer has; who wants more asks page by page. Beyond it: 400.
const NAMES_COUNT_MAX: usize = 100_000;

/// How many names are counted for the total; counting ten million takes about ten seconds. Where
/// there are more, the answer has no total.
const COUNTED_MAX: usize = 10_000_000;

/// GET `/api/handles?prefix=…`: the prefix with or without `0.NA/`.
pub(super) fn identifiers(call: &Call<'_>) -> Reply {
    let Some(asked) = call
        .asked
        .query
        .first(PREFIX.name)
        .filter(|text| !text.is_empty())
    else {
        let text = "name a prefix: /api/handles?prefix=88.156.1";
        return failure(call, ResponseCode::PROTOCOL_ERROR, text, None);
    };
    let prefix = match described(asked) {
        Ok(prefix) => prefix,
        Err(said) => return failure(call, ResponseCode::INVALID_HANDLE, &said, Some(asked)),
    };
    let request = listing(&prefix, REQUEST_ID, now());
    answer(call, &request, Some(asked), "handles")
}

/// GET `/api/prefixes`.
pub(super) fn prefixes(call: &Call<'_>) -> Reply {
    answer(call, &homed_listing(REQUEST_ID, now()), None, "prefixes")
}

/// POST and DELETE `/api/prefixes/0.NA/…`: the node is home to the prefix, or no longer.
pub(super) fn answer_home(call: &Call<'_>, encoded: &str, is_home: bool) -> Reply {
    match parse(encoded) {
        Ok(prefix) => {
            let request = homing(&prefix, is_home, REQUEST_ID, now());
            outcome::written(call, &prefix, &call.ask(&request))
        }
        Err(said) => failure(call, ResponseCode::INVALID_HANDLE, &said, None),
    }
}

/// The record that describes a prefix.
fn described(asked: &str) -> Result<Identifier, String> {
    let head = asked
        .get(..PREFIX_OF_PREFIXES.len() + 1)
        .unwrap_or_default();
    let is_record = head.eq_ignore_ascii_case("0.NA/");
    let record = if is_record {
        asked.to_owned()
    } else {
        format!("{PREFIX_OF_PREFIXES}/{asked}")
    };
    record
        .parse()
        .map_err(|error: model::Error| error.to_string())
}

/// A part of a list: which of its pages, of how many names each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    number: usize,
    size: usize,
}

/// The page that is asked for; all names if there is none. Less than 0 means that, too.
fn page(call: &Call<'_>) -> Result<Option<Page>, String> {
    let number = |parameter: &Parameter| match call.asked.query.first(parameter.name) {
        None => Ok(None),
        Some(text) => match text.parse::<i64>() {
            Ok(number) => Ok(usize::try_from(number).ok()),
            Err(_) => Err(format!("{} is no number: \"{text}\"", parameter.name)),
        },
    };
    let (page, size) = (number(&PAGE)?, number(&PAGE_SIZE)?);
    let Some(size) = size else {
        return Ok(None);
    };
    if size > NAMES_COUNT_MAX {
        return Err(format!("pageSize is above {NAMES_COUNT_MAX}"));
    }
    let number = page.unwrap_or_default();
    Ok(Some(Page { number, size }))
}

/// The names of a page, and how many there are in all.
#[derive(Default)]
struct Names {
    page: Option<Page>,
    wanted: Vec<Json>,
    count: usize,
    is_too_long: bool,
}

impl Names {
    fn take(&mut self, name: &Bytes) -> ControlFlow<()> {
        let at = self.count;
        self.count += 1;
        let is_wanted = self
            .page
            .is_none_or(|page| at.checked_div(page.size) == Some(page.number));
        if is_wanted && self.wanted.len() == NAMES_COUNT_MAX {
            self.is_too_long = true;
            return ControlFlow::Break(());
        }
        if is_wanted {
            self.wanted.push(String::from_utf8_lossy(name).into());
        }
        if self.count > COUNTED_MAX {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

fn answer(call: &Call<'_>, request: &Message, prefix: Option<&str>, member: &str) -> Reply {
    let page = match page(call) {
        Ok(page) => page,
        Err(said) => return failure(call, ResponseCode::PROTOCOL_ERROR, &said, None),
    };
    let mut names = Names {
        page,
        ..Names::default()
    };
    let source = call.asked.visitor.source;
    let said = Said::of(match call.known() {
        None => call.front.handle.answer(source, request),
        Some(known) => {
            let take = |name: Bytes| names.take(&name);
            call.front.handle.list(source, request, known.clone(), take)
        }
    });
    if said.code != ResponseCode::SUCCESS {
        return failure(call, said.code, &outcome::text(&said), prefix);
    }
    if names.is_too_long {
        let text = format!("there are more than {NAMES_COUNT_MAX}: ask with page and pageSize");
        return failure(call, ResponseCode::PROTOCOL_ERROR, &text, prefix);
    }
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.into(), value);
    put("responseCode", said.code.0.into());
    if let Some(prefix) = prefix {
        put("prefix", prefix.into());
    }
    if names.count <= COUNTED_MAX {
        // Text, as the reference software writes it.
        put("totalCount", names.count.to_string().into());
    }
    if let Some(page) = page {
        put("page", page.number.into());
        put("pageSize", page.size.into());
    }
    put(member, names.wanted.into());
    reply(call.asked, StatusCode::OK, &Json::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(page: Option<Page>, count: usize) -> (Vec<String>, usize) {
        let mut names = Names {
            page,
            ..Names::default()
        };
        for at in 0..count {
            let _ = names.take(&at.to_string().into());
        }
        let wanted = names
            .wanted
            .iter()
            .map(|name| name.as_str().unwrap().to_owned());
        (wanted.collect(), names.count)
    }

    #[test]
    fn a_page_has_its_names_and_the_total_counts_all() {
        let page = |number, size| Some(Page { number, size });
        assert_eq!(names(page(1, 2), 5), (vec!["2".into(), "3".into()], 5));
        assert_eq!(names(page(2, 2), 5), (vec!["4".into()], 5));
        assert_eq!(names(page(3, 2), 5), (vec![], 5));
        assert_eq!(names(page(0, 0), 5), (vec![], 5), "only the count");
        assert_eq!(names(None, 2).0.len(), 2);
    }

    #[test]
    fn a_prefix_is_named_with_or_without_its_own_prefix() {
        for asked in ["88.1", "0.NA/88.1", "0.na/88.1"] {
            assert!(
                described(asked).unwrap().as_str().ends_with("/88.1"),
                "{asked}"
            );
        }
        assert!(described("0.NA").unwrap().as_str().ends_with("0.NA/0.NA"));
    }
}
