//! POST `/api/bulk`: up to a hundred thousand records in one call, as JSON lines
//! (`application/x-ndjson`).
//!
//! | file | question it answers |
//! | --- | --- |
//! | `bulk/line` | what does one line ask for? |
//! | `bulk/work` | how are many lines carried out at a time, and answered in their order? |
//! | `bulk/memory` | which calls have been answered already? |
//!
//! Who asks is found out once, before the body is read. Every line is an operation of its own: it
//! is done or refused, whatever becomes of the others, and answered with a line. A line sees what
//! the lines before it have done to the same identifier, and to records of prefixes (`0.NA/…`);
//! others may be carried out at the same time. What is answered is durable.
//!
//! A call may have a request id, as a header `Idempotency-Key` or as `{"requestId":"…"}` in its
//! first line: if it comes again with the same body from the same identity, the same answers are
//! given and nothing is done, for twelve hours at least; also after a restart or a crash, when what
//! was not done yet is. The store keeps the answers with the changes, so memory only makes it
//! faster. A call that changed nothing is remembered in memory alone.

mod line;
mod memory;
mod work;

use super::endpoints::{self, Route};
use super::outcome::failure;
use super::{Call, reply};
use crate::bodies::Room;
use crate::connection::Front;
use crate::identity;
use crate::reply::{JSON, Reply};
use crate::visitor::Visitor;
use bytes::Bytes;
use crypto::Provider;
use engine::Digests;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, StatusCode};
use memory::{Begun, Memory, Name};
use node::config::HttpConfig;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tracing::error;
use wire::ResponseCode;
use work::Work;

/// The content type of JSON lines.
const LINES: &str = "application/x-ndjson";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How many lines a call may have. Beyond it: 413, and nothing is done.
const LINES_COUNT_MAX: usize = 100_000;

/// The longest request id. Beyond it: 400.
const REQUEST_ID_OCTETS_MAX: usize = 128;

/// How long the body may take to come: the longest one over a line of ten megabits a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// What all calls share.
pub(crate) struct Bulk {
    room: Arc<Room>,
    octets_max: usize,
    memory: Memory,
}

/// Whether a request is a bulk call.
pub(crate) fn is_meant(method: &Method, path: &str) -> bool {
    matches!(endpoints::find(method, path), Some((Route::Bulk, _)))
}

impl Bulk {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        let octets_max = config.bulk_octets_max;
        Self {
            room: Arc::new(Room::new(octets_max.saturating_mul(2), octets_max)),
            octets_max,
            memory: Memory::new(config.bulk_answers_octets_max),
        }
    }

    /// The room for the body of somebody who has shown who they are, how long it may be in octets,
    /// and how long it may take.
    pub(crate) fn admit(
        &self,
        front: &Front,
        visitor: &Visitor,
        headers: &HeaderMap,
    ) -> Result<(&Arc<Room>, usize, Duration), Reply> {
        // The record of the identity may have to be read from the disk.
        let who = tokio::task::block_in_place(|| identity::of(front, visitor, headers));
        let who =
            who.map_err(|why| identity::not_believed(front, visitor, headers, &why).closing())?;
        if who.known.is_some() {
            return Ok((&self.room, self.octets_max, PATIENCE));
        }
        let code = ResponseCode::AUTHENTICATION_NEEDED;
        let status = super::outcome::status(code, visitor.is_https);
        let body = json!({"responseCode": code.0}).to_string();
        let refused = Reply::new(status, JSON, body).closing();
        Err(match status {
            StatusCode::UNAUTHORIZED => {
                identity::with_challenge(refused, front, visitor, headers, &who, None)
            }
            _ => refused,
        })
    }
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let Some(known) = call.known() else {
        return failure(call, ResponseCode::AUTHENTICATION_NEEDED, "", None);
    };
    let body = &call.asked.body;
    let mut lines: Vec<&[u8]> = lines(body).take(LINES_COUNT_MAX + 2).collect();
    let named = lines.first().and_then(|first| line::request_id(first));
    if named.is_some() {
        lines.remove(0);
    }
    if lines.len() > LINES_COUNT_MAX {
        let text = format!("a call may have {LINES_COUNT_MAX} lines; nothing was done");
        let body = json!({"responseCode": ResponseCode::PROTOCOL_ERROR.0, "message": text});
        return reply(call.asked, StatusCode::PAYLOAD_TOO_LARGE, &body);
    }
    let header = call.asked.header(&IDEMPOTENCY_KEY).trim_matches('"');
    let request_id = named.unwrap_or_else(|| header.to_owned());
    let handle = &call.front.handle;
    let work = |repeated| Work::new(handle, call.asked.visitor.source, known, repeated).all(&lines);
    if request_id.is_empty() {
        return Reply::new(StatusCode::OK, LINES, work(None));
    }
    if request_id.len() > REQUEST_ID_OCTETS_MAX {
        let text = format!("a request id may have {REQUEST_ID_OCTETS_MAX} octets");
        return failure(call, ResponseCode::PROTOCOL_ERROR, &text, None);
    }
    let digest = Provider.sha256(body);
    let name = Name::new(&known.identity, request_id.clone());
    let new = match call.front.bulk.memory.begin(name, digest) {
        Begun::New(new) => new,
        Begun::Answered(answers) => return Reply::new(StatusCode::OK, LINES, answers),
        Begun::Underway => {
            return conflict(call, "a call with this request id is being carried out");
        }
        Begun::Other => return conflict(call, OTHER_BODY),
    };
    match handle.begin_call(&known.identity, &request_id, &digest) {
        Ok(Ok(repeated)) => {
            let answers = Bytes::from(work(Some(repeated)));
            new.remember(answers.clone());
            Reply::new(StatusCode::OK, LINES, answers)
        }
        Ok(Err(_)) => conflict(call, OTHER_BODY),
        Err(error) => {
            error!(%error, "the store cannot be read");
            let text = "the node's storage cannot be read; nothing was done";
            failure(call, ResponseCode::ERROR, text, None)
        }
    }
}

const OTHER_BODY: &str = "the request id was used for another body";

fn conflict(call: &Call<'_>, text: &str) -> Reply {
    let body = json!({"responseCode": ResponseCode::PROTOCOL_ERROR.0, "message": text});
    reply(call.asked, StatusCode::CONFLICT, &body)
}

/// The lines of a body that are not blank.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = body.split(|octet| *octet == b'\n');
    lines
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
}
