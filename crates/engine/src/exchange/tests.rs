//! Tests of exchanges: retries, and which answers are believed.

use super::*;
use crate::Question;
use crate::authority::tests::Sums;
use crate::authority::{Authority, Origin, Settings, refuse};
use crate::step::Step;
use wire::outcome::Failure;
use wire::response::Answer as Body;
use wire::{OpFlags, ResponseCode};

const DATE: Date = Date(1_795_000_000);

fn question() -> Message {
    let question = Question::about("88.156.1/x".parse().unwrap());
    question
        .with_flags(OpFlags::REQUEST_DIGEST)
        .resolution(0x0707, DATE)
}

fn answer_to(question: &Message) -> Message {
    let authority = Authority {
        digests: Sums,
        settings: Settings::default(),
    };
    let Step::Fetch(fetch) = authority.start(question, Origin::Network, DATE) else {
        panic!("a resolution fetches");
    };
    match fetch.resume(vec![None, None]) {
        Step::Answer(answer) => answer.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn three_tries_then_no_answer() {
    let mut exchange = Exchange::new(Sums, question(), Moment(1000));
    let mut sent = Vec::new();
    let mut now = Moment(1000);
    while exchange.poll_outcome() != Some(Outcome::Unanswered) {
        if let Some(datagrams) = exchange.poll_datagrams() {
            assert_eq!(datagrams.len(), 1);
            sent.push(now.0);
        }
        assert_eq!(exchange.poll_datagrams(), None, "a try sends once");
        now = exchange.poll_timeout();
        exchange.handle_timeout(now);
        if now.0 >= 4000 {
            break;
        }
    }
    assert_eq!(sent, [1000, 1500, 2500]);
    assert_eq!(now, Moment(4000));
}

#[test]
fn an_early_timeout_changes_nothing() {
    let mut exchange = Exchange::new(Sums, question(), Moment(0));
    exchange.poll_datagrams();
    exchange.handle_timeout(Moment(499));
    assert_eq!(exchange.poll_datagrams(), None);
    exchange.handle_timeout(Moment(500));
    assert!(exchange.poll_datagrams().is_some());
}

#[test]
fn the_answer_ends_the_exchange_and_noise_does_not() {
    let mut exchange = Exchange::new(Sums, question(), Moment(0));
    let mut handle = |octets: Bytes| exchange.handle_datagram(Moment(1), DATE, &octets);
    handle(Bytes::from_static(b"noise"));
    handle(question().encode());
    let mut other = answer_to(&question());
    other.envelope.request_id = 8;
    handle(other.encode());
    assert_eq!(exchange.poll_outcome(), None);
    let answer = answer_to(&question());
    exchange.handle_datagram(Moment(1), DATE, &answer.encode());
    let Some(Outcome::Answered(answered)) = exchange.poll_outcome() else {
        panic!("no answer");
    };
    let code = answered.message.header.response_code;
    assert_eq!(code, ResponseCode::SERVER_NOT_RESPONSIBLE);
}

/// Checks what is thought of an answer after `change` was done to it.
fn check(change: fn(&mut Message), expected: &Result<(), Disbelief>) {
    let mut message = answer_to(&question());
    change(&mut message);
    let believed = believe(&Sums, Channel::Datagrams, &question(), message, DATE).map(|_| ());
    assert_eq!(&believed, expected);
}

#[test]
fn which_answers_are_believed() {
    check(|_| (), &Ok(()));
    check(|m| m.header.opcode.0 = 2, &Err(Disbelief::AnotherQuestion));
    check(
        |m| m.header.response_code.0 = 0,
        &Err(Disbelief::AnotherQuestion),
    );
    check(|m| m.header.expiration = 0, &Ok(()));
    check(
        |m| {
            m.header.flags = OpFlags::USUAL;
            m.body = m.body.slice(33..);
        },
        &Err(Disbelief::AnotherDigest),
    );
    check(
        |m| m.header.expiration = DATE.0 - 1,
        &Err(Disbelief::Expired {
            expiration: DATE.0 - 1,
            date: DATE.0,
        }),
    );
    check(
        |m| {
            let mut body = m.body.to_vec();
            body[5] ^= 1;
            m.body = body.into();
        },
        &Err(Disbelief::AnotherDigest),
    );
}

/// A refusal by a peer that could not read our question.
fn refusal(request_id: u32) -> Message {
    let mut envelope = question().envelope;
    envelope.request_id = request_id;
    refuse(&envelope, &wire::Error::Encrypted, DATE)
}

#[test]
fn a_refusal_names_no_operation_and_over_a_connection_perhaps_no_request() {
    let believed = |channel, message| believe(&Sums, channel, &question(), message, DATE).is_ok();
    assert!(believed(Channel::Datagrams, refusal(0x0707)));
    assert!(believed(Channel::Connection, refusal(u32::MAX)));
    assert!(!believed(Channel::Datagrams, refusal(u32::MAX)));
    let mut success = refusal(0x0707);
    success.header.response_code = ResponseCode::SUCCESS;
    assert!(!believed(Channel::Connection, success));
}

/// Whoever does not know the request id cannot push a real fragment out.
#[test]
fn forged_fragments_do_not_keep_an_answer_from_being_put_together() {
    let mut exchange = Exchange::new(Sums, question(), Moment(0));
    let mut answer = answer_to(&question());
    let text = Failure::new(vec![b'x'; 1000]);
    let digest = Response::decode(&answer).unwrap().digest;
    answer.body = Response::new(digest, Body::Failure(text)).encode();
    let pieces: Vec<Bytes> = fragments(&answer.to_packet()).collect();
    let (last, first) = pieces.split_last().unwrap();
    for piece in first {
        exchange.handle_datagram(Moment(1), DATE, piece);
    }
    for forged in 0..10 {
        let mut octets = pieces[0].to_vec();
        octets[8] = 0x80 | forged;
        exchange.handle_datagram(Moment(1), DATE, &octets.into());
    }
    exchange.handle_datagram(Moment(1), DATE, last);
    assert!(matches!(
        exchange.poll_outcome(),
        Some(Outcome::Answered(_))
    ));
}
