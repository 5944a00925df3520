//! 10,000 messages with something wrong over each transport, at a real node: every one that can be
//! answered is, rightly; the node lives, and does not grow.
//!
//! The messages are those of room `wire`'s golden files with octets changed, cut, added, lengths
//! blown up, or grown together with another; one seed is one run. What one message may do to the
//! decoder is proved by the fuzz bodies; here it is sockets, connections and the process.

use crate::served::Served;
use bytes::Bytes;
use client::Clock;
use engine::inbox::Refused;
use engine::{Inbox, Question};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;
use wire::stream::PacketStream;
use wire::{EnvelopeFlags, Error, Message, Packet, Response, ResponseCode, Version};

/// Captured and made by the reference software.
const GOLDEN: [&str; 3] = [
    include_str!("../../../wire/tests/golden/wire-captures.json"),
    include_str!("../../../wire/tests/golden/referral-template-captures.json"),
    include_str!("../../../wire/tests/golden/encoder-vectors.json"),
];

const MESSAGES_COUNT: u32 = 10_000;

/// So many come before the first look at the memory: threads have started, pools have filled, and
/// as many challenges wait as one source may have.
const WARM_UP_COUNT: u32 = 3_000;

/// How much more memory the process may hold after the messages than before, in KiB.
///
/// A message that left one KiB behind would make it 10 MiB.
const GROWTH_KIB_MAX: u64 = 4 * 1024;

/// The most messages on one connection.
const PIPELINED_COUNT_MAX: usize = 64;

/// Longer than any answer takes on a machine that does something else, too.
const PATIENCE: Duration = Duration::from_secs(20);

/// What may be answered to a question that anything may be wrong with.
const CODES: [ResponseCode; 24] = [
    ResponseCode::SUCCESS,
    ResponseCode::ERROR,       // a prefix referral for who is too old for it
    ResponseCode::SERVER_BUSY, // more challenges or signatures than one source may have
    ResponseCode::PROTOCOL_ERROR,
    ResponseCode::OPERATION_NOT_SUPPORTED,
    ResponseCode::HANDLE_NOT_FOUND,
    ResponseCode::HANDLE_ALREADY_EXISTS,
    ResponseCode::INVALID_HANDLE,
    ResponseCode::VALUES_NOT_FOUND,
    ResponseCode::VALUE_ALREADY_EXISTS,
    ResponseCode::INVALID_VALUE,
    ResponseCode::SERVER_NOT_RESPONSIBLE,
    ResponseCode::SERVICE_REFERRAL,
    ResponseCode::PREFIX_REFERRAL,
    ResponseCode::INSUFFICIENT_PERMISSIONS,
    ResponseCode::AUTHENTICATION_NEEDED,
    ResponseCode::AUTHENTICATION_FAILED,
    ResponseCode::INVALID_CREDENTIAL,
    ResponseCode::AUTHENTICATION_TIMEOUT,
    ResponseCode::UNABLE_TO_AUTHENTICATE,
    ResponseCode::SESSION_TIMEOUT,
    ResponseCode::SESSION_FAILED,
    ResponseCode::INVALID_SESSION_SETUP,
    ResponseCode::SESSION_MESSAGE_REJECTED,
];

#[test]
fn ten_thousand_mutated_messages_over_udp() {
    check(1, over_udp);
}

#[test]
fn ten_thousand_mutated_messages_over_tcp() {
    check(2, over_tcp);
}

#[test]
fn ten_thousand_mutated_messages_over_http() {
    check(3, over_http);
}

/// Sends messages with `over`, and looks at the node before and after. `over` sends `count` of
/// them and counts the answers by code.
fn check(seed: u64, over: fn(&Served, &mut Mutations, u32) -> BTreeMap<u32, u32>) {
    let served = Served::start();
    let mut mutations = Mutations::new(seed);
    over(&served, &mut mutations, WARM_UP_COUNT);
    let before = served.node.resident_kib();
    let codes = over(&served, &mut mutations, MESSAGES_COUNT);
    let after = served.node.resident_kib();
    assert!(
        after <= before + GROWTH_KIB_MAX,
        "grew from {before} to {after} KiB"
    );
    // The run reaches what it is for: answers, refusals, challenges.
    for code in [1, 4, 5, 100, 301, 402, 500] {
        assert!(codes.contains_key(&code), "{code} is not in {codes:?}");
    }
    let said = served.stop();
    assert!(!said.contains("panicked"), "{said}");
}

/// Golden questions with something wrong.
struct Mutations {
    chance: ChaCha8Rng,
    golden: Vec<Vec<u8>>,
    next_id: u32,
}

impl Mutations {
    fn new(seed: u64) -> Self {
        let golden: Vec<_> = GOLDEN.iter().flat_map(|file| questions(file)).collect();
        assert!(golden.len() > 50, "{}", golden.len());
        Self {
            chance: ChaCha8Rng::seed_from_u64(seed),
            golden,
            next_id: 1,
        }
    }

    fn below(&mut self, end: usize) -> usize {
        self.chance.next_u32() as usize % end
    }

