//! Tests of logins (operation 2001), asked as clients of the Chinese system do it: asked for and
//! proven once on a connection, then many requests without proof or MAC.

use super::*;
use crate::answerer::login::Caller;
use crate::visitor::Line;
use engine::logins::LoginLimits;
use model::PublicKey;
use model::public_key::Numbers;
use std::task::{Context, Waker};
use wire::login::LoginRequest;
use wire::values::ValuesRequest;

const USER: &str = "88.1/user";
const OTHER: &str = "88.1/other";

/// An SM2 key of `openssl genpkey -algorithm SM2`, as clients of the Chinese system have.
const SM2_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgXf1YEQTcp0fsuXAZ
X9r/1VfB5ewU8U1AWd7zoVMV6E6hRANCAARZ1zsHRzdxQG0VDJEE2s7qnMW1smID
IkeL+gcZ9lwdZwLz4HPJD8QlfT2o6y/kbSI8QEoDiayqYrf6C6Kbg28G
-----END PRIVATE KEY-----
";
const SM2_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEWdc7B0c3cUBtFQyRBNrO6pzFtbJi
AyJHi/oHGfZcHWcC8+BzyQ/EJX09qOsv5G0iPEBKA4msqmK3+guim4NvBg==
-----END PUBLIC KEY-----
";

/// A node with a prefix that `300:88.1/user` administers, with an SM2 key in bare PEM.
fn desk_with(settings: AnswererSettings) -> Desk {
    let desk = Desk::with_a_pump(settings);
    let admin = model::admin::Admin {
        identifier: USER.into(),
        index: 300,
        permissions: model::admin::AdminPermissions::ALL,
        has_legacy_end: false,
    };
    desk.register(
        "0.NA/88.1",
        &[Value::public(100, "HS_ADMIN", admin.encode())],
    );
    let key = PublicKey::Known {
        reserved: 0,
        numbers: Numbers::Sm2(SM2_PUBLIC.into()),
    };
    for user in [USER, OTHER] {
        let admin = Value::public(100, "HS_ADMIN", admin.encode());
        desk.register(
            user,
            &[admin, Value::public(300, "HS_PUBKEY", key.encode())],
        );
    }
    desk
}

fn desk() -> Desk {
    desk_with(AnswererSettings::default())
}

fn key_of(user: &'static str) -> SigningKey {
    SigningKey::of_sm2(SM2_PRIVATE.as_bytes(), user.as_bytes()).unwrap()
}

/// A connection.
struct Client<'d> {
    desk: &'d Desk,
    line: Line,
}

impl<'d> Client<'d> {
    fn new(desk: &'d Desk) -> Self {
        let line = desk.answerer.pick_up();
        Self { desk, line }
    }

    fn ask(&self, request: &Message) -> Message {
        let visitor = Visitor::on(self.line, [192, 0, 2, 1].into());
        let packet = request.to_packet();
        let answer = pollster::block_on(self.desk.answerer.answer_packet(&packet, visitor));
        Message::from_packet(&answer.expect("requests are answered").packet).unwrap()
    }

    /// Asks to log in; the challenge.
    fn ask_login(&self, user: &'static str) -> Message {
        let challenge = self.ask(&login(user));
        assert_eq!(code(&challenge), ResponseCode::AUTHENTICATION_NEEDED);
        assert_eq!(challenge.header.opcode, Opcode::LOGIN_ID_SYSTEM);
        assert_ne!(challenge.envelope.session_id, 0);
        challenge
    }

    fn answer(&self, challenge: &Message, user: &'static str, key: &SigningKey) -> Message {
        let identity = Identity::new(user, 300);
        let proof = proven(&login(user), challenge, identity, Shown::Key(key));
        self.ask(&proof)
    }

    fn log_in(&self, user: &'static str) -> Message {
        self.answer(&self.ask_login(user), user, &key_of(user))
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        self.desk.answerer.hang_up(self.line);
    }
}

