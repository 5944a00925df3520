//! Lines that are carried out many at a time, so that many become durable by one sync, and are
//! answered in their order.
//!
//! Lines are gathered into chunks in which no two are about one identifier. While a chunk becomes
//! durable, the next is planned; one that has to do with it waits.

use super::line::{self, Line, Refused};
use crate::api::outcome;
use crate::question::Said;
use engine::authority::Known;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, SuffixCase};
use node::{Handle, Underway};
use serde::Serialize;
use std::collections::HashSet;
use std::net::IpAddr;
use wire::response::Answer;
use wire::{Message, OpFlags, ResponseCode};

/// How many lines are planned and submitted together. Two chunks are what the store gathers while
/// it syncs; more would only wait in its queue.
const CHUNK_COUNT: usize = 2048;

/// What an answer to a line has, roughly, in octets.
const ANSWER_OCTETS: usize = 64;

pub(super) struct Work<'w> {
    handle: &'w Handle,
    source: IpAddr,
    known: &'w Known,
    /// If the call may come again: what is kept of its answers.
    call: Option<node::Call>,
    chunk: Chunk,
    underway: Option<(Underway, Chunk)>,
    answers: Vec<u8>,
}

/// Lines that do not depend on each other.
#[derive(Default)]
struct Chunk {
    lines: Vec<Taken>,
    requests: Vec<Message>,
    /// What they are about, in its canonical spelling.
    about: HashSet<Vec<u8>>,
}

/// What became of a line.
enum Taken {
    /// It is carried out; the identifier as spelled.
    Asked(Identifier),
    Refused(Refused),
}

/// The answer to a line.
#[derive(Serialize)]
struct Answered<'a> {
    #[serde(rename = "responseCode")]
    code: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<&'a str>,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        handle: &'w Handle,
        source: IpAddr,
        known: &'w Known,
        call: Option<node::Call>,
    ) -> Self {
        Self {
            handle,
            source,
            known,
            call,
            chunk: Chunk::default(),
            underway: None,
            answers: Vec::new(),
        }
    }

    /// Carries all lines out; the answers, one line each. Waits until all is durable.
    pub(super) fn all(mut self, lines: &[&[u8]]) -> Vec<u8> {
        self.answers.reserve(lines.len() * ANSWER_OCTETS);
        for line in lines {
            match line::read(line) {
                Ok(line) => self.take(line),
                Err(refused) => self.chunk.lines.push(Taken::Refused(refused)),
            }
            if self.chunk.lines.len() >= CHUNK_COUNT {
                self.begin();
            }
        }
        self.begin();
        self.settle();
        if let Some(call) = self.call.take() {
            self.handle.end_call(call);
        }
        self.answers
    }

    fn take(&mut self, line: Line) {
        let Line {
            identifier,
            mut request,
            is_minted,
        } = line;
        // Nobody compares it within one process.
        request.header.flags = request.header.flags & !OpFlags::REQUEST_DIGEST;
        // Who may do what stands in the records of prefixes: nothing passes them on its way.
        let is_prefix = is_prefix(&identifier);
        // Case tells identifiers apart in some stores; to take two for one costs a wait.
        let about = identifier.canonical(SuffixCase::Insensitive);
        if is_prefix {
            self.begin();
            self.settle();
        } else if !is_minted && self.chunk.about.contains(&about) {
            self.begin();
        }
        if !is_minted {
            self.chunk.about.insert(about);
        }
        self.chunk.requests.push(request);
        self.chunk.lines.push(Taken::Asked(identifier));
        if is_prefix {
            self.begin();
            self.settle();
        }
    }

    /// Begins to carry the gathered lines out.
    fn begin(&mut self) {
        let mut chunk = std::mem::take(&mut self.chunk);
        let depends = |before: &Chunk| !before.about.is_disjoint(&chunk.about);
        if self
            .underway
            .as_ref()
            .is_some_and(|(_, before)| depends(before))
        {
            self.settle();
        }
        let requests = std::mem::take(&mut chunk.requests);
        let begun = match &mut self.call {
            Some(call) => {
                let handle = self.handle;
                handle.begin_in(call, self.source, requests, self.known)
            }
            None => self.handle.begin(self.source, requests, self.known),
        };
        // The answers before stand before; they are waited for while this goes on.
        self.settle();
        self.underway = Some((begun, chunk));
    }

    /// Waits for what is under way, and writes its answers.
    fn settle(&mut self) {
        let Some((underway, chunk)) = self.underway.take() else {
            return;
        };
        let mut answers = self.handle.finish(underway).into_iter();
        for line in chunk.lines {
            match line {
                Taken::Asked(identifier) => self.write(&identifier, answers.next()),
                Taken::Refused(refused) => self.put(&Answered {
                    code: ResponseCode::PROTOCOL_ERROR.0,
                    message: &refused.why,
                    handle: refused.handle.as_deref(),
                }),
            }
        }
    }

    fn write(&mut self, identifier: &Identifier, answer: Option<Message>) {
        let said = Said::of(answer);
        let registered = match &said.answer {
            Answer::Creation(creation) => creation.identifier.as_deref(),
            _ => None,
        };
        let registered = registered.map(String::from_utf8_lossy);
        let message = outcome::text(&said);
        self.put(&Answered {
            code: said.code.0,
            message: &message,
            handle: Some(registered.as_deref().unwrap_or(identifier.as_str())),
        });
    }

    fn put(&mut self, answer: &Answered<'_>) {
        // A number and two texts become JSON, and memory takes them.
        let written = serde_json::to_writer(&mut self.answers, answer);
        debug_assert!(written.is_ok());
        self.answers.push(b'\n');
    }
}

fn is_prefix(identifier: &Identifier) -> bool {
    identifier
        .prefix()
        .as_str()
        .eq_ignore_ascii_case(PREFIX_OF_PREFIXES)
        || !identifier.as_str().contains('/')
}
