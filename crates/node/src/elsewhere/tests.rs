//! Tests of nodes that ask each other, over real sockets: A is administered, B has the keys and the
//! groups of the administrators, and is the root.

use super::*;
use crate::Node;
use crate::config::ElsewhereConfig;
use crate::founding::{self, Keys, Listening};
use bytes::Bytes;
use client::Administrator;
use crypto::{RsaBits, SigningKey};
use engine::administrator::{Means, Order};
use engine::exchange::Answered;
use engine::question::{addition, creation};
use model::admin::AdminPermissions;
use model::{Admin, Identifier, Permissions, PrivateKey, Record, Reference, Value, ValueList};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Instant;
use store::{Options, Store};
use tempfile::TempDir;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

const SECRET: &[u8] = b"open sesame";

/// A node on sockets of its own.
pub(crate) struct TestNode {
    pub(crate) node: Node,
    pub(crate) founded: Founded,
    folder: TempDir,
}

pub(crate) fn config(roots: Option<&Path>) -> Config {
    Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        udp: crate::config::UdpConfig {
            threads: 1,
            ..crate::config::UdpConfig::default()
        },
        http: crate::config::HttpConfig {
            listen: Vec::new(),
            ..crate::config::HttpConfig::default()
        },
        elsewhere: ElsewhereConfig {
            roots_file: roots.map(Path::to_owned),
            seconds_max: 3,
            ..ElsewhereConfig::default()
        },
        ..Config::default()
    }
}

impl TestNode {
    pub(crate) fn start(config: &Config) -> Self {
        let folder = TempDir::new().unwrap();
        Self::start_in(folder, config)
    }