fn login(user: &'static str) -> Message {
    let mut request = about("88.1/x").resolution(3, Clock::date());
    request.envelope.version = Version::new(2, 3);
    request.envelope.suggested = Version::new(2, 10);
    request.header.opcode = Opcode::LOGIN_ID_SYSTEM;
    request.header.flags = request.header.flags | OpFlags::REQUEST_DIGEST;
    request.body = LoginRequest::of(Identity::new(user, 300)).encode();
    request
}

fn creation(identifier: &str) -> Message {
    let mut request = about(identifier).resolution(4, Clock::date());
    request.header.opcode = Opcode::CREATE_HANDLE;
    let value = model::EncodedValue::of(&Value::public(1, "URL", "https://e.org"));
    request.body = ValuesRequest::new(identifier.to_owned(), vec![value]).encode();
    request
}

fn code(message: &Message) -> ResponseCode {
    message.header.response_code
}

#[test]
fn after_a_login_the_connection_is_enough() {
    let desk = desk();
    let client = Client::new(&desk);
    let challenge = client.ask_login(USER);
    let answer = client.answer(&challenge, USER, &key_of(USER));
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
    assert_eq!(answer.header.opcode, Opcode::LOGIN_ID_SYSTEM);
    let id = challenge.envelope.session_id;
    assert_eq!(answer.envelope.session_id, id, "it is the login's now");
    let response = Response::decode(&answer).unwrap();
    assert_eq!(response.answer, Body::Done);
    let digest = response.digest.expect("it was asked for");
    let asked = login(USER).digested_octets();
    assert!(engine::Digests::is_digest_of(&Provider, &digest, &asked));
    // Whether messages name it or not.
    for (identifier, session_id) in [("88.1/a", 0), ("88.1/b", id)] {
        let mut request = creation(identifier);
        request.envelope.session_id = session_id;
        let answer = client.ask(&request);
        assert_eq!(code(&answer), ResponseCode::SUCCESS);
        assert_eq!(answer.envelope.session_id, session_id);
    }
    assert_eq!(
        code(&client.ask(&for_all("88.1/pump"))),
        ResponseCode::INVALID_ADMIN
    );
    assert_eq!(code(&client.ask(&for_all(USER))), ResponseCode::SUCCESS);
    assert_eq!(desk.answerer.counters.read().logins, 1);
}

#[test]
fn another_connection_has_nothing_of_it() {
    let desk = desk();
    let client = Client::new(&desk);
    let id = client.log_in(USER).envelope.session_id;
    let stranger = Client::new(&desk);
    let mut request = creation("88.1/a");
    assert_eq!(
        code(&stranger.ask(&request)),
        ResponseCode::AUTHENTICATION_NEEDED
    );
    request.envelope.session_id = id;
    assert_eq!(code(&stranger.ask(&request)), ResponseCode::SESSION_TIMEOUT);
    assert_eq!(
        code(&desk.ask(&request)),
        ResponseCode::SESSION_TIMEOUT,
        "nor none"
    );
    request.envelope.session_id = id ^ 1;
    assert_eq!(
        code(&client.ask(&request)),
        ResponseCode::SESSION_TIMEOUT,
        "another id"
    );
    drop(client);
    request.envelope.session_id = 0;
    let next = Client::new(&desk);
    assert_eq!(
        code(&next.ask(&request)),
        ResponseCode::AUTHENTICATION_NEEDED
    );
    assert_eq!(lock(&desk.answerer.proven.logins).count(), 0);
}

#[test]
fn a_proof_is_good_where_the_login_was_asked_for() {
    let desk = desk();
    let (client, stranger) = (Client::new(&desk), Client::new(&desk));
    let challenge = client.ask_login(USER);
    let answer = stranger.answer(&challenge, USER, &key_of(USER));
    assert_eq!(code(&answer), ResponseCode::AUTHENTICATION_TIMEOUT);
    assert_eq!(answer.envelope.session_id, 0);
    let creation = creation("88.1/a");
    for both in [&client, &stranger] {
        assert_eq!(
            code(&both.ask(&creation)),
            ResponseCode::AUTHENTICATION_NEEDED
        );
    }
    let again = client.answer(&challenge, USER, &key_of(USER));
    assert_eq!(code(&again), ResponseCode::SESSION_TIMEOUT, "it is used up");
}

