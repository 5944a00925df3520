//! Tests of a whole node over real sockets, with the real client.

use super::*;
use client::{Client, Transport};
use engine::question::creation;
use engine::{Date, Question};
use model::{Identifier, Value};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::time::Duration;
use store::Options;
use tempfile::TempDir;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

struct Running {
    node: Node,
    folder: TempDir,
}

fn config() -> Config {
    Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        udp_threads: 2,
        ..Config::default()
    }
}

fn start(config: &Config) -> Running {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &Options::default()).unwrap();
    let node = Node::start(config, store).unwrap();
    Running { node, folder }
}

impl Running {
    fn address(&self) -> SocketAddr {
        self.node.addresses()[0]
    }

    fn client(&self) -> Client {
        Client::new(self.address()).unwrap()
    }

    fn register(&self, identifier: &str, values: &[Value]) -> ResponseCode {
        let identifier: Identifier = identifier.parse().unwrap();
        let request = creation(&identifier, values, OpFlags(0), 1, client::Clock::date());
        self.node
            .answer_locally(&request)
            .unwrap()
            .header
            .response_code
    }

    /// Asks over one transport; gives the code and the data of the values.
    fn ask(&self, transport: Transport, identifier: &str) -> (ResponseCode, Vec<String>) {
        let question = Question::about(identifier.parse().unwrap());
        let reply = self.client().ask_over(transport, &question).unwrap();
        let values = match reply.answered.response.answer {
            Answer::Resolution(answer) => answer.values,
            _ => Vec::new(),
        };
        let text = |value: model::EncodedValue| value.value().data.escape_ascii().to_string();
        let code = reply.answered.message.header.response_code;
        (code, values.into_iter().map(text).collect())
    }
}

#[test]
fn what_is_registered_is_resolved_over_udp_and_tcp() {
    let running = start(&config());
    let values = [Value::public(1, "NAME", "pump")];
    assert_eq!(
        running.register("88.156.1/pump", &values),
        ResponseCode::SUCCESS
    );
    let exists = ResponseCode::HANDLE_ALREADY_EXISTS;
    assert_eq!(running.register("88.156.1/PUMP", &values), exists);
    for transport in [Transport::Udp, Transport::Tcp] {
        let found = running.ask(transport, "88.156.1/Pump");
        assert_eq!(found, (ResponseCode::SUCCESS, vec!["pump".into()]));
        let (code, _) = running.ask(transport, "88.156.1/valve");
        assert_eq!(code, ResponseCode::HANDLE_NOT_FOUND);
        let (code, _) = running.ask(transport, "99/x");
        assert_eq!(code, ResponseCode::SERVER_NOT_RESPONSIBLE);
    }
    let counted = running.node.counted();
    assert_eq!((counted.answered, counted.not_found), (8, 2));
}

#[test]
fn a_long_answer_takes_several_datagrams_and_a_longer_one_tcp() {
    let running = start(&config());
    running.register("88/long", &[Value::public(1, "DESC", vec![b'x'; 1200])]);
    running.register("88/longer", &[Value::public(1, "DESC", vec![b'y'; 5000])]);
    let (code, values) = running.ask(Transport::Udp, "88/long");
    assert_eq!((code, values[0].len()), (ResponseCode::SUCCESS, 1200));
    let question = Question::about("88/longer".parse().unwrap());
    let reply = running.client().ask(&question).unwrap();
    assert_eq!(reply.transport, Transport::Tcp);
    assert_eq!(
        running.node.counted().too_long_for_udp,
        3,
        "three tries over UDP"
    );
}

#[test]
fn what_was_registered_is_there_after_a_stop_and_a_start() {
    let running = start(&config());
    running.register("88/kept", &[Value::public(1, "NAME", "kept")]);
    let Running { node, folder } = running;
    node.stop().unwrap();
    let store = Store::open(folder.path(), &Options::default()).unwrap();
    assert_eq!(
        store.opened(),
        store::Opened::default(),
        "an orderly stop leaves no work"
    );
    let node = Node::start(&config(), store).unwrap();
    let running = Running { node, folder };
    let found = running.ask(Transport::Udp, "88/KEPT");
    assert_eq!(found, (ResponseCode::SUCCESS, vec!["kept".into()]));
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let running = start(&config());
    let taken = Config {
        listen: vec![running.address()],
        ..config()
    };
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &Options::default()).unwrap();
    let error = Node::start(&taken, store).map(|_| ()).unwrap_err();
    let expected = format!("cannot listen on {}", running.address());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

