//! The fuzz body of messages: whatever the octets, decoding never panics and is exact.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use crate::datagram::{Assembly, Datagram, fragments};
use crate::stream::PacketStream;
use crate::{Message, Packet, Request, Response};
use bytes::Bytes;

/// Reads octets in every way a stranger's octets are read here.
pub fn messages(octets: &[u8]) {
    let octets = Bytes::copy_from_slice(octets);
    if let Ok(packet) = Packet::decode(octets.clone()) {
        assert_eq!(
            packet.encode(),
            octets,
            "a packet encodes to what it was decoded from"
        );
        travels_in_datagrams(&packet);
    }
    let _ = Datagram::decode(octets.clone());
    if let Ok(message) = Message::decode(octets.clone()) {
        assert_eq!(
            message.encode(),
            octets,
            "a message encodes to what it was decoded from"
        );
        let _ = Request::decode(&message);
        if let Ok(response) = Response::decode(&message) {
            let body = response.encode();
            assert!(
                message.body.starts_with(&body) || body.len() == message.body.len() + 4,
                "a response encodes to what it was decoded from, less what trailed it"
            );
        }
    }
    let mut stream = PacketStream::default();
    stream.push(&octets);
    while let Ok(Some(_)) = stream.next_packet() {}
}

/// Checks that cutting and putting together gives back the packet (whose marks of a fragment the
/// cutting sets itself).
fn travels_in_datagrams(packet: &Packet) {
    let mut assembly: Option<Assembly> = None;
    for octets in fragments(packet) {
        match Datagram::decode(octets).expect("what is sent can be read") {
            Datagram::Whole(whole) => assert_eq!(whole.payload, packet.payload),
            Datagram::Fragment(fragment) => match &mut assembly {
                None => assembly = Some(Assembly::new(fragment)),
                Some(assembly) => {
                    assembly
                        .add(fragment)
                        .expect("fragments of one packet agree");
                }
            },
        }
    }
    if let Some(assembly) = assembly {
        let whole = assembly.packet().expect("every fragment was added");
        assert_eq!(whole.payload, packet.payload);
    }
}