#[test]
fn a_proof_that_is_wrong_is_3001() {
    let desk = desk();
    let client = Client::new(&desk);
    let wrong = ResponseCode::CREDENTIAL_NOT_VERIFIED;
    // Signed for another identifier, which SM2 covers.
    let answer = client.answer(&client.ask_login(USER), USER, &key_of(OTHER));
    assert_eq!(code(&answer), wrong);
    // Right, for somebody whom the login does not name.
    let answer = client.answer(&client.ask_login(USER), OTHER, &key_of(OTHER));
    assert_eq!(code(&answer), wrong);
    // A form that is not taken.
    let challenge = client.ask_login(USER);
    let mut proof = proven(
        &login(USER),
        &challenge,
        Identity::new(USER, 300),
        Shown::Key(&key_of(USER)),
    );
    let body = ChallengeResponse::decode(proof.body.clone()).unwrap();
    let octets = [&b"\0\0\0\x04SHA1"[..], &body.proof[7..]].concat();
    proof.body = ChallengeResponse {
        proof: octets.into(),
        ..body
    }
    .encode();
    assert_eq!(code(&client.ask(&proof)), wrong);
    let asked = code(&client.ask(&creation("88.1/a")));
    assert_eq!(asked, ResponseCode::AUTHENTICATION_NEEDED);
    assert_eq!(code(&client.log_in(USER)), ResponseCode::SUCCESS);
}

#[test]
fn a_second_login_is_407() {
    let desk = desk();
    let client = Client::new(&desk);
    client.log_in(USER);
    for user in [USER, OTHER] {
        assert_eq!(
            code(&client.ask(&login(user))),
            ResponseCode::LOGGED_IN_ALREADY
        );
    }
    assert_eq!(
        code(&client.ask(&creation("88.1/a"))),
        ResponseCode::SUCCESS
    );
}

#[test]
fn where_a_login_is_over_408_says_so() {
    let desk = desk_with(AnswererSettings {
        logins: LoginLimits {
            life: Duration::ZERO,
            ..LoginLimits::default()
        },
        ..AnswererSettings::default()
    });
    let client = Client::new(&desk);
    let id = client.log_in(USER).envelope.session_id;
    let mut request = creation("88.1/a");
    assert_eq!(code(&client.ask(&request)), ResponseCode::LOGIN_FIRST);
    request.envelope.session_id = id;
    assert_eq!(code(&client.ask(&request)), ResponseCode::LOGIN_FIRST);
    let public = about("88.1/pump").resolution(9, Clock::date());
    assert_eq!(
        code(&client.ask(&public)),
        ResponseCode::SUCCESS,
        "for everybody"
    );
    // Anew, by a client whose messages go on naming the login.
    let mut again = login(USER);
    again.envelope.session_id = id;
    for _ in 0..2 {
        let challenge = client.ask(&again);
        assert_eq!(code(&challenge), ResponseCode::AUTHENTICATION_NEEDED);
        assert_ne!(challenge.envelope.session_id, id);
        let begun = client.answer(&challenge, USER, &key_of(USER));
        assert_eq!(code(&begun), ResponseCode::SUCCESS);
        again.envelope.session_id = begun.envelope.session_id;
    }
    assert_eq!(code(&client.log_in(USER)), ResponseCode::SUCCESS, "anew");
}

#[test]
fn a_login_ends_when_the_record_of_its_identity_changes() {
    let desk = desk();
    let (client, other) = (Client::new(&desk), Client::new(&desk));
    client.log_in(USER);
    other.log_in(OTHER);
    let mut change = creation(USER);
    change.header.opcode = Opcode::ADD_VALUE;
    assert_eq!(code(&client.ask(&change)), ResponseCode::SUCCESS);
    assert_eq!(
        code(&client.ask(&creation("88.1/a"))),
        ResponseCode::LOGIN_FIRST
    );
    let others = code(&other.ask(&creation("88.1/a")));
    assert_eq!(others, ResponseCode::INVALID_ADMIN, "still logged in");
}

