//! Tests of sessions, asked as a client does it: set up, proven once, then by MAC alone.

use super::*;
use crypto::diffie_hellman::Offer;
use engine::sessions::{Sealing, SessionKey};
use engine::{Date, WeakForms};
use model::PublicKey;
use model::site::Transport;
use wire::session::{KeyExchange, SessionCipher, SetupRequest};
use wire::values::ValuesRequest;

pub(super) const SECRET: &[u8] = b"a secret of forty letters, or not so many";
pub(super) const ADMIN: &str = "0.NA/88.1";

/// A node with a prefix whose administrator has a secret.
fn desk() -> Desk {
    with_an_administrator(AnswererSettings::default())
}

/// The same with settings.
pub(super) fn with_an_administrator(settings: AnswererSettings) -> Desk {
    let desk = Desk::with_a_pump(settings);
    let admin = model::admin::Admin {
        identifier: ADMIN.into(),
        index: 301,
        permissions: model::admin::AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let values = [
        Value::public(100, "HS_ADMIN", admin.encode()),
        Value {
            permissions: Permissions(0b1100),
            ..Value::public(301, "HS_SECKEY", SECRET)
        },
    ];
    desk.register(ADMIN, &values);
    desk
}

pub(super) fn identity() -> Identity {
    Identity::new(ADMIN, 301)
}

/// Somebody who has set a session up.
pub(super) struct Asker<'d> {
    desk: &'d Desk,
    key: SessionKey,
}

impl<'d> Asker<'d> {
    pub(super) fn new(desk: &'d Desk, identity: Identity) -> Self {
        let offer = Offer::new().unwrap();
        let exchange = KeyExchange::DiffieHellman(offer.public_key().encode());
        let mut request = about("88.1/x").resolution(3, Clock::date());
        request.header.opcode = Opcode::SESSION_SETUP;
        request.body = SetupRequest::new(exchange, 3600, identity).encode();
        let answer = desk.ask(&request);
        let id = answer.envelope.session_id;
        let Body::SessionSetup(body) = Response::decode(&answer).unwrap().answer else {
            panic!("no session: {answer:?}");
        };
        let (cipher, public_key) = body.cipher_and_key(Version::NEWEST).unwrap();
        assert_eq!(cipher, Some(SessionCipher::AES));
        let public_key = PublicKey::decode(public_key).unwrap();
        let secret = offer.accept(&public_key).unwrap();
        let key = SessionKey::new(id, SessionCipher::AES, secret);
        Self { desk, key }
    }

    pub(super) fn seal(&self, request: &Message) -> Packet {
        let sealing = Sealing::of_request(&request.header);
        let sealed = self.key.seal(request.clone(), sealing, [5; 16], &Provider);
        sealed.unwrap()
    }

    fn ask(&self, request: &Message) -> Message {
        let packet = self.desk.ask_packet(&self.seal(request));
        let opened = self.key.open_answer(&packet, &Provider, WeakForms::NONE);
        opened.unwrap().message
    }

    /// Asks, and answers the challenge with the secret.
    pub(super) fn ask_proving(&self, request: &Message) -> Message {
        let challenge = self.ask(request);
        assert_eq!(code(&challenge), ResponseCode::AUTHENTICATION_NEEDED);
        assert_eq!(challenge.envelope.session_id, self.key.id());
        let proof = proven(request, &challenge, identity(), Shown::Secret(SECRET));
        self.ask(&proof)
    }
}

fn code(message: &Message) -> ResponseCode {
    message.header.response_code
}

pub(super) fn creation(identifier: &str) -> Message {
    let mut request = about(identifier).resolution(4, Clock::date());
    request.header.opcode = Opcode::CREATE_HANDLE;
    let value = model::EncodedValue::of(&Value::public(1, "URL", "https://e.org"));
    request.body = ValuesRequest::new(identifier.to_owned(), vec![value]).encode();
    request
}

#[test]
fn after_one_proof_the_mac_is_enough() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    let answer = asker.ask_proving(&creation("88.1/a"));
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
    assert_eq!(answer.header.opcode, Opcode::CREATE_HANDLE);
    assert_eq!(answer.envelope.session_id, asker.key.id());
    for identifier in ["88.1/b", "88.1/c"] {
        assert_eq!(
            code(&asker.ask(&creation(identifier))),
            ResponseCode::SUCCESS
        );
    }
    let other = Asker::new(&desk, identity());
    let unproven = code(&other.ask(&creation("88.1/d")));
    assert_eq!(
        unproven,
        ResponseCode::AUTHENTICATION_NEEDED,
        "another session"
    );
}

#[test]
fn a_message_counts_once_and_only_with_its_mac() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    asker.ask_proving(&creation("88.1/a"));
    let sealed = asker.seal(&creation("88.1/b"));
    let sent = |packet: &Packet| code(&Message::from_packet(&desk.ask_packet(packet)).unwrap());
    let mut tampered = sealed.clone();
    let mut payload = tampered.payload.to_vec();
    let at = payload.len() / 3;
    payload[at] ^= 1;
    tampered.payload = payload.into();
    assert_eq!(sent(&tampered), ResponseCode::INVALID_CREDENTIAL);
    let without = creation("88.1/b");
    let mut without = without.to_packet();
    without.envelope.session_id = asker.key.id();
    assert_eq!(sent(&without), ResponseCode::INVALID_CREDENTIAL);
    assert_eq!(
        sent(&sealed),
        ResponseCode::SUCCESS,
        "what failed has used up nothing"
    );
    assert_eq!(sent(&sealed), ResponseCode::SESSION_MESSAGE_REJECTED);
}

