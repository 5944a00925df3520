//! The authority: what this node answers for the prefixes it is home to.
//!
//! Each operation is a plan in a file of its own. Not here: octets of messages (room `wire`), the
//! order in which changes become durable (room `store`).

mod administration;
pub mod authentication;
pub mod fuzz;
mod look_up;
mod origin;
mod referral;
mod reply;
mod resolution;
mod settings;
#[cfg(test)]
pub(crate) mod tests;
mod verification;

pub use administration::AdministrationSettings;
pub use administration::creation::{HOMED_MARK, Registration};
pub use administration::permission::{Granted, Ground, Rule};
pub use authentication::{Claim, Evidence, Identification, Identified, Unidentified};
pub use origin::{Known, Means, Origin};
pub use resolution::TemplateSettings;
pub use settings::{OwnSite, Settings};

use crate::question::MESSAGE_LIFE_SECONDS;
use crate::step::{Event, Step};
use crate::{Cryptography, Date, Digests, Signs, credentials};
use administration::Administration;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use bytes::Bytes;
use core::fmt;
use look_up::Local;
use reply::Asked;
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::message::NO_CREDENTIAL;
use wire::outcome::Failure;
use wire::response::Answer;
use wire::{
    Envelope, EnvelopeFlags, Header, Message, OpFlags, Opcode, Request, Response, ResponseCode,
    Version, quirk,
};

/// Decides what to answer. Holds settings only; what it knows of identifiers it asks for.
#[derive(Debug, Clone)]
pub struct Authority<D> {
    /// Computes digests.
    pub digests: D,
    /// What it is told about the node.
    pub settings: Settings,
}

impl<D: Cryptography + Clone + fmt::Debug + Send + 'static> Authority<D> {
    /// Starts the plan that answers a request.
    ///
    /// What is malformed, unknown or not permitted is answered at once with a code and a sentence
    /// that says what to do.
    pub fn start(&self, request: &Message, origin: Origin, now: Date) -> Step {
        if request.header.is_response() {
            return Step::Ignore(Event::ResponseIgnored);
        }
        let asked = Asked::new(self, request, now);
        if self.settings.is_strict
            && let Some(oddity) = quirk::of_message(request).first()
        {
            let text = format!("this node is set to be strict: {}", oddity.meaning());
            return asked.fail(ResponseCode::PROTOCOL_ERROR, text);
        }
        if request.envelope.session_id != 0 && origin == Origin::Network {
            let text = "this node knows no session with that id; set one up anew";
            return asked.fail(ResponseCode::SESSION_TIMEOUT, text);
        }
        match Request::decode(request) {
            Ok(Request::Resolution(body)) => resolution::start(self, asked, body, origin, now),
            Ok(Request::SiteInfo(_)) => self.start_site_info(asked),
            Ok(Request::Verification(body)) => {
                let version = request.envelope.version;
                verification::start(self, asked, body, version)
            }
            Ok(body) if administration::is_offered(request.header.opcode) => {
                let administration = Administration {
                    asked,
                    origin,
                    settings: Arc::clone(&self.settings.administration),
                    local: Local::of(&self.settings),
                    now,
                    opcode: request.header.opcode,
                    request: self.digests.sha256(&request.digested_octets()),
                    request_id: request.envelope.request_id,
                    expiration: request.header.expiration,
                };
                administration::dispatch(self, administration, body)
            }
            Err(error) if is_offered(request.header.opcode) => {
                asked.fail(ResponseCode::PROTOCOL_ERROR, error.to_string())
            }
            Ok(_) | Err(_) => refuse_operation(asked, request.header.opcode),
        }
    }

    /// Site information (operation 2): the record as it is.
    fn start_site_info(&self, asked: Asked) -> Step {
        let Some(record) = self.settings.site.record() else {
            let text = "this node has no record of its site; its operator must give it one";
            return asked.fail(ResponseCode::OPERATION_NOT_SUPPORTED, text);
        };
        asked.answer(ResponseCode::SUCCESS, Answer::SiteInfo(record.clone()))
    }
}

impl<D: Digests> Authority<D> {
    /// Answers a request that could not be carried out, for a reason outside its plan.
    pub fn fail(&self, request: &Message, code: ResponseCode, text: &str, now: Date) -> Message {
        Asked::new(self, request, now).failure(code, text.to_owned())
    }

    /// The digest that answers to a challenge of a request cover, without its code.
    pub fn challenged_digest(&self, request: &Message) -> Bytes {
        let version = answer_envelope(&request.envelope).version;
        reply::challenged_digest(request, version, &self.digests)
    }