/// The connection of whoever revokes a key may break at any time, and so may be dropped what
/// answers them.
#[test]
fn a_login_ends_although_nobody_waits_for_the_change() {
    let desk = desk();
    let (client, revoker) = (Client::new(&desk), Client::new(&desk));
    client.log_in(USER);
    revoker.log_in(USER);
    let mut change = creation(USER);
    change.header.opcode = Opcode::ADD_VALUE;
    let packet = change.to_packet();
    let visitor = Visitor::on(revoker.line, [192, 0, 2, 1].into());
    let mut answering = Box::pin(desk.answerer.answer_packet(&packet, visitor));
    let mut context = Context::from_waker(Waker::noop());
    let polled = answering.as_mut().poll(&mut context);
    drop(answering);
    drop(polled);
    // Changes are made in their order: when this one is durable, that one is.
    desk.register("88.1/next", &[Value::public(1, "URL", "https://e.org")]);
    let has_changed = desk.values_of(&USER.parse().unwrap()).len() == 3;
    assert!(has_changed, "the store took the change");
    let asked = code(&client.ask(&creation("88.1/a")));
    assert_eq!(asked, ResponseCode::LOGIN_FIRST);
}

#[test]
fn a_login_does_not_begin_with_a_proof_from_before_a_change() {
    let desk = desk();
    let (client, revoker) = (Client::new(&desk), Client::new(&desk));
    let challenge = client.ask_login(USER);
    revoker.log_in(USER);
    let mut change = creation(USER);
    change.header.opcode = Opcode::ADD_VALUE;
    assert_eq!(code(&revoker.ask(&change)), ResponseCode::SUCCESS);
    let answer = client.answer(&challenge, USER, &key_of(USER));
    assert_eq!(code(&answer), ResponseCode::AUTHENTICATION_TIMEOUT);
    assert_eq!(code(&client.log_in(USER)), ResponseCode::SUCCESS, "anew");
}

#[test]
fn logins_are_for_connections_and_where_they_are_offered() {
    let desk = desk();
    let refused = ResponseCode::OPERATION_NOT_SUPPORTED;
    assert_eq!(code(&desk.ask(&login(USER))), refused);
    let mut password = login(USER);
    password.header.opcode = Opcode::LOGIN_PASSWORD;
    assert_eq!(code(&Client::new(&desk).ask(&password)), refused);
    let without = desk_with(AnswererSettings {
        offers_logins: false,
        ..AnswererSettings::default()
    });
    assert_eq!(code(&Client::new(&without).ask(&login(USER))), refused);
    let client = Client::new(&desk);
    for (body, expected) in [
        (&b"\0\0\0\x06"[..], ResponseCode::PROTOCOL_ERROR),
        (
            b"\0\0\0\x02\xff/\0\0\x01\x2c",
            ResponseCode::UNABLE_TO_AUTHENTICATE,
        ),
        (b"\0\0\0\0\0\0\0\0", ResponseCode::UNABLE_TO_AUTHENTICATE),
    ] {
        let mut request = login(USER);
        request.body = body.into();
        assert_eq!(code(&client.ask(&request)), expected);
    }
    let mut named = login(USER);
    named.envelope.session_id = 7;
    assert_eq!(code(&client.ask(&named)), ResponseCode::SESSION_TIMEOUT);
}

#[test]
fn what_is_asked_after_a_login_is_noted_as_such() {
    let desk = desk();
    let client = Client::new(&desk);
    client.log_in(USER);
    let visitor = Visitor::on(client.line, [192, 0, 2, 1].into());
    let Caller::Known(known) = desk.answerer.caller(&creation("88.1/a"), visitor) else {
        panic!("somebody is logged in");
    };
    assert_eq!(known.means, engine::Means::LOGIN);
    assert_eq!(known.identity, Identity::new(USER, 300));
}
