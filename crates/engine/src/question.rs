//! Questions for other nodes, as messages. Not here: sending them ([`crate::exchange`]).

use crate::Date;
use alloc::vec::Vec;
use bytes::Bytes;
use model::{EncodedValue, Identifier, Value};
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::message::NO_CREDENTIAL;
use wire::resolution::ResolutionRequest;
use wire::values::ValuesRequest;
use wire::{Envelope, EnvelopeFlags, Header, Message, OpFlags, Opcode, ResponseCode, Version};

/// How long a message is good for, in seconds: 12 hours, as everywhere in the field.
///
/// Askers refuse an answer that is older, so it also bounds how far two clocks may differ.
pub const MESSAGE_LIFE_SECONDS: u32 = 12 * 3600;

/// A question about an identifier, before it is put into a message.
///
/// ```
/// use engine::{Date, Question};
///
/// let question = Question::about("88.156.1/泵-0007".parse()?).of_type("URL");
/// let message = question.resolution(0x0102_0304, Date(1_795_000_000));
/// assert_eq!(message.header.opcode, wire::Opcode::RESOLUTION);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Question {
    identifier: Identifier,
    indexes: Vec<u32>,
    types: Vec<Bytes>,
    flags: OpFlags,
}

impl Question {
    /// A question for all public values of an identifier.
    pub fn about(identifier: Identifier) -> Self {
        Self {
            identifier,
            indexes: Vec::new(),
            types: Vec::new(),
            flags: OpFlags::USUAL,
        }
    }

    /// Asks (also) for values of a type; a type that ends in `.` means its family.
    #[must_use]
    pub fn of_type(mut self, value_type: impl Into<Bytes>) -> Self {
        self.types.push(value_type.into());
        self
    }

    /// Asks (also) for the value with an index.
    #[must_use]
    pub fn at_index(mut self, index: u32) -> Self {
        self.indexes.push(index);
        self
    }

    /// Adds operation flags to the usual ones.
    #[must_use]
    pub fn with_flags(mut self, flags: OpFlags) -> Self {
        self.flags = self.flags | flags;
        self
    }

    /// Asks for values too that only some may read.
    #[must_use]
    pub fn for_private_values(mut self) -> Self {
        self.flags = self.flags & !OpFlags::PUBLIC_ONLY;
        self
    }

    /// The question as a message. Request ids must be hard to guess: over UDP nothing else keeps
    /// strangers from answering.
    pub fn resolution(&self, request_id: u32, now: Date) -> Message {
        let body = ResolutionRequest {
            identifier: self.identifier.spelling().clone(),
            indexes: self.indexes.clone(),
            types: self.types.clone(),
            rest: Bytes::new(),
        };
        message(
            Opcode::RESOLUTION,
            self.flags,
            body.encode(),
            request_id,
            now,
        )
    }
}

/// A request to register an identifier with values.
pub fn creation(
    identifier: &Identifier,
    values: &[Value],
    flags: OpFlags,
    request_id: u32,
    now: Date,
) -> Message {
    let values = values.iter().map(EncodedValue::of).collect();
    let body = ValuesRequest::new(identifier.spelling().clone(), values);
    let flags = OpFlags::USUAL | flags;
    message(Opcode::CREATE_HANDLE, flags, body.encode(), request_id, now)
}

pub(crate) fn message(
    opcode: Opcode,
    flags: OpFlags,
    body: Bytes,
    request_id: u32,
    now: Date,
) -> Message {
    Message {
        envelope: Envelope {
            version: Version::NEWEST,
            flags: EnvelopeFlags::NONE,
            suggested: Version::NEWEST,
            session_id: 0,
            request_id,
            sequence: 0,
            message_length: 0,
        },
        header: Header {
            opcode,
            response_code: ResponseCode::REQUEST,
            flags,
            site_serial: SITE_SERIAL_UNKNOWN,
            recursion_count: 0,
            reserved: 0,
            expiration: now.plus_seconds(MESSAGE_LIFE_SECONDS).0,
        },
        body,
        tail: Bytes::from_static(NO_CREDENTIAL),
    }
}
