//! What every answer takes from its request: ids, version, flags, digest.
//!
//! Not here: what is answered, and signing it ([`super::certify`]).

use super::{Authority, Ground, answer_envelope};
use crate::question::MESSAGE_LIFE_SECONDS;
use crate::step::{Answer, Event, Scan, Step};
use crate::template::Problem;
use crate::{Date, Digests};
use alloc::boxed::Box;
use bytes::Bytes;
use model::{Change, Key};
use wire::challenge::Challenge;
use wire::digest::DigestAlgorithm;
use wire::message::NO_CREDENTIAL;
use wire::outcome::Failure;
use wire::response::Answer as Body;
use wire::{Envelope, Header, Message, OpFlags, RequestDigest, Response, ResponseCode, Version};

/// What is remembered of a request until it is answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    envelope: Envelope,
    /// The flags of the request.
    pub(super) flags: OpFlags,
    /// The answer's header, but for its code.
    header: Header,
    digest: Option<Digest>,
}

/// The digest of the request, where the answer begins with one.
#[derive(Debug, Clone)]
enum Digest {
    /// As it is since 2.1.
    Flagged(RequestDigest),
    /// As it was before: no flag says that it is there, and its algorithm has the number 0, by
    /// which old clients know MD5.
    Unflagged([u8; 16]),
}

/// The number in front of a digest before 2.1.
const UNFLAGGED: u8 = 0;

impl Asked {
    pub(super) fn new<D: Digests>(authority: &Authority<D>, request: &Message, now: Date) -> Self {
        let envelope = answer_envelope(&request.envelope);
        let wants_digest = request.header.flags.contains(OpFlags::REQUEST_DIGEST);
        let digest =
            wants_digest.then(|| Digest::of(request, envelope.version, &authority.digests));
        let is_flagged = matches!(digest, Some(Digest::Flagged(_)));
        let site = &authority.settings.site;
        let header = Header {
            flags: answer_flags(request.header.flags, site.is_primary(), is_flagged),
            site_serial: site.serial(),
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
            is_challenge: false,
            ground: None,
            more: None,
            stream: None,
        }))
    }

    /// Ends a plan that was permitted.
    pub(super) fn answer_permitted(self, change: Change, ground: Ground, body: Body) -> Step {
        let mut step = self.answer_after(change, ResponseCode::SUCCESS, body);
        if let Step::Answer(answer) = &mut step {
            answer.ground = Some(ground);
        }
        step
    }

    /// Ends a plan with a part of a list, of which there may be more.
    pub(super) fn answer_listed(self, body: Body, ground: Ground, more: Option<Scan>) -> Step {
        let mut step = self.answer_permitted(Change::default(), ground, body);
        if let Step::Answer(answer) = &mut step {
            answer.more = more;
        }
        step
    }

    /// Ends a plan with a failure.
    pub(super) fn fail(self, code: ResponseCode, text: impl Into<Bytes>) -> Step {
        self.answer(code, Body::Failure(Failure::new(text)))
    }

    /// Ends a plan that is not this node's to carry out.
    pub(super) fn fail_not_responsible(self) -> Step {
        // The reference software's words, which people search for.
        self.fail(
            ResponseCode::SERVER_NOT_RESPONSIBLE,
            "That prefix doesn't live here",
        )
    }

    /// Ends a plan that only goes on after a proof of who asks.
    pub(super) fn challenge(self) -> Step {
        let event = Event::Answered {
            opcode: self.header.opcode,
            code: ResponseCode::AUTHENTICATION_NEEDED,
        };
        let text = "too many challenges wait for their answers; nothing was done, try again";
        Step::Answer(Box::new(Answer {
            message: self.failure(ResponseCode::SERVER_BUSY, text),
            change: Change::default(),
            event,
            is_challenge: true,
            ground: None,
            more: None,
            stream: None,
        }))
    }

    /// The version of the answer.
    pub(super) fn version(&self) -> Version {
        self.envelope.version
    }

    /// Ends a plan that met a stored record it cannot read.
    pub(super) fn fail_unreadable(self, key: Key, error: model::Error) -> Step {
        let text = "the stored record cannot be read; the operator has been told";
        Step::Answer(Box::new(Answer {
            message: self.failure(ResponseCode::ERROR, text),
            change: Change::default(),
            event: Event::RecordUnreadable { key, error },
            is_challenge: false,
            ground: None,
            more: None,
            stream: None,
        }))
    }

    /// Ends a plan that found a template it could not carry out: the identifier does not exist.
    pub(super) fn fail_template(self, identifier: Bytes, problem: &Problem) -> Step {
        let text = "the templates of its namespace cannot be carried out; \
                    the operator has been told";
        Step::Answer(Box::new(Answer {
            message: self.failure(ResponseCode::HANDLE_NOT_FOUND, text),
            change: Change::default(),
            event: Event::TemplateFailed {
                identifier,
                problem: problem.told(),
            },
            is_challenge: false,
            ground: None,
            more: None,
            stream: None,
        }))
    }

    /// A failure as a message.
    pub(super) fn failure(self, code: ResponseCode, text: impl Into<Bytes>) -> Message {
        self.message(code, Body::Failure(Failure::new(text)))
    }

    /// A success as a message.
    pub(super) fn success(self, body: Body) -> Message {
        self.message(ResponseCode::SUCCESS, body)
    }

    /// Adds a flag to those of the answer.
    pub(super) fn with_flag(mut self, flag: OpFlags) -> Self {
        self.header.flags = self.header.flags | flag;
        self
    }

    fn message(self, code: ResponseCode, answer: Body) -> Message {
        let digest = match self.digest {
            Some(Digest::Flagged(digest)) => Some(digest),
            _ => None,
        };
        let mut body = Response::new(digest, answer).encode();
        if let Some(Digest::Unflagged(digest)) = self.digest {
            body = [&[UNFLAGGED][..], &digest, &body].concat().into();
        }
        Message {
            envelope: self.envelope,
            header: Header {
                response_code: code.for_version(self.envelope.version),
                ..self.header
            },
            body,
            tail: Bytes::from_static(NO_CREDENTIAL),
        }
    }

    /// A challenge: always with a digest of the request, and with an id for the answer to it.
    pub(super) fn challenge_message(
        mut self,
        request: &Message,
        id: u32,
        nonce: &[u8],
        digests: &impl Digests,
    ) -> Message {
        self.envelope.session_id = id;
        let digest = Digest::of(request, self.envelope.version, digests);
        let late_digest = match &digest {
            Digest::Flagged(_) => None,
            Digest::Unflagged(digest) => Some(Bytes::copy_from_slice(digest)),
        };
        // Before 2.1 the digest stands behind the nonce instead.
        self.digest = late_digest.is_none().then_some(digest);
        if self.digest.is_some() {
            self.header.flags = self.header.flags | OpFlags::REQUEST_DIGEST;
        }
        // Nothing has been minted; so says the reference software too.
        self.header.flags = self.header.flags & !OpFlags::MINT;
        let challenge = Challenge {
            nonce: Bytes::copy_from_slice(nonce),
            late_digest,
        };
        self.message(
            ResponseCode::AUTHENTICATION_NEEDED,
            Body::Challenge(challenge),
        )
    }
}

