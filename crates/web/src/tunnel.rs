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
    let taken = stream.next_packet();
    let refuse = |error| Some(front.handle.refuse(&stream.envelope()?, &error));
    let answered = match taken {
        Ok(Some(packet)) => front.handle.answer_packet(asked.visitor.source, &packet),
        Ok(None) => stream.cut_off().and_then(refuse),
        Err(error) => refuse(error),
    };
    answered.map_or_else(no_message, |packet: Packet| {
        Reply::new(StatusCode::OK, MESSAGE, packet.encode())
    })
}

fn no_message() -> Reply {
    let text = "the body must be one request of the Handle protocol with its envelope\n";
    Reply::text(StatusCode::BAD_REQUEST, text)
}
