//! Reading a record, and the site's. Not here: lists.

use super::endpoints::{AUTH, CERT, DO_NOT_REFER, INDEX, PUBLIC_ONLY, TYPE};
use super::outcome::{self, failure};
use super::{Call, reply};
use crate::question::{REQUEST_ID, Said, Wish, now, resolution};
use crate::reply::Reply;
use crate::request::Asked;
use engine::question::site_info;
use hyper::StatusCode;
use model::{Identifier, Site};
use serde_json::json;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

/// Answers a question for the values of an identifier; also the proxy's `action=api`.
///
/// Who has shown who they are is given what they may read: where they may not read everything, and
/// have not asked for it in so many words, what everybody may read.
pub(crate) fn read(call: &Call<'_>, identifier: &Identifier) -> Reply {
    let mut wish = match wish(call.asked, call.known().is_some()) {
        Ok(wish) => wish,
        Err(said) => return failure(call, ResponseCode::PROTOCOL_ERROR, &said, None),
    };
    let mut said = call.ask(&resolution(identifier.clone(), &wish));
    let is_refused = [
        ResponseCode::INVALID_ADMIN,
        ResponseCode::INSUFFICIENT_PERMISSIONS,
    ]
    .contains(&said.code);
    if is_refused && call.asked.query.flag(PUBLIC_ONLY.name).is_none() {
        wish.is_private = false;
        said = call.ask(&resolution(identifier.clone(), &wish));
    }
    outcome::resolution(call, identifier, &said)
}

fn wish(asked: &Asked, is_somebody: bool) -> Result<Wish, String> {
    let query = &asked.query;
    let types = query.all(TYPE.name).map(str::to_owned).collect();
    let indexes = query
        .all(INDEX.name)
        .map(parse_index)
        .collect::<Result<_, _>>()?;
    let flags = [
        (&AUTH, OpFlags::AUTHORITATIVE),
        (&CERT, OpFlags::CERTIFIED),
        (&DO_NOT_REFER, OpFlags::DO_NOT_REFER),
    ];
    let set = flags
        .into_iter()
        .filter(|(parameter, _)| query.flag(parameter.name) == Some(true));
    Ok(Wish {
        types,
        indexes,
        flags: set.map(|(_, flags)| flags).collect(),
        // Whoever says who they are wants all that they may see.
        is_private: !query.flag(PUBLIC_ONLY.name).unwrap_or(!is_somebody),
    })
}

/// An index that is asked for.
pub(crate) fn parse_index(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("index is not a number from 0 to 4294967295: \"{text}\""))
}

pub(super) fn site(call: &Call<'_>) -> Reply {
    let said = call.ask(&site_info(REQUEST_ID, now()));
    let site = match &said.answer {
        Answer::SiteInfo(octets) => Site::decode(octets.clone()).ok(),
        _ => None,
    };
    match site.and_then(|site| serde_json::to_value(site).ok()) {
        Some(site) => {
            let body = json!({"responseCode": said.code.0, "site": site});
            reply(call.asked, StatusCode::OK, &body)
        }
        None => failure(call, refusal(&said), &outcome::text(&said), None),
    }
}

/// The code of an answer that should have been a success: a success nobody can read is an error.
pub(super) fn refusal(said: &Said) -> ResponseCode {
    match said.code {
        ResponseCode::SUCCESS => ResponseCode::ERROR,
        code => code,
    }
}