/// Sends octets over TCP and reads until the node closes.
fn send_and_read(address: SocketAddr, octets: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(octets).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn questions_sent_together_are_answered_in_order() {
    let running = start(&config());
    running.register("88/a", &[Value::public(1, "NAME", "a")]);
    let question = Question::about("88/a".parse().unwrap());
    let mut octets = Vec::new();
    for request_id in 1..=50 {
        octets.extend_from_slice(&question.resolution(request_id, Date(0)).encode());
    }
    // What cannot be a message ends the connection, so that reading ends.
    octets.extend_from_slice(&[0xff; 20]);
    let mut stream = wire::stream::PacketStream::default();
    stream.push(&send_and_read(running.address(), &octets));
    let mut request_ids = Vec::new();
    while let Some(packet) = stream.next_packet().unwrap() {
        request_ids.push(packet.envelope.request_id);
    }
    let expected: Vec<u32> = (1..=50).chain([u32::MAX]).collect();
    assert_eq!(request_ids, expected);
}

#[test]
fn garbage_over_udp_is_refused_or_ignored_and_the_node_lives() {
    let running = start(&config());
    running.register("88/a", &[Value::public(1, "NAME", "a")]);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(running.address()).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let question = Question::about("88/a".parse().unwrap()).resolution(7, Date(0));
    let whole = question.encode();
    for cut in 0..whole.len() {
        socket.send(&whole[..cut]).unwrap();
    }
    let mut answer_to_a_response = question.clone();
    answer_to_a_response.header.response_code = ResponseCode::SUCCESS;
    socket.send(&answer_to_a_response.encode()).unwrap();
    socket.send(&whole).unwrap();
    let mut buffer = [0; 2048];
    let mut codes = Vec::new();
    while codes.last() != Some(&ResponseCode::SUCCESS) {
        let octets = socket.recv(&mut buffer).unwrap();
        let message = Message::decode(buffer[..octets].to_vec().into()).unwrap();
        assert_eq!(message.envelope.request_id, 7);
        codes.push(message.header.response_code);
    }
    let refused = codes
        .iter()
        .filter(|&&code| code == ResponseCode::PROTOCOL_ERROR)
        .count();
    assert_eq!(refused + 1, codes.len(), "{codes:?}");
    let (code, _) = running.ask(Transport::Udp, "88/a");
    assert_eq!(code, ResponseCode::SUCCESS);
}

/// One peer cannot shut the others out.
#[test]
fn a_peer_with_too_many_connections_has_the_newest_closed() {
    let strict = Config {
        tcp_connections_per_peer_max: 1,
        ..config()
    };
    let running = start(&strict);
    let mut first = Client::new(running.address()).unwrap();
    let question = Question::about("88/a".parse().unwrap());
    first.ask_over(Transport::Tcp, &question).unwrap();
    let mut second = TcpStream::connect(running.address()).unwrap();
    second
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut octets = Vec::new();
    assert_eq!(
        second.read_to_end(&mut octets).unwrap(),
        0,
        "closed at once"
    );
    first.ask_over(Transport::Tcp, &question).unwrap();
}

#[test]
fn an_idle_connection_is_closed_and_a_full_house_waits() {
    let impatient = Config {
        tcp_idle_seconds_max: 1,
        tcp_connections_max: 1,
        ..config()
    };
    let running = start(&impatient);
    running.register("88/a", &[Value::public(1, "NAME", "a")]);
    let _idle = TcpStream::connect(running.address()).unwrap();
    // Accepted only when the idle one has been closed.
    let (code, _) = running.ask(Transport::Tcp, "88/a");
    assert_eq!(code, ResponseCode::SUCCESS);
}
