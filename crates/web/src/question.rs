//! What the node says about an identifier. Not here: how that looks over HTTP.

use crate::connection::Front;
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
    pub(crate) answer: Answer,
}

/// Asks for values of an identifier.
pub(crate) fn resolve(front: &Front, source: IpAddr, identifier: Identifier, wish: &Wish) -> Said {
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
    ask(front, source, &question.resolution(REQUEST_ID, now()))
}

/// Asks anything. In the same process answers need no number to be told apart.
pub(crate) fn ask(front: &Front, source: IpAddr, question: &Message) -> Said {
    let answered = front.handle.answer(source, question);
    let said = answered.and_then(|message| {
        Some(Said {
            code: message.header.response_code,
            answer: Response::decode(&message).ok()?.answer,
        })
    });
    said.unwrap_or_else(|| Said {
        code: ResponseCode::ERROR,
        answer: Answer::Failure(wire::outcome::Failure::new("the node gave no answer")),
    })
}

const REQUEST_ID: u32 = 1;

/// The time of day, in seconds since 1970; stays at the end of its range, in 2106.
pub(crate) fn now() -> Date {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since_1970.unwrap_or_default().as_secs();
    Date(u32::try_from(seconds).unwrap_or(u32::MAX))
}
