//! How messages of the Handle protocol travel in HTTP (RFC 3652 section 2.3, as the field does it):
//! the body of a POST is one message with its envelope, the answer's body is its answer.
//!
//! The path says nothing. What follows the message is ignored, as over the field's own servers.

use crate::connection::Front;
use crate::reply::Reply;
use crate::request::Asked;
use hyper::{Method, StatusCode};
use wire::Packet;
use wire::stream::PacketStream;

/// The content type of messages in both directions.
pub(crate) const MESSAGE: &str = "application/x-hdl-message";

/// Whether a request carries a message.
pub(crate) fn is_meant(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.media_type() == MESSAGE
}

pub(crate) fn answer(front: &Front, asked: &Asked) -> Reply {
    let mut stream = PacketStream::default();
    stream.push(&asked.body);
    let answered = match (stream.next_packet(), stream.envelope()) {
        (Ok(Some(packet)), _) => front.handle.answer_packet(asked.visitor.source, &packet),
        (Err(error), Some(envelope)) => Some(front.handle.refuse(&envelope, &error)),
        (Ok(None), Some(envelope)) => {
            let error = wire::Error::PayloadLength {
                announced: envelope.message_length as usize,
                received: asked
                    .body
                    .len()
                    .saturating_sub(wire::envelope::ENVELOPE_OCTETS),
            };
            Some(front.handle.refuse(&envelope, &error))
        }
        (_, None) => None,
    };
    answered.map_or_else(no_message, |packet: Packet| {
        Reply::new(StatusCode::OK, MESSAGE, packet.encode())
    })
}

fn no_message() -> Reply {
    let text = "the body must be one request of the Handle protocol with its envelope\n";
    Reply::text(StatusCode::BAD_REQUEST, text)
}
