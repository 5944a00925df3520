//! The authority: what this node answers for the prefixes it is home to.
//!
//! Each operation is a plan in a file of its own. Not here: octets of messages (room `wire`), the
//! order in which changes become durable (room `store`).

mod creation;
pub mod fuzz;
mod reply;
mod resolution;
#[cfg(test)]
pub(crate) mod tests;

pub use creation::{HOMED_MARK, Registration};
pub use resolution::TemplateSettings;

use crate::question::MESSAGE_LIFE_SECONDS;
use crate::step::{Event, Step};
use crate::{Date, Digests};
use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::sync::Arc;
use bytes::Bytes;
use model::SuffixCase;
use reply::Asked;
use resolution::TemplateRules;
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::message::NO_CREDENTIAL;
use wire::outcome::Failure;
use wire::response::Answer;
use wire::{
    Envelope, EnvelopeFlags, Header, Message, OpFlags, Opcode, Request, Response, ResponseCode,
    Version,
};

/// Decides what to answer. Holds settings only; what it knows of identifiers it asks for.
#[derive(Debug, Clone)]
pub struct Authority<D> {
    /// Computes digests.
    pub digests: D,
    /// Whether suffixes depend on case; fixed when the data folder was made.
    pub suffix_case: SuffixCase,
    /// The serial number of this site's information, which askers compare with theirs.
    pub site_serial: u16,
    /// Whether this site is a primary: its answers are authoritative.
    pub is_primary: bool,
    /// How identifiers that nobody has registered are computed. Default: as their namespaces say.
    pub templates: Arc<TemplateSettings>,
}

/// Says where a request comes from, and so what it may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody on the network, whom nobody has authenticated: may resolve.
    Network,
    /// Whoever runs this node, in its own process: may register too.
    Local,
}

impl<D: Digests> Authority<D> {
    /// Starts the plan that answers a request.
    ///
    /// What is malformed, unknown or not permitted is answered at once with a code and a sentence
    /// that says what to do.
    pub fn start(&self, request: &Message, origin: Origin, now: Date) -> Step {
        if request.header.is_response() {
            return Step::Ignore(Event::ResponseIgnored);
        }
        let asked = Asked::new(self, request, now);
        if request.envelope.session_id != 0 {
            let text = "this node knows no session with that id; set one up anew";
            return asked.fail(ResponseCode::SESSION_TIMEOUT, text);
        }
        match Request::decode(request) {
            Ok(Request::Resolution(body)) => {
                let otherwise = TemplateRules::new(&self.templates, self.suffix_case, now);
                resolution::start(asked, body, otherwise)
            }
            Ok(Request::Creation(body)) if origin == Origin::Local => {
                creation::start(asked, &body, self.suffix_case, now)
            }
            Err(error) if is_offered(request.header.opcode) => {
                asked.fail(ResponseCode::PROTOCOL_ERROR, error.to_string())
            }
            Ok(_) | Err(_) => {
                let text = "this node does not offer the operation";
                asked.fail(ResponseCode::OPERATION_NOT_SUPPORTED, text)
            }
        }
    }

    /// Answers a request that could not be carried out, for a reason outside its plan.
    pub fn fail(&self, request: &Message, code: ResponseCode, text: &str, now: Date) -> Message {
        Asked::new(self, request, now).failure(code, text.to_owned())
    }
}

/// Whether there is a plan for the operation. Where there is none, it does not matter whether the
/// body could be read: the same numbers have other bodies in the Chinese system.
fn is_offered(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::RESOLUTION | Opcode::CREATE_HANDLE)
}

/// Answers octets that are no message, as far as their envelope tells whom to answer. What was
/// asked is unknown, so the answer names neither operation nor site.
pub fn refuse(envelope: &Envelope, error: &wire::Error, now: Date) -> Message {
    let code = match error {
        wire::Error::Encrypted => ResponseCode::SESSION_FAILED,
        _ => ResponseCode::PROTOCOL_ERROR,
    };
    let answer = Answer::Failure(Failure::new(error.to_string()));
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
fn answer_envelope(envelope: &Envelope) -> Envelope {
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
