//! One question over UDP: when to ask again, and which answer to believe.
//!
//! Asks at once, again after 500 ms, again after another 1,000 ms, and gives up 1,500 ms later:
//! then TCP is next, as clients of the field do. Not here: the sockets (room `client`).

use crate::inbox::Inbox;
use crate::{Date, Digests, Moment};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use core::time::Duration;
use model::octets::Reader;
use wire::datagram::fragments;
use wire::{Envelope, Message, OpFlags, Response, ResponseCode};

#[cfg(test)]
mod tests;

/// How long each try waits for its answer.
pub const TRY_TIMEOUTS: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(1500),
];

/// A question over UDP that has not ended yet.
///
/// Drive it so: send what [`Exchange::poll_datagrams`] gives; wait for a datagram or for
/// [`Exchange::poll_timeout`]; hand either in; look at [`Exchange::poll_outcome`].
#[derive(Debug)]
pub struct Exchange<D> {
    digests: D,
    question: Message,
    tries: usize,
    sends_now: bool,
    deadline: Moment,
    inbox: Inbox<()>,
    outcome: Option<Outcome>,
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer that belongs to the question. (Whether it is good news, its code says.)
    Answered(Box<Answered>),
    /// No answer after all tries.
    Unanswered,
}

/// An answer that is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The message as it came.
    pub message: Message,
    /// Its body, read.
    pub response: Response,
}

impl<D: Digests> Exchange<D> {
    /// Begins with the first try.
    pub fn new(digests: D, question: Message, now: Moment) -> Self {
        let [first, ..] = TRY_TIMEOUTS;
        Self {
            digests,
            question,
            tries: 1,
            sends_now: true,
            deadline: now + first,
            inbox: Inbox::new(),
            outcome: None,
        }
    }

    /// The datagrams to send now, once for each try.
    pub fn poll_datagrams(&mut self) -> Option<Vec<Bytes>> {
        core::mem::take(&mut self.sends_now)
            .then(|| fragments(&self.question.to_packet()).collect())
    }

    /// When to call [`Exchange::handle_timeout`] if no answer comes before.
    pub fn poll_timeout(&self) -> Moment {
        self.deadline
    }

    /// Goes on to the next try, or to the end, if its time has come.
    pub fn handle_timeout(&mut self, now: Moment) {
        if now < self.deadline || self.outcome.is_some() {
            return;
        }
        match TRY_TIMEOUTS.get(self.tries) {
            Some(&timeout) => {
                self.tries += 1;
                self.sends_now = true;
                self.deadline = now + timeout;
            }
            None => self.outcome = Some(Outcome::Unanswered),
        }
    }

    /// Takes a datagram. What is no answer to this question is ignored: anybody may send it.
    pub fn handle_datagram(&mut self, now: Moment, date: Date, octets: &Bytes) {
        let envelope = Envelope::read(&mut Reader::new(octets.clone()));
        let expected = self.question.envelope.request_id;
        if envelope.is_ok_and(|envelope| envelope.request_id != expected) {
            return; // Before it takes the place of a fragment that is waited for.
        }
        let packet = self.inbox.handle_datagram(now, (), octets);
        let Some(packet) = packet.ok().flatten() else {
            return;
        };
        let Ok(message) = Message::from_packet(&packet) else {
            return;
        };
        if let Ok(answered) = believe(
            &self.digests,
            Channel::Datagrams,
            &self.question,
            message,
            date,
        ) {
            self.outcome = Some(Outcome::Answered(Box::new(answered)));
        }
    }

    /// How the question ended, once it has.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }
}

/// Why a message is not believed to answer a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disbelief {
    /// It carries another request id or operation, or is no response.
    #[error("the message answers another question")]
    AnotherQuestion,
    /// Its expiration has passed: it may be a replay, or one of the clocks is wrong.
    #[error(
        "the answer expired at {expiration}, it is {date} (seconds since 1970); check the clocks"
    )]
    Expired {
        /// What it says.
        expiration: u32,
        /// What time it is here.
        date: u32,
    },
    /// It holds a digest of another request than was sent, or none although one was asked for.
    #[error("the answer holds no digest of the question: that was changed on its way")]
    AnotherDigest,
    /// Its body cannot be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] wire::Error),
}

/// Where a message came from, and so what it must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Datagrams, which anybody may send who guesses the request id.
    Datagrams,
    /// A connection to the node that was asked.
    Connection,
}

/// The request id of a refusal by a node of the field that could not read even that.
const ANONYMOUS: u32 = u32::MAX;

/// Reads the answer to a question, if the message is one.
///
/// A node that could not read the question does not know its operation and answers a failure of
/// operation 0, which is believed; over a connection also if it does not know the request id.
///
/// # Errors
/// A [`Disbelief`] says why it is none.
pub fn believe<D: Digests>(
    digests: &D,
    channel: Channel,
    question: &Message,
    message: Message,
    date: Date,
) -> Result<Answered, Disbelief> {
    let header = &message.header;
    let is_refusal = header.opcode.0 == 0 && header.response_code != ResponseCode::SUCCESS;
    let is_anonymous =
        channel == Channel::Connection && is_refusal && message.envelope.request_id == ANONYMOUS;
    let same_operation = header.opcode == question.header.opcode || is_refusal;
    let same_request = message.envelope.request_id == question.envelope.request_id || is_anonymous;
    if !(header.is_response() && same_operation && same_request) {
        return Err(Disbelief::AnotherQuestion);
    }
    if header.expiration != 0 && header.expiration < date.0 {
        return Err(Disbelief::Expired {
            expiration: header.expiration,
            date: date.0,
        });
    }
    let response = Response::decode(&message)?;
    let must_have_digest = question.header.flags.contains(OpFlags::REQUEST_DIGEST)
        && !is_refusal
        && !message.envelope.version.is_before_2_1();
    if must_have_digest && response.digest.is_none() {
        return Err(Disbelief::AnotherDigest);
    }
    if let Some(digest) = &response.digest
        && !digests.is_digest_of(digest, &question.digested_octets())
    {
        return Err(Disbelief::AnotherDigest);
    }
    Ok(Answered { message, response })
}
