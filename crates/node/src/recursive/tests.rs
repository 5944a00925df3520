//! Tests of a recursive resolver over real sockets: A is the root, B answers for 99, R resolves.

mod climbing;

use super::*;
use crate::elsewhere::tests::{TestNode, config, relay, site_value};
use bytes::Bytes;
use engine::credentials;
use engine::question::creation;
use model::value::{Permissions, Ttl, TtlKind};
use model::{Identifier, Value};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use wire::outcome::Referral;
use wire::response::Answer;
use wire::{Response, Version};

struct Trio {
    root: TestNode,
    home: TestNode,
    resolver: TestNode,
}

fn url(data: &'static str) -> Value {
    Value::public(1, "URL", data)
}

fn lasting(seconds: u32, data: &'static str) -> Value {
    let kind = TtlKind::RELATIVE;
    Value {
        ttl: Ttl { kind, seconds },
        ..url(data)
    }
}

/// The configuration of a node that is home to nothing but its own root.
fn homeless() -> Config {
    config(None)
}

impl Trio {
    fn start() -> Self {
        Self::start_with(|_| ())
    }

    fn start_with(set: impl FnOnce(&mut RecursiveConfig)) -> Self {
        let root = TestNode::start(&homeless());
        let home = TestNode::start(&homeless());
        root.register("0.NA/99", &[site_value(&home.founded.site)]);
        home.register("0.NA/99", &[url("prefix")]);
        home.register("99/a", &[url("here"), Value::public(2, "EMAIL", "a@e.org")]);
        let mut config = homeless();
        config.recursive.listen = vec![(Ipv4Addr::LOCALHOST, 0).into()];
        config.recursive.roots_file = Some(root.bootstrap());
        set(&mut config.recursive);
        let resolver = TestNode::start(&config);
        Self {
            root,
            home,
            resolver,
        }
    }

    fn address(&self) -> SocketAddr {
        self.resolver.node.recursive_addresses()[0]
    }

    fn counted(&self) -> RecursiveCounted {
        self.resolver.node.reception.recursive_counted().unwrap()
    }

    fn walks(&self) -> u64 {
        self.counted().walks
    }

    fn ask(&self, identifier: &str, add: OpFlags, remove: OpFlags) -> Message {
        over_tcp(self.address(), &question(identifier, add, remove))
    }

    /// Registers a prefix whose home never answers, as long as what is given back is there.
    fn silent(&self, record: &str) -> UdpSocket {
        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut site = self.home.founded.site.clone();
        let interfaces = &mut site.servers[0].interfaces;
        interfaces.truncate(1);
        interfaces[0].transport = model::site::Transport::UDP;
        interfaces[0].port = silent.local_addr().unwrap().port().into();
        self.root.register(record, &[site_value(&site)]);
        silent
    }

    /// The data of the values in the answer to the usual question.
    fn find(&self, identifier: &str) -> Vec<Bytes> {
        let answer = self.ask(identifier, NONE, NONE);
        data(&answer)
    }
}

const NONE: OpFlags = OpFlags(0);

fn question(identifier: &str, add: OpFlags, remove: OpFlags) -> Message {
    let identifier: Identifier = identifier.parse().unwrap();
    let mut message = engine::Question::about(identifier).resolution(7, Clock::date());
    message.header.flags = (message.header.flags | add) & !remove;
    message
}

fn over_tcp(server: SocketAddr, message: &Message) -> Message {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.write_all(&message.encode()).unwrap();
    receive(&mut stream)
}

fn receive(stream: &mut TcpStream) -> Message {
    let mut octets = vec![0; wire::envelope::ENVELOPE_OCTETS];
    stream.read_exact(&mut octets).unwrap();
    let length = u32::from_be_bytes(octets[16..].try_into().unwrap());
    let start = octets.len();
    octets.resize(start + length as usize, 0);
    stream.read_exact(&mut octets[start..]).unwrap();
    Message::decode(octets.into()).unwrap()
}

fn over_udp(server: SocketAddr, message: &Message) -> Message {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    from_udp(&socket, server, message)
}

