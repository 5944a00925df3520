//! How messages of the Handle protocol travel in HTTP (RFC 3652 section 2.3, as the field does it):
//! the body of a POST is one message with its envelope, the answer's body is its answer.
//!
//! The path says nothing. What follows the message is ignored, as over the field's own servers.

use crate::connection::Front;
use crate::reply::Reply;
use crate::request::Asked;
use hyper::{Method, StatusCode};
use wire::stream::PacketStream;
use wire::{Envelope, Packet};

/// The content type of messages in both directions.
pub(crate) const MESSAGE: &str = "application/x-hdl-message";

/// Whether a request carries a message.
pub(crate) fn is_meant(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.media_type() == MESSAGE
}

/// What the body of a request is.
enum Carried {
    Packet(Packet),
    /// No packet, but its envelope says whom to answer.
    Broken(Envelope, wire::Error),
    Nothing,
}

pub(crate) fn answer(front: &Front, asked: &Asked) -> Reply {
    let (handle, source) = (&front.handle, asked.visitor.source);
    reply(match carried(asked) {
        Carried::Packet(packet) => handle.answer_packet(source, &packet),
        Carried::Broken(envelope, error) => Some(handle.refuse(source, &envelope, &error)),
        Carried::Nothing => {
            handle.ignore(source);
            None
        }
    })
}

fn carried(asked: &Asked) -> Carried {
    let mut stream = PacketStream::default();
    stream.push(&asked.body);
    let error = match stream.next_packet() {
        Ok(Some(packet)) => return Carried::Packet(packet),
        Ok(None) => stream.cut_off(),
        Err(error) => Some(error),
    };
    match (stream.envelope(), error) {
        (Some(envelope), Some(error)) => Carried::Broken(envelope, error),
        _ => Carried::Nothing,
    }
}

fn reply(answered: Option<Packet>) -> Reply {
    answered.map_or_else(no_message, |packet| {
        Reply::new(StatusCode::OK, MESSAGE, packet.encode())
    })
}

fn no_message() -> Reply {
    let text = "the body must be one request of the Handle protocol with its envelope\n";
    Reply::text(StatusCode::BAD_REQUEST, text)
}
