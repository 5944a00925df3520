//! Tests of the octets that members send each other, and of those that no member sends.

use super::*;
use proptest::prelude::*;

const ADDRESS: Address = Address {
    group: 88,
    from: MemberId(1),
    to: MemberId(2),
};

fn entry(index: u64, term: u64) -> Entry {
    let mut entry = Entry {
        index,
        term,
        data: b"data".to_vec().into(),
        ..Entry::default()
    };
    entry.set_entry_type(EntryType::EntryNormal);
    entry
}

fn append(entries: Vec<Entry>) -> Message {
    let mut message = Message {
        from: 1,
        to: 2,
        term: 5,
        log_term: 3,
        index: 7,
        commit: 6,
        ..Message::default()
    };
    message.set_msg_type(MessageType::MsgAppend);
    message.set_entries(entries.into());
    message
}

fn agreement(message: Message) -> Body {
    Body::Agreement(Box::new(message))
}

fn is_taken(message: Message) -> bool {
    decode(&encode(ADDRESS, Freshness::NONE, &agreement(message))).is_ok()
}

#[test]
fn the_octets_of_a_message_are_these() {
    let freshness = Freshness { head: 6, age_us: 9 };
    let body = agreement(append(vec![entry(8, 5)]));
    let octets = encode(ADDRESS, freshness, &body);
    let golden = "01 0000000000000058 0000000000000001 0000000000000002 \
        0000000000000006 0000000000000009 03 \
        0000000000000005 0000000000000003 0000000000000007 0000000000000006 \
        0000000000000000 0000000000000000 0000000000000000 00 0000 \
        00000001 00 0000000000000005 0000000000000008 00000004 64617461 00000000 00";
    let (before, sum) = octets.split_at(octets.len() - CHECKSUM_OCTETS);
    assert_eq!(hex::encode(before), golden.replace(' ', ""));
    assert_eq!(sum, &Sha256::digest(before)[..8]);
    assert_eq!(decode(&octets), Ok((ADDRESS, freshness, body)));
}

/// The library would stop the program at each of these.
#[test]
fn what_no_member_sends_is_refused() {
    assert!(is_taken(append(vec![entry(8, 3), entry(9, 5)])));
    assert!(!is_taken(append(vec![entry(9, 5)])), "a gap");
    assert!(
        !is_taken(append(vec![entry(8, 5), entry(8, 5)])),
        "one twice"
    );
    assert!(
        !is_taken(append(vec![entry(8, 5), entry(9, 4)])),
        "terms that fall"
    );
    assert!(!is_taken(append(vec![entry(8, 6)])), "of a term to come");
    let mut of_no_term = append(Vec::new());
    of_no_term.term = 0;
    assert!(!is_taken(of_no_term), "what a member tells itself");
    for kind in [
        MessageType::MsgHup,
        MessageType::MsgPropose,
        MessageType::MsgTimeoutNow,
        MessageType::MsgTransferLeader,
        MessageType::MsgUnreachable,
    ] {
        let mut message = append(Vec::new());
        message.set_msg_type(kind);
        assert!(!is_taken(message), "{kind:?}");
    }
}

proptest! {
    #[test]
    fn any_octets_are_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        // With a right checksum, so that what is behind it is reached.
        let sum = checksum(&[&octets]);
        let octets = Bytes::from([&octets[..], &sum].concat());
        if let Ok((address, freshness, body)) = decode(&octets) {
            prop_assert_eq!(encode(address, freshness, &body), octets);
        }
    }

    #[test]
    fn changed_messages_are_read_without_harm(at in 41_usize..140, by in 1_u8..) {
        let body = agreement(append(vec![entry(8, 5)]));
        let mut octets = encode(ADDRESS, Freshness::NONE, &body).to_vec();
        octets.truncate(octets.len() - CHECKSUM_OCTETS);
        if let Some(octet) = octets.get_mut(at) {
            *octet ^= by;
        }
        let sum = checksum(&[&octets]);
        octets.extend_from_slice(&sum);
        let octets = Bytes::from(octets);
        if let Ok((address, freshness, body)) = decode(&octets) {
            prop_assert_eq!(encode(address, freshness, &body), octets);
        }
    }
}