    fn start_in(folder: TempDir, config: &Config) -> Self {
        let bound = Node::bind(config).unwrap();
        let keys = Keys::open(folder.path(), None).unwrap();
        let store = Store::open(folder.path(), &Options::default()).unwrap();
        let listening = Listening {
            native: bound.addresses().to_vec(),
            http: Vec::new(),
        };
        let founded = founding::found(folder.path(), &keys, &store, config, &listening).unwrap();
        let node = bound.start(store, Some(&founded), None).unwrap();
        Self {
            node,
            founded,
            folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.node.addresses()[0]
    }

    pub(crate) fn bootstrap(&self) -> std::path::PathBuf {
        self.folder.path().join(founding::BOOTSTRAP_FILE)
    }

    /// Registers as whoever runs the node.
    pub(crate) fn register(&self, identifier: &str, values: &[Value]) {
        let identifier: Identifier = identifier.parse().unwrap();
        let request = creation(&identifier, values, OpFlags::OVERWRITE, 1, Clock::date());
        let answer = self.node.answer_locally(&request).unwrap();
        assert_eq!(
            answer.header.response_code,
            ResponseCode::SUCCESS,
            "{identifier}"
        );
    }

    /// Adds or replaces one value as whoever runs the node.
    fn set(&self, identifier: &str, value: Value) {
        let identifier: Identifier = identifier.parse().unwrap();
        let request = addition(&identifier, &[value], OpFlags::OVERWRITE, 1, Clock::date());
        let answer = self.node.answer_locally(&request).unwrap();
        assert_eq!(
            answer.header.response_code,
            ResponseCode::SUCCESS,
            "{identifier}"
        );
    }

    fn has(&self, identifier: &str) -> bool {
        let question = engine::Question::about(identifier.parse().unwrap());
        let answer = self
            .node
            .answer_locally(&question.resolution(1, Clock::date()));
        answer.unwrap().header.response_code == ResponseCode::SUCCESS
    }
}

pub(crate) fn site_value(site: &Site) -> Value {
    Value::public(1, "HS_SITE", site.encode())
}

fn admin(identifier: &'static str, index: u32) -> Value {
    let admin = Admin {
        identifier: identifier.into(),
        index,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    Value::public(100, "HS_ADMIN", admin.encode())
}

fn secret_key(index: u32, secret: &'static [u8]) -> Value {
    Value {
        permissions: Permissions(0b1100),
        ..Value::public(index, "HS_SECKEY", secret)
    }
}

fn group(members: &[(&'static str, u32)]) -> Value {
    let members = members.iter().map(|&(identifier, index)| Reference {
        identifier: identifier.into(),
        index,
    });
    Value::public(200, "HS_VLIST", ValueList(members.collect()).encode())
}

/// B is the root, and home to `99` with `99/me`, who has a public and a secret key, and with
/// `99/group`, in which `99/me` is. A is home to `88`, and its administrators are named by `admin`.
struct Pair {
    a: TestNode,
    b: TestNode,
    key: PrivateKey,
}

impl Pair {
    fn start(admins: Value) -> Self {
        Self::start_with(admins, |_| ())
    }

    fn start_with(admins: Value, settle: impl FnOnce(&mut Config)) -> Self {
        let b = TestNode::start(&config(None));
        let key = SigningKey::generate(RsaBits::Least).unwrap();
        let public = SigningKey::new(&key).unwrap().public_key();
        b.register("0.NA/99", &[site_value(&b.founded.site)]);
        let public = Value::public(300, "HS_PUBKEY", public.encode());
        b.register("99/me", &[public, secret_key(301, SECRET)]);
        b.register("99/group", &[group(&[("99/more", 200)])]);
        b.register("99/more", &[group(&[("99/me", 300), ("99/me", 301)])]);
        let mut config = config(Some(&b.bootstrap()));
        settle(&mut config);
        let a = TestNode::start(&config);
        // Which makes it home to the prefix.
        a.register("88/first", &[Value::public(1, "URL", "first")]);
        a.register("0.NA/88", &[admins]);
        Self { a, b, key }
    }

    /// Has somebody register on A, who proves to be `99/me`.
    fn create(&self, identifier: &str, means: client::Means, index: u32) -> (ResponseCode, String) {
        create(
            self.a.address(),
            identifier,
            Identity::new("99/me", index),
            means,
        )
    }

    fn create_by_key(&self, identifier: &str) -> (ResponseCode, String) {
        let key = SigningKey::new(&self.key).unwrap();
        self.create(identifier, Means::Key(key), 300)
    }

    fn create_by_secret(&self, identifier: &str, secret: &[u8]) -> (ResponseCode, String) {
        self.create(identifier, Means::Secret(secret.to_vec().into()), 301)
    }
}

fn create(
    server: SocketAddr,
    identifier: &str,
    identity: Identity,
    means: client::Means,
) -> (ResponseCode, String) {
    let mut administrator = Administrator::new(server, identity, means, 1);
    let identifier: Identifier = identifier.parse().unwrap();
    let values = [Value::public(1, "URL", "https://e.org")];
    let order = Order::register(&identifier, &values);
    let Answered { message, response } = administrator.ask(order).unwrap();
    let text = match response.answer {
        Answer::Failure(failure) => String::from_utf8_lossy(failure.text()).into_owned(),
        _ => String::new(),
    };
    (message.header.response_code, text)
}

const DONE: ResponseCode = ResponseCode::SUCCESS;
const UNABLE: ResponseCode = ResponseCode::UNABLE_TO_AUTHENTICATE;

#[test]
fn somebody_whose_key_is_with_another_node_registers_here() {
    let pair = Pair::start(admin("99/me", 300));
    assert_eq!(pair.create_by_key("88/new"), (DONE, String::new()));
    assert!(pair.a.has("88/new"));
    // Not with another key.
    let another = SigningKey::generate(RsaBits::Least).unwrap();
    let another = Means::Key(SigningKey::new(&another).unwrap());
    let (code, _) = pair.create("88/forged", another, 300);
    assert_eq!(code, ResponseCode::AUTHENTICATION_FAILED);
    assert!(!pair.a.has("88/forged"));
    // Nor who is registered nowhere: under the prefix, or the prefix itself.
    for (nobody, words) in [
        ("99/nobody", "99/nobody is not registered"),
        ("77/nobody", "0.NA/77 is not registered"),
        ("0.NA/77", "0.NA/77 is not registered"),
    ] {
        let key = Means::Key(SigningKey::new(&pair.key).unwrap());
        let identity = Identity::new(nobody, 300);
        let (code, text) = create(pair.a.address(), "88/other", identity, key);
        assert_eq!(code, UNABLE, "{nobody}: {text}");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_secret_stays_with_the_node_that_has_it() {
    let pair = Pair::start(admin("99/me", 301));
    assert_eq!(
        pair.create_by_secret("88/new", SECRET),
        (DONE, String::new())
    );
    assert!(pair.a.has("88/new"));
    let (code, _) = pair.create_by_secret("88/forged", b"a guess");
    assert_eq!(code, ResponseCode::AUTHENTICATION_FAILED);
    assert!(!pair.a.has("88/forged"));
    // A new secret counts at once: what another node said of a proof is not kept.
    pair.b.set("99/me", secret_key(301, b"another"));
    assert_eq!(
        pair.create_by_secret("88/old", SECRET).0,
        ResponseCode::AUTHENTICATION_FAILED
    );
    assert_eq!(pair.create_by_secret("88/newer", b"another").0, DONE);
}

#[test]
fn a_group_may_live_with_another_node() {
    let pair = Pair::start(admin("99/group", 200));
    assert_eq!(pair.create_by_key("88/key"), (DONE, String::new()));
    assert_eq!(pair.create_by_secret("88/secret", SECRET).0, DONE);
    // Whoever is in no group is refused.
    let key = SigningKey::new(&pair.key).unwrap();
    pair.b.register(
        "99/stranger",
        &[Value::public(300, "HS_PUBKEY", key.public_key().encode())],
    );
    let identity = Identity::new("99/stranger", 300);
    let (code, text) = create(pair.a.address(), "88/no", identity, Means::Key(key));
    assert_eq!(code, ResponseCode::INVALID_ADMIN, "{text}");
    assert!(!pair.a.has("88/no"));
}

#[test]
fn keys_are_kept_for_a_while_and_no_longer() {
    let keeps_nothing = |config: &mut Config| config.elsewhere.kept_seconds_max = 0;
    for keeps in [true, false] {
        let settle = |config: &mut Config| {
            if !keeps {
                keeps_nothing(config);
            }
        };
        let pair = Pair::start_with(admin("99/me", 300), settle);
        assert_eq!(pair.create_by_key("88/a").0, DONE);
        let another = SigningKey::generate(RsaBits::Least).unwrap();
        let another = SigningKey::new(&another).unwrap().public_key();
        pair.b
            .set("99/me", Value::public(300, "HS_PUBKEY", another.encode()));
        let (code, text) = pair.create_by_key("88/b");
        assert_eq!(code == DONE, keeps, "{code} {text}");
    }
}

#[test]
fn a_dead_node_is_said_to_be_dead_and_nothing_is_done() {
    let Pair { a, b, key } = Pair::start(admin("99/group", 200));
    let there = b.address();
    b.node.stop().unwrap();
    let means = || Means::Key(SigningKey::new(&key).unwrap());
    let me = || Identity::new("99/me", 300);
    let began = Instant::now();
    let (code, text) = create(a.address(), "88/new", me(), means());
    assert_eq!(code, UNABLE, "{text}");
    // Strangers do not have this node try addresses for them.
    assert!(
        text.contains("nobody who is responsible has answered"),
        "{text}"
    );
    let tells = [
        there.to_string(),
        there.port().to_string(),
        "listens".into(),
    ];
    assert!(!tells.iter().any(|it| text.contains(it.as_str())), "{text}");
    let secret = Means::Secret(SECRET.to_vec().into());
    let (code, text) = create(a.address(), "88/new", Identity::new("99/me", 301), secret);
    assert_eq!(code, UNABLE, "{text}");
    assert!(!a.has("88/new"));
    // Who is known here, but perhaps permitted in a list there.
    let public = SigningKey::new(&key).unwrap().public_key();
    a.register(
        "88/local",
        &[Value::public(300, "HS_PUBKEY", public.encode())],
    );
    let local = Identity::new("88/local", 300);
    let (code, text) = create(a.address(), "88/new", local, means());
    assert_eq!(code, ResponseCode::INVALID_ADMIN, "{text}");
    assert!(text.contains("a list could not be looked at"), "{text}");
    assert!(!a.has("88/new"));
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

/// Somebody has taken over B's address, and has B's records, but not its key.
#[test]
fn a_node_that_signs_with_another_key_is_not_believed() {
    let Pair { a, b, key } = Pair::start(admin("99/me", 300));
    let mut taken = config(None);
    taken.listen = vec![b.address()];
    b.node.stop().unwrap();
    let liar = TestNode::start(&taken);
    liar.register("0.NA/99", &[site_value(&liar.founded.site)]);
    let public = SigningKey::new(&key).unwrap().public_key();
    let public = Value::public(300, "HS_PUBKEY", public.encode());
    liar.register("99/me", &[public, secret_key(301, SECRET)]);
    let by_key = Means::Key(SigningKey::new(&key).unwrap());
    let (code, text) = create(a.address(), "88/new", Identity::new("99/me", 300), by_key);
    assert_eq!(code, UNABLE, "{text}");
    assert!(text.contains("in a way that can be believed"), "{text}");
    let by_secret = Means::Secret(SECRET.to_vec().into());
    let (code, text) = create(
        a.address(),
        "88/new",
        Identity::new("99/me", 301),
        by_secret,
    );
    assert_eq!(code, UNABLE, "{text}");
    assert!(!a.has("88/new"));
}

/// Three nodes: the root knows `99`, whose node is not the root.
#[test]
fn the_way_leads_from_the_root_to_the_node() {
    let Pair { a, b, key } = Pair::start(admin("98/me", 300));
    let c = TestNode::start(&config(None));
    b.register("0.NA/98", &[site_value(&c.founded.site)]);
    let public = SigningKey::new(&key).unwrap().public_key();
    c.register("98/me", &[Value::public(300, "HS_PUBKEY", public.encode())]);
    let means = Means::Key(SigningKey::new(&key).unwrap());
    let (code, text) = create(a.address(), "88/new", Identity::new("98/me", 300), means);
    assert_eq!((code, text), (DONE, String::new()));
}

/// The record of a prefix at the root may hold keys too, though A has a root of its own.
#[test]
fn identities_that_are_prefixes_are_asked_for_at_the_roots() {
    let Pair { a, b, key } = Pair::start(admin("0.NA/99", 300));
    let public = SigningKey::new(&key).unwrap().public_key();
    b.set("0.NA/99", Value::public(300, "HS_PUBKEY", public.encode()));
    let means = Means::Key(SigningKey::new(&key).unwrap());
    let (code, text) = create(a.address(), "88/new", Identity::new("0.NA/99", 300), means);
    assert_eq!((code, text), (DONE, String::new()));
}

/// A delegation that leads back to this node does not have it ask itself.
#[test]
fn a_way_that_leads_back_here_ends() {
    let Pair { a, b, key } = Pair::start(admin("97/me", 300));
    b.register("0.NA/97", &[site_value(&a.founded.site)]);
    let before = a.node.counted().answered;
    let means = Means::Key(SigningKey::new(&key).unwrap());
    let (code, text) = create(a.address(), "88/new", Identity::new("97/me", 300), means);
    assert_eq!(code, UNABLE, "{text}");
    assert!(text.contains("it is this node itself"), "{text}");
    let answered = a.node.counted().answered - before;
    assert!(
        answered <= 2,
        "the request and the answer to its challenge, not {answered}"
    );
}

/// A root asks others too, of whom it knows by its own records alone.
#[test]
fn a_root_finds_the_way_in_its_own_records() {
    let folder = TempDir::new().unwrap();
    let first = TestNode::start_in(folder, &config(None));
    let mut own = config(Some(&first.bootstrap()));
    own.listen = vec![first.address()];
    let TestNode { node, folder, .. } = first;
    node.stop().unwrap();
    let a = TestNode::start_in(folder, &own);
    let c = TestNode::start(&config(None));
    let key = SigningKey::generate(RsaBits::Least).unwrap();
    let key = SigningKey::new(&key).unwrap();
    a.register("0.NA/98", &[site_value(&c.founded.site)]);
    a.register("88/first", &[Value::public(1, "URL", "first")]);
    a.register("0.NA/88", &[admin("98/me", 300)]);
    c.register(
        "98/me",
        &[Value::public(300, "HS_PUBKEY", key.public_key().encode())],
    );
    let identity = Identity::new("98/me", 300);
    let (code, text) = create(a.address(), "88/new", identity, Means::Key(key));
    assert_eq!((code, text), (DONE, String::new()));
}

#[test]
fn without_roots_nobody_is_asked() {
    let forgets = |config: &mut Config| config.elsewhere.roots_file = None;
    let pair = Pair::start_with(admin("99/me", 300), forgets);
    let (code, text) = pair.create_by_key("88/new");
    assert_eq!(code, UNABLE, "{text}");
    assert!(text.contains("this node knows none"), "{text}");
}

#[test]
fn a_file_of_roots_that_is_none_stops_the_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("roots");
    std::fs::write(&file, "{}").unwrap();
    let store = Store::open(&folder.path().join("data"), &Options::default()).unwrap();
    let error = Node::start(&config(Some(&file)), store)
        .map(drop)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("cannot read the roots") && text.contains("handles"),
        "{text}"
    );
}

/// Neither a terminal nor a log is commanded by a name, and nobody is asked for such a one.
#[test]
fn names_with_control_characters_are_asked_for_nowhere() {
    let pair = Pair::start(admin("99/me", 300));
    let before = pair.b.node.counted().answered;
    let means = Means::Key(SigningKey::new(&pair.key).unwrap());
    let identity = Identity::new("99/me\u{1b}[2J", 300);
    let (code, text) = create(pair.a.address(), "88/new", identity, means);
    assert_eq!(code, UNABLE, "{text}");
    assert!(text.contains("control characters"), "{text}");
    assert_eq!(pair.b.node.counted().answered, before);
}

/// What comes to `port` goes on to a server after a while, and so do the answers.
pub(crate) fn relay(server: SocketAddr, delay: Duration) -> u16 {
    use std::net::UdpSocket;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    let socket = Arc::new(socket);
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((octets, asker)) = socket.recv_from(&mut buffer) {
            let (question, back) = (buffer[..octets].to_vec(), Arc::clone(&socket));
            std::thread::spawn(move || {
                std::thread::park_timeout(delay);
                let onward = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                onward.set_read_timeout(Some(delay)).unwrap();
                onward.send_to(&question, server).unwrap();
                let mut buffer = [0; 2048];
                while let Ok(octets) = onward.recv(&mut buffer) {
                    let _ = back.send_to(&buffer[..octets], asker);
                }
            });
        }
    });
    port
}

/// Somebody who loses a permission while others are asked has lost it.
#[test]
fn a_permission_must_still_be_there_when_others_have_answered() {
    let keeps_nothing = |config: &mut Config| config.elsewhere.kept_seconds_max = 0;
    let pair = Pair::start_with(admin("98/group", 200), keeps_nothing);
    let delay = Duration::from_millis(700);
    let mut slow = pair.b.founded.site.clone();
    let port = relay(pair.b.address(), delay).into();
    let interfaces = &mut slow.servers[0].interfaces;
    interfaces.truncate(1);
    interfaces[0].transport = model::site::Transport::UDP;
    interfaces[0].port = port;
    pair.b.register("0.NA/98", &[site_value(&slow)]);
    pair.b.register("98/group", &[group(&[("99/me", 300)])]);
    let (code, text) = pair.create_by_key("88/before");
    assert_eq!(code, DONE, "{text}");
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| pair.create_by_key("88/after"));
        // While the group is asked for.
        std::thread::park_timeout(delay / 2);
        pair.a.register("0.NA/88", &[admin("99/nobody", 300)]);
        let (code, text) = asking.join().unwrap();
        assert_eq!(code, ResponseCode::INVALID_ADMIN, "{text}");
    });
    assert!(!pair.a.has("88/after"));
}

