//! Tests of datagrams: cutting, putting together, disorder.

use super::*;
use crate::Version;
use crate::envelope::MESSAGE_OCTETS_MIN;
use proptest::prelude::*;

fn packet(octets: usize) -> Packet {
    Packet {
        envelope: Envelope {
            version: Version::NEWEST,
            flags: EnvelopeFlags::NONE,
            suggested: Version::NEWEST,
            session_id: 0,
            request_id: 0x0102_0304,
            sequence: 0,
            message_length: octets as u32,
        },
        payload: (0..octets).map(|at| at as u8).collect(),
    }
}

fn fragment(octets: Bytes) -> Fragment {
    match Datagram::decode(octets).unwrap() {
        Datagram::Fragment(fragment) => fragment,
        Datagram::Whole(packet) => panic!("{packet:?}"),
    }
}

#[test]
fn a_short_message_is_one_datagram_as_it_is() {
    let packet = packet(PIECE_OCTETS);
    let datagrams: Vec<Bytes> = fragments(&packet).collect();
    assert_eq!(datagrams, [packet.encode()]);
    let decoded = Datagram::decode(datagrams[0].clone());
    assert_eq!(decoded, Ok(Datagram::Whole(packet)));
}

#[test]
fn a_long_message_is_marked_and_numbered() {
    let packet = packet(PIECE_OCTETS + 1);
    let datagrams: Vec<Bytes> = fragments(&packet).collect();
    assert_eq!(datagrams.len(), 2);
    for (sequence, datagram) in datagrams.into_iter().enumerate() {
        let envelope = *fragment(datagram).envelope();
        assert!(envelope.flags.contains(EnvelopeFlags::FRAGMENT));
        assert_eq!(envelope.sequence as usize, sequence);
        assert_eq!(envelope.message_length as usize, PIECE_OCTETS + 1);
    }
}

/// Servers before 9.3 of the reference software do not mark fragments.
#[test]
fn a_fragment_without_its_mark_is_a_fragment() {
    let packet = packet(600);
    let mut unmarked = fragments(&packet).next().unwrap().to_vec();
    unmarked[2] &= !EnvelopeFlags::FRAGMENT.0;
    let mut assembly = Assembly::new(fragment(unmarked.into()));
    assembly
        .add(fragment(fragments(&packet).nth(1).unwrap()))
        .unwrap();
    assert_eq!(assembly.packet(), Some(packet));
}

#[test]
fn a_piece_of_the_wrong_length_fits_nowhere() {
    let cut = fragments(&packet(600)).next().unwrap().slice(..400);
    assert_eq!(
        Datagram::decode(cut),
        Err(Error::Fragment {
            sequence: 0,
            announced: 600
        })
    );
    let cut = packet(100).encode().slice(..60);
    assert_eq!(
        Datagram::decode(cut),
        Err(Error::PayloadLength {
            announced: 100,
            received: 40
        })
    );
}

#[test]
fn a_fragment_of_another_message_is_left_out() {
    let ours = packet(600);
    let mut other = packet(600);
    other.envelope.session_id = 9;
    let mut assembly = Assembly::new(fragment(fragments(&ours).next().unwrap()));
    assert!(
        assembly
            .add(fragment(fragments(&other).nth(1).unwrap()))
            .is_err()
    );
    assert_eq!(assembly.packet(), None);
}

proptest! {
    #[test]
    fn fragments_in_any_order_with_copies_make_the_message(
        octets in MESSAGE_OCTETS_MIN..5000_usize,
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let packet = packet(octets);
        let datagrams: Vec<Bytes> = fragments(&packet).collect();
        prop_assume!(datagrams.len() > 1);
        let mut assembly = Assembly::new(fragment(datagrams[datagrams.len() - 1].clone()));
        for at in order {
            assembly.add(fragment(at.get(&datagrams).clone())).unwrap();
        }
        for datagram in datagrams {
            assembly.add(fragment(datagram)).unwrap();
        }
        prop_assert_eq!(assembly.packet(), Some(packet));
    }
}