#[test]
fn somebody_else_does_not_become_the_sessions_identity() {
    let desk = desk();
    let asker = Asker::new(&desk, Identity::new("0.NA/88.2", 300));
    let answer = asker.ask_proving(&creation("88.1/a"));
    assert_eq!(code(&answer), ResponseCode::AUTHENTICATION_FAILED);
    assert!(desk.values_of(&"88.1/a".parse().unwrap()).is_empty());
}

#[test]
fn in_a_session_of_nobody_every_request_is_proven() {
    let desk = desk();
    let asker = Asker::new(&desk, Identity::ANONYMOUS);
    for identifier in ["88.1/a", "88.1/b"] {
        let answer = asker.ask_proving(&creation(identifier));
        assert_eq!(code(&answer), ResponseCode::SUCCESS);
    }
}

#[test]
fn private_values_come_encrypted() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    asker.ask_proving(&creation("88.1/a"));
    let mut request = for_all("0.NA/88.1");
    request.header.opcode = Opcode::RESOLUTION;
    let packet = desk.ask_packet(&asker.seal(&request));
    assert!(
        packet
            .envelope
            .flags
            .contains(wire::EnvelopeFlags::ENCRYPTED)
    );
    let seen = packet.payload.windows(SECRET.len());
    assert!(!seen.into_iter().any(|window| window == SECRET));
    let opened = asker
        .key
        .open_answer(&packet, &Provider, WeakForms::NONE)
        .unwrap();
    assert_eq!(code(&opened.message), ResponseCode::SUCCESS);
}

/// Adds a value to the record of the administrator.
fn change() -> Message {
    let mut change = about(ADMIN).resolution(9, Clock::date());
    change.header.opcode = Opcode::ADD_VALUE;
    let value = model::EncodedValue::of(&Value::public(7, "DESC", "changed"));
    change.body = ValuesRequest::new(ADMIN, vec![value]).encode();
    change
}

fn has_ended(asker: &Asker<'_>) -> bool {
    let packet = asker.desk.ask_packet(&asker.seal(&creation("88.1/b")));
    code(&Message::from_packet(&packet).unwrap()) == ResponseCode::SESSION_TIMEOUT
}

#[test]
fn a_session_ends_when_the_record_of_its_identity_changes() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    asker.ask_proving(&creation("88.1/a"));
    let other = Asker::new(&desk, identity());
    assert_eq!(code(&other.ask_proving(&change())), ResponseCode::SUCCESS);
    assert!(has_ended(&asker));
}

#[test]
fn it_ends_as_well_if_many_records_change_together() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    asker.ask_proving(&creation("88.1/a"));
    let known = Known {
        identity: identity(),
        means: engine::Means::OPERATOR,
    };
    let visitor = Visitor::connected([127, 0, 0, 1].into(), Transport::HTTP);
    let begun = desk
        .answerer
        .begin_many(vec![change()], &known, visitor, None);
    let answers = desk.answerer.finish_many(begun);
    assert_eq!(answers.len(), 1);
    assert_eq!(code(&answers[0]), ResponseCode::SUCCESS);
    assert!(has_ended(&asker));
}

#[test]
fn what_was_asked_in_a_session_is_not_answered_without_it() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    let request = creation("88.1/a");
    let challenge = asker.ask(&request);
    let proof = proven(&request, &challenge, identity(), Shown::Secret(SECRET));
    lock(&desk.answerer.proven.sessions).terminate_of(|_| true);
    let mut packet = proof.to_packet();
    packet.envelope.session_id = asker.key.id();
    let answer = Message::from_packet(&desk.ask_packet(&packet)).unwrap();
    assert_eq!(code(&answer), ResponseCode::SESSION_TIMEOUT);
    assert!(desk.values_of(&"88.1/a".parse().unwrap()).is_empty());
}

#[test]
fn a_session_ends_when_it_is_told_to() {
    let desk = desk();
    let asker = Asker::new(&desk, identity());
    asker.ask_proving(&creation("88.1/a"));
    let mut end = about("88.1/x").resolution(8, Date(0));
    end.header.opcode = Opcode::SESSION_TERMINATE;
    end.body = wire::identifier::IdentifierRequest::about("/").encode();
    assert_eq!(code(&asker.ask(&end)), ResponseCode::SUCCESS);
    let packet = desk.ask_packet(&asker.seal(&creation("88.1/b")));
    let answer = Message::from_packet(&packet).unwrap();
    assert_eq!(code(&answer), ResponseCode::SESSION_TIMEOUT);
}

#[test]
fn other_ways_to_a_key_are_refused() {
    let desk = desk();
    let mut request = about("88.1/x").resolution(3, Clock::date());
    request.header.opcode = Opcode::SESSION_SETUP;
    for exchange in [
        KeyExchange::ServerCipher,
        KeyExchange::ClientCipher("key".into()),
        KeyExchange::DiffieHellman("no key".into()),
    ] {
        request.body = SetupRequest::new(exchange, 60, identity()).encode();
        let answer = desk.ask(&request);
        assert_eq!(code(&answer), ResponseCode::INVALID_SESSION_SETUP);
        assert_eq!(answer.envelope.session_id, 0);
    }
}
