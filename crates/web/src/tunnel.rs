//! How messages of the Handle protocol travel in HTTP (RFC 3652 section 2.3, as the field does it):
//! the body of a POST is one message with its envelope, the answer's body is its answer.
//!
//! The path says nothing. What follows the message is ignored, as over the field's own servers.

use crate::connection::Front;
use crate::reply::Reply;
use crate::request::{Asked, media_type};
use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};
use wire::stream::PacketStream;
use wire::{Envelope, Packet};

/// The content type of messages in both directions.
pub(crate) const MESSAGE: &str = "application/x-hdl-message";

/// Whether a request carries a message.
pub(crate) fn is_meant(asked: &Asked) -> bool {
    is_meant_by(&asked.method, &asked.headers)
}

/// Whether a request with such a head carries a message.
pub(crate) fn is_meant_by(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::POST && media_type(headers) == MESSAGE
}

/// What the body of a request is.
enum Carried {
    Packet(Packet),
    /// No packet, but its envelope says whom to answer.
    Broken(Envelope, wire::Error),
    Nothing,
}

pub(crate) fn answer(front: &Front, asked: &Asked) -> Reply {
    let source = asked.visitor.source;
    reply(front, asked, |packet| {
        front.handle.answer_packet(source, packet)
    })
}

/// Answers that there is no time for a message, as a message: who sent it through HTTP may know
/// nothing of statuses.
pub(crate) fn turn_away(front: &Front, asked: &Asked) -> Reply {
    let source = asked.visitor.source;
    reply(front, asked, |packet| {
        Vec::from_iter(front.handle.turn_away(source, packet))
    })
}

fn reply(front: &Front, asked: &Asked, answer: impl Fn(&Packet) -> Vec<Packet>) -> Reply {
    let (handle, source) = (&front.handle, asked.visitor.source);
    let answered = match carried(asked) {
        Carried::Packet(packet) => answer(&packet),
        Carried::Broken(envelope, error) => vec![handle.refuse(source, &envelope, &error)],
        Carried::Nothing => {
            handle.ignore(source);
            Vec::new()
        }
    };
    if answered.is_empty() {
        return no_message();
    }
    let octets: Vec<_> = answered.iter().map(Packet::encode).collect();
    Reply::new(StatusCode::OK, MESSAGE, octets.concat())
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

fn no_message() -> Reply {
    let text = "the body must be one request of the Handle protocol with its envelope\n";
    Reply::text(StatusCode::BAD_REQUEST, text)
}
