//! What every answer takes from its request: ids, version, flags, digest.

use super::{Authority, answer_envelope};
use crate::question::MESSAGE_LIFE_SECONDS;
use crate::step::{Answer, Event, Step};
use crate::template::Problem;
use crate::{Date, Digests};
use alloc::boxed::Box;
use bytes::Bytes;
use model::{Change, Key};
use wire::digest::DigestAlgorithm;
use wire::message::NO_CREDENTIAL;
use wire::outcome::Failure;
use wire::response::Answer as Body;
use wire::{Envelope, Header, Message, OpFlags, RequestDigest, Response, ResponseCode};

/// What is remembered of a request until it is answered.
#[derive(Debug)]
pub(super) struct Asked {
    envelope: Envelope,
    /// The flags of the request.
    pub(super) flags: OpFlags,
    /// The answer's header, but for its code.
    header: Header,
    digest: Option<RequestDigest>,
}

impl Asked {
    pub(super) fn new<D: Digests>(authority: &Authority<D>, request: &Message, now: Date) -> Self {
        let envelope = answer_envelope(&request.envelope);
        // Peers before 2.1 expect a layout of the digest that nobody has written down for sure.
        let wants_digest = request.header.flags.contains(OpFlags::REQUEST_DIGEST)
            && !envelope.version.is_before_2_1();
        let digest = wants_digest.then(|| {
            let algorithm = DigestAlgorithm::of(envelope.version);
            authority
                .digests
                .request_digest(algorithm, &request.digested_octets())
        });
        let header = Header {
            flags: answer_flags(request.header.flags, authority.is_primary, digest.is_some()),
            site_serial: authority.site_serial,
            expiration: now.plus_seconds(MESSAGE_LIFE_SECONDS).0,
            ..request.header
        };
        Self {
            envelope,
            flags: request.header.flags,
            header,
            digest,
        }
    }

    /// Ends a plan with an answer that changes nothing.
    pub(super) fn answer(self, code: ResponseCode, body: Body) -> Step {
        self.answer_after(Change::default(), code, body)
    }

    /// Ends a plan with an answer that may be sent after a change.
    pub(super) fn answer_after(self, change: Change, code: ResponseCode, body: Body) -> Step {
        let event = Event::Answered {
            opcode: self.header.opcode,
            code,
        };
        Step::Answer(Box::new(Answer {
            message: self.message(code, body),
            change,
            event,
        }))
    }

    /// Ends a plan with a failure.
    pub(super) fn fail(self, code: ResponseCode, text: impl Into<Bytes>) -> Step {
        self.answer(code, Body::Failure(Failure::new(text)))
    }

    /// Ends a plan that met a stored record it cannot read.
    pub(super) fn fail_unreadable(self, key: Key, error: model::Error) -> Step {
        let text = "the stored record cannot be read; the operator has been told";
        Step::Answer(Box::new(Answer {
            message: self.failure(ResponseCode::ERROR, text),
            change: Change::default(),
            event: Event::RecordUnreadable { key, error },
        }))
    }

    /// Ends a plan that found a template it could not carry out: the identifier does not exist.
    pub(super) fn fail_template(self, identifier: Bytes, problem: Problem) -> Step {
        let text = "the templates of its namespace cannot be carried out; \
                    the operator has been told";
        Step::Answer(Box::new(Answer {
            message: self.failure(ResponseCode::HANDLE_NOT_FOUND, text),
            change: Change::default(),
            event: Event::TemplateFailed {
                identifier,
                problem,
            },
        }))
    }

    /// A failure as a message.
    pub(super) fn failure(self, code: ResponseCode, text: impl Into<Bytes>) -> Message {
        self.message(code, Body::Failure(Failure::new(text)))
    }

    /// Adds a flag to those of the answer.
    pub(super) fn with_flag(mut self, flag: OpFlags) -> Self {
        self.header.flags = self.header.flags | flag;
        self
    }

    fn message(self, code: ResponseCode, answer: Body) -> Message {
        let digest = self.digest;
        Message {
            envelope: self.envelope,
            header: Header {
                response_code: code.for_version(self.envelope.version),
                ..self.header
            },
            body: Response::new(digest, answer).encode(),
            tail: Bytes::from_static(NO_CREDENTIAL),
        }
    }
}

/// An answer echoes the flags of its request, except those that say something of the answer: it
/// is authoritative if a primary gives it, has a digest if it could, and is not signed, for this
/// node does not sign yet. Whether anything was overwritten, the plan says.
fn answer_flags(asked: OpFlags, is_primary: bool, has_digest: bool) -> OpFlags {
    let own = OpFlags::AUTHORITATIVE
        | OpFlags::CERTIFIED
        | OpFlags::CONTINUOUS
        | OpFlags::REQUEST_DIGEST
        | OpFlags::OVERWRITE;
    let mut flags = asked & !own;
    if is_primary {
        flags = flags | OpFlags::AUTHORITATIVE;
    }
    if has_digest {
        flags = flags | OpFlags::REQUEST_DIGEST;
    }
    flags
}