#[test]
fn a_request_asks_so_much_and_the_same_once() {
    let nobody = Elsewhere::default();
    let source = Source::ANYBODY;
    let mut asks = Asks::new(&nobody, source);
    let asking = |number: usize| Asking::Values {
        identifier: format!("99/{number}").parse().unwrap(),
        types: vec!["HS_PUBKEY"],
    };
    let ask = |asks: &mut Asks<'_>, number| match pollster::block_on(asks.ask(&asking(number))) {
        Told::Nothing(why) => why,
        other => panic!("{other:?}"),
    };
    for number in (0..100).flat_map(|number| [number, number]) {
        let is_asked = ask(&mut asks, number).contains("this node knows none");
        assert_eq!(is_asked, number < 40, "{number}");
    }
    assert_eq!(asks.count(), 40);
    asks.begin_next();
    assert!(ask(&mut asks, 99).contains("this node knows none"));
}

/// A group of groups that are all slow to answer does not hold a request for ever.
#[test]
fn a_request_waits_for_all_others_together_so_long() {
    let slow = |config: &mut Config| config.elsewhere.seconds_max = 1;
    let pair = Pair::start_with(admin("99/group", 200), slow);
    let silent = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut site = pair.b.founded.site.clone();
    let interfaces = &mut site.servers[0].interfaces;
    interfaces.truncate(1);
    interfaces[0].transport = model::site::Transport::UDP;
    interfaces[0].port = silent.local_addr().unwrap().port().into();
    pair.b.register("0.NA/97", &[site_value(&site)]);
    let groups = [
        "97/1", "97/2", "97/3", "97/4", "97/5", "97/6", "97/7", "97/8",
    ];
    pair.b
        .register("99/group", &[group(&groups.map(|it| (it, 200)))]);
    let began = Instant::now();
    let (code, text) = pair.create_by_key("88/new");
    assert_eq!(code, ResponseCode::INVALID_ADMIN, "{text}");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
}