fn from_udp(socket: &UdpSocket, server: SocketAddr, message: &Message) -> Message {
    socket
        .set_read_timeout(Some(Duration::from_secs(9)))
        .unwrap();
    socket.send_to(&message.encode(), server).unwrap();
    let mut buffer = [0; 2048];
    let octets = socket.recv(&mut buffer).unwrap();
    Message::decode(Bytes::copy_from_slice(&buffer[..octets])).unwrap()
}

fn code(answer: &Message) -> ResponseCode {
    answer.header.response_code
}

fn values(answer: &Message) -> Vec<model::EncodedValue> {
    match Response::decode(answer).unwrap().answer {
        Answer::Resolution(answer) => answer.values,
        other => panic!("{other:?}"),
    }
}

fn data(answer: &Message) -> Vec<Bytes> {
    let values = values(answer);
    values.iter().map(|value| value.value().data).collect()
}

fn referral(answer: &Message) -> Referral {
    assert_eq!(code(answer), ResponseCode::SERVICE_REFERRAL);
    match Response::decode(answer).unwrap().answer {
        Answer::Referral(referral) => referral,
        other => panic!("{other:?}"),
    }
}

#[test]
fn anything_is_resolved_and_kept_over_both_transports() {
    let trio = Trio::start();
    let asked = question("99/a", NONE, NONE);
    let answer = over_udp(trio.address(), &asked);
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
    assert_eq!(answer.envelope.request_id, 7);
    assert_eq!(data(&answer), ["here", "a@e.org"]);
    let flags = answer.header.flags;
    assert!(flags.contains(OpFlags::RECURSIVE | OpFlags::PUBLIC_ONLY));
    let claims = OpFlags::AUTHORITATIVE.0 | OpFlags::CACHE_CERTIFY.0 | OpFlags::CERTIFIED.0;
    // A primary has answered just now, and nobody has verified it.
    assert_eq!(flags.0 & claims, OpFlags::AUTHORITATIVE.0);
    assert_eq!(trio.walks(), 1);
    for ask in [over_udp, over_tcp] {
        let kept = ask(trio.address(), &asked);
        assert_eq!(data(&kept), ["here", "a@e.org"]);
        assert_eq!(kept.header.flags.0 & claims, 0, "from what is kept");
    }
    // The whole record answers for its parts.
    let part = engine::Question::about("99/a".parse().unwrap()).of_type("EMAIL");
    let answer = over_tcp(trio.address(), &part.resolution(8, Clock::date()));
    assert_eq!(data(&answer), ["a@e.org"]);
    let none = engine::Question::about("99/a".parse().unwrap()).of_type("DESC");
    let answer = over_tcp(trio.address(), &none.resolution(8, Clock::date()));
    assert_eq!(code(&answer), ResponseCode::VALUES_NOT_FOUND);
    let counted = trio.counted();
    assert_eq!(
        (counted.walks, counted.cache.hits, counted.cache.misses),
        (1, 4, 1)
    );
    // The same node is an authority elsewhere, and asks nobody there.
    let own = over_tcp(trio.resolver.address(), &asked);
    assert_eq!(code(&own), ResponseCode::SERVER_NOT_RESPONSIBLE);
    let metrics = trio.resolver.node.handle().metrics();
    assert!(
        metrics.contains("nameplate_recursive_questions_total{how=\"hit\"} 4"),
        "{metrics}"
    );
}

/// What clients of the Chinese system ask first: where a prefix is served.
#[test]
fn prefixes_are_resolved_however_they_are_spelled() {
    let trio = Trio::start();
    let site: Bytes = trio.home.founded.site.encode();
    for spelling in ["99", "0.NA/99", "0.na/99"] {
        let answer = trio.ask(spelling, NONE, NONE);
        let Answer::Resolution(told) = Response::decode(&answer).unwrap().answer else {
            panic!("{answer:?}");
        };
        assert_eq!(told.identifier, spelling, "as it was spelled");
        let sites: Vec<Bytes> = told.values.iter().map(|it| it.value().data).collect();
        assert_eq!(sites, std::slice::from_ref(&site));
    }
    assert_eq!(trio.walks(), 1);
}