    fn golden(&mut self) -> Vec<u8> {
        let at = self.below(self.golden.len());
        self.golden[at].clone()
    }

    /// The next message. Most say their true length, so that what is in them is read.
    fn next(&mut self) -> Vec<u8> {
        let mut message = self.golden();
        message[8..12].copy_from_slice(&self.next_id.to_be_bytes());
        self.next_id += 1;
        match self.below(5) {
            0 => self.flip(&mut message),
            1 => {
                let octets = self.below(message.len());
                message.truncate(octets);
            }
            2 => {
                let octets = 1 + self.below(64);
                let mut more = vec![0; octets];
                self.chance.fill_bytes(&mut more);
                message.extend(more);
            }
            3 => self.blow_up(&mut message),
            _ => {
                let other = self.golden();
                let (from, to) = (self.below(other.len()), 20 + self.below(message.len() - 20));
                message.truncate(to);
                message.extend_from_slice(&other[from..]);
            }
        }
        if message.len() > 44 && self.below(8) > 0 {
            let length = u32::try_from(message.len() - 20).unwrap();
            message[16..20].copy_from_slice(&length.to_be_bytes());
        }
        message
    }

    fn flip(&mut self, message: &mut [u8]) {
        for _ in 0..=self.below(4) {
            let at = self.below(message.len());
            message[at] = self.chance.next_u32().to_le_bytes()[0];
        }
    }

    /// Writes a large number where a length may be.
    fn blow_up(&mut self, message: &mut [u8]) {
        let large = [0x7fff_ffff_u32, 0xffff_ffff, 0x8000_0000, 262_145, 4097];
        let number = large[self.below(large.len())];
        let at = 16 + self.below(message.len() - 20);
        message[at..at + 4].copy_from_slice(&number.to_be_bytes());
    }
}

/// The requests of a golden file, whole ones that are not encrypted.
fn questions(file: &str) -> Vec<Vec<u8>> {
    let file: Json = serde_json::from_str(file).unwrap();
    let entries = file.as_array().or(file["vectors"].as_array()).unwrap();
    let octets = entries
        .iter()
        .filter_map(|entry| entry["hex"].as_str().or(entry["request"].as_str()))
        .map(|hex| hex::decode(hex).unwrap());
    octets
        .filter(|octets| {
            let mut stream = PacketStream::default();
            stream.push(octets);
            let Ok(Some(packet)) = stream.next_packet() else {
                return false;
            };
            let message = Message::from_packet(&packet);
            message.is_ok_and(|message| !message.header.is_response())
        })
        .collect()
}

/// Whether a packet must be answered: everything but an answer.
fn deserves_answer(packet: &Packet) -> bool {
    Message::from_packet(packet).map_or(true, |message| !message.header.is_response())
}

/// Looks at an answer; gives its request id. Its code is counted.
fn judge(answer: &Packet, codes: &mut BTreeMap<u32, u32>) -> u32 {
    let message = Message::from_packet(answer).unwrap();
    assert!(message.header.is_response());
    let code = message.header.response_code;
    assert!(CODES.contains(&code), "{code:?}: {message:?}");
    // Before 2.1 no flag says whether a digest comes first, and only the asker knows.
    let is_told = answer.envelope.version >= Version::new(2, 1);
    let body = Response::decode(&message);
    assert!(body.is_ok() || !is_told, "{body:?}: {message:?}");
    *codes.entry(code.0).or_default() += 1;
    answer.envelope.request_id
}

/// A question with nothing wrong.
fn honest(request_id: u32) -> Bytes {
    let question = Question::about("20.500.99999/cap-1".parse().unwrap());
    question.resolution(request_id, Clock::date()).encode()
}

fn judge_honest(answer: &Packet, request_id: u32) {
    assert_eq!(answer.envelope.request_id, request_id);
    let message = Message::from_packet(answer).unwrap();
    assert_eq!(message.header.response_code, ResponseCode::SUCCESS);
}

/// One message after the other: the answer of each that deserves one is waited for.
fn over_udp(served: &Served, mutations: &mut Mutations, count: u32) -> BTreeMap<u32, u32> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(served.node.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let (clock, mut theirs, mut ours) = (Clock::start(), Inbox::new(), Inbox::new());
    let mut codes = BTreeMap::new();
    for _ in 0..count {
        let message = Bytes::from(mutations.next());
        socket.send(&message).unwrap();
        // What the node is to make of it.
        let wanted = match theirs.handle_datagram(clock.moment(), (), &message) {
            Ok(Some(packet)) if deserves_answer(&packet) => Some(packet.envelope.request_id),
            Err(Refused {
                envelope: Some(envelope),
                ..
            }) => Some(envelope.request_id),
            _ => None,
        };
        if let Some(wanted) = wanted {
            let answer = receive(&socket, clock, &mut ours);
            assert_eq!(judge(&answer, &mut codes), wanted);
        }
    }
    socket.send(&honest(u32::MAX)).unwrap();
    judge_honest(&receive(&socket, clock, &mut ours), u32::MAX);
    codes
}

