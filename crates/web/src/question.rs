//! What the node says about an identifier. Not here: how that looks over HTTP.

use crate::connection::Front;
use engine::authority::Known;
use engine::{Date, Question};
use model::Identifier;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use wire::response::Answer;
use wire::{Message, OpFlags, Response, ResponseCode};

/// Which values are wanted, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) indexes: Vec<u32>,
    pub(crate) types: Vec<String>,
    pub(crate) flags: Vec<OpFlags>,
    /// Whether values are wanted that only some may read.
    pub(crate) is_private: bool,
}

/// What the node says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: ResponseCode,
    pub(crate) flags: OpFlags,
    pub(crate) answer: Answer,
}

impl Said {
    /// What a message says; an error if it is none, or cannot be read.
    pub(crate) fn of(message: Option<Message>) -> Self {
        let said = message.and_then(|message| {
            Some(Self {
                code: message.header.response_code,
                flags: message.header.flags,
                answer: Response::decode(&message).ok()?.answer,
            })
        });
        said.unwrap_or_else(|| Self {
            code: ResponseCode::ERROR,
            flags: OpFlags(0),
            answer: Answer::Failure(wire::outcome::Failure::new("the node gave no answer")),
        })
    }
}

/// Asks for values of an identifier, as nobody in particular.
pub(crate) fn resolve(front: &Front, source: IpAddr, identifier: Identifier, wish: &Wish) -> Said {
    ask(front, source, &resolution(identifier, wish), None)
}

/// The question for values of an identifier.
pub(crate) fn resolution(identifier: Identifier, wish: &Wish) -> Message {
    let mut question = Question::about(identifier);
    if wish.is_private {
        question = question.for_private_values();
    }
    for &index in &wish.indexes {
        question = question.at_index(index);
    }
    for asked in &wish.types {
        question = question.of_type(asked.clone());
    }
    for &flags in &wish.flags {
        question = question.with_flags(flags);
    }
    question.resolution(REQUEST_ID, now())
}

/// Asks anything, as nobody or as somebody who has shown who they are.
pub(crate) fn ask(
    front: &Front,
    source: IpAddr,
    question: &Message,
    known: Option<&Known>,
) -> Said {
    Said::of(match known {
        None => front.handle.answer(source, question),
        Some(known) => front.handle.answer_known(source, question, known.clone()),
    })
}

/// The request id of all. In the same process answers need no number to be told apart.
pub(crate) const REQUEST_ID: u32 = 1;

/// The time of day, in seconds since 1970; stays at the end of its range, in 2106.
pub(crate) fn now() -> Date {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since_1970.unwrap_or_default().as_secs();
    Date(u32::try_from(seconds).unwrap_or(u32::MAX))
}