#[test]
fn that_there_is_nothing_is_kept_and_who_wants_to_know_now_goes_past_it() {
    let trio = Trio::start();
    assert_eq!(
        code(&trio.ask("99/new", NONE, NONE)),
        ResponseCode::HANDLE_NOT_FOUND
    );
    assert_eq!(
        code(&trio.ask("97/new", NONE, NONE)),
        ResponseCode::HANDLE_NOT_FOUND
    );
    trio.home.register("99/new", &[url("there")]);
    assert_eq!(
        code(&trio.ask("99/new", NONE, NONE)),
        ResponseCode::HANDLE_NOT_FOUND
    );
    assert_eq!(trio.walks(), 2);
    let answer = trio.ask("99/new", OpFlags::AUTHORITATIVE, NONE);
    assert_eq!(data(&answer), ["there"]);
    assert!(answer.header.flags.contains(OpFlags::AUTHORITATIVE));
    assert_eq!(trio.find("99/new"), ["there"], "what it found out is kept");
    assert_eq!(trio.walks(), 3);
}

#[test]
fn what_is_asked_for_certified_is_verified_and_signed_here() {
    let trio = Trio::start();
    let asked = OpFlags::CERTIFIED | OpFlags::REQUEST_DIGEST | OpFlags::TRUSTED_QUERY;
    let site = &trio.resolver.founded.site;
    let key = model::PublicKey::decode(site.servers[0].public_key.clone()).unwrap();
    let key = crypto::VerifyingKey::new(&key).unwrap();
    for _ in 0..2 {
        let answer = trio.ask("99/a", asked, NONE);
        assert_eq!(data(&answer), ["here", "a@e.org"]);
        assert!(credentials::is_signed(&answer, &key));
        let told = OpFlags::CERTIFIED | OpFlags::TRUSTED_RESULT | OpFlags::CACHE_CERTIFY;
        assert!(answer.header.flags.contains(told));
        assert!(Response::decode(&answer).unwrap().digest.is_some());
    }
    assert_eq!(trio.walks(), 1);
    // What was verified is good for everybody.
    let usual = trio.ask("99/a", NONE, NONE);
    assert!(usual.header.flags.contains(OpFlags::CACHE_CERTIFY));
    assert!(
        !usual.header.flags.contains(OpFlags::TRUSTED_RESULT),
        "nobody has asked"
    );
    assert_eq!(trio.walks(), 1);
}

/// B signs with a key that the root does not name.
#[test]
fn what_cannot_be_verified_is_told_to_those_only_who_do_not_demand_it() {
    let trio = Trio::start();
    let mut site = trio.home.founded.site.clone();
    site.servers[0].public_key = trio.root.founded.site.servers[0].public_key.clone();
    trio.root.register("0.NA/99", &[site_value(&site)]);
    assert_eq!(trio.find("99/a").len(), 2);
    let demanded = trio.ask("99/a", OpFlags::CERTIFIED, NONE);
    assert_eq!(code(&demanded), ResponseCode::ERROR, "though it is kept");
    let preferred = trio.ask("99/a", OpFlags::TRUSTED_QUERY, NONE);
    assert_eq!(data(&preferred).len(), 2);
    assert!(!preferred.header.flags.contains(OpFlags::TRUSTED_RESULT));
    assert!(!preferred.header.flags.contains(OpFlags::CACHE_CERTIFY));
    let unverified = trio
        .counted()
        .failures
        .iter()
        .find(|it| it.0 == "unverified")
        .copied();
    assert!(unverified.is_some_and(|(_, count)| count >= 1));
}

#[test]
fn who_does_not_want_others_asked_is_referred_unless_it_is_kept() {
    let trio = Trio::start();
    let ask = || trio.ask("99/a", NONE, OpFlags::RECURSIVE);
    let to = referral(&ask());
    assert_eq!((&to.identifier[..], to.values), (&b"0.NA/99"[..], None));
    assert_eq!(trio.walks(), 0);
    let to = referral(&trio.ask("0.NA/99", NONE, OpFlags::RECURSIVE));
    let root: Bytes = trio.root.founded.site.encode();
    let sites = |to: Referral| {
        to.values
            .unwrap()
            .iter()
            .map(|it| it.value().data)
            .collect()
    };
    let there: Vec<Bytes> = sites(to);
    assert_eq!(there, [root]);
    let answer = trio.ask("99/none", NONE, NONE);
    assert_eq!(code(&answer), ResponseCode::HANDLE_NOT_FOUND);
    let home: Bytes = trio.home.founded.site.encode();
    let there: Vec<Bytes> = sites(referral(&ask()));
    assert_eq!(there, [home], "the way is known by now");
    trio.find("99/a");
    assert_eq!(data(&ask()).len(), 2, "what is kept is told");
}