    /// Answers a request that was carried out outside of plans, such as one about a session.
    pub fn succeed(&self, request: &Message, answer: Answer, now: Date) -> Message {
        Asked::new(self, request, now).success(answer)
    }

    /// Answers a request with a challenge, issued under an id.
    pub fn challenge(&self, request: &Message, id: u32, nonce: &[u8], now: Date) -> Message {
        let asked = Asked::new(self, request, now);
        asked.challenge_message(request, id, nonce, &self.digests)
    }
}

/// Signs an answer with the key of the site's server, and marks it as signed; false, and nothing
/// changed, if the key cannot.
///
/// For requests with the flag [`CERTIFIED`](OpFlags::CERTIFIED), outside of sessions.
#[must_use]
pub fn certify(answer: &mut Message, key: &impl Signs) -> bool {
    let flags = answer.header.flags;
    answer.header.flags = flags | OpFlags::CERTIFIED;
    let is_signed = credentials::sign(answer, 0, key);
    if !is_signed {
        answer.header.flags = flags;
    }
    is_signed
}

/// Refuses what there is no plan for.
fn refuse_operation(asked: Asked, opcode: Opcode) -> Step {
    match opcode {
        Opcode(0) => asked.fail(ResponseCode::PROTOCOL_ERROR, "0 is no operation"),
        Opcode::NEXT_TXN_ID => {
            // The reference software's words, which people search for.
            let text = "Next txn id no longer supported; upgrade required";
            asked.fail(ResponseCode::OPERATION_NOT_SUPPORTED, text)
        }
        Opcode::LOGIN_PASSWORD => {
            let text = "this node takes no passwords; log in with a key (2001), or prove who you \
                        are when you are challenged";
            asked.fail(ResponseCode::OPERATION_NOT_SUPPORTED, text)
        }
        Opcode::LOGIN_ID_SYSTEM => {
            let text = "a login is for a connection of its own; here every request is proven by \
                        itself, or by its session";
            asked.fail(ResponseCode::OPERATION_NOT_SUPPORTED, text)
        }
        _ => {
            let text = "this node does not offer the operation";
            asked.fail(ResponseCode::OPERATION_NOT_SUPPORTED, text)
        }
    }
}

/// Whether there is a plan for the operation. Where there is none, it does not matter whether the
/// body could be read: the same numbers have other bodies in the Chinese system. So it is with
/// those of mirrors, of which there is a plan.
fn is_offered(opcode: Opcode) -> bool {
    let reads = [
        Opcode::RESOLUTION,
        Opcode::GET_SITE_INFO,
        Opcode::VERIFY_CHALLENGE,
    ];
    let is_of_mirrors = [Opcode::RETRIEVE_TXN_LOG, Opcode::DUMP_HANDLES].contains(&opcode);
    reads.contains(&opcode) || (administration::is_offered(opcode) && !is_of_mirrors)
}

/// Answers octets that are no message, as far as their envelope tells whom to answer. What was
/// asked is unknown, so the answer names neither operation nor site.
pub fn refuse(envelope: &Envelope, error: &wire::Error, now: Date) -> Message {
    let code = match error {
        wire::Error::Encrypted => ResponseCode::SESSION_FAILED,
        _ => ResponseCode::PROTOCOL_ERROR,
    };
    refuse_as(envelope, code, &error.to_string(), now)
}

/// Answers octets of which nothing can be told but their envelope, with a code and a sentence.
pub fn refuse_as(envelope: &Envelope, code: ResponseCode, text: &str, now: Date) -> Message {
    let answer = Answer::Failure(Failure::new(text.to_owned()));
    Message {
        envelope: answer_envelope(envelope),
        header: Header {
            opcode: Opcode(0),
            response_code: code,
            flags: OpFlags::USUAL,
            site_serial: SITE_SERIAL_UNKNOWN,
            recursion_count: 0,
            reserved: 0,
            expiration: now.plus_seconds(MESSAGE_LIFE_SECONDS).0,
        },
        body: Response::new(None, answer).encode(),
        tail: Bytes::from_static(NO_CREDENTIAL),
    }
}

/// The envelope of the answer to a message with `envelope`.
pub(crate) fn answer_envelope(envelope: &Envelope) -> Envelope {
    Envelope {
        version: envelope.version.answered_in(envelope.suggested),
        flags: EnvelopeFlags::NONE,
        suggested: Version::NEWEST,
        session_id: envelope.session_id,
        request_id: envelope.request_id,
        sequence: 0,
        message_length: 0,
    }
}
