//! Tests of streams: any split of the octets gives the same packets.

use super::*;
use crate::{EnvelopeFlags, Version};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn packet(request_id: u32, octets: usize) -> Packet {
    Packet {
        envelope: Envelope {
            version: Version::NEWEST,
            flags: EnvelopeFlags::NONE,
            suggested: Version::NEWEST,
            session_id: 0,
            request_id,
            sequence: 0,
            message_length: octets as u32,
        },
        payload: vec![request_id as u8; octets].into(),
    }
}

#[test]
fn an_impossible_length_ends_the_connection() {
    let mut impossible = packet(1, 24);
    impossible.envelope.message_length = 23;
    let mut stream = PacketStream::default();
    stream.push(&impossible.encode());
    assert!(matches!(
        stream.next_packet(),
        Err(Error::MessageLength { octets: 23, .. })
    ));
    assert_eq!(stream.envelope().unwrap().request_id, 1);
}

#[test]
fn longer_messages_are_taken_only_where_that_is_said() {
    let long = packet(7, MESSAGE_OCTETS_MAX + 1);
    let taken_by = |mut stream: PacketStream| {
        stream.push(&long.encode());
        stream.next_packet()
    };
    let refused = taken_by(PacketStream::default());
    let max = MESSAGE_OCTETS_MAX;
    assert!(
        matches!(refused, Err(Error::MessageLength { octets, max: told, .. })
            if octets == max + 1 && told == max)
    );
    assert!(taken_by(PacketStream::up_to(max + 1)).unwrap() == Some(long.clone()));
    assert!(taken_by(PacketStream::up_to(max)).is_err());
}

proptest! {
    #[test]
    fn any_split_gives_the_same_packets(
        lengths in proptest::collection::vec(24..900_usize, 1..6),
        cuts in proptest::collection::vec(1..300_usize, 0..30),
    ) {
        let sent: Vec<Packet> =
            lengths.iter().zip(1..).map(|(&octets, id)| packet(id, octets)).collect();
        let octets: Vec<u8> = sent.iter().flat_map(Packet::encode).collect();
        let mut stream = PacketStream::default();
        let mut received = Vec::new();
        let mut left = octets.as_slice();
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = left.split_at(cut.min(left.len()));
            left = later;
            stream.push(now);
            while let Some(packet) = stream.next_packet().unwrap() {
                received.push(packet);
            }
        }
        prop_assert_eq!(received, sent);
        prop_assert!(stream.is_empty());
    }
}
