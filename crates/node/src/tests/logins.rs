//! Connections that clients of the Chinese system keep: logged in on once, many requests in flight,
//! longer messages where that is set.

use super::*;
use engine::proofs::prove_by_secret;
use model::admin::{Admin, AdminPermissions};
use model::{Permissions, Value};
use wire::challenge::ChallengeResponse;
use wire::login::LoginRequest;
use wire::stream::PacketStream;
use wire::{Identity, Message, Opcode, Response};

const SECRET: &[u8] = b"a secret";

fn identity() -> Identity {
    Identity::new("88.1/user", 301)
}

/// A node with a prefix and somebody who may do everything there.
fn start_with_a_user(config: &Config) -> Running {
    let running = start(config);
    let admin = Admin {
        identifier: identity().identifier,
        index: 301,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let secret = Value {
        permissions: Permissions(0b1100),
        ..Value::public(301, "HS_SECKEY", SECRET)
    };
    running.register("88.1/user", &[secret]);
    running.register(
        "0.NA/88.1",
        &[Value::public(100, "HS_ADMIN", admin.encode())],
    );
    running
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    packets: PacketStream,
}

impl Connection {
    fn new(running: &Running) -> Self {
        let stream = TcpStream::connect(running.address()).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        let packets = PacketStream::default();
        Self { stream, packets }
    }

    fn send(&mut self, message: &Message) {
        self.stream.write_all(&message.encode()).unwrap();
    }

    /// The next answer; none if the node has closed the connection.
    fn receive(&mut self) -> Option<Message> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(packet) = self.packets.next_packet().unwrap() {
                return Some(Message::from_packet(&packet).unwrap());
            }
            match self.stream.read(&mut buffer).unwrap() {
                0 => return None,
                octets => self.packets.push(&buffer[..octets]),
            }
        }
    }

    fn ask(&mut self, message: &Message) -> Message {
        self.send(message);
        self.receive().expect("the connection is open")
    }

    fn log_in(&mut self) {
        let mut login = question(1);
        login.header.opcode = Opcode::LOGIN_ID_SYSTEM;
        login.body = LoginRequest::of(identity()).encode();
        let challenge = self.ask(&login);
        let response = Response::decode(&challenge).unwrap();
        let Answer::Challenge(body) = response.answer else {
            panic!("no challenge: {challenge:?}");
        };
        let covered = [&body.nonce[..], response.digest.unwrap().octets()].concat();
        let version = challenge.envelope.version;
        let proof = prove_by_secret(&covered, version, SECRET, [7; 16], &crypto::Provider);
        login.header.opcode = Opcode::CHALLENGE_RESPONSE;
        login.envelope.session_id = challenge.envelope.session_id;
        login.body = ChallengeResponse::new(identity(), &proof).encode();
        assert_eq!(code(&self.ask(&login)), ResponseCode::SUCCESS);
    }
}

fn question(request_id: u32) -> Message {
    let question = Question::about("88.1/a".parse().unwrap());
    question.resolution(request_id, client::Clock::date())
}

fn creation_of(number: u32, data: &str) -> Message {
    let identifier = format!("88.1/{number}").parse().unwrap();
    let values = [Value::public(1, "URL", data.to_owned())];
    creation(
        &identifier,
        &values,
        OpFlags(0),
        number,
        client::Clock::date(),
    )
}

fn code(message: &Message) -> ResponseCode {
    message.header.response_code
}

#[test]
fn after_a_login_many_requests_are_in_flight() {
    const COUNT: u32 = 300;
    let running = start_with_a_user(&config());
    let mut connection = Connection::new(&running);
    connection.log_in();
    let mut octets = Vec::new();
    for number in 1..=COUNT {
        octets.extend_from_slice(&creation_of(number, "https://e.org").encode());
    }
    let mut writer = connection.stream.try_clone().unwrap();
    let sending = std::thread::spawn(move || writer.write_all(&octets));
    for number in 1..=COUNT {
        let answer = connection.receive().unwrap();
        let id = answer.envelope.request_id;
        assert_eq!((id, code(&answer)), (number, ResponseCode::SUCCESS));
    }
    sending.join().unwrap().unwrap();
    let mut other = Connection::new(&running);
    let answer = other.ask(&creation_of(COUNT + 1, "https://e.org"));
    assert_eq!(code(&answer), ResponseCode::AUTHENTICATION_NEEDED);
    assert!(
        running
            .node
            .handle()
            .metrics()
            .contains("nameplate_logins_total 1\n")
    );
}

#[test]
fn a_longer_message_is_taken_where_that_is_set() {
    let long = "x".repeat(300_000);
    let usual = start_with_a_user(&config());
    let mut connection = Connection::new(&usual);
    connection.log_in();
    // Its beginning says enough.
    let octets = creation_of(7, &long).encode();
    connection.stream.write_all(&octets[..20]).unwrap();
    let answer = connection.receive().unwrap();
    assert_eq!(code(&answer), ResponseCode::PROTOCOL_ERROR);

    let running = start_with_a_user(&Config {
        tcp: config::TcpConfig {
            message_octets_max: 16_672_500,
            ..config::TcpConfig::default()
        },
        ..config()
    });
    let mut connection = Connection::new(&running);
    connection.log_in();
    // No record is that long, but the connection goes on.
    let answer = connection.ask(&creation_of(7, &long));
    assert_eq!(code(&answer), ResponseCode::INVALID_VALUE);
    let answer = connection.ask(&creation_of(8, "https://e.org"));
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
    // A question is answered however long it is: with very many types here.
    let question = (0..200).fold(
        Question::about("88.1/8".parse().unwrap()),
        |question, number| question.of_type(format!("{number}{}", "T".repeat(2000))),
    );
    let question = question.of_type("URL").resolution(9, client::Clock::date());
    assert!(question.encode().len() > config::TcpConfig::default().message_octets_max);
    let answer = connection.ask(&question);
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
    let mut beyond = creation_of(9, "x").to_packet();
    beyond.envelope.message_length = 16_672_501;
    connection.stream.write_all(&beyond.encode()[..20]).unwrap();
    let answer = connection.receive().unwrap();
    assert_eq!(code(&answer), ResponseCode::PROTOCOL_ERROR);
    assert!(connection.receive().is_none(), "and closed");
}

#[test]
fn a_connection_with_a_login_may_be_silent_for_longer() {
    let running = start_with_a_user(&Config {
        tcp: config::TcpConfig {
            idle_seconds_max: 1,
            ..config::TcpConfig::default()
        },
        ..config()
    });
    let mut connection = Connection::new(&running);
    connection.log_in();
    // One without a login, begun later, is closed first.
    assert!(Connection::new(&running).receive().is_none());
    let answer = connection.ask(&creation_of(1, "https://e.org"));
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
}
