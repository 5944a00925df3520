//! Tests of walks over real sockets, to peers that lose, lie, drip and close. What is believed of
//! them is tested where it is decided, in room `engine`.

use super::*;
use bytes::Bytes;
use engine::resolver::{Fault, Found, Limit, Limits, Why};
use model::site::{
    Address, HashOption, Interface, InterfaceKind, ProtocolVersion, Server, SiteFlags, Transport,
};
use model::{EncodedValue, Site, Value};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use tokio::runtime::{Builder, Runtime};
use wire::message::NO_CREDENTIAL;
use wire::resolution::{ResolutionAnswer, ResolutionRequest};
use wire::response::{Answer, Response};
use wire::{Message, OpFlags, ResponseCode};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A site of one server, without a key.
fn site(address: SocketAddr, transports: &[Transport]) -> Site {
    let interface = |transport: &Transport| Interface {
        kind: InterfaceKind::QUERY,
        transport: *transport,
        port: address.port().into(),
    };
    Site {
        format: 1,
        protocol: ProtocolVersion {
            major: 2,
            minor: 11,
        },
        serial: 1,
        flags: SiteFlags::PRIMARY,
        hash_option: HashOption::ALL,
        hash_filter: Bytes::new(),
        attributes: Vec::new(),
        servers: vec![Server {
            id: 1,
            address: Address::from(address.ip()),
            public_key: Bytes::new(),
            interfaces: transports.iter().map(interface).collect(),
        }],
    }
}

fn resolver(roots: Vec<Site>, time: Duration) -> Resolver {
    let limits = Limits {
        time,
        octets_max: 100_000,
        ..Limits::default()
    };
    Resolver::new(Guide {
        roots,
        limits,
        ..Guide::default()
    })
}

/// The answer to a question: one value.
fn answer_to(octets: &[u8], data: &str) -> Message {
    let mut message = Message::decode(Bytes::copy_from_slice(octets)).unwrap();
    let asked = ResolutionRequest::decode(message.body.clone()).unwrap();
    let covered = message.digested_octets();
    let digest =
        engine::Digests::request_digest(&Provider, wire::digest::DigestAlgorithm::Sha256, &covered);
    let value = Value::public(1, "URL", data.to_owned());
    let answer = Answer::Resolution(ResolutionAnswer {
        identifier: asked.identifier,
        values: vec![EncodedValue::of(&value)],
    });
    assert!(message.header.flags.contains(OpFlags::REQUEST_DIGEST));
    message.header.response_code = ResponseCode::SUCCESS;
    message.body = Response::new(Some(digest), answer).encode();
    message.tail = NO_CREDENTIAL.into();
    message
}

/// A wish that a root answers by itself.
fn wish() -> Wish {
    Wish::for_values("0.NA/0.NA".parse().unwrap())
}

fn data(walked: &Walked) -> String {
    match &walked.end.found {
        Found::Values(values) => String::from_utf8_lossy(&values[0].value().data).into_owned(),
        other => panic!("{other:?}"),
    }
}

/// A peer over TCP that does the same with every connection.
fn peer(serve: impl Fn(TcpStream, &[u8]) + Send + 'static) -> Site {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 600];
            let octets = stream.read(&mut buffer).unwrap();
            serve(stream, &buffer[..octets]);
        }
    });
    site(address, &[Transport::TCP])
}

#[test]
fn junk_over_udp_is_ignored_and_a_lost_question_is_asked_again() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let root = site(socket.local_addr().unwrap(), &[Transport::UDP]);
    thread::spawn(move || {
        let mut buffer = [0; 600];
        socket.recv_from(&mut buffer).unwrap();
        let (octets, asker) = socket.recv_from(&mut buffer).unwrap();
        let answer = answer_to(&buffer[..octets], "here");
        let mut other = answer_to(&buffer[..octets], "evil");
        other.envelope.request_id ^= 1;
        let mut changed = answer_to(&buffer[..octets], "evil");
        changed.body = [&changed.body[..1], &[0; 32], &changed.body[33..]]
            .concat()
            .into();
        for octets in [
            &b"junk"[..],
            &other.encode(),
            &changed.encode(),
            &answer.encode(),
        ] {
            socket.send_to(octets, asker).unwrap();
        }
    });
    let resolver = resolver(vec![root], Duration::from_secs(5));
    assert_eq!(data(&runtime().block_on(resolver.walk(wish()))), "here");
}

