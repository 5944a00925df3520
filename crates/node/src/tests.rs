//! Tests of a whole node over real sockets, with the real client.

pub(crate) mod machine;
mod rotation;

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

mod logins;

struct Running {
    node: Node,
    folder: TempDir,
}

fn config() -> Config {
    Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        udp: config::UdpConfig {
            threads: 2,
            ..config::UdpConfig::default()
        },
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
        tcp: config::TcpConfig {
            connections_per_peer_max: 1,
            ..config::TcpConfig::default()
        },
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
    let metrics = running.node.handle().metrics();
    let refused = "nameplate_connections_refused_total{transport=\"tcp\"} 1\n";
    assert!(metrics.contains(refused), "{metrics}");
    first.ask_over(Transport::Tcp, &question).unwrap();
}

#[test]
fn an_idle_connection_is_closed_and_a_full_house_waits() {
    let impatient = Config {
        tcp: config::TcpConfig {
            idle_seconds_max: 1,
            connections_max: 1,
            ..config::TcpConfig::default()
        },
        ..config()
    };
    let running = start(&impatient);
    running.register("88/a", &[Value::public(1, "NAME", "a")]);
    let _idle = TcpStream::connect(running.address()).unwrap();
    // Accepted only when the idle one has been closed.
    let (code, _) = running.ask(Transport::Tcp, "88/a");
    assert_eq!(code, ResponseCode::SUCCESS);
}

/// A client that would not take an answer from another address: its socket is connected.
fn ask_at(asked: SocketAddr) {
    let ip = asked.ip();
    let from = if ip.is_ipv4() {
        "127.0.0.1:0"
    } else {
        "[::1]:0"
    };
    let socket = UdpSocket::bind(from).unwrap();
    socket.connect(asked).unwrap();
    let patience = Some(Duration::from_secs(10));
    socket.set_read_timeout(patience).unwrap();
    let question = Question::about("88/a".parse().unwrap()).resolution(7, Date(0));
    socket.send(&question.encode()).unwrap();
    let octets = socket.recv(&mut [0; 2048]);
    assert!(
        octets.is_ok_and(|octets| octets > 20),
        "no answer from {ip}"
    );
}

#[test]
fn answers_leave_from_the_address_that_was_asked() {
    let any = Config {
        listen: ["0.0.0.0:0", "[::]:0", "[::1]:0"]
            .map(|address| address.parse().unwrap())
            .into(),
        public_addresses: vec!["127.0.0.1".parse().unwrap()],
        ..config()
    };
    let running = start(&any);
    let ports: Vec<u16> = running
        .node
        .addresses()
        .iter()
        .map(SocketAddr::port)
        .collect();
    for ip in ["127.0.0.1", "127.0.0.2", "127.3.2.1"] {
        ask_at((ip.parse::<Ipv4Addr>().unwrap(), ports[0]).into());
    }
    for port in [ports[1], ports[2]] {
        ask_at((std::net::Ipv6Addr::LOCALHOST, port).into());
    }
}

/// Each family has its own socket, so one port serves both.
#[test]
fn all_addresses_of_both_families_share_a_port() {
    let first = start(&Config {
        listen: vec!["0.0.0.0:0".parse().unwrap()],
        ..config()
    });
    let port = first.address().port();
    let second = start(&Config {
        listen: vec![(std::net::Ipv6Addr::UNSPECIFIED, port).into()],
        ..config()
    });
    assert_eq!(second.address().port(), port);
}

fn strict(questions_burst: u32) -> Config {
    Config {
        limits: config::LimitsConfig {
            questions_per_second: 1,
            questions_burst,
            exempt: Vec::new(),
            ..config::LimitsConfig::default()
        },
        ..config()
    }
}

#[test]
fn who_asks_too_much_is_dropped_over_udp_and_told_over_tcp() {
    let running = start(&strict(3));
    running.register("88/a", &[Value::public(1, "NAME", "a")]);
    let question = Question::about("88/a".parse().unwrap()).resolution(7, Date(0));
    let question = question.encode();
    // What cannot be a message ends the connection, so that reading ends.
    let mut octets = question.repeat(50);
    octets.extend_from_slice(&[0xff; 20]);
    let mut stream = wire::stream::PacketStream::default();
    stream.push(&send_and_read(running.address(), &octets));
    let mut codes = Vec::new();
    while let Some(packet) = stream.next_packet().unwrap() {
        codes.push(Message::from_packet(&packet).unwrap().header.response_code);
    }
    let (success, busy) = (ResponseCode::SUCCESS, ResponseCode::SERVER_BUSY);
    assert_eq!((codes.len(), codes[0]), (51, success));
    assert!(codes.contains(&busy), "{codes:?}");

    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    for _ in 0..50 {
        socket.send_to(&question, running.address()).unwrap();
    }
    let is_dropped = || {
        let metrics = running.node.handle().metrics();
        let mut lines = metrics.lines();
        lines.any(|line| {
            let count = line.strip_prefix("nameplate_rate_limited_total{transport=\"udp\"} ");
            count.is_some_and(|count| count != "0")
        })
    };
    let patience = std::time::Instant::now() + Duration::from_secs(10);
    while !is_dropped() {
        assert!(std::time::Instant::now() < patience, "nothing is dropped");
        std::thread::yield_now();
    }
    // A reload that lifts the limit holds for everybody at once.
    running.node.reload(&config());
    let (code, _) = running.ask(Transport::Udp, "88/a");
    assert_eq!(code, success);
}

