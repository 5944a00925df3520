//! Questions for other nodes, as messages. Not here: sending them ([`crate::exchange`]).

use crate::Date;
use alloc::vec::Vec;
use bytes::Bytes;
use model::{EncodedValue, Identifier, Value};
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::identifier::{IdentifierRequest, NO_IDENTIFIER};
use wire::message::NO_CREDENTIAL;
use wire::resolution::ResolutionRequest;
use wire::values::{RemovalRequest, ValuesRequest};
use wire::verification::VerificationRequest;
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
    let flags = OpFlags::USUAL | flags;
    let body = values_body(identifier, values);
    message(Opcode::CREATE_HANDLE, flags, body, request_id, now)
}

/// A request to add values to an identifier; with [`OpFlags::OVERWRITE`] those with the same
/// indexes are replaced.
pub fn addition(
    identifier: &Identifier,
    values: &[Value],
    flags: OpFlags,
    request_id: u32,
    now: Date,
) -> Message {
    let flags = OpFlags::USUAL | flags;
    let body = values_body(identifier, values);
    message(Opcode::ADD_VALUE, flags, body, request_id, now)
}

/// A request to replace values of an identifier that are there.
pub fn modification(
    identifier: &Identifier,
    values: &[Value],
    request_id: u32,
    now: Date,
) -> Message {
    let body = values_body(identifier, values);
    message(Opcode::MODIFY_VALUE, OpFlags::USUAL, body, request_id, now)
}

/// A request to remove values of an identifier.
pub fn removal(identifier: &Identifier, indexes: &[u32], request_id: u32, now: Date) -> Message {
    let body = RemovalRequest::new(identifier.spelling().clone(), indexes.to_vec());
    let flags = OpFlags::USUAL;
    message(Opcode::REMOVE_VALUE, flags, body.encode(), request_id, now)
}

/// A request to delete an identifier.
pub fn deletion(identifier: &Identifier, request_id: u32, now: Date) -> Message {
    about(
        Opcode::DELETE_HANDLE,
        identifier.spelling(),
        request_id,
        now,
    )
}

/// A request for the identifiers under the prefix that `0.NA/PREFIX` describes.
pub fn listing(prefix: &Identifier, request_id: u32, now: Date) -> Message {
    about(Opcode::LIST_HANDLES, prefix.spelling(), request_id, now)
}

/// A request for the prefixes that a node is home to.
pub fn homed_listing(request_id: u32, now: Date) -> Message {
    let nothing = Bytes::from_static(NO_IDENTIFIER);
    about(Opcode::LIST_HOMED, &nothing, request_id, now)
}

/// A request to be home to the prefix that `0.NA/PREFIX` describes, or to be so no longer.
pub fn homing(prefix: &Identifier, is_home: bool, request_id: u32, now: Date) -> Message {
    let opcode = if is_home {
        Opcode::HOME_PREFIX
    } else {
        Opcode::UNHOME_PREFIX
    };
    about(opcode, prefix.spelling(), request_id, now)
}

/// A request for the record of the site of whoever is asked.
pub fn site_info(request_id: u32, now: Date) -> Message {
    let nothing = Bytes::from_static(NO_IDENTIFIER);
    about(Opcode::GET_SITE_INFO, &nothing, request_id, now)
}

/// A request to say whether a proof was made with a secret of whoever is asked.
pub fn verification(question: &VerificationRequest, request_id: u32, now: Date) -> Message {
    let (opcode, flags) = (Opcode::VERIFY_CHALLENGE, OpFlags::USUAL);
    message(opcode, flags, question.encode(), request_id, now)
}

fn values_body(identifier: &Identifier, values: &[Value]) -> Bytes {
    let values = values.iter().map(EncodedValue::of).collect();
    ValuesRequest::new(identifier.spelling().clone(), values).encode()
}

fn about(opcode: Opcode, identifier: &Bytes, request_id: u32, now: Date) -> Message {
    let body = IdentifierRequest::about(identifier.clone()).encode();
    message(opcode, OpFlags::USUAL, body, request_id, now)
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
