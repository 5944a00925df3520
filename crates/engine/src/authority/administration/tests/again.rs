//! Tests of requests that come again: answered alike, and done once.

use super::*;

/// The same request again, under the same number or another.
fn again(request: &Message, request_id: u32) -> Message {
    let mut again = request.clone();
    again.envelope.request_id = request_id;
    again
}

#[test]
fn who_asks_again_is_answered_again_and_nothing_is_done_twice() {
    let mut desk = Desk::new();
    let request = create("88.1/new", &administrators());
    assert_eq!(desk.code(&request, by(ALL)), 1);
    for request_id in [7, 99] {
        let same = again(&request, request_id);
        assert_eq!(
            desk.code(&same, Origin::Network),
            402,
            "first say who you are"
        );
        let answer = desk.answer(&same, by(ALL));
        assert_eq!(answer.message.header.response_code, ResponseCode::SUCCESS);
        assert!(answer.change.is_empty());
        assert_eq!(desk.code(&same, by(1)), 101, "somebody else");
    }
    let deletion = naming(Opcode::DELETE_HANDLE, "88.1/new");
    assert_eq!(desk.code(&deletion, by(ALL)), 1);
    assert_eq!(
        desk.code(&again(&deletion, 8), by(ALL)),
        1,
        "it is not there any more"
    );
    // Under the same number the first request is that which was answered.
    assert_eq!(desk.code(&request, by(ALL)), 1);
    assert!(desk.record("88.1/new").is_none());
    // Under another it is another, for the record is not as it was left.
    assert_eq!(desk.code(&again(&request, 100), by(ALL)), 1);
    assert!(desk.record("88.1/new").is_some());
}

#[test]
fn who_asks_again_gets_the_flags_of_the_first_answer() {
    let mut desk = Desk::new();
    desk.put("88.1/there", &administrators());
    let (add, may) = (Opcode::ADD_VALUE, OpFlags::OVERWRITE);
    let request = values_request(add, may, "88.1/there", &[url(1)]);
    let flags = [(); 2].map(|()| desk.answer(&request, by(ALL)).message.header.flags);
    assert_eq!(flags.map(|flags| flags.contains(may)), [false; 2]);
}

#[test]
fn a_minted_suffix_is_told_again() {
    let mut desk = Desk::new();
    let request = values_request(Opcode::CREATE_HANDLE, OpFlags::MINT, "88.1/", &[url(1)]);
    let first = desk.answer(&request, by(1)).message;
    let second = desk.answer(&request, by(1)).message;
    assert_eq!(first.body, second.body);
}

#[test]
fn what_has_expired_or_expires_too_late_is_not_remembered() {
    for expiration in [0, LATER.0, LATER.0 + 24 * 3600 + 1] {
        let mut desk = Desk::new();
        let mut request = create("88.1/new", &[url(1)]);
        request.header.expiration = expiration;
        assert_eq!(desk.code(&request, by(ALL)), 1);
        assert_eq!(desk.code(&request, by(ALL)), 101, "{expiration}");
    }
}