/// The octets of the digest of a request that is challenged in a version.
pub(super) fn challenged_digest(
    request: &Message,
    version: Version,
    digests: &impl Digests,
) -> Bytes {
    match Digest::of(request, version, digests) {
        Digest::Flagged(digest) => Bytes::copy_from_slice(digest.octets()),
        Digest::Unflagged(digest) => Bytes::copy_from_slice(&digest),
    }
}

impl Digest {
    fn of(request: &Message, version: Version, digests: &impl Digests) -> Self {
        let octets = request.digested_octets();
        if version.is_before_2_1() {
            return Self::Unflagged(digests.md5(&octets));
        }
        let algorithm = DigestAlgorithm::of(version);
        Self::Flagged(digests.request_digest(algorithm, &octets))
    }
}

/// An answer echoes the flags of its request, except those that say something of the answer: it
/// is authoritative if a primary gives it, and has a digest if it could. Whether anything was
/// overwritten, the plan says; whether it is signed, whoever signs. That it was checked against
/// certificates nobody says: whoever asked with that flag set must not hear it back.
fn answer_flags(asked: OpFlags, is_primary: bool, has_digest: bool) -> OpFlags {
    let own = OpFlags::AUTHORITATIVE
        | OpFlags::CERTIFIED
        | OpFlags::CONTINUOUS
        | OpFlags::REQUEST_DIGEST
        | OpFlags::OVERWRITE
        | OpFlags::TRUSTED_RESULT;
    let mut flags = asked & !own;
    if is_primary {
        flags = flags | OpFlags::AUTHORITATIVE;
    }
    if has_digest {
        flags = flags | OpFlags::REQUEST_DIGEST;
    }
    flags
}