#[test]
fn settings_that_wait_are_named_every_time_and_others_once() {
    let running = start(&config());
    let mut new = config();
    new.tcp.idle_seconds_max = 7;
    new.tcp.connections_max = 7;
    let keys = |changed: Vec<Changed>| -> Vec<String> {
        changed.into_iter().map(|changed| changed.key).collect()
    };
    let first = keys(running.node.reload(&new));
    assert_eq!(first, ["tcp.idle_seconds_max", "tcp.connections_max"]);
    assert_eq!(keys(running.node.reload(&new)), ["tcp.connections_max"]);
    assert_eq!(
        keys(running.node.reload(&config())),
        ["tcp.idle_seconds_max"]
    );
}

/// A node that writes an access log into a folder, and answers UDP in order.
fn start_logging(folder: &TempDir) -> Running {
    start(&Config {
        log: config::LogConfig {
            access: config::AccessLogKind::File,
            access_folder: folder.path().join("logs"),
            ..config::LogConfig::default()
        },
        udp: config::UdpConfig {
            threads: 1,
            ..config::UdpConfig::default()
        },
        ..config()
    })
}

/// The lines of the access log of a node that has stopped, without dates and times taken.
fn access_lines(folder: &TempDir) -> Vec<String> {
    let files = std::fs::read_dir(folder.path().join("logs")).unwrap();
    let files: Vec<_> = files.collect();
    assert_eq!(files.len(), 1);
    let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    let masked = |line: &str| {
        let parts: Vec<&str> = line.splitn(3, '"').collect();
        let (before, took) = parts[2].split_once("ms ").unwrap();
        let (codes, _) = before.rsplit_once(' ').unwrap();
        assert!(parts[1].starts_with("20"), "{line}");
        format!("{}_{codes} _ms {took}", parts[0])
    };
    text.lines().map(masked).collect()
}

#[test]
fn every_question_has_a_line_in_the_access_log() {
    let folder = TempDir::new().unwrap();
    let running = start_logging(&folder);
    running.register("88/a b", &[Value::public(1, "NAME", "secret")]);
    running.ask(Transport::Udp, "88/a b");
    running.ask(Transport::Tcp, "88/none\n");
    running.node.stop().unwrap();
    let expected = [
        "127.0.0.1 UDP:HDL(2.11) _ 1 1 _ms 88/a b",
        "127.0.0.1 TCP:HDL(2.11) _ 1 100 _ms 88/none\\n",
    ];
    assert_eq!(access_lines(&folder), expected);
}

/// Who sends garbage can be found in the log, by its address at least.
#[test]
fn octets_that_are_no_message_have_a_line_too() {
    let folder = TempDir::new().unwrap();
    let running = start_logging(&folder);
    let mut lying = Question::about("88/a".parse().unwrap())
        .resolution(7, Date(0))
        .encode()
        .to_vec();
    lying[16..20].copy_from_slice(&[0x7f; 4]);
    send_and_read(running.address(), &lying);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.send_to(b"hello", running.address()).unwrap();
    running.ask(Transport::Udp, "99/x");
    running.node.stop().unwrap();
    let expected = [
        "127.0.0.1 TCP:HDL(2.11) _ - 4 _ms -",
        "127.0.0.1 UDP:HDL(-) _ - - _ms -",
        "127.0.0.1 UDP:HDL(2.11) _ 1 301 _ms 99/x",
    ];
    assert_eq!(access_lines(&folder), expected);
}

#[test]
fn a_node_is_ready_until_it_stops() {
    let running = start(&config());
    let handle = running.node.handle();
    assert!(handle.is_ready());
    running.node.stop().unwrap();
    assert!(!handle.is_ready());
}

#[test]
fn few_cores_have_threads_enough_to_wait_for_a_disk() {
    assert_eq!([1, 2, 8, 64].map(threads_for), [16, 16, 16, 128]);
}
