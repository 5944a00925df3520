//! Tests of the inbox: fragments of many peers, and the limits.

use super::*;
use crate::{Date, Question};
use wire::datagram::fragments;

/// A message of three fragments with a request id.
fn long(request_id: u32) -> Vec<Bytes> {
    let mut question = Question::about("88.156.1/x".parse().unwrap());
    for number in 0..60 {
        question = question.of_type(format!("TYPE-NUMBER-{number}"));
    }
    let packet = question.resolution(request_id, Date(0)).to_packet();
    fragments(&packet).collect()
}

fn hand_in(inbox: &mut Inbox<u8>, now: u64, peer: u8, octets: &Bytes) -> Option<Packet> {
    inbox.handle_datagram(Moment(now), peer, octets).unwrap()
}

#[test]
fn fragments_of_two_peers_with_one_request_id_do_not_mix() {
    let mut inbox = Inbox::new();
    let pieces = long(1);
    assert_eq!(pieces.len(), 3);
    for piece in &pieces[..2] {
        assert_eq!(hand_in(&mut inbox, 0, 1, piece), None);
        assert_eq!(hand_in(&mut inbox, 0, 2, piece), None);
    }
    assert!(hand_in(&mut inbox, 0, 1, &pieces[2]).is_some());
    assert_eq!(inbox.waiting(), [(2, 1)]);
    assert!(hand_in(&mut inbox, 0, 2, &pieces[2]).is_some());
    assert_eq!(inbox.poll_timeout(), None);
}

#[test]
fn what_stays_incomplete_is_forgotten() {
    let mut inbox = Inbox::new();
    hand_in(&mut inbox, 100, 1, &long(1)[0]);
    assert_eq!(inbox.poll_timeout(), Some(Moment(2100)));
    inbox.handle_timeout(Moment(2099));
    assert_eq!(inbox.waiting().len(), 1);
    inbox.handle_timeout(Moment(2100));
    assert!(inbox.waiting().is_empty());
}

/// An octet of the first fragment was changed on its way; the fragments of the next try are whole.
#[test]
fn a_fragment_that_disagrees_begins_the_message_anew() {
    let mut inbox = Inbox::new();
    let pieces = long(1);
    let mut changed = pieces[0].to_vec();
    changed[1] ^= 1;
    hand_in(&mut inbox, 0, 1, &changed.into());
    for piece in &pieces[1..] {
        assert_eq!(hand_in(&mut inbox, 0, 1, piece), None);
    }
    assert!(hand_in(&mut inbox, 500, 1, &pieces[0]).is_some());
}

#[test]
fn the_age_counts_from_the_last_new_piece() {
    let mut inbox = Inbox::new();
    let pieces = long(1);
    hand_in(&mut inbox, 0, 1, &pieces[0]);
    hand_in(&mut inbox, 1600, 1, &pieces[0]);
    assert_eq!(
        inbox.poll_timeout(),
        Some(Moment(2000)),
        "a copy is not new"
    );
    hand_in(&mut inbox, 1700, 1, &pieces[1]);
    assert!(hand_in(&mut inbox, 3600, 1, &pieces[2]).is_some());
}

#[test]
fn a_peer_with_too_many_loses_its_oldest() {
    let mut inbox = Inbox::new();
    hand_in(&mut inbox, 0, 9, &long(77)[0]);
    for request_id in 0..6 {
        hand_in(
            &mut inbox,
            1 + u64::from(request_id),
            1,
            &long(request_id)[0],
        );
    }
    assert_eq!(inbox.waiting(), [(1, 2), (1, 3), (1, 4), (1, 5), (9, 77)]);
}

#[test]
fn too_many_peers_lose_the_oldest() {
    let mut inbox: Inbox<usize> = Inbox::new();
    let pieces = long(1);
    for peer in 0..=ASSEMBLIES_COUNT_MAX {
        let now = Moment(peer as u64);
        assert_eq!(inbox.handle_datagram(now, peer, &pieces[0]), Ok(None));
    }
    assert_eq!(inbox.waiting().len(), ASSEMBLIES_COUNT_MAX);
    assert!(!inbox.waiting().contains(&(0, 1)));
}

#[test]
fn what_is_no_datagram_is_refused_with_its_envelope_if_it_has_one() {
    let mut inbox = Inbox::new();
    let cut = long(3)[0].slice(..300);
    let refused = inbox.handle_datagram(Moment(0), 1, &cut).unwrap_err();
    assert_eq!(refused.envelope.unwrap().request_id, 3);
    let refused = inbox
        .handle_datagram(Moment(0), 1, &cut.slice(..5))
        .unwrap_err();
    assert_eq!(refused.envelope, None);
}