#[test]
fn strangers_are_told_no() {
    let trio = Trio::start_with(|config| config.asked_by = vec!["192.0.2.0/24".parse().unwrap()]);
    let answer = trio.ask("99/a", NONE, NONE);
    assert_eq!(code(&answer), ResponseCode::OPERATION_NOT_SUPPORTED);
    assert_eq!((trio.walks(), trio.counted().turned_away), (0, 1));
    let mut config = homeless();
    config.recursive.asked_by = vec!["127.0.0.0/8".parse().unwrap()];
    trio.resolver.node.reload(&config);
    assert_eq!(
        trio.find("99/a").len(),
        2,
        "a setting that takes effect at once"
    );
}

#[test]
fn nothing_but_resolution_is_offered() {
    let trio = Trio::start();
    let identifier: Identifier = "99/new".parse().unwrap();
    let create = creation(&identifier, &[url("x")], NONE, 7, Clock::date());
    let code_of = |message: &Message| code(&over_tcp(trio.address(), message));
    assert_eq!(code_of(&create), ResponseCode::OPERATION_NOT_SUPPORTED);
    let mut asked = question("99/a", NONE, NONE);
    asked.envelope.session_id = 5;
    assert_eq!(code_of(&asked), ResponseCode::SESSION_TIMEOUT);
    asked.envelope.session_id = 0;
    asked.header.recursion_count = 10;
    assert_eq!(code_of(&asked), ResponseCode::RECURSION_COUNT_TOO_HIGH);
    asked.header.recursion_count = 9;
    assert_eq!(code_of(&asked), ResponseCode::SUCCESS);
    let mut old = question("99/a", OpFlags::REQUEST_DIGEST, NONE);
    old.envelope.version = Version::new(2, 1);
    old.envelope.suggested = Version::new(2, 1);
    let answer = over_tcp(trio.address(), &old);
    assert_eq!(answer.envelope.version, Version::new(2, 1));
    assert_eq!(data(&answer).len(), 2);
    let site = engine::question::site_info(7, Clock::date());
    assert_eq!(code_of(&site), ResponseCode::SUCCESS);
    let mut cut = question("99/a", NONE, NONE);
    cut.body = cut.body.slice(..9);
    assert_eq!(code_of(&cut), ResponseCode::PROTOCOL_ERROR);
    let mut none = question("99/a", NONE, NONE);
    none.body = Bytes::from_static(&[0; 12]);
    assert_eq!(code_of(&none), ResponseCode::HANDLE_NOT_FOUND);
}

/// What is for one asker alone is asked for each time; what only some may read they ask for
/// themselves.
#[test]
fn personal_answers_are_neither_kept_nor_found() {
    let trio = Trio::start();
    let hidden = Value {
        permissions: Permissions::ADMIN_READ,
        ..Value::public(3, "DESC", "secret")
    };
    trio.home.register("99/b", &[url("b"), hidden]);
    for walks in 1..=2 {
        assert_eq!(
            data(&trio.ask("99/a", OpFlags::PASS_IDENTITY, NONE)).len(),
            2
        );
        assert_eq!(trio.walks(), walks);
    }
    assert_eq!(data(&trio.ask("99/a", NONE, OpFlags::PUBLIC_ONLY)).len(), 2);
    assert_eq!(trio.walks(), 3);
    let to = referral(&trio.ask("99/b", NONE, OpFlags::PUBLIC_ONLY));
    let site: Bytes = trio.home.founded.site.encode();
    assert_eq!(to.values.unwrap()[0].value().data, site);
    assert_eq!(trio.find("99/b"), ["b"]);
    assert_eq!(trio.counted().cache.entries, 1);
}