/// One site after the other is broken in its way; the last is not.
#[test]
fn peers_that_close_or_write_nonsense_are_passed_over() {
    let broken = [
        peer(|stream, _| drop(stream)),
        peer(|mut stream, _| stream.write_all(&[0xff; 64]).unwrap()),
        // Half an answer.
        peer(|mut stream, asked| {
            let answer = answer_to(asked, "evil").encode();
            stream.write_all(&answer[..answer.len() / 2]).unwrap();
        }),
        // An answer to something else.
        peer(|mut stream, asked| {
            let mut answer = answer_to(asked, "evil");
            answer.envelope.request_id ^= 1;
            stream.write_all(&answer.encode()).unwrap();
        }),
    ];
    let good = peer(|mut stream, asked| {
        stream
            .write_all(&answer_to(asked, "here").encode())
            .unwrap();
    });
    for bad in &broken {
        let alone = resolver(vec![bad.clone()], Duration::from_secs(5));
        let walked = runtime().block_on(alone.walk(wish()));
        let Found::Failed(failure) = walked.end.found else {
            panic!("found")
        };
        assert_eq!(failure.why, Why::NobodyAnswered, "{failure}");
    }
    let all = broken.into_iter().chain([good]).collect();
    let resolver = resolver(all, Duration::from_secs(5));
    for _ in 0..4 {
        assert_eq!(data(&runtime().block_on(resolver.walk(wish()))), "here");
    }
}

#[test]
fn a_message_that_is_announced_too_long_is_not_waited_for() {
    let huge = peer(|mut stream, asked| {
        let mut packet = answer_to(asked, "evil").to_packet();
        packet.envelope.message_length = 200_000;
        stream.write_all(&packet.encode()).unwrap();
        // And then nothing more, for as long as the asker likes.
        let _ = stream.read(&mut [0; 1]);
    });
    let resolver = resolver(vec![huge], Duration::from_mins(1));
    let walked = runtime().block_on(resolver.walk(wish()));
    let Found::Failed(failure) = walked.end.found else {
        panic!("found")
    };
    assert_eq!(
        failure.tried[0].2,
        Fault::Broken("the answer is too long".into())
    );
}

#[test]
fn a_peer_that_never_ends_its_answer_ends_the_walk_in_time() {
    let drip = peer(|mut stream, asked| {
        let answer = answer_to(asked, "evil").encode();
        stream.write_all(&answer[..30]).unwrap();
        let _ = stream.read(&mut [0; 1]);
    });
    let resolver = resolver(vec![drip], Duration::from_millis(400));
    let walked = runtime().block_on(resolver.walk(wish()));
    let Found::Failed(failure) = walked.end.found else {
        panic!("found")
    };
    assert_eq!(failure.why, Why::Limit(Limit::Time));
    assert!(walked.took < Duration::from_secs(2), "{:?}", walked.took);
}

/// Where one never answers, the other need not wait for its time to be over.
#[test]
fn who_answers_first_ends_the_walk() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let silent_site = site(silent.local_addr().unwrap(), &[Transport::UDP]);
    let good = peer(|mut stream, asked| {
        stream
            .write_all(&answer_to(asked, "here").encode())
            .unwrap();
    });
    for _ in 0..4 {
        let roots = vec![silent_site.clone(), good.clone()];
        let resolver = resolver(roots, Duration::from_secs(10));
        let walked = runtime().block_on(resolver.walk(wish()));
        assert_eq!(data(&walked), "here");
        assert!(walked.took < Duration::from_secs(2), "{:?}", walked.took);
    }
}

#[test]
fn many_walks_share_a_thread() {
    let good = peer(|mut stream, asked| {
        stream
            .write_all(&answer_to(asked, "here").encode())
            .unwrap();
    });
    let resolver = resolver(vec![good], Duration::from_secs(20));
    runtime().block_on(async {
        let walks: FuturesUnordered<_> = (0..64).map(|_| resolver.walk(wish())).collect();
        let walked: Vec<Walked> = walks.collect().await;
        assert_eq!(walked.len(), 64);
        assert!(walked.iter().all(|walked| data(walked) == "here"));
    });
}