/// Many who ask at the same time do not wait for each other, and all are served.
#[test]
fn many_questions_are_under_way_at_a_time() {
    let generous = |config: &mut Config| config.elsewhere.questions_per_source_max = 64;
    let pair = Pair::start_with(admin("99/me", 301), generous);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let pair = &pair;
            scope.spawn(move || {
                let identifier = format!("88/{number}");
                let (code, text) = pair.create_by_secret(&identifier, SECRET);
                assert_eq!(code, DONE, "{text}");
            });
        }
    });
}

/// A record whose values fill a message, over TCP after UDP was silent.
#[test]
fn a_long_record_is_fetched_over_tcp() {
    let pair = Pair::start(admin("99/long", 200));
    let members: Vec<(&'static str, u32)> = (0..500).map(|index| ("99/nobody", index)).collect();
    let mut value = group(&members);
    let mut list = ValueList::decode(value.data.clone()).unwrap();
    list.0.push(Reference {
        identifier: Bytes::from_static(b"99/me"),
        index: 300,
    });
    value.data = list.encode();
    assert!(Record::new(&[value.clone()]).is_ok());
    pair.b.register("99/long", &[value]);
    assert_eq!(pair.create_by_key("88/new"), (DONE, String::new()));
}

/// In a session the identity is proven once, with what is elsewhere.
#[test]
fn a_session_is_proven_by_a_key_of_another_node() {
    let Pair { a, b, key } = Pair::start(admin("99/me", 300));
    let means = Means::Key(SigningKey::new(&key).unwrap());
    let identity = Identity::new("99/me", 300);
    let administrator = Administrator::new(a.address(), identity, means, 1);
    let mut administrator = administrator.with_session();
    let values = [Value::public(1, "URL", "https://e.org")];
    let mut register = |identifier: &str| {
        let order = Order::register(&identifier.parse().unwrap(), &values);
        administrator
            .ask(order)
            .unwrap()
            .message
            .header
            .response_code
    };
    assert_eq!(register("88/a"), DONE);
    // What has been proven stays so in the session, whatever becomes of B.
    b.node.stop().unwrap();
    assert_eq!(register("88/b"), DONE);
    assert!(a.has("88/a") && a.has("88/b"));
}

/// Fronts ask from threads of their own, outside of the runtime.
#[test]
fn fronts_wait_for_other_nodes_too() {
    use engine::authority::{Claim, Evidence, Known};
    use engine::proofs;
    let pair = Pair::start(admin("99/group", 200));
    let front = pair.a.node.handle();
    let peer = Ipv4Addr::LOCALHOST.into();
    let (nonce, digest) = ([1; 16], [2; 32]);
    let covered = proofs::covered(&nonce, &digest);
    let version = wire::Version::NEWEST;
    let claim = |secret: &[u8]| Claim {
        identity: Identity::new("99/me", 301),
        evidence: Evidence::Proof {
            proof: proofs::prove_by_secret(&covered, version, secret, [7; 16], &crypto::Provider)
                .encode(),
            is_by_key: false,
            nonce: Bytes::copy_from_slice(&nonce),
            digest: Bytes::copy_from_slice(&digest),
            version,
        },
    };
    let refused = front.identify(peer, claim(b"a guess")).unwrap_err();
    assert_eq!(refused.code, ResponseCode::AUTHENTICATION_FAILED);
    let known: Known = front.identify(peer, claim(SECRET)).unwrap();
    let values = [Value::public(1, "URL", "https://e.org")];
    let request = |identifier: &str| {
        let identifier: Identifier = identifier.parse().unwrap();
        creation(&identifier, &values, OpFlags(0), 1, Clock::date())
    };
    let answer = front.answer_known(peer, &request("88/one"), known.clone());
    assert_eq!(answer.unwrap().header.response_code, DONE);
    let many = ["88/two", "88/three"].map(request).into();
    let begun = front.begin(peer, many, &known);
    for answer in front.finish(begun) {
        assert_eq!(answer.header.response_code, DONE);
    }
    assert!(
        ["88/one", "88/two", "88/three"]
            .iter()
            .all(|it| pair.a.has(it))
    );
}

/// Whoever names identities that lead to a node which never answers takes no room from others.
#[test]
fn a_source_whose_questions_wait_is_refused_at_once() {
    let silent = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut site = Pair::start(admin("99/me", 300)).b.founded.site;
    site.servers[0].interfaces.truncate(1);
    site.servers[0].interfaces[0].transport = model::site::Transport::UDP;
    site.servers[0].interfaces[0].port = port.into();
    let settings = ElsewhereSettings {
        roots: vec![site],
        own_key: Bytes::new(),
        weak_forms: WeakForms::NONE,
        asks_private: false,
        time_max: Duration::from_millis(500),
        under_way: UnderWayLimits {
            total: 8,
            per_source: 2,
        },
        kept_max: Duration::from_secs(30),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let elsewhere = Elsewhere::new(settings, runtime.handle());
    // Others each time: what was found of the same would be kept for a moment.
    let number = std::cell::Cell::new(0);
    let asking = || {
        number.set(number.get() + 1);
        Asking::Values {
            identifier: format!("99/{}", number.get()).parse().unwrap(),
            types: vec!["HS_PUBKEY"],
        }
    };
    let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(std::net::IpAddr::from);
    let [one, other] = [one, other].map(Source::connected);
    let elsewhere = &elsewhere;
    let ask = |(source, asking)| async move {
        let began = Instant::now();
        let Told::Nothing(why) = elsewhere.ask(asking, source, Duration::from_secs(9)).await else {
            panic!("told")
        };
        (began.elapsed(), why)
    };
    for _ in 0..2 {
        let asked = [one, one, one, other, other].map(|source| ask((source, asking())));
        let answers = runtime.block_on(futures_util::future::join_all(asked));
        let at_once = |(took, why): &(Duration, String)| {
            assert!(*took < Duration::from_secs(20), "{took:?}");
            why.contains("too many questions")
        };
        let at_once: Vec<bool> = answers.iter().map(at_once).collect();
        assert_eq!(at_once, [false, false, true, false, true]);
        let (waited, refused) = (answers[0].0, answers[2].0);
        assert!(refused < waited, "{refused:?} is not before {waited:?}");
        // Strangers are not told who was asked; the log is.
        let silent = port.to_string();
        assert!(!answers[0].1.contains(&silent), "{}", answers[0].1);
        assert!(
            answers[0].1.contains("nobody who is responsible"),
            "{}",
            answers[0].1
        );
    }
}