/// A slow home is asked once for all who ask at the same time.
#[test]
fn many_who_ask_the_same_wait_for_one_walk() {
    let trio = Trio::start();
    let mut slow = trio.home.founded.site.clone();
    let port = relay(trio.home.address(), Duration::from_millis(300));
    let interfaces = &mut slow.servers[0].interfaces;
    interfaces.truncate(1);
    interfaces[0].transport = model::site::Transport::UDP;
    interfaces[0].port = port.into();
    trio.root.register("0.NA/99", &[site_value(&slow)]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let answer = over_udp(trio.address(), &question("99/a", NONE, NONE));
                assert_eq!(data(&answer).len(), 2);
            });
        }
    });
    let counted = trio.counted();
    assert_eq!((counted.walks, counted.joined), (1, 15));
    assert_eq!(counted.under_way, 0);
}

#[test]
fn when_the_home_is_dead_what_is_too_old_is_told_and_what_is_unknown_fails() {
    let trio = Trio::start_with(|config| config.seconds_max = 3);
    trio.home.register("99/short", &[lasting(1, "old")]);
    assert_eq!(trio.find("99/short"), ["old"]);
    let Trio {
        root,
        home,
        resolver,
    } = trio;
    home.node.stop().unwrap();
    // Until its second is over.
    std::thread::park_timeout(Duration::from_millis(1100));
    let address = resolver.node.recursive_addresses()[0];
    let ask = |identifier| over_tcp(address, &question(identifier, NONE, NONE));
    for _ in 0..2 {
        let answer = ask("99/short");
        assert_eq!(data(&answer), ["old"]);
        assert_eq!(values(&answer)[0].value().ttl.seconds, 1, "at most 30");
    }
    let counted = || resolver.node.reception.recursive_counted().unwrap();
    assert_eq!(counted().cache.stale_hits, 2);
    assert_eq!(counted().walks, 2, "asked in vain once");
    for _ in 0..2 {
        assert_eq!(code(&ask("99/unknown")), ResponseCode::ERROR);
    }
    assert_eq!((counted().walks, counted().cache.failure_hits), (3, 1));
    let demanded = question("99/short", OpFlags::CERTIFIED, NONE);
    assert_eq!(
        code(&over_tcp(address, &demanded)),
        ResponseCode::ERROR,
        "no proof"
    );
    drop(root);
}

/// Neither by inventing identifiers nor by asking for oneself alone.
#[test]
fn a_home_that_is_silent_does_not_have_all_walks_wait_for_it() {
    let trio = Trio::start_with(|config| {
        config.walks_per_prefix_max = 2;
        config.seconds_max = 2;
    });
    let _silent = trio.silent("0.NA/97");
    std::thread::scope(|scope| {
        for (identifier, flags) in [("97/a", NONE), ("97/b", OpFlags::PASS_IDENTITY)] {
            let trio = &trio;
            scope.spawn(move || {
                let answer = trio.ask(identifier, flags, NONE);
                assert_eq!(code(&answer), ResponseCode::ERROR, "{identifier}");
            });
        }
        while trio.counted().under_way < 2 {
            std::thread::yield_now();
        }
        for flags in [NONE, OpFlags::PASS_IDENTITY, OpFlags::AUTHORITATIVE] {
            let refused = trio.ask("97/c", flags, NONE);
            assert_eq!(code(&refused), ResponseCode::SERVER_BUSY, "{flags:?}");
        }
        assert_eq!(trio.find("99/a").len(), 2, "another home");
    });
    let counted = trio.counted();
    assert_eq!((counted.full, counted.under_way), (3, 0));
}

/// However often one source asks for what is slow, there is room for others who wait for it too;
/// and who only claims an address takes no place of those who have one.
#[test]
fn one_source_has_only_so_many_wait() {
    let trio = Trio::start_with(|config| {
        config.waiting_max = 16;
        config.waiting_per_source_max = 2;
        config.seconds_max = 3;
    });
    let silent = trio.silent("0.NA/97");
    let asked = question("97/a", NONE, NONE);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope
                .spawn(|| assert_eq!(code(&over_tcp(trio.address(), &asked)), ResponseCode::ERROR));
        }
        while trio.counted().joined < 1 {
            std::thread::yield_now();
        }
        let refused = trio.ask("97/a", NONE, NONE);
        assert_eq!(code(&refused), ResponseCode::SERVER_BUSY);
        let refused = trio.ask("99/a", NONE, NONE);
        assert_eq!(code(&refused), ResponseCode::SERVER_BUSY, "elsewhere too");
        for network in [1, 2] {
            let asked = asked.clone();
            let address = trio.address();
            scope.spawn(move || {
                let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, network), 0)).unwrap();
                assert_eq!(
                    code(&from_udp(&socket, address, &asked)),
                    ResponseCode::ERROR
                );
            });
        }
    });
    drop(silent);
    let counted = trio.counted();
    assert_eq!((counted.full, counted.walks, counted.joined), (2, 1, 3));
    assert_eq!(trio.find("99/a").len(), 2, "there is room again");
}