/// The next answer, put together if it comes in pieces.
fn receive(socket: &UdpSocket, clock: Clock, inbox: &mut Inbox<()>) -> Packet {
    let mut buffer = vec![0; 65_536];
    loop {
        let octets = socket.recv(&mut buffer).expect("an answer");
        let datagram = Bytes::copy_from_slice(&buffer[..octets]);
        let whole = inbox.handle_datagram(clock.moment(), (), &datagram);
        if let Some(answer) = whole.unwrap() {
            return answer;
        }
    }
}

/// Many on each connection, without waiting, until one ends it: its length cannot be, or it says
/// that more comes and none does.
fn over_tcp(served: &Served, mutations: &mut Mutations, count: u32) -> BTreeMap<u32, u32> {
    let mut codes = BTreeMap::new();
    let mut sent = 0;
    while sent < count {
        let (mut octets, mut wanted) = (Vec::new(), Vec::new());
        let mut theirs = PacketStream::default();
        for _ in 0..PIPELINED_COUNT_MAX {
            let message = mutations.next();
            sent += 1;
            octets.extend_from_slice(&message);
            theirs.push(&message);
            if !cut(&mut theirs, &mut wanted) {
                break;
            }
        }
        let answers = converse(served, &octets);
        let ids: Vec<u32> = answers
            .iter()
            .map(|answer| judge(answer, &mut codes))
            .collect();
        assert_eq!(ids, wanted);
    }
    let answers = converse(served, &honest(1));
    assert_eq!(answers.len(), 1);
    judge_honest(&answers[0], 1);
    codes
}

/// Cuts a connection as the node is to, and notes who wants an answer; false where it ends.
fn cut(stream: &mut PacketStream, wanted: &mut Vec<u32>) -> bool {
    loop {
        match stream.next_packet() {
            Ok(Some(packet)) if deserves_answer(&packet) => wanted.push(packet.envelope.request_id),
            Ok(Some(_)) => (),
            Ok(None) if stream.is_empty() => return true,
            // Cut off, or impossible: told, as far as there is an envelope.
            Ok(None) | Err(Error::MessageLength { .. }) => {
                wanted.extend(stream.envelope().map(|envelope| envelope.request_id));
                return false;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Sends octets and nothing more; gives all answers until the node closes.
fn converse(served: &Served, octets: &[u8]) -> Vec<Packet> {
    let mut connection = TcpStream::connect(served.node.address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = connection.try_clone().unwrap();
    // Read meanwhile, or both sides wait for the other to read.
    let reading = thread::spawn(move || {
        let mut answers = Vec::new();
        reader.read_to_end(&mut answers).unwrap();
        answers
    });
    connection.write_all(octets).unwrap();
    connection.shutdown(Shutdown::Write).unwrap();
    let mut stream = PacketStream::default();
    stream.push(&reading.join().unwrap());
    let answers = std::iter::from_fn(|| stream.next_packet().unwrap()).collect();
    assert!(stream.is_empty(), "answers are whole");
    answers
}

/// One POST after the other on one connection.
fn over_http(served: &Served, mutations: &mut Mutations, count: u32) -> BTreeMap<u32, u32> {
    let connection = TcpStream::connect(&served.http).unwrap();
    connection.set_nodelay(true).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connection = BufReader::new(connection);
    let mut codes = BTreeMap::new();
    for _ in 0..count {
        let message = mutations.next();
        let (status, body) = post(&mut connection, &message);
        let wanted = first_in_body(&message);
        assert_eq!(status, if wanted.is_some() { 200 } else { 400 });
        if let Some(wanted) = wanted {
            assert_eq!(judge(&only(&body), &mut codes), wanted);
        }
    }
    let (_, body) = post(&mut connection, &honest(1));
    judge_honest(&only(&body), 1);
    codes
}

/// Whom a body is to be answered to: its first message, whole or not.
fn first_in_body(body: &[u8]) -> Option<u32> {
    let mut stream = PacketStream::default();
    stream.push(body);
    match stream.next_packet() {
        Ok(Some(packet)) => deserves_answer(&packet).then_some(packet.envelope.request_id),
        Ok(None) | Err(_) => Some(stream.envelope()?.request_id),
    }
}

fn only(body: &[u8]) -> Packet {
    let mut stream = PacketStream::default();
    stream.push(body);
    let packet = stream.next_packet().unwrap().unwrap();
    assert!(stream.is_empty(), "one answer");
    assert!(!packet.envelope.flags.contains(EnvelopeFlags::FRAGMENT));
    packet
}

fn post(connection: &mut BufReader<TcpStream>, body: &[u8]) -> (u16, Vec<u8>) {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body].concat();
    connection.get_mut().write_all(&request).unwrap();
    let (mut status, mut length, mut line) = (None, 0, String::new());
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line).unwrap();
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest[..3].parse().ok();
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.trim().parse().unwrap();
        }
    }
    let mut answer = vec![0; length];
    connection.read_exact(&mut answer).unwrap();
    (status.expect("a status line"), answer)
}