/// A source that may have no more walks made sets none going that others would join and fail with.
#[test]
fn who_is_at_its_limit_fails_nobody_else() {
    let trio = Trio::start_with(|config| {
        config.walks_per_source_max = 1;
        config.seconds_max = 3;
    });
    let _silent = trio.silent("0.NA/97");
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| trio.ask("97/a", NONE, NONE));
        while trio.counted().under_way < 1 {
            std::thread::yield_now();
        }
        for number in 0..40 {
            let asked = question(&format!("99/{number}"), NONE, NONE);
            let trio = &trio;
            let (greedy, other) = (asked.clone(), asked);
            let greedy = scope.spawn(move || code(&over_tcp(trio.address(), &greedy)));
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
            let other = code(&from_udp(&socket, trio.address(), &other));
            assert_eq!(other, ResponseCode::HANDLE_NOT_FOUND, "{number}");
            // Unless it joins the other or finds what that has found out.
            let codes = [ResponseCode::SERVER_BUSY, ResponseCode::HANDLE_NOT_FOUND];
            assert!(codes.contains(&greedy.join().unwrap()), "{number}");
        }
        assert_eq!(code(&slow.join().unwrap()), ResponseCode::ERROR);
    });
    assert_eq!(trio.counted().under_way, 0);
}

/// What waits for others is held in memory, by thousands: a question of names of types as long as
/// can be is refused, one of every type there is is not.
#[test]
fn a_question_that_is_too_long_is_refused() {
    let trio = Trio::start();
    let of = |count: usize, octets: usize| {
        let mut question = engine::Question::about("99/a".parse().unwrap()).of_type("URL");
        for number in 0..count {
            question = question.of_type(format!("{number:0octets$}"));
        }
        let asked = question.resolution(7, Clock::date());
        over_tcp(trio.address(), &asked)
    };
    assert_eq!(code(&of(20, 1000)), ResponseCode::PROTOCOL_ERROR);
    assert_eq!((trio.walks(), trio.counted().cache.entries), (0, 0));
    assert_eq!(data(&of(200, 20)), ["here"]);
}

/// One slow home does not hold up what else a client asks over its one connection.
#[test]
fn over_one_connection_answers_come_as_they_are_ready() {
    let trio = Trio::start();
    let mut slow = trio.home.founded.site.clone();
    let interfaces = &mut slow.servers[0].interfaces;
    interfaces.truncate(1);
    interfaces[0].transport = model::site::Transport::UDP;
    interfaces[0].port = relay(trio.home.address(), Duration::from_millis(400)).into();
    trio.root.register("0.NA/97", &[site_value(&slow)]);
    trio.home.register("97/a", &[url("slow")]);
    let mut stream = TcpStream::connect(trio.address()).unwrap();
    let mut first = question("97/a", NONE, NONE);
    first.envelope.request_id = 1;
    let mut second = question("99/a", NONE, NONE);
    second.envelope.request_id = 2;
    let both = [first.encode(), second.encode()].concat();
    stream.write_all(&both).unwrap();
    let ids = [(); 2].map(|()| receive(&mut stream).envelope.request_id);
    assert_eq!(ids, [2, 1]);
}

/// A node that is root, home and resolver in one finds itself.
#[test]
fn a_node_may_resolve_what_it_is_home_to() {
    let mut config = homeless();
    config.recursive.listen = vec![(Ipv4Addr::LOCALHOST, 0).into()];
    let node = TestNode::start(&config);
    let address = node.node.recursive_addresses()[0];
    let answer = over_tcp(address, &question("0.NA/0.NA", NONE, NONE));
    assert_eq!(code(&answer), ResponseCode::SUCCESS);
    node.node.stop().unwrap();
}
